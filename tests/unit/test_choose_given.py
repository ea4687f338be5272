"""The choice from fitted source models alone, without a row of theirs."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline

import headstart as hs

NAMES = list("abcd")


def draw(n, seed, *, task="classification", flip=False):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=NAMES).assign(kind=rng.choice(["u", "v"], n))
    score = 2 * X["a"] - X["b"] + (X["kind"] == "u") + 0.3 * rng.normal(size=n)
    score = -score if flip else score
    return X, score.to_numpy() if task == "regression" else np.where(score > 0, "yes", "no")


def theirs(task="classification", **how):
    learner = Ridge() if task == "regression" else LogisticRegression()
    return make_pipeline(hs.TableEncoder(), learner).fit(*draw(300, 1, task=task, **how))


def model(task="classification", **how):
    kind = hs.TransferRegressor if task == "regression" else hs.TransferClassifier
    return kind(**{"random_state": 0, "time_limit": 1e-9, **how})


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_related_model_helps_and_is_saved_with_what_was_made_of_it(task, tmp_path):
    X, y = draw(30, 0, task=task)
    fitted = model(task, source_model=theirs(task), time_limit=None).fit(X.assign(noise=np.arange(30) % 7), y)
    assert fitted.verdict_.gain > 0 and fitted.verdict_.n_source == 0
    board = fitted.leaderboard_.set_index("candidate")
    assert board.loc["source prior (source model)", "score"] > board.loc["target only (linear)", "score"]
    assert board.loc["source only (source model)", "kind"] == "baseline"
    hs.save(fitted, tmp_path / "m.headstart")
    test = draw(20, 2)[0].assign(noise=1)
    np.testing.assert_array_equal(hs.load(tmp_path / "m.headstart").predict(test), fitted.predict(test))


def test_a_hostile_model_hurts_whoever_trusts_it():
    X, y = draw(120, 0)
    fitted = model(source_model=theirs(flip=True), time_limit=None).fit(X, y)
    assert fitted.verdict_.decision in ("hurts", "helps")  # a reversed model is as good as its mirror
    assert fitted.verdict_.pooling_interval[1] < 0
    if fitted.verdict_.decision == "hurts":
        assert "The source's model alone hurts: it changes AUC by -" in fitted.verdict_.sentence()


def test_several_models_by_name():
    X, y = draw(30, 0)
    fitted = model(source_model={"north": theirs(), "south": theirs(flip=True)}).fit(X, y)
    assert {"source only (north)", "source prior (south)", "source prior (all source models)"} <= set(
        fitted.leaderboard_["candidate"]
    )
    listed = model(source_model=[theirs(), theirs()]).fit(X, y)
    assert "source prior (source model 2)" in set(listed.leaderboard_["candidate"])


def test_a_saved_choice_of_another_place_serves_as_source_model(tmp_path):
    there = model(time_limit=None).fit(*draw(60, 3))
    hs.save(there, tmp_path / "there.headstart")
    X, y = draw(30, 0)
    fitted = model(source_model={"there": hs.load(tmp_path / "there.headstart")}).fit(X, y)
    assert fitted.leaderboard_.set_index("candidate").loc["source only (there)", "score"] > 0.7


def test_a_column_that_the_target_lacks_is_a_gap_for_models_that_take_gaps():
    X, y = draw(30, 0)
    with pytest.warns(
        hs.HeadstartWarning, match="source_model knows 'c', which the target lacks; it is asked with gaps"
    ):
        fitted = model(source_model=theirs()).fit(X.drop(columns="c"), y)
    assert np.isfinite(fitted.predict_proba(X.drop(columns="c"))).all()
    strict = LogisticRegression().fit(draw(99, 1)[0][NAMES], draw(99, 1)[1])
    with pytest.raises(hs.InputError, match="source_model needs the columns 'c', which the target lacks; expected the"):
        model(source_model=strict).fit(X.drop(columns="c"), y)
    with pytest.raises(
        hs.InputError, match="needs the columns 'a', 'b', 'c', 'd', 'kind', none of which the target has"
    ):
        model(source_model=theirs()).fit(X.rename(columns=str.upper), y)


def test_gaps_are_refused_for_models_that_take_none():
    X, y = draw(30, 0)
    rows = X[NAMES].mask(X["d"] > 1)
    with pytest.raises(hs.InputError, match="source_model is a LogisticRegression, which takes no gaps, and the"):
        model(source_model=LogisticRegression().fit(*[draw(99, 1)[0][NAMES], draw(99, 1)[1]])).fit(rows, y)


def test_a_class_that_the_source_never_saw_is_kept():
    X, y = draw(60, 0)
    y = np.where(X["d"] > 1, "other", y)
    fitted = model(source_model=theirs()).fit(X, y)
    assert fitted.classes_.tolist() == ["no", "other", "yes"]
    assert fitted.predict_proba(X).shape == (60, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("there.pkl", r"source_model is a path or text \('there.pkl'\); expected a fitted model: hs.load\(path\)"),
        (LogisticRegression(), "source_model is a LogisticRegression that is not fitted; expected a fitted one"),
        (LogisticRegression, "source_model is the class LogisticRegression; expected a fitted scikit-learn model"),
        (Ridge(), "source_model is a Ridge, which is no classifier"),
        (RidgeClassifier(), "source_model is a RidgeClassifier without predict_proba"),
        ([], "source_model is empty; expected a fitted scikit-learn model"),
        ({"there": 3}, r"source_model\[\'there\'\] is of type int; expected a fitted scikit-learn model"),
    ],
)
def test_what_is_no_source_model(given, message):
    with pytest.raises((hs.InputError, hs.InputTypeError), match=message):
        model(source_model=given).fit(*draw(30, 0))


def test_what_does_not_go_together():
    X, y = draw(30, 0)
    given = theirs()
    with pytest.raises(
        hs.InputError, match="'every' was asked for, and of source models alone it adds the continuation"
    ):
        model(source_model=given, candidates="every").fit(X, y)
    with pytest.raises(hs.InputError, match="both source= and source_model= were given"):
        model(source_model=given).fit(X, y, source=hs.Domain(X, y))
    with pytest.raises(hs.InputError, match="the target has no labels, and only source models are given"):
        model(source_model=given).fit(X)
    with pytest.raises(hs.InputError, match="no label in common: the target has 'p', 'q'"):
        model(source_model=given).fit(X, np.where(y == "yes", "p", "q"))
    arrays = LogisticRegression().fit(np.zeros((4, 3)), [0, 1, 0, 1])
    with pytest.raises(hs.InputError, match="source_model was fitted to 3 columns and the target has 4"):
        model(source_model=arrays).fit(X[NAMES].to_numpy(), np.arange(30) % 2)
    named = LogisticRegression().fit(X[NAMES], y)
    with pytest.raises(
        hs.InputError, match=r"knows its columns by name \('a', 'b', 'c', 'd'\) and the target's have none"
    ):
        model(source_model=named).fit(X[NAMES].to_numpy(), y)
