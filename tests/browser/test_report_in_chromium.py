"""The report in a real browser: at desktop and phone width, in light and dark, and on paper."""

import html
import json
import re
import shutil
import subprocess

import pytest

from headstart.report import render_ranking, render_report

from .. import report_cases as rc
from .. import task_cases as tc
from ..ranking_cases import ranking_of_three

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium"),
]

# The page runs unchanged in a frame of the width asked for; what is measured goes into the outer page's title.
FRAME = """<!doctype html><html><head>
<style>body {{ margin: 0 }} iframe {{ border: 0; width: {width}px; height: 9000px }}</style></head>
<body><iframe srcdoc="{page}"></iframe>
<script>
addEventListener("load", () => {{
  const frame = document.querySelector("iframe"), inside = frame.contentDocument, seen = frame.contentWindow;
  for (const part of inside.querySelectorAll("details")) part.open = {unfolded};
  const box = (e) => e.getBoundingClientRect();
  const scrolls = (e) => e.closest(".scroll, pre, .skip, .hidden, thead") !== null;
  const wide = [...inside.querySelectorAll("main *")]
    .filter((e) => !scrolls(e) && box(e).width > 0 && (box(e).right > {width} + 0.5 || box(e).left < -0.5))
    .map((e) => e.tagName + "." + (e.getAttribute("class") || "") + ": " + e.textContent.slice(0, 40));
  const clash = [];
  for (const picture of inside.querySelectorAll("svg.chart, svg.tree, .plot, tfoot svg")) {{
    const words = [...picture.querySelectorAll("text")].filter((e) => box(e).width > 0);
    words.forEach((a, k) => words.slice(k + 1).forEach((b) => {{
      const p = box(a), q = box(b);
      if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 4 && q.top < p.bottom - 4)
        clash.push(a.textContent + " / " + b.textContent);
    }}));
  }}
  document.title = JSON.stringify({{
    scroll: inside.documentElement.scrollWidth, wide, clash,
    ground: seen.getComputedStyle(inside.body).backgroundColor,
    cut: [...inside.querySelectorAll("table.ranked tbody td")]
      .filter((e) => e.scrollWidth > e.clientWidth + 1 || box(e).right > {width} + 0.5)
      .map((e) => e.textContent),
    buttons: inside.querySelectorAll("table.board thead button").length,
    fetched: seen.performance.getEntriesByType("resource").map((e) => e.name),
    small: [...inside.querySelectorAll("main *")]
      .filter((e) => parseFloat(seen.getComputedStyle(e).fontSize) < 12).length,
    order: (() => {{
      const score = inside.querySelector("th[data-sort=gain] button");
      if (!score) return null;
      score.click();
      return [...inside.querySelector("table.board").tBodies[0].rows].map((r) => Number(r.getAttribute("data-gain")));
    }})(),
  }});
}});
</script></body></html>"""


def chromium(profile, *arguments):
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={profile}",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def measure(tmp_path, page, *, width, dark=False, unfolded=False):
    place = tmp_path / "frame.html"
    text = FRAME.format(width=width, page=html.escape(page), unfolded=str(unfolded).lower())
    place.write_text(text, encoding="utf-8")
    theme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    size = f"--window-size={max(width, 500)},9000"
    dump = chromium(tmp_path / "profile", size, *theme, "--dump-dom", place.as_uri())
    title = re.search(r"<title>(.*?)</title>", dump, flags=re.DOTALL)
    assert title, "the page did not load"
    return json.loads(html.unescape(title[1]))


def hard():
    """Long names, 200 columns, 30 candidates, an undetermined verdict."""
    names = ["x" * 120, "<script>alert(1)</script>", *(f"a column with a rather long name {j}" for j in range(198))]
    verdict = rc.verdict(decision="undetermined", gain=0.002, interval=(-0.031, 0.035), p_harm=0.45, worth_labels=4.0)
    board = rc.board(26)
    board.loc[5, "candidate"] = "y" * 120
    run = {**rc.RUN, "sources": [{**rc.RUN["sources"][0], "name": "a_source_with_a_name_" * 5}]}
    return rc.model(leaderboard=board, verdict=verdict), rc.diagnosis(names=names), run


CASES = {
    "helps": lambda: (rc.model(), rc.diagnosis(), rc.RUN),
    "hard": hard,
    "hurts": lambda: (
        rc.model(
            verdict=rc.verdict(decision="hurts", gain=-0.02, interval=(-0.05, 0.01), score=0.861, worth_labels=None)
        ),
        rc.diagnosis(),
        rc.RUN,
    ),
    "spaces": lambda: (rc.model(alignments=rc.alignments()), None, rc.RUN),
    "carried": lambda: (rc.model(members=rc.carried()), None, rc.RUN),
    "carried, long names": lambda: (rc.model(members=rc.carried("a_long_WIDE_name_" * 5)), None, rc.RUN),
    "tasks": lambda: (tc.tasks(["ill", "days", "cost"], auxiliary=("served",)), None, rc.RUN),
    "tasks, long names": lambda: (tc.tasks(tc.long_names(20), auxiliary=("x" * 90,)), None, rc.RUN),
    "no source": lambda: (rc.without_verdict(labels=True), None, None),
}


@pytest.mark.parametrize(
    ("case", "width", "dark"),
    [
        ("helps", 1280, False),
        ("helps", 390, True),
        ("hard", 1280, True),
        ("hard", 390, False),
        ("hard", 760, False),
        ("hurts", 390, False),
        ("spaces", 1280, False),
        ("spaces", 390, True),
        ("carried", 1280, False),
        ("carried", 390, True),
        ("carried, long names", 360, False),
        ("carried, long names", 830, True),
        ("no source", 390, False),
        ("tasks", 1280, True),
        ("tasks", 390, False),
        ("tasks", 820, False),
        ("tasks, long names", 360, True),
        ("tasks, long names", 820, False),
        ("tasks, long names", 1120, True),
        ("tasks, long names", 1280, False),
    ],
)
def test_it_fits_and_can_be_read(tmp_path, case, width, dark):
    found = measure(tmp_path, render_report(*CASES[case]()), width=width, dark=dark, unfolded=True)
    assert found["scroll"] <= width
    assert not found["wide"]
    assert not found["clash"]
    assert found["small"] == 0
    assert found["fetched"] == []
    assert found["ground"] == ("rgb(17, 22, 28)" if dark else "rgb(255, 255, 255)")
    assert found["buttons"] >= 4  # the page's own script, allowed by its hash, has run
    if found["order"]:
        assert found["order"] == sorted(found["order"], reverse=True)


@pytest.mark.parametrize("width", [360, 500, 760])
def test_the_cards_of_a_ranking_cut_no_number(tmp_path, width):
    ranking = ranking_of_three()
    found = measure(tmp_path, render_ranking(ranking), width=width)
    assert found["scroll"] <= width and not found["wide"] and found["cut"] == []


def test_it_prints(tmp_path):
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(render_report(*CASES["helps"]()), encoding="utf-8")
    chromium(tmp_path / "profile", "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri())
    content = paper.read_bytes()
    assert content.startswith(b"%PDF") and 3 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 12
