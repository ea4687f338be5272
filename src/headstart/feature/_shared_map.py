"""Domains that share some columns: the rest as what the shared ones do not tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from ..core.frames import stack_tables
from ..numeric.conditional_mean import conditional_mean
from ..tables import TableEncoder
from ._raw_domains import Column


class EncodedGroup(BaseEstimator):
    """Columns that the same domains have, and their encoder, which is fitted to the rows of them all."""

    def __init__(self, columns: Any, owners: Any, encoder: Any) -> None:
        self.columns = columns
        self.owners = owners
        self.encoder = encoder

    def fit(self, frames: list[pd.DataFrame]) -> EncodedGroup:
        """Fit the encoder; ``frames`` are those of all domains."""
        encoder = clone(self.encoder)
        if isinstance(encoder, TableEncoder) and encoder.kinds is None:
            encoder.set_params(kinds={c.name: c.kind for c in self.columns})
        self.encoder_ = encoder.fit(stack_tables([self._take(f, k) for k, f in enumerate(frames) if self.owners[k]]))
        return self

    def rows(self, frame: pd.DataFrame, domain: int) -> np.ndarray:
        """Encoded rows of a domain that has the columns."""
        return dense(self.encoder_.transform(self._take(frame, domain)))

    def names_out(self, width: int) -> list[str]:
        """Names of the encoded columns."""
        return names_of(self.encoder_, [c.name for c in self.columns], width)

    def _take(self, frame: pd.DataFrame, domain: int) -> pd.DataFrame:
        taken = frame[[c.called[domain] for c in self.columns]]
        return taken.set_axis([c.name for c in self.columns], axis=1)


def dense(rows: Any) -> np.ndarray:
    """Encoded rows as a dense float array."""
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float64)


def names_of(encoder: Any, given: list[str], width: int) -> list[str]:
    """What an encoder calls its columns; numbered where it does not say."""
    if hasattr(encoder, "get_feature_names_out"):
        return [str(name) for name in encoder.get_feature_names_out()]
    return given if len(given) == width else [f"{given[0]} and others {j}" for j in range(width)]


class Rest(BaseEstimator):
    """What columns say beyond the shared ones: C - E[C | S], reduced to principal components where asked."""

    def __init__(self, names: Any, owners: Any, n_components: int | None) -> None:
        self.names = names
        self.owners = owners
        self.n_components = n_components

    def fit(self, S: np.ndarray, C: np.ndarray) -> Rest:
        """Learn from the rows of all owners."""
        self.mean_ = conditional_mean(S, C)
        self.axes_ = None
        if self.n_components is not None and self.n_components < C.shape[1]:
            residual = C - self.mean_.of(S)
            self.axes_ = np.linalg.svd(residual, full_matrices=False)[2][: self.n_components].T
        return self

    def rows(self, S: np.ndarray, C: np.ndarray) -> np.ndarray:
        """The residual of rows that have the columns."""
        residual = C - self.mean_.of(S)
        return residual if self.axes_ is None else residual @ self.axes_

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names) if self.axes_ is None else self.axes_.shape[1]

    def names_out(self) -> list[str]:
        """Names of the columns."""
        if self.axes_ is None:
            return [f"{name} (rest)" for name in self.names]
        return [f"{self.names[0]} and others (rest {j})" for j in range(self.width)]

    def errors(self, labels: list[str]) -> pd.DataFrame:
        """How well each column is filled."""
        owners = " and ".join(label for label, own in zip(labels, self.owners, strict=True) if own)
        found = {"known_in": owners, "r2": self.mean_.r2, "deviation": self.mean_.deviation}
        return pd.DataFrame(found, index=pd.Index(self.names, name="column", dtype=object))


class SharedMap(BaseEstimator):
    """[S | rest of the columns of the target | rest of those of each source], zero where a domain lacks them."""

    def __init__(self, columns: Any, encoders: Any, n_components: int | None, labels: Any) -> None:
        self.columns = columns
        self.encoders = encoders
        self.n_components = n_components
        self.labels = labels

    def fit(self, frames: list[pd.DataFrame]) -> SharedMap:
        """Learn the encoders and the conditional means; ``frames`` are those of all domains, the target first."""
        patterns = list(dict.fromkeys(c.owners for c in self.columns))
        everyone = (True,) * len(frames)
        self.groups_ = [self._group(p, frames) for p in sorted(patterns, key=lambda p: (p != everyone, not p[0]))]
        self.shared_ = self.groups_[0]
        blocks = [self.shared_.rows(frame, k) for k, frame in enumerate(frames)]
        self.names_ = self.shared_.names_out(blocks[0].shape[1])
        self.rests_ = []
        for group in self.groups_[1:]:
            own = [k for k in range(len(frames)) if group.owners[k]]
            C = np.vstack([group.rows(frames[k], k) for k in own])
            rest = Rest(group.names_out(C.shape[1]), group.owners, self.n_components)
            self.rests_.append(rest.fit(np.vstack([blocks[k] for k in own]), C))
        return self

    def _group(self, owners: tuple[bool, ...], frames: list[pd.DataFrame]) -> EncodedGroup:
        columns = [c for c in self.columns if c.owners == owners]
        return EncodedGroup(columns, owners, self.encoders[0] if owners[0] else self.encoders[1]).fit(frames)

    def rows(self, frame: pd.DataFrame, domain: int) -> np.ndarray:
        """Rows of a domain in the common space."""
        S = self.shared_.rows(frame, domain)
        blocks = [S]
        for group, rest in zip(self.groups_[1:], self.rests_, strict=True):
            has = group.owners[domain]
            blocks.append(rest.rows(S, group.rows(frame, domain)) if has else np.zeros((len(S), rest.width)))
        return np.hstack(blocks)

    def names_out(self) -> list[str]:
        """Names of the columns."""
        return self.names_ + [name for rest in self.rests_ for name in rest.names_out()]

    def fill_error(self) -> pd.DataFrame:
        """How well each column that a domain lacks is filled."""
        return fill_table(self.rests_, self.labels)


def fill_table(rests: list[Rest], labels: list[str]) -> pd.DataFrame:
    """The errors of all filled columns, one row each."""
    if not rests:
        empty = {"known_in": np.empty(0, dtype=object), "r2": np.empty(0), "deviation": np.empty(0)}
        return pd.DataFrame(empty, index=pd.Index([], name="column", dtype=object))
    return pd.concat([rest.errors(labels) for rest in rests])


def shared_by_all(columns: list[Column]) -> list[str]:
    """The names of the columns that all domains have."""
    return [c.name for c in columns if all(c.owners)]
