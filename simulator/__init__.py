"""The outside world in miniature: text providers, phones with people behind them, a receptionist.

One process of its own. It imports nothing of Onedoor and speaks to it only over its doors (HTTP), as the real world does.
"""
