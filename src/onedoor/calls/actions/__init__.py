"""Writes of calls."""
