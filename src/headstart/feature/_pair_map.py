"""Domains linked by pairs of rows: the directions that go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from ..core.errors import InputError
from ..core.frames import stack_tables
from ..numeric.canonical import canonical_pairs, held_out_correlations
from ._shared_map import Rest, dense, fill_table, names_of

FEWEST = 4
FOLDS = 5


class PairMap(BaseEstimator):
    """[canonical variates | rest of the target's columns | rest of the source's], zero where a domain lacks them."""

    def __init__(self, encoders: Any, n_components: int | None, labels: Any) -> None:
        self.encoders = encoders
        self.n_components = n_components
        self.labels = labels

    def fit(self, frames: list[pd.DataFrame], pairs: list[pd.DataFrame]) -> PairMap:
        """Learn from the rows of all domains, the target first, and from pairs of rows with their columns."""
        if len(pairs[0]) < FEWEST:
            raise InputError(
                f"pairs= has {len(pairs[0])} pairs; expected at least {FEWEST}, and some tens for a useful map: "
                "correlations of fewer say nothing"
            )
        self.columns_ = [list(pair.columns) for pair in pairs]
        joined = [frames[0], stack_tables([frame[self.columns_[1]] for frame in frames[1:]])]
        tables = [stack_tables([frame, pair]) for frame, pair in zip(joined, pairs, strict=True)]
        self.encoders_ = [clone(e).fit(t) for e, t in zip(self.encoders, tables, strict=True)]
        A, B = (self._encode(pair, k) for k, pair in enumerate(pairs))
        self.canonical_ = canonical_pairs(A, B)
        held_out = held_out_correlations(A, B, min(FOLDS, len(A) // 2))
        k = self._count(held_out, len(A))
        # Directions weigh what they hold outside the pairs that they were learned from; a forced one weighs a little.
        self.correlations_ = np.maximum(held_out[:k], 1.0 / np.sqrt(len(A)))
        self.rests_ = []
        for domain, table in enumerate(tables):
            C = self._encode(table, domain)
            names = names_of(self.encoders_[domain], [str(c) for c in table.columns], C.shape[1])
            self.rests_.append(Rest(names, (domain == 0, domain == 1), None).fit(self._variates(C, domain), C))
        return self

    def _count(self, held_out: np.ndarray, n: int) -> int:
        """How many directions: as asked for, else those before the first that chance explains."""
        if self.n_components is not None:
            if self.n_components > len(held_out):
                raise InputError(
                    f"n_components is {self.n_components} and {n} pairs of these columns have at most {len(held_out)} "
                    "canonical directions; expected no more than that: lower it, or pass more pairs"
                )
            return self.n_components
        chance = held_out <= 2.0 / np.sqrt(n)
        return max(1, int(np.argmax(chance)) if chance.any() else len(held_out))

    def _encode(self, frame: pd.DataFrame, domain: int) -> np.ndarray:
        return dense(self.encoders_[domain].transform(frame[self.columns_[domain]]))

    def _variates(self, rows: np.ndarray, domain: int) -> np.ndarray:
        of = self.canonical_.of_a if domain == 0 else self.canonical_.of_b
        return of(rows)[:, : len(self.correlations_)] * self.correlations_

    def rows(self, frame: pd.DataFrame, domain: int) -> np.ndarray:
        """Rows of a domain in the common space; all sources have the same map."""
        domain = min(domain, 1)
        C = self._encode(frame, domain)
        Z = self._variates(C, domain)
        blocks = [r.rows(Z, C) if k == domain else np.zeros((len(Z), r.width)) for k, r in enumerate(self.rests_)]
        return np.hstack([Z, *blocks])

    def names_out(self) -> list[str]:
        """Names of the columns."""
        own = [f"{label}: {n}" for label, r in zip(self.labels[:2], self.rests_, strict=True) for n in r.names_out()]
        return [f"pair direction {j + 1}" for j in range(len(self.correlations_))] + own

    def fill_error(self) -> pd.DataFrame:
        """How well each column that a domain lacks is told by the directions."""
        return fill_table(self.rests_, self.labels[:2])
