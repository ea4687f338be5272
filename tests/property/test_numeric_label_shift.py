"""Class shares of an unlabelled target, where the classifier is Bayes' own."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from headstart.numeric.label_shift import bbse_shares, em_shares


def posterior(x, share):
    """p(y=1 | x) for x | y ~ N(2y, 1)."""
    a, b = share * np.exp(-0.5 * (x - 2) ** 2), (1 - share) * np.exp(-0.5 * x**2)
    return np.column_stack([b, a]) / (a + b)[:, None]


def test_em_is_the_maximum_of_the_likelihood():
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.8
    P = posterior(rng.normal(size=400) + 2 * y, 0.3)
    source = np.array([0.7, 0.3])
    found, n_iter = em_shares(P, source)
    loss = lambda q: -np.mean(np.log(P @ (np.array([1 - q, q]) / source)))  # noqa: E731
    best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-10})
    assert found[1] == pytest.approx(best.x, abs=1e-5)
    assert found[1] == pytest.approx(0.8, abs=0.06)
    assert 1 < n_iter < 10_000


def test_em_with_no_shift_in_a_probability_table_stays():
    source = np.array([0.2, 0.5, 0.3])
    found, _ = em_shares(np.tile(source, (10, 1)), source)
    np.testing.assert_allclose(found, source)


def test_known_rows_count_as_rows():
    source = np.array([0.5, 0.5])
    certain = np.array([[1.0, 0.0]] * 6)
    np.testing.assert_allclose(em_shares(certain, source, prior=np.array([1.0, 3.0]))[0], [0.7, 0.3])


def test_bbse_inverts_the_confusion_matrix():
    source, target = np.array([0.2, 0.5, 0.3]), np.array([0.6, 0.1, 0.3])
    given = np.array([[0.8, 0.1, 0.2], [0.1, 0.7, 0.1], [0.1, 0.2, 0.7]])  # p(predicted | y)
    np.testing.assert_allclose(bbse_shares(given * source, given @ target, source), target, atol=1e-10)


def test_bbse_has_no_negative_share():
    given = np.array([[0.9, 0.4], [0.1, 0.6]])
    shares = bbse_shares(given * 0.5, np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    assert (shares >= 0).all() and shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(bbse_shares(np.zeros((2, 2)), np.array([0.5, 0.5]), np.array([0.3, 0.7])), [0.3, 0.7])
