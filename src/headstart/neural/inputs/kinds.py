"""Which kind of input is it: images, texts, series, a table or a dataset."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
import torch

from ...core.domain import as_table
from ...core.errors import InputError, InputTypeError
from ...core.rows import entry_kind, is_column, is_dataset, rows_without_columns

KINDS = ("images", "texts", "series", "table", "dataset")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".jp2")
# How files of images begin, for those whose names do not tell.
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF", b"P5", b"P6")


def kind_of(X: Any, kind: str | None = None) -> str:
    """Tell what the rows of ``X`` are.

    Parameters
    ----------
    X : list, Series, array, DataFrame or torch Dataset
        The rows.
    kind : {"images", "texts", "series", "table", "dataset"}, default=None
        What they are, where it is known. None: told from ``X``.

    Returns
    -------
    str
        One of the five.

    Raises
    ------
    InputError
        Where it can't be told, or entries are of several kinds; the message says what would settle it.
    InputTypeError
        Where ``X`` is nothing that holds rows.

    Notes
    -----
    The rules, the first that fits:

    - what has a length and gives rows by number, and is neither list nor array nor frame, is a *dataset*;
    - paths, and words that all are names of image files (by their suffix, or as an existing file that begins as one),
      are *images*; any other words are *texts*. A DataFrame with one column of those counts as that column, unless the
      column is categorical;
    - PIL images, and arrays of four dimensions, (n, height, width, channels), are *images*;
    - arrays of three dimensions, and lists of arrays of two, are *images* (n, height, width) where they hold whole
      numbers of 8 bits, and *series* (n, channels, length) where they hold values that no image has: below 0, above
      255, or with a fraction and above 1. Else it can't be told. Lists of arrays of three dimensions are *images*;
    - two-dimensional arrays, sparse matrices and other frames are a *table*.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.neural.inputs import kind_of
    >>> kind_of(["good value", "too loud"]), kind_of(["cats/1.jpg", "dogs/2.jpg"]), kind_of(np.zeros((5, 3)))
    ('texts', 'images', 'table')
    >>> kind_of(np.zeros((5, 3, 100)), kind="series")
    'series'
    """
    if kind is not None:
        refuse_single(X, what="X")
        if kind not in KINDS:
            raise InputError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}, or None to tell it from X")
        return kind
    refuse_single(X, what="X")
    if is_dataset(X):
        return "dataset"
    if hasattr(X, "__next__") or (hasattr(type(X), "__getitem__") and not hasattr(type(X), "__len__")):
        raise InputTypeError(
            f"X is of type {type(X).__name__}, which has no length; expected rows that can be drawn in any order: a "
            "list, an array, a DataFrame, or a torch Dataset with __len__ and __getitem__"
        )
    if is_column(X) and len(X) == 0:
        raise InputError("X has no rows; expected at least one")
    X = one_column(X)
    if not rows_without_columns(X, what="X"):
        as_table(X, what="X")
        return "table"
    if not is_column(X):
        return "images" if len(X.shape) == 4 else _kind_of_arrays([np.asarray(X)])
    entries = as_entries(X)
    first = entry_kind(entries[0])
    if first == "text":
        return _kind_of_words(entries)
    if first == "array":
        dimensions = sorted({value.ndim for value in entries})
        if dimensions == [2]:
            return _kind_of_arrays([np.asarray(value) for value in entries])
        if not set(dimensions) <= {2, 3}:
            raise InputError(
                f"X holds arrays of {dimensions[-1]} dimensions; expected images (height, width[, channels]) or series "
                "(channels, length)"
            )
    return "images"


def refuse_single(X: Any, *, what: str) -> None:
    """Refuse one text or path in the place of rows, which would be taken letter by letter, and rows cut by mistake."""
    if isinstance(X, (str, bytes, os.PathLike)):
        folder = not isinstance(X, bytes) and len(os.fspath(X)) < 1024 and "\0" not in os.fspath(X) and os.path.isdir(X)
        mend = "its files: sorted(pathlib.Path(X).glob('*.png'))" if folder else "for a single row [X]"
        raise InputTypeError(
            f"{what} is {X!r:.60}, one {'folder' if folder else type(X).__name__}; expected a list or column of rows, "
            + mend
        )
    if isinstance(X, tuple) and X and all(isinstance(part, torch.Tensor) for part in X):
        raise InputTypeError(
            f"{what} is a tuple of {len(X)} tensor(s), which a TensorDataset gives for several rows at once, as where "
            "cross-validation cuts it; expected rows: pass the tensor as an array (with kind=, where it is needed), or "
            "keep the dataset whole"
        )


def one_column(X: Any) -> Any:
    """The only column of a frame, or of an array with two dimensions, where it holds words, paths, images or arrays."""
    if isinstance(X, pd.DataFrame) and X.shape[1] == 1:
        column = X.iloc[:, 0]
        return X if isinstance(column.dtype, pd.CategoricalDtype) or not _holds_entries(column) else column
    if hasattr(X, "get_columns") and len(X.get_columns()) == 1:  # polars
        column = X.get_columns()[0].to_list()
        return column if _holds_entries(column) else X
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 1 and X.dtype.kind in "OU":
        return X[:, 0] if _holds_entries(X[:, 0]) else X
    return X


def _holds_entries(column: Any) -> bool:
    return any(entry_kind(value) is not None for value in column)


def as_entries(X: Any) -> list[Any]:
    """The entries of a column, or the rows of an array, as a list."""
    refuse_single(X, what="X")
    X = one_column(X)
    return X.to_list() if hasattr(X, "to_list") else list(X)


def _kind_of_words(words: list[str]) -> str:
    if _is_text_file(words[0]):
        raise InputError(
            f"X holds names of files that are no images, such as {words[0]!r}; expected image files, or the texts "
            "themselves: read the files first, [open(path).read() for path in X]; or say kind='texts'"
        )
    if all(os.sep in word and _is_folder(word) for word in words):
        raise InputError(
            f"X holds names of folders, such as {words[0]!r}; expected the files in them, one a row, or say "
            "kind='texts'"
        )
    named = [_has_suffix(word) for word in words]
    if not all(named) and (named[0] or _begins_as_image(words[0])):
        named = [has or _begins_as_image(word) for has, word in zip(named, words, strict=True)]
    if any(named) and not all(named):
        image, text = named.index(True), named.index(False)
        raise InputError(
            f"X holds both names of images ({words[image]!r:.60} at row {image}) and other words ({words[text]!r:.60} "
            f"at row {text}); expected one kind: take one of them out, or say kind='images' or kind='texts'"
        )
    return "images" if all(named) else "texts"


def _has_suffix(word: str) -> bool:
    return word.lower().endswith(SUFFIXES) and "\n" not in word


def _is_file(word: str) -> bool:
    try:
        return len(word) < 1024 and os.path.isfile(word)
    except ValueError:  # a null character
        return False


def _is_folder(word: str) -> bool:
    return len(word) < 1024 and "\0" not in word and os.path.isdir(word)


def _begins_as_image(word: str) -> bool:
    if not _is_file(word):
        return False
    with open(word, "rb") as file:
        return file.read(8).startswith(_BEGINNINGS)


def _is_text_file(word: str) -> bool:
    return bool(word) and not _has_suffix(word) and _is_file(word) and not _begins_as_image(word)


def _kind_of_arrays(arrays: list[np.ndarray]) -> str:
    """Grey images or series: settled by the type of the numbers, then by their range."""
    kinds = {array.dtype for array in arrays}
    if kinds <= {np.dtype(np.uint8), np.dtype(bool)}:
        return "images"
    shape = arrays[0].shape if len(arrays) == 1 else (len(arrays), *arrays[0].shape)
    bad = next((k for k in kinds if k.kind not in "fiub"), None)
    if bad is not None:
        raise InputTypeError(f"X holds arrays of type {bad}; expected numbers")
    low = min((float(np.min(a)) for a in arrays if a.size), default=0.0)
    high = max((float(np.max(a)) for a in arrays if a.size), default=0.0)
    if not (low >= 0 and high <= 255) or (high > 1 and any(np.any(a != np.floor(a)) for a in arrays)):
        return "series"
    raise InputError(
        f"X has shape {tuple(int(n) for n in shape)} and values from {low:g} to {high:g}, which may be grey images (n, "
        "height, width) or series (n, channels, length); expected to be told: say kind='images' or kind='series' "
        "(whole numbers of type uint8 are taken for images, values below 0 for series)"
    )
