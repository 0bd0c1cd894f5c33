"""Ways to an outside diary."""
