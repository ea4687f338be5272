"""How much each task counts: weightings of losses, and of gradients. One method a file."""
