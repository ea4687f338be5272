"""What a ranking of backbones is given, read and checked: labelled rows, backbones by name, their features, scores."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..choose.networks.cells import Rows
from ..choose.verdict import FEWEST_ROWS
from ..core.checks import check_labels
from ..core.domain import Domain, Task
from ..core.errors import InputError, InputTypeError, MissingDependencyError
from ..neural.frozen import frozen_features
from ..scores.table import BY_NAME
from ..scores.target_front import transferability

AUTO = ("linear_probe", "logme", "h_score", "trans_rate", "knn_score")


def labelled_rows(target: Any, task: str | None) -> tuple[Rows, str]:
    """Rows, labels and task of a target that a ranking can be measured on."""
    if not isinstance(target, Domain):
        raise InputTypeError(f"target is of type {type(target).__name__}; expected hs.Domain(X, y)")
    if target.y is None:
        raise InputError(
            f"the target {target.label!r} has no labels, which a ranking is measured on; expected hs.Domain(X, y)"
        )
    task = task or Task.of(target.y).kind
    if task not in ("classification", "regression"):
        raise InputError(f"task={task!r}; expected 'classification', 'regression' or None")
    y = check_labels(target.y, classification=task == "classification", what="y")
    if len(y) < FEWEST_ROWS:
        raise InputError(f"the target has {len(y)} labelled rows; expected at least {FEWEST_ROWS}: label more")
    classes = np.unique(y) if task == "classification" else None
    if classes is not None and len(classes) < 2:
        raise InputError(f"the target's labels hold only one class, {classes[0]!r}; expected at least two")
    return Rows(target.X, y, classes), task


def scores_of(asked: Any, task: str) -> tuple[str, ...]:
    """The names of the scores, the one that decides first."""
    if asked is None:
        return ()
    known = [n for n, k in BY_NAME.items() if k.needs == "features" and task in k.tasks]
    if isinstance(asked, str) and asked == "auto":
        return tuple(n for n in AUTO if n in known)
    names = (asked,) if isinstance(asked, str) else tuple(asked)
    if not names or any(n not in known for n in names):
        raise InputError(f"scores={asked!r}; expected 'auto', None or names among {', '.join(known)} (for a {task})")
    return tuple(dict.fromkeys(names))


def by_name(backbones: Any) -> dict[str, Any]:
    """Backbones by the names that the table calls them."""
    if isinstance(backbones, Mapping):
        named = [(str(name), b) for name, b in backbones.items()]
    elif isinstance(backbones, (list, tuple)):
        named = [(_name_of(b), b) for b in backbones]
    else:
        named = [(_name_of(backbones), backbones)]
    if not named:
        raise InputError("backbones is empty; expected at least one name, path, module or Backbone")
    names = [name for name, _ in named]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            f"backbones have one name twice: {', '.join(twice)}; give each its own: {{'first': ..., 'second': ...}}"
        )
    return dict(named)


def _name_of(backbone: Any) -> str:
    if hasattr(backbone, "n_features") and hasattr(backbone, "name"):
        return str(backbone.name)
    if hasattr(backbone, "state_dict"):
        return type(backbone).__name__
    return str(getattr(backbone, "__name__", backbone))


def open_all(
    named: dict[str, Any], X: Any, kind: str | None, device: str, seed: int
) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, str], dict[str, float]]:
    """Opened backbones, their features, why others were left out, and the seconds that each took."""
    opened, features, left_out, seconds = {}, {}, {}, {}
    for name, backbone in named.items():
        begun = time.perf_counter()
        try:
            opened[name], features[name] = frozen_features(backbone, X, kind=kind, device=device, seed=seed)
        except (InputError, InputTypeError, MissingDependencyError) as error:
            left_out[name] = str(error).splitlines()[0]
        seconds[name] = time.perf_counter() - begun
    return opened, features, left_out, seconds


def cheap_scores_of(F: np.ndarray, y: np.ndarray, task: str, names: tuple[str, ...]) -> dict[str, float]:
    """The scores of one backbone's features; NaN where one is not defined."""
    found = {}
    for name in names:
        try:
            found[name] = transferability(F, y, task=task, scores=[name], n_boot=0)[name].score
        except (InputError, np.linalg.LinAlgError):  # not defined for these rows or features
            found[name] = float("nan")
    return found
