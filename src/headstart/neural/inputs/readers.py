"""The reader for a kind of input, and readers from plain values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import InputError
from .base import Reader
from .dataset import DatasetReader
from .images import ImageReader
from .kinds import KINDS, kind_of
from .series import SeriesReader
from .table import TableReader
from .texts import TextReader

READERS = {reader.kind: reader for reader in (ImageReader, TextReader, SeriesReader, TableReader, DatasetReader)}


def reader_for(kind: str | None, X: Any) -> Reader:
    """The reader that a network of one's own, without pretrained weights, starts from.

    Its ``fit`` learns everything from the training rows: images keep their size and are standardised, texts get a
    tokenizer of their own words and letters, series and tables are standardised.

    Parameters
    ----------
    kind : {"images", "texts", "series", "table", "dataset"} or None
        What ``X`` holds. None: told from ``X``, as ``kind_of`` does.
    X : list, Series, array, DataFrame or torch Dataset
        The rows.

    Examples
    --------
    >>> from headstart.neural.inputs import reader_for
    >>> reader_for(None, ["good tea", "good cup"])
    TextReader(tokenizer=None, max_length=256)
    """
    return READERS[kind_of(X, kind)]()


def reader_from_plain(plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reader:
    """The reader that ``to_plain`` described.

    Examples
    --------
    >>> from headstart.neural.inputs import TextReader, reader_from_plain
    >>> reader = TextReader().fit(["good tea", "good cup"])
    >>> reader_from_plain(*reader.to_plain()) == reader
    True
    """
    if plain.get("type") not in READERS:
        raise InputError(f"there is no reader of type {plain.get('type')!r}; expected one of {', '.join(KINDS)}")
    return READERS[plain["type"]].from_plain(plain, arrays)
