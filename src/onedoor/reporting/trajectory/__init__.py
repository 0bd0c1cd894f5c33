"""From a baseline to a target: what each month asks, what the plans would bring, and how sure anybody can be of it."""
