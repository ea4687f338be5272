"""Numbers that stand for gaps: to every program -999 is a number, and a far one."""

from __future__ import annotations

import numpy as np
import pandas as pd

_CODES = (-9.0, -99.0, -999.0, -9999.0, -99999.0)


def gap_code(column: pd.Series) -> float | None:
    """The code for a gap in a column of numbers that are else not negative; None where there is none.

    Examples
    --------
    >>> import pandas as pd
    >>> gap_code(pd.Series([140.0, 120.0, -999.0, 130.0]))
    -999.0
    >>> gap_code(pd.Series([-999.0, -3.5, 12.0])) is None
    True
    """
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return None
    values = np.unique(column.dropna().to_numpy(dtype=float))
    below = values[values < 0]
    return float(below[0]) if len(below) == 1 and below[0] in _CODES and len(values) > 2 else None
