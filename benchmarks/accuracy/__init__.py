"""Accuracy over real source and target pairs: headstart, simple baselines, and the peers."""
