"""How tasks share a network: one small file a way."""
