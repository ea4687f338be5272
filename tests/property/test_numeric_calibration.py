"""Platt's sigmoid against a general solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from headstart.numeric.calibration import platt


@given(st.integers(0, 300), st.integers(5, 80), st.floats(1e-6, 1e6), st.floats(-10, 10))
@settings(max_examples=60, deadline=None)
def test_it_is_the_maximum_of_the_likelihood(seed, n, scale, shift):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    positive = rng.random(n) < expit(2 * x)
    positive[:2] = [True, False]
    slope, intercept = platt(scale * (x + shift), positive)
    n_pos, n_neg = positive.sum(), (~positive).sum()
    target = np.where(positive, (n_pos + 1) / (n_pos + 2), 1 / (n_neg + 2))
    loss = lambda ab: np.mean(np.logaddexp(0, ab[0] * x + ab[1]) - target * (ab[0] * x + ab[1]))  # noqa: E731
    best = minimize(loss, [0.0, 0.0], bounds=[(0, None), (None, None)], tol=1e-12)
    ours = np.array([slope * scale, intercept + slope * scale * shift])
    assert loss(ours) <= best.fun + 1e-7


def test_separation_gives_finite_numbers():
    slope, intercept = platt(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([False, False, True, True]))
    assert 0 < slope < 100 and np.isfinite(intercept)


@pytest.mark.parametrize("score", [[3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
def test_a_score_of_no_use_is_flat_and_never_turned_around(score):
    slope, intercept = platt(np.array(score), np.array([False, False, True, True]))
    assert slope == 0 and intercept == pytest.approx(0)
