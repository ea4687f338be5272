"""Labels of target and source held against each other before any work is done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.cli.label_checks import check_labels
from headstart.cli.problem import Wish, read_problem
from headstart.core.errors import InputError
from headstart.files import Labelled, Table


def check(mine, *theirs, task=None):
    parts, tables = [], []
    for name, y in zip(("mine", "theirs", "more"), (mine, *theirs), strict=False):
        y = np.asarray(y)
        frame = pd.DataFrame({"x": np.zeros(len(y))})
        parts.append(Labelled(frame, y, frame.iloc[:0], np.arange(len(y))))
        tables.append(Table(frame, Path(f"{name}.csv"), "", ()))
    return check_labels("ill", task, parts, tables)


AMOUNTS = np.linspace(0.5, 90, 40)


@pytest.mark.parametrize(
    ("mine", "theirs", "message"),
    [
        ([0, 0, 0], [0, 1], r"'mine.csv': the label is 0 in all 3 rows; expected at least two different labels"),
        ([True, False], [True, True], r"'theirs.csv': the label is True in all 2 rows"),
        (["yes", "no"], [1, 0], r"words in 'mine.csv' \(such as 'yes'\) and numbers in 'theirs.csv' \(such as 1\)"),
        (["1", "2", "n/k"], [1, 2], r"words in 'mine.csv' \(such as 'n/k'\) and numbers in 'theirs.csv'"),
        (["yes", "no"], ["ja", "nein"], r"no label in common: 'mine.csv' has 'no', 'yes' and 'theirs.csv' has 'ja', "),
        (["ja", "nein"], ["yes", "no"], r"expected the same labels: write those that mean the same alike"),
        (["Yes", "No"], ["yes", "no"], r"expected the same labels: they differ in capitals: write them alike"),
        ([0, 1, 1], [1, 2, 2], r"0, 1 in 'mine.csv' and 1, 2 in 'theirs.csv': two in each, and one in common, as if"),
        ([1, 0, 1], AMOUNTS, r"two values \(0, 1\) in 'mine.csv' and 40 values \(such as 0.5\) in 'theirs.csv': cla"),
        (AMOUNTS, [1, 0, 1], r"name the source's with --source-label, or make classes of the amounts"),
    ],
)
def test_what_is_refused(mine, theirs, message):
    with pytest.raises(InputError, match=message):
        check(mine, theirs)


def test_a_later_source_is_looked_at_too():
    with pytest.raises(InputError, match=r"no label in common: 'mine.csv' has 0, 1 and 'more.csv' has 5, 6"):
        check([0, 1], [0, 1], [5, 6])


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ([0, 1], [True, False]),
        ([0, 1], [0.0, 1.0]),
        ([0, 1, 2], [1, 2, 3]),  # few rows lack a class
        ([0, 1], [0, 1, 2]),
        ([180, 200, 310], AMOUNTS),
        (["a", "b"], ["b", "a"]),
        ([], ["ja", "nein"]),
    ],
)
def test_what_passes(mine, theirs):
    assert check(mine, theirs) == []


def test_who_names_the_task_knows():
    assert check([0, 1], [1, 2], task="classification") == []
    assert check([0, 1], AMOUNTS, task="regression") == []
    with pytest.raises(InputError, match=r"'mine.csv': the labels are words \(such as 'a'\); --task regression needs"):
        check(["a", "b"], ["a", "b"], task="regression")


def test_one_word_in_two_spellings():
    (warning,) = check(["Good", "good", "bad"], ["good", "bad"])
    assert warning == (
        "the labels 'Good' and 'good' differ in capitals only and are taken for different classes; if they mean the "
        "same, write them alike"
    )


def test_a_label_of_another_name_in_the_source(tmp_path):
    pd.DataFrame({"x": range(9), "wage": range(9)}).to_csv(tmp_path / "mine.csv", index=False)
    pd.DataFrame({"x": range(9), "wages": range(9)}).to_csv(tmp_path / "near.csv", index=False)
    pd.DataFrame({"x": range(9), "lohn": range(9)}).to_csv(tmp_path / "far.csv", index=False)

    def read(name, label="wage"):
        return read_problem(Wish(target=str(tmp_path / "mine.csv"), source=[str(tmp_path / name)], label=label))

    with pytest.raises(InputError, match=r"did you mean 'wages'\? Then name it with --source-label$"):
        read("near.csv")
    with pytest.raises(InputError, match=r"it has x, lohn: name its label with --source-label$"):
        read("far.csv")
    with pytest.raises(InputError, match=r"should hold the label; did you mean 'wage'\?$"):
        read("near.csv", "wagee")
