"""Which tasks to train together: against trying everything, and what cannot be read."""

from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.multitask import propose_groups


def losses(rng, tasks="abcd"):
    """One network for each set of tasks, where tasks help and harm each other at random."""
    sets = [s for k in range(1, len(tasks) + 1) for s in combinations(range(len(tasks)), k)]
    helps = rng.normal(0, 0.1, size=(len(tasks), len(tasks)))
    table = np.full((len(sets), len(tasks)), np.nan)
    for row, members in zip(table, sets, strict=True):
        for t in members:
            row[t] = 1 + sum(helps[o, t] for o in members if o != t) + 0.02 * rng.normal()
    return pd.DataFrame(table, columns=list(tasks))


def by_trying(table, costs, weights, budget):
    filled = table.fillna(np.inf).to_numpy()
    sets = chain.from_iterable(combinations(range(len(table)), k) for k in range(1, table.shape[1] + 1))
    return min((filled[list(s)].min(axis=0) @ weights for s in sets if costs[list(s)].sum() <= budget), default=np.inf)


@pytest.mark.parametrize("seed", range(4))
def test_best_networks_are_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    table = losses(rng)
    costs = rng.choice([0.5, 1.0, 1.5], size=len(table))
    weights = np.array([1.0, 2.0, 1.0, 0.5])
    importance = dict(zip("abcd", weights, strict=True))
    joint = hs.JointTraining.from_losses(table.assign(cost=costs), cost="cost", importance=importance)
    for budget in (1.5, 2, 3, 4):
        best = by_trying(table, costs, weights, budget)
        if not np.isfinite(best):
            with pytest.raises(hs.InputError, match="does not pay for networks that hold all 4 tasks"):
                joint.best(budget)
            continue
        found = joint.best(budget)
        assert found.loss == pytest.approx(best, abs=1e-12) and found.gap == 0 and found.regret == 0
        assert found.cost <= budget and set(found.serves) == set("abcd")


def test_predicted_losses_are_means_of_pairs(rng):
    table = losses(rng)
    joint = hs.JointTraining.from_losses(table)
    predicted = joint.predicted_losses()
    pair = joint.losses.loc
    assert predicted.loc["a + b + d", "b"] == pytest.approx((pair["a + b", "b"] + pair["b + d", "b"]) / 2)
    pd.testing.assert_frame_equal(predicted.iloc[:10], joint.losses.iloc[:10])
    assert (predicted.isna() == joint.losses.isna()).all(axis=None)


def test_regret_is_that_of_the_measured_losses(rng):
    table = losses(rng)
    joint = hs.JointTraining.from_losses(table)
    for budget in (1, 2, 3):
        guess, best = joint.predicted(budget), joint.best(budget)
        assert guess.loss == pytest.approx(sum(joint.losses.loc[n, t] for t, n in guess.serves.items()))
        assert guess.regret == pytest.approx(guess.loss - best.loss) and guess.regret >= 0
        assert guess.predicted == pytest.approx(joint.predicted_losses().loc[list(guess.networks)].min().sum())
    frame = joint.groupings([1, 2])
    assert frame["regret"].tolist() == pytest.approx([joint.predicted(b).regret for b in (1, 2)])


def test_affinities_go_to_propose_groups():
    table = pd.DataFrame(
        [[1, None, None], [None, 1, None], [None, None, 1], [0.8, 0.9, None], [1.1, None, 1.3], [None, 1.2, 1.1]],
        columns=["a", "b", "c"],
    )
    joint = hs.JointTraining.from_losses(table)
    assert joint.affinity.loc["b", "a"] == pytest.approx(0.2) and joint.affinity.loc["a", "b"] == pytest.approx(0.1)
    assert joint.affinity.loc["a", "c"] == pytest.approx(-0.3)
    assert propose_groups(joint.affinity) == [["a", "b"], ["c"]]
    assert joint.best(2).to_frame()["network"].tolist() == ["a + b", "a + b", "c"]


def test_losses_of_chosen_networks(rng):
    joint = hs.JointTraining.from_losses(losses(rng))
    found = joint.losses_of(["a + b", "b"])
    assert found["b"] == joint.losses.loc[["a + b", "b"], "b"].min() and np.isnan(found["c"])


GOOD = pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("table", "options", "match"),
    [
        (GOOD[["a"]].iloc[:1], {}, "about one task, 'a'; expected at least two"),
        (GOOD.assign(a=np.nan), {}, "no network was trained on 'a'"),
        (pd.concat([GOOD, pd.DataFrame({"a": [np.nan], "b": [np.nan]})]), {}, "network of row 2 has no loss"),
        (GOOD.assign(a=np.inf), {}, "a loss is infinite"),
        (GOOD.assign(a="low"), {}, "hold more than numbers"),
        (pd.concat([GOOD, GOOD]), {}, r"rows 0 and 2 are networks on the same tasks, 'a \+ b', of the same cost"),
        (GOOD, {"cost": "price"}, "no column 'price' but 'a', 'b'; say cost="),
        (GOOD.assign(cost=[-1, 1]), {"cost": "cost"}, "cost of 'row 0' is -1; expected"),
        (GOOD, {"importance": {"z": 1}}, "importance names 'z', which the map does not know"),
        (GOOD, {"importance": {"a": -1}}, "importance of 'a' is -1"),
        (GOOD.set_axis(["n", "n"]), {}, "two networks have the same name"),
        (GOOD.set_axis(["a", "a"], axis=1), {}, "names a task twice"),
    ],
)
def test_losses_that_cannot_be_read(table, options, match):
    with pytest.raises(hs.InputError, match=match):
        hs.JointTraining.from_losses(table, **options)


def test_what_cannot_be_asked():
    joint = hs.JointTraining.from_losses(
        pd.DataFrame([[1, 1, 1], [1, None, None], [1, 1, None]], columns=["a", "b", "c"]).astype(float)
    )
    with pytest.raises(hs.InputError, match="budget of 0.5 does not pay.*the cheapest cost 1; raise the budget"):
        joint.best(0.5)
    with pytest.raises(hs.InputError, match="budget is -1"):
        joint.best(-1)
    with pytest.raises(hs.InputTypeError, match="budget is 'x'"):
        joint.best("x")
    with pytest.raises(hs.InputError, match=r"no network of the cost 1 was trained on 'a \+ c' alone"):
        joint.predicted(1)
    with pytest.raises(hs.InputError, match="networks names 'z'"):
        joint.losses_of(["z"])
    with pytest.raises(hs.InputTypeError, match="losses are a list"):
        hs.JointTraining.from_losses([])
