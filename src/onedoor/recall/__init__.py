"""Invitations that call people in: what can be answered to one."""
