"""Columns of several tables held against each other: what is missing, and what is likely a mistake."""

from __future__ import annotations

import shlex

import pandas as pd

from ..core.errors import InputError
from ..files import Table, gap_code
from ..files.table import looks_like_identifier
from .naming import some


def check_columns(
    X: pd.DataFrame, sources: list[pd.DataFrame], target: Table, tables: list[Table], names: list[str]
) -> list[str]:
    """Say which columns only one domain has, and which of them may be the same under two names."""
    warnings = []
    own = [str(c) for c in X.columns]
    for frame, name in zip(sources, names, strict=True):
        theirs = [str(c) for c in frame.columns]
        shared = [c for c in own if c in set(theirs)]
        lacking, extra = [c for c in own if c not in set(theirs)], [c for c in theirs if c not in set(own)]
        hint = _proposals(X[lacking], frame[extra]) if lacking and extra else ""
        if not shared:
            warnings.append(
                f"source {name} shares no column with the target (which has {some(own)}; the source has "
                f"{some(theirs)}): only the labels link the two, which seldom helps{hint}"
            )
        elif lacking or extra:
            told = [f"lacks {some(lacking)}"] if lacking else []
            told += [f"has {some(extra)}, which the target lacks"] if extra else []
            warnings.append(f"source {name} {' and '.join(told)}{hint}")
    for frame, name in zip([X, *sources], [f"target {target.name}", *(f"source {n}" for n in names)], strict=True):
        warnings += _gap_codes(frame, name)
    for column in own:
        if looks_like_identifier(column, X[column]):
            warnings.append(
                f"column {column!r} of the target looks like the names of its rows; leave it out with --drop or "
                "--id-column"
            )
    return warnings


def _gap_codes(frame: pd.DataFrame, name: str) -> list[str]:
    found: dict[float, list[str]] = {}
    for column in frame.columns:
        if (code := gap_code(frame[column])) is not None:
            found.setdefault(code, []).append(str(column))
    return [
        f"{name}: {code:g} in {some(columns)} is the only negative number there and looks like a code for a gap; if "
        "it is, leave those cells empty: it is learned from as a number"
        for code, columns in found.items()
    ]


def _proposals(T: pd.DataFrame, S: pd.DataFrame) -> str:
    """Columns that may be the same under two names, with the reasons, and how to say so."""
    from ..feature import match_columns

    found = match_columns(T, S).matches if len(T) and len(S) else ()
    if not found:
        return ""
    pairs = [f"{m.source!r} may be the target's {m.target!r} ({'; '.join(m.reasons)})" for m in found[:5]]
    more = f", and {len(found) - 5} more" if len(found) > 5 else ""
    return f". {', '.join(pairs)}{more}: if so, --rename {shlex.quote(f'{found[0].source}={found[0].target}')}"


def same_columns(X: pd.DataFrame, more: pd.DataFrame, table: Table) -> None:
    missing = [str(c) for c in X.columns if c not in more.columns]
    if missing:
        raise InputError(f"{str(table.path)!r} lacks {some(missing)}; expected the target's {X.shape[1]} columns")
