"""Moved trees and forests: a related source helps few target rows, a hostile one does not ruin many."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import headstart as hs

pytestmark = pytest.mark.slow


def rows(seed, n, shift=0.0, sign=1, task="classification"):
    """A rule of three columns, at another place in the target; ``sign`` -1 turns the labels around."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5)) + shift
    Z = X - shift
    level = sign * (Z[:, 0] + 1.5 * Z[:, 1] * (Z[:, 2] > 0)) + 0.3 * rng.normal(size=n)
    return X, level if task == "regression" else (level > 0.2).astype(int)


TREES = [
    (hs.TreeTransferClassifier, DecisionTreeClassifier(min_samples_leaf=5, random_state=0), "ser"),
    (hs.TreeTransferClassifier, DecisionTreeClassifier(min_samples_leaf=5, random_state=0), "strut"),
    (hs.TreeTransferRegressor, DecisionTreeRegressor(min_samples_leaf=5, random_state=0), "ser"),
    (hs.TreeTransferRegressor, DecisionTreeRegressor(min_samples_leaf=5, random_state=0), "strut"),
    (hs.ForestTransferClassifier, RandomForestClassifier(15, min_samples_leaf=2, random_state=0), "mix"),
    (hs.ForestTransferRegressor, RandomForestRegressor(15, min_samples_leaf=2, random_state=0), "mix"),
    (hs.ForestTransferRegressor, ExtraTreesRegressor(15, min_samples_leaf=2, random_state=0), "mix"),
]
IDS = [f"{kind.__name__}-{type(learner).__name__}-{method}" for kind, learner, method in TREES]


def gains(kind, learner, method, n, *, shift, sign):
    """The mean gain over target only, and over source only, on test rows of five draws."""
    task = "regression" if kind.__name__.endswith("Regressor") else "classification"
    found = []
    for seed in range(5):
        (X, y), (Xs, ys) = rows(seed, n, shift, 1, task), rows(seed + 10, 800, 0.0, sign, task)
        X_test, y_test = rows(seed + 20, 1000, shift, 1, task)
        source = hs.Domain(Xs, ys)
        moved = kind(learner, method=method).fit(X, y, source=source).score(X_test, y_test)
        target = hs.TargetOnly(learner).fit(X, y).score(X_test, y_test)
        found.append((moved - target, moved - hs.SourceOnly(learner).fit(X, y, source=source).score(X_test, y_test)))
    return np.mean(found, axis=0)


@pytest.mark.parametrize(("kind", "learner", "method"), TREES, ids=IDS)
def test_a_related_source_helps_forty_rows(kind, learner, method):
    over_target, over_source = gains(kind, learner, method, 40, shift=0.4, sign=1)
    assert over_target > 0.01
    # Thresholds moved on forty rows cost a little where the source's were right.
    assert over_source > (-0.05 if method == "strut" else -0.01)


@pytest.mark.parametrize(("kind", "learner", "method"), TREES, ids=IDS)
def test_a_hostile_source_does_not_ruin_two_hundred_rows(kind, learner, method):
    """The source's labels are the reverse of the target's: source only is far below chance."""
    over_target, over_source = gains(kind, learner, method, 200, shift=0.0, sign=-1)
    assert over_target > -0.15
    assert over_source > 0.35
