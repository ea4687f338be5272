"""Ways to share and to weigh by their names, for ``multitask``; light, since the help text lists them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from ..core.errors import InputError

# Modules of a package of parts that hold what all parts derive from, which nobody can ask for.
_BASES = ("base", "state")


def exported(package: str) -> tuple[str, ...]:
    """Names of the parts of ``headstart.multitask`` of one kind ("sharing", "weighting"), from its table of exports."""
    from ..multitask import _HOME

    found = {name for name, home in _HOME.items() if home.startswith(f"{package}.")}
    return tuple(sorted((n for n in found if _HOME[n].rpartition(".")[2] not in _BASES), key=str.lower))


def check_exported(package: str, name: str | None) -> None:
    """Refuse a name that is none, and name those that are most like it."""
    known = exported(package)
    if name is None or name in known:
        return
    lower = {n.lower(): n for n in known}
    near = get_close_matches(name.lower(), list(lower), n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(lower[n] for n in near)}?" if near else ""
    raise InputError(f"--{package} is {name!r}; expected one of {', '.join(known)}{hint}")


def part_of(package: str, name: str | None) -> Any:
    """A part by its name, with the settings that it has by default; None where none was named."""
    if name is None:
        return None
    from .. import multitask

    made = getattr(multitask, name)
    try:
        return made()
    except TypeError as error:
        raise InputError(
            f"--{package} is {name}, which needs settings of its own ({error}); expected another one, or "
            f"headstart.multitask.{name} in Python"
        ) from error
