"""Checksums of rows and labels: whether a map goes on with the data that it began with."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from ..core.checks import is_sparse
from ..core.domain import Domain


def fingerprint(domain: Domain) -> str:
    """A checksum of the values and columns of a table, and of its labels where it has any."""
    digest = hashlib.sha256()
    _add(digest, domain.X)
    if domain.y is not None:
        _add(digest, pd.DataFrame({"y": domain.y}))
    return digest.hexdigest()


def _add(digest: Any, table: Any) -> None:
    parts: list[Any]
    if is_sparse(table):
        parts = [table.data, table.indices, table.indptr]
        digest.update(repr(table.shape).encode())
    elif isinstance(table, pd.DataFrame):
        head = [(str(name), str(kind)) for name, kind in zip(table.columns, table.dtypes, strict=True)]
        digest.update(repr(head).encode())
        parts = [pd.util.hash_pandas_object(table, index=False).to_numpy()]
    else:
        array = np.asarray(table)
        if array.dtype == object:
            return _add(digest, pd.DataFrame(array))
        parts = [array]
        digest.update(repr(array.shape).encode())
    for part in parts:
        array = np.ascontiguousarray(part)
        digest.update(str(array.dtype).encode())
        digest.update(array.tobytes())
