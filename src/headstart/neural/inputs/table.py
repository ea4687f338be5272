"""The reader of tables: rows of numbers, and of anything that ``TableEncoder`` makes numbers of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch

from ...core.domain import as_table
from ...core.errors import InputError
from ...core.frames import same_columns, stack_tables
from ...tables import TableEncoder
from .packed import pack, unpack
from .rows import TensorRows

# Sparse tables become dense: so many bytes at most.
_MOST_BYTES = 2**32


@dataclass(frozen=True, eq=False)
class TableReader:
    """Reads tables through ``headstart.TableEncoder``.

    Numbers are centred and scaled over the training rows of target and sources together, gaps filled with the median
    and marked; categories, dates and texts become numbers too.

    Parameters
    ----------
    encoder : TableEncoder, default=None
        How columns become numbers. None: with its defaults.

    Examples
    --------
    >>> import pandas as pd
    >>> from headstart.neural.inputs import TableReader
    >>> table = pd.DataFrame({"age": [40, None, 60], "sex": ["m", "f", "m"]})
    >>> reader = TableReader().fit(table)
    >>> reader.shape, reader.read(table).batch([0]).shape
    ((3,), torch.Size([1, 3]))
    """

    encoder: TableEncoder | None = None

    kind: ClassVar[str] = "table"

    @property
    def is_fitted(self) -> bool:
        """Whether it can read."""
        return hasattr(self.encoder, "n_features_in_")

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_features,)."""
        return (len(self._ready().get_feature_names_out()),)

    def fit(self, X: Any, source_blocks: Sequence[Any] = ()) -> TableReader:
        """Learn columns and scale from training rows; returns another reader."""
        from sklearn.base import clone

        table = as_table(X, what="X")
        blocks = [same_columns(b, table, name=f"source {k}") for k, b in enumerate(source_blocks, start=1)]
        encoder = TableEncoder() if self.encoder is None else clone(self.encoder)
        return replace(self, encoder=encoder.fit(stack_tables([table, *blocks]) if blocks else table))

    def read(self, X: Any, what: str = "X") -> TensorRows:
        """Encode rows; the columns of a frame may stand in another order."""
        encoder = self._ready()
        table = as_table(X, what=what)
        wanted = getattr(encoder, "feature_names_in_", None)
        if isinstance(table, pd.DataFrame) and wanted is not None and set(table.columns) == set(wanted):
            table = table[list(wanted)]
        values = encoder.transform(table)
        if sp.issparse(values):
            n_bytes = 4 * values.shape[0] * values.shape[1]
            if n_bytes > _MOST_BYTES:
                raise InputError(
                    f"{what} is a sparse matrix of shape {values.shape}, which takes {n_bytes / 2**30:.1f} GiB as the "
                    f"dense numbers of a network; expected at most {_MOST_BYTES / 2**30:.0f} GiB: select or reduce "
                    "columns (SelectKBest, TruncatedSVD)"
                )
            values = values.astype(np.float32).toarray()
        return TensorRows(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)))

    def _ready(self) -> TableEncoder:
        if self.encoder is None or not self.is_fitted:
            raise InputError("this TableReader is not fitted; expected reader.fit(X) before")
        return self.encoder

    def to_plain(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able dict and arrays by name."""
        arrays: dict[str, np.ndarray] = {}
        return {"type": "table", "encoder": pack(self.encoder, arrays)}, arrays

    @classmethod
    def from_plain(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> TableReader:
        """The reader that ``to_plain`` described."""
        return cls(unpack(plain["encoder"], arrays))
