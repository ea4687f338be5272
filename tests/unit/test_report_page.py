"""The page: what it says in every state, that it needs nothing else, and that nothing in it can be run."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.choose.candidates import source_candidates, target_candidates
from headstart.diagnosis import Diagnoses
from headstart.report import render_report, write_report
from headstart.report.glossary import explained
from headstart.report.page import MOST_BYTES

from .. import report_cases as rc

VOID = {"meta", "br", "wbr", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """The elements of a page and its words; fails where tags do not balance."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.words = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):
        self.elements.append((name, dict(attributes)))

    def handle_endtag(self, name):
        assert self.open and self.open[-1] == name, f"</{name}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, name):
        return [a for n, a in self.elements if n == name]


@pytest.fixture(scope="module")
def diagnosis():
    return rc.diagnosis()


@pytest.fixture(scope="module")
def page(diagnosis):
    return render_report(rc.model(), diagnosis, rc.RUN)


@pytest.fixture(scope="module")
def parsed(page):
    return Page(page)


def states():
    nan = math.nan
    hurts = rc.verdict(decision="hurts", gain=-0.004, interval=(-0.021, 0.013), p_harm=0.66, worth_labels=None)
    unsure = rc.verdict(decision="undetermined", interval=(-0.011, 0.07), worth_labels=math.inf)
    regression = rc.verdict(metric="r2", gain=0.2, interval=(0.1, 0.3), score=0.6, baseline_score=0.4)
    error = rc.verdict(
        metric="neg_mean_absolute_error", gain=120.0, interval=(40.0, 200.0), score=-900.0, baseline_score=-1020.0
    )
    blank = rc.verdict(
        gain=nan,
        interval=(nan, nan),
        p_harm=nan,
        worth_labels=nan,
        score=nan,
        baseline_score=nan,
        decision="undetermined",
    )
    wide = rc.verdict(interval=(-math.inf, math.inf), decision="undetermined")
    return {
        "helps": rc.model(),
        "hurts": rc.model(verdict=hurts),
        "a model hurts": rc.model(verdict=replace(hurts, trusting="its model alone")),
        "undetermined": rc.model(verdict=unsure),
        "strict": rc.model(policy="strict", verdict=unsure),
        "best": rc.model(policy="best"),
        "no source": rc.without_verdict(labels=True),
        "no labels": rc.without_verdict(labels=False),
        "regression": rc.model(rc.FittedRegressor, verdict=regression, metric="r2"),
        "error": rc.model(rc.FittedRegressor, verdict=error, metric="neg_mean_absolute_error"),
        "multiclass": rc.model(verdict=rc.verdict(metric="accuracy"), classes=np.arange(7), metric="accuracy"),
        "30 candidates": rc.model(leaderboard=rc.board(26)),
        "worth nothing": rc.model(verdict=rc.verdict(worth_labels=0.0)),
        "worth much": rc.model(verdict=rc.verdict(worth_labels=5000.0)),
        "no curve": rc.model(learning_curve=rc.curve().iloc[:0]),
        "short curve": rc.model(learning_curve=rc.curve().iloc[:1]),
        "NaN": rc.model(verdict=blank),
        "two folds": rc.model(verdict=wide),
        "no board": rc.model(leaderboard=rc.board().iloc[:0]),
    }


@pytest.mark.parametrize("state", states())
def test_every_state_gives_a_whole_page(state, diagnosis):
    for run, found in ((rc.RUN, diagnosis), (None, None)):
        page = render_report(states()[state], found, run)
        parsed = Page(page)
        assert not re.search(r"\b(nan|None|inf|undefined)\b", parsed.text.replace("None: nothing", "")), state
        assert not re.search(r'"(nan|inf|-inf|None)%?"', page)


def test_the_verdict_comes_first(parsed):
    text = parsed.text
    order = [
        "Does VA Long Beach help Hungary?",
        "Yes, it helps",
        "+0.031 AUC over target only (linear)",
        "Use the model with the source",
        "Probability of harm",
        "Worth in labels",
        "Leaderboard",
        "What the model is made of",
        "What moved between the domains",
        "How it was measured",
        "Data",
        "Limits",
        "Repeat it",
        "Model card",
    ]
    starts = [text.index(words, text.index("Transfer report")) for words in order]
    assert starts == sorted(starts)


def test_it_says_what_was_found(parsed):
    for words in (
        "90% interval +0.010 to +0.052",
        "0.912",
        "target only 0.881",
        "about 85",
        "stopped by the time limit",
        "45%",
        "domain adaptation",
        "column 0",
        "SMD",
        "Nadeau and Bengio (2003)",
        rc.RUN["command"],
        "0123456789abcdef" * 4,
        "scikit-learn 1.9.1",
        "Licence of the data: not stated",
        "214 of 294 rows have no label",
    ):
        assert words in parsed.text, words


def test_baselines_come_before_the_rest(parsed):
    names = [a["data-name"] for a in parsed.all("tr") if "data-name" in a]
    assert names == ["The blend", *rc.board()["candidate"]]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("hurts", "Pooling hurts It changes AUC by"),
        ("hurts", "Do not put the rows of the source and of Hungary into one table: that is what hurts."),
        ("hurts", "Whether the model weighed by held-out rows helps is undetermined: \N{MINUS SIGN}0.004"),
        ("hurts", "lies below zero, that is said to hurt: not the model."),
        ("a model hurts", "The source's model alone hurts It changes AUC by"),
        ("a model hurts", "Do not use the source as it is: that is what hurts."),
        ("a model hurts", "the interval of the source's model as it is lies below zero"),
        ("undetermined", "Neither a gain nor a harm is shown: the truth may be anything from \N{MINUS SIGN}0.011 AUC"),
        ("undetermined", "On held-out rows the model with the source scored 0.912, the best one without 0.881."),
        ("undetermined", "may settle it"),
        ("undetermined", "more labels than the learning curve can tell"),
        ("strict", "the model handed over is target only"),
        ("strict", "not the model handed over: the policy is strict"),
        ("best", "a single candidate"),
        ("no source", "No verdict"),
        ("no source", "No source was given, so there is no transfer to judge."),
        ("no labels", "No target labels were given."),
        ("no labels", "how well the model predicts is not known"),
        ("regression", "+0.200 R\N{SUPERSCRIPT TWO}"),
        ("error", "120 less mean absolute error"),
        ("error", "expect a mean absolute error of about 900"),
        ("30 candidates", "20 more candidates"),
        ("worth nothing", "the gain is worth no further label"),
        ("worth much", "about 5,000"),
        ("multiclass", "+0.031 accuracy"),
        ("no board", "Leaderboard"),
    ],
)
def test_states_say_what_they_are(state, words, diagnosis):
    assert words in Page(render_report(states()[state], diagnosis, rc.RUN)).text


def test_intervals_beyond_what_a_score_can_be_are_cut_and_explained():
    told = (
        "Some intervals reach outside 0 to 1, where no AUC can be: they are reckoned from how much the folds differ, "
        "without knowing that bound, and so few rows leave that much open, and are cut at 1, the most by which two "
        "scores can differ."
    )
    tiny = rc.verdict(decision="undetermined", interval=(-1.3, 1.362), pooling_interval=(-2.0, 0.2), n_target=9)
    board = rc.board()
    board.loc[3, ["gain_low", "gain_high"]] = -1.25, 0.9
    fitted = rc.model(verdict=tiny, leaderboard=board)
    page = Page(render_report(fitted))
    assert told in page.text
    assert "90% interval \N{MINUS SIGN}1.000 to +1.000" in page.text
    assert "1.3" not in page.text and "1.25" not in page.text
    assert fitted.verdict_.interval == (-1.3, 1.362) and fitted.leaderboard_["gain_low"][3] == -1.25
    # An end that is possible as a difference, but not from this baseline, is explained and stays.
    high = Page(render_report(rc.model(verdict=rc.verdict(interval=(0.01, 0.2)))))
    assert "outside 0 to 1" in high.text and "+0.010 to +0.200" in high.text
    for fine in (rc.model(), rc.model(rc.FittedRegressor, verdict=rc.verdict(metric="r2", interval=(-3.0, 0.1)))):
        assert "Some intervals reach" not in render_report(fine)
    r2 = rc.model(rc.FittedRegressor, verdict=rc.verdict(metric="r2", interval=(-3.0, 0.5)))
    text = Page(render_report(r2)).text
    assert "Some intervals reach above 1, which no score can be" in text and "3.0" in text and "are cut" not in text


def test_names_of_classes_have_the_width_of_their_table(page):
    assert '<th scope="rowgroup" colspan="3" class="long">sick</th>' in page


def test_the_answer_is_not_said_twice(diagnosis):
    text = Page(render_report(states()["undetermined"], diagnosis, rc.RUN)).text
    assert "Undetermined" in text and "Undetermined:" not in text


def test_each_candidate_and_measure_is_explained(parsed):
    assert "a model of the target that starts from what models of the source predict" in parsed.text
    assert "SMD: difference of means in standard deviations." in parsed.text
    assert "the share of a candidate in the model that was handed over" in parsed.text


def test_no_candidate_lacks_an_explanation():
    problem = SimpleNamespace(task="classification", y=np.zeros(60), n_source=200, classes=np.array([0, 1]))
    forest = SimpleNamespace(estimators_=[None] * 12, n_estimators=12)
    given = source_candidates(problem, SimpleNamespace(strength_=1.0, models_=[None, None, forest]), 9)
    names = [c.name for c in [*target_candidates("classification", 60), *given]]
    assert len(names) > 10
    for name in names:
        assert explained([name]), name
        assert len(explained([name])) == 1 + ("(" in name), name
    assert explained(["mine"]) == []


def test_nothing_outside_the_page_is_referred_to(page, parsed):
    for name, attributes in parsed.elements:
        assert name not in {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "use", "image"}, name
        for key in ("src", "srcset", "href", "xlink:href", "data", "poster", "action", "background", "ping"):
            assert attributes.get(key, "#").startswith("#"), (name, attributes)
    assert not re.search(r"url\(|@import|https?:|//\w+\.\w|fetch\(|XMLHttp|import\(", page)
    policy = next(a["content"] for a in parsed.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_it_reads_without_scripts(page):
    without = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert Page(without).text == Page(page).text


def test_it_is_accessible(parsed):
    assert parsed.all("html")[0]["lang"] == "en"
    assert len(parsed.all("h1")) == 1 and len(parsed.all("main")) == 1
    ids = [a["id"] for _, a in parsed.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for name, attributes in parsed.elements:
        for key in ("aria-labelledby", "aria-controls"):
            assert attributes.get(key, ids[0]) in ids
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
        if name == "th":
            assert attributes.get("scope") in ("col", "row", "rowgroup")
        if name == "svg" and "viewbox" not in attributes and attributes.get("role") != "img":
            assert attributes.get("aria-hidden") == "true" or "x" in attributes
        if attributes.get("role") == "img":
            assert len(attributes["aria-label"]) > 20
    levels = [int(n[1]) for n, _ in parsed.elements if n in ("h1", "h2", "h3")]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_names_are_text_and_never_code():
    evil = "<script>alert(1)</script>"
    found = rc.diagnosis(names=[evil, '"><img src=x onerror=alert(1)>', "a & b", "c"])
    board = rc.board()
    board.loc[0, "candidate"], board.loc[6, "note"] = evil, "</td><script>alert(2)</script>"
    run = {
        **rc.RUN,
        "target": {**rc.RUN["target"], "name": evil},
        "command": f"headstart fit {evil}",
        "notes": [evil],
        "label": evil,
        "machine": {"system": evil, "cpus": 2},
        "dropped": [evil],
    }
    verdict = rc.verdict(baseline=evil)
    page = render_report(rc.model(leaderboard=board, verdict=verdict, classes=np.array([evil, "b"])), found, run)
    parsed = Page(page)
    assert len(parsed.all("script")) == 1 and not parsed.all("img")
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/") > 5
    assert not any(key.startswith("on") for _, a in parsed.elements for key in a)


def test_a_page_of_many_columns_candidates_and_sources_stays_small(tmp_path):
    names = [f"a column with a rather long name {j} " + "x" * 80 for j in range(200)]
    found = rc.diagnosis(names=names, n=30)
    many = Diagnoses((found,) * 4)
    run = {**rc.RUN, "sources": [{**rc.RUN["sources"][0], "name": f"source {k}"} for k in range(4)]}
    write_report(tmp_path / "report.html", model=rc.model(leaderboard=rc.board(26)), diagnosis=many, run=run)
    assert (tmp_path / "report.html").stat().st_size < MOST_BYTES
    assert "Do 4 sources help Hungary?" in (tmp_path / "report.html").read_text("utf-8")


def test_a_leak_is_said_before_the_figures():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    Xs, ys = np.vstack([X[:30], rng.normal(size=(60, 3))]), np.concatenate([y[:30], rng.integers(0, 2, 60)])
    with pytest.warns(hs.HeadstartWarning, match="stand in the source"):
        found = hs.diagnose(hs.Domain(X, y, name="a"), hs.Domain(Xs, ys, name="b"))
    text = Page(render_report(rc.model(), found)).text
    assert "Leak: 30 target rows (50%) stand in b too" in text
    assert text.index("Read this first") < text.index("Probability of harm")
    assert "Not to be trusted: rows leak" in text and "the gain may be nothing but that" in text
    assert "Scored on rows that leak, transfer helps: +0.031 AUC" in text
    assert "Yes, it helps" not in text and "Use the model with" not in text


def test_a_real_model_and_diagnosis():
    target, source = hs.datasets.make_shift("columns", n_target=60, n_source=80, random_state=0)
    rows = np.r_[np.flatnonzero(target.y == target.y[0])[:3], np.flatnonzero(target.y != target.y[0])[:3]]
    model = hs.TransferClassifier(random_state=0).fit(target.frame().iloc[rows], target.y[rows])
    text = Page(render_report(model, hs.diagnose(target, source))).text
    assert "No verdict" in text and "too few rows" in text.lower() and "heterogeneous" in text


@pytest.mark.slow
def test_a_real_verdict():
    target, source = hs.datasets.make_shift("covariate", n_target=30, n_source=60, random_state=0)
    model = hs.TransferClassifier(random_state=0).fit(target.X, target.y, source=source)
    text = Page(render_report(model, hs.diagnose(target, source))).text
    assert all(name in text for name in model.leaderboard_["candidate"])
    low, high = model.verdict_.interval
    assert f"{abs(low):.3f}" in text and f"{abs(high):.3f}" in text


def test_write_is_whole_or_not_there(tmp_path, monkeypatch):
    place = tmp_path / "report.html"
    write_report(place, model=rc.model())
    before = place.read_bytes()
    assert before.startswith(b"<!doctype html>") and [p.name for p in tmp_path.iterdir()] == ["report.html"]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("headstart.report.page.os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_report(place, model=rc.model(policy="best"))
    assert place.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_what_cannot_be_reported_is_refused(tmp_path):
    with pytest.raises(hs.InputError, match=r"TransferClassifier without verdict_; expected a fitted hs\.Trans"):
        render_report(hs.TransferClassifier())
    with pytest.raises(hs.InputTypeError, match="the model is a str without verdict_"):
        render_report("model")
    with pytest.raises(hs.InputTypeError, match=r"diagnosis is of type dict; expected what hs.diagnose returns"):
        render_report(rc.model(), {})
    with pytest.raises(hs.InputError, match=r"does not exist; create it before writing 'report\.html'"):
        write_report(tmp_path / "missing" / "report.html", model=rc.model())


def _luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a, b):
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_words_stand_out_in_light_and_dark(page, theme):
    block = re.findall(r":root \{(.*?)\}", page, flags=re.DOTALL)[theme]
    colour = {
        n: c if len(c) == 7 else "#" + "".join(2 * k for k in c[1:])
        for n, c in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)
    }
    for ground in ("paper", "raised", "help-zone", "harm-zone"):
        for words in ("ink", "soft", "source", "target", "harm"):
            assert _contrast(colour[words], colour[ground]) >= 4.5, (words, ground)
    for mark in ("source", "target-line"):
        assert _contrast(colour[mark], colour["paper"]) >= 2.9, mark


def test_sources_that_are_left_out_are_named():
    sources = pd.DataFrame({"source": ["Basel", "<b>Bern</b>"], "used": [True, False]})
    page = " ".join(render_report(rc.model(sources=sources)).split())
    assert "It leaves out &lt;b&gt;Bern&lt;/b&gt;: of the labels of" in page
    assert "Which sources are used was decided anew for each held-out part" in page
    assert "It leaves out" not in render_report(rc.model(sources=sources.iloc[:1])) + render_report(rc.model())
