"""Backbones: one name opens any network; small networks of our own where there is none."""
