"""Reads of recall: one module for each subject."""
