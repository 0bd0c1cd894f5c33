"""What the issue promises, end to end through the doors."""
