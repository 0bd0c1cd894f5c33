"""Contacts by telephone: what the lines report of their calls, and what a handler does while somebody rings."""
