"""What tells rows from other rows: a checksum of what was passed, the same on every machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import ConcatDataset, TensorDataset

from ...core.rows import is_dataset
from .kinds import as_entries


def fingerprint(*parts: Any) -> str:
    """A checksum of rows of any kind, of labels, and of None.

    Rows are taken as they were passed, before anything is computed with them, so that it does not depend on a machine's
    rounding. Of files it knows name and size, not the place where they lie. Of a Dataset, other than a TensorDataset,
    it knows the number of items alone, since a Dataset may draw them anew each time.

    Examples
    --------
    >>> from headstart.neural.inputs.fingerprint import fingerprint
    >>> fingerprint(["good", "bad"], [1, 0]) == fingerprint(["bad", "good"], [1, 0])
    False
    """
    total = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            # With its length, so that "ab", "c" is not "a", "bc".
            total.update(len(piece).to_bytes(8, "little"))
            total.update(piece)
    return total.hexdigest()[:16]


def _pieces(X: Any) -> Iterator[bytes]:
    if X is None:
        yield b"nothing"
    elif isinstance(X, pd.DataFrame):
        yield repr([str(name) for name in X.columns]).encode()
        for place in range(X.shape[1]):
            yield from _entries(X.iloc[:, place].to_list())
    elif isinstance(X, TensorDataset):
        for tensor in X.tensors:
            yield from _pieces(tensor.numpy(force=True))
    elif isinstance(X, ConcatDataset):
        for part in X.datasets:
            yield from _pieces(part)
    elif is_dataset(X):
        yield f"{type(X).__qualname__} {len(X)}".encode()
    elif hasattr(X, "__array__") and getattr(X, "ndim", 0) > 0:
        yield from _of_array(np.asarray(X))
    else:
        yield from _entries(as_entries(X))


def _of_array(values: np.ndarray) -> Iterator[bytes]:
    if values.dtype == object:
        yield from _entries(values.tolist())
        return
    yield f"{values.dtype.str} {values.shape}".encode()
    yield np.ascontiguousarray(values).tobytes()


def _entries(entries: list[Any]) -> Iterator[bytes]:
    yield str(len(entries)).encode()
    for value in entries:
        if isinstance(value, (str, os.PathLike)):
            yield _of_words(value)
        elif hasattr(value, "tobytes") and hasattr(value, "getbands"):  # a PIL image
            yield f"{value.mode} {value.size}".encode()
            yield value.tobytes()
        elif isinstance(value, torch.Tensor):
            yield from _of_array(value.numpy(force=True))
        elif isinstance(value, np.ndarray):
            yield from _of_array(value)
        else:
            yield repr(value).encode()


def _of_words(value: str | os.PathLike[str]) -> bytes:
    try:
        size = os.path.getsize(value) if len(os.fspath(value)) < 1024 else None
    except (OSError, ValueError):
        size = None
    words = os.fspath(value) if size is None else f"{os.path.basename(os.fspath(value))} of {size} bytes"
    return words.encode("utf-8", "surrogatepass")
