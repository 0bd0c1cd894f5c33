"""Writes of booking."""
