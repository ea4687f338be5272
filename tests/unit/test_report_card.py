"""The model card: every part is there, and no name breaks its Markdown."""

import numpy as np
import pytest

from headstart.report import model_card

from .. import report_cases as rc


@pytest.fixture(scope="module")
def card():
    return model_card(rc.model(), rc.diagnosis(), rc.RUN)


def test_parts(card):
    titles = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert titles == [
        "Intended use",
        "Verdict",
        "Metrics",
        "Baselines and candidates",
        "Data",
        "How it was made",
        "How it was measured",
        "Limits",
        "Load and predict",
        "Licence",
    ]


def test_content(card):
    for words in (
        "# Model card: disease for Hungary",
        "**Yes, it helps.**",
        "| with source | 0.912 |",
        "| pooled (linear) | baseline | 0.902 |",
        "fedcba9876543210" * 4,
        "Seed: 7.",
        "domain adaptation",
        'model = hs.load("model.headstart")',
        "model.predict_proba(rows)",
        "Licence of the data: not stated.",
    ):
        assert words in card, words
    assert card.endswith("\n") and "nan" not in card


def test_a_regressor_has_no_probabilities():
    card = model_card(rc.model(rc.FittedRegressor, verdict=rc.verdict(metric="r2"), metric="r2"))
    assert "predict_proba" not in card and "the number the label" in card


def test_the_answer_is_not_said_twice():
    card = model_card(rc.model(verdict=rc.verdict(decision="undetermined", interval=(-0.01, 0.07))))
    assert "**Undetermined.** +0.031 AUC over target only (linear)" in card.replace("\\", "")


@pytest.mark.parametrize("labels", [True, False])
def test_without_a_verdict(labels):
    card = model_card(rc.without_verdict(labels=labels))
    assert "**No verdict.**" in card and "None: nothing was scored with and without a source." in card


def test_the_code_runs_in_the_words_of_the_package(card):
    code = card.split("```python\n")[1].split("\n```")[0]
    compile(code, "card", "exec")


def test_names_do_not_break_tables_or_code():
    run = {
        **rc.RUN,
        "label": "a|b",
        "command": "headstart fit ```\n# no title",
        "target": {**rc.RUN["target"], "name": "<b>|\n# x"},
    }
    card = model_card(rc.model(classes=np.array(["*one*", "|two|"])), None, run)
    titles = [line for line in card.splitlines() if line.startswith("# ") and "Model card" not in line]
    assert titles == ["# no title"] and "````sh" in card  # inside a fence that is longer than what it holds
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in (3, 7, 8) for line in rows)
    assert "<b>" not in card.replace("\\<b\\>", "")
