"""The settings of a search, checked before anything slow is done, and those that go to every training."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from ...core.errors import InputError, InputTypeError
from ...neural.finetune import FineTuneClassifier
from .candidates import own

# Parameters of FineTuneClassifier that a search sets itself.
_OWN = {
    "backbone", "weights", "source_model", "policy", "adapter", "kind", "epochs", "source_epochs", "batch_size",
    "learning_rate", "device", "folder", "resume", "callbacks", "random_state", "watch",
}  # fmt: skip


def settings_of(search: Any, *, source: bool = False) -> dict[str, Any]:
    """Parameters of every training on target rows, or of that on the source."""
    return {
        **(search.settings or {}),
        "epochs": search.source_epochs if source else search.epochs,
        "batch_size": search.batch_size,
        "learning_rate": search.learning_rate,
        "device": search.device,
    }


def check_search(search: Any) -> None:
    """Refuse what cannot be."""
    if search.task not in ("classification", "regression"):
        raise InputError(f"task={search.task!r}; expected 'classification' or 'regression'")
    if search.policy not in ("blend", "best", "strict"):
        raise InputError(f"policy={search.policy!r}; expected 'blend', 'best' or 'strict'")
    if not 0.5 < search.level < 1:
        raise InputError(f"level={search.level!r}; expected a number between 0.5 and 1, such as 0.9")
    if isinstance(search.folds, bool) or not isinstance(search.folds, Integral) or search.folds < 2:
        raise InputError(f"folds={search.folds!r}; expected a whole number of at least 2")
    if search.time_limit is not None and not (isinstance(search.time_limit, Real) and search.time_limit > 0):
        raise InputError(f"time_limit={search.time_limit!r}; expected a number of seconds above 0")
    if search.resume and search.folder is None:
        raise InputError("resume=True without a folder; expected folder=, where the search is kept")
    if isinstance(search.candidates, str):
        if search.candidates not in ("auto", "every"):
            raise InputError(
                f"candidates={search.candidates!r}; expected 'auto', 'every' or a list of (name, policy) pairs"
            )
    else:
        own(search.candidates)
    _check_more(search.settings)


def _check_more(settings: Any) -> None:
    if settings is None:
        return
    if not isinstance(settings, Mapping):
        raise InputTypeError(
            f"settings is of type {type(settings).__name__}; expected a dict of parameters of FineTuneClassifier, such "
            "as {'augment': 'flip'}"
        )
    known = set(FineTuneClassifier().get_params(deep=False)) - _OWN
    strange = sorted(set(settings) - known)
    if strange:
        hint = (
            "it is a parameter of the search itself" if strange[0] in _OWN else f"expected {', '.join(sorted(known))}"
        )
        raise InputError(f"settings holds {strange[0]!r}: {hint}")
