"""pandas objects as boxes of plain arrays, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from .kinds import Box

Walk = Callable[[Any], Any]


def is_pandas(value: Any) -> bool:
    """Whether ``value`` is one of the pandas objects that a fitted model may hold."""
    return value is pd.NA or value is pd.NaT or type(value).__module__.partition(".")[0] == "pandas"


def to_box(value: Any, pack: Walk) -> Box:
    """Box a pandas object; ``pack`` is called on the objects inside."""
    if value is pd.NA:
        return Box("NA", {})
    if value is pd.NaT:
        return Box("NaT", {})
    if isinstance(value, pd.Timestamp):
        return Box("timestamp", {"text": value.isoformat(), "zone": None if value.tz is None else str(value.tz)})
    if isinstance(value, pd.Timedelta):
        return Box("timedelta", {"value": int(value.value)})
    if isinstance(value, pd.DataFrame):
        columns = [_box_values(value.iloc[:, j].array, pack) for j in range(value.shape[1])]
        return Box(
            "frame", {"columns": to_box(value.columns, pack), "index": to_box(value.index, pack), "values": columns}
        )
    if isinstance(value, pd.Series):
        parts = {"values": _box_values(value.array, pack), "index": to_box(value.index, pack), "name": pack(value.name)}
        return Box("series", parts)
    if isinstance(value, pd.RangeIndex):
        parts = {"start": value.start, "stop": value.stop, "step": value.step, "name": pack(value.name)}
        return Box("range", parts)
    if isinstance(value, pd.MultiIndex):
        levels = [_box_values(value.get_level_values(k).array, pack) for k in range(value.nlevels)]
        return Box("levels", {"levels": levels, "names": [pack(n) for n in value.names]})
    if isinstance(value, pd.Index):
        return Box("index", {"values": _box_values(value.array, pack), "name": pack(value.name)})
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return _box_dtype(value, pack)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return _box_values(value, pack)
    raise InputError(
        f"the model holds a {type(value).__module__}.{type(value).__name__}, which cannot be saved; "
        "expected data frames, series, indexes, their arrays and types"
    )


def _box_dtype(dtype: Any, pack: Walk) -> Box:
    if isinstance(dtype, pd.CategoricalDtype):
        categories = None if dtype.categories is None else to_box(dtype.categories, pack)
        return Box("dtype of categories", {"categories": categories, "ordered": bool(dtype.ordered)})
    if isinstance(dtype, pd.StringDtype):
        return Box("dtype of text", {"storage": dtype.storage, "gap_is_nan": dtype.na_value is not pd.NA})
    if isinstance(dtype, pd.SparseDtype):
        raise InputError("the model holds sparse pandas columns, which cannot be saved; use a SciPy sparse matrix")
    return Box("dtype", {"name": str(dtype)})


def _box_values(array: Any, pack: Walk) -> Box:
    dtype = array.dtype
    if isinstance(dtype, np.dtype) or type(array) is pd.arrays.NumpyExtensionArray:
        return Box("array", {"values": pack(np.asarray(array))})
    kind = _box_dtype(dtype, pack)
    if isinstance(dtype, pd.CategoricalDtype):
        return Box("array of categories", {"dtype": kind, "codes": np.asarray(array.codes)})
    if isinstance(dtype, pd.DatetimeTZDtype):
        return Box("array with zone", {"dtype": kind, "values": np.asarray(array.asi8)})
    gaps = np.asarray(array.isna())
    if isinstance(dtype, pd.StringDtype):
        values = np.array([None if g else str(v) for v, g in zip(array, gaps, strict=True)], dtype=object)
        return Box("array of text", {"dtype": kind, "values": values})
    if str(dtype) in _MASKED:
        fill = np.zeros(1, dtype=_MASKED[str(dtype)])[0]
        values = array.to_numpy(dtype=_MASKED[str(dtype)], na_value=fill)
        return Box("array with gaps", {"dtype": kind, "values": values, "gaps": gaps})
    raise InputError(
        f"the model holds a pandas column of type {dtype}, which cannot be saved; convert it, for instance with "
        "frame.astype(object)"
    )


_MASKED = {
    "boolean": "bool",
    **{f"{sign}Int{bits}": f"{sign.lower()}int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)},
    "Float32": "float32",
    "Float64": "float64",
}


def from_box(box: Box, unpack: Walk) -> Any:
    """Rebuild the pandas object that a box stands for; ``unpack`` is called on the parts."""
    p = box.parts
    if box.kind == "NA":
        return pd.NA
    if box.kind == "NaT":
        return pd.NaT
    if box.kind == "timestamp":
        stamp = pd.Timestamp(p["text"])
        return stamp if p["zone"] is None else stamp.tz_convert(p["zone"])
    if box.kind == "timedelta":
        return pd.Timedelta(p["value"], unit="ns")
    if box.kind == "frame":
        index = unpack(p["index"])
        arrays = [unpack(values) for values in p["values"]]
        # with the type named, pandas does not guess one from words
        columns = {j: pd.Series(a, index=index, dtype=a.dtype) for j, a in enumerate(arrays)}
        return pd.DataFrame(columns, index=index).set_axis(unpack(p["columns"]), axis=1)
    if box.kind == "series":
        values = unpack(p["values"])
        return pd.Series(values, index=unpack(p["index"]), name=unpack(p["name"]), dtype=values.dtype)
    if box.kind == "range":
        return pd.RangeIndex(p["start"], p["stop"], p["step"], name=unpack(p["name"]))
    if box.kind == "levels":
        return pd.MultiIndex.from_arrays([unpack(v) for v in p["levels"]], names=[unpack(n) for n in p["names"]])
    if box.kind == "index":
        values = unpack(p["values"])
        return pd.Index(values, name=unpack(p["name"]), dtype=values.dtype)
    return _from_typed_box(box.kind, p, unpack)


def _from_typed_box(kind: str, p: dict[str, Any], unpack: Walk) -> Any:
    if kind == "array":
        return unpack(p["values"])
    if kind == "dtype of categories":
        categories = None if p["categories"] is None else unpack(p["categories"])
        return pd.CategoricalDtype(categories, ordered=p["ordered"])
    if kind == "dtype of text":
        return _text_dtype(p["storage"], gap_is_nan=p["gap_is_nan"])
    if kind == "dtype":
        return pd.api.types.pandas_dtype(p["name"])
    if kind == "array of categories":
        return pd.Categorical.from_codes(p["codes"], dtype=unpack(p["dtype"]))
    if kind == "array with zone":
        dtype = unpack(p["dtype"])
        moments = p["values"].astype(f"datetime64[{dtype.unit}]")
        return pd.Series(moments).dt.tz_localize("UTC").dt.tz_convert(dtype.tz).astype(dtype).array
    if kind == "array of text":
        return pd.array(p["values"], dtype=unpack(p["dtype"]))
    if kind == "array with gaps":
        array = pd.array(p["values"], dtype=unpack(p["dtype"]))
        array[p["gaps"]] = pd.NA
        return array
    raise InputError(f"the model file holds an unknown kind of box, {kind!r}; it is damaged or foreign")


def _text_dtype(storage: str, *, gap_is_nan: bool) -> pd.StringDtype:
    """The text type as saved; where pyarrow is not installed here, the one that Python itself stores."""
    try:
        return _make_text_dtype(storage, gap_is_nan)
    except ImportError:
        return _make_text_dtype("python", gap_is_nan)


def _make_text_dtype(storage: str, gap_is_nan: bool) -> pd.StringDtype:
    try:
        return pd.StringDtype(storage, na_value=np.nan if gap_is_nan else pd.NA)
    except TypeError:  # before pandas 2.3 there was one kind of gap
        return pd.StringDtype(storage)
