"""Reads of calls."""
