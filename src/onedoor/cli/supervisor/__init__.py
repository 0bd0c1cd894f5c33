"""What `onedoor` is the parent of: PostgreSQL, web, worker, dispatcher and simulator, and how each starts and ends."""
