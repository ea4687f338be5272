"""The report of a search among networks: its words, the learning curves, what trained. A stand-in needs no torch."""

import re

import numpy as np
import pandas as pd
import pytest

from headstart.report import model_card, render_report
from headstart.report.courses import read_courses, views
from headstart.report.facts import learns_from_source
from headstart.report.glossary import explained
from headstart.report.trained import views as layers_of
from headstart.report.words import DASH

from .. import network_cases as nc


def words(page):
    """The text of a page, without style and script."""
    body = page[page.index("<body>") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", body, flags=re.S)))


def courses(seen, learnt=None):
    """Curves of one candidate: ``seen`` has a row a fold."""
    seen = np.atleast_2d(np.asarray(seen, dtype=float))
    rows = [
        {"candidate": "all", "fold": f, "epoch": e, "loss": 0.5 if learnt is None else learnt[e], "watched": seen[f, e]}
        for f in range(seen.shape[0])
        for e in range(seen.shape[1])
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("make", [nc.search, nc.hurts, nc.numbers])
def test_words_are_those_of_networks(make):
    text = words(render_report(make(), run=nc.RUN)) + model_card(make(), None, nc.RUN)
    assert not re.search(r"[Pp]ool|target.only|one table", text)
    assert "from scratch" in text and "with transfer" in text.lower()


def test_it_names_what_the_candidates_start_from():
    text = words(render_report(nc.search(), run=nc.RUN))
    assert "Do holiday photos and timm/resnet18 help photos?" in text
    assert (
        "start from the pretrained network timm/resnet18 or from timm/resnet18, trained further on holiday photos "
        "(400 rows)." in text
    )
    text = words(render_report(nc.search(backbone=None), run=nc.RUN))
    assert "Does holiday photos help photos?" in text and "a network trained on holiday photos (400 rows)" in text
    alone = words(render_report(nc.search(n_source=0), run={**nc.RUN, "sources": []}))
    assert "Does timm/resnet18 help photos?" in alone and "network of the source" not in alone


def test_the_shortcut_that_hurts_is_named():
    text = words(render_report(nc.hurts(), run=nc.RUN))
    assert "Fine-tuning all layers hurts" in text and "Do not fine-tune all layers without a look" in text
    assert "the interval of fine-tuning all layers lies below zero" in text
    assert "it did best on held-out rows: it transfers nothing" in text
    best = nc.hurts()
    best.verdict_ = type(best.verdict_)(**{**vars(best.verdict_), "trusting": "the best way to transfer"})
    text = words(render_report(best, run=nc.RUN))
    assert "The best way to transfer hurts" in text and "Do not transfer without a look" in text


def test_candidates_without_time_and_their_reason():
    text = words(render_report(nc.search(), run=nc.RUN))
    assert "gradual unfreezing" in text and "left out: about 412 s a training" in text
    many = pd.concat([nc.board()] * 3, ignore_index=True).sort_values("score", ascending=False)
    text = words(render_report(nc.search(leaderboard=many), run=nc.RUN))
    assert "Without a score: gradual unfreezing : left out" in text  # not only where it is folded away


def test_without_a_verdict():
    lone = nc.board().iloc[[3]].assign(score=np.nan, gain=np.nan, gain_low=np.nan, gain_high=np.nan, p_harm=np.nan)
    found = nc.search(verdict=None, verdict_note="too few rows", leaderboard=lone, curves=nc.curves().iloc[:0])
    text = words(render_report(found, run=nc.RUN))
    assert "No verdict" in text and "Label more rows of the target" in text and "How long to train" not in text
    none = nc.search(verdict=None, verdict_note="nothing to transfer", backbone=None, n_source=0)
    assert "Give it a source or a pretrained backbone" in words(render_report(none, run={}))


def test_a_strict_policy_that_falls_back():
    table = nc.board()
    table["weight"] = (table["candidate"] == "from scratch (linear)").astype(float)
    base = nc.search().verdict_
    told = type(base)(**{**vars(base), "decision": "undetermined", "interval": (-0.1, 0.2)})
    text = words(render_report(nc.search(policy="strict", verdict=told, leaderboard=table), run=nc.RUN))
    assert "From scratch: the policy is strict, and help is not shown." in text
    assert "so the model handed over is “from scratch (linear)”: it transfers nothing" in text


def test_a_course_that_over_fits_says_from_which_epoch():
    (found,) = read_courses(courses([[1.0, 0.6, 0.4, 0.6, 0.8], [1.1, 0.7, 0.5, 0.6, 0.9]]))
    assert found.best == 2 and found.overfits and found.reading().startswith("over-fits after epoch 3")
    # one fold that does not rise, or a rise that is noise, is no over-fitting
    assert not read_courses(courses([[1.0, 0.4, 0.6], [1.0, 0.9, 0.4]]))[0].overfits
    assert not read_courses(courses([[1.0, 0.500, 0.501], [1.0, 0.5, 0.502]]))[0].overfits


def test_a_course_says_how_many_epochs_are_enough():
    level = [1.0, 0.7, 0.5, *[0.499] * 17]
    assert read_courses(courses([level, level]))[0].reading() == "as low from epoch 3 on"
    falling = np.linspace(1, 0.2, 20)
    assert "more epochs may help" in read_courses(courses([falling, falling]))[0].reading()
    assert read_courses(courses([[0.5], [0.6]]))[0].reading() == "one epoch"
    gaps = read_courses(courses([[np.nan, np.nan]]))[0]
    assert gaps.best is None and gaps.reading() == "not watched: a class is missing in a fold"
    some = read_courses(courses([[np.nan, np.nan], [0.5, 0.4]]))[0]
    np.testing.assert_allclose(some.mean, [0.5, 0.4])


def test_courses_are_drawn_on_one_axis_and_a_wild_one_is_cut():
    found = views(nc.curves())
    assert [v["cut"] for v in found] == [False, False, False, True]
    ticks = {tuple(re.findall(r'class="tick">([\d.]+)</text>', str(v["picture"]))[:-3]) for v in found}
    assert len(ticks) == 1
    places = [
        float(p)
        for v in found
        for p in re.findall(r",(-?[\d.]+)", " ".join(re.findall(r'points="([^"]*)"', v["picture"])))
    ]
    assert min(places) >= 0 and max(places) <= 100
    assert views(nc.curves().iloc[:0]) == [] and views(None) == []


def test_many_epochs_stay_a_small_page():
    assert len(render_report(nc.search(curves=nc.curves(900)), run=nc.RUN)) < 250_000


def test_layers_of_the_model():
    (view,) = layers_of(nc.search())
    assert view["headline"] == "341,170 of 346,130 weights (99%)"
    assert [r["how"] for r in view["rows"]] == ["as it was", "in part", *["trained"] * 4]
    assert view["rows"][1]["starts"] == "1" and view["rows"][-1]["speed"] == "10" and view["rows"][0]["starts"] == DASH
    (long,) = layers_of(nc.search(layers={"all": nc.layers(30)}))
    assert len(long["rows"]) == 16 and len(long["rest"]) == 15
    probe = nc.layers().assign(trained=0, speed=np.nan)
    (view,) = layers_of(nc.search(layers={"frozen features (linear)": probe}))
    assert view["headline"] == "of 346,130 weights the head's alone, fitted as a linear model"
    assert view["rows"][-1]["how"] == "fitted as a linear model" and view["rows"][0]["how"] == "as it was"


def test_which_candidates_transfer():
    board = nc.board()
    found = dict(zip(board["candidate"], learns_from_source(board), strict=True))
    assert [n for n, yes in found.items() if not yes] == ["from scratch (linear)", "from scratch (network)"]


def test_every_candidate_has_a_meaning():
    names = [*nc.board()["candidate"], "L2-SP", "layer-wise rates", "DoRA", "BottleneckAdapter", "IA3", "BitFit"]
    told = dict(explained(names, networks=True))
    assert "(network)" in told and "LoRA" in told and "all layers train" in told["L2-SP"]
    assert len(told) == 13 + 2  # and the two learners in brackets
    assert explained(["mine"], networks=True) == []


def test_the_card_says_what_goes_in():
    card = model_card(nc.search(), None, nc.RUN)
    assert "images of the same kind" in card and 'rows = ["photo_1.jpg"' in card
    assert "Trained in probe, then all layers: 341,170 of 346,130 weights (99%)" in card
    card = model_card(nc.search(), None, {**nc.RUN, "holds": "texts", "column": "text", "label": "good"})
    assert """pd.read_csv("new_rows.csv")['text']  # the texts""" in card and "the classes of good" in card


def test_names_of_users_are_escaped():
    mean = nc.curves().replace({"candidate": {"fine-tune all layers": "<b>mine</b>"}})
    page = render_report(nc.search(curves=mean, backbone="<i>net</i>"), run=nc.RUN)
    assert "<b>mine" not in page and "<i>net" not in page and "&lt;b&gt;mine" in page


def test_a_folder_is_called_by_its_end():
    page = render_report(nc.search(backbone="/data/models/bert/model"), run=nc.RUN)
    assert "bert/model" in page and "/data" not in page
