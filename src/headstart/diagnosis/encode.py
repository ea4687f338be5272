"""The shared columns as one matrix of numbers, alike for both domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD

from ..columns import TextColumn
from .columns import SharedRows

WIDE = 50  # more columns than these are reduced to their leading components
COMPONENTS = 30
CLIP = 4.0  # standard deviations, so that one odd value does not decide


@dataclass(frozen=True)
class Encoded:
    """``values`` (n, p) of the target rows and then the source rows, without gaps; ``gaps`` (n, g) marks them."""

    values: np.ndarray
    gaps: np.ndarray


def encode(shared: SharedRows, rng: np.random.Generator) -> Encoded:
    """Encode the shared columns.

    A gap is filled with a random value of the same column, drawn from both domains alike: it then carries no
    information on the domain beyond the mark in ``gaps``, and a column that has more gaps in one domain does not
    look as if its values had moved.
    """
    n_target = shared.target_numbers.shape[0]
    values: list[np.ndarray] = []
    gaps: list[np.ndarray] = []
    if sp.issparse(shared.target_numbers):
        both = sp.vstack([shared.target_numbers, shared.source_numbers], format="csr")
        return Encoded(_leading(both, n_target), np.empty((both.shape[0], 0)))
    numbers = np.vstack([shared.target_numbers, shared.source_numbers])
    for j in range(numbers.shape[1]):
        column = numbers[:, j]
        missing = np.isnan(column)
        gaps.append(missing)
        values.append(_scaled(_filled(column, missing, n_target, rng), n_target))
    for name, (t, s) in shared.words.items():
        words = pd.concat([t, s], ignore_index=True)
        missing = words.isna().to_numpy()
        gaps.append(missing)
        filled = _filled(words.to_numpy(dtype=object), missing, n_target, rng)
        if shared.kinds[name] == "text":
            column = pd.Series(filled, name=name, dtype=object)
            block = TextColumn(components=10).fit(column).transform(column)
            values.extend(_scaled(block[:, j], n_target) for j in range(block.shape[1]))
        else:
            values.extend(_scaled(v, n_target) for v in _levels(filled, n_target))
    matrix = np.column_stack(values) if values else np.empty((len(numbers), 0))
    if matrix.shape[1] > WIDE:
        matrix = _leading(matrix, n_target)
    marks = [m for m in gaps if 0 < m.sum() < len(m)]
    return Encoded(
        matrix, np.unique(np.column_stack(marks), axis=1).astype(float) if marks else np.empty((len(matrix), 0))
    )


def _filled(column: np.ndarray, missing: np.ndarray, n_target: int, rng: np.random.Generator) -> np.ndarray:
    if not missing.any():
        return column
    column = column.copy()
    weight = np.where(np.arange(len(column)) < n_target, 1 / n_target, 1 / max(len(column) - n_target, 1))
    present = ~missing
    drawn = rng.choice(np.flatnonzero(present), size=int(missing.sum()), p=weight[present] / weight[present].sum())
    column[missing] = column[drawn]
    return column


def _scaled(column: np.ndarray, n_target: int) -> np.ndarray:
    """Centred and scaled with both domains counted alike."""
    t, s = column[:n_target], column[n_target:]
    mean = (t.mean() + s.mean()) / 2
    spread = np.sqrt((((t - mean) ** 2).mean() + ((s - mean) ** 2).mean()) / 2)
    if not spread > 1e-10 * max(1.0, abs(mean)):
        return np.zeros(len(column))
    return np.clip((column - mean) / spread, -CLIP, CLIP)


def _levels(words: np.ndarray, n_target: int) -> list[np.ndarray]:
    """One column a category; those that are rare in both domains share one."""
    codes, levels = pd.factorize(words, sort=True)
    counts = [np.bincount(part, minlength=len(levels)) for part in (codes[:n_target], codes[n_target:])]
    share = np.maximum(*(c / c.sum() for c in counts))
    common = np.flatnonzero((share >= 0.01) & (counts[0] + counts[1] >= 5))
    common = common[np.argsort(-share[common], kind="stable")][:30]
    columns = [(codes == k).astype(float) for k in common]
    if len(common) < len(levels):
        columns.append((~np.isin(codes, common)).astype(float))
    return columns[1:] if len(columns) == 2 else columns


def _leading(matrix: Any, n_target: int) -> np.ndarray:
    k = min(COMPONENTS, matrix.shape[1] - 1, matrix.shape[0] - 1)
    if k < 1:
        dense = matrix.toarray() if sp.issparse(matrix) else matrix
        return np.column_stack([_scaled(dense[:, j], n_target) for j in range(dense.shape[1])])
    part = TruncatedSVD(k, random_state=0).fit_transform(matrix)
    return np.column_stack([_scaled(part[:, j], n_target) for j in range(k)])
