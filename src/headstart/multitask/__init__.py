"""Several tasks learned at once. Linear models of small tables; what stands elsewhere needs torch.

Every public name is here and is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..core.optional import require

# Public name -> the module of this package that holds it.
_HOME: dict[str, str] = {
    # linear models; these need no torch
    "MultiTaskLinearClassifier": "linear.estimators",
    "MultiTaskLinearRegressor": "linear.estimators",
}

__all__ = sorted(_HOME, key=str.lower)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'headstart.multitask' has no attribute {name!r}")
    if not _HOME[name].startswith("linear."):
        # The absence of torch is told here, once, with the extra that installs it.
        require("torch", extra="neural", purpose=f"headstart.multitask.{name}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
