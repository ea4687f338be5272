"""``python -m headstart``: the same as the command ``headstart``."""

from .cli import main

main()
