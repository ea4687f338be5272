"""The arithmetic of a diagnosis against slow, direct or foreign versions of it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import stats
from sklearn.metrics import roc_auc_score

from headstart.numeric.conditional import dependence
from headstart.numeric.effect_sizes import cohen_h, cramers_v, kolmogorov_smirnov, standardised_mean_difference
from headstart.numeric.two_sample import (
    auc_interval,
    auc_p_value,
    auc_spread,
    counts_p_value,
    effective_sample_size,
    holm,
    means_p_values,
    placements,
    redraw_p_value,
    sign_flip_p_value,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_placements_are_counts_of_pairs():
    high, low = rng().integers(0, 5, 12).astype(float), rng(1).integers(0, 5, 7).astype(float)
    of_high, of_low = placements(high, low)
    direct = [np.mean((low < h) + 0.5 * (low == h)) for h in high]
    np.testing.assert_allclose(of_high, direct)
    np.testing.assert_allclose(of_low, [np.mean((high > v) + 0.5 * (high == v)) for v in low])


def test_auc_is_sklearns_and_its_spread_that_of_the_bootstrap():
    high, low = rng().standard_normal(80) + 1, rng(1).standard_normal(120)
    auc, spread = auc_spread(*placements(high, low))
    assert auc == pytest.approx(roc_auc_score(np.r_[np.ones(80), np.zeros(120)], np.r_[high, low]))
    g = rng(2)
    drawn = [auc_spread(*placements(g.choice(high, 80), g.choice(low, 120)))[0] for _ in range(1500)]
    assert spread == pytest.approx(np.std(drawn), rel=0.1)


def test_auc_p_value_is_mann_whitney():
    high, low = rng().standard_normal(60) + 0.3, rng(1).standard_normal(90)
    auc, _ = auc_spread(*placements(high, low))
    expected = stats.mannwhitneyu(high, low, alternative="greater", method="asymptotic", use_continuity=False).pvalue
    assert auc_p_value(auc, 60, 90) == pytest.approx(expected)


def test_auc_interval_does_not_shrink_to_a_point_at_one():
    low, high = auc_interval(1.0, 0.0, 20, 500)
    assert high == 1.0
    assert 0.75 < low < 0.9


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, np.nan])), [0.03, 0.06, 0.06, np.nan])
    assert holm(np.array([0.9, 0.8])).max() == 1.0


def test_counts_p_value_is_fishers_where_there_are_two_classes():
    # For a 2 x 2 table with equal margins the orders of chi-square and of probability agree.
    p = counts_p_value(np.array([14, 6]), np.array([7, 13]), rng(), 40_000)
    assert p == pytest.approx(stats.fisher_exact([[14, 6], [7, 13]])[1], abs=0.005)
    assert counts_p_value(np.array([5, 0]), np.array([9, 0]), rng()) == 1.0


def test_sign_flip_is_the_exact_test_of_a_mean():
    """All 2^10 sign patterns, counted one by one."""
    x = rng(3).standard_normal((10, 2)) + 0.6
    standard = x / np.sqrt((x**2).sum(axis=0))
    signs = np.array(np.meshgrid(*[[-1, 1]] * 10)).reshape(10, -1).T
    null = np.abs(signs @ standard).max(axis=1)
    exact = np.mean(null >= np.abs(standard.sum(axis=0)).max() - 1e-9)
    assert sign_flip_p_value(x, rng(), 20_000) == pytest.approx(exact, abs=0.01)
    assert sign_flip_p_value(np.zeros((5, 2)), rng()) == 1.0


def test_redraw_p_value_holds_its_level_with_few_rows():
    g = rng(4)
    p = []
    for _ in range(300):
        chance = np.full(300, 0.05)
        inside = g.random(300) < chance
        p.append(redraw_p_value(inside.astype(float), chance, (g.random((300, 1)) < 0.2) - 0.2, g, 200))
    assert np.mean(np.array(p) < 0.05) < 0.09
    shifted = np.zeros((300, 1)) + inside[:, None]
    assert redraw_p_value(inside.astype(float), chance, shifted - shifted.mean(), g, 500) < 0.01


def test_effective_sample_size():
    assert effective_sample_size(np.ones(7)) == 7
    assert effective_sample_size(np.array([1.0, 0, 0])) == 1
    assert effective_sample_size(np.zeros(3)) == 0


def test_effect_sizes_by_hand():
    a, b = np.array([1.0, 3.0]), np.array([4.0, 6.0])
    assert standardised_mean_difference(a, b) == pytest.approx(-3.0)
    assert standardised_mean_difference(np.ones(3), np.ones(3)) == 0
    assert standardised_mean_difference(np.ones(3), np.zeros(3)) == np.inf
    assert float(cohen_h(0.5, 0.25)) == pytest.approx(np.pi / 6)
    distance, p = kolmogorov_smirnov(a, b)
    assert distance == 1.0
    assert p == pytest.approx(1 / 3)


def test_cramers_v_is_that_of_a_balanced_table():
    p, q = np.array([30, 50, 20]), np.array([10, 60, 30])
    chi2 = stats.chi2_contingency([p, q], correction=False)[0]
    assert cramers_v(p, q) == pytest.approx(np.sqrt(chi2 / 200))
    # Ten times as many rows of one sample change nothing.
    assert cramers_v(10 * p, q) == pytest.approx(cramers_v(p, q))
    assert cramers_v(np.array([1, 0]), np.array([0, 5])) == 1


def test_dependence_measures_the_difference_that_is_there():
    """Randomised domains, a difference of 0.3 + 0.4 z in units of the outcome: RMS 0.5."""
    g = rng(6)
    n = 20_000
    inside = g.random(n) < 0.3
    z = g.standard_normal(n)
    y = (inside - 0.3) * (0.3 + 0.4 * z) + 0.5 * g.standard_normal(n)
    found = dependence(inside, np.full(n, 0.3), y[:, None], np.column_stack([np.ones(n), z, g.standard_normal(n)]), g)
    assert found.size == pytest.approx(0.5, abs=0.03)
    assert found.low < 0.5 < found.high
    assert found.level[0] == pytest.approx(0.3, abs=0.03)
    assert found.form == pytest.approx(0.4, abs=0.03)
    assert found.p_value < 0.001
    assert found.form_p_value < 0.001


def test_dependence_of_nothing_is_small_and_its_interval_covers_zero():
    g = rng(7)
    covered, claimed = 0, 0
    for _ in range(60):
        inside = g.random(500) < 0.2
        z = g.standard_normal((500, 3))
        shapes = np.column_stack([np.ones(500), z])
        found = dependence(inside, np.full(500, 0.2), g.standard_normal((500, 1)), shapes, g)
        covered += found.low == 0
        claimed += found.p_value < 0.05
    assert covered >= 54
    assert claimed <= 8


def rare_counts(draw, n, p=300):
    return draw.poisson(draw.gamma(0.3, 0.1, p), (n, p)).astype(float)


def test_means_p_values_hold_their_level_with_few_rows_and_rare_columns():
    draw = rng()
    least = [means_p_values(rare_counts(draw, 215), 15, draw, 400).min() for _ in range(100)]
    assert np.mean(np.array(least) < 0.1) < 0.19  # of 100 draws with chance 0.1, 19 or more have one of 0.005
    assert np.mean(np.array(least) < 0.5) > 0.3


@pytest.mark.parametrize("first", [15, 185])
def test_means_p_values_find_the_column_that_moved_in_dense_and_sparse(first):
    draw = rng(1)
    M = rare_counts(draw, 200)
    M[:first, 3] += 1.5
    p = means_p_values(M, first, rng(2))
    assert np.flatnonzero(p < 0.005).tolist() == [3]
    np.testing.assert_array_equal(p, means_p_values(sp.csr_matrix(M), first, rng(2)))


def test_means_p_value_of_one_column_is_that_of_a_permutation_test():
    draw = rng(3)
    x = np.r_[draw.normal(0.7, 1, 12), draw.normal(0, 1, 30)]
    known = stats.permutation_test(
        (x[:12], x[12:]), lambda a, b: a.mean() - b.mean(), n_resamples=20_000, random_state=0
    ).pvalue
    found = means_p_values(x[:, None], 12, draw, 20_000)[0]
    assert found == pytest.approx(known, abs=0.01)
    assert 0.005 < known < 0.2
