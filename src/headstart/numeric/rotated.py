"""Rows on a common scale, centred, and turned into no more columns than there are rows; ridge does not notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from .types import Floats

# Below this share of its largest value, the spread of a column is rounding noise: the column counts as constant.
_ROUNDING = 1e-12


def column_scale(X: Any) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column of a dense or sparse matrix; a constant column has the scale 1."""
    if sp.issparse(X):
        table: Any = X
        mean = np.asarray(table.mean(axis=0)).ravel()
        square = np.asarray(table.multiply(table).mean(axis=0)).ravel()
        spread = np.sqrt(np.maximum(square - mean**2, 0.0))
        # The difference of two squares keeps half of the digits.
        floor = 1e-7 * np.sqrt(square)
    else:
        top = np.maximum(X.max(axis=0), -X.min(axis=0))
        unit = np.where(top > 0, top, 1.0)
        Z = X / unit
        mean = Z.mean(axis=0)
        spread = np.sqrt(np.einsum("ij,ij->j", Z, Z) / len(Z)) if not mean.any() else Z.std(axis=0)
        mean, spread, floor = mean * unit, spread * unit, _ROUNDING * unit
    return mean, np.where(spread > floor, spread, 1.0)


@dataclass(frozen=True)
class Rotated:
    """Centred rows ``A`` (n_rows, n_axes), and the way back to coefficients of the columns.

    Attributes
    ----------
    A : array of shape (n_rows, n_axes)
    mean, scale : arrays of shape (n_columns,)
        What was taken off each column, and what it was divided by.
    squares : array of shape (n_axes,) or None
        Where the axes are orthogonal: the squared length of each column of ``A``. None where they are the columns.
    dual : array of shape (n_rows, n_axes) or None
        Takes a vector of axes to one of rows, and ``rows`` from there to columns.
    rows : matrix of shape (n_rows, n_columns) or None
        The scaled rows, dense and centred or sparse as they are.
    turn : array of shape (n_columns, n_axes) or None
        Takes a vector of axes to one of columns, where the columns were turned into axes.
    """

    A: Floats
    mean: Floats
    scale: Floats
    squares: Floats | None = None
    dual: Floats | None = None
    rows: Any = None
    turn: Floats | None = None

    @classmethod
    def of(cls, X: Any, scale: Floats, *, orthogonal: bool = False) -> Rotated:
        """Rows (n_rows, n_columns), dense or sparse, divided by ``scale`` (n_columns,) and centred.

        The axes are the columns where there are at least as many rows, unless they have to be ``orthogonal``.
        """
        n, d = X.shape
        mean = np.asarray(X.mean(axis=0), dtype=np.float64).ravel()
        if d <= n:
            dense = cast(Any, X).toarray() if sp.issparse(X) else X
            A = (dense - mean) / scale
            if not orthogonal:
                return cls(A, mean, scale)
            squares, turn = np.linalg.eigh(A.T @ A)
            keep = squares > 1e-12 * max(float(squares[-1]), 0.0)
            return cls(A @ turn[:, keep], mean, scale, squares[keep], turn=turn[:, keep])
        if sp.issparse(X):
            Z: Any = cast(Any, X) @ sp.diags_array(1.0 / scale)
            G = np.asarray((Z @ Z.T).todense())
            G -= G.mean(axis=0)
            G -= G.mean(axis=1, keepdims=True)
        else:
            Z = (X - mean) / scale
            G = Z @ Z.T
        squares, U = np.linalg.eigh((G + G.T) / 2)
        keep = squares > 1e-12 * max(float(squares[-1]), 0.0)
        keep &= squares > 0
        squares, U = squares[keep][::-1], U[:, keep][:, ::-1]
        roots = np.sqrt(squares)
        return cls(U * roots, mean, scale, squares, U / roots, Z)

    def columns(self, gamma: Floats) -> Floats:
        """Coefficients of the axes (n_outputs, n_axes) as those of the columns in their own units."""
        if self.turn is not None:
            return np.asarray(gamma @ self.turn.T / self.scale)
        if self.dual is None:
            return np.asarray(gamma / self.scale)
        # The dual vectors add up to zero, so that sparse rows need not be centred.
        return np.asarray((self.rows.T @ (self.dual @ gamma.T)).T / self.scale)
