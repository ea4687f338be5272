"""Rows and labels of pandas whose indexes say that they stand in different orders."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .errors import InputError


def refuse_other_order(X: Any, y: Any, *, rows: str = "X", labels: str = "y") -> None:
    """Raise where the indexes of ``X`` and ``y`` hold the same entries in another order.

    Rows and labels are paired by their places, as everywhere in scikit-learn; of such indexes nobody can tell whether
    that is meant. Where one index is new, of other entries or not unique, the place is all that there is to go by.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"age": [20, 30, 40]})
    >>> refuse_other_order(X, pd.Series([0, 1, 1]).sort_index(ascending=False))
    Traceback (most recent call last):
    ...
    headstart.core.errors.InputError: X and y have the same index in different orders ...
    """
    if not all(isinstance(one, (pd.DataFrame, pd.Series)) for one in (X, y)):
        return
    ours, theirs = X.index, y.index
    if len(ours) != len(theirs) or ours.equals(theirs) or not (ours.is_unique and theirs.is_unique):
        return
    if ours.symmetric_difference(theirs, sort=False).empty:
        first = next(k for k, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
        raise InputError(
            f"{rows} and {labels} have the same index in different orders (in row {first} {ours[first]!r} and "
            f"{theirs[first]!r}); expected one order, since rows are paired by their places: pass "
            f"{labels}.loc[{rows}.index], or {labels}.set_axis({rows}.index) if the places are right"
        )
