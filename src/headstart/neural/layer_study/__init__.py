"""Which layers to transfer? A study of depths on the user's own source and target."""
