"""TCA, JDA and OTMapping help where the shift is one they are made for, and do no harm where there is none."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import headstart as hs

ALIGNERS = {
    "TCA": lambda: hs.TCA(random_state=0),
    "TCA, linear": lambda: hs.TCA(4, kernel="linear"),
    "JDA": lambda: hs.JDA(random_state=0),
    "JDA, linear": lambda: hs.JDA(4, kernel="linear"),
    "OTMapping": lambda: hs.OTMapping(random_state=0),
}


def draw(n, rng, shift=0.0):
    """Two classes along the first columns; ``shift`` moves all rows along them and the rest alike."""
    y = rng.integers(2, size=n)
    X = rng.normal(size=(n, 5))
    X[:, :2] += np.where(y == 1, 1.2, -1.2)[:, None]
    return X + shift, y


def accuracy(model, X, y, source, unlabeled, test):
    return model.fit(X, y, source=source, unlabeled=hs.Domain(unlabeled)).score(*test)


@pytest.mark.parametrize("labels", [0, 10])
@pytest.mark.parametrize("name", [n for n in ALIGNERS if n not in ("TCA", "JDA")])
def test_helps_where_all_rows_are_moved(name, labels):
    """A translation, which the linear kernel is made for; a Gaussian one sees two clouds that hardly overlap."""
    gains = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        Xs, ys = draw(150, rng)
        X, y = draw(150, rng, shift=2.0)
        test = draw(500, rng, shift=2.0)
        source = hs.Domain(Xs, ys)
        few = slice(0, labels or 2)
        told = y[few] if labels else None
        aligned = accuracy(hs.Aligned(LogisticRegression(), ALIGNERS[name]()), X[few], told, source, X, test)
        pooled = accuracy(hs.Pooled(LogisticRegression()), X[few], told, source, X, test)
        gains.append(aligned - pooled)
    assert np.mean(gains) > (0.2 if labels == 0 else 0.1), gains


@pytest.mark.parametrize("name", ALIGNERS)
def test_does_not_hurt_on_identical_domains(name):
    losses = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        (Xs, ys), (X, y), test = draw(150, rng), draw(150, rng), draw(500, rng)
        source = hs.Domain(Xs, ys)
        aligned = accuracy(hs.Aligned(LogisticRegression(), ALIGNERS[name]()), X[:20], y[:20], source, X, test)
        losses.append(accuracy(hs.Pooled(LogisticRegression()), X[:20], y[:20], source, X, test) - aligned)
    assert np.mean(losses) < 0.02, losses
