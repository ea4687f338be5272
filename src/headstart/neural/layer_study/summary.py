"""A study as text."""

from __future__ import annotations

from typing import Any

import pandas as pd


def summary(study: Any) -> str:
    """The recommendation, and scores by depth, one column a mode; where no score is, a dash."""
    return f"{study.recommendation_.words}\n\n{by_depth(study.table_, study.metric_)}"


def by_depth(table: pd.DataFrame, metric: str) -> str:
    """Scores with their standard errors, one row a depth and one column a mode."""
    modes = list(dict.fromkeys(table["mode"]))
    cells = {
        (int(row["depth"]), row["mode"]): f"{row['score']:.3f} ({row['error']:.3f})"
        for _, row in table.iterrows()
        if pd.notna(row["score"])
    }
    layers = {int(row["depth"]): str(row["layer"]) for _, row in table.iterrows()}
    lines = [["layers taken over", *modes]]
    for depth in sorted(layers):
        name = "none" if depth == 0 else f"{depth} (to {layers[depth]})"
        lines.append([name, *(cells.get((depth, mode), "-") for mode in modes)])
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    head = f"{metric} on held-out rows, mean over repeats (standard error)"
    return "\n".join(
        [head, *("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)]
    )
