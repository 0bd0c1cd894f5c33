"""Extracts of practices and trusts: one pipeline for what they send by file, and the sheet that goes out."""
