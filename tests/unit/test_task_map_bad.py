"""What cannot be mapped is named, with what was expected and the mend."""

import json

import numpy as np
import pandas as pd
import pytest

import headstart as hs


def table(**changes):
    rows = [(s, t, k, v * (k + 1)) for s, v in (("a", 1.0), ("b", 2.0)) for t in ("t", "u") for k in range(3)]
    return pd.DataFrame(rows, columns=["sources", "target", "row", "score"]).assign(**changes)


def fails(match, *arguments, error=hs.InputError, make=hs.TaskMap.from_transfers, **options):
    with pytest.raises(error, match=match):
        make(*arguments, **options)


def test_one_task():
    only = table(sources="a", target="a").iloc[:3]
    fails("about one task, 'a'; expected at least two", only, row="row")


def test_nan_scores():
    gap = table()
    gap.loc[4, "score"] = np.nan
    fails(r"1 of 12 values of 'score' are NaN or infinite \(the first: a -> u\).*leave those rows out", gap, row="row")


def test_scores_that_are_words():
    fails("column 'score' does not hold numbers only", table(score="good"), row="row")


def test_duplicate_rows():
    twice = pd.concat([table(), table().iloc[:2]])
    fails(r"2 rows are there twice \(a -> t, row 0, is one\).*drop the repeated rows", twice, row="row")
    fails("say row= with the column that tells repeats", table(), normalize="scores")


def test_sources_in_another_order_are_the_same():
    twice = pd.DataFrame({"sources": ["a+b", "b+a"], "target": "t", "affinity": [1.0, 2.0]})
    fails(r"a \+ b -> t is one", twice, make=hs.TaskMap.from_affinities)


@pytest.mark.parametrize(
    ("sources", "match"),
    [("a+", "hold an empty name.*separator="), ("a+a", "name a task twice"), (None, "a transfer has no sources")],
)
def test_odd_sources(sources, match):
    fails(
        match,
        pd.DataFrame({"sources": [sources, "b"], "target": "t", "affinity": 1.0}),
        make=hs.TaskMap.from_affinities,
    )


def test_missing_columns_and_wrong_types():
    fails("no column 'loss' but 'sources', 'target'.*say score=", table(), score="loss", row="row")
    fails("are a list; expected a DataFrame", [], row="row", error=hs.InputTypeError)
    fails("has no rows", table().iloc[:0], row="row")
    fails("without row= each has one score", table())
    fails("normalize is 'odds'; expected one of", table(), normalize="odds")
    fails("clip is 0.7; expected more than 0 and less than 0.5", table(), row="row", clip=0.7)
    fails(
        "baselines is 1; expected a name, or a list of names", table(), row="row", baselines=1, error=hs.InputTypeError
    )


def test_baselines():
    fails("baseline 'scratch' is in no row", table(), row="row", baselines=["scratch"])
    joined = table(sources="a+b").assign(row=range(12))
    fails(r"baseline 'a' stands beside sources in 'a \+ b'", pd.concat([table(), joined]), row="row", baselines=["a"])


def test_gaps_that_part_the_transfers():
    parted = table()
    parted.loc[parted["sources"] == "b", "row"] += 10
    fails("target 't': no chain of comparisons links 'a' with 'b'.*score both on the same rows", parted, row="row")


def test_gaps_that_leave_a_chain_are_told():
    wins = pd.DataFrame({"sources": ["a", "b"], "target": "t", "against": ["b", "c"], "win_rate": [0.75, 0.75]})
    with pytest.warns(
        hs.HeadstartWarning, match="1 of 3 pairs of transfers were never compared.*'a' with 'c', for one"
    ):
        tasks = hs.TaskMap.from_win_rates(wins)
    assert tasks.affinity["t"].tolist() == pytest.approx([9 / 13, 3 / 13, 1 / 13])


def test_ties_are_told():
    with pytest.warns(hs.HeadstartWarning, match="all transfers to 't' and|all transfers to 't', 'u' tie"):
        tasks = hs.TaskMap.from_transfers(table(score=1.0), row="row")
    assert np.allclose(tasks.affinity, 0.5)


def test_win_rates_that_cannot_be():
    wins = pd.DataFrame({"sources": ["a", "b"], "target": "t", "against": ["b", "a"], "win_rate": [0.75, 0.5]})
    make = hs.TaskMap.from_win_rates
    fails("'a' beats 'b' in 0.75 of the rows and is beaten in 0.5; expected at most 1", wins, make=make)
    fails("a win rate of a -> t is 75; expected a share", wins.assign(win_rate=[75, 20]), make=make)
    fails("a -> t against b is given twice", pd.concat([wins, wins]), make=make)
    square = pd.DataFrame([[0, 0.3], [0.7, 0]], index=["a", "b"], columns=["b", "a"])
    fails("have other rows than columns", {"t": square}, make=make)
    fails("win rates of 't' are a list", {"t": []}, make=make, error=hs.InputTypeError)


def test_affinities_with_words():
    odd = pd.DataFrame({"x": ["a", "b"], "t": [1.0, 2.0]})
    fails("has no columns 'sources' and 'target', and holds more than numbers", odd, make=hs.TaskMap.from_affinities)


@pytest.fixture
def tasks():
    return hs.TaskMap.from_affinities(pd.DataFrame({"t": [0.5, np.nan], "u": [np.nan, 0.5]}, index=["a", "b"]))


@pytest.mark.parametrize(
    ("budget", "error", "match"),
    [
        (-1, hs.InputError, "budget is -1; expected a finite number of 0 or more"),
        (np.nan, hs.InputError, "budget is nan; expected a finite number"),
        ("two", hs.InputTypeError, "budget is 'two'; expected a number"),
        (1, hs.InputError, "a budget of 1 does not reach all 2 targets: the cheapest sources that do cost 2; raise"),
    ],
)
def test_budgets(tasks, budget, error, match):
    fails(match, budget, make=tasks.policy, error=error)


def test_names_that_nobody_knows(tasks):
    fails(
        "targets names 'w', which the map does not know; expected some of 't', 'u'", 2, targets=["w"], make=tasks.policy
    )
    fails("sources names 'w'", 2, sources=["a", "b", "w"], make=tasks.policy)
    fails("costs names 'w'", 2, costs={"w": 2}, make=tasks.policy)
    fails("importance names 'a'", 2, importance={"a": 2}, make=tasks.policy)
    fails("target names 'a'", "a", make=tasks.best_sources)
    fails("targets is empty; expected at least one name, or None for all", 2, targets=[], make=tasks.policy)
    fails("sources is empty", 2, sources=[], make=tasks.policy)
    fails("sources names 'w'", 2, sources="w", make=tasks.policy)


def test_a_target_that_no_allowed_source_reaches(tasks):
    fails(
        "no allowed source reaches the target 'u': it was measured from 'b'; allow more",
        2,
        sources=["a"],
        make=tasks.policy,
    )


def test_numbers_of_a_policy(tasks):
    fails("costs of 'a' is -1; expected a finite number of 0 or more", 2, costs={"a": -1}, make=tasks.policy)
    fails("costs is a list; expected names with numbers", 2, costs=[1], make=tasks.policy, error=hs.InputTypeError)
    fails("max_order is 0; expected a whole number", 2, max_order=0, make=tasks.policy)
    fails("scale is 'log'; expected one of", 2, scale="log", make=tasks.policy)
    fails("budgets is 2; expected several", 2, make=tasks.policies, error=hs.InputTypeError)


def test_trees_that_cannot_be(tasks):
    fails("'a' and 'b' were measured on no common target", make=tasks.tree)
    one = hs.TaskMap.from_affinities(pd.DataFrame({"t": [0.5]}, index=["a"]))
    fails("the map has one source, 'a'", make=one.tree)
    two = hs.TaskMap.from_affinities(pd.DataFrame({"t": [0.5, 1]}, index=["a", "b"])).tree()
    fails("n is 3; expected 1 to 2", 3, make=two.groups)


def test_files(tasks, tmp_path):
    make = hs.TaskMap.from_json
    fails("there is no file", tmp_path / "none.json", make=make)
    place = tmp_path / "map.json"
    place.write_text("no")
    fails("is no JSON", place, make=make)
    place.write_text("{}")
    fails("holds no task map", place, make=make)
    tasks.to_json(place)
    content = json.loads(place.read_text())
    place.write_text(json.dumps({**content, "version": 9}))
    fails("is of version 9 of the format, and this headstart reads 1", place, make=make)
    del content["transfers"][0]["target"]
    place.write_text(json.dumps(content))
    fails("is not whole", place, make=make)
    fails("the folder .* does not exist", tmp_path / "none" / "map.json", make=tasks.to_json)
