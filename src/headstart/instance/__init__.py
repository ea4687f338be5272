"""Instance transfer: which source rows to learn from, and how much."""
