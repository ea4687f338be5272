"""One score of how well features or outputs fit the target's labels in each file."""
