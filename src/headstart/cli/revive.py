"""Dataclasses from the plain dicts that ``dataclasses.asdict`` made of them."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

import numpy as np

from ..core.errors import InputError

T = TypeVar("T")


def revive(kind: type[T], record: Any) -> T:
    """Rebuild a dataclass, and those inside it, by the types of its fields.

    Raises
    ------
    InputError
        Where the record lacks a field that has no default, as one of another version does.
    """
    hints = typing.get_type_hints(kind)
    fields = [f.name for f in dataclasses.fields(kind)]  # type: ignore[arg-type]
    needed = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]  # type: ignore[arg-type]
    missing = [name for name in needed if not isinstance(record, dict) or name not in record]
    if missing:
        raise InputError(
            f"the record of a {kind.__name__} lacks {', '.join(missing)}; it is of another version: fit again"
        )
    return kind(**{name: _value(hints[name], record[name]) for name in fields if name in record})


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        real = [h for h in inner if h is not type(None)]
        return _value(real[0], value) if len(real) == 1 else value
    if hint is np.ndarray:
        return np.asarray(value)
    if dataclasses.is_dataclass(hint):
        return revive(typing.cast(Any, hint), value)
    if origin is tuple and isinstance(value, list):
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_value(inner[0], v) for v in value)
        return tuple(_value(h, v) for h, v in zip(inner, value, strict=True))
    if origin is dict and isinstance(value, dict):
        return {k: _value(inner[1], v) for k, v in value.items()}
    return value
