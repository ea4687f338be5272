"""A source whose classes are coded the other way round is said to be one, and noise is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import headstart as hs
from headstart.choose.against import against
from headstart.choose.given import GivenModels
from headstart.choose.problem import Problem
from headstart.cli.revive import revive
from headstart.diagnosis import Diagnosis
from headstart.diagnosis.concept import AGAINST, concept_shift
from headstart.diagnosis.learners import Outcome
from headstart.numeric.two_sample import runs_against
from headstart.parameter.given_models import read_given
from headstart.report import render_report

from .. import report_cases as rc
from .test_report_page import Page

CLASSES = np.array(["no", "yes"])


def draw(n, seed, *, swap=False, noise=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    score = rng.normal(size=n) if noise else 2 * X[:, 0] - X[:, 1] + 0.5 * rng.normal(size=n)
    return X, np.where((score > 0) ^ swap, "yes", "no")


def problem(X, y, classes=CLASSES, **models):
    given = {each.name: each for each in read_given(models, "classification", probabilities=True)}
    return Problem("classification", X, y, (), (), (), (), None, classes, models=given)


def said_against(task):
    return against(GivenModels(task.models, "classification", task.classes).fit(), task)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "n_asked"), [(10, 1), (16, 3), (60, 1)])
def test_noise_passes_in_less_than_one_of_a_hundred_cases(n, n_asked):
    rng = np.random.default_rng(n)
    positive = np.arange(n) < n // 2
    seen = 0
    for _ in range(1000):
        scores = rng.normal(size=(n_asked, n))
        seen += any(runs_against(s[positive], s[~positive], n_asked=n_asked) is not None for s in scores)
    assert seen / 1000 < 0.01


def test_what_runs_against_is_seen():
    high, low = np.arange(10.0), np.arange(20.0) + 8
    auc = runs_against(high, low)
    assert auc == pytest.approx(np.mean([[a > b or (a == b) / 2 for b in low] for a in high]))
    assert runs_against(low, high) is None
    # Certain, but not far below a half; and far below, of too few rows.
    rng = np.random.default_rng(0)
    assert runs_against(rng.normal(size=5000), rng.normal(size=5000) + 0.3) is None
    assert runs_against(high[:4], low) is None


@pytest.mark.slow
@pytest.mark.parametrize("n_rows", [60, 300])
def test_a_source_model_with_swapped_classes_is_named_and_one_of_noise_is_not(n_rows):
    swapped, right = (LogisticRegression().fit(*draw(n_rows, 1, swap=swap)) for swap in (True, False))
    told = leaning = 0
    for seed in range(100):
        X, y = draw(40, 100 + seed)
        task = problem(X, y, swapped=swapped, right=right)
        assert said_against(task).keys() == {"swapped"}
        noise = LogisticRegression().fit(*draw(n_rows, 1000 + seed, noise=True))
        task = problem(X, y, noise=noise)
        told += bool(said_against(task))
        scores = noise.predict_proba(X)[:, 1]
        leaning += runs_against(scores[y == "yes"], scores[y == "no"]) is not None
        task = problem(X, draw(40, 300 + seed, noise=True)[1], swapped=swapped, noise=noise)
        told += bool(said_against(task))
    assert told <= 1
    assert leaning > 5  # the AUC alone would not do: of few columns a model of noise leans against the labels


def test_only_two_classes_have_an_order():
    X, y = draw(40, 0)
    model = LogisticRegression().fit(X, np.where(X[:, 2] > 1, "third", y))
    task = problem(X, y, np.array(["no", "third", "yes"]), m=model)
    assert said_against(task) == {}
    assert against(None, task) == {}


@pytest.mark.slow
def test_the_choice_and_its_page_name_the_model():
    X, y = draw(40, 0)
    swapped, right = (LogisticRegression().fit(*draw(300, 1, swap=swap)) for swap in (True, False))
    models = {"north": swapped, "south": right}
    fitted = hs.TransferClassifier(source_model=models, random_state=0, time_limit=1e-9).fit(X, y)
    assert fitted.against_.keys() == {"north"} and fitted.against_["north"] < 0.2
    told = f"The model of north has an AUC of {fitted.against_['north']:.2f} on rows of"
    assert told in Page(render_report(fitted)).text


def test_the_page_asks_first():
    text = Page(render_report(rc.model(against={"north": 0.034}), None, rc.RUN)).text
    assert (
        f"Read this first The model of north has an AUC of 0.03 on rows of Hungary, where 0.5 is guessing: {AGAINST}"
        in text
    )
    assert AGAINST not in Page(render_report(rc.model(against={}), None, rc.RUN)).text


def test_the_diagnosis_asks_and_only_on_evidence():
    def diagnosed(seed, **how):
        return hs.diagnose(hs.Domain(*draw(40, seed)), hs.Domain(*draw(120, 500 + seed, **how)), random_state=0)

    found = diagnosed(0, swap=True)
    assert found.concept.runs_against and AGAINST in " ".join(str(found).split())
    assert AGAINST in Page(render_report(rc.model(), found)).text
    assert revive(Diagnosis, found.to_dict()).concept == found.concept
    assert AGAINST not in " ".join(str(diagnosed(0)).split())


@pytest.mark.slow
def test_a_diagnosis_of_noise_asks_in_less_than_one_of_a_hundred_cases():
    told = 0
    for seed in range(100):
        (X, y), (Xs, ys) = draw(40, seed), draw(90, 500 + seed, noise=True)
        domain, labels = np.arange(130) < 40, np.concatenate([y, ys])
        outcome = Outcome.of("classification", y, ys)
        found = concept_shift(np.vstack([X, Xs]), domain, labels, outcome, None, np.random.default_rng(seed))
        told += found.runs_against
    assert told <= 1


def test_a_record_of_an_earlier_version_is_read():
    record = hs.diagnose(hs.Domain(*draw(40, 0)), hs.Domain(*draw(60, 1)), random_state=0).to_dict()
    del record["concept"]["runs_against"]
    assert revive(Diagnosis, record).concept.runs_against is False
    del record["target"]
    with pytest.raises(hs.InputError, match="the record of a Diagnosis lacks target; it is of another version"):
        revive(Diagnosis, record)


def test_numbers_are_not_broken_after_their_dot():
    found = rc.diagnosis(names=["a.b", "c"])
    page = render_report(rc.model(), found)
    assert "a.<wbr>b" in page and not pd.Series([page]).str.contains(r"\d\.<wbr>\d").any()
