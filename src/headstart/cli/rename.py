"""``--rename``: source columns under the target's names."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..core.errors import InputError


def rename_columns(sources: list[pd.DataFrame], wishes: Sequence[str], target: pd.DataFrame) -> list[pd.DataFrame]:
    """Give source columns the target's names; each wish is ``SOURCE_COLUMN=TARGET_COLUMN``.

    Raises
    ------
    InputError
        Where a wish has another form, no source has the column, the target lacks the new name, or a source has a column
        of it already.
    """
    for wish in wishes:
        old, new = _pair(wish, sources)
        if new not in target.columns:
            names = ", ".join(repr(str(c)) for c in target.columns[:8])
            raise InputError(f"--rename {wish}: the target has no column {new!r}; expected one of {names}")
        for frame in sources:
            if old in frame.columns and new in frame.columns:
                raise InputError(
                    f"--rename {wish}: a source has {old!r} and {new!r} already; expected a new name that it lacks, or "
                    f"--drop {new}"
                )
        sources = [f.rename(columns={old: new}) for f in sources]
    return sources


def _pair(wish: str, sources: list[pd.DataFrame]) -> tuple[str, str]:
    """Both names; either may hold an equals sign, so that the one which a source has decides."""
    marks = [k for k, c in enumerate(wish) if c == "="]
    if not marks:
        raise InputError(f"--rename is {wish!r}; expected SOURCE_COLUMN=TARGET_COLUMN")
    for k in marks:
        old, new = wish[:k], wish[k + 1 :]
        if new and any(old in f.columns for f in sources):
            return old, new
    names = ", ".join(repr(str(c)) for c in sources[0].columns[:8])
    raise InputError(f"--rename {wish}: no source has a column {wish[: marks[0]]!r}; expected one of {names}")
