"""The page of a map of transfer, from cells alone."""

import dataclasses
import re

import pytest

import headstart as hs
from headstart.report import heat, render_transfer_map, write_transfer_map

from ..transfer_map_cases import asymmetric, cell, domains, leaking, map_of, stand_in


def test_the_page_tells_who_helps_and_who_hurts():
    page = render_transfer_map(asymmetric(), {"command": "headstart map a.csv <b>.csv", "seed": 3})
    for part in (
        "Of 2 transfers (1 more was not measured) 1 helps, and pooling hurts in 1",
        "0.000; pooling hurts",
        "a brings most, +0.200 AUC to b.",
        "Whoever pools b into a changes its AUC by \N{MINUS SIGN}0.300",
        "at most 10% is expected to be false",
        "one way only",
        "Not measured, the time was up",
        "c to a",
        "It has 3 labelled rows.",
        "headstart map a.csv &lt;b&gt;.csv",
    ):
        assert part in page, part
    assert not re.search(r"(src|href)=.(?!#)", page), "the page asks for something outside it"


def test_signs_and_gaps_in_the_maps():
    page = render_transfer_map(asymmetric())
    gains, pooled = re.findall(r"<table class=.heat.*?</table>", page, flags=re.DOTALL)
    assert gains.count("\N{BLACK UP-POINTING TRIANGLE}") == 1 and "\N{BLACK DOWN-POINTING TRIANGLE}" not in gains
    assert pooled.count("\N{BLACK DOWN-POINTING TRIANGLE}") == 1
    assert gains.count("heat-gap") == 2  # c to a and c to b
    assert "helps</span>" in gains and "not measured</span>" in gains
    assert gains.count('class="heat-cell"') == 6 and gains.count("<rect") == 4  # a to a and b to b are empty


def test_pooling_that_hurts_is_marked_where_the_weighed_model_helps_too():
    cells = {(("a",), "b"): cell("a", "b", gain=0.2, pooling=-0.3), (("b",), "a"): cell("b", "a", pooling=-0.01)}
    page = render_transfer_map(map_of(cells))
    assert "Of 2 transfers 1 helps, and pooling hurts in 1" in page
    assert "Whoever pools a into b changes its AUC by \N{MINUS SIGN}0.300, the largest sure loss." in page
    gains, pooled = re.findall(r"<table class=.heat.*?</table>", page, flags=re.DOTALL)
    assert "\N{BLACK UP-POINTING TRIANGLE}" in gains and "\N{BLACK DOWN-POINTING TRIANGLE}" in pooled
    assert page.count('<span class="sub answer-hurts">hurts</span>') == 1 and "one way only" not in page


def test_a_map_that_claims_nothing_does_not_say_that_nothing_helps():
    found = map_of({(("a",), "b"): cell("a", "b", gain=0.01)})
    page = render_transfer_map(found)
    assert "Of 1 transfer none surely helps or hurts" in page and "That does not say that no source helps" in page


def test_sources_with_rows_of_the_target_are_told_first():
    page = render_transfer_map(leaking())
    first = page.index("Read this first")
    assert first < page.index("a to b: 9 of 40 target rows stand in a too.") < page.index('id="gains"')
    assert "Read this first" not in render_transfer_map(asymmetric())
    for drawn in re.findall(r"<table class=.heat.*?</table>", page, flags=re.DOTALL):
        a, c = re.findall(r"<tr><th scope=.row.*?</tr>", drawn, flags=re.DOTALL)
        assert "heat-below" in a and "\N{MULTIPLICATION SIGN}" in a and "fill-opacity" not in a
        assert "not to be trusted, rows of the target stand in the source" in a
        assert "heat-below" not in c
    strengths = re.findall(r'fill-opacity="([\d.]+)"', page)  # of c alone, whose colour the copy does not dim
    assert max(map(float, strengths)) == pytest.approx(heat.FULL * heat.UNSURE, abs=0.006)


def test_colours_are_full_where_something_is_claimed_alone_and_alike_in_both_maps():
    strengths = {}
    for gain, pooling, name in ((0.2, 0.1, "claimed"), (0.04, 0.02, "not")):
        page = render_transfer_map(map_of({(("a",), "b"): cell("a", "b", gain=gain, pooling=pooling)}))
        maps = re.findall(r"<table class=.heat.*?</table>", page, flags=re.DOTALL)
        strengths[name] = [float(re.search(r'fill-opacity="([\d.]+)"', m)[1]) for m in maps]
    assert strengths["claimed"][0] == pytest.approx(heat.FULL)
    assert strengths["not"][0] == pytest.approx(heat.FULL * heat.UNSURE, abs=0.006)
    for both in strengths.values():  # nothing is claimed of pooling, which has half the gain, so half the pale colour
        assert both[1] - heat.PALE == pytest.approx((heat.FULL * heat.UNSURE - heat.PALE) / 2, abs=0.006)


def test_one_ruinous_cell_does_not_round_the_others_away():
    cells = {
        (("a",), "b"): cell("a", "b", gain=0.1, pooling=-35.26),
        (("b",), "a"): cell("b", "a", gain=0.1, pooling=-0.67),
        (("c",), "a"): cell("c", "a", gain=0.1, pooling=-0.004),
    }
    pooled = re.findall(r"<table class=.heat.*?</table>", render_transfer_map(map_of(cells)), flags=re.DOTALL)[1]
    for text in ("35<", "0.67<", "0.00<"):
        assert text in pooled


def test_each_metric_has_its_own_colours_and_table():
    numbers = dataclasses.replace(cell("b", "a", gain=5.0).verdict, metric="r2")
    cells = {
        (("a",), "b"): cell("a", "b", gain=0.2),
        (("b",), "a"): dataclasses.replace(cell("b", "a"), verdict=dataclasses.replace(numbers, gain=5.0)),
    }
    page = render_transfer_map(map_of(cells))
    assert page.index("<h3>In R\N{SUPERSCRIPT TWO}</h3>") < page.index("<h3>In AUC</h3>")
    gains = re.findall(r"<table class=.heat.*?</table>", page, flags=re.DOTALL)[0]
    assert set(re.findall(r'fill-opacity="([\d.]+)"', gains)) == {str(heat.FULL)}


def test_names_are_escaped_and_all_kinds_of_maps_are_drawn(monkeypatch, tmp_path):
    stand_in(monkeypatch)
    write_transfer_map(tmp_path / "map.html", found=hs.map_transfers(domains(), orders=2, correction=None))
    assert "by chance alone" in (tmp_path / "map.html").read_text(encoding="utf-8")
    named = {f"<{d.label}>": d for d in domains()[:2]}
    assert "<a>" not in re.sub(r"</?a[ >].*?>", "", render_transfer_map(hs.map_transfers(named))).replace("</a>", "")
    nothing = hs.map_transfers(domains(), targets=["c"], sources=["d"])
    assert "they do not fit" in render_transfer_map(nothing)


def test_anything_else_is_refused():
    with pytest.raises(hs.InputTypeError, match="int is no map of transfer; expected what map_transfers or"):
        render_transfer_map(3)
