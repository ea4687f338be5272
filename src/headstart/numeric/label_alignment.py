"""Manifold alignment with labels: linear maps of domains with different columns into one space (Wang & Mahadevan 2011).

Rows of one class come together, whatever their domain; rows of different classes go apart; neighbours within a domain
stay neighbours. All sums over pairs of rows are taken through sums over classes, so that no matrix has rows on both
sides but the sparse one of the neighbours.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.linalg import eigh

from .neighbors import nearest
from .types import Floats, Ints

# A share of the mean eigenvalue that is added to all: directions that hardly vary say nothing.
_RIDGE = 1e-3


def label_alignment(
    domains: list[Floats],
    codes: list[Ints],
    n_components: int,
    *,
    topology: float = 0.1,
    n_neighbors: int = 10,
    most_rows: int = 2000,
) -> list[Floats]:
    """Maps (n_columns_k, n_components) of each domain, the directions that tell classes apart best coming first.

    ``domains`` are centred rows (n_rows_k, n_columns_k), and ``codes`` (n_rows_k,) their classes 0, 1, ..., or -1 where
    not known. Minimises (topology * L + S) over D, the three forms divided by their traces: L of distances between
    neighbours, S between rows of one class, D between rows of different classes. L is taken from ``most_rows`` rows of
    a domain at most.
    """
    ends = np.cumsum([Z.shape[1] for Z in domains])
    L = np.zeros((ends[-1], ends[-1]))
    for Z, end in zip(domains, ends, strict=True):
        own = slice(end - Z.shape[1], end)
        L[own, own] = neighbour_form(Z, n_neighbors, most_rows)
    S, D = class_forms(domains, codes)
    close = topology * _unit(L) + _unit(S)
    close[np.diag_indices_from(close)] += _RIDGE * np.trace(close) / len(close)
    apart = _unit(D)
    k = min(n_components, len(close))
    _, V = eigh(apart, close, subset_by_index=[len(close) - k, len(close) - 1])
    return [V[end - Z.shape[1] : end, ::-1] for Z, end in zip(domains, ends, strict=True)]


def class_forms(domains: list[Floats], codes: list[Ints]) -> tuple[Floats, Floats]:
    """Quadratic forms of all columns: half the sums of squared distances over ordered pairs of rows of all domains, of
    one class (S), and of two (D)."""
    n_classes = 1 + max(int(c.max()) for c in codes)
    size = sum(Z.shape[1] for Z in domains)
    counts, sums = np.zeros(n_classes), np.zeros((n_classes, size))
    S, D = np.zeros((size, size)), np.zeros((size, size))
    for c in codes:
        counts += np.bincount(c[c >= 0], minlength=n_classes)
    start = 0
    for Z, c in zip(domains, codes, strict=True):
        own = slice(start, start + Z.shape[1])
        start = own.stop
        known = c >= 0
        rows, of = Z[known], c[known]
        onehot = sp.csr_array((np.ones(len(of)), (of, np.arange(len(of)))), shape=(n_classes, len(of)))
        sums[:, own] = onehot @ rows
        S[own, own] = (rows * counts[of][:, None]).T @ rows
        D[own, own] = (rows * (counts.sum() - counts[of])[:, None]).T @ rows
    within = sums.T @ sums
    total = sums.sum(axis=0)
    return S - within, D - (np.outer(total, total) - within)


def neighbour_form(Z: Floats, n_neighbors: int, most_rows: int) -> Floats:
    """The form of a graph Laplacian: each row and its neighbours, joined by exp(-(distance / mean distance)^2)."""
    if len(Z) > most_rows:
        Z = Z[np.linspace(0, len(Z) - 1, most_rows).astype(np.intp)]
    k = min(n_neighbors, len(Z) - 1)
    if k < 1:
        return np.zeros((Z.shape[1], Z.shape[1]))
    where = nearest(Z, Z, n_neighbors=k + 1)
    row = np.repeat(np.arange(len(Z)), k + 1)
    column = where.ravel()
    row, column = row[row != column], column[row != column]
    squared = np.sum((Z[row] - Z[column]) ** 2, axis=1)
    unit = float(np.mean(np.sqrt(squared))) ** 2 if squared.size else 0.0
    weight = np.exp(-squared / unit) if unit > 0 else np.ones(len(squared))
    W = sp.csr_array((weight, (row, column)), shape=(len(Z), len(Z)))
    W = W.maximum(W.T)
    return np.asarray((Z * np.asarray(W.sum(axis=1)).reshape(-1, 1)).T @ Z - Z.T @ (W @ Z))


def _unit(form: Floats) -> Floats:
    trace = float(np.trace(form))
    return form / trace if trace > 0 else form
