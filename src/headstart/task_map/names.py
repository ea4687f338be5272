"""How a set of sources is written, read and compared: a sorted tuple of names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.errors import InputError, InputTypeError

SEPARATOR = "+"
Sources = tuple[str, ...]


def read_sources(value: Any, *, separator: str = SEPARATOR) -> Sources:
    """A name, several joined by the separator, or a collection of names, as a sorted tuple."""
    if isinstance(value, (tuple, list, set, frozenset)):
        names = [str(v).strip() for v in value]
    elif value is None or value != value:
        raise InputError("a transfer has no sources; expected one name or more in each row: drop the row")
    else:
        names = [part.strip() for part in str(value).split(separator)] if separator else [str(value)]
    if not names or not all(names):
        raise InputError(
            f"the sources {value!r} hold an empty name; expected names joined by {separator!r}: say separator= if they "
            "are joined by something else"
        )
    if len(set(names)) < len(names):
        raise InputError(f"the sources {value!r} name a task twice; expected each once")
    return tuple(sorted(names))


def written(sources: Iterable[str]) -> str:
    """``("depth", "edges")`` as "depth + edges"."""
    return f" {SEPARATOR} ".join(sources)


def read_names(value: Any, *, what: str, least: int = 1) -> tuple[str, ...] | None:
    """A name or a list of names given as one argument; None stays None. At least so many are expected."""
    if value is None:
        return None
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise InputTypeError(f"{what} is {value!r}; expected a name, or a list of names")
    names = tuple(dict.fromkeys(str(v) for v in value))
    if len(names) < least:
        raise InputError(f"{what} is empty; expected at least one name, or None for all")
    return names


def refuse_unknown(names: Iterable[str], known: Iterable[str], *, what: str) -> None:
    """Raise where a name is none of those known."""
    known = list(known)
    strange = [n for n in names if n not in set(known)]
    if strange:
        raise InputError(
            f"{what} names {some(strange)}, which the map does not know; expected some of {some(known, 8)}"
        )


def some(names: Iterable[Any], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    listed = [repr(n) if isinstance(n, str) else repr(written(n)) for n in names]
    shown = ", ".join(listed[:most])
    return shown if len(listed) <= most else f"{shown} and {len(listed) - most} more"
