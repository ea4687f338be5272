"""Tasks that only serve: how much they count, and those that headstart makes of the rows themselves."""
