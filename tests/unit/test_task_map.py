"""The map of tasks: from tables to affinities, policies and the tree."""

import warnings

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.numeric.ahp import ahp
from headstart.numeric.win_rates import win_rates


def measured(rng, *, n_rows=12):
    """Losses of the single sources and of one pair, for three targets."""
    rows = []
    for target, level in (("depth", [1, 2, 3, 0.5]), ("rooms", [30, 20, 10, 15]), ("edges", [2, 1, 2, 0.2])):
        for sources, mean in zip(("a", "b", "c", "b+a"), level, strict=True):
            rows += [(sources, target, k, mean * (1 + 0.5 * rng.normal())) for k in range(n_rows)]
    return pd.DataFrame(rows, columns=["sources", "target", "row", "score"])


@pytest.fixture
def tasks(rng):
    return hs.TaskMap.from_transfers(measured(rng), row="row", higher_is_better=False)


def test_affinities_are_those_of_the_eigenvector(rng):
    table = measured(rng)
    tasks = hs.TaskMap.from_transfers(table, row="row", higher_is_better=False)
    for target in ("depth", "rooms", "edges"):
        part = table[table["target"] == target]
        names = ["a", "b", "c", "b+a"]
        wins = win_rates(-np.stack([part.loc[part["sources"] == n, "score"] for n in names]))
        expected = ahp(wins, clip=0.5 / 13)  # of twelve rows
        found = [*tasks.affinity[target].loc[["a", "b", "c"]], tasks.higher_order["a + b", target]]
        assert found == pytest.approx(expected.weights)
        assert tasks.inconsistency[target] == pytest.approx(expected.inconsistency)
        assert np.allclose(tasks.win_rates_[target].to_numpy(), wins, equal_nan=True)
    assert tasks.targets == ("depth", "edges", "rooms") and tasks.sources == ("a", "b", "c")
    assert repr(tasks) == "TaskMap of 12 transfers, up to 2 sources in one: 3 sources, 3 targets"


def test_few_rows_cannot_tell_that_one_always_wins():
    def affinities(n, **options):
        rows = [(s, "t", k, v) for s, v in (("a", 1.0), ("b", 2.0)) for k in range(n)]
        table = pd.DataFrame(rows, columns=["sources", "target", "row", "score"])
        return hs.TaskMap.from_transfers(table, row="row", **options).affinity["t"].tolist()

    assert affinities(4) == pytest.approx([0.1, 0.9])
    assert affinities(600) == pytest.approx([0.001, 0.999])
    assert affinities(4, clip=0.001) == pytest.approx([0.001, 0.999])


def test_order_of_rows_sources_and_direction_do_not_matter(rng):
    table = measured(rng)
    first = hs.TaskMap.from_transfers(table, row="row", higher_is_better=False)
    turned = table.sample(frac=1, random_state=0).assign(score=-table["score"])
    turned["sources"] = [tuple(s.split("+"))[::-1] for s in turned["sources"]]
    second = hs.TaskMap.from_transfers(turned, row="row")
    pd.testing.assert_frame_equal(first.transfers.drop(columns="score"), second.transfers.drop(columns="score"))


def test_win_rates_give_the_same_map_in_all_three_forms(tasks):
    square = hs.TaskMap.from_win_rates(tasks.win_rates_, clip=0.5 / 13)
    rows = [(a, t, b, w.loc[a, b]) for t, w in tasks.win_rates_.items() for a in w.index for b in w.columns if a < b]
    listed = hs.TaskMap.from_win_rates(
        pd.DataFrame(rows, columns=["sources", "target", "against", "win_rate"]), clip=0.5 / 13
    )
    for other in (square, listed):
        assert np.allclose(other.transfers["affinity"], tasks.transfers["affinity"])
        assert other.transfers["sources"].tolist() == tasks.transfers["sources"].tolist()


def test_scores_as_they_are(rng):
    table = measured(rng)
    tasks = hs.TaskMap.from_transfers(table, higher_is_better=False, normalize="scores", row="row")
    mean = table[table["sources"] == "b"].groupby("target")["score"].mean()
    assert tasks.affinity.loc["b"].to_dict() == pytest.approx((-mean).to_dict())


def test_baselines_are_compared_and_never_chosen():
    rows = [(s, "t", k, v + k) for s, v in (("scratch", 5), ("a", 1), ("b", 2)) for k in range(3)]
    table = pd.DataFrame(rows, columns=["sources", "target", "row", "score"])
    tasks = hs.TaskMap.from_transfers(table, row="row", baselines=["scratch"])
    assert tasks.sources == ("a", "b")
    assert tasks.policy(2).transfers == {"t": ("b",)}
    assert list(tasks.affinity.index) == ["a", "b"]
    best = tasks.best_sources("t")
    assert best["sources"].tolist() == ["b", "a"]
    assert best["beats scratch"].tolist() == [0, 0]
    assert tasks.affinity["t"].sum() < 0.3  # most is the baseline's


def test_best_sources_are_sorted_and_can_be_single(tasks):
    found = tasks.best_sources("depth")
    assert found["affinity"].is_monotonic_decreasing
    assert found["sources"].iloc[0] == "a + b"
    assert set(tasks.best_sources("depth", max_order=1)["sources"]) == {"a", "b", "c"}


AFFINITIES = pd.DataFrame(
    {"t": [0.5, 0.2, 0.1, 0.6], "u": [0.1, 0.5, 0.3, np.nan], "v": [0.0, 0.1, 0.9, np.nan]},
    index=["a", "b", "c", "a+c"],
)


def test_policy_of_a_table():
    tasks = hs.TaskMap.from_affinities(AFFINITIES)
    assert tasks.policy(1).sources == ("c",)
    two = tasks.policy(2)
    assert two.sources == ("a", "c")
    assert two.transfers == {"t": ("a", "c"), "u": ("c",), "v": ("c",)}
    assert two.affinity == pytest.approx(0.6 + 0.3 + 0.9) and two.cost == 2 and two.gap == 0
    assert two.attainable == {"t": 0.6, "u": 0.5, "v": 0.9}
    assert tasks.policy(2, max_order=1).sources == ("b", "c") or tasks.policy(2, max_order=1).affinity == pytest.approx(
        1.7
    )
    assert two.to_frame()["sources"].tolist() == ["a + c", "c", "c"]
    assert "supervise a, c." in str(two)


def test_costs_importance_sources_and_targets_steer_the_policy():
    tasks = hs.TaskMap.from_affinities(AFFINITIES)
    assert tasks.policy(2, costs={"c": 5}).sources == ("a", "b")
    assert tasks.policy(1, importance={"v": 0, "u": 2}).sources == ("b",)
    assert tasks.policy(1, targets=["t"]).sources == ("a",)
    assert tasks.policy(3, sources=["a", "b"]).sources == ("a", "b")
    assert tasks.least_budget() == 1 and tasks.least_budget(costs={"a": 3, "b": 2, "c": 2.5}) == 2


def test_range_lets_targets_count_alike():
    table = pd.DataFrame({"loud": [1000, 900, 0], "soft": [0.0, 0.4, 1.0], "calm": [0.0, 0.9, 1.0]}, index=list("abc"))
    tasks = hs.TaskMap.from_affinities(table)
    assert tasks.policy(1).sources == ("a",)
    found = tasks.policy(1, scale="range")
    assert found.sources == ("b",)
    assert found.affinity == pytest.approx(0.9 + 0.4 + 0.9)
    assert found.affinities["loud"] == 900


def test_policies_of_several_budgets():
    tasks = hs.TaskMap.from_affinities(AFFINITIES)
    found = tasks.policies(range(1, 4))
    assert found.budgets == [1, 2, 3] and len(found) == 3
    assert found[3].affinity == pytest.approx(0.6 + 0.5 + 0.9)
    assert found.to_frame()["cost"].tolist() == [1, 2, 3]
    assert "budget" in str(found)


def test_tree_joins_what_serves_alike():
    rng = np.random.default_rng(0)
    kinds = {"a1": 0, "a2": 0, "b1": 1, "b2": 1, "c1": 2}
    level = rng.normal(size=(3, 6))
    table = pd.DataFrame([level[k] + 0.01 * rng.normal(size=6) for k in kinds.values()], index=list(kinds))
    tree = hs.TaskMap.from_affinities(table).tree()
    assert {frozenset(g) for g in tree.groups(3)} == {
        frozenset({"a1", "a2"}),
        frozenset({"b1", "b2"}),
        frozenset({"c1"}),
    }
    assert sorted(tree.order) == sorted(kinds)
    lines = str(tree).splitlines()
    assert abs(lines.index(next(k for k in lines if "a1" in k)) - lines.index(next(k for k in lines if "a2" in k))) == 1
    assert repr(tree) == "TaskTree of 5 tasks"


def test_tree_leaves_own_transfers_and_gaps_out():
    table = pd.DataFrame(
        {"x": [9.0, 2, 1, 0], "y": [1, 9.0, 2, 0], "t": [1, 1.1, 3, np.nan], "u": [2, 2.1, 5, 0]},
        index=["x", "y", "z", "w"],
    )
    plain = hs.TaskMap.from_affinities(table).tree().distances
    table.loc["x", "x"], table.loc["y", "y"] = -100.0, -100.0
    pd.testing.assert_frame_equal(plain, hs.TaskMap.from_affinities(table).tree().distances)


def test_json_and_tidy_tables_come_back(tasks, tmp_path):
    tasks.to_json(tmp_path / "map.json")
    again = hs.TaskMap.from_json(tmp_path / "map.json")
    pd.testing.assert_frame_equal(again.transfers, tasks.transfers)
    assert again.win_rates_.keys() == tasks.win_rates_.keys()
    for target, wins in tasks.win_rates_.items():
        pd.testing.assert_frame_equal(again.win_rates_[target], wins)
    assert again.inconsistency == tasks.inconsistency and again.higher_is_better is False
    assert again.policy(1).to_dict() == tasks.policy(1).to_dict()
    tidy = hs.TaskMap.from_affinities(tasks.to_frame())
    assert tidy.policy(2).to_dict() == tasks.policy(2).to_dict()


def test_nothing_is_said_where_nothing_is_odd(rng):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hs.TaskMap.from_transfers(measured(rng), row="row", higher_is_better=False).policies([1, 2, 3])
