"""The measure book: every figure defined once, computed in sets, kept by month, and explained."""
