"""Ranking of sources: the rounds, the comparison row by row, and what is said of each source."""

import json

import numpy as np
import pytest

import headstart as hs
from headstart.numeric.resampled import corrected_gain, paired_gain
from headstart.ranking.comparing import behind_best, behind_best_by_folds, gain_of_choosing
from headstart.ranking.halving import Course, rungs_for, successive_halving

from ..ranking_cases import linear_candidates, ranking_of_three


def rows(n, seed, column=0, noise=0.3):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return X, (X[:, column] + noise * rng.normal(size=n) > 0).astype(int)


def domain(name, n=120, column=0, seed=1):
    return hs.Domain(*rows(n, seed, column), name=name)


TARGET = domain("here", 24, seed=0)
QUICK = {"repeats": 1, "random_state": 0}


@pytest.fixture(scope="module", autouse=True)
def only_linear():
    with linear_candidates("source only (linear)", "pooled (linear)", "source prior (linear)"):
        yield


@pytest.fixture(scope="module")
def ranking(only_linear):
    odd = hs.Domain(TARGET.X, np.array(["a", "b"] * 12), name="words")
    bare = hs.Domain(TARGET.X, None, name="bare")
    sources = [domain("other", column=2), odd, domain("related"), bare]
    return hs.rank_sources(TARGET, sources, **QUICK)


def test_the_related_source_comes_first_and_the_others_have_a_reason(ranking):
    assert ranking.best == "related" and ranking.tied[0] == "related"
    assert ranking.table["source"].tolist()[:2] == ["related", "other"]
    assert ranking.table["rank"].tolist()[:2] == [1, 2]
    assert ranking.table["verdict"].tolist()[2:] == ["cannot be used"] * 2
    assert "has no labels" in ranking.left_out["bare"] and "words" in ranking.left_out
    assert ranking.decided_by == "proxy_a_distance" and ranking.table.loc[0, "logme"] > ranking.table.loc[1, "logme"]


def test_what_is_said_follows_from_the_table(ranking):
    text, record = str(ranking), json.loads(json.dumps(ranking.to_dict(), allow_nan=False))
    assert "related comes first" in text and "AUC over target only" in text and "bare: source 'bare' has no" in text
    assert record["best"] == "related" and record["sources"][0]["source"] == "related"
    assert record["choice"]["low"] < record["choice"]["high"]
    assert "<table>" in ranking._repr_html_()
    assert 0 < ranking.share_of_time < 3


def test_intervals_are_those_of_all_sources_at_once(ranking):
    alone = hs.rank_sources(TARGET, domain("related"), **QUICK)
    first, one = ranking.table.iloc[0], alone.table.iloc[0]
    assert first["gain_high"] - first["gain_low"] > one["gain_high"] - one["gain_low"]
    assert alone.tied == ("related",) and "tied" not in " ".join(alone.sentences())
    assert alone.choice.mean == pytest.approx(one["gain"])  # with one source there is no choice


def test_the_cheap_score_decides_who_is_tried():
    sources = {"other": domain("x", column=2), "related": domain("y")}
    found = hs.rank_sources(TARGET, sources, scores=["logme"], max_tried=1, **QUICK)
    assert found.best == "related" and found.table.loc[1, "verdict"] == "not tried"
    assert "max_tried=1" in found.left_out["other"]
    # a distance: lower is better, and the same rows are nearest
    near = hs.Domain(np.vstack([TARGET.X] * 5), np.tile(TARGET.y, 5)[::-1], name="near")
    far = hs.Domain(near.X + 5, near.y, name="far")
    found = hs.rank_sources(TARGET, [far, near], scores=["mmd"], max_tried=1, **QUICK)
    assert found.best == "near"


def test_numbers_and_a_time_limit_that_is_over():
    X, _ = rows(24, 0)
    Xs, _ = rows(80, 1)
    sources = [hs.Domain(Xs, s * Xs[:, 0] + Xs[:, 1], name=n) for n, s in (("a", 1.0), ("b", -1.0))]
    found = hs.rank_sources(hs.Domain(X, X[:, 0] + X[:, 1]), sources, time_limit=1e-9, **QUICK)
    assert found.best == "a" and found.metric == "r2" and found.left_out == {"b": "the time limit came first"}


def test_progress_and_the_same_seed_give_the_same():
    told = []
    options = {**QUICK, "scores": None, "progress": lambda *step: told.append(step)}
    once, twice = (hs.rank_sources(TARGET, [domain("a"), domain("b", seed=2)], **options) for _ in range(2))
    assert once.table.drop(columns="seconds").equals(twice.table.drop(columns="seconds"))
    assert told[:3] == [(0, 2, "round 1 of 1, a"), (1, 2, "round 1 of 1, b"), (2, 2, "")] and once.decided_by == ""


def test_rungs():
    assert [(r.repeats, r.count) for r in rungs_for(8, 4, 0.5)] == [(1, 8), (2, 4), (4, 2)]
    assert [(r.repeats, r.count) for r in rungs_for(3, 3, 0.5)] == [(1, 3), (2, 2), (3, 2)]
    assert [(r.repeats, r.count) for r in rungs_for(1, 2, 0.5)] == [(1, 1), (2, 1)]


def test_halving_takes_the_better_half_along():
    level = {"a": 0.9, "b": 0.1, "c": 0.5, "d": 0.3, "e": 0.7, "broken": None}
    asked = []

    def measure(name, repeats):
        asked.append((name, repeats))
        return None if level[name] is None else np.full(4, level[name])

    course = successive_halving(list(level), measure, rungs_for(6, 4, 0.5), deadline=None, report=lambda *step: None)
    assert asked[6:] == [("b", 2), ("d", 2), ("c", 2), ("b", 4), ("d", 4)]
    assert course.order() == ["b", "d", "c", "e", "a"]


def test_the_paired_interval_is_that_of_folds_with_the_rows_own_variance():
    # folds of one row: the correction row by row and fold by fold are one thing
    d = np.random.default_rng(0).normal(0.2, 1.0, 30)
    by_rows, by_folds = paired_gain(d, 29.0), corrected_gain(d, 1 / 29)
    assert by_rows.mean == pytest.approx(by_folds.mean) and by_rows.low == pytest.approx(by_folds.low)
    assert paired_gain(np.append(d, np.nan), 29.0) == by_rows
    assert paired_gain(d, 29.0, chosen_of=5).low < by_rows.low
    assert paired_gain(np.zeros(5), 4.0).low == 0.0 and np.isnan(paired_gain(np.array([]), 4.0).mean)


def test_who_is_told_apart_from_the_best():
    noise = np.random.default_rng(0).normal(size=200)
    twin, bad = noise[::-1] + 0.05, noise + 0.8 + 0.1 * noise[::-1]
    found = behind_best(Course({1: {"good": noise, "twin": twin, "bad": bad}}), 180.0, 0.9)
    assert found["bad"].low > 0 and found["twin"].low < 0 < found["twin"].high
    assert found["good"].mean == 0.0


def test_sources_are_told_apart_on_the_folds_that_both_have():
    rng = np.random.default_rng(0)
    gains = {1: {"a": rng.normal(size=10), "b": rng.normal(size=10)}, 2: {"a": rng.normal(size=20)}}
    found = behind_best_by_folds(gains, ["a", "b"], np.full(20, 5.0), 1 / 9, 0.9)
    assert found["b"] == corrected_gain(gains[1]["a"] - gains[1]["b"], 1 / 9)
    same = behind_best_by_folds({1: {"a": np.zeros(10), "b": np.zeros(10)}}, ["a", "b"], np.full(10, 5.0), 1 / 9, 0.9)
    assert same["b"].low < 0 < same["b"].high  # not seen on fifty rows is not the same as equal


def test_the_choice_is_judged_by_folds_without_a_part_in_it():
    # forty sources of pure noise: the best of them seems to gain, choosing gains nothing
    rng = np.random.default_rng(0)
    seeming, honest = [], []
    for _ in range(50):
        gains = {str(k): rng.normal(size=10) for k in range(40)}
        seeming.append(max(g.mean() for g in gains.values()))
        honest.append(gain_of_choosing(gains, np.full(10, 5.0), 1 / 9, 0.9).mean)
    assert np.mean(seeming) > 0.5 and abs(np.mean(honest)) < 0.15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": hs.Domain(TARGET.X, name="here")}, "the target 'here' has no labels"),
        ({"sources": [domain("a"), domain("a", seed=2)]}, "domains of the same name: a"),
        ({"sources": [hs.Domain(TARGET.X, None, name="bare")]}, "no source can be used: bare: source 'bare' has no"),
        ({"sources": []}, "Sources is empty"),
        ({"scores": ["leap"]}, "scores=.'leap'.; expected 'auto', None or names among source_model, leep"),
        ({"scores": []}, "scores is empty"),
        ({"keep": 1.0}, "keep=1.0; expected a share between 0 and 1"),
        ({"repeats": 0}, "repeats=0; expected a whole number, at least 1"),
        ({"max_tried": 0}, "max_tried=0; expected a whole number, at least 1, or None"),
        ({"level": 90}, "level=90; expected a number between 0.5 and 1"),
        ({"time_limit": 0}, "time_limit=0; expected a number of seconds above 0"),
        ({"methods": "slow"}, "methods='slow'; expected 'quick' or 'all'"),
        ({"scoring": "auk"}, "scoring='auk' is no metric"),
    ],
)
def test_bad_input_says_what_to_do(change, message):
    given = {"target": TARGET, "sources": [domain("a")], **QUICK, **change}
    with pytest.raises(hs.InputError, match=message):
        hs.rank_sources(given.pop("target"), given.pop("sources"), **given)


@pytest.mark.parametrize("given", [{"target": TARGET.X}, {"sources": "a.csv"}, {"sources": {"a": TARGET.X}}])
def test_what_is_no_domain_is_refused(given):
    given = {"target": TARGET, "sources": [domain("a")], **given}
    with pytest.raises(hs.InputTypeError, match=r"expected .*hs\.Domain"):
        hs.rank_sources(given["target"], given["sources"])


def test_a_source_that_hurts_when_pooled_is_ranked_by_what_it_gains_where_it_is_weighed():
    shift = hs.datasets.make_shift("identical", n_target=60, n_source=300, random_state=3)
    good = hs.Domain(shift.source.X, shift.source.y, name="good")
    swapped = hs.Domain(shift.source.X, 1 - np.asarray(shift.source.y), name="swapped")
    found = hs.rank_sources(shift.target, [swapped, good], repeats=1, scores=None, random_state=0)
    assert list(found.table["source"]) == ["good", "swapped"] and found.harmful == ("swapped",)
    row = found.table.iloc[1]
    assert row["pooling_high"] < 0 < row["gain_high"] and row["verdict"] == "undetermined"
    said = str(found)
    assert "Pooling would hurt: swapped. Whoever puts its rows beside the target's loses" in said
    assert next(line for line in said.splitlines() if line.startswith("2")).split()[-2:] == ["hurts", "yes"]


def test_a_verdict_does_not_turn_from_helps_to_hurts_where_intervals_get_wider():
    """More sources to choose from widen the intervals: what helped is undetermined then, whatever pooling does."""
    shift = hs.datasets.make_shift("identical", n_target=60, n_source=300, random_state=0)
    swapped = hs.Domain(shift.source.X, 1 - np.asarray(shift.source.y), name="swapped")
    found = {
        level: hs.rank_sources(shift.target, swapped, repeats=1, scores=None, level=level, random_state=0).table.iloc[0]
        for level in (0.9, 0.95)
    }
    assert all(row["pooling_high"] < 0 for row in found.values())
    assert [row["verdict"] for row in found.values()] == ["helps", "undetermined"]


def test_who_hurts_even_where_it_is_weighed_is_told_apart():
    found = ranking_of_three(harmful=("far",))
    found.table.loc[1, ["gain_high", "pooling_high"]] = [-0.01, 0.02]
    assert found.findings()[-1] == "Would hurt even where held-out rows weigh it: far."
    found.table.loc[1, "pooling_high"] = -0.01
    assert found.findings()[-2].startswith("Pooling would hurt: far.")


def test_a_source_that_was_dropped_early_stands_behind_with_a_word():
    found = ranking_of_three()
    assert "dropped" not in " ".join(found.findings())
    found.table.loc[1, ["gain", "folds"]] = [0.2, 5]
    assert "far was dropped after fewer folds and stands behind those that went on." in found.findings()
