"""Our adapters and the official clients, against the same provider."""
