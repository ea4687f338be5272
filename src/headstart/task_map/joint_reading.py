"""The table of losses of networks that were trained on sets of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError, InputTypeError
from .names import some, written


def read_losses(table: Any, cost: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Losses by network and task, and the cost of each network."""
    if not isinstance(table, pd.DataFrame):
        raise InputTypeError(f"the losses are a {type(table).__name__}; expected a DataFrame, one network a row")
    if cost is not None and cost not in table.columns:
        raise InputError(
            f"the table has no column {cost!r} but {some(map(str, table.columns))}; say cost= with its name"
        )
    parts = table.drop(columns=[] if cost is None else [cost])
    try:
        values = parts.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise InputError("the losses hold more than numbers; expected a number, or a gap, for each task") from None
    tasks = [str(t) for t in parts.columns]
    if len(set(tasks)) < len(tasks):
        raise InputError(f"the table names a task twice among {some(tasks)}; expected each once")
    if len(tasks) < 2:
        raise InputError(f"the losses are about one task, {some(tasks)}; expected at least two")
    if np.isinf(values).any():
        raise InputError("a loss is infinite; expected finite losses, and NaN where a network is not trained on a task")
    there = np.isfinite(values)
    if not there.any(axis=1).all():
        raise InputError(
            f"the network of row {int(np.argmin(there.any(axis=1)))} has no loss; expected one for each task that it "
            "was trained on: drop the row"
        )
    if not there.any(axis=0).all():
        raise InputError(
            f"no network was trained on {tasks[int(np.argmin(there.any(axis=0)))]!r}; expected one for each task: drop "
            "the column"
        )
    costs = np.ones(len(parts)) if cost is None else _costs(table[cost])
    names = _names(parts.index, there, tasks, costs)
    return pd.DataFrame(values, index=names, columns=tasks), pd.Series(costs, index=names, name="cost")


def _costs(column: pd.Series) -> np.ndarray:
    given = {f"row {k}": v for k, v in enumerate(column)}
    refuse_bad_numbers(given, "the cost")
    return np.array([float(v) for v in given.values()])


def refuse_bad_numbers(given: Mapping[str, Any], what: str) -> None:
    """Raise where a cost or weight is no finite number of 0 or more."""
    for name, value in given.items():
        bad = isinstance(value, (bool, str)) or value is None
        if bad or not np.isfinite(value) or value < 0:
            raise InputError(f"{what} of {name!r} is {value!r}; expected a finite number of 0 or more")


def _names(index: pd.Index, there: np.ndarray, tasks: list[str], costs: np.ndarray) -> list[str]:
    sets = [tuple(t for t, is_in in zip(tasks, row, strict=True) if is_in) for row in there]
    seen: dict[tuple[tuple[str, ...], float], int] = {}
    for k, key in enumerate(zip(sets, costs.tolist(), strict=True)):
        if key in seen:
            raise InputError(
                f"rows {seen[key]} and {k} are networks on the same tasks, {written(key[0])!r}, of the same cost; "
                "expected each once: take their mean, or the better one"
            )
        seen[key] = k
    if pd.api.types.is_numeric_dtype(index):
        several = {s for s in sets if sets.count(s) > 1}
        return [f"{written(s)} at {c:g}" if s in several else written(s) for s, c in zip(sets, costs, strict=True)]
    names = [str(n) for n in index]
    if len(set(names)) < len(names):
        raise InputError(f"two networks have the same name among {some(names)}; expected a name of its own for each")
    return names
