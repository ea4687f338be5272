"""How strongly the blend is held to which prior: learned on other data than accuracy is measured on."""
