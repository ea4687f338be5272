"""One space for both: the section of the page, its pictures and its words."""

import re
from dataclasses import replace

import numpy as np
import pytest

import headstart as hs
from headstart.diagnosis.alignment import Picture
from headstart.report import render_report
from headstart.report.scatter import HEIGHT, WIDTH, scatter
from headstart.report.shown import DRAWN, shown
from headstart.report.spaces import headline

from .. import report_cases as rc
from .test_report_page import Page


@pytest.fixture(scope="module")
def found():
    return rc.alignments()


def _page(alignments):
    return render_report(rc.model(alignments=alignments), None, rc.RUN)


def test_a_model_without_alignments_has_no_section():
    for model in (rc.model(), rc.model(alignments={})):
        page = render_report(model, None, rc.RUN)
        assert 'id="space"' not in page and "#space" not in page


def test_one_alignment_is_shown(found):
    page = Page(_page({"CORAL (linear)": found["together"]}))
    for words in (
        "One space for both",
        "CORAL (linear): brought together",
        "It brought the domains together: AUC",
        "Before. 6 columns,",
        "The large marks are the means of each label; a line joins those of one label",
        "by a linear model of rows of Hungary",
        "120 rows of Hungary and 200 rows of VA Long Beach were looked at.",
    ):
        assert words in page.text, words
    pictures = [a for a in page.all("svg") if a.get("class") == "scatter"]
    assert len(pictures) == 2 and all(a["role"] == "img" for a in pictures)
    assert pictures[0]["aria-label"].startswith(
        "Before: 120 rows of Hungary as discs and 200 of VA Long Beach as triangles"
    )
    assert re.search(r"Their means lie \d\.\d times their spread apart\.", pictures[1]["aria-label"])
    assert page.text.count("Before: 120 rows of Hungary as discs") == 1  # the picture's title
    assert "nan" not in page.text.lower().split()


def test_several_are_folded_and_the_outcome_stands_in_the_summary(found):
    text = _page(found)
    assert text.count('class="scatter"') == 2 * len(found) - 1  # one has no picture before
    page = Page(text)
    assert "label signal destroyed; brought together" in page.text
    assert "the source tells less of the target; " in page.text
    assert "There was no common space: the domains share no column." in page.text
    assert "1 column, heights mean nothing." in page.text
    assert "1 = the lowest third" in page.text
    assert len(text) < 1_000_000
    assert re.search(r'"#space">One space for both', text)


def test_headlines(found):
    assert headline(found["together"]) == "brought together"
    assert headline(found["destroyed"]) == "label signal destroyed; brought together"
    assert headline(found["no shared column"]).endswith("a space that was not there before")


def test_marks_stay_inside_and_shapes_tell_the_domain(found):
    svg = scatter(found["together"].after, "classification", "words")
    places = [tuple(map(float, m)) for m in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", svg)]
    assert all(0 <= x <= WIDTH and -20 <= y <= HEIGHT for x, y in places) and len(places) > 2 * 100
    target = re.search(r'd="([^"]+)" class="mark mark-target"', svg)[1]
    source = re.search(r'd="([^"]+)" class="mark mark-source"', svg)[1]
    assert "a7 7" in target and "z" not in target and "z" in source and "a7" not in source
    assert 'class="mark mark-target mark-hollow"' in svg
    assert svg.count("mark-bridge") == 2


def test_many_rows_are_thinned_and_far_ones_stand_at_the_edge(found):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(400, 2))
    points[0] = [1e6, 0]
    numbers = np.arange(400)
    picture = shown(replace(found["together"], after=Picture(points, points[::2], numbers, None, 0.5))).after
    assert len(picture.target) == len(picture.source) == DRAWN
    assert picture.target_labels.tolist() == np.linspace(0, 399, DRAWN).astype(int).tolist()
    assert np.allclose(picture.target, points[picture.target_labels], rtol=1e-4)
    svg = scatter(replace(picture, target_labels=None), None, "words")
    marks = re.findall(r'd="([^"]+)" class="mark', svg)
    assert [d.count("M") for d in marks] == [DRAWN, DRAWN]
    assert "middle" not in svg


def test_thinning_twice_changes_nothing(found):
    for once in (shown(a) for a in found.values()):
        assert shown(once).to_dict() == once.to_dict()


def test_where_the_pictures_were_left_behind_the_page_says_so(found):
    bare = {name: a.without_rows() for name, a in found.items()}
    text = _page(bare)
    assert text.count("The pictures are missing: they show rows, of which a saved model holds none") == 1
    assert 'class="scatter"' not in text and 'class="spaces"' not in text and 'id="space"' in text
    given = render_report(rc.model(alignments=bare), None, rc.RUN, found)
    assert given == _page(found) and "The pictures are missing" not in given


def test_something_else_is_refused():
    with pytest.raises(
        hs.InputTypeError, match=r"alignments_\['a'\] of the model is of type str; expected what hs.comp"
    ):
        _page({"a": "b"})
    with pytest.raises(hs.InputTypeError, match=r"^alignments\['a'\] is of type int; expected what hs.compare_spaces"):
        render_report(rc.model(), None, None, {"a": 1})


def test_names_are_escaped():
    target, source = hs.datasets.make_shift("covariate", n_target=40, n_source=60, random_state=0)
    found = hs.compare_spaces(hs.CORAL(), hs.Domain(target.X, target.y, name="<b>&"), source)
    text = _page({"<i>": found})
    assert "<b>&" not in text.replace("&lt;", "") and "<i>" not in text
