"""Images or texts for a network: a folder of images, or the column of a table that holds texts or paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files import Table, split_label
from ..files.labels import require_column
from .image_folder import SUFFIXES, all_images, class_folders
from .naming import some


@dataclass(frozen=True, eq=False)
class Entries:
    """Rows that are no table, and where they come from.

    Attributes
    ----------
    kind : {"images", "texts"}
        What they are.
    X : list of str
        Paths of images, or texts.
    y : numpy.ndarray
        Their labels; empty where none were asked for.
    names : pandas.Series or None
        What the rows are called: names of files, of a folder.
    path, name, sha256
        The file or folder, what messages call it, its checksum.
    column : str or None
        The column of the table.
    n_rows : int
        Rows of the file, with those that have no label.
    notes : tuple of str
        What was decided without being told.
    """

    kind: str
    X: list[str]
    y: np.ndarray
    path: Path
    name: str
    sha256: str
    column: str | None = None
    names: pd.Series | None = None
    n_rows: int = 0
    notes: tuple[str, ...] = ()

    def record(self, name: str) -> dict[str, Any]:
        """What ``run.json`` says of them."""
        return {
            "name": name,
            "file": str(self.path),
            "sha256": self.sha256,
            "rows": self.n_rows,
            "labelled_rows": len(self.y),
            "columns": None if self.column is None else 1,
            "holds": self.kind,
        }


def from_folder(path: str | Path, *, labelled: bool) -> Entries:
    """The images of a folder; ``labelled``: the names of the subfolders are their labels."""
    found = class_folders(path) if labelled else all_images(path)
    return Entries(
        "images",
        [str(file) for file in found.files],
        np.array(found.labels, dtype=object),
        found.path,
        found.name,
        found.sha256(),
        names=pd.Series(found.names),
        n_rows=len(found.files),
        notes=found.notes,
    )


def from_table(
    table: Table,
    column: str,
    label: str | None,
    *,
    what: str = "should hold the label",
    kept: np.ndarray | None = None,
) -> Entries:
    """A column of a table; rows without a label are left out where a ``label`` is asked for.

    ``kept``: the rows to read, where there is no ``label`` that tells; all by default.
    """
    require_column(table.frame, column, path=table.path, what="should hold the texts or the paths of images")
    if column == label:
        raise InputError(f"--column and --label are both {column!r}; expected two columns: what to read, what to tell")
    kept = np.arange(len(table.frame)) if kept is None else kept
    y, notes = np.empty(0), list(table.notes)
    if label is not None:
        part = split_label(table.frame, label, path=table.path, what=what)
        kept, y = part.kept, part.y
        if len(part.unlabeled):
            notes.append(f"{len(part.unlabeled)} of {len(table.frame)} rows have no label and are left out")
    words = _words(table.frame[column].iloc[kept], column, table.path)
    is_image = _are_images(words, column, table.path)
    return Entries(
        "images" if is_image else "texts",
        _files(words, kept, column, table.path) if is_image else words,
        y,
        table.path,
        table.name,
        table.sha256,
        column=column,
        n_rows=len(table.frame),
        notes=tuple(notes),
    )


def only_column(frame: pd.DataFrame, besides: Sequence[str]) -> str | None:
    """The one column of words beside those named; None where there are several, or it holds something else."""
    rest = [str(c) for c in frame.columns if c not in besides]
    if len(rest) != 1:
        return None
    values = frame[rest[0]].dropna()
    return rest[0] if len(values) and all(isinstance(v, str) for v in values) else None


def check_images(entries: Entries) -> None:
    """Read each image once: those that are cut off or no images are named before anything is trained."""
    from ..neural.inputs.image_rows import decode_all
    from ..neural.inputs.pictures import decode

    def corner(row: int) -> np.ndarray:
        return decode(entries.X[row], None)[:1, :1]

    names = entries.names
    decode_all(
        corner,
        range(len(entries.X)),
        lambda row: f" {str(names.iloc[row]) if names is not None else entries.X[row]!r}",
        what=repr(str(entries.path)),
    )


def _words(column: pd.Series, name: str, path: Path) -> list[str]:
    """The entries as words; gaps, blanks and numbers are refused."""
    words = column.tolist()
    odd = [k for k, v in enumerate(words) if not isinstance(v, str) and not pd.isna(v)]
    if odd:
        raise InputError(
            f"{str(path)!r}: column {name!r} holds {words[odd[0]]!r} in data row {column.index[odd[0]] + 1}, which is "
            "no word; expected texts or the paths of images: name another column with --column"
        )
    empty = [k for k, v in enumerate(words) if not isinstance(v, str) or not v.strip()]
    if empty:
        raise InputError(
            f"{str(path)!r}: column {name!r} is empty in {len(empty)} of {len(words)} rows (first in data row "
            f"{column.index[empty[0]] + 1}); expected words in each row: drop those rows"
        )
    if all(map(_is_number, words)):
        raise InputError(
            f"{str(path)!r}: column {name!r} holds numbers alone, such as {words[0]!r}; expected texts or the paths of "
            "images: name another column with --column, or none, so that the whole table is read"
        )
    return words


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _are_images(words: list[str], name: str, path: Path) -> bool:
    """Whether words are paths of images: by their suffix, or since they are files beside the table."""
    named = [word.lower().endswith(SUFFIXES) and "\n" not in word for word in words]
    if any(named) and not all(named):
        image, text = named.index(True), named.index(False)
        raise InputError(
            f"{str(path)!r}: column {name!r} holds both names of images ({words[image]!r:.60}) and other words "
            f"({words[text]!r:.60}); expected one kind: take one of them out"
        )
    return all(named)


def _files(words: list[str], kept: np.ndarray, name: str, path: Path) -> list[str]:
    """Paths as seen from the folder of the table; those that lead nowhere are refused."""
    files = [path.parent / word for word in words]
    lost = [k for k, file in enumerate(files) if not file.is_file()]
    if lost:
        raise InputError(
            f"{str(path)!r}: {len(lost)} of {len(words)} files of column {name!r} are not there: "
            f"{some([words[k] for k in lost])} (first in data row {kept[lost[0]] + 1}); expected paths as seen from "
            f"the table's folder {str(path.parent)!r}"
        )
    return [str(file) for file in files]
