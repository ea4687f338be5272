"""The choice among networks: what is tried, what is handed over, what is claimed, and what is refused."""

import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import cross_val_score

import headstart as hs
from headstart.choose.networks import cells, searching
from headstart.choose.networks.budget import planned
from headstart.choose.networks.folds import network_folds
from headstart.choose.networks.settings import settings_of
from headstart.neural import L2SP, BitFit, FreezeBelow, FullFineTune, LinearProbe, LoRA, open_backbone

rng = np.random.default_rng(0)
XS, X, XT = rng.normal(size=(300, 4)), rng.normal(size=(40, 4)), rng.normal(size=(300, 4))


def rule(X):
    return np.where(X[:, 0] * X[:, 1] > 0, "yes", "no")


Y = rule(X)
SOURCE = hs.Domain(XS, rule(XS), name="north")
HOSTILE = hs.Domain(XS, rng.permutation(rule(XS)), name="noise")


def quick(**more):
    given = {"folds": 2, "epochs": 6, "source_epochs": 12, "random_state": 0, "candidates": [("all", FullFineTune())]}
    return hs.NeuralTransferSearch(**(given | more))


def test_a_source_with_the_same_rule_is_found_to_help():
    wide = np.random.default_rng(5).normal(size=(640, 12))
    source = hs.Domain(wide[40:], rule(wide[40:]))
    search = quick(folds=5, epochs=20, candidates="auto", policy="best").fit(wide[:40], rule(wide[:40]), source=source)
    assert search.verdict_.decision == "helps"
    assert search.verdict_.baseline.startswith("from scratch")
    board = search.leaderboard_
    assert {"from scratch (network)", "from scratch (linear)", "source only", "LoRA"} <= set(board["candidate"])
    assert board["weight"].sum() == pytest.approx(1) and (board["weight"] > 0).sum() == 1
    assert search.n_source_ == 600 and search.n_folds_ == 5
    curves = search.curves_
    assert set(curves["candidate"]) >= {"LoRA", "gradual unfreezing"} and curves["watched"].notna().all()
    assert curves.groupby(["candidate", "fold"])["epoch"].max().eq(19).all()


def test_a_source_of_noise_is_not_trusted():
    search = quick(folds=4, epochs=20, policy="strict").fit(X, Y, source=HOSTILE)
    assert search.verdict_.decision != "helps"
    assert search.members_ and all(name.startswith("from scratch") for name in search.members_)
    assert "policy 'strict'" in search.verdict_note_


def test_scores_are_of_rows_that_the_training_never_saw(monkeypatch):
    seen = []
    inner = cells.Rows.fit

    def fit(self, estimator, rows=None):
        seen.append(rows)
        return inner(self, estimator, rows)

    monkeypatch.setattr(cells.Rows, "fit", fit)
    asked = []
    ask = cells.Rows.values

    def values(self, estimator, rows):
        asked.append(rows)
        assert not set(rows) & set(seen[-1])
        return ask(self, estimator, rows)

    monkeypatch.setattr(cells.Rows, "values", values)
    quick().fit(X, Y, source=hs.Domain(XS, np.where(XS[:, 2] > 0, "up", "down")))
    assert len(asked) >= 6 and seen[-1] is None


def test_labels_of_a_fold_do_not_reach_its_predictions(monkeypatch):
    """Turn the labels of one fold's test rows round: what was said of these rows before must stay."""
    folds = network_folds((Y == "yes").astype(int), classes=True, n_folds=2, random=np.random.default_rng(3))
    monkeypatch.setattr(searching, "network_folds", lambda *args, **more: folds)
    said = []
    inner = searching.run_cells

    def run_cells(*args, **more):
        found, courses = inner(*args, **more)
        said.append({name: v[0] for name, v in found.values.items()})
        return found, courses

    monkeypatch.setattr(searching, "run_cells", run_cells)
    turned = Y.copy()
    turned[folds[0].test] = np.where(Y[folds[0].test] == "yes", "no", "yes")
    quick(candidates="auto").fit(X, Y, source=SOURCE)
    quick(candidates="auto").fit(X, turned, source=SOURCE)
    for name, values in said[0].items():
        assert np.array_equal(values, said[1][name]), name


def test_without_anything_to_transfer_the_model_is_the_best_from_scratch():
    search = hs.NeuralTransferSearch(folds=2, epochs=3, random_state=0).fit(X, Y)
    assert search.verdict_ is None and "no source was given" in search.verdict_note_
    assert all(name.startswith("from scratch") for name in search.leaderboard_["candidate"])


def test_a_pretrained_backbone_is_a_source_too():
    teacher = hs.FineTuneClassifier(random_state=0, epochs=15).fit(XS, rule(XS))
    backbone = open_backbone(teacher.network_.encoder, pretrained=True)
    before = {k: v.clone() for k, v in backbone.module.state_dict().items()}
    search = quick(backbone=backbone, candidates="auto", epochs=10).fit(X, Y)
    assert search.verdict_ is not None and search.n_source_ == 0
    assert {"frozen features (linear)", "probe, then all layers"} <= set(search.leaderboard_["candidate"])
    assert all(torch.equal(v, before[k]) for k, v in backbone.module.state_dict().items())


def test_backbone_and_source_are_tried_apart_and_together():
    backbone = open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU()), pretrained=True)
    search = quick(backbone=backbone, candidates=[("LoRA", LoRA()), ("pulled", [L2SP()])]).fit(X, Y, source=SOURCE)
    assert {"LoRA", "LoRA, after north", "pulled", "pulled, after north", "source only"} <= set(
        search.leaderboard_["candidate"]
    )


def test_the_model_is_what_fine_tuning_alone_gives():
    search = quick(policy="best", candidates=[("head", LinearProbe())]).fit(X, Y, source=SOURCE)
    (name,) = search.members_
    member = search.members_[name]
    assert np.array_equal(search.predict_proba(XT), member.predict_proba(XT))
    assert set(search.layers_) == ({name} if hasattr(member, "layers_") else set())


def test_a_blend_is_the_weighted_mean_of_its_members():
    search = quick(policy="blend", candidates="auto").fit(X, Y, source=SOURCE)
    assert len(search.members_) > 1
    mean = sum(search.weights_[n] * cells.values_of(m, XT, search.classes_) for n, m in search.members_.items())
    assert np.allclose(search.predict_proba(XT), mean)


def test_numbers():
    source = hs.Domain(XS, XS[:, 0] * XS[:, 1])
    search = quick(task="regression", epochs=20).fit(X, 10 + 3 * X[:, 0] * X[:, 1], source=source)
    assert search.metric_ == "r2" and not hasattr(search, "predict_proba") and is_regressor(search)
    assert search.score(XT, 10 + 3 * XT[:, 0] * XT[:, 1]) > 0.3


def test_texts_and_images():
    words = ["good tea", "fine cup", "bad tea", "poor cup"] * 6
    y = [1, 1, 0, 0] * 6
    found = hs.NeuralTransferSearch(folds=2, epochs=1, random_state=0).fit(words, y)
    assert found.predict(["good cup", "bad cup"]).tolist() == [1, 0]
    assert set(found.leaderboard_["candidate"]) == {"from scratch (linear)", "from scratch (network)"}
    images = rng.integers(0, 255, size=(24, 40, 36), dtype=np.uint8)
    images[12:, :, :18] //= 4
    dark = hs.NeuralTransferSearch(folds=2, epochs=1, random_state=0).fit(images, [0] * 12 + [1] * 12)
    assert dark.score(images, [0] * 12 + [1] * 12) > 0.9


def test_a_class_with_one_row_is_learned_from_and_never_scored():
    y = np.r_[np.zeros(10), np.ones(10), [2]].astype(int)
    for fold in network_folds(y, classes=True, n_folds=5, random=np.random.default_rng(0)):
        assert 20 in fold.train and 20 not in fold.test
    assert network_folds(np.arange(12), classes=True, n_folds=5, random=np.random.default_rng(0)) is None


def test_one_row_of_each_class_gives_a_model_and_no_claim():
    rows = [int(np.flatnonzero(Y == c)[0]) for c in ("no", "yes")]
    search = quick().fit(X[rows], Y[rows], source=SOURCE)
    assert search.verdict_ is None and "fewer than 8 can be held out" in search.verdict_note_
    assert list(search.members_) == ["fine-tune all layers"] and search.score(XT, rule(XT)) > 0.7
    other = hs.Domain(XS, np.where(XS[:, 2] > 0, "up", "down"), name="other labels")
    hedged = quick().fit(X[rows], Y[rows], source=other)
    assert hedged.weights_ == {"frozen features (linear)": 0.5, "fine-tune all layers": 0.5}
    assert "in equal shares" in hedged.verdict_note_ and hedged.predict_proba(XT).shape == (300, 2)


def test_without_target_labels_the_source_model_is_handed_over():
    with pytest.warns(hs.HeadstartWarning, match="the model is the source's network as it is"):
        search = quick().fit(X, None, source=SOURCE)
    assert search.verdict_ is None and search.score(XT, rule(XT)) > 0.7


def test_saved_and_loaded(tmp_path):
    search = quick(policy="blend", candidates="auto").fit(
        pd.DataFrame(X), Y, source=hs.Domain(pd.DataFrame(XS), SOURCE.y)
    )
    hs.save(search, tmp_path / "model.headstart")
    again = hs.load(tmp_path / "model.headstart")
    assert np.array_equal(again.predict_proba(XT), search.predict_proba(XT))
    assert again.verdict_ == search.verdict_ and again.leaderboard_.equals(search.leaderboard_)


def test_scikit_learn_tools_take_it():
    search = quick()
    assert is_classifier(search) and clone(search).get_params()["folds"] == 2
    scores = cross_val_score(search, X, Y, cv=2, params={"source": SOURCE})
    assert len(scores) == 2


def test_progress_counts_trainings():
    told = []
    quick(progress=lambda done, total, name: told.append((done, total, name))).fit(X, Y, source=SOURCE)
    counted = [t for t in told if t[1] and "all rows" not in t[2]]
    assert counted[0][0] == 0 and counted[-1][0] == counted[-1][1]


# The time limit.


def test_what_fits_into_the_time():
    costs, must = [0, 1, 10, 10, 100], [True, True, False, False, False]
    assert planned(costs, must, 5, 1e6, 1) == ([0, 1, 2, 3, 4], 5)
    # 21 seconds a fold and 10 for the model: five folds are 115.
    assert planned(costs, must, 5, 115 / 0.85, 1) == ([0, 1, 2, 3], 5)
    assert planned(costs, must, 5, 114 / 0.85, 1) == ([0, 1, 2, 3], 4)
    # Without the time for three folds of both, one is left out, and the other gets its folds.
    assert planned(costs, must, 5, 65 / 0.85, 1)[0] == [0, 1, 2]
    assert planned(costs, must, 5, 1, 1) == ([0, 1], 2)


def test_a_time_limit_leaves_out_what_takes_too_long_and_says_so():
    slow = hs.FineTuneClassifier(open_backbone(torch.nn.Linear(4, 8), pretrained=True), epochs=10_000_000)
    with pytest.warns(hs.HeadstartWarning, match="candidate 'slow' left out: about .* s a training"):
        search = quick(candidates=[("slow", slow)], time_limit=600).fit(X, Y, source=SOURCE)
    note = search.leaderboard_.set_index("candidate")["note"]["slow"]
    assert "too little is left of the time limit of 600 s" in note


# Going on after an interruption.


def test_a_finished_search_is_not_done_again(tmp_path, monkeypatch):
    first = quick(folder=tmp_path / "work").fit(X, Y, source=SOURCE)
    fits = []
    inner = searching.run_cells
    monkeypatch.setattr(cells, "run_cell", lambda *args: fits.append(args))
    again = quick(folder=tmp_path / "work", resume=True).fit(X, Y, source=SOURCE)
    assert not fits and inner is searching.run_cells
    assert np.array_equal(again.predict_proba(XT), first.predict_proba(XT))
    assert again.leaderboard_.equals(first.leaderboard_)


def test_another_search_is_not_gone_on_with(tmp_path):
    quick(folder=tmp_path / "work").fit(X, Y, source=SOURCE)
    with pytest.raises(hs.InputError, match="already holds a search; expected resume=True"):
        quick(folder=tmp_path / "work").fit(X, Y, source=SOURCE)
    with pytest.raises(hs.InputError, match="holds another search: labels, folds differ"):
        quick(folder=tmp_path / "work", resume=True).fit(X, Y[::-1], source=SOURCE)
    with pytest.raises(hs.InputError, match="holds another search: candidates"):
        quick(folder=tmp_path / "work", resume=True, epochs=7).fit(X, Y, source=SOURCE)


SCRIPT = """
import numpy as np, headstart as hs, sys
rng = np.random.default_rng(0)
XS, X = rng.normal(size=(300, 4)), rng.normal(size=(40, 4))
rule = lambda X: np.where(X[:, 0] * X[:, 1] > 0, "yes", "no")
search = hs.NeuralTransferSearch(folds=2, epochs=40, source_epochs=12, random_state=0, folder=sys.argv[1], resume=True)
search.fit(X, rule(X), source=hs.Domain(XS, rule(XS)))
np.save(sys.argv[2], search.predict_proba(XS))
"""


@pytest.mark.slow
def test_a_killed_search_goes_on_as_if_nothing_had_happened(tmp_path):
    run = [sys.executable, "-c", SCRIPT]
    subprocess.run([*run, str(tmp_path / "whole"), str(tmp_path / "whole.npy")], check=True)
    killed = subprocess.Popen([*run, str(tmp_path / "cut"), str(tmp_path / "cut.npy")])
    done = tmp_path / "cut" / "cells"
    while len(list(done.glob("*.json")) if done.is_dir() else ()) < 4:
        assert killed.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "cut.npy").exists()
    subprocess.run([*run, str(tmp_path / "cut"), str(tmp_path / "cut.npy")], check=True)
    assert np.array_equal(np.load(tmp_path / "cut.npy"), np.load(tmp_path / "whole.npy"))


# What is refused.


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"policy": "average"}, "policy='average'; expected 'blend', 'best' or 'strict'"),
        ({"task": "ranking"}, "task='ranking'; expected 'classification' or 'regression'"),
        ({"folds": 1}, "folds=1; expected a whole number of at least 2"),
        ({"level": 90}, "level=90; expected a number between 0.5 and 1"),
        ({"time_limit": -3}, "time_limit=-3; expected a number of seconds above 0"),
        ({"candidates": "all"}, "candidates='all'; expected 'auto', 'every' or a list"),
        ({"candidates": []}, "candidates is empty"),
        ({"candidates": [("a", LoRA()), ("a", BitFit())]}, "candidates has names that occur twice"),
        ({"candidates": [("from scratch (network)", LoRA())]}, "which a baseline has; give it another one"),
        ({"candidates": [("a", FreezeBelow("nothing"))]}, "could not be fitted: no layer is called 'nothing'"),
        ({"settings": {"epochs": 3}}, "settings holds 'epochs': it is a parameter of the search itself"),
        ({"settings": {"augmentation": 3}}, "settings holds 'augmentation': expected accumulate, augment"),
        ({"resume": True}, "resume=True without a folder"),
        ({"scoring": "accurate"}, "scoring='accurate' is no metric"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    if "could not be fitted" in message:
        with pytest.warns(hs.HeadstartWarning, match=message):
            quick(**settings).fit(X, Y, source=SOURCE)
        return
    with pytest.raises(hs.InputError, match=message):
        quick(**settings).fit(X, Y, source=SOURCE)


def test_candidates_of_a_wrong_type():
    for wrong in ([LoRA()], [("a", "LoRA")], 3):
        with pytest.raises(hs.InputTypeError, match=r"expected|candidate 'a' is of type str"):
            quick(candidates=wrong).fit(X, Y, source=SOURCE)
    with pytest.raises(hs.InputError, match="nothing to transfer"):
        quick().fit(X, Y)


def test_a_candidate_that_diverges_is_left_out_by_name():
    wild = hs.FineTuneClassifier(
        open_backbone(torch.nn.Linear(4, 8), pretrained=True), learning_rate=1e38, clip=None, epochs=5
    )
    with pytest.warns(hs.HeadstartWarning, match="candidate 'wild' could not be fitted: .* at step"):
        search = quick(candidates=[("wild", wild), ("all", FullFineTune())]).fit(X, Y, source=SOURCE)
    assert "could not be fitted" in search.leaderboard_.set_index("candidate")["note"]["wild"]


def test_watched_rows_change_nothing():
    alone = hs.FineTuneClassifier(random_state=0, epochs=4).fit(X, Y)
    watched = hs.FineTuneClassifier(random_state=0, epochs=4, watch=hs.Domain(XT, rule(XT))).fit(X, Y)
    assert np.array_equal(alone.predict_proba(XT), watched.predict_proba(XT))
    losses = [row["watched"] for row in watched.histories_["target"].rows]
    P = watched.predict_proba(XT)
    own = -np.log(P[np.arange(len(XT)), np.searchsorted(watched.classes_, rule(XT))]).mean()
    assert losses[-1] == pytest.approx(own, abs=1e-4) and len(losses) == 4
    assert all("watched" not in row for row in alone.histories_["target"].rows)


def test_watched_rows_that_cannot_be():
    with pytest.raises(hs.InputError, match=r"watch has labels \['maybe'\] that y lacks"):
        hs.FineTuneClassifier(watch=hs.Domain(XT, ["maybe"] * len(XT))).fit(X, Y)
    with pytest.raises(hs.InputTypeError, match="watch is not a Domain with labels"):
        hs.FineTuneClassifier(watch=(XT, rule(XT))).fit(X, Y)


def test_nothing_is_printed_and_no_random_state_moves(capfd):
    state = torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick().fit(X, Y, source=SOURCE)
    assert capfd.readouterr() == ("", "")
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("kind", ["table", "frame", "texts", "images", "files"])
def test_a_source_that_holds_rows_of_the_target_is_named(kind, tmp_path):
    y = np.array(["up", "down"] * 15)
    pixels = np.random.default_rng(2).integers(0, 255, size=(90, 6, 6), dtype=np.uint8)
    rows = {
        "table": pixels[:, 0, :4].astype(float),
        "frame": pd.DataFrame({"a": pixels[:, 0, 0], "b": [f"word {v}" for v in pixels[:, 0, 1]]}),
        "texts": [f"a text about {a} and {b}" for a, b in pixels[:, 0, :2]],
        "images": pixels,
    }
    if kind == "files":
        from PIL import Image

        names = []
        for k, image in enumerate(pixels):
            # The source's copies of target files have other names.
            names.append(tmp_path / f"{k}.png")
            Image.fromarray(image if k < 60 else pixels[k - 60]).save(names[-1])
        mine, others, copies = names[:30], names[30:60], names[60:90]
    else:
        X = rows[kind]
        take = X.iloc if kind == "frame" else X
        mine, others, copies = take[:30], take[30:60], take[:30]
    how = {"candidates": [("head", LinearProbe())], "epochs": 1, "source_epochs": 1}
    clean = quick(**how).fit(mine, y, source=hs.Domain(others, y, name="others"))
    assert clean.leaks_ == ()
    with pytest.warns(hs.HeadstartWarning, match="30 of 30 target rows stand in source 'copies' too"):
        leaking = quick(**how).fit(mine, y, source=hs.Domain(copies, y, name="copies"))
    assert leaking.leaks_ == ("copies",) and leaking.verdict_.leaks == ("copies",)
    assert leaking.verdict_.decision != "helps"


@pytest.mark.filterwarnings("ignore:candidate.*left out")
def test_a_late_search_spares_the_learning_curve():
    search = quick(time_limit=1e-3).fit(X, Y, source=SOURCE)
    assert len(search.learning_curve_) == 0 and search.verdict_.worth_labels is None
    assert len(quick().fit(X, Y, source=SOURCE).learning_curve_) >= 3


def test_a_name_with_a_slash_is_no_path(tmp_path):
    folder = tmp_path / "work"
    search = quick(candidates=[("../1e-3 / all", FullFineTune())], folder=folder, policy="blend")
    assert "../1e-3 / all" in search.fit(X, Y, source=SOURCE).members_
    assert [p.name for p in tmp_path.iterdir()] == ["work"]


def test_a_rate_is_that_of_the_source_too():
    search = quick(learning_rate=0.5, source_epochs=None)
    assert settings_of(search, source=True)["learning_rate"] == settings_of(search)["learning_rate"] == 0.5
