"""Random Fourier features (Rahimi & Recht 2007): columns whose products are nearly a Gaussian kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .types import Floats


def fourier_directions(n_columns: int, n_pairs: int, width: float, rng: np.random.Generator) -> Floats:
    """Directions (n_columns, n_pairs) for the kernel exp(-|x - c|^2 / (2 width^2))."""
    return rng.normal(size=(n_columns, n_pairs)) / width


def fourier_features(X: NDArray[np.floating], directions: Floats) -> Floats:
    """The features (n_rows, 2 n_pairs): cosine and sine along each direction; each row has length 1."""
    angles = X @ directions
    return np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(directions.shape[1])
