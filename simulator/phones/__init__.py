"""Phones in the browser, and the people who own them."""
