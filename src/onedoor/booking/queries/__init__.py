"""Reads of booking: each starts from what the access may see."""
