"""Questions with answers of a known form: smoking, alcohol, blood pressure, yes or no, and the general forms."""
