"""What recall writes: one module for each subject."""
