"""Intervals of means over splits that share rows: against simulated studies whose true gain is 0."""

import numpy as np
import pytest

from headstart.numeric.resampled import corrected_error, corrected_gain, shared_variance


def studies(n_train, n_test, repeats, learned, told, n=250, seed=0):
    """Differences by repeat, and the variance of each that its test rows make, of one study after the other.

    All repeats of a study split the same rows anew. What is learned is linear in the training rows, for which the
    bound on what two repeats have in common is attained; a row to score on adds its own effect, and a part that
    depends on what was learned.
    """
    rng = np.random.default_rng(seed)
    rows = n_train + n_test
    for _ in range(n):
        taught, own = rng.normal(size=rows), told * rng.normal(size=rows)
        differences, of_rows = np.empty(repeats), np.empty(repeats)
        for j in range(repeats):
            order = rng.permutation(rows)
            effect = learned * taught[order[:n_train]].sum() / n_train**0.5
            points = effect + own[order[n_train:]] + 0.5 * told * rng.normal(size=n_test)
            differences[j], of_rows[j] = points.mean(), points.var(ddof=1) / n_test
        yield differences, of_rows


def coverage(gains):
    return np.mean([gain.low <= 0 <= gain.high for gain in gains])


def width(gains):
    return np.mean([gain.high - gain.low for gain in gains])


@pytest.mark.parametrize(("n_train", "n_test"), [(10, 1000), (50, 1000), (500, 1000)])
@pytest.mark.parametrize(("learned", "told"), [(0.05, 1.0), (0.03, 0.5), (0.0, 1.0)])
def test_intervals_hold_the_true_gain_where_test_rows_are_many(n_train, n_test, learned, told):
    ratio = n_test / n_train
    drawn = list(studies(n_train, n_test, 10, learned, told))
    found = [corrected_gain(d, ratio, of_rows=v) for d, v in drawn]
    # 90 %, with a standard error of 2 % over the studies; never wider than with the ratio alone
    assert coverage(found) > 0.85
    ratio_alone = [corrected_gain(d, ratio) for d, _ in drawn]
    assert width(found) < width(ratio_alone)
    if ratio >= 20:
        assert width(found) < width(ratio_alone) / 2
    # as if repeats shared no row it fails, so this test can
    assert coverage([corrected_gain(d, 0.0) for d, _ in drawn]) < 0.75


def test_intervals_are_not_all_of_the_line():
    """At 10 rows to learn from and 1,000 to score on, where the ratio makes them 20 times wider."""
    drawn = list(studies(10, 1000, 10, 0.05, 0.3))
    found = [corrected_gain(d, 100, of_rows=v) for d, v in drawn]
    assert width(found) < 0.1 < 1 < width([corrected_gain(d, 100) for d, _ in drawn])


def test_where_training_rows_are_many_it_is_the_corrected_test_and_never_less_than_the_rows_say():
    for between in (0.5, 1.0, 4.0):
        for share in (0.1, 1 / 3, 1.0):
            ours, in_train = shared_variance(between, 0.3, share), 1 / (1 + share)
            assert ours == pytest.approx(max(share * between, 0.3 * (1 - in_train)))
            assert shared_variance(between, 0.0, share) == pytest.approx(share * between)
    # no difference between the splits by chance: what the rows say is left
    assert shared_variance(0.0, 0.3, 0.25) == pytest.approx(0.3 * 0.2)
    assert shared_variance(0.0, 0.3, 100.0) == pytest.approx(0.3 * 100 / 101)


def test_with_disjoint_training_sets_the_shared_test_rows_are_left():
    assert shared_variance(1.0, 0.01, 1e6) == pytest.approx(0.01, rel=1e-3)
    values, of_rows = np.array([0.1, 0.3, 0.2, np.nan]), np.array([0.01, 0.03, 0.02, np.nan])
    error = corrected_error(values, 1e9, of_rows)
    assert error == pytest.approx((0.01 / 3 + 0.02) ** 0.5)
    gain = corrected_gain(values, 1e9, of_rows=of_rows, level=0.5)
    assert gain.mean == pytest.approx(0.2) and gain.high - 0.2 == pytest.approx(0.816497 * error, rel=1e-5)


def test_without_the_rows_it_is_the_corrected_resampled_test():
    d = np.array([0.1, 0.4, 0.3])
    assert corrected_error(d, 0.25) == pytest.approx(d.std(ddof=1) * (1 / 3 + 0.25) ** 0.5)
