"""A fitted ``TableEncoder`` as plain values and arrays: only the classes listed here, and no code."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

from ...columns import CategoryColumn, DateColumn, NumberBlock, TextColumn
from ...core.errors import InputError
from ...tables import TableEncoder

_CLASSES = {
    cls.__name__: cls
    for cls in (
        TableEncoder,
        NumberBlock,
        CategoryColumn,
        DateColumn,
        TextColumn,
        TfidfVectorizer,
        TfidfTransformer,
        TruncatedSVD,
    )
}
_TYPES = {"float64": np.float64, "float32": np.float32}


def pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """``value`` as what JSON can hold; arrays of numbers go into ``arrays``, by name."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiub":
            return {"list": [pack(entry, arrays) for entry in value.tolist()], "as": "array"}
        name = f"a{len(arrays)}"
        arrays[name] = np.array(value)
        return {"array": name}
    if isinstance(value, (list, tuple)):
        return {"list": [pack(entry, arrays) for entry in value], "as": type(value).__name__}
    if isinstance(value, dict):
        return {"dict": [[pack(k, arrays), pack(v, arrays)] for k, v in value.items()]}
    if isinstance(value, type) and value.__name__ in _TYPES:
        return {"type": value.__name__}
    if type(value).__name__ in _CLASSES and type(value) is _CLASSES[type(value).__name__]:
        return {"class": type(value).__name__, "holds": [[k, pack(v, arrays)] for k, v in vars(value).items()]}
    raise InputError(f"the table's encoder holds a {type(value).__name__}, which can't be kept as plain values")


def unpack(plain: Any, arrays: dict[str, np.ndarray]) -> Any:
    """What ``pack`` made plain."""
    if not isinstance(plain, dict):
        return plain
    if "array" in plain:
        return np.array(arrays[plain["array"]])
    if "list" in plain:
        entries = [unpack(entry, arrays) for entry in plain["list"]]
        return {"list": list, "tuple": tuple, "array": lambda v: np.array(v, dtype=object)}[plain["as"]](entries)
    if "dict" in plain:
        return {unpack(k, arrays): unpack(v, arrays) for k, v in plain["dict"]}
    if "type" in plain:
        return _TYPES[plain["type"]]
    made = object.__new__(_CLASSES[plain["class"]])
    for name, value in plain["holds"]:
        setattr(made, name, unpack(value, arrays))
    return made
