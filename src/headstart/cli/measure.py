"""How good predictions of labelled rows are: score with interval, and calibration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names, roc_auc_score

from ..core.errors import InputError

# Enough for two digits of an interval's ends, and still quick for 100,000 rows.
DRAWS = 500
LEVEL = 0.9


@dataclass(frozen=True)
class Score:
    """A score on new rows with a bootstrap interval."""

    value: float
    low: float
    high: float


class Given:
    """Predictions that were already made, in the shape of an estimator, so that any scorer can score them."""

    def __init__(self, values: np.ndarray, classes: np.ndarray | None) -> None:
        self.values = values
        self._estimator_type = "regressor" if classes is None else "classifier"
        if classes is not None:
            self.classes_ = classes

    def fit(self, X: Any, y: Any) -> Given:
        """Nothing to do; scorers look for it."""
        return self

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        """The probabilities of the rows with these numbers."""
        return self.values[rows.ravel()]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The classes or numbers of the rows with these numbers."""
        values = self.values[rows.ravel()]
        return self.classes_[values.argmax(axis=1)] if hasattr(self, "classes_") else values

    def __sklearn_tags__(self) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge

        return (LogisticRegression() if hasattr(self, "classes_") else Ridge()).__sklearn_tags__()


def check_scoring(name: str | None) -> None:
    """Refuse a metric that scikit-learn does not know, and name those that are most like it."""
    if name is None or name in get_scorer_names():
        return
    near = get_close_matches(name, get_scorer_names(), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "such as roc_auc, accuracy or r2"
    raise InputError(f"--scoring is {name!r}; expected a metric of scikit-learn: {hint}")


def scorer_of(metric: str, classes: np.ndarray | None) -> Callable[[np.ndarray, np.ndarray], float]:
    """A function of labels and values (probabilities or numbers); NaN where the metric is not defined."""
    if metric == "roc_auc" and classes is not None and len(classes) == 2:

        def auc(y: np.ndarray, values: np.ndarray) -> float:
            return float(roc_auc_score(y == classes[1], values[:, 1])) if len(np.unique(y)) == 2 else float("nan")

        return auc
    scorer = get_scorer(metric)

    def score(y: np.ndarray, values: np.ndarray) -> float:
        try:
            return float(scorer(Given(values, classes), np.arange(len(y))[:, None], y))
        except ValueError:  # a class that these rows lack
            return float("nan")

    return score


def with_interval(
    score: Callable[[np.ndarray, np.ndarray], float], y: np.ndarray, values: np.ndarray, *, seed: int
) -> Score:
    """The score and the interval of its bootstrap."""
    rng = np.random.default_rng(seed)
    draws = [score(y[rows], values[rows]) for rows in _draws(len(y), rng)]
    low, high = _ends(draws)
    return Score(score(y, values), low, high)


def difference(
    score: Callable[[np.ndarray, np.ndarray], float], y: np.ndarray, a: np.ndarray, b: np.ndarray, *, seed: int
) -> Score:
    """How much better ``a`` scores than ``b`` on the same rows, drawn together."""
    rng = np.random.default_rng(seed)
    draws = [score(y[rows], a[rows]) - score(y[rows], b[rows]) for rows in _draws(len(y), rng)]
    low, high = _ends(draws)
    return Score(score(y, a) - score(y, b), low, high)


def _draws(n: int, rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, n, n) for _ in range(DRAWS if n <= 20_000 else 100)]


def _ends(draws: list[float]) -> tuple[float, float]:
    known = np.asarray(draws)[np.isfinite(draws)]
    if len(known) < len(draws) / 2:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def calibration(y: np.ndarray, values: np.ndarray, classes: np.ndarray | None, *, n_bins: int = 5) -> dict[str, Any]:
    """Whether probabilities mean what they say, or numbers lie where they should.

    Classes: bins of equally many rows by the probability of the second class (two classes) or of the predicted class
    (more), with the mean probability and the share that came true, and the mean gap between the two over all rows.
    Numbers: the mean error, and the slope of the labels on the predictions (1 is right, under 1 too spread out).
    """
    if classes is None:
        spread = float(np.var(values))
        slope = float(np.cov(values, y, bias=True)[0, 1] / spread) if spread > 0 else float("nan")
        return {"mean_error": float(np.mean(values - y)), "slope": slope}
    if len(classes) == 2:
        p, true, of = values[:, 1], (y == classes[1]).astype(float), str(classes[1])
    else:
        p, true, of = values.max(axis=1), (classes[values.argmax(axis=1)] == y).astype(float), "the predicted class"
    order = np.argsort(p, kind="stable")
    bins = []
    for rows in np.array_split(order, min(n_bins, max(1, len(y) // 5))):
        bins.append({"rows": len(rows), "predicted": float(p[rows].mean()), "observed": float(true[rows].mean())})
    gap = sum(b["rows"] * abs(b["predicted"] - b["observed"]) for b in bins) / len(y)
    return {"of": of, "mean_gap": float(gap), "bins": bins}
