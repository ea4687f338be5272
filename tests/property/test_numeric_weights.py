"""mean_one: a mean of 1 under a bound, whatever the weights are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq

from headstart.numeric.weights import effective_sample_size, mean_one

raw_weights = arrays(
    np.float64, st.integers(1, 40), elements=st.one_of(st.just(0.0), st.floats(1e-6, 1e6), st.floats(0.5, 2.0))
)


@given(raw_weights, st.one_of(st.none(), st.floats(1.0, 50.0)))
@settings(max_examples=200, deadline=None)
def test_mean_is_one_and_the_bound_holds(raw, bound):
    weights, _ = mean_one(raw, bound)
    assert weights.shape == raw.shape
    assert (weights >= 0).all()
    assert np.mean(weights) == pytest.approx(1.0, abs=1e-9)
    if bound is not None:
        assert weights.max() <= bound * (1 + 1e-9)
    order = np.argsort(raw, kind="stable")
    if np.any(raw > 0):
        assert (np.diff(weights[order]) >= -1e-9).all(), "a row with more raw weight got less"


@given(raw_weights, st.floats(1.01, 20.0))
@settings(max_examples=200, deadline=None)
def test_factor_is_the_root_that_a_solver_finds(raw, bound):
    if np.count_nonzero(raw) * bound <= raw.size:  # no root: see the next test
        return
    weights, factor = mean_one(raw, bound)
    excess = lambda log_c: np.mean(np.minimum(np.exp(log_c) * raw, bound)) - 1.0  # noqa: E731
    root = np.exp(brentq(excess, -60.0, 60.0, xtol=1e-13))
    np.testing.assert_allclose(weights, np.minimum(root * raw, bound), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(np.minimum(factor * raw, bound), weights, rtol=1e-9)


def test_too_few_positive_rows_stand_at_the_bound():
    weights, factor = mean_one(np.array([0.0, 5.0, 0.0, 0.0]), 2.0)
    np.testing.assert_allclose(weights, [2 / 3, 2.0, 2 / 3, 2 / 3])
    assert np.isinf(factor)


def test_no_weight_at_all_is_equal_weight():
    weights, factor = mean_one(np.zeros(3))
    np.testing.assert_array_equal(weights, np.ones(3))
    assert np.isnan(factor)


def test_huge_weights_do_not_overflow():
    np.testing.assert_allclose(mean_one(np.array([1e308, 1e308, 0.0]))[0], [1.5, 1.5, 0.0])


def test_effective_sample_size_of_equal_and_of_one():
    assert effective_sample_size(np.ones(7)) == pytest.approx(7)
    assert effective_sample_size(np.array([0.0, 3.0, 0.0])) == pytest.approx(1)
    assert effective_sample_size(np.empty(0)) == 0
