"""Policies: what trains, from when, how fast, and what it is held to. They combine in a list."""
