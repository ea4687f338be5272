"""Coefficients of the source: which stayed, and which moved most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import plots
from .encoded import Column, short
from .scale import Scale
from .words import count, joined, number, plural

FIRST = 10
NEAR = 0.1  # of the source's coefficient


def view(estimator: Any, columns: list[Column]) -> dict[str, Any]:
    """Headline, and the table of the coefficients that moved most."""
    notes = _sources(estimator)
    if estimator.toward_ == "zero":
        none_kept = not estimator.transferable_.any()
        why = "no source was found to help" if none_kept else "starting from zero did better in leave-one-out"
        return {"headline": f"no coefficient was carried over: {why}", "notes": notes}
    table = estimator.carried_
    names = _names(estimator, columns)
    table = table.assign(name=[names[c] for c in table["column"]])
    n_classes = table["class"].nunique() if "class" in table else 0
    rows = table[table["moved"] != 0].head(FIRST)
    if estimator.form == "offset":
        each = joined([number(s, 2) for s in estimator.slope_])
        notes = [*notes, f"What the source's model says counts {each} times; its coefficients below are times that."]
    return {
        "headline": _headline(table),
        "notes": notes,
        "about": _about(table, n_classes),
        "table": {"kind": "linear", "rows": _rows(rows, n_classes)} if len(rows) else None,
    }


def _names(estimator: Any, columns: list[Column]) -> dict[Any, str]:
    own = getattr(estimator, "feature_names_in_", [f"x{j}" for j in range(estimator.n_features_in_)])
    return {name: column.name for name, column in zip(own, columns, strict=True)}


def _headline(table: pd.DataFrame) -> str:
    source, target = table["source"].to_numpy(), table["target"].to_numpy()
    exact = int((source == target).sum())
    near = int((np.abs(target - source) <= NEAR * np.abs(source)).sum())
    turned = int((source * target < 0).sum())
    said = [f"{count(near)} stayed within a tenth of the source's" + (f" ({count(exact)} exactly)" if exact else "")]
    if turned:
        said.append(f"{count(turned)} changed {'its' if turned == 1 else 'their'} sign")
    most = f"; {table['name'].iloc[0]} moved most" if table["moved"].iloc[0] != 0 else ""
    return f"of {plural(len(table), 'coefficient')} {joined(said)}{most}"


def _about(table: pd.DataFrame, n_classes: int) -> str:
    unit = "the label, in its own unit,"
    if n_classes == 1:
        unit = f"the log odds of class {table['class'].iloc[0]}"
    elif n_classes:
        unit = "the class's log odds"
    return (
        f"Moved: by how much {unit} changes for one standard deviation of the column, target less source. The picture "
        "shows both coefficients in this unit, against zero; the numbers are those of the model."
    )


def _rows(table: pd.DataFrame, n_classes: int) -> list[dict[str, Any]]:
    source, target = table["source"].to_numpy(), table["target"].to_numpy()
    unit = table["moved"].to_numpy() / (target - source)
    scale = Scale.around([0.0, *(unit * source), *(unit * target)], n_ticks=2)
    return [
        {
            "column": row["name"],
            "class": str(row["class"]) if n_classes > 1 else "",
            "source": short(row["source"], 3),
            "target": short(row["target"], 3),
            "moved": _signed(row["moved"]),
            "picture": plots.coefficients(u * row["source"], u * row["target"], scale),
        }
        for row, u in zip(table.to_dict("records"), unit, strict=True)
    ]


def _signed(value: float) -> str:
    return f"+{short(value, 3)}" if value > 0 else short(value, 3)


def _sources(estimator: Any) -> list[str]:
    kept = estimator.transferable_
    if len(kept) < 2:
        return []
    if kept.all():
        return [f"All {count(len(kept))} sources were kept."]
    return [f"{count(int(kept.sum()))} of {count(len(kept))} sources were kept; the others did not help."]
