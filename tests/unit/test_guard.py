"""The interval of the gain against Nadeau and Bengio's formula by hand; the verdict's words."""

import json
import math

import numpy as np
import pytest
from scipy.stats import t

from headstart.guard import Verdict
from headstart.numeric.resampled import corrected_error, corrected_gain, unseen_difference


def test_formula_of_nadeau_and_bengio_by_hand():
    d = np.array([0.1, 0.3, -0.1, 0.2, 0.0])
    gain = corrected_gain(d, 1 / 4, level=0.9)
    # mean .1, sample variance .025; the variance of the mean is (1/5 + n_test/n_train) times that
    assert gain.mean == pytest.approx(0.1)
    error = math.sqrt((1 / 5 + 1 / 4) * 0.025)
    assert gain.high - gain.mean == pytest.approx(2.131846786 * error)  # t, 4 degrees of freedom, 95 %
    assert gain.low == pytest.approx(0.2 - gain.high)
    assert gain.p_harm == pytest.approx(t.cdf(-0.1 / error, 4))


def test_standard_error_is_that_of_the_interval():
    d = np.array([0.1, 0.3, np.nan, -0.1, 0.2, 0.0])
    assert corrected_error(d, 1 / 4) == pytest.approx(math.sqrt((1 / 5 + 1 / 4) * 0.025))
    assert math.isnan(corrected_error(np.array([0.1, np.nan]), 0.1))


def test_bonferroni_widens_the_interval_of_the_best_of_many():
    d = np.random.default_rng(0).normal(0.1, 1, 20)
    one, many = corrected_gain(d, 1 / 9, level=0.9), corrected_gain(d, 1 / 9, level=0.9, chosen_of=10)
    assert many.mean == one.mean
    ratio = (many.high - many.mean) / (one.high - one.mean)
    assert ratio == pytest.approx(t.ppf(1 - 0.05 / 10, 19) / t.ppf(1 - 0.05, 19))


def test_folds_without_a_score_do_not_count():
    d = np.array([0.1, np.nan, 0.3, -0.1])
    weight = np.array([1.0, 5.0, 1.0, 1.0])
    assert corrected_gain(d, 0.1, weight=weight) == corrected_gain(d[[0, 2, 3]], 0.1)


def test_weights_of_folds():
    d = np.array([0.1, 0.3, -0.1])
    assert corrected_gain(d, 0.1, weight=np.full(3, 7.0)).low == pytest.approx(corrected_gain(d, 0.1).low)
    assert corrected_gain(d, 0.1, weight=np.array([1.0, 2.0, 1.0])).mean == pytest.approx(0.15)


@pytest.mark.parametrize("d", [[], [np.nan, np.nan]])
def test_no_score_gives_no_gain(d):
    assert all(math.isnan(v) for v in vars(corrected_gain(np.array(d), 0.1)).values())


def test_one_fold_says_nothing_of_the_spread():
    gain = corrected_gain(np.array([0.2]), 0.1)
    assert (gain.mean, gain.low, gain.high, gain.p_harm) == (0.2, -math.inf, math.inf, 0.5)


@pytest.mark.parametrize(("value", "p_harm"), [(0.2, 0.0), (-0.2, 1.0), (0.0, 0.5)])
def test_folds_that_agree_to_the_last_digit(value, p_harm):
    gain = corrected_gain(np.full(5, value), 0.1)
    assert gain.low == pytest.approx(value) and gain.high == pytest.approx(value)
    assert gain.p_harm == pytest.approx(p_harm, abs=1e-12)


def test_interval_covers_what_it_says_where_folds_are_independent():
    # without shared rows (test_share 0) it is the plain t interval
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(2000):
        gain = corrected_gain(rng.normal(0.3, 1, 8), 0.0)
        inside += gain.low < 0.3 < gain.high
    assert 0.88 < inside / 2000 < 0.92


def verdict(decision="helps", **changes):
    values = {
        "decision": decision,
        "metric": "roc_auc",
        "gain": 0.05,
        "interval": (0.01, 0.09),
        "level": 0.9,
        "p_harm": 0.02,
        "worth_labels": 40.0,
        "score": 0.85,
        "baseline_score": 0.8,
        "baseline": "target only (linear)",
        "method": "pooled (linear)",
        "n_target": 50,
        "n_source": 200,
        "pooling_gain": -0.2,
        "pooling_interval": (-0.3, -0.1),
    }
    return Verdict(**{**values, **changes})


def test_sentences():
    assert str(verdict()) == (
        "Transfer helps: +0.050 AUC over target only (linear) (90% interval +0.010 to +0.090), worth about 40 more "
        "labels."
    )
    assert "more than further labels are likely to bring" in verdict(worth_labels=math.inf).sentence()
    assert "worth" not in verdict(worth_labels=None).sentence()
    pooling = "Pooling hurts: it changes AUC by -0.200 over target only (linear) (90% interval -0.300 to -0.100). "
    model = "he model weighed by held-out rows"
    assert str(verdict("hurts", gain=0.02, interval=(-0.01, 0.05))) == (
        f"{pooling}Whether t{model} helps is undetermined: +0.020 (90% interval -0.010 to +0.050)."
    )
    assert f"{pooling}T{model} loses too: -0.050 (" in str(verdict("hurts", gain=-0.05, interval=(-0.09, -0.01)))
    assert f"{pooling}T{model} saw rows of the target in a, b: +0.050 (" in str(verdict("hurts", leaks=("a", "b")))
    alone = verdict("hurts", trusting="its model alone", interval=(-0.01, 0.09))
    assert str(alone).startswith("The source's model alone hurts: it changes AUC by -0.200 over target only (linear)")
    assert "50 labelled rows do not tell" in str(verdict("undetermined"))


def test_dictionary_is_strict_json():
    found = verdict(worth_labels=math.inf, interval=(-math.inf, math.inf), pooling_gain=math.nan).to_dict()
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["worth_labels"] == "unbounded" and again["pooling_gain"] is None
    assert again["gain"] == 0.05 and again["n_source"] == 200


def test_folds_that_saw_no_difference_do_not_prove_that_there_is_none():
    none_seen = corrected_gain(np.zeros(20), 1 / 9)
    assert none_seen.low == none_seen.high == 0.0
    wide = unseen_difference(none_seen, 20, level=0.9)
    assert wide.high == pytest.approx(-np.log(0.1) / 20)
    assert wide.low == -wide.high
    assert wide.p_harm == 0.5
    # Of effects just beyond the bound 20 rows would have seen one nine times in ten.
    assert (1 - wide.high) ** 20 <= 0.1
    seen = corrected_gain(np.array([0.0, 0.1, 0.0, 0.2]), 0.25)
    assert unseen_difference(seen, 20, level=0.9) == seen
