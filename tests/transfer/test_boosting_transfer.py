"""Continued boosting: a related source helps few target rows, a hostile one does not ruin them."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

import headstart as hs

pytestmark = pytest.mark.slow


def rows(seed, n, task, sign=1, twist=0.0):
    """A rule of three columns, and one more of the target's own; ``sign`` -1 turns the labels around."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    level = sign * (X[:, 0] + 1.5 * X[:, 1] * (X[:, 2] > 0)) + twist * (X[:, 3] > 0) + 0.3 * rng.normal(size=n)
    return X, level if task == "regression" else (level > 0.2).astype(int)


def losses(task, n, *, sign, twist):
    """Mean losses of transfer, target only and source only on test rows of four draws."""
    kind = hs.BoostingTransferRegressor if task == "regression" else hs.BoostingTransferClassifier
    found = []
    for seed in range(4):
        (X, y), (Xs, ys) = rows(seed, n, task, 1, twist), rows(seed + 10, 800, task, sign)
        X_test, y_test = rows(seed + 20, 1000, task, 1, twist)
        moved = kind(random_state=0).fit(X, y, source=hs.Domain(Xs, ys))
        models = (moved, kind().fit(X, y), moved.source_model_)
        if task == "regression":
            found.append([np.mean((m.predict(X_test) - y_test) ** 2) for m in models])
        else:
            found.append([log_loss(y_test, m.predict_proba(X_test)) for m in models])
    return np.mean(found, axis=0)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_related_source_beats_target_only_and_source_only(task):
    moved, target, source = losses(task, 80, sign=1, twist=2.0)
    assert moved < 0.95 * target
    assert moved < 0.95 * source


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_hostile_source_does_not_ruin_eighty_rows(task):
    """The source's labels are the reverse of the target's."""
    moved, target, source = losses(task, 80, sign=-1, twist=0.0)
    assert moved < 1.1 * target
    assert moved < 0.5 * source
