"""What a page shows of an alignment: the rows that are drawn, to the digits that can be seen, and no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..diagnosis.alignment import Alignment, Picture

DRAWN = 200  # rows of a domain; more would only cover each other
DIGITS = 5  # a picture is some hundred pixels wide


def shown(alignment: Alignment) -> Alignment:
    """The alignment with its pictures thinned to the rows that a page draws; doing it twice changes nothing."""
    return replace(alignment, before=_thinned(alignment.before), after=_thinned(alignment.after))


def _thinned(picture: Picture | None) -> Picture | None:
    if picture is None:
        return None
    (target, target_labels), (source, source_labels) = (
        _drawn(points, labels)
        for points, labels in (
            (picture.target, picture.target_labels),
            (picture.source, picture.source_labels),
        )
    )
    return replace(picture, target=target, source=source, target_labels=target_labels, source_labels=source_labels)


def _drawn(points: np.ndarray, labels: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Evenly spread rows of a domain with their labels."""
    n = len(points)
    kept = np.arange(n) if n <= DRAWN else np.linspace(0, n - 1, DRAWN).astype(int)
    rounded = [[float(f"{v:.{DIGITS}g}") for v in row] for row in np.asarray(points)[kept].tolist()]
    return np.array(rounded).reshape(-1, 2), None if labels is None else np.asarray(labels)[kept]
