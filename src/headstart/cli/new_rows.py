"""New rows for a model of networks: images or texts, from a folder or from the column of a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..core.errors import InputError
from ..files import read_table
from .chosen import Chosen
from .entries import Entries, from_folder, from_table, only_column
from .naming import some


def read_new(target: str, chosen: Chosen, *, label: str | None = None, id_column: str | None = None) -> Entries:
    """The rows that such a model was pointed at.

    With ``label`` those that have one, with it; of a folder the names of the subfolders are the labels.

    Raises
    ------
    InputError
        Where they are not of the kind that the model was fitted with, or cannot be found.
    """
    holds, column = chosen.holds, chosen.run.get("column")
    if Path(target).is_dir():
        if holds != "images":
            raise InputError(
                f"{target!r} is a folder, and the model reads {holds}; expected a table"
                + (f" with the column {column!r}" if column else " with a column of them")
            )
        return from_folder(target, labelled=label is not None)
    as_text = [c for c in (column, id_column) if c]
    table = read_table(target, as_text=as_text, least_columns=1)
    if column is None:
        column = only_column(table.frame, [c for c in (label, id_column, chosen.run.get("label")) if c])
    if column is None:
        raise InputError(
            f"{target!r} has the columns {some([str(c) for c in table.frame.columns])}, and the model reads {holds}; "
            f"expected {'a folder of images, or ' if holds == 'images' else ''}a table with one column that holds them"
        )
    found = from_table(table, column, label)
    if found.kind != holds:
        raise InputError(
            f"{target!r}: column {column!r} holds {found.kind}, and the model was fitted with {holds}; expected the "
            "same"
        )
    names = table.frame[id_column] if id_column is not None and id_column in table.frame.columns else None
    return found if names is None else replace(found, names=names)
