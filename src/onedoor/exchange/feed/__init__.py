"""The write-back feed: what was said and answered here reaches the practice's own system, by a document or by a person."""
