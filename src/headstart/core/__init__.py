"""The ground floor: domains, traits, the base classes, and every message."""
