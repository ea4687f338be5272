"""``spaces.json``: the pictures of "One space for both", which the model file leaves behind since they show rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import run_folder as rf
from ..core.errors import InputError
from ..diagnosis.alignment import Alignment
from .revive import revive


def write_spaces(folder: Path, alignments: dict[str, Alignment]) -> None:
    """Write the alignments as the page shows them; without any there is no file."""
    if alignments:
        rf.write_json(folder / rf.SPACES, {name: a.to_dict() for name, a in alignments.items()}, indent=None)


def read_spaces(folder: Path) -> dict[str, Alignment] | None:
    """The alignments of a run, None where it has no such file.

    Raises
    ------
    InputError
        Where the file is not one that ``fit`` wrote.
    """
    place = folder / rf.SPACES
    if not place.exists():
        return None
    try:
        record: Any = json.loads(place.read_text(encoding="utf-8"))
        return {name: revive(Alignment, a) for name, a in record.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{str(place)!r} cannot be read ({error}); delete it to have the page without the pictures, or fit again"
        ) from error
