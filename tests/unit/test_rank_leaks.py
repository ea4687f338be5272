"""A source that holds rows of the target: warned of first, behind the others, and without a part in the choice."""

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.ranking.halving import rungs_for, successive_halving
from headstart.report import render_ranking

from ..ranking_cases import linear_candidates

QUICK = {"repeats": 1, "random_state": 0}


@pytest.fixture(scope="module", autouse=True)
def only_linear():
    with linear_candidates("source only (linear)", "source only (boosting)", "pooled (linear)"):
        yield


def frame(n, seed, noise=1.5):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    return X, np.where(X["a"] + noise * rng.normal(size=n) > 0, "yes", "no")


def domain(name, n=120, seed=1):
    return hs.Domain(*frame(n, seed), name=name)


TARGET = domain("here", 40, seed=0)
COPY = hs.Domain(TARGET.X, TARGET.y, name="copy")


@pytest.fixture(scope="module")
def leaky(only_linear):
    with pytest.warns(hs.HeadstartWarning, match="40 of 40 target rows stand in source 'copy' too"):
        return hs.rank_sources(TARGET, [COPY, domain("related")], **QUICK)


def test_a_copy_of_the_target_is_not_first_however_much_it_seems_to_gain(leaky):
    table = leaky.table.set_index("source")
    assert table.loc["copy", "gain"] > table.loc["related", "gain"]  # or this would show nothing
    assert leaky.best == "related" and list(leaky.table["source"]) == ["related", "copy"]
    assert leaky.tied == ("related",) and np.isnan(table.loc["copy", "behind"])
    assert table.loc["copy", "verdict"] == "undetermined"  # as of TransferClassifier: never "helps"
    assert leaky.choice.mean == pytest.approx(table.loc["related", "gain"])  # the copy cannot be chosen
    assert "tied" not in " ".join(leaky.sentences())


def test_the_warning_is_read_first(leaky):
    first, *rest = str(leaky).splitlines()
    assert first.startswith("Read this first: 40 of 40 target rows stand in source 'copy'")
    assert "its gain is not to be trusted" in first and "Remove these rows" in first
    assert "rows leak" in next(line for line in rest if "copy" in line)
    assert leaky._repr_html_().startswith("<p><strong>40 of 40 target rows")
    assert leaky.to_dict()["leaks"].keys() == {"copy"}
    assert sum("copy" in line for line in rest) == 1  # the note is not told again below


def test_the_page_says_it_before_any_gain(leaky):
    page = render_ranking(leaky)
    assert "Read this first" in page and page.index("Read this first") < page.index("comes first")
    assert page.count("40 of 40 target rows stand in") == 1
    assert "rows leak" in page


def test_where_all_sources_leak_the_headline_trusts_none():
    with pytest.warns(hs.HeadstartWarning, match="stand in source"):
        found = hs.rank_sources(TARGET, COPY, **QUICK)
    assert found.best == "copy" and found.tied == ("copy",)
    assert "no gain of this ranking is to be trusted" in str(found).splitlines()[0]
    assert "Scored on rows that it holds, copy comes first" in str(found)
    page = render_ranking(found)
    assert 'answer-undetermined"' in page and "Not to be trusted: rows leak" in page


def test_a_copy_does_not_take_the_place_of_a_source_that_is_tried():
    with pytest.warns(hs.HeadstartWarning, match="stand in source"):
        found = hs.rank_sources(TARGET, [COPY, domain("related")], max_tried=1, **QUICK)
    assert found.best == "related" and "max_tried=1" in found.left_out["copy"]
    assert "seems to add" not in " ".join(found.warnings())  # it was not tried: nothing is known


def test_last_are_those_that_go_on_after_all_others():
    level = {"leaky": 0.0, "a": 0.5, "b": 0.7, "c": 0.9}
    asked = []

    def measure(name, repeats):
        asked.append(name)
        return np.full(4, level[name])

    successive_halving(
        ["a", "b", "c", "leaky"],
        measure,
        rungs_for(4, 2, 0.5),
        deadline=None,
        report=lambda *told: None,
        last={"leaky"},
    )
    assert asked[4:] == ["a", "b"]


def test_a_source_that_shares_no_column_says_so_where_it_stands():
    rng = np.random.default_rng(3)
    odd = pd.DataFrame({"q": rng.normal(size=80)})
    found = hs.rank_sources(TARGET, hs.Domain(odd, np.where(odd["q"] > 0, "yes", "no"), name="u"), **QUICK)
    assert "u comes first" in str(found)
    assert "u: no shared column: the target has 'a', 'b', 'c' and source 'u' has 'q'" in str(found)
    page = render_ranking(found)
    assert page.count("no shared column") == 1 and page.index("no shared column") < page.index("What each source adds")
