"""The model that a command was pointed at, and the rows it gets, with the columns it knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .. import run_folder as rf
from ..core.errors import InputError, InputTypeError
from ..files import closest
from . import parts


@dataclass(frozen=True, eq=False)
class Chosen:
    """A loaded model and what its run says; without a run an empty record."""

    model: Any
    run: dict[str, Any]
    path: Path

    @property
    def is_classifier(self) -> bool:
        """Whether it gives classes."""
        return hasattr(self.model, "classes_")

    @property
    def holds(self) -> str:
        """What its rows are: "table", or of networks also "images" or "texts"."""
        return str(self.run.get("holds") or getattr(self.model, "_kind", None) or "table")

    @property
    def columns(self) -> list[str] | None:
        """The columns that it was fitted with, in order."""
        names = getattr(self.model, "feature_names_in_", None)
        if names is None:  # networks of tables with words keep them by themselves
            names = self.run.get("columns") or getattr(self.model, "_columns", None)
        return [str(n) for n in names] if names is not None else None


def choose_model(run: str | None, model: str | None, trusted: list[str] | None) -> Chosen:
    """Load the model of ``--run`` or ``--model``."""
    if (run is None) == (model is None):
        raise InputError(
            "pass either --run (the folder that headstart fit left) or --model (a model file)"
            + (", not both" if run is not None else "")
        )
    record: dict[str, Any] = {}
    path = Path(model) if model is not None else Path(str(run)) / rf.MODEL
    if run is not None:
        record = rf.read_run(run)
    loaded = parts.load_model(path, trusted or ())
    if not hasattr(loaded, "predict"):
        raise InputTypeError(f"{str(path)!r} holds a {type(loaded).__name__}, which does not predict")
    return Chosen(loaded, record, path)


def pick_columns(frame: pd.DataFrame, chosen: Chosen, *, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The columns of the model in its order, and a note on those that are left over."""
    wanted = chosen.columns
    if wanted is None:
        return frame, []
    missing = [c for c in wanted if c not in frame.columns]
    if missing:
        near = [f"{n[0]!r} for {c!r}" for c in missing if (n := closest(c, frame.columns))]
        hint = f"; is it {', '.join(near[:3])}? Then rename it" if near else ""
        shown = ", ".join(repr(c) for c in missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise InputError(
            f"{str(path)!r} lacks {shown}; expected the {len(wanted)} columns that the model was fitted with{hint}"
        )
    extra = [str(c) for c in frame.columns if c not in set(wanted)]
    notes = [f"{path.name}: {', '.join(extra[:5])}{' ...' if len(extra) > 5 else ''} not used"] if extra else []
    return frame[wanted], notes
