"""Domains that share labels and no column: rows of one class come together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from ..core.base import TransferData
from ..core.checks import refuse_mixed_labels
from ..core.domain import Sources
from ..core.errors import InputError
from ..numeric.label_alignment import label_alignment
from ._shared_map import Rest, dense, names_of
from .base import known_labels

# Principal components of each domain that take part: this share of its variance, and no more than so many.
SHARE, MOST = 0.99, 100
# How much neighbours count against labels. From 0.03 to 0.3 the benchmark's digits hardly tell a difference.
TOPOLOGY = 0.1
# Labels that are numbers are cut into at most so many classes, with at least so many target rows in each.
MOST_BINS, ROWS_IN_BIN = 10, 5


class LabelMap(BaseEstimator):
    """[directions that tell classes apart | rest of the target's columns], the rest zero for source rows."""

    def __init__(self, encoders: Any, n_components: int | None) -> None:
        self.encoders = encoders
        self.n_components = n_components

    def fit(self, frames: list[pd.DataFrame], codes: list[np.ndarray]) -> LabelMap:
        """Learn from the rows of all domains, the target first, and their classes, -1 where there is none."""
        makers = [self.encoders[0], *[self.encoders[1]] * (len(frames) - 1)]
        self.encoders_ = [clone(e).fit(frame) for e, frame in zip(makers, frames, strict=True)]
        rows = [dense(e.transform(frame)) for e, frame in zip(self.encoders_, frames, strict=True)]
        target = rows[0]
        # Source rows of other classes have no place; unlabelled target rows may be of any class.
        rows = [target, *(Z[c >= 0] for Z, c in zip(rows[1:], codes[1:], strict=True))]
        codes = [codes[0], *(c[c >= 0] for c in codes[1:])]
        # Classes weigh alike: a domain with more of one would else be taken for a shifted one.
        self.means_ = [_class_centre(Z, c) for Z, c in zip(rows, codes, strict=True)]
        axes = [_principal_axes(Z - Z.mean(axis=0)) for Z in rows]
        cores = [(Z - m) @ V for Z, m, V in zip(rows, self.means_, axes, strict=True)]
        classes = len(np.unique(codes[0][codes[0] >= 0]))
        most = min(Z.shape[1] for Z in cores)
        if self.n_components is not None and self.n_components > most:
            raise InputError(
                f"n_components is {self.n_components} and the smallest domain has {most} principal components; "
                "expected no more than that"
            )
        k = min(classes - 1, most) if self.n_components is None else self.n_components
        maps = label_alignment(cores, codes, k, topology=TOPOLOGY)
        scale = (cores[0] @ maps[0]).std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        self.maps_ = [V @ A / scale for V, A in zip(axes, maps, strict=True)]
        names = names_of(self.encoders_[0], [str(c) for c in frames[0].columns], target.shape[1])
        owners = (True,) + (False,) * (len(frames) - 1)
        self.rest_ = Rest(names, owners, None).fit(self._directions(target, 0), target)
        return self

    def _directions(self, rows: np.ndarray, domain: int) -> np.ndarray:
        return np.asarray((rows - self.means_[domain]) @ self.maps_[domain])

    def rows(self, frame: pd.DataFrame, domain: int) -> np.ndarray:
        """Rows of a domain in the common space."""
        C = dense(self.encoders_[domain].transform(frame))
        Z = self._directions(C, domain)
        return np.hstack([Z, self.rest_.rows(Z, C) if domain == 0 else np.zeros((len(Z), self.rest_.width))])

    def names_out(self) -> list[str]:
        """Names of the columns."""
        return [f"class direction {j + 1}" for j in range(self.maps_[0].shape[1])] + self.rest_.names_out()


def _class_centre(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The mean of the class means."""
    return np.asarray(np.mean([rows[codes == c].mean(axis=0) for c in np.unique(codes[codes >= 0])], axis=0))


def _principal_axes(centred: np.ndarray) -> np.ndarray:
    _, S, Vt = np.linalg.svd(centred, full_matrices=False)
    total = float(np.sum(S**2))
    if total == 0:
        return np.asarray(Vt[:1].T)
    k = int(np.searchsorted(np.cumsum(S**2) / total, SHARE)) + 1
    return np.asarray(Vt[: min(k, MOST)].T)


def refuse_missing_labels(y: Any, sources: Sources) -> None:
    """Raise where a domain has no labels."""
    if y is None:
        raise InputError("method is 'labels' and the target y is None; expected labels: fit(X, y, source=...)")
    for domain in sources.domains:
        if domain.y is None:
            raise InputError(
                f"method is 'labels' and source {domain.label!r} has no labels; expected them: hs.Domain(Xs, ys)"
            )


def class_codes(y: Any, source_labels: list[Any], n_target: int) -> list[np.ndarray]:
    """The classes that target and sources have in common as 0, 1, ... for the rows of each domain, -1 elsewhere.

    Numbers are cut at the quantiles of the target's labels, since a label means the same in each domain.
    """
    y = np.asarray(y)
    for ys in source_labels:
        refuse_mixed_labels(y, ys)
    joined = np.concatenate(source_labels)
    known = known_labels(TransferData(np.empty((n_target, 0)), y, ys=joined), "auto")
    assert known is not None
    if known.classes is None:
        edges = _edges(known.target[: len(y)])
        target = np.where(np.isnan(known.target), -1, np.searchsorted(edges, np.nan_to_num(known.target)))
        source = np.searchsorted(edges, known.source)
    else:
        target, source = known.target, known.source
    common = np.intersect1d(target[target >= 0], source)
    if len(common) < 2:
        what = "classes" if known.classes is not None else "ranges of the target's labels"
        raise InputError(
            f"target and source have {len(common)} {what} in common; expected at least 2: with fewer nothing says "
            "which direction of one domain is which of the other"
        )
    codes = [_recoded(values, common) for values in (target, source)]
    return [codes[0], *np.split(codes[1], np.cumsum([len(ys) for ys in source_labels])[:-1])]


def _edges(values: np.ndarray) -> np.ndarray:
    values = values[~np.isnan(values)]
    bins = int(np.clip(len(values) // ROWS_IN_BIN, 2, MOST_BINS))
    return np.unique(np.quantile(values, np.arange(1, bins) / bins))


def _recoded(values: np.ndarray, common: np.ndarray) -> np.ndarray:
    at = np.minimum(np.searchsorted(common, values), len(common) - 1)
    return np.where(common[at] == values, at, -1).astype(np.intp)
