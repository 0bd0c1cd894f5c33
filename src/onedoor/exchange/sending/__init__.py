"""Documents on their way to GP practices: made with what they tell of, gated when they go, followed until somebody has them."""
