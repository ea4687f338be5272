"""Deep feature transfer: features in which rows of source and target without labels look alike."""
