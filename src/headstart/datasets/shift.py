"""Synthetic target and source with a known answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from ..core.domain import Domain
from ..core.errors import InputError

Kind = Literal["identical", "covariate", "label", "concept", "hostile", "columns"]
SETTING: dict[str, tuple[str, ...]] = {
    "identical": ("identical",),
    "covariate": ("domain adaptation",),
    "label": ("label shift",),
    "concept": ("concept shift",),
    "hostile": ("concept shift",),
    "columns": ("heterogeneous",),
}
SLOPE = 2.0  # of the logit along the class direction: a Bayes AUC of about .9
NOISE = 0.5  # of regression labels, whose signal has variance 1


@dataclass(frozen=True)
class ShiftAnswer:
    """What is true of a synthetic shift.

    Attributes
    ----------
    setting : tuple of str
        The transfer setting, in the words of ``diagnose``.
    density_ratio : callable or None
        p_target(x) / p_source(x) of rows (n, n_features) as an array (n,); None where the columns differ.
    target_priors, source_priors : dict or None
        Share of each class in the population; None for regression.
    """

    setting: tuple[str, ...]
    density_ratio: Callable[[Any], np.ndarray] | None
    target_priors: dict[int, float] | None
    source_priors: dict[int, float] | None


@dataclass(frozen=True, eq=False)
class Shift:
    """A transfer problem with a known answer; unpacks into ``target, source``.

    Attributes
    ----------
    target, source : Domain
        The labelled rows to work with.
    test : Domain
        Many more labelled target rows, to measure on.
    kind, task : str
        What ``make_shift`` was asked for.
    answer : ShiftAnswer
        What is true of it.
    """

    target: Domain
    source: Domain
    test: Domain
    kind: str
    task: str
    answer: ShiftAnswer

    def __iter__(self) -> Iterator[Domain]:
        return iter((self.target, self.source))


def make_shift(
    kind: Kind,
    *,
    n_target: int = 200,
    n_source: int = 1000,
    n_test: int = 5000,
    n_features: int = 6,
    n_classes: int = 2,
    task: Literal["classification", "regression"] = "classification",
    strength: float = 1.0,
    random_state: Any = None,
) -> Shift:
    """Make a target and a source that differ in one known way.

    Parameters
    ----------
    kind : {"identical", "covariate", "label", "concept", "hostile", "columns"}
        What differs. "identical": nothing. "covariate": p(x), with the same p(y given x). "label": p(y), with the
        same p(x given y). "concept": the relation of labels to features is turned by 60 degrees. "hostile": it is
        reversed, so that the source misleads. "columns": only a part of the columns is in both domains.
    n_target, n_source, n_test : int, default=200, 1000, 5000
        Rows of the target, the source and the target's test set.
    n_features : int, default=6
        Number of features that labels depend on.
    n_classes : int, default=2
        Number of classes; plays no part in regression.
    task : {"classification", "regression"}, default="classification"
        Whether labels are the classes 0, 1, ... or numbers.
    strength : float, default=1.0
        Scales what differs; 0 makes source and target alike. "identical" and "columns" have no strength. At 1 the
        covariates move by one standard deviation, two equal classes become 18 and 82 %, and numeric labels rise by
        one standard deviation; "hostile" is reversed in full, and without any relation at 0.5.
    random_state : int, RandomState or None, default=None
        The random numbers to use.

    Returns
    -------
    Shift
        ``target``, ``source``, ``test`` and the ``answer``; ``target, source = make_shift(...)`` works too.

    Raises
    ------
    InputError
        Where a parameter is out of its range.

    Notes
    -----
    Source features are independent standard normal numbers, and classes follow a softmax of a linear score; for
    "label" every class is a normal cloud, which gives the same kind of relation. Numeric labels are a linear
    score with variance 1 plus noise of standard deviation 0.5; for "label" features are the label times a direction
    plus noise, and the target's labels are also less spread (0.8 times).

    Examples
    --------
    >>> import headstart as hs
    >>> target, source = hs.datasets.make_shift("covariate", random_state=0)
    >>> target
    Domain('target', 200 rows, 6 columns, labels)
    >>> hs.datasets.make_shift("label", random_state=0).answer.setting
    ('label shift',)
    """
    _check(kind, task, n_target, n_source, n_test, n_features, n_classes, strength)
    rng = check_random_state(random_state)
    world = _World(kind, task, n_features, n_classes, strength, rng)
    sizes = {"target": n_target, "source": n_source, "test": n_test}
    drawn = {}
    for name, n in sizes.items():
        X, y = world.draw(n, rng, moved=name != "source")
        drawn[name] = Domain(_columns(X, source=name == "source") if kind == "columns" else X, y, name=name)
    return Shift(drawn["target"], drawn["source"], drawn["test"], kind, task, world.answer())


class _World:
    """The two populations that a shift draws from."""

    def __init__(self, kind: str, task: str, p: int, c: int, strength: float, rng: Any) -> None:
        self.kind, self.task, self.p, self.c = kind, task, p, c
        self.strength = strength
        basis, _ = np.linalg.qr(rng.standard_normal((p, p)))
        self.direction, self.aside = basis[:, 0], basis[:, min(1, p - 1)]
        self.target_priors = self.source_priors = np.full(c, 1 / c)
        self.rotation = np.eye(p)
        self.offset = np.zeros(p)
        # Classes stand on a circle (of two: opposite each other) in the plane of the first two directions.
        angle = 2 * np.pi * np.arange(c) / c
        radius = SLOPE / 2 if c == 2 else SLOPE
        self.centres = radius * (np.outer(np.cos(angle), self.direction) + np.outer(np.sin(angle), self.aside))
        if kind == "covariate":
            # Half along the labels' direction and half aside: neither p(y) nor p(x given y) stays the same.
            self.offset = strength * (self.direction + self.aside) / np.linalg.norm(self.direction + self.aside)
        elif kind == "label":
            tilt = np.exp(1.5 * strength * np.linspace(-0.5, 0.5, c))
            self.target_priors = tilt / tilt.sum()
        elif kind == "concept":
            self.rotation = _turn(self.direction, self.aside, np.pi / 3 * strength)
        elif kind == "hostile":
            self.rotation = (1 - 2 * min(1.0, strength)) * np.eye(p)

    def draw(self, n: int, rng: Any, *, moved: bool) -> tuple[np.ndarray, np.ndarray]:
        if self.kind == "label":
            return self._draw_by_label(n, rng, moved=moved)
        X = rng.standard_normal((n, self.p)) + (self.offset if moved else 0.0)
        seen = X @ self.rotation if moved else X
        if self.task == "regression":
            return X, seen @ self.direction + NOISE * rng.standard_normal(n)
        scores = seen @ self.centres.T
        scores = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return X, (rng.random_sample((n, 1)) > np.cumsum(p, axis=1)[:, :-1]).sum(axis=1)

    def _draw_by_label(self, n: int, rng: Any, *, moved: bool) -> tuple[np.ndarray, np.ndarray]:
        if self.task == "regression":
            y = rng.standard_normal(n)
            y = self.strength + (1 - 0.2 * min(1.0, self.strength)) * y if moved else y
            return y[:, None] * 1.5 * self.direction + rng.standard_normal((n, self.p)), y
        y = rng.choice(self.c, size=n, p=self.target_priors if moved else self.source_priors)
        return self.centres[y] + rng.standard_normal((n, self.p)), y

    def density_ratio(self, X: Any) -> np.ndarray:
        X = np.asarray(X, dtype=float)
        if self.kind == "covariate":
            return np.exp(X @ self.offset - self.offset @ self.offset / 2)
        if self.kind != "label":
            return np.ones(len(X))
        if self.task == "classification":
            square = ((X[:, None, :] - self.centres[None]) ** 2).sum(axis=2)
            near = np.exp(-(square - square.min(axis=1, keepdims=True)) / 2)
            return (near @ self.target_priors) / (near @ self.source_priors)
        # x along the direction is normal in both domains: variance 1 from the noise, the rest from the label.
        z = X @ self.direction
        spread = 1 - 0.2 * min(1.0, self.strength)
        source, target = 1 + 1.5**2, 1 + (1.5 * spread) ** 2
        log = -((z - 1.5 * self.strength) ** 2) / (2 * target) + z**2 / (2 * source)
        return np.sqrt(source / target) * np.exp(log)

    def answer(self) -> ShiftAnswer:
        same = self.strength == 0 and self.kind != "columns"
        setting = SETTING["identical" if same else self.kind]
        ratio = None if self.kind == "columns" else self.density_ratio
        if self.task == "regression":
            return ShiftAnswer(setting, ratio, None, None)
        target: Any = dict(enumerate(self.target_priors.tolist()))
        source: Any = dict(enumerate(self.source_priors.tolist()))
        # A covariate shift moves the priors too; their value has no closed form and is left open.
        return ShiftAnswer(setting, ratio, None if self.kind == "covariate" else target, source)


def _turn(a: np.ndarray, b: np.ndarray, angle: float) -> np.ndarray:
    """The rotation by ``angle`` in the plane of the orthonormal ``a`` and ``b``."""
    cos, sin = np.cos(angle), np.sin(angle)
    plane = np.outer(a, a) + np.outer(b, b)
    return np.asarray(np.eye(len(a)) + (cos - 1) * plane + sin * (np.outer(a, b) - np.outer(b, a)))


def _columns(X: np.ndarray, *, source: bool) -> pd.DataFrame:
    """Of each four columns: one in both, one only in the target, one only in the source, one renamed."""
    names = [f"x{j}" for j in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names)
    gone = [n for j, n in enumerate(names) if j % 4 == (1 if source else 2)]
    renamed = {n: f"{n}_renamed" for j, n in enumerate(names) if j % 4 == 3}
    return frame.drop(columns=gone).rename(columns=renamed if source else {})


def _check(kind: Any, task: Any, n_t: int, n_s: int, n_test: int, p: int, c: int, strength: float) -> None:
    if kind not in get_args(Kind):
        raise InputError(f"kind is {kind!r}; expected one of {', '.join(get_args(Kind))}")
    if task not in ("classification", "regression"):
        raise InputError(f"task is {task!r}; expected 'classification' or 'regression'")
    for name, n in (("n_target", n_t), ("n_source", n_s), ("n_test", n_test)):
        if n < 1:
            raise InputError(f"{name} is {n}; expected at least 1 row")
    least = 2 if c == 2 or task == "regression" else 3
    if p < least:
        raise InputError(f"n_features is {p}; expected at least {least}")
    if c < 2:
        raise InputError(f"n_classes is {c}; expected at least 2")
    if not strength >= 0:
        raise InputError(f"strength is {strength}; expected a number of at least 0")
