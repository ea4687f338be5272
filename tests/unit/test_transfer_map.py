"""The map of transfer: cells, their order, claims, going on from a file, and bad input."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.stats import t as student

import headstart as hs
from headstart.transfer_map import settings as front
from headstart.transfer_map.cell import Cell
from headstart.transfer_map.claims import adjust, claims
from headstart.transfer_map.fingerprint import fingerprint
from headstart.transfer_map.order import chance_of_change, first_round

from ..transfer_map_cases import N_FOLDS, NAMES, asymmetric, cell, domain, domains, leaking, map_of, stand_in


@pytest.fixture
def trials(monkeypatch):
    return stand_in(monkeypatch)


def numbers(found):
    return found.table_.drop(columns="seconds")


# ---- all cells


def test_every_source_to_every_target_and_none_to_itself(trials):
    found = hs.map_transfers(domains())
    assert list(found.gain_.index) == list(found.gain_.columns) == NAMES
    assert np.isnan(np.diag(found.gain_)).all() and found.gain_.isna().sum().sum() == 5
    assert len(found.table_) == 12 and trials.made == NAMES
    assert found.untried_ == {(("d",), "c"): "they do not fit"} and found.unmeasured_ == []
    assert "they do not fit" in str(found) and "11 of 12 cells measured" in str(found)
    assert "Nothing is claimed of any of the 11 cells." in str(found)


def test_pairs_of_sources_without_the_target(trials):
    found = hs.map_transfers(domains(), orders=2, targets=["a", "b"])
    assert found.table_["order"].value_counts().to_dict() == {1: 6, 2: 6}
    assert np.isnan(found.gain_.loc["a + c", "a"]) and np.isfinite(found.gain_.loc["c + d", "a"])
    assert "a + b" not in found.gain_.index  # it holds both targets


def test_targets_and_sources_by_name(trials):
    found = hs.map_transfers({d.label: d for d in domains()}, targets=["b"], sources=["a", "c"])
    assert found.table_["sources"].tolist() == ["a", "c"] and list(found.gain_.columns) == ["b"]


def test_only_so_many_rows_of_a_target_are_looked_at(trials):
    seen = {}
    make = trials.__init__

    def look(self, target, sources, **options):
        seen[target.label] = (target.n_rows, [d.n_rows for d in sources.domains], target.y.mean())
        make(self, target, sources, **options)

    trials.__init__ = look
    try:
        found = hs.map_transfers(domains(), n_target=12, max_source_rows=30)
    finally:
        trials.__init__ = make
    assert seen["a"] == (12, [30, 30, 30], 0.5)
    assert set(found.table_["n_target"]) == {0, 12}


def test_rows_and_folds_of_a_target_do_not_depend_on_other_domains(trials):
    few = hs.map_transfers(domains()[:2], n_target=12)
    many = hs.map_transfers(domains(), n_target=12)
    assert few.gain_.loc["b", "a"] == many.gain_.loc["b", "a"]
    assert hs.map_transfers(domains()[:2], n_target=12, random_state=1).gain_.loc["b", "a"] != few.gain_.loc["b", "a"]


def test_one_metric_for_all_targets(trials):
    three = [domain("a"), domain("b", labels=(0, 1, 2)), domain("c")]
    hs.map_transfers(three)
    made = hs.map_transfers(three, scoring="accuracy")
    assert made.metric == "roc_auc"  # of the stand-in
    scorings = []
    make = trials.__init__

    def look(self, target, sources, **options):
        scorings.append(options["scoring"])
        make(self, target, sources, **options)

    trials.__init__ = look
    try:
        hs.map_transfers(three)
        hs.map_transfers(domains()[:2])
    finally:
        trials.__init__ = make
    assert scorings == ["accuracy"] * 3 + ["roc_auc"] * 2


# ---- the order and the time limit


def test_the_first_round_meets_every_source_and_target_early():
    order = list(first_round([(n,) for n in NAMES], NAMES))
    assert len(order) == len(set(order)) == 12
    assert {s for s, _ in order[:4]} == {(n,) for n in NAMES} and {t for _, t in order[:4]} == set(NAMES)
    assert all(t not in s for s, t in first_round([("a",), ("b",), ("a", "b"), ("b", "c")], NAMES))


def test_no_cell_is_begun_that_would_end_too_late(trials):
    found = hs.map_transfers(domains(), time_limit=5.5)
    assert len(trials.measured) == 5 and trials.clock[0] == 5.0
    # six of the last seven were not reached, the other one cannot be tried
    assert len(found.unmeasured_) == 6 and found.gain_.isna().sum().sum() == 4 + 7
    assert "Not measured, the time was up:" in str(found) and "5 of 12 cells" in str(found)
    source, target = found.unmeasured_[0]
    assert np.isnan(found.gain_.loc[source[0], target]) and found.verdict_.loc[source[0], target] == ""


def test_one_cell_is_measured_whatever_the_limit(trials):
    assert len(hs.map_transfers(domains(), time_limit=0.1).cells) == 1


def test_further_repeats_go_where_they_may_change_the_verdict(trials):
    hs.map_transfers(domains(), time_limit=14.5, repeats=2)
    assert len(trials.measured) == 14 and all(m[2] == 1 for m in trials.measured[:11])
    firsts = hs.map_transfers(domains(), repeats=1)
    chance = {c.place: chance_of_change(c, 8 / 32, N_FOLDS) for c in firsts.cells if c.verdict is not None}
    best = max(chance, key=chance.get)
    assert trials.measured[11][:3] == (*best, 2)


def test_a_time_limit_that_is_long_enough_gives_the_whole_map(trials):
    pd.testing.assert_frame_equal(
        numbers(hs.map_transfers(domains(), time_limit=1e6, repeats=3)), numbers(hs.map_transfers(domains(), repeats=3))
    )


def test_the_chance_of_a_change_is_that_of_simulated_folds():
    # Five folds whose spread is known; five more are drawn about their mean.
    random = np.random.default_rng(0)
    J, more, share, mean, spread = 5, 5, 0.25, 0.06, 0.1
    reach = student.ppf(0.95, J - 1) * spread * np.sqrt(1 / J + share)
    found = cell(gain=mean, reach=reach, pooling=0.5, pooling_reach=1e-3, n_scored=J)
    drawn = (J * mean + (mean + spread * random.normal(size=(40_000, more))).sum(axis=1)) / (J + more)
    # the mean that is drawn about is itself known from J folds only
    drawn = drawn + random.normal(size=40_000) * spread / np.sqrt(J) * more / (J + more)
    new_reach = student.ppf(0.95, J + more - 1) * spread * np.sqrt(1 / (J + more) + share)
    assert chance_of_change(found, share, more) == pytest.approx(np.mean(drawn > new_reach), abs=0.01)


def test_what_is_settled_is_not_measured_again_first():
    near, far, hopeless = (chance_of_change(cell(gain=g), 0.25, 10) for g in (0.05, 0.3, -0.3))
    assert near > 10 * max(far, hopeless)
    won = chance_of_change(cell(gain=0.051), 0.25, 10)
    assert won > 0.1  # claims can be lost too
    assert chance_of_change(Cell(("a",), "b", 1, 5, 0, 1.0, None), 0.25, 5) == 0.0


# ---- going on from a file


def test_an_interrupted_map_goes_on_to_the_last_digit(trials, tmp_path):
    whole = hs.map_transfers(domains(), repeats=2)
    trials.stop_after, trials.measured = 4, []
    with pytest.raises(KeyboardInterrupt):
        hs.map_transfers(domains(), repeats=2, resume=tmp_path / "map.jsonl")
    trials.stop_after, trials.measured = None, []
    again = hs.map_transfers(domains(), repeats=2, resume=tmp_path / "map.jsonl")
    assert len(trials.measured) == 11 - 4
    pd.testing.assert_frame_equal(numbers(again), numbers(whole), check_exact=True)
    pd.testing.assert_frame_equal(again.losses(), whole.losses(), check_exact=True)
    trials.measured = []
    hs.map_transfers(domains(), repeats=2, resume=tmp_path / "map.jsonl")
    assert trials.measured == []


def test_repeats_that_were_measured_are_not_measured_again(trials, tmp_path):
    whole = hs.map_transfers(domains(), repeats=3)
    hs.map_transfers(domains(), repeats=3, resume=tmp_path / "map.jsonl", time_limit=14.5)
    before, trials.measured = len(trials.measured), []
    again = hs.map_transfers(domains(), repeats=3, resume=tmp_path / "map.jsonl")
    assert before > 11 and sum(m[3] for m in trials.measured) == 11 * 3 * N_FOLDS - 14 * N_FOLDS
    pd.testing.assert_frame_equal(numbers(again), numbers(whole), check_exact=True)


def test_half_a_line_of_a_killed_run_is_dropped(trials, tmp_path):
    path = tmp_path / "map.jsonl"
    whole = hs.map_transfers(domains(), resume=path)
    content = path.read_bytes()
    for cut in (len(content) - 20, content.index(b"\n") - 5):
        path.write_bytes(content[:cut])
        pd.testing.assert_frame_equal(numbers(hs.map_transfers(domains(), resume=path)), numbers(whole))
        assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_file_of_a_map_of_tasks_is_refused(trials, tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 2))
    Y = {"a": np.resize([0, 1], 40), "b": X[:, 0]}
    hs.map_tasks(X, Y, repeats=1, targets=["a"], resume=tmp_path / "map.jsonl")
    with pytest.raises(hs.InputError, match="is of another kind of map: one is of domains .map_transfers., the other"):
        hs.map_transfers(domains(), resume=tmp_path / "map.jsonl")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"random_state": 1}, "of another run: random_state was 0 and is 1; expected the same data, settings"),
        ({"level": 0.8}, "level was 0.9 and is 0.8"),
        ({"data": [*domains()[:3], domain("d", seed=9)]}, "the rows or labels of domain 'd' have changed"),
        ({"data": domains()[:3]}, "targets was .*'d'. and is"),
        ({"n_target": 20}, "n_target was None and is 20"),
    ],
)
def test_a_file_of_another_run_is_refused(trials, tmp_path, change, message):
    change = dict(change)
    hs.map_transfers(domains(), resume=tmp_path / "map.jsonl")
    with pytest.raises(hs.InputError, match=message):
        hs.map_transfers(change.pop("data", domains()), resume=tmp_path / "map.jsonl", **change)


def test_a_file_of_other_versions_is_refused(trials, tmp_path, monkeypatch):
    hs.map_transfers(domains(), resume=tmp_path / "map.jsonl")
    monkeypatch.setattr(front, "version", lambda name: "0.0")
    with pytest.raises(hs.InputError, match=r"headstart was '.*' and is '0.0'"):
        hs.map_transfers(domains(), resume=tmp_path / "map.jsonl")


def test_no_file_of_anything_else_is_touched(trials, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("my notes\n")
    with pytest.raises(hs.InputError, match="holds something else than a map of transfer"):
        hs.map_transfers(domains(), resume=other)
    assert other.read_text() == "my notes\n"
    with pytest.raises(hs.InputError, match="is a folder; expected the name of a file"):
        hs.map_transfers(domains(), resume=tmp_path)
    with pytest.raises(hs.InputError, match="does not exist; create it first"):
        hs.map_transfers(domains(), resume=tmp_path / "no" / "map.jsonl")


@pytest.mark.parametrize("kind", [pd.DataFrame, np.asarray, sp.csr_matrix])
def test_a_checksum_tells_any_change_of_rows_and_labels(kind):
    X, y = np.arange(12.0).reshape(6, 2), np.array([0, 1] * 3)
    mine = fingerprint(hs.Domain(kind(X), y, name="a"))
    assert mine == fingerprint(hs.Domain(kind(X.copy()), y.copy(), name="a"))
    other = X.copy()
    other[3, 1] += 1e-9
    assert mine != fingerprint(hs.Domain(kind(other), y, name="a"))
    assert mine != fingerprint(hs.Domain(kind(X), 1 - y, name="a"))
    assert mine != fingerprint(hs.Domain(kind(X[::-1]), y, name="a"))


def test_a_checksum_tells_names_and_types_of_columns():
    X, y = pd.DataFrame({"u": [1, 2], "v": ["x", None]}), [0, 1]
    tables = [X, X.rename(columns={"u": "w"}), X.astype({"u": float}), X.fillna("x"), X[["v", "u"]]]
    assert len({fingerprint(hs.Domain(t, y)) for t in tables}) == 5
    assert fingerprint(hs.Domain(X.to_numpy(), y)) != fingerprint(hs.Domain(X.fillna("x").to_numpy(), y))


# ---- claims


def test_p_values_are_those_of_the_interval():
    found = cell(gain=0.05, reach=0.05, pooling=-0.05, pooling_reach=0.05)
    assert found.gain.p_above() == pytest.approx(0.05) and found.pooling.p_below() == pytest.approx(0.05)
    assert found.gain.p_below() == pytest.approx(0.95)


def test_adjusted_p_values_against_their_definition():
    p = np.array([0.001, 0.3, np.nan, 0.02, 0.04])
    known = np.sort(p[~np.isnan(p)])
    by_hand = [min(known[j] * 4 / (j + 1) for j in range(k, 4)) for k in range(4)]
    assert np.sort(adjust(p, "bh"))[:4] == pytest.approx(by_hand) and np.isnan(adjust(p, "bh")[2])
    assert adjust(p, "holm")[[0, 3, 4, 1]] == pytest.approx([0.004, 0.06, 0.08, 0.3])
    assert adjust(p, None) is p


def test_one_strong_cell_stands_and_weak_ones_among_many_do_not():
    strong, weak = cell(gain=0.2, reach=0.05), cell(gain=0.051, reach=0.05)
    nothing = [cell(gain=0.0, reach=0.05) for _ in range(30)]
    found = claims([strong, weak, *nothing], correction="bh", level=0.9)
    assert [c.decision for c in found[:3]] == ["helps", "undetermined", "undetermined"]
    assert [c.decision for c in claims([strong, weak], correction=None, level=0.9)] == ["helps", "helps"]
    assert claims([weak], correction="bh", level=0.9)[0].decision == "helps"  # alone it is its own verdict
    leaking = cell(gain=0.5, reach=0.05, leaks=("a",))
    assert claims([leaking], correction="bh", level=0.9)[0].decision == "undetermined"


def test_maps_of_nothing_claim_something_in_few_cases():
    random = np.random.default_rng(0)
    spread, J, share = 0.1, 10, 1 / 9
    error = spread * np.sqrt(1 / J + share)
    quantile = student.ppf(0.95, J - 1)
    maps, some_claim = 200, {"bh": 0, "holm": 0, None: 0}
    for _ in range(maps):
        # gains with their true standard error, and an estimate of that with J - 1 degrees of freedom
        gains, pooled = random.normal(size=(2, 30)) * error
        reach = quantile * error * np.sqrt(random.chisquare(J - 1, size=30) / (J - 1))
        found = [
            cell(gain=g, reach=r, pooling=p, pooling_reach=r) for g, p, r in zip(gains, pooled, reach, strict=True)
        ]
        for correction in some_claim:
            said = claims(found, correction=correction, level=0.9)
            some_claim[correction] += any(c.decision != "undetermined" for c in said)
    bound = maps * 0.1 + 3 * np.sqrt(maps * 0.1 * 0.9)
    assert some_claim["bh"] < bound and some_claim["holm"] < bound
    assert some_claim[None] > 0.9 * maps


# ---- what the map says


def test_who_helps_whom_and_who_hurts_whom():
    found = asymmetric()
    assert found.helpful()["sources"].tolist() == ["a"] and found.harmful()["sources"].tolist() == ["b"]
    table = found.asymmetry()
    assert table.loc[0, ["a", "b", "a_to_b", "b_to_a", "differs"]].tolist() == ["a", "b", "helps", "hurts", True]
    text = str(found)
    for part in (
        "2 of 3 cells measured",
        "a to b: +0.200 (+0.150 to +0.250)",
        "b to a: -0.300 (-0.350 to -0.250); weighed by held-out rows +0.000",
        "a helps b, b hurts a when pooled",
        "c to a",
        "d has 3 labelled rows",
        "at most 10% of the claims are expected to be false",
    ):
        assert part in text
    assert repr(found) == "TransferMap(2 targets, 2 of 3 cells measured; 1 help, 1 hurt)"
    assert found.verdict_.loc["c", "a"] == "" and found.low_.loc["a", "b"] == pytest.approx(0.15)


def test_pooling_that_hurts_is_told_where_the_weighed_model_helps_too():
    found = map_of(
        {
            (("a",), "b"): cell("a", "b", gain=0.2, pooling=-0.3),
            (("b",), "a"): cell("b", "a", gain=0.0, pooling=-0.2),
            (("c",), "a"): cell("c", "a", gain=0.2),
        }
    )
    assert found.verdict_.loc["a", "b"] == "helps" and found.verdict_.loc["b", "a"] == "hurts"
    assert found.harmful()["sources"].tolist() == ["a", "b"] and found.helpful()["sources"].tolist() == ["a", "c"]
    assert found.table_["pooling_hurts"].tolist() == [True, True, False]
    text = str(found)
    assert "+0.200*!" in text and "+0.000! " in text and "a to b: -0.300" in text
    assert "One way only" not in text and not found.asymmetry()["differs"].any()  # pooling hurts both ways


def test_as_a_map_of_tasks(trials):
    found = hs.map_transfers(domains(), orders=2)
    tasks = found.to_task_map()
    assert tasks.baselines == ("target only",) and set(tasks.sources) == set(NAMES) and tasks.max_order == 2
    # the loss of a row falls with the stand-in's gain here, so the source with the smallest mean wins all rows
    rows = found.losses()
    means = rows[(rows["target"] == "a") & (rows["sources"] != ("target only",))].groupby("sources")["loss"].mean()
    best = tasks.best_sources("a")["sources"][0]
    assert best == " + ".join(means.idxmin()) and tasks.best_sources("a")["beats target only"].eq(1).all()
    assert len(tasks.policy(budget=2).sources) <= 2


def test_a_policy_claims_no_more_than_the_map(tmp_path):
    """The source that wins all rows beats the target alone only where the map says that it helps."""
    won = {"losses": np.full(9, 0.5), "losses_alone": np.full(9, 0.6)}
    claimed, unclaimed = (
        map_of({(("a",), "b"): dataclasses.replace(cell("a", "b", gain=0.2, reach=r), **won)}) for r in (0.05, 0.4)
    )
    assert [m.verdict_.loc["a", "b"] for m in (claimed, unclaimed)] == ["helps", "undetermined"]
    for found, beats in ((claimed, "yes"), (unclaimed, "not told apart")):
        tasks = found.to_task_map()
        beside = tasks.against_baselines().iloc[0]
        assert beside["win_rate"] == 1 and beside["low"] > 0.5 and beside["beats"] == beats
        assert beside["verdict"] == found.verdict_.loc["a", "b"]
        tasks.to_json(tmp_path / "map.json")
        again = hs.TaskMap.from_json(tmp_path / "map.json")
        assert str(again.policy(1)) == str(tasks.policy(1))
    said = str(again.policy(1))
    assert said.startswith("Target 'b' gains nothing that shows over 'target only'.") and "undetermined" in said
    assert "(by the map of transfer, in its metric; 100% of" in said and "supervise a." not in said
    assert found.to_task_map(verdict=None).against_baselines()["beats"].tolist() == ["yes"]


def test_verdicts_are_about_the_target_alone_and_no_other_baseline():
    won = {"losses": np.full(9, 0.5), "losses_alone": np.full(9, 0.6)}
    cells = {(("a",), "b"): cell("a", "b", gain=0.2), (("c",), "b"): cell("c", "b")}
    found = map_of({k: dataclasses.replace(c, **won) for k, c in cells.items()})
    bare = found.to_task_map(baselines=())
    assert bare.baselines == () and bare.transfers["verdict"].eq("").all()
    assert found.to_task_map(baselines="target only").transfers["verdict"].ne("").any()


def test_harm_of_trusting_is_no_claim_about_the_weighed_model():
    won = {"losses": np.full(9, 0.6), "losses_alone": np.full(9, 0.5)}
    found = map_of({(("a",), "b"): dataclasses.replace(cell("a", "b", gain=-0.01, pooling=-0.3), **won)})
    assert found.verdict_.loc["a", "b"] == "hurts"
    beside = found.to_task_map().against_baselines().iloc[0]
    assert (beside["verdict"], beside["beats"]) == ("undetermined", "not told apart")


def test_sources_with_rows_of_the_target_are_told_first_and_nothing_rests_on_them():
    found = leaking()
    assert list(found.leaks_) == [(("a",), "b")]
    lines = str(found).splitlines()
    assert "Do not trust these gains (marked x)" in lines[2]
    assert lines[3].strip() == "a to b: 9 of 40 target rows stand in a too"
    assert "+0.500x" in str(found) and "Nothing is claimed of any of the 2 cells." in lines
    with pytest.warns(hs.HeadstartWarning, match="left out, since their sources hold rows of the target: a to b"):
        tasks = found.to_task_map()
    assert tasks.sources == ("c",)
    alone = map_of({(("a",), "b"): found.cells[0]})
    with pytest.raises(hs.InputError, match=r"in every cell that was measured \(a to b\) the sources hold rows"):
        alone.to_task_map()


def test_a_loss_is_never_written_as_zero():
    tiny = map_of({(("a",), "b"): cell("a", "b", gain=0.0, pooling=-0.0003, pooling_reach=0.0001)})
    assert "a to b: -3e-04 (-4e-04 to -2e-04); weighed by held-out rows +0.000" in str(tiny)
    assert "1 of 1 cell measured" in str(tiny)


def test_fewer_labels_than_asked_for_are_told(trials):
    with pytest.warns(hs.HeadstartWarning, match="n_target=30, and fewer labelled rows are there: b 20; all of them"):
        hs.map_transfers([domain("a", 40), domain("b", 20), domain("c", 40)], n_target=30)


# ---- bad input


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (domain("a"), {}, "one domain is given, 'a'; expected at least two"),
        ([domain("a")], {}, "one domain is given, 'a'; expected at least two"),
        ([], {}, "no domains are given; expected at least two"),
        ([domain("a"), domain("a")], {}, "domains of the same name: a; give each its own name"),
        ([domain("a"), hs.Domain(np.zeros((9, 2)), [0, 1, 1] * 3)], {}, "at position 1 has no name"),
        ([domain("a"), hs.Domain(np.zeros((9, 2)), name="b")], {}, "no labels in 'b'; expected labels in each domain"),
        (domains(), {"targets": ["a", "x"]}, "targets names 'x', which is none of the domains; expected some of"),
        (domains(), {"sources": ["y"]}, "sources names 'y'"),
        (domains(), {"targets": []}, "targets is empty"),
        (domains(), {"targets": ["a"], "sources": ["a"]}, "no source is left for any target"),
        ([domain("a"), domain("b", 6)], {"targets": ["b"]}, "target 'b' has 6 labelled rows; expected at least 8"),
        ([domain("a", 6), domain("b", 6)], {}, r"no source is left .*'?a'? has 6 labelled rows"),
        (
            [domain("a"), domain("b", labels=(0.5, 1.5, 2.25))],
            {},
            "the labels are classes in 'a' and numbers in 'b'; expected the same task in all",
        ),
        (domains(), {"task": "ranking"}, "task='ranking'; expected 'classification', 'regression' or None"),
        (domains(), {"orders": 0}, "orders=0; expected a whole number of at least 1"),
        (domains()[:2], {"orders": 2}, "orders=2 asks for sets of as many sources; there are at most 1"),
        (domains(), {"n_target": 5}, "n_target=5; expected a whole number of at least 8"),
        (domains(), {"level": 90}, "level=90; expected a share between 0 and 1"),
        (domains(), {"correction": "bonferroni"}, "correction='bonferroni'; expected 'bh'"),
        (domains(), {"methods": "best"}, "methods='best'; expected 'quick' or 'all'"),
        (domains(), {"repeats": 0}, "repeats=0"),
        (domains(), {"time_limit": "5m"}, "time_limit='5m'; expected a number of seconds, more than 0"),
        (domains(), {"time_limit": 0}, "time_limit=0; expected a number of seconds, more than 0"),
        (domains(), {"random_state": None}, "random_state=None; expected a whole number"),
        ([domain("a"), domain("b", labels=(1, None))], {}, "y of domain 'b' has 20 gaps among 40 labels"),
    ],
)
def test_bad_input_is_named(trials, given, options, message):
    with pytest.raises(hs.InputError, match=message):
        hs.map_transfers(given, **options)
    assert not trials.measured


@pytest.mark.parametrize("given", [3, "abc", np.zeros((3, 2)), [np.zeros((3, 2)), 4]])
def test_anything_but_domains_is_refused(given):
    with pytest.raises(hs.InputTypeError, match=r"expected (a list of hs.Domain|Domain objects)"):
        hs.map_transfers(given)


def test_domains_that_cannot_be_targets_are_skipped_and_named(trials):
    found = hs.map_transfers([domain("a"), domain("b", 6), domain("c", labels=(1,)), domain("d")])
    assert found.skipped_.keys() == {"b", "c"} and list(found.gain_.columns) == ["a", "d"]
    assert "b has 6 labelled rows" in str(found) and "c has one class among its labels, 1" in str(found)


# ---- with real models


@pytest.mark.slow
def test_real_trials_go_on_to_the_last_digit(tmp_path):
    random = np.random.default_rng(3)
    X = random.normal(size=(40, 2))
    y = (X[:, 0] > 0).astype(int)
    known = {"turned": hs.Domain(X[:30], 1 - y[:30]), "south": hs.Domain(X[30:], np.resize([0, 1], 10))}
    options = {"targets": ["south"], "repeats": 2, "resume": tmp_path / "map.jsonl"}
    first = hs.map_transfers(known, time_limit=1e-6, **options)
    assert first.table_["repeats"].tolist() == [1]
    again = hs.map_transfers(known, **options)
    whole = hs.map_transfers(known, **{**options, "resume": None})
    pd.testing.assert_frame_equal(numbers(again), numbers(whole), check_exact=True)
    pd.testing.assert_frame_equal(again.losses(), whole.losses(), check_exact=True)
    assert not first.table_["gain"].equals(whole.table_["gain"]) and np.isfinite(whole.pooling_.loc["turned", "south"])


@pytest.mark.slow
def test_domains_of_pure_noise_help_and_hurt_nobody():
    found = hs.map_transfers([domain(name, 24, seed=20 + k) for k, name in enumerate("abc")], repeats=1)
    assert len(found.table_) == 6 and set(found.table_["verdict"]) == {"undetermined"}
