"""The heat map of a map of tasks: single sources of each target, and the baselines below which none helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..task_map.beside import EVEN, NO
from . import heat
from .words import number

_MARKS = {NO: "below", EVEN: "even"}


def affinities(tasks: Any, order: list[str]) -> dict[str, Any]:
    """What the template draws, and what it says above it.

    Parameters
    ----------
    tasks : TaskMap
        The map.
    order : list of str
        In which order sources and targets stand; baselines come last.
    """
    single = tasks.affinity
    columns = [t for t in order if t in single.columns] + [t for t in single.columns if t not in set(order)]
    single = single.loc[[s for s in order if s in single.index], columns].rename_axis(columns=None)
    said = pd.DataFrame("", index=single.index, columns=columns, dtype=object)
    for row in tasks.against_baselines().itertuples():
        if row.sources in said.index and row.beats in _MARKS:
            said.loc[row.sources, row.target] = _MARKS[row.beats]
    alone = _baselines(tasks, columns)
    table = pd.concat([single, alone]) if len(alone) else single
    marks = pd.concat([said, alone.notna().replace({True: "baseline", False: ""})]) if len(alone) else said
    low, high = table.min(), table.max()
    flat = [t for t in columns if not high[t] > low[t]]
    shown = (table - low) / (high - low).where(high > low)
    texts = table.map(number).where(table.notna() & np.isin(table.columns, flat)[None, :])
    return {
        "view": heat.view(
            shown, "Affinity of single sources", corner="from", percent=True, said=marks, texts=texts if flat else None
        ),
        "scale": _scale(len(columns), len(flat), bool(len(alone))),
        "marked": {word for word in ("below", "even") if (marks == word).to_numpy().any()},
    }


def _baselines(tasks: Any, columns: list[str]) -> pd.DataFrame:
    """Affinities of the baselines, one a row."""
    part = tasks.transfers
    rows = {
        b: part[[s == (b,) for s in part["sources"]]].set_index("target")["affinity"].reindex(columns)
        for b in tasks.baselines
    }
    return pd.DataFrame({f"{b} (baseline)": row for b, row in rows.items()}).T.reindex(columns=columns)


def _scale(n: int, n_flat: int, has_baselines: bool) -> str:
    what = "transfer" if has_baselines else "source"
    column = f"Each column runs from 0%, the target's worst {what}, to 100%, its best"
    if not n_flat:
        return f"{column}; a dash was not measured."
    if n_flat == n:
        return f"Each target has one {what}, or all alike, so affinities stand as they are; a dash was not measured."
    return (
        f"{column}; a target with one {what}, or with all alike, shows its affinity as it is, without a colour. A "
        "dash was not measured."
    )
