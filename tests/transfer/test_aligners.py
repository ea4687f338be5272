"""Each aligner helps on the shift it is made for, and does not harm where the domains are the same."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import headstart as hs

ALIGNERS = [hs.CORAL, hs.LinearOTMapping, hs.SubspaceAlignment, hs.GeodesicFlowKernel]


def rows(seed, n, d=6):
    """Two classes along a correlated direction."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    X = rng.normal(size=(n, d)) * np.array([3.0, 2.0, 1.0, 1.0, 0.5, 0.5])
    X[:, 1] += 4.0 * (2 * y - 1)
    return X, y


def score(model, y_known, X, source, X_test, y_test):
    return model.fit(X, y_known, source=source).score(X_test, y_test)


@pytest.mark.parametrize("kind", ALIGNERS)
def test_helps_where_the_source_is_turned_and_stretched(kind):
    gains = []
    turn = np.linalg.qr(np.eye(6) + 0.35 * np.random.default_rng(1).normal(size=(6, 6)))[0]
    for seed in range(3):
        (X, y), (Xs, ys), (X_test, y_test) = rows(seed, 200), rows(seed + 10, 600), rows(seed + 20, 1000)
        source = hs.Domain(Xs @ (turn * np.sign(np.diag(turn))) * [1, 3, 1, 1, 2, 1] + 6.0, ys)
        model = LogisticRegression(max_iter=2000)
        aligned = hs.TargetBlind(hs.Aligned(model, kind()))
        gains.append(
            score(aligned, y, X, source, X_test, y_test) - score(hs.SourceOnly(model), y, X, source, X_test, y_test)
        )
    assert min(gains) > 0.05


@pytest.mark.parametrize("kind", [*ALIGNERS, hs.StructuralCorrespondence])
@pytest.mark.parametrize("n", [20, 200])
def test_does_not_harm_where_the_domains_are_the_same(kind, n):
    lost = []
    for seed in range(3):
        (X, y), (Xs, ys), (X_test, y_test) = rows(seed, n), rows(seed + 10, 600), rows(seed + 20, 1000)
        source, model = hs.Domain(Xs, ys), LogisticRegression(max_iter=2000)
        pooled = score(hs.Pooled(model), y, X, source, X_test, y_test)
        lost.append(pooled - score(hs.Aligned(model, kind()), y, X, source, X_test, y_test))
    assert np.mean(lost) < 0.01


def test_structural_correspondence_carries_words_over():
    """Each domain has words of its own; both go with pivots that both domains use."""
    rng = np.random.default_rng(0)

    def reviews(n, own):
        y = rng.integers(0, 2, n)
        X = np.zeros((n, 60))
        X[:, :20] = rng.random((n, 20)) < np.where(np.arange(20) % 2 == y[:, None], 0.3, 0.1)
        mine = slice(20, 40) if own == 0 else slice(40, 60)
        X[:, mine] = rng.random((n, 20)) < np.where(np.arange(20) % 2 == y[:, None], 0.5, 0.1)
        return X, y

    (Xs, ys), (X, y), (X_test, y_test) = reviews(800, 0), reviews(400, 1), reviews(2000, 1)
    source, model = hs.Domain(Xs, ys), LogisticRegression(C=0.01)
    blind = hs.TargetBlind(hs.Aligned(model, hs.StructuralCorrespondence(20, append=False)))
    without = score(hs.SourceOnly(model), y, X, source, X_test, y_test)
    assert score(blind, y, X, source, X_test, y_test) > without + 0.03
