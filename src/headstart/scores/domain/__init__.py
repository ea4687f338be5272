"""One distance between the rows of source and target in each file."""
