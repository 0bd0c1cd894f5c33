"""Writes of referrals."""
