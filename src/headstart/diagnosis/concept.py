"""p(y given x): does the same row have the same label in both domains?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from ..numeric.conditional import Dependence, dependence
from ..numeric.two_sample import auc_interval, auc_spread, placements, runs_against
from .covariates import DomainFit
from .learners import Outcome, folds_of
from .rules import CONCEPT_MOVED, CONCEPT_SAME, GOOD_OVERLAP, LEAST_OVERLAP, LEAST_SAME, Decision, decide

AGAINST = "its predictions run against the labels: are the classes coded the other way round?"


@dataclass(frozen=True)
class ConceptShift:
    """Whether p(y given x) moved, where both domains have rows.

    Attributes
    ----------
    decision : {"moved", "same", "undetermined"} or None
        The verdict; None without target labels.
    size : float or None
        Root mean square difference of the expected label at the same x: in probability for classes, in
        standard deviations of the source's labels for numbers. Noise is taken off, so that 0 is its value where
        nothing moved.
    interval : tuple of float or None
        Its 95 % interval.
    p_value : float or None
        Of "the label is independent of the domain, given x".
    level : float or None
        The part of the difference that is the same everywhere (target minus source); None for three or more classes.
    form : float or None
        The size of the part that depends on x.
    form_p_value : float or None
        Of "no part depends on x".
    overlap : float or None
        Share of the information that is left where both domains have rows; 1 where p(x) is the same.
    metric : str or None
        "AUC" (two classes), "accuracy" (more), "correlation" (numbers).
    source_model_on_target, source_model_on_source : tuple (value, low, high) or None
        How well a model that learned from the source alone does on the target rows, and on held-out source rows.
    runs_against : bool
        Whether, of two classes, that model ranks the target rows the wrong way round, far beyond what chance explains
        (99 %), and held-out rows of its own, by the same measure, the right way: perhaps the classes are coded the
        other way round in one of the domains. A model of noise leans some way too, and is told by its own rows.
    """

    decision: Decision | None
    size: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    level: float | None = None
    form: float | None = None
    form_p_value: float | None = None
    overlap: float | None = None
    metric: str | None = None
    source_model_on_target: tuple[float, float, float] | None = None
    source_model_on_source: tuple[float, float, float] | None = None
    runs_against: bool = False

    @property
    def relation(self) -> str | None:
        """What the source's model is worth on the target: "kept", "weaker", "none" or "reversed"."""
        if self.source_model_on_target is None or self.source_model_on_source is None or self.metric == "accuracy":
            return None
        chance = 0.5 if self.metric == "AUC" else 0.0
        _, low, high = self.source_model_on_target
        if high < chance:
            return "reversed"
        if low <= chance:
            return "none"
        return "weaker" if high < self.source_model_on_source[1] else "kept"


def concept_shift(
    X: np.ndarray,
    domain: np.ndarray,
    labels: np.ndarray,
    outcome: Outcome,
    fit: DomainFit | None,
    rng: np.random.Generator,
) -> ConceptShift:
    """Compare p(y given x) of the two domains; ``X``, ``labels`` and ``domain`` are rows with a label."""
    metric, on_target, on_source, wrong_way = source_model(X, domain, labels, outcome, rng)
    shown: dict[str, Any] = {
        "metric": metric,
        "source_model_on_target": on_target,
        "source_model_on_source": on_source,
        "runs_against": wrong_way,
    }
    if fit is None:
        return ConceptShift("undetermined", **shown)
    expected = outcome.cross_fit(X, labels, fit.fold)
    left = outcome.columns(labels) - expected
    d = domain - fit.probability
    n_t, n = int(domain.sum()), len(domain)
    overlap = float((d**2).sum()) / (n_t * (n - n_t) / n)
    found: Dependence = dependence(domain, fit.probability, left, _shapes(X, expected, left, d, n_t), rng)
    # The columns of three or more classes sum to zero: half of the sum of absolute parts is what moved.
    scale = 1 / np.sqrt(2) if left.shape[1] > 1 else 1.0
    size, low, high = (scale * v for v in (found.size, found.low, found.high))
    decision = decide(found.p_value, size, high, moved=CONCEPT_MOVED[outcome.task], same=CONCEPT_SAME[outcome.task])
    if overlap < LEAST_OVERLAP or (decision == "same" and (overlap < GOOD_OVERLAP or n_t < LEAST_SAME)):
        decision = "undetermined"
    return ConceptShift(
        decision,
        size,
        (low, high),
        found.p_value,
        float(found.level[0]) if left.shape[1] == 1 else None,
        scale * found.form,
        found.form_p_value,
        min(overlap, 1.0),
        **shown,
    )


def _shapes(X: np.ndarray, expected: np.ndarray, left: np.ndarray, d: np.ndarray, n_target: int) -> np.ndarray:
    """Functions of x along which a difference is sought: constant, the prediction, the leading columns.

    At most one for every ten target rows, so that few rows are not asked many questions.
    """
    centred = expected - np.average(expected, axis=0, weights=d**2)
    room = max(0, min(12, n_target // 10 - 1 - centred.shape[1]))
    if X.shape[1] > room:
        # Those that go with the label most: a difference elsewhere would be small.
        y = expected + left
        gain = np.abs((X - X.mean(axis=0)).T @ (y - y.mean(axis=0))).max(axis=1)
        X = X[:, np.argsort(-gain, kind="stable")[:room]]
    shapes = [np.ones((len(d), 1)), centred]
    return np.clip(np.hstack([*shapes, X]), -4, 4)


def source_model(
    X: np.ndarray, domain: np.ndarray, labels: np.ndarray, outcome: Outcome, rng: np.random.Generator
) -> tuple[str, tuple[float, float, float], tuple[float, float, float] | None, bool]:
    """How well a model of the source does on the target rows, and on held-out rows of its own; if it runs against."""
    Xs, ys = X[~domain], labels[~domain]
    ((a, b),) = outcome.fit_predict(Xs, ys, X[domain])
    on_target = (a + b) / 2
    own, against = None, False
    if len(ys) >= 20:
        fold = folds_of(np.zeros(len(ys)), 3, rng)
        on_source = outcome.cross_fit(Xs, ys, fold)
        own = _score(on_source, ys, outcome)
        against = _wrong_way(on_target, labels[domain], outcome) and _wrong_way(-on_source, ys, outcome)
    metric = {True: "AUC", False: "accuracy"}[len(outcome.classes) == 2] if len(outcome.classes) else "correlation"
    return metric, _score(on_target, labels[domain], outcome), own, against


def _wrong_way(prediction: np.ndarray, y: np.ndarray, outcome: Outcome) -> bool:
    if len(outcome.classes) != 2:
        return False
    positive = y == outcome.classes[1]
    return runs_against(prediction[positive, 0], prediction[~positive, 0]) is not None


def _score(prediction: np.ndarray, y: np.ndarray, outcome: Outcome) -> tuple[float, float, float]:
    if outcome.task == "regression":
        return _correlation(prediction[:, 0], y.astype(float))
    if len(outcome.classes) > 2:
        right = float((outcome.classes[prediction.argmax(axis=1)] == y).mean())
        half = 1.96 * np.sqrt(max(right * (1 - right), 0.25 / len(y)) / len(y))
        return right, max(0.0, right - half), min(1.0, right + half)
    positive = y == outcome.classes[1]
    if positive.all() or not positive.any():
        return 0.5, 0.0, 1.0
    auc, spread = auc_spread(*placements(prediction[positive, 0], prediction[~positive, 0]))
    low, high = auc_interval(auc, spread, int(positive.sum()), int((~positive).sum()))
    return auc, low, high


def _correlation(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    if len(a) < 4 or a.std() == 0 or b.std() == 0:
        return 0.0, -1.0, 1.0
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -0.999999, 0.999999))
    half = float(norm.ppf(0.975)) / np.sqrt(len(a) - 3)
    return r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))
