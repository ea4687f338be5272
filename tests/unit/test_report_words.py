"""Numbers in words: rounded, signed, and never more sure than they are."""

import math
import re

import pytest

from headstart.report.plots import NARROW, strip_axis
from headstart.report.scale import Scale
from headstart.report.words import (
    count,
    decimals_for,
    interval,
    joined,
    labels_worth,
    metric_of,
    minus_signs,
    number,
    p_value,
    percent,
    round_count,
    seconds,
    signed,
)

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0312, "+0.031"),
        (-0.0312, f"{MINUS}0.031"),
        (0.0, "0.000"),
        (-0.0001, "0.000"),
        (math.nan, DASH),
        (None, DASH),
        (math.inf, DASH),
        (1234.5, "+1,234.500"),
    ],
)
def test_signed(value, text):
    assert signed(value) == text


def test_number_has_no_plus():
    assert number(0.5) == "0.500"
    assert number(-0.5, 1) == f"{MINUS}0.5"


def test_interval():
    assert interval(-0.01, 0.052) == f"{MINUS}0.010 to +0.052"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.004, "under 1%"),
        (0.012, "1%"),
        (0.5, "50%"),
        (0.995, "over 99%"),
        (1.0, "100%"),
        (math.nan, DASH),
    ],
)
def test_percent_claims_no_certainty(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("worth", "text"),
    [
        (None, "not measurable"),
        (math.nan, "not measurable"),
        (math.inf, "more than the curve can tell"),
        (0.3, "none"),
        (7.4, "7"),
        (85.0, "85"),
        (1234.0, "1,200"),
        (-40.0, f"{MINUS}40"),
    ],
)
def test_labels_worth(worth, text):
    assert labels_worth(worth) == text


def test_counts_are_rounded_to_two_digits():
    assert [round_count(v) for v in (3.6, 19.4, 87.2, 432, 98765)] == [4, 19, 87, 430, 99000]
    assert count(1234567) == "1,234,567"


def test_seconds_and_p_values():
    assert [seconds(v) for v in (0.01, 1.23, 45.6, 600, math.nan)] == ["under 0.1 s", "1.2 s", "46 s", "10 min", DASH]
    assert [p_value(v) for v in (1e-9, 0.004, 0.5, None)] == ["< 0.001", "0.004", "0.50", DASH]


def test_joined():
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined("abcdefgh", 2) == "a, b and 6 more"
    assert joined([]) == ""


def test_minus_signs_leave_hyphens_alone():
    assert minus_signs("-0.5 in target-only, 2024-01-02") == f"{MINUS}0.5 in target-only, 2024-01-02"


@pytest.mark.parametrize(
    "scorer",
    [
        "roc_auc",
        "accuracy",
        "r2",
        "neg_root_mean_squared_error",
        "neg_median_absolute_error",
        "roc_auc_ovr",
        "f1_macro",
        "my_own",
    ],
)
def test_every_scorer_has_words(scorer):
    metric = metric_of(scorer)
    assert metric.name and metric.unit and metric.meaning.endswith(".")
    assert "_" not in metric.name + metric.unit


def test_errors_are_said_the_way_people_say_them():
    error = metric_of("neg_mean_absolute_error")
    assert error.gained(0.31, 2) == "0.31 less mean absolute error"
    assert error.gained(-0.31, 2) == "0.31 more mean absolute error"
    assert error.valued(-3.2, 1) == "a mean absolute error of about 3.2"
    assert metric_of("roc_auc").gained(0.0312, 3) == "+0.031 AUC"
    assert metric_of("roc_auc").valued(0.9, 3) == "an AUC of about 0.900"


def test_decimals_follow_the_size():
    assert decimals_for(metric_of("roc_auc"), 0.03, -0.01, 0.07) == 3
    assert decimals_for(metric_of("neg_mean_absolute_error"), 1500.0) == 0
    assert decimals_for(metric_of("neg_mean_absolute_error"), 0.0004) == 6
    assert decimals_for(metric_of("neg_mean_absolute_error"), math.nan) == 2


def test_scale_holds_all_values_and_names_round_ones():
    scale = Scale.around([0.0, 0.013, 0.047])
    assert all(scale.holds(v) for v in (0.0, 0.013, 0.047))
    assert all(scale.holds(t) for t in scale.ticks)
    assert 2 <= len(scale.ticks) <= 7
    assert any(abs(t) < 1e-12 for t in scale.ticks)
    assert scale.at(scale.low) == 0 and scale.at(scale.high) == 100
    assert scale.at(99) == 100


@pytest.mark.parametrize("values", [[], [math.nan], [0.3], [0.0, 0.0], [-7.1, 0.02]])
def test_scale_survives(values):
    scale = Scale.around(values)
    assert scale.high > scale.low


def test_a_ruinous_candidate_does_not_squeeze_the_others():
    scale = Scale.of_gains([0.03, 0.01, 0.05], [0.02, -0.01, -7.5, math.nan])
    assert not scale.holds(-7.5)
    assert scale.holds(0.05) and scale.holds(0.0) and scale.low < -0.01
    assert scale.at(0.05) - scale.at(0.01) > 10


def test_scale_of_candidates_alone_follows_the_middle_one():
    scale = Scale.of_gains([0.0, 0.0, 0.0], [0.02, -0.02, 0.03])
    assert scale.holds(0.02) and scale.holds(0.03)


def test_numbers_below_a_strip_do_not_run_into_each_other():
    ticks = (-0.3, -0.2, -0.1, 0.0, 0.1)
    crowded = strip_axis(Scale(-0.32, 0.2, ticks, 1))
    shown = re.findall(r">([^<]+)</text>", crowded)
    assert shown[0] == "0" and 2 <= len(shown) < len(ticks)
    assert crowded.count("<line") == 1 + len(ticks)  # each keeps its mark
    roomy = Scale(-0.083, 0.221, (0.0, 0.1, 0.2), 1)
    assert re.findall(r">([^<]+)</text>", strip_axis(roomy)) == ["0", "+0.1", "+0.2"]
    assert re.findall(r">([^<]+)</text>", strip_axis(roomy, NARROW)) == ["0", "+0.1"]
