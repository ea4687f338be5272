"""The page of a map of tasks."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.report import render_task_map, write_task_map
from headstart.report import task_map_pictures as pictures
from headstart.task_map import Policies

VOID = {"meta", "link", "br", "wbr", "hr", "img", "input"}


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.ids += [known["id"]] if "id" in known else []
        self.links += [known["href"]] if "href" in known else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag


def read(page):
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    return parser


@pytest.fixture
def tasks():
    table = pd.DataFrame(
        {"t<i>": [0.5, 0.2, 0.1, 0.6], "u": [0.1, 0.5, 0.3, np.nan], "c": [0.0, 0.1, 0.9, np.nan]},
        index=["a", "b", "c", "a+c"],
    )
    return hs.TaskMap.from_affinities(table)


def test_page_says_what_to_supervise(tasks):
    page = render_task_map(tasks, run={"command": "headstart tasks x.csv", "versions": {"headstart": "1"}})
    parser = read(page)
    assert {f"#{i}" for i in parser.ids} >= {link for link in parser.links if link.startswith("#")}
    assert not [link for link in parser.links if not link.startswith("#")] and "http" not in page.replace(
        "http-equiv", ""
    )
    assert "With a budget of 2, supervise a and c, and learn each of the 3 targets from these." in page
    assert "That reaches 90% of the affinity" in page
    assert "t<i>" not in page and "t&lt;i&gt;" in page
    assert "the solver has proven it" in page
    assert page.count("map-joint") >= 2  # the style, and the transfer of two sources
    assert "headstart tasks x.csv" in page


def test_only_one_policy_has_no_other_budgets(tasks):
    page = render_task_map(tasks, tasks.policies([1]))
    assert "Other budgets" not in page and "supervise c," in page


def test_no_tree_says_why():
    tasks = hs.TaskMap.from_affinities(pd.DataFrame({"t": [0.5, np.nan], "u": [np.nan, 0.5]}, index=["a", "b"]))
    assert "There is no tree: the sources" in render_task_map(tasks)


def test_losses_have_no_share():
    rows = [("a", "t", 1.0), ("b", "t", 2.0), ("a", "u", 3.0), ("b", "u", 1.0)]
    table = pd.DataFrame(rows, columns=["sources", "target", "score"])
    tasks = hs.TaskMap.from_transfers(table, normalize="scores", higher_is_better=False)
    page = render_task_map(tasks)
    read(page)
    assert "That reaches" not in page and "in one unit" in page


def test_page_of_win_rates_tells_gaps():
    wins = pd.DataFrame({"sources": ["a", "b"], "target": "t", "against": ["b", "c"], "win_rate": [0.75, 0.75]})
    with pytest.warns(hs.HeadstartWarning, match="never compared"):
        tasks = hs.TaskMap.from_win_rates(wins)
    assert "1 pairs of transfers were never compared" in render_task_map(tasks).replace("1 pair of", "1 pairs of")


def test_pictures_are_told_aloud(tasks):
    drawn = str(pictures.policy(tasks.policy(2)))
    assert 'aria-label="Transfers: ' in drawn and "t&lt;i&gt; from a with c" in drawn
    assert len(re.findall("map-line-joined", drawn)) == 2
    tree = str(pictures.tree(tasks.tree()))
    assert "Tree of 3 tasks" in tree and tree.count("map-branch") == 3


def test_wrong_things_are_refused(tasks, tmp_path):
    with pytest.raises(hs.InputTypeError, match="dict is no map of tasks"):
        render_task_map({})
    with pytest.raises(hs.InputError, match="policies holds no policy"):
        render_task_map(tasks, Policies({}))
    write_task_map(tmp_path / "page.html", tasks=tasks)
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
