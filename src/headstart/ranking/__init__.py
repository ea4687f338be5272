"""Which source, which backbone: rankings on the target's own rows, with their uncertainty."""
