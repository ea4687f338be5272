"""What TCA and JDA share: low-rank kernel features of all rows, their moments in one pass, and the map of new rows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from ..core.base import TransferData
from ..core.errors import InputError
from ..numeric.components import Components, Moments, basis_of, indicators, moments, scale_of
from ..numeric.kernels import gaussian, median_distance, nystrom_map, row_blocks
from ..numeric.scaling import pooled_scale
from .base import (
    Aligner,
    KnownLabels,
    check_count,
    check_flag,
    check_number,
    check_use_labels,
    generator,
    known_labels,
)

# The default number of components, where there are as many columns.
_MOST_COMPONENTS = 100


class ComponentAligner(Aligner):
    """Base of the aligners that project rows of all domains by one map onto a few components."""

    n_components: int | None
    kernel: Literal["gaussian", "linear"]
    width: float | None
    penalty: float
    whiten: bool
    use_labels: Any
    n_landmarks: int
    scale: bool
    random_state: Any

    def _check_parameters(self) -> None:
        if self.n_components is not None:
            check_count(self.n_components, "n_components")
        if self.kernel not in ("gaussian", "linear"):
            raise InputError(f'kernel is {self.kernel!r}; expected "gaussian" or "linear"')
        if self.width is not None:
            check_number(self.width, "width", low=0.0, open_low=True)
        check_number(self.penalty, "penalty", low=0.0, open_low=True)
        check_flag(self.whiten, "whiten")
        check_use_labels(self.use_labels)
        check_count(self.n_landmarks, "n_landmarks", low=2)
        check_flag(self.scale, "scale")

    def _align(self, data: TransferData) -> None:
        labels = self._labels(data)
        self._rng = generator(self.random_state)
        Xs, Xt = data.Xs, data.target_rows
        if (Xs == Xs[0]).all() and (Xt == Xs[0]).all():
            raise InputError(
                "the rows of all domains are the same point; expected columns that vary: there is no component to find"
            )
        self.mean_, spread = pooled_scale(Xs, Xt)
        self.scale_ = spread if self.scale else np.ones(Xs.shape[1])
        Xs, Xt = self._scaled(Xs), self._scaled(Xt)
        to_features = self._fit_kernel(Xs, Xt)
        found = self._solve(Xs, Xt, to_features, labels)
        self._set_map(found, to_features)
        del self._rng

    def _labels(self, data: TransferData) -> KnownLabels | None:
        return known_labels(data, self.use_labels)

    def _set_map(self, found: Components, to_features: np.ndarray | None) -> None:
        V = found.V
        if not self.whiten:
            size = found.values**0.25
            V = V * (size / np.sqrt(np.mean(size**2)))
        self.values_ = found.values
        self.coef_ = V if to_features is None else to_features @ V
        self._shift = self._offset @ self.coef_

    def _solve(
        self, Xs: np.ndarray, Xt: np.ndarray, to_features: np.ndarray | None, labels: KnownLabels | None
    ) -> Components:
        """Find the components in the space of the features; sets ``_offset``, the mean of the raw features."""
        raise NotImplementedError

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        # Divided first: the difference of two columns near the largest float has no finite value.
        Z = X / self.scale_
        Z -= self.mean_ / self.scale_
        return np.ascontiguousarray(Z)

    def _fit_kernel(self, Xs: np.ndarray, Xt: np.ndarray) -> np.ndarray | None:
        """Set the landmarks; return the matrix that turns kernels with them into features, None for no change."""
        self.landmarks_, self.width_ = None, None
        if self.kernel == "linear":
            wide = Xs.shape[1] > Xs.shape[0] + Xt.shape[0]
            return basis_of(np.vstack([Xs, Xt])) if wide else None
        self.width_ = median_distance(Xs, Xt, self._rng) if self.width is None else float(self.width)
        self.landmarks_ = _landmarks(Xs, Xt, self.n_landmarks, self._rng)
        return nystrom_map(self.landmarks_, self.landmarks_, self.width_, 1.0)

    def _raw(self, X: np.ndarray) -> np.ndarray:
        """Kernels of scaled rows with the landmarks, or the rows themselves."""
        return X if self.landmarks_ is None else gaussian(X, self.landmarks_, self.width_)

    def _moments(self, X: np.ndarray, Y: Any) -> Moments:
        """Sums and products of the raw features of scaled rows, in blocks; ``Y`` has the label columns."""
        return moments(X, self._raw, Y, self._n_raw(X))

    def _n_raw(self, X: np.ndarray) -> int:
        return X.shape[1] if self.landmarks_ is None else len(self.landmarks_)

    def _most(self) -> int:
        """How many components at most."""
        return min(_MOST_COMPONENTS, self.n_features_in_) if self.n_components is None else self.n_components

    def _mu(self, gram: np.ndarray, n_rows: int) -> float:
        return float(self.penalty) * scale_of(gram, n_rows)

    def _map(self, X: np.ndarray) -> np.ndarray:
        return self._project(self._scaled(X))

    def _project(self, Z: np.ndarray) -> np.ndarray:
        out = np.empty((Z.shape[0], self.coef_.shape[1]))
        for rows in row_blocks(Z.shape[0], self.coef_.shape[0]):
            np.matmul(self._raw(Z[rows]), self.coef_, out=out[rows])
        out -= self._shift
        return out

    def _map_target(self, X: np.ndarray) -> np.ndarray:
        return self._map(X)

    def _map_source(self, Xs: np.ndarray, domain: int) -> np.ndarray:
        return self._map(Xs)

    def _names_out(self, names: list[str]) -> list[str]:
        return [f"{type(self).__name__.lower()}{k}" for k in range(self.coef_.shape[1])]


def _landmarks(Xs: np.ndarray, Xt: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """All distinct rows where they are few enough, else as many from each domain where it has that many."""
    if len(Xs) + len(Xt) <= most:
        return np.unique(np.vstack([Xs, Xt]), axis=0)
    n_target = min(len(Xt), max(most // 2, most - len(Xs)))
    n_source = min(len(Xs), most - n_target)
    drawn = [X[rng.choice(len(X), n, replace=False)] for X, n in ((Xs, n_source), (Xt, n_target))]
    return np.unique(np.vstack(drawn), axis=0)


def label_columns(labels: KnownLabels | None, n_source: int, n_target: int) -> tuple[Any, Any]:
    """The labels of source and target rows as sparse columns: one a class, or numbers of mean 0 and length 1."""
    if labels is None:
        return sp.csr_matrix((n_source, 0)), sp.csr_matrix((n_target, 0))
    if labels.classes is not None:
        n = len(labels.classes)
        return indicators(labels.source, n), indicators(labels.target, n)
    every = np.concatenate([labels.source, labels.target[labels.known]])
    centre, length = every.mean(), np.sqrt(max(float(np.sum((every - every.mean()) ** 2)), 1e-300))
    target = np.where(labels.known, labels.target - centre, 0.0) / length
    return sp.csr_matrix(((labels.source - centre) / length)[:, None]), sp.csr_matrix(target[:, None])
