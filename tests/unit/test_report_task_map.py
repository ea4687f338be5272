"""The page of a map of tasks."""

import re
from html import unescape
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
    assert "With a budget of 2, supervise a and c, and learn the other 2 targets from these." in page
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


COLUMNS = ["sources", "target", "row", "score"]


def won(target, rates, n=200):
    """Scores of rows in which each source beats "target only" in a share of them."""
    rows = [("target only", target, k, 0.0) for k in range(n)]
    return rows + [
        (s, target, k, 1.0 + 0.01 * len(s) if k < r * n else -1.0) for s, r in rates.items() for k in range(n)
    ]


def beside(*parts):
    table = pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)
    return hs.TaskMap.from_transfers(table, row="row", baselines=["target only"])


@pytest.fixture
def losing():
    return beside(won("lab", {"num": 0.4}), won("num", {"rare": 0.8}), won("rare", {"num": 0.48}))


def plain(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<wbr>|\N{SOFT HYPHEN}", "", page)))


def cells(page):
    """The cells of the heat map by row: what is spoken and the classes of what is drawn."""
    table = page[page.index('<table class="heat') :]
    rows = re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', table[: table.index("</table>")])
    return {plain(name): re.findall(r'<td title="([^"]*)">(.*?)<span', row) for name, row in rows}


def test_page_says_first_who_gains_nothing(losing):
    page = plain(render_task_map(losing, losing.policies([2, 3])))
    read(page)
    first = page.index("2 of 3 targets gain nothing that shows over 'target only': 'lab', 'rare'.")
    then = page.index("With a budget of 2, supervise rare, and learn num from it.")
    assert page.index("<h1>") < first < then < page.index('id="policy-h"')
    assert "num was chosen too and serves only targets that gain nothing." in page
    assert "lab is best learnt alone: no allowed source beats 'target only'." in page
    assert "loses to it, 40% of 200 rows won" in page and "beats it, 80% of 200 rows won" in page
    assert "That reaches" not in page and "Of the attainable" not in page
    assert ">1 of 3</td>" in page and "(num), rare" in page


def test_page_recommends_nothing_where_nothing_gains():
    page = plain(render_task_map(beside(won("lab", {"num": 0.4}), won("rare", {"num": 0.3}))))
    assert "None of the 2 targets gains anything that shows over 'target only'." in page
    assert "With a budget of 1 there is nothing to supervise: num would give the largest sum" in page
    assert "supervise num" not in page and "That reaches" not in page


def test_heat_map_gives_no_colour_to_what_does_not_beat_the_baseline(losing):
    page = render_task_map(losing)
    named = cells(page)
    spoken = [text for row in named.values() for text, _ in row]
    assert sum("loses to the baseline" in t for t in spoken) == 1 and sum("not told apart" in t for t in spoken) == 1
    coloured = [(text, svg) for row in named.values() for text, svg in row if "heat-plus" in svg]
    assert [text for text, _ in coloured] == ["100%"]
    below = next(svg for row in named.values() for text, svg in row if "loses" in text)
    assert "heat-below" in below and "\N{BLACK DOWN-POINTING TRIANGLE}" in below and "fill-opacity" not in below
    assert len(named["target only (baseline)"]) == 3
    assert "the source loses to the target's best baseline" in plain(page)


def test_lines_that_do_not_beat_the_baseline_are_broken(losing):
    drawn = str(pictures.policy(losing.policy(2)))
    assert drawn.count("map-line map-line-below") == 1 and drawn.count("map-line map-line-even") == 1
    assert "lab from num, which loses to target only" in drawn


def test_the_only_source_of_a_target_shows_its_affinity():
    rows = pd.DataFrame({"sources": ["a", "b", "a"], "target": ["t", "t", "u"], "affinity": [0.5, 0.2, 0.83]})
    page = render_task_map(hs.TaskMap.from_affinities(rows))
    assert cells(page)["a"][0][0] == "100%" and cells(page)["a"][1][0] == "0.830"
    assert "heat-plus" not in cells(page)["a"][1][1]
    assert "a target with one source, or with all alike, shows its affinity as it is" in plain(page)
    alone = plain(render_task_map(hs.TaskMap.from_affinities(rows[rows["sources"] == "a"])))
    assert "Each target has one source" in alone and "to 100%, its best" not in alone


def test_targets_that_are_supervised_themselves_are_not_learned_from_these():
    own = hs.TaskMap.from_affinities(pd.DataFrame({"a": [0.9, 0.1], "b": [0.1, 0.9]}, index=["a", "b"]))
    page = render_task_map(own, own.policies([2]))
    assert "supervise a and b, which are the targets themselves." in page
    other = hs.TaskMap.from_affinities(pd.DataFrame({"a": [0.9], "b": [0.1]}, index=["a"]))
    assert "supervise a, and learn b from it." in render_task_map(other)
