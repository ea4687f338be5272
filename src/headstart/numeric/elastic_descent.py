"""Coordinate descent on a weighted least-squares problem with an elastic-net penalty and a free intercept."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from .types import Floats

# Without scikit-learn's check of the arguments, which takes longer than the descent on a small problem.
_enet_path = getattr(enet_path, "__wrapped__", enet_path)


class Quadratic:
    """``1/2 sum_i w_i (change of the output of row i)^2``, for rows (n_rows, n_columns) and weights ``w`` (n_rows,).

    It may serve for several steps, also where the weights have changed a little since.
    """

    def __init__(self, A: Floats, w: Floats) -> None:
        self.root, self.total = np.sqrt(w), float(w.sum())
        self.mean = w @ A / self.total
        self.rows = np.asfortranarray((A - self.mean) * self.root[:, None])
        # With fewer columns than rows their products say it all.
        self.products = self.rows.T @ self.rows if A.shape[1] <= len(A) else None

    def step(self, gamma: Floats, left: Floats, strength: float, l1_ratio: float, tol: float) -> tuple[Floats, float]:
        """The coefficients (n_columns,) and the change of the intercept that minimise it.

        ``left`` (n_rows,) is minus the derivative of the loss with respect to each row's output, at ``gamma``.
        """
        if not len(gamma):
            return gamma, float(left.sum()) / self.total
        t = self.rows @ gamma + left / self.root
        t -= (self.root @ t / self.total) * self.root
        new = self._descend(t, gamma, strength, l1_ratio, tol)
        return new, float(left.sum()) / self.total - float(self.mean @ (new - gamma))

    def _descend(self, t: Floats, start: Floats, strength: float, l1_ratio: float, tol: float) -> Floats:
        rows, aim, given = self.rows, t, {"precompute": False}
        if self.products is not None:
            # Then scikit-learn reads no row, and of the aims their length alone, by which it measures its tolerance.
            given = {"precompute": self.products, "Xy": self.rows.T @ t}
            rows, aim = self.products, np.array([np.linalg.norm(t)])
        with warnings.catch_warnings():
            # The steps around it go on from wherever it stops.
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, coefs, _ = _enet_path(
                rows, aim, l1_ratio=l1_ratio, alphas=[strength / len(rows)], coef_init=start.copy(), tol=tol,
                max_iter=1000 if tol > 1e-8 else 100_000, check_input=False, random_state=0, **given,
            )  # fmt: skip
        return np.asarray(coefs[:, 0])
