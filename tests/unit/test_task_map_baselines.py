"""Transfers beside baselines: a source that is worse than none is never told as one that helps."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import headstart as hs

COLUMNS = ["sources", "target", "row", "score"]


def won(target, rates, n=200, baseline="target only"):
    """Scores of ``n`` rows in which each source beats the baseline in a share of them."""
    rows = [(baseline, target, k, 0.0) for k in range(n)]
    for source, rate in rates.items():
        rows += [(source, target, k, 1.0 + 0.01 * len(source) if k < rate * n else -1.0) for k in range(n)]
    return rows


def map_of(*parts, **options):
    table = pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)
    return hs.TaskMap.from_transfers(table, row="row", baselines=["target only"], **options)


@pytest.fixture
def losing():
    """num loses to learning lab alone; rare helps num; lab is not told apart from rare alone."""
    return map_of(won("lab", {"num": 0.4}), won("num", {"rare": 0.8}), won("rare", {"num": 0.48}))


def test_win_rates_against_the_baseline_have_wilson_intervals(losing):
    found = losing.against_baselines().set_index("target")
    assert found["win_rate"].to_dict() == {"lab": 0.4, "num": 0.8, "rare": 0.48}
    assert found["n_rows"].tolist() == [200] * 3
    # Three intervals that together are wrong in 10 % of maps, each on one of two sides.
    z, p, n = norm.isf(0.1 / 3 / 2), 0.4, 200
    # The ends solve |p - x| = z sqrt(x (1 - x) / n).
    ends = np.roots([1 + z**2 / n, -(2 * p + z**2 / n), p**2])
    assert sorted(ends) == pytest.approx([found.loc["lab", "low"], found.loc["lab", "high"]])
    assert found["beats"].to_dict() == {"lab": "no", "num": "yes", "rare": "not told apart"}
    assert found["baseline"].unique() == ["target only"]
    alone = losing.transfers.set_index(["target", "sources"])["affinity"]
    assert found.loc["lab", "baseline_affinity"] == alone["lab", ("target only",)] == pytest.approx(0.6)


def test_few_rows_tell_nothing_apart():
    found = map_of(won("lab", {"num": 0.4}, n=20)).against_baselines()
    assert found["beats"].tolist() == ["not told apart"]


def test_more_sources_need_more_wins():
    one = map_of(won("lab", {"num": 0.57}))
    many = map_of(won("lab", {"num": 0.57, **{f"s{k}": 0.5 for k in range(9)}}))
    found = [m.against_baselines().set_index("sources").loc["num"] for m in (one, many)]
    assert [f["beats"] for f in found] == ["yes", "not told apart"]
    assert found[1]["low"] < 0.5 < found[0]["low"]


@pytest.mark.parametrize(("rate", "win", "loss"), [(0.8, 0.1, -1.0), (0.2, 9.0, -0.1)])
@pytest.mark.parametrize("higher", [True, False])
def test_many_small_wins_and_few_large_losses_make_no_claim(rate, win, loss, higher):
    rows = [("alone", "t", k, 0.0) for k in range(200)]
    sign = 1 if higher else -1
    rows += [("a", "t", k, sign * (win if k < rate * 200 else loss)) for k in range(200)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    tasks = hs.TaskMap.from_transfers(table, row="row", baselines="alone", higher_is_better=higher)
    found = tasks.against_baselines().iloc[0]
    assert found["win_rate"] == rate and found["beats"] == "not told apart"


def test_a_policy_stands_beside_the_baseline(losing):
    policy = losing.policy(2)
    frame = policy.to_frame().set_index("target")
    assert frame["beats_baseline"].to_dict() == {"lab": "no", "num": "yes", "rare": "not told apart"}
    assert frame.loc["lab", ["baseline", "win_rate"]].tolist() == ["target only", 0.4]
    assert frame.loc["lab", "affinity"] < frame.loc["lab", "baseline_affinity"]
    kept = policy.to_dict()
    assert kept["beside"]["lab"]["beats"] == "no" and kept["outlook"]["num"] == {"beats": "yes", "sources": ["rare"]}
    lines = str(policy).splitlines()
    assert lines[0] == "2 of 3 targets gain nothing that shows over 'target only': 'lab', 'rare'."
    assert lines[1].endswith("supervise rare. num was chosen too and serves only targets that gain nothing.")
    assert "'target only' 0.600: loses to it, 40% of 200 rows won" in lines[2]
    assert lines[-2] == "lab is best learnt alone: no allowed source beats 'target only'."
    assert lines[-1] == (
        "rare gains nothing that shows: num is not told apart from 'target only' (48% of 200 rows won, interval 41% to "
        "55%)."
    )


def test_where_nothing_gains_nothing_is_to_be_supervised():
    policy = map_of(won("lab", {"num": 0.3}), won("rare", {"num": 0.2})).policy(1)
    lines = str(policy).splitlines()
    assert lines[0] == "None of the 2 targets gains anything that shows over 'target only'."
    assert "nothing to supervise. num would give" in lines[1]
    assert not [line for line in lines if "supervise num" in line]


def test_another_source_that_would_beat_the_baseline_is_named():
    tasks = map_of(won("lab", {"num": 0.3, "rare": 0.9}), won("rare", {"num": 0.9}))
    one = tasks.policy(1)
    assert one.sources == ("num",)
    assert "lab is better learnt alone than from num: 'target only' beats it; rare would beat 'target only'." in str(
        one
    )
    both = tasks.policy(2)
    assert str(both).startswith("All 2 targets gain over 'target only'.") and "best learnt" not in str(both)


def test_policies_say_first_who_gains_nothing_whatever_the_budget(losing):
    policies = losing.policies([2, 3])
    lines = str(policies).splitlines()
    assert lines[0] == (
        "2 of 3 targets gain nothing that shows, whatever the budget: no allowed source beats 'target only' for 'lab', "
        "and none is shown to beat it for 'rare'."
    )
    assert "1 of 3" in lines[2] and "(num), rare" in lines[2]
    assert lines[-1] == "Sources in parentheses serve only targets that gain nothing."
    frame = policies.to_frame()
    assert frame["n_gain"].tolist() == [1, 1] and frame["n_compared"].tolist() == [3, 3]


def test_baselines_do_not_change_what_is_chosen():
    rng = np.random.default_rng(0)
    rows = [(s, t, k, rng.normal()) for t in "tuv" for s in ("a", "b", "c", "alone") for k in range(9)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    tasks = hs.TaskMap.from_transfers(table, row="row", baselines="alone")
    bare = hs.TaskMap.from_affinities(tasks.to_frame()[lambda f: f["sources"] != "alone"])
    for budget in (1, 2, 3):
        first, second = tasks.policy(budget), bare.policy(budget)
        assert (first.sources, first.transfers) == (second.sources, second.transfers)
        assert not second.beside and "beats_baseline" not in second.to_frame()


def test_the_best_of_several_baselines_counts():
    table = pd.DataFrame({"t": [0.5, 0.4, 0.6]}, index=["a", "scratch", "self"])
    tasks = hs.TaskMap.from_affinities(table, baselines=["scratch", "self"])
    found = tasks.policy(1).beside["t"]
    assert (found.baseline, found.affinity, found.beats, found.n_rows) == ("self", 0.6, "no", None)
    assert tasks.policy(1).to_dict()["beside"]["t"]["win_rate"] is None


def test_win_rates_without_rows_decide_alone():
    wins = pd.DataFrame({"sources": ["a", "b"], "target": "t", "against": "alone", "win_rate": [0.51, 0.5]})
    with pytest.warns(hs.HeadstartWarning, match="never compared"):
        tasks = hs.TaskMap.from_win_rates(wins, baselines="alone")
    assert tasks.against_baselines().set_index("sources")["beats"].to_dict() == {"a": "yes", "b": "not told apart"}


def test_rows_come_back_from_json_and_may_lack(losing, tmp_path):
    losing.to_json(tmp_path / "map.json")
    again = hs.TaskMap.from_json(tmp_path / "map.json")
    pd.testing.assert_frame_equal(again.against_baselines(), losing.against_baselines())
    assert str(again.policy(2)) == str(losing.policy(2))
    text = (tmp_path / "map.json").read_text()
    (tmp_path / "old.json").write_text(text[: text.index(', "rows"')] + "}")
    old = hs.TaskMap.from_json(tmp_path / "old.json").against_baselines()
    assert old["n_rows"].isna().all() and old["beats"].tolist() == ["no", "yes", "no"]


def test_a_map_of_baselines_alone_is_refused():
    table = pd.DataFrame([("a", t, k, 1.0) for t in "tu" for k in range(3)], columns=COLUMNS)
    with pytest.raises(hs.InputError, match=r"every source is a baseline \('a'\).*at least one source that is a task"):
        hs.TaskMap.from_transfers(table, row="row", baselines=["a"])


def test_one_name_may_be_a_text(losing):
    assert losing.policy(1, targets="lab").transfers == {"lab": ("num",)}
    assert losing.policy(1, targets="lab", sources="num").sources == ("num",)
    assert str(losing.policy(1, targets="lab")).startswith("Target 'lab' gains nothing that shows")


def test_nothing_asked_for_is_refused(losing):
    with pytest.raises(hs.InputError, match=r"budgets is empty; expected at least one, such as range\(1, 4\)"):
        losing.policies([])
    with pytest.raises(hs.InputError, match="targets is empty; expected at least one name, or None for all"):
        losing.policy(5, targets=[])


def test_one_target_out_of_reach_is_named(losing):
    with pytest.raises(
        hs.InputError, match="a budget of 0 does not reach the target 'lab': .* cost 1; raise the budget$"
    ):
        losing.policy(0, targets="lab")


@pytest.mark.parametrize("own", [0.5, np.nan])
def test_a_square_of_win_rates_may_hold_one_half_or_nothing_for_itself(own):
    square = pd.DataFrame([[own, 0.7], [0.3, own]], index=["a", "b"], columns=["a", "b"])
    assert hs.TaskMap.from_win_rates({"t": square}).affinity["t"].tolist() == pytest.approx([0.7, 0.3])


def test_a_win_rate_against_itself_is_refused():
    square = pd.DataFrame([[0.9, 0.7], [0.3, 0.5]], index=["a", "b"], columns=["a", "b"])
    match = "a -> t against itself has the win rate 0.9; expected 0.5, or no value"
    with pytest.raises(hs.InputError, match=match):
        hs.TaskMap.from_win_rates({"t": square})
    listed = pd.DataFrame({"sources": ["a", "a"], "target": "t", "against": ["a", "b"], "win_rate": [0.9, 0.7]})
    with pytest.raises(hs.InputError, match=match):
        hs.TaskMap.from_win_rates(listed)


VERDICTS = ["helps", "hurts", "undetermined", None]


def judged(verdicts=VERDICTS, rate=0.9):
    """Sources that all win as often, and were judged before."""
    rows = [(*row, None) for row in won("t", {})]
    rows += [(*row, v) for k, v in enumerate(verdicts) for row in won("t", {f"s{k}": rate}) if row[0] != "target only"]
    return pd.DataFrame(rows, columns=[*COLUMNS, "told"])


def test_verdicts_of_a_map_decide_in_the_place_of_win_rates(tmp_path):
    tasks = hs.TaskMap.from_transfers(judged(), row="row", baselines="target only", verdict="told")
    found = tasks.against_baselines().set_index("sources")
    assert found["beats"].to_dict() == {"s0": "yes", "s1": "no", "s2": "not told apart", "s3": "yes"}
    assert found["verdict"].tolist() == ["helps", "hurts", "undetermined", ""]
    assert tasks.affinity.loc["s0", "t"] == pytest.approx(tasks.affinity.loc["s1", "t"])
    tasks.to_json(tmp_path / "map.json")
    pd.testing.assert_frame_equal(hs.TaskMap.from_json(tmp_path / "map.json").transfers, tasks.transfers)
    said = str(tasks.policy(1, sources="s1"))
    assert "hurts, 90% of 200 rows won" in said and "t is best learnt alone" in said
    assert "helps, 90% of 200 rows won" in str(tasks.policy(1, sources="s0"))


def test_files_without_verdicts_are_read(losing, tmp_path):
    losing.to_json(tmp_path / "map.json")
    kept = json.loads((tmp_path / "map.json").read_text())
    for one in kept["transfers"]:
        del one["verdict"]
    (tmp_path / "old.json").write_text(json.dumps(kept))
    pd.testing.assert_frame_equal(hs.TaskMap.from_json(tmp_path / "old.json").transfers, losing.transfers)


def test_odd_verdicts_are_refused(tmp_path):
    table, given = judged(), {"row": "row", "baselines": "target only"}
    with pytest.raises(hs.InputError, match="the table has no column 'verdict' of verdicts but 'sources'"):
        hs.TaskMap.from_transfers(table, verdict="verdict", **given)
    with pytest.raises(hs.InputError, match="a verdict is 'good'; expected 'helps', 'hurts', 'undetermined', or a gap"):
        hs.TaskMap.from_transfers(table.replace({"told": {"helps": "good"}}), verdict="told", **given)
    with pytest.raises(hs.InputError, match="verdict='told' is given without baselines"):
        hs.TaskMap.from_transfers(table, row="row", verdict="told")
    table.loc[table.index[-1], "told"] = "helps"
    with pytest.raises(hs.InputError, match="s3 -> t has several verdicts in 'told'; expected the same one in all"):
        hs.TaskMap.from_transfers(table, verdict="told", **given)
