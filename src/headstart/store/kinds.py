"""The box: a named kind and its parts, which are plain values and arrays."""

from __future__ import annotations

from typing import Any


class Box:
    """Stands in the saved model for an object that skops cannot hold.

    Parameters
    ----------
    kind : str
        What it was, such as "frame", "series", "categories" or "tensor".
    parts : dict
        What it is rebuilt from.
    """

    def __init__(self, kind: str, parts: dict[str, Any]) -> None:
        self.kind = kind
        self.parts = parts
