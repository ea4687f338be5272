"""headstart: transfer learning with evidence.

Every public name is here and is imported when it is first used, so that ``import headstart`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> the module that holds it; None: the name is itself a module.
_HOME: dict[str, str | None] = {
    "Domain": "core.domain",
    "Sources": "core.domain",
    "Task": "core.domain",
    "HeadstartError": "core.errors",
    "InputError": "core.errors",
    "InputTypeError": "core.errors",
    "MissingDependencyError": "core.errors",
    "HeadstartWarning": "core.errors",
    "testing": None,
}

__all__ = [*sorted(_HOME, key=str.lower), "__version__"]

if TYPE_CHECKING:  # the same names for editors and type checkers; a test holds the two lists together
    from . import testing
    from .core.domain import Domain, Sources, Task
    from .core.errors import HeadstartError, HeadstartWarning, InputError, InputTypeError, MissingDependencyError


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'headstart' has no attribute {name!r}")
    home = _HOME[name]
    value = (
        importlib.import_module(f".{name}", __name__)
        if home is None
        else getattr(importlib.import_module(f".{home}", __name__), name)
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
