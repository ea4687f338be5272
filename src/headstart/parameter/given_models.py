"""Fitted source models as users hand them over: one, a list, or a dict by name; checked alike for every estimator."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from ..core.checks import check_label_sets
from ..core.errors import HeadstartWarning, InputError, InputTypeError

ANY = "a fitted scikit-learn model, or what hs.load gives"


@dataclass(frozen=True, eq=False)
class GivenModel:
    """A fitted source model; ``name`` is what tables call it, ``where`` what errors do: ``source_model['north']``."""

    name: str
    where: str
    model: Any

    @property
    def steps(self) -> list[Any]:
        """The steps of a Pipeline, flat; of any other model itself alone."""
        return steps_of(self.model)

    @property
    def final(self) -> Any:
        """The last step: the model of what the steps before it make of rows."""
        return self.steps[-1]

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return kind_of(self.model)

    @property
    def columns(self) -> list[Any] | None:
        """The names of its columns, None where it knows none."""
        return columns_of(self.model)

    @property
    def n_columns(self) -> int | None:
        """The number of its columns, None where it does not tell."""
        for name in ("n_features_in_", "num_feature", "num_features"):  # the latter two are of boosters
            found = getattr(self.model, name, None)
            if found is not None:
                return int(found() if callable(found) else found)
        return None


def unfrozen(model: Any) -> Any:
    """The model within a FrozenEstimator of scikit-learn."""
    return unfrozen(model.estimator) if isinstance(model, FrozenEstimator) else model


def opened(model: Any) -> Any:
    """The model that is frozen, or within one of this package's own that asks it about the columns that it is given."""
    model = unfrozen(model)
    inner = getattr(model, "estimator_", None)
    own = hasattr(type(model), "traits") and inner is not None
    maps = hasattr(model, "preprocessor_") or getattr(model, "aligner_", None) is not None
    return opened(inner) if own and not maps else model


def steps_of(model: Any) -> list[Any]:
    """The steps of a model that is a Pipeline, flat; of any other itself alone."""
    model = opened(model)
    if not hasattr(model, "steps"):
        return [model]
    parts = [step for _, step in model.steps if step is not None and not isinstance(step, str)]
    return [step for part in parts for step in steps_of(part)]


def kind_of(model: Any) -> str:
    """What a model is, in words: its type, and the steps of a Pipeline."""
    if isinstance(model, type):
        return f"the class {model.__name__}"
    if not hasattr(model, "predict"):
        return f"of type {type(model).__name__}"
    steps = [type(step).__name__ for step in steps_of(model)] if hasattr(model, "steps") else []
    return f"a {type(model).__name__}{' of ' + ', '.join(steps) if steps else ''}"


def read_given(
    source_model: Any,
    task: str,
    *,
    expected: str = ANY,
    takes: Callable[[Any], bool] = lambda final: True,
    also: Callable[[Any], bool] = lambda model: False,
    probabilities: bool = False,
) -> list[GivenModel]:
    """Check what was passed as ``source_model``, and give each model its name.

    Parameters
    ----------
    source_model : fitted estimator, list of them, or dict of them by name
        Each as it is, or in a FrozenEstimator, which a grid search does not copy.
    task : {"classification", "regression"}
    expected : str
        What is taken, in words.
    takes : callable
        Whether a model with this last step is taken. Of a model that is not fitted it sees no fitted attribute.
    also : callable
        Whether something that is no estimator of scikit-learn is taken as it is.
    probabilities : bool
        Whether a classifier must give probabilities.

    Raises
    ------
    InputError, InputTypeError
        Where there is none, or one is no model, is made for another task or of another kind, or is not fitted.
    """
    if isinstance(source_model, Mapping):
        found = [GivenModel(str(name), f"source_model[{name!r}]", unfrozen(m)) for name, m in source_model.items()]
    elif isinstance(source_model, (list, tuple)) and len(source_model) != 1:
        listed = [unfrozen(model) for model in source_model]
        found = [GivenModel(f"source model {k + 1}", f"source_model[{k}]", m) for k, m in enumerate(listed)]
    else:
        found = [GivenModel("source model", "source_model", unfrozen(lone(source_model)))]
    if not found:
        raise InputError(f"source_model is empty; expected {expected}, a list or dict of them, or None")
    names = [given.name for given in found]
    if len(set(names)) < len(names):
        raise InputError(f"source_model names two models alike: {', '.join(map(repr, names))}; give each its own name")
    for given in found:
        if also(given.model):
            continue
        _check_type(given, task, expected, takes)
        if probabilities and task == "classification" and not hasattr(given.model, "predict_proba"):
            raise InputTypeError(
                f"{given.where} is {given.kind} without predict_proba; expected a classifier that gives probabilities: "
                "wrap it in sklearn.calibration.CalibratedClassifierCV where its rows are"
            )
        _check_fitted(given)
        _warn_of_version(given)
    return found


def read_one(source_model: Any, task: str, who: str, **how: Any) -> GivenModel:
    """The same where one model is gone on with; a list or dict may hold no more."""
    found = read_given(source_model, task, **how)
    if len(found) > 1:
        raise InputError(
            f"source_model holds {len(found)} models, and {who} goes on with one; expected one: fit an estimator for "
            f"each, or give all to hs.SourcePrior{ending(task)} or hs.Transfer{ending(task)}"
        )
    return found[0]


def ending(task: str) -> str:
    """How the names of estimators for a task end."""
    return "Classifier" if task == "classification" else "Regressor"


def refuse_both(source: Any, source_model: Any) -> None:
    """Raise where both the source's rows and models of them are given."""
    if source is not None and source_model is not None:
        raise InputError("both source= and source_model= were given; expected one: the rows or the fitted model")


def check_classes(classes: Any, y: np.ndarray) -> np.ndarray:
    """The classes of a source model, of which the target must have one."""
    classes = np.asarray(classes)
    check_label_sets(y, classes)
    return classes


def refuse_path(model: Any, where: str) -> None:
    """Raise where a path stands in the place of a model."""
    if isinstance(model, (str, bytes, Path)):
        raise InputTypeError(
            f"{where} is a path or text ({str(model)[:60]!r}); expected a fitted model: hs.load(path) reads one that "
            "hs.save left. Pickles are not read, since they run whatever code they hold"
        )


def _check_type(given: GivenModel, task: str, expected: str, takes: Callable[[Any], bool]) -> None:
    model, where = given.model, given.where
    refuse_path(model, where)
    if isinstance(model, type) or not (hasattr(model, "fit") and hasattr(model, "predict")):
        raise InputTypeError(f"{where} is {given.kind}; expected {expected}")
    if not (is_classifier(model) if task == "classification" else is_regressor(model)):
        wanted = "classifier" if task == "classification" else "regressor"
        raise InputTypeError(f"{where} is {given.kind}, which is no {wanted}; expected one, as the target's labels ask")
    if not takes(given.final):
        raise InputTypeError(
            f"{where} is {given.kind}; expected {expected}. For other models use hs.SourcePrior{ending(task)}"
        )


def is_fitted(model: Any) -> bool:
    """Whether a model is fitted; of a Pipeline every step."""
    try:
        for part in (model, *steps_of(model)):
            if hasattr(part, "fit"):
                check_is_fitted(part)
    except NotFittedError:
        return False
    return True


def _check_fitted(given: GivenModel) -> None:
    if not is_fitted(given.model):
        raise InputError(
            f"{given.where} is {given.kind} that is not fitted; expected a fitted one: call its fit with source rows. "
            "A grid search over source_model copies models without their fit, but for those in a "
            "sklearn.frozen.FrozenEstimator"
        )


def _warn_of_version(given: GivenModel) -> None:
    """Say where a model was made by another scikit-learn: what stands inside may mean something else there."""
    here = sklearn.__version__
    for part in (given.model, *given.steps):
        theirs = str(vars(part).get("_sklearn_version", here)) if hasattr(part, "__dict__") else here
        if theirs.split(".")[:2] != here.split(".")[:2]:
            warnings.warn(
                f"{given.where} is {given.kind} that was fitted with scikit-learn {theirs}, and {here} is installed; "
                "expected the same version: predictions may be wrong or fail. Fit and save it anew with this one, or "
                f"install scikit-learn {theirs}",
                HeadstartWarning,
                stacklevel=5,
            )
            return


def columns_of(model: Any) -> list[Any] | None:
    """The names of the columns that a model was fitted to, None where they had none."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:  # boosters
        names = model.feature_name() if hasattr(model, "feature_name") else getattr(model, "feature_names", None)
    names = None if names is None else list(names)
    # What LightGBM calls columns without a name.
    return None if names == [f"Column_{k}" for k in range(len(names or ()))] else names


def lone(source_model: Any) -> Any:
    """The model where one was passed, alone or in a list or dict; None where there are others."""
    held = list(source_model.values()) if isinstance(source_model, Mapping) else source_model
    if not isinstance(held, (list, tuple)):
        return held
    return held[0] if len(held) == 1 else None
