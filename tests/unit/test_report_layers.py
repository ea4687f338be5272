"""The page of a layer study, from a table alone: no network is needed to draw one."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import InputError, InputTypeError
from headstart.report import render_layers, write_layers
from headstart.report.layers import control_courses, layer_plot, target_courses

SCORES = {
    "source": {0: 0.95},
    "scratch": {0: 0.60},
    "frozen": {1: 0.70, 2: 0.75, 3: 0.55},
    "tuned": {1: 0.71, 2: 0.78, 3: 0.74},
    "control frozen": {1: 0.95, 2: 0.90, 3: 0.93},
    "control tuned": {1: 0.95, 2: 0.94, 3: 0.95},
}


def table(scores):
    rows = []
    for mode, by_depth in scores.items():
        on = "source" if mode == "source" or mode.startswith("control") else "target"
        for depth, score in by_depth.items():
            gain = np.nan if mode in ("source", "scratch") else score - 0.6
            layer = f"layer<{depth}>" if depth else ""
            rows.append((depth, layer, mode, on, score, 0.02, gain, gain - 0.05, gain + 0.05, 0.1, 1234, 5))
    names = [
        "depth",
        "layer",
        "mode",
        "scored_on",
        "score",
        "error",
        "gain",
        "gain_low",
        "gain_high",
        "p_harm",
        "trained",
        "fresh",
    ]
    return pd.DataFrame(rows, columns=names)


def study(scores=SCORES, decision="transfer", mode="train", depth=2, how="tuned"):
    found = SimpleNamespace(
        decision=decision, depth=depth, mode=how, words="Keep and fine-tune the first 2 layers <b>.", layer="layer<2>"
    )
    return SimpleNamespace(
        table_=table(scores),
        recommendation_=found,
        metric_="accuracy",
        level=0.9,
        mode=mode,
        repeats=3,
        test_share=0.25,
        backbone=None,
        layers_=["layer<1>", "layer<2>", "layer<3>"],
    )


def points(plot, css):
    return re.findall(rf'<polyline points="([^"]+)" class="line-{css}"', str(plot))[0].split()


def test_lines_begin_at_the_network_that_takes_nothing_over():
    plot = layer_plot(target_courses(table(SCORES)), "accuracy", (2, "tuned"))
    frozen, tuned, scratch = (points(plot, css) for css in ("frozen", "tuned", "scratch"))
    assert len(frozen) == len(tuned) == 4 and len(scratch) == 2
    assert frozen[0] == tuned[0] == scratch[0]
    heights = [float(p.split(",")[1]) for p in frozen]
    assert heights[2] == min(heights) and heights[3] == max(heights)  # height is counted from the top
    assert str(plot).count('class="ring"') == 1
    assert "frozen 0.600 at 0, 0.700 at 1, 0.750 at 2 and 0.550 at 3" in str(plot)


def test_controls_have_a_picture_of_their_own():
    assert [c.name for c in control_courses(table(SCORES))] == [
        "the source network",
        "kept and frozen",
        "kept and fine-tuned",
    ]
    without = {mode: v for mode, v in SCORES.items() if not mode.startswith("control")}
    assert control_courses(table(without)) == []
    assert "Controls" not in render_layers(study(without))


def test_a_wild_network_does_not_flatten_the_others():
    wild = table(SCORES)
    wild.loc[wild["mode"] == "tuned", "error"] = 100.0
    plot = layer_plot(target_courses(wild), "accuracy")
    heights = [float(p.split(",")[1]) for p in points(plot, "frozen")]
    assert max(heights) - min(heights) > 15


def test_the_page_says_the_answer_and_escapes_names():
    page = render_layers(study(), {"command": "headstart layers", "seed": 0})
    assert page.startswith("<!doctype html>") and "Take layers over" in page
    assert "layer<2>" not in page and "layer&lt;2&gt;" in page and "layers <b>" not in page
    assert page.count('class="plot"') == 2 and "headstart layers" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    rows = re.findall(r"<tr><th scope=\"row\">", page)
    assert len(rows) == len(table(SCORES)) and page.count('<span class="role">chosen</span>') == 1


@pytest.mark.parametrize(("decision", "answer"), [("scratch", "Start from scratch"), ("undetermined", "Undetermined")])
def test_other_answers(decision, answer):
    depth = 0 if decision == "scratch" else 2
    page = render_layers(study(decision=decision, depth=depth, how="scratch" if depth == 0 else "tuned"))
    assert f"<span>{answer}</span>" in page
    assert ("though the rows do not settle it" in page) == (decision == "undetermined")
    assert ('class="ring"' in page) == (decision == "undetermined")


def test_a_probe_and_a_network_without_a_score():
    probe = {"source": {0: 0.9}, "random": {1: 0.5, 2: 0.6}, "probe": {1: 0.7, 2: np.nan}}
    page = render_layers(study(probe, mode="probe", depth=1, how="probe"))
    assert "layers with random weights" in page and page.count('class="plot"') == 1
    assert page.count("\N{EN DASH}") >= 1


def test_what_is_no_study_or_has_no_folder(tmp_path):
    with pytest.raises(InputTypeError, match="SimpleNamespace holds no table_; expected a fitted LayerStudy"):
        render_layers(SimpleNamespace())
    with pytest.raises(InputError, match="does not exist; create it before writing 'a.html'"):
        write_layers(tmp_path / "none" / "a.html", study=study())
    write_layers(tmp_path / "a.html", study=study())
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == render_layers(study())
