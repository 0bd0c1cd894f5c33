"""Initiatives, their milestones, and the forum that holds them to account."""
