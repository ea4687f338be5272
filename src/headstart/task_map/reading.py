"""From the tables that users have to transfers, one a row, with everything odd named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError, InputTypeError
from .beside import VERDICTS
from .names import read_sources, some, written


def read_transfers(
    table: Any, columns: Mapping[str, str | None], *, separator: str, value: str, unique: tuple[str, ...]
) -> pd.DataFrame:
    """Columns ``sources`` (tuples), ``target`` and ``value``, and those of ``unique`` that the table has.

    Parameters
    ----------
    table : DataFrame
        One transfer a row.
    columns : mapping
        Our name of a column to the user's; None where the user has none.
    separator : str
        What joins names of sources.
    value : str
        Our name of the column of numbers.
    unique : tuple of str
        The columns that together name a row.
    """
    if not isinstance(table, pd.DataFrame):
        raise InputTypeError(f"the transfers are a {type(table).__name__}; expected a DataFrame, one transfer a row")
    used = {ours: theirs for ours, theirs in columns.items() if theirs is not None}
    for ours, theirs in used.items():
        if theirs not in table.columns:
            raise InputError(
                f"the table has no column {theirs!r} but {some(map(str, table.columns))}; say {ours}= with the name of "
                "the column"
            )
    if len(table) == 0:
        raise InputError("the table has no rows; expected one for each measured transfer")
    found = pd.DataFrame({ours: table[theirs].to_numpy() for ours, theirs in used.items()})
    for name in ("sources", "against"):
        if name in found:
            found[name] = [read_sources(v, separator=separator) for v in found[name]]
    if found["target"].isna().any():
        raise InputError("a transfer has no target; expected a name in each row: drop the row")
    found["target"] = found["target"].astype(str).str.strip()
    found[value] = _numbers(found, value, used[value])
    keys = [k for k in unique if k in found]
    twice = found.duplicated(keys, keep="first")
    if twice.any():
        raise InputError(_twice(found, twice, keys, unique))
    return found


def read_verdict(value: Any) -> str:
    """A verdict of a map of transfer; "" for a gap.

    Raises
    ------
    InputError
        Where it is none.
    """
    told = "" if pd.isna(value) else str(value)
    if told not in ("", *VERDICTS):
        raise InputError(f"a verdict is {value!r}; expected {some(VERDICTS)}, or a gap")
    return told


def read_verdicts(table: pd.DataFrame, found: pd.DataFrame, column: str | None, baselines: Sequence[str]) -> pd.Series:
    """The verdict of each transfer, by target and sources, from a column that holds one in each row.

    Parameters
    ----------
    table : DataFrame
        As the user gave it.
    found : DataFrame
        The same rows, as ``read_transfers`` read them.
    column : str or None
        The user's column; None: no verdicts.
    baselines : sequence of str
        What the verdicts are about.
    """
    keys = [found["target"], found["sources"]]
    if column is None:
        return pd.Series("", index=found.index).groupby(keys).first()
    if column not in table.columns:
        raise InputError(f"the table has no column {column!r} of verdicts but {some(map(str, table.columns))}")
    if not baselines:
        raise InputError(
            f"verdict={column!r} is given without baselines; expected the name that stands for no transfer in "
            "baselines=: a verdict says how a transfer does beside it"
        )
    verdicts = pd.Series([read_verdict(v) for v in table[column]], index=found.index).groupby(keys)
    mixed = verdicts.nunique() > 1
    if mixed.any():
        target, sources = mixed.idxmax()
        raise InputError(
            f"{arrow(sources, target)} has several verdicts in {column!r}; expected the same one in all its rows"
        )
    return verdicts.first()


def _numbers(found: pd.DataFrame, value: str, theirs: str) -> np.ndarray:
    try:
        numbers = found[value].to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"the column {theirs!r} does not hold numbers only; expected a number in each row") from None
    bad = ~np.isfinite(numbers)
    if bad.any():
        first = found.iloc[int(np.argmax(bad))]
        raise InputError(
            f"{int(bad.sum())} of {len(found)} values of {theirs!r} are NaN or infinite (the first: "
            f"{arrow(first['sources'], first['target'])}); expected finite numbers: leave those rows out, or measure "
            "them again"
        )
    return numbers


def _twice(found: pd.DataFrame, twice: pd.Series, keys: list[str], unique: tuple[str, ...]) -> str:
    first = found[twice].iloc[0]
    said = arrow(first["sources"], first["target"])
    if "against" in keys:
        return (
            f"{said} against {written(first['against'])} is given twice; expected each comparison once: drop the "
            "repeated rows"
        )
    where = f", row {first['row']}," if "row" in keys else ""
    mend = (
        "say row= with the column that tells repeats or rows apart, or drop the repeated rows"
        if "row" in unique and "row" not in keys
        else "drop the repeated rows"
    )
    return f"{int(twice.sum())} rows are there twice ({said}{where} is one); expected each transfer once: {mend}"


def arrow(sources: tuple[str, ...], target: str) -> str:
    """A transfer in a message."""
    return f"{written(sources)} -> {target}"


def check_tasks(found: pd.DataFrame, baselines: tuple[str, ...], *, columns: tuple[str, ...] = ("sources",)) -> None:
    """Refuse a map of one task, baselines that are nowhere, and sets in which a baseline stands beside sources."""
    sets = {s for column in columns for s in found[column]}
    names = {n for s in sets for n in s}
    for baseline in baselines:
        if baseline not in names:
            raise InputError(
                f"the baseline {baseline!r} is in no row; expected a name that stands where sources do, such as "
                f"{some(sorted(names), 3)}"
            )
        mixed = [s for s in sets if baseline in s and len(s) > 1]
        if mixed:
            raise InputError(
                f"the baseline {baseline!r} stands beside sources in {some(mixed, 1)}; expected it alone: a name that "
                "is also a source is no baseline"
            )
    if names <= set(baselines):
        raise InputError(
            f"every source is a baseline ({some(sorted(names), 3)}), and baselines are never chosen; expected at least "
            "one source that is a task: add transfers from tasks, or leave it out of baselines"
        )
    tasks = (names - set(baselines)) | set(found["target"])
    if len(tasks) < 2:
        raise InputError(
            f"the transfers are about one task, {some(sorted(tasks))}; expected at least two: a map needs something to "
            "transfer from"
        )


def refuse_odd_selves(found: pd.DataFrame) -> None:
    """Refuse a win rate of a transfer against itself that says that one beats the other."""
    own = np.array([a == b for a, b in zip(found["sources"], found["against"], strict=True)], dtype=bool)
    odd = own & (np.abs(found["win_rate"].to_numpy() - 0.5) > 1e-9)
    if odd.any():
        first = found[odd].iloc[0]
        raise InputError(
            f"{arrow(first['sources'], first['target'])} against itself has the win rate {first['win_rate']:g}; "
            "expected 0.5, or no value: a transfer does as well as itself. Correct it, or leave it out"
        )
