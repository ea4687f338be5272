"""What a study makes of the scores of its networks: points of rows, intervals, and which network it names."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score

from headstart.neural.layer_study.outcomes import Outcomes
from headstart.neural.layer_study.recommend import CLOSE, recommend
from headstart.neural.layer_study.table import table_of
from headstart.neural.layer_study.training import points
from headstart.numeric.resampled import corrected_gain

TRAINED = {"scratch": 100, "frozen": 40, "tuned": 100}


def scores_of(right, *, n_test=1000, wobble=(0, 0, 0, 0, 0)):
    """Networks by (depth, mode) with so many rows right, the first ones; ``wobble`` more or fewer in each repeat of
    those that are tuned."""
    rows = []
    for repeat, more in enumerate(wobble):
        for (depth, mode), n in right.items():
            got = np.arange(n_test) < n + (more if mode == "tuned" else 0)
            rows.append((repeat, depth, mode, got.astype(float), TRAINED[mode] - depth, 10))
    return pd.DataFrame(rows, columns=["repeat", "depth", "mode", "points", "trained", "fresh"])


def named(scores, n_train=10):
    table = table_of(scores, ["a", "b"], {"target": n_train}, level=0.9)
    n_test = len(scores["points"].iloc[0])
    found = recommend(table, scores, (n_test, n_train), level=0.9, metric="accuracy", modes=("frozen", "tuned"))
    return table, found


def test_the_best_network_is_named_though_noise_hides_a_simpler_one_behind():
    right = {(0, "scratch"): 500, (1, "frozen"): 700, (2, "frozen"): 780, (1, "tuned"): 760, (2, "tuned"): 800}
    scores = scores_of(right, wobble=(-60, 60, -60, 60, 0))
    behind = Outcomes.of(scores, 2, "tuned", 10) - Outcomes.of(scores, 2, "frozen", 10)
    assert CLOSE < behind.mean < behind.error
    _, found = named(scores)
    assert (found.depth, found.mode, found.layer) == (2, "tuned", "b")


def test_of_two_that_are_as_good_the_one_with_fewer_weights_is_named():
    right = {(0, "scratch"): 500, (1, "frozen"): 700, (2, "frozen"): 797, (1, "tuned"): 760, (2, "tuned"): 800}
    _, found = named(scores_of(right, wobble=(-10, 10, -10, 10, 0)))
    assert (found.depth, found.mode) == (2, "frozen")
    # where the rows tell them apart it is not
    _, found = named(scores_of(right))
    assert (found.depth, found.mode) == (2, "tuned")


def test_few_rows_to_learn_from_and_many_to_score_on_settle_a_large_gain():
    right = {(0, "scratch"): 460, (1, "frozen"): 510, (1, "tuned"): 500, (2, "frozen"): 680, (2, "tuned"): 700}
    scores = scores_of(right, wobble=(-40, 30, -20, 20, 10))
    table, found = named(scores)
    assert found.decision == "transfer" and 0 < found.interval[0] < 0.24 < found.interval[1] < 0.5
    gain = table.set_index(["depth", "mode"]).loc[(2, "tuned")]
    assert gain["gain"] == pytest.approx(0.24) and gain["gain_low"] > found.interval[0]
    # by the ratio of rows alone nothing could ever be settled here
    differences = (Outcomes.of(scores, 2, "tuned", 10) - Outcomes.of(scores, 0, "scratch", 10)).by_repeat
    assert corrected_gain(differences, 1000 / 10).low < -0.3


def test_a_source_that_harms_and_one_that_does_nothing():
    worse = {(0, "scratch"): 800, (1, "frozen"): 300, (1, "tuned"): 400}
    _, found = named(scores_of(worse, wobble=(-5, 5, 0, 5, -5)))
    assert (found.decision, found.depth, found.mode) == ("scratch", 0, "scratch")
    same = {(0, "scratch"): 800, (1, "frozen"): 795, (1, "tuned"): 801}
    _, found = named(scores_of(same, wobble=(-30, 20, 0, 30, -20)))
    assert found.decision == "undetermined" and "the rows do not tell" in found.words


def test_the_mean_of_points_is_the_score_and_their_spread_its_error():
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    found = y + rng.normal(size=400)
    of_rows = points(y, found, "regression")
    assert of_rows.mean() == pytest.approx(r2_score(y, found))
    again = rng.integers(400, size=(2000, 400))
    bootstrapped = np.std(1 - np.mean((y[again] - found[again]) ** 2, axis=1) / y[again].var(axis=1))
    assert of_rows.std() / 20 == pytest.approx(bootstrapped, rel=0.1)
    assert points(y > 0, found > 0, "classification").mean() == accuracy_score(y > 0, found > 0)
    assert np.isnan(points(np.ones(3), np.zeros(3), "regression")).all()


def test_a_network_that_could_not_be_scored_in_some_repeat():
    scores = scores_of({(0, "scratch"): 500, (1, "tuned"): 700}, wobble=(-10, 10, 0, 5, 20))
    scores.loc[scores["repeat"] == 4, "points"] = scores.loc[scores["repeat"] == 4, "points"].map(lambda p: p * np.nan)
    table, found = named(scores)
    assert table["score"].tolist() == pytest.approx([0.5, 0.70125]) and found.gain == pytest.approx(0.20125)
