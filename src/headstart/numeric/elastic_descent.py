"""Coordinate descent on a quadratic loss with an elastic-net penalty and free intercepts."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import enet_path

from .types import Floats

# Without scikit-learn's check of the arguments, which takes longer than the descent on a small problem.
_enet_path = getattr(enet_path, "__wrapped__", enet_path)
# scikit-learn draws from it at each call, and uses nothing of that where columns are taken in turn.
_UNUSED = np.random.RandomState(0)


class Quadratic:
    """The loss of some outputs near a point, by its second derivatives there.

    ``A`` (n_rows, n_columns); ``each`` (n_outputs, n_outputs, n_rows) are the second derivatives of each row's loss. It
    may serve for several steps, also where they have changed a little since. With ``common`` what all intercepts have
    in common changes nothing.
    """

    def __init__(self, A: Floats, each: Floats, *, common: bool = False) -> None:
        self.A, self.each = A, each
        (C, _, n), s = each.shape, A.shape[1]
        self.level = each.sum(axis=2) + common * n / C
        if C == 1:
            weighted = A * np.sqrt(each[0, 0])[:, None]
            H = weighted.T @ weighted
        else:
            H = np.empty((C * s, C * s))
            for k in range(C):
                for l in range(k + 1):
                    part = (A * each[k, l][:, None]).T @ A
                    H[k * s : (k + 1) * s, l * s : (l + 1) * s] = part
                    H[l * s : (l + 1) * s, k * s : (k + 1) * s] = part
        joint = (each.reshape(C * C, n) @ A).reshape(C, C * s)
        self.along = np.linalg.solve(self.level, joint)
        # What is left of the second derivatives where the intercepts follow the coefficients.
        self.products = H - joint.T @ self.along

    def step(self, gamma: Floats, left: Floats, strength: float, l1_ratio: float, tol: float) -> tuple[Floats, Floats]:
        """The coefficients (n_outputs, n_columns) that minimise it, and the change of the intercepts (n_outputs,).

        ``left`` (n_outputs, n_rows) is minus the derivative of the loss with respect to each output, at ``gamma``.
        """
        rise = np.linalg.solve(self.level, left.sum(axis=1))
        if not gamma.size:
            return gamma, rise
        flat, pull = gamma.ravel(), (left @ self.A).ravel() - left.sum(axis=1) @ self.along
        bent = self.products @ flat
        # scikit-learn reads no row where it has their products, and of the aims but their length.
        aims = flat @ (bent + 2 * pull) + (left**2 / np.einsum("kki->ki", self.each)).sum()
        new = self._descend(bent + pull, float(aims), flat, strength, l1_ratio, tol)
        return new.reshape(gamma.shape), rise - self.along @ (new - flat)

    def _descend(
        self, pull: Floats, aims: float, start: Floats, strength: float, l1_ratio: float, tol: float
    ) -> Floats:
        with warnings.catch_warnings():
            # The steps around it go on from wherever it stops.
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, coefs, _ = _enet_path(
                self.products, np.array([np.sqrt(max(aims, 0.0))]), precompute=self.products, Xy=pull,
                l1_ratio=l1_ratio, alphas=[strength / len(pull)], coef_init=start.copy(), tol=tol,
                max_iter=1000 if tol > 1e-8 else 100_000, check_input=False, random_state=_UNUSED,
            )  # fmt: skip
        return np.asarray(coefs[:, 0])
