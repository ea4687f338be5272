"""The page and the card of several tasks, from models filled in by hand: no network is needed to draw one."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from headstart.multitask import MultiTaskKernelRegressor, MultiTaskLinearClassifier
from headstart.report import heat, model_card, render_report, task_sentences, write_report
from headstart.report.page import MOST_BYTES
from headstart.report.task_facts import read_task_facts
from headstart.report.task_record import tasks_record
from headstart.report.task_views import affinity, courses

from .. import task_cases as tc

RUN = {
    "command": "headstart multitask patients.csv --tasks ill,days",
    "seed": 3,
    "target": {
        "name": "patients",
        "file": "p.csv",
        "sha256": "0" * 64,
        "rows": 300,
        "labelled_rows": 290,
        "columns": 9,
    },
    "versions": {"headstart": "0.1"},
    "labels": {"ill": 300, "days": 299},
}


def text(page):
    """What a reader sees."""
    body = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body.replace("<wbr>", ""))).split())


def test_the_answer_the_verdicts_and_what_predicts():
    page = render_report(tc.tasks(["ill", "days", "cost"]), run=RUN)
    said = text(page)
    assert "Do ill, days and cost of patients gain by learning together?" in said
    assert "Learning together helps 1 and hurts 1 of 3 tasks" in said
    assert "Learning together helps ill and hurts days; for cost these rows do not tell." in said
    assert "days is predicted by a network of its own, ill and cost by the joint one." in said
    rows = dict(re.findall(r'<tr role="row" data-name="(\w+)"(.*?)</tr>', page, flags=re.DOTALL))
    assert "its own" in rows["days"] and "hurts" in rows["days"] and "the joint one" in rows["ill"]
    assert "+0.043" in rows["ill"] and "+0.013 to +0.073" in rows["ill"]
    # Scores of classes and of numbers stand in tables of their own.
    boards = re.findall(r'<table class="board tasks".*?</table>', page, flags=re.DOTALL)
    assert len(boards) == 2 and 'data-name="days"' in boards[1] and 'data-name="days"' not in boards[0]
    assert not re.search(r'(?:src|href)="(?!#)', page)


@pytest.mark.parametrize(
    ("decisions", "answer", "mark"),
    [
        ("helps helps", "Learning together helps both tasks", "helps"),
        ("hurts hurts hurts", "Learning together hurts all 3 tasks", "hurts"),
        ("undetermined undetermined", "Undetermined for both tasks", "undetermined"),
        ("helps undetermined helps", "Learning together helps 2 of 3 tasks", "helps"),
        ("helps hurts", "Learning together helps 1 and hurts 1 of 2 tasks", "undetermined"),
    ],
)
def test_answers(decisions, answer, mark):
    place = {"helps": 0, "hurts": 1, "undetermined": 2}
    names = [f"t{k}" for k in range(len(decisions.split()))]
    verdicts = [tc.verdict(n, place[d]) for n, d in zip(names, decisions.split(), strict=True)]
    f = read_task_facts(tc.tasks(names, verdicts_=verdicts, alone_=[]))
    assert (task_sentences.answer(f), task_sentences.mark(f)) == (answer, mark)


def test_without_verdicts_nothing_is_claimed():
    model = tc.tasks(["ill", "days"], folds=None, alone_=[])
    del model.verdicts_
    page = render_report(model)
    assert "Not judged" in page and "nothing tells whether learning together helps" in page
    assert "Task by task" not in page and tasks_record(model)["decision"] is None
    assert "not measured" in model_card(model)


def test_harm_that_nothing_mends_is_read_first():
    model = tc.tasks(["ill", "days"], alone_=[], fallback="never")
    said = text(render_report(model))
    assert "Read this first days loses by learning together and is predicted by the joint network all the same" in said
    assert tasks_record(model)["harmed"] == ["days"]
    assert "Read this first" not in text(render_report(tc.tasks(["ill", "days"])))


def test_many_tasks_of_long_names_are_counted_in_sentences_and_listed_in_tables():
    names = tc.long_names(20)
    page = render_report(tc.tasks(names, auxiliary=("x" * 80,)), run=RUN)
    said = text(page)
    assert "Do the 20 tasks of patients gain by learning together?" in said
    assert "Learning together helps 7 tasks and hurts 7 tasks; for 6 tasks these rows do not tell." in said
    assert all(f'data-name="{name}"' in page for name in names)
    assert len(page.encode()) < MOST_BYTES


def test_names_are_escaped():
    page = render_report(tc.tasks(["<b>bold</b>", "days & nights"], auxiliary=("<i>",)), run=RUN)
    assert "<b>bold" not in page and "<i>" not in page and "days &amp; nights" in page


def test_the_map_has_a_colour_for_help_and_one_for_harm():
    table = pd.DataFrame([[0.05, 0.002, -0.004], [np.nan, 0.05, 0.0], [0.001, 0.0, 0.05]])
    table.index = table.columns = ["ill", "days", "cost"]
    view = heat.view(table, "affinity", percent=True, own=True)
    cells = [[str(cell["svg"]) for cell in row["cells"]] for row in view["rows"]]
    assert 'class="heat-plus"' in cells[0][1] and 'class="heat-minus"' in cells[0][2]
    assert 'class="heat-own"' in cells[0][0] and "fill-opacity" not in cells[0][0]
    strength = [float(re.search(r'fill-opacity="([\d.]+)"', c)[1]) for c in (cells[0][1], cells[0][2])]
    assert strength[1] == pytest.approx(heat.FULL, abs=0.01) and heat.PALE < strength[0] < strength[1]
    assert [cell["text"] for cell in view["rows"][0]["cells"]] == ["+5.00%", "+0.20%", "\N{MINUS SIGN}0.40%"]
    assert view["rows"][1]["cells"][0]["text"] == "\N{EN DASH}" and "<rect" not in cells[1][0]
    assert view["heads"][0] == ("ill", "") and not view["numbered"]


def test_a_map_without_signs_or_with_many_or_long_columns():
    loads = heat.view(
        pd.DataFrame([[0.25, 0.75]], index=["ill"], columns=["own 1 of " + "x" * 30, "shared 1"]), "gate loads"
    )
    assert not loads["signed"] and [c["text"] for c in loads["rows"][0]["cells"]] == ["0.25", "0.75"]
    assert loads["key"] == [(1, "own 1 of " + "x" * 30), (2, "shared 1")] and not loads["numbered"]
    names = [f"t{k}" for k in range(20)]
    wide = heat.view(pd.DataFrame(np.eye(20), index=names, columns=names), "map", own=True)
    assert wide["numbered"] and wide["small"] and "<text" not in str(wide["rows"][0]["cells"][1]["svg"])
    assert heat.view(pd.DataFrame(np.zeros((60, 60))), "map")["too_large"] == "60 x 60"
    flat = heat.view(pd.DataFrame(np.zeros((2, 2))), "map")
    assert flat["rows"][0]["cells"][0]["text"] == "0"


def test_who_helps_whom_names_the_largest():
    table = pd.DataFrame([[9.0, 0.2, -0.3], [0.5, 9.0, 0.0], [-0.6, 0.1, 9.0]])
    table.index = table.columns = ["ill", "days", "cost"]
    told = affinity(read_task_facts(tc.tasks(["ill", "days", "cost"], affinity_=table)))["told"]
    assert told == [("Most helped", "ill", "days"), ("Most hindered", "ill", "cost")]
    page = render_report(tc.tasks(["ill", "days"], affinity_=None, groups_=None))
    assert "Who helps whom" not in page and "Which tasks to train together" not in page


def test_groups_weights_courses_and_layers():
    said = text(render_report(tc.tasks(["ill", "days"], auxiliary=("served",)), run=RUN))
    assert "It is a proposal to try, not a verdict" in said and "days and served" in said
    assert "The mean weight of each task over the training" in said and "1.500" in said
    assert "What trained, layer by layer" in said and "18,180 of 18,180 weights (100%)" in said
    drawn = courses(read_task_facts(tc.tasks(["ill", "days"], auxiliary=("served",))))
    assert [v["name"] for v in drawn["views"]] == ["ill", "days", "served"]
    assert str(drawn["views"][1]["picture"]).count("<polyline") == 2, "the network of its own has a line too"
    assert str(drawn["views"][0]["picture"]).count("<polyline") == 1
    alike = render_report(tc.tasks(["a", "b"], task_weights_=pd.Series([1.0, 1.0], index=["a", "b"])))
    assert "All alike: the weighting is EqualWeighting()" in alike
    one = render_report(tc.tasks(["a", "b"], groups_=[["a", "b"]]))
    assert "no grouping is better than all tasks together" in one


def test_the_card():
    card = model_card(tc.tasks(["ill", "days"], auxiliary=("served",)), run=RUN)
    assert card.startswith("# Model card: ill and days for patients")
    assert "ill (no and yes) and days (a number)" in card
    assert "served served as auxiliary tasks" in card and "labels of days" in card
    assert "model.predict_proba(rows, task='ill')" in card
    code = re.search(r"```python\n(.*?)```", card, flags=re.DOTALL)[1]
    compile(code, "card", "exec")


def test_a_page_is_written_and_a_record_is_plain(tmp_path):
    model = tc.tasks(["ill", "days"])
    write_report(tmp_path / "r.html", model=model, run=RUN)
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == render_report(model, run=RUN)
    record = tasks_record(model, RUN)
    assert [t["uses"] for t in record["tasks"]] == ["joint", "alone"]
    assert record["affinity"]["ill"].keys() == {"ill", "days"}
    assert record["affinity"]["ill"]["days"] == model.affinity_.loc["ill", "days"], "from the row to the column"


def test_linear_and_kernel_models_have_the_same_page(rng):
    X = rng.normal(size=(60, 2))
    Y = pd.DataFrame({"one": X[:, 0] + 0.5 * rng.normal(size=60) > 0, "two": X[:, 0] + 0.5 * rng.normal(size=60) > 0})
    said = text(render_report(MultiTaskLinearClassifier("mean", folds=2).fit(X, Y)))
    assert "gain by learning together?" in said and "these models have no fallback" in said
    assert "joint model predicts both" in said and "How training went" not in said
    kernel = MultiTaskKernelRegressor("low-rank", folds=2).fit(X, Y.astype(float))
    page = render_report(kernel)
    assert "Correlation between tasks" in page and "How alike the tasks are" in page
