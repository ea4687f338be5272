"""What trained of a network, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .words import DASH, count, is_number, percent

OPEN_LAYERS = 16  # further ones are folded away


def views(model: Any) -> list[dict[str, Any]]:
    """For each network in the model its layers, from the input to the head."""
    return views_of(getattr(model, "layers_", None) or {})


def views_of(layers: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The same of tables by the names of their networks."""
    found = []
    for name, table in layers.items():
        rows = [_row(r, is_head=k == len(table) - 1) for k, r in enumerate(table.to_dict("records"))]
        found.append(
            {"name": name, "headline": _headline(table), "rows": rows[:OPEN_LAYERS], "rest": rows[OPEN_LAYERS:]}
        )
    return found


def counted(model: Any) -> list[str]:
    """The same in a sentence for each network."""
    return [f"Trained in {v['name']}: {v['headline']}." for v in views(model)]


def _headline(table: pd.DataFrame) -> str:
    every, some = int(table["parameters"].sum()), int(table["trained"].sum())
    if some == 0:
        return f"of {count(every)} weights the head's alone, fitted as a linear model"
    return f"{count(some)} of {count(every)} weights ({percent(some / every)})"


def _row(row: dict[str, Any], *, is_head: bool) -> dict[str, Any]:
    trains = row["trained"] > 0
    how = "trained" if row["trained"] == row["parameters"] else "in part"
    if not trains:
        how = "fitted as a linear model" if is_head else "as it was"
    return {
        "layer": row["layer"],
        "how": how,
        "trains": trains or is_head,
        "parameters": count(row["parameters"]),
        "trained": count(row["trained"]),
        "share": row["trained"] / row["parameters"] if row["parameters"] else 0.0,
        "starts": _starts(row["from epoch"]) if trains else DASH,
        "speed": f"{row['speed']:.3g}" if trains and is_number(row["speed"]) else DASH,
        "pull": f"{row['pull to start']:.3g}" if trains and row["pull to start"] else DASH,
    }


def _starts(epoch: Any) -> str:
    """From which epoch on a layer trains, as people count: the first is 1."""
    return f"{epoch + 1:g}" if is_number(epoch) else DASH
