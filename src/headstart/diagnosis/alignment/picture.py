"""Both domains in two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .result import Picture
from .spaces import moments


def plane(rows: tuple[np.ndarray, np.ndarray], unit: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, float]:
    """Coordinates (n, 2) of the rows of both domains on their first two principal axes, and the variance these hold.

    The domains count alike, however many rows each has; their distance is a part of the variance.
    """
    T, S = rows
    centre, spread = moments(T, S)
    scale = np.sqrt(np.mean(spread**2)) or 1.0 if unit is None else unit
    T, S = (T - centre) / scale, (S - centre) / scale
    both = np.vstack([T / np.sqrt(2 * len(T)), S / np.sqrt(2 * len(S))])
    _, values, axes = np.linalg.svd(both, full_matrices=False)
    axes = np.vstack([axes[:2], np.zeros((max(0, 2 - len(axes)), axes.shape[1]))])
    # A sign is arbitrary: the largest entry of an axis points up.
    largest = axes[np.arange(2), np.abs(axes).argmax(axis=1)]
    axes = axes * np.where(largest < 0, -1.0, 1.0)[:, None]
    total = float((values**2).sum())
    return T @ axes.T, S @ axes.T, float((values[:2] ** 2).sum()) / total if total > 0 else 1.0


def turned(points: tuple[np.ndarray, np.ndarray], like: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The points turned or mirrored so that rows stand as near as may be to where they stood (Procrustes).

    Distances stay; only what is arbitrary in a picture is taken from the other one. A line stays level.
    """
    if all(np.ptp(m[:, 1]) == 0 for m in points):
        sign = np.sign(
            sum(
                float((m[:, 0] - m[:, 0].mean()) @ (k[:, 0] - k[:, 0].mean()))
                for m, k in zip(points, like, strict=True)
            )
        )
        return points[0] * (sign or 1.0), points[1] * (sign or 1.0)
    a, b = np.vstack([m - m.mean(axis=0) for m in points]), np.vstack([m - m.mean(axis=0) for m in like])
    U, _, Vt = np.linalg.svd(a.T @ b)
    R = U @ Vt
    return points[0] @ R, points[1] @ R


def picture(points: tuple[np.ndarray, np.ndarray], share: float, shown: Any, labels: Any) -> Picture:
    """The rows that are shown, with their labels."""
    (a, b), (t, s), (y, ys) = points, shown, labels
    return Picture(
        a[t], b[s], None if y is None else np.asarray(y)[t], None if ys is None else np.asarray(ys)[s], share
    )
