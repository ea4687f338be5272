"""Rows of target and source that belong to the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.domain import as_table
from ..core.errors import InputError


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of the target and of the source that belong together: the same patient, photo or product in both.

    Parameters
    ----------
    target_rows : table of shape (n_pairs, n_target_columns)
        Rows with the target's columns. They need not be among the rows of ``fit``, and have no labels.
    source_rows : table of shape (n_pairs, n_source_columns)
        Rows with the source's columns; the first belongs to the first of ``target_rows``, and so on.

    Raises
    ------
    InputError
        Where one of them is no table, or they have different numbers of rows.

    Notes
    -----
    Rows, not positions: cross-validation takes other target rows each time, and positions would then point elsewhere.

    Examples
    --------
    >>> import numpy as np, headstart as hs
    >>> hs.Pairs(np.zeros((5, 2)), np.zeros((5, 7)))
    Pairs(5 pairs, 2 target columns, 7 source columns)
    """

    target_rows: Any
    source_rows: Any

    def __post_init__(self) -> None:
        target = as_table(self.target_rows, what="target_rows of Pairs")
        source = as_table(self.source_rows, what="source_rows of Pairs")
        if target.shape[0] != source.shape[0]:
            raise InputError(
                f"Pairs has {target.shape[0]} target rows and {source.shape[0]} source rows; expected as many of each: "
                "the first belongs to the first, the second to the second"
            )
        object.__setattr__(self, "target_rows", target)
        object.__setattr__(self, "source_rows", source)

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return int(self.target_rows.shape[0])

    def __repr__(self) -> str:
        columns = f"{self.target_rows.shape[1]} target columns, {self.source_rows.shape[1]} source columns"
        return f"Pairs({self.n_pairs} pairs, {columns})"
