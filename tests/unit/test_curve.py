"""What a gain is worth in labels, on curves whose answer is known."""

import math

import numpy as np
import pandas as pd
import pytest

from headstart.choose.curve import _some_of_each, worth_labels


def curve(a, b, sizes=(12, 18, 27, 36)):
    n = np.array(sizes, dtype=float)
    return pd.DataFrame({"n_labels": sizes, "target_only": a - b / np.sqrt(n)})


@pytest.mark.parametrize("n_target", [40, 100])
@pytest.mark.parametrize("more", [5, 40, 300])
def test_exact_on_an_exact_curve(n_target, more):
    b = 0.7
    gain = b / math.sqrt(n_target) - b / math.sqrt(n_target + more)
    assert worth_labels(curve(0.9, b), gain, n_target) == pytest.approx(more)


def test_beyond_the_limit_of_the_curve_is_infinite():
    assert worth_labels(curve(0.9, 0.7), 0.7 / math.sqrt(40) + 0.01, 40) == math.inf


def test_more_than_ten_times_the_labels_is_infinite():
    gain = 0.7 / math.sqrt(40) - 0.7 / math.sqrt(440)
    assert worth_labels(curve(0.9, 0.7), gain, 40) == math.inf


@pytest.mark.parametrize("gain", [0.0, -0.1, math.nan])
def test_no_gain_is_worth_nothing_that_can_be_told(gain):
    assert worth_labels(curve(0.9, 0.7), gain, 40) is None


def test_curve_that_does_not_rise_tells_nothing():
    assert worth_labels(curve(0.9, -0.7), 0.1, 40) is None
    assert worth_labels(curve(0.9, 0.0), 0.1, 40) in (None, math.inf)


def test_curve_of_two_points_tells_nothing():
    assert worth_labels(curve(0.9, 0.7, (12, 36)), 0.01, 40) is None


def test_part_of_the_rows_holds_every_class():
    rng = np.random.default_rng(0)
    y = np.r_[np.zeros(30), np.ones(9), np.full(1, 2)]
    rows = np.arange(100, 140)
    picked = _some_of_each(y, rows, 1 / 3, rng, classes=True)
    assert len(set(picked)) == len(picked) and set(picked) <= set(rows)
    assert np.bincount(y[picked - 100].astype(int)).tolist() == [10, 3, 1]
    assert len(_some_of_each(y, rows, 1 / 2, rng, classes=False)) == 20
