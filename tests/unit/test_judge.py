"""No row is judged by what its own label taught: the folds, the candidates on them, the choice, the gain."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import headstart as hs
from headstart.choose.candidates import own_candidates, source_candidates, target_candidates
from headstart.choose.cross_fit import CrossFit, cross_fit
from headstart.choose.folds import Fold, make_folds
from headstart.choose.judge import Judge
from headstart.choose.problem import Problem, schema, take_rows
from headstart.choose.scoring import Metric
from headstart.choose.spaces import SourceModels

# All that own candidates ask of a problem.
NUMBERS = SimpleNamespace(task="regression", shared=("a",))


def make_problem(task, n=24, seed=0):
    """A table with numbers, gaps, words and dates, so that every encoder has something to learn from its rows."""
    rng = np.random.default_rng(seed)

    def draw(size):
        frame = pd.DataFrame(rng.normal(size=(size, 3)), columns=["a", "b", "c"])
        frame.loc[rng.random(size) < 0.2, "b"] = np.nan
        frame["k"] = rng.choice(["x", "y", "z"], size)
        frame["d"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, size), unit="D")
        signal = frame["a"] + 0.5 * frame["c"] + rng.normal(size=size)
        return frame, signal.to_numpy() if task == "regression" else (signal > 0).to_numpy().astype(int)

    (X, y), (Xs, ys) = draw(n), draw(60)
    classes = None if task == "regression" else np.array([0, 1])
    return Problem(task, X, y, (Xs,), (ys,), ("s",), tuple(X.columns), schema(X, (Xs,)), classes)


def listed_for(problem, models):
    learner = Ridge() if problem.task == "regression" else LogisticRegression()
    own = own_candidates([("weighted", hs.Reweighted(learner)), ("augmented", hs.Aligned(learner))], problem)
    return [*target_candidates(problem.task, len(problem.y)), *source_candidates(problem, models, 9), *own]


def cross(problem, folds, models=None):
    models = models or SourceModels().fit(problem)
    listed = listed_for(problem, models)
    found = cross_fit(listed, problem, models, folds, n_jobs=None, deadline=None, report=lambda *_: None)
    return found, listed


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_labels_of_held_out_rows_reach_no_candidate(task):
    problem = make_problem(task)
    folds = make_folds(problem.y, classes=task != "regression", n_folds=3, n_repeats=1, random=np.random.default_rng(1))
    before, listed = cross(problem, folds[:1])
    test = folds[0].test
    y = problem.y.copy()
    y[test] = y[test][::-1] * 1000 + 7 if task == "regression" else 1 - y[test]
    after, _ = cross(replace(problem, y=y), folds[:1])
    assert set(before.names) == {c.name for c in listed} and not before.notes
    for name in before.names:
        np.testing.assert_array_equal(after.values[name][0], before.values[name][0], err_msg=name)


def test_values_of_held_out_rows_reach_only_their_own_prediction():
    problem = make_problem("classification")
    fold = make_folds(problem.y, classes=True, n_folds=3, n_repeats=1, random=np.random.default_rng(1))[0]
    before, _ = cross(problem, [fold])
    X = problem.X.copy()
    # all but the first of the held-out rows become nonsense of the same type
    for column, nonsense in (("a", 1e6), ("b", -1e6), ("c", 0.0), ("k", "y"), ("d", pd.Timestamp("1999-09-09"))):
        X.loc[fold.test[1:], column] = nonsense
    after, _ = cross(replace(problem, X=X), [fold])
    for name in before.names:
        np.testing.assert_array_equal(after.values[name][0][0], before.values[name][0][0], err_msg=name)


def test_training_rows_do_reach_the_candidates():
    # the counterpart: without it the two tests above could pass on candidates that learn nothing
    problem = make_problem("classification")
    fold = make_folds(problem.y, classes=True, n_folds=3, n_repeats=1, random=np.random.default_rng(1))[0]
    before, _ = cross(problem, [fold])
    y = problem.y.copy()
    y[fold.train] = 1 - y[fold.train]
    after, _ = cross(replace(problem, y=y), [fold])
    same = {n for n in before.names if np.array_equal(after.values[n][0], before.values[n][0])}
    assert same == {"source only (linear)", "source only (boosting)"}


def test_values_are_those_of_a_fit_to_the_other_rows_by_hand():
    problem = make_problem("classification")
    fold = make_folds(problem.y, classes=True, n_folds=3, n_repeats=1, random=np.random.default_rng(1))[0]
    found, _ = cross(problem, [fold])
    train = take_rows(problem.X, fold.train)
    model = hs.Prepared(hs.TableEncoder(kinds=problem.kinds), hs.Aligned(LogisticRegression()))
    model.fit(train, problem.y[fold.train], source=hs.Domain(problem.source_tables[0], problem.source_labels[0]))
    np.testing.assert_allclose(
        found.values["augmented"][0], model.predict_proba(take_rows(problem.X, fold.test)), atol=1e-6
    )


def judge_of(seed=0, n=40, k=4, task="classification", y=None):
    """A judge over made-up out-of-fold values, of which the first two candidates are target only."""
    rng = np.random.default_rng(seed)
    classes = np.array([0, 1]) if task == "classification" else None
    if y is None:
        y = rng.permutation(np.arange(n) % 2) if classes is not None else rng.normal(size=n)
    folds = make_folds(y, classes=classes is not None, n_folds=5, n_repeats=2, random=np.random.default_rng(seed))
    learners = target_candidates(task, n)[:2]
    others = own_candidates([(f"m{j}", hs.Pooled(Ridge())) for j in range(k - 2)], NUMBERS)
    found = CrossFit(folds=folds)
    for j, c in enumerate([*learners, *others]):
        found.values[c.name] = []
        for fold in folds:
            if classes is not None:
                p = np.clip(0.5 + (y[fold.test] - 0.5) * 0.2 * j + 0.25 * rng.normal(size=len(fold.test)), 0.01, 0.99)
                found.values[c.name].append(np.column_stack([1 - p, p]))
            else:
                found.values[c.name].append(y[fold.test] + rng.normal(size=len(fold.test)) * (2 - 0.3 * j))
    return Judge(found, [*learners, *others], y, Metric(None, classes, y), 0.9), found, folds, y


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_choice_for_a_fold_looks_at_no_label_of_its_rows_in_any_repeat(task):
    judge, found, folds, y = judge_of(task=task)
    before = judge.cross_choices()
    for k, fold in enumerate(folds):
        changed = y.copy()
        changed[fold.test] = 1 - y[fold.test] if task == "classification" else y[fold.test] + 100
        other = Judge(found, judge.candidates, changed, judge.metric, 0.9)
        np.testing.assert_array_equal(other.cross_choices()[k].blend, before[k].blend)
        assert (other.cross_choices()[k].best, other.cross_choices()[k].single) == (
            before[k].best,
            before[k].single,
        )
        # the choice of other folds does see them
        assert any(not np.array_equal(a.blend, b.blend) for a, b in zip(other.cross_choices(), before, strict=True))


def test_the_choice_for_a_fold_looks_at_no_prediction_for_its_rows_in_any_repeat():
    judge, found, folds, y = judge_of()
    before = judge.cross_choices()
    for fold, values in zip(folds, found.values["m1"], strict=True):
        values[np.isin(fold.test, folds[0].test)] = 0.5
    other = Judge(found, judge.candidates, y, judge.metric, 0.9)
    np.testing.assert_array_equal(other.cross_choices()[0].blend, before[0].blend)


def test_baseline_is_the_target_only_candidate_with_the_smallest_loss_on_the_other_rows():
    judge, _, folds, _ = judge_of(seed=3)
    for k, choice in enumerate(judge.cross_choices()):
        other = ~np.isin(judge.rows, folds[k].test)
        loss = -np.log(0.99 * judge.matrix[other] + 0.005).mean(axis=0)
        assert choice.single == loss[:2].argmin()
        assert choice.best == loss.argmin()


def test_the_target_alone_is_a_blend_where_that_loses_less_than_the_best_of_its_candidates():
    blended = 0
    for seed in range(8):
        judge, found, folds, y = judge_of(seed=seed, k=4)
        for k, choice in enumerate(judge.cross_choices()):
            other = ~np.isin(judge.rows, folds[k].test)
            share = choice.alone[:2]
            assert choice.alone[2:].sum() == 0 and share.sum() == pytest.approx(1)
            loss = -np.log(0.99 * judge.matrix[other] + 0.005).mean(axis=0)[:2]
            mixed = -np.log(0.99 * judge.matrix[other][:, :2] @ share + 0.005).mean()
            assert mixed <= loss.min() + 1e-12
            blended += share.max() < 1
        expected = [
            judge.metric(f_y, sum(c.alone[j] * found.values[judge.candidates[j].name][k] for j in range(2)))
            for k, (f_y, c) in enumerate(zip([y[f.test] for f in folds], judge.cross_choices(), strict=True))
        ]
        np.testing.assert_allclose(judge.alone_scores("blend"), expected)
        np.testing.assert_array_equal(judge.alone_scores("best"), judge.single_scores())
    assert 0 < blended < 8 * len(folds)


def test_what_averaging_brings_is_no_gain_of_a_source_of_no_use():
    """Three target-only learners with errors of their own, and a source that guesses: only the average gains."""
    gains, over_single, helps = [], [], 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=100)
        folds = make_folds(y, classes=False, n_folds=5, n_repeats=2, random=rng)
        listed = [*target_candidates("regression", 100), *own_candidates([("m", hs.Pooled(Ridge()))], NUMBERS)]
        found = CrossFit(folds=folds)
        for c in listed:
            # The best guess of y by a measurement that errs as much as y varies: none is too sure of itself.
            value = (y + rng.normal(size=100)) / 2 if c.role == "target only" else rng.normal(size=100)
            found.values[c.name] = [value[f.test] for f in folds]
        judge = Judge(found, listed, y, Metric("r2", None, y), 0.9)
        scores = judge.policy_scores("blend")
        gain = judge.gain(scores, judge.alone_scores("blend"))
        gains.append(gain.mean)
        over_single.append(judge.gain(scores, judge.single_scores()).mean)
        helps += gain.low > 0
    assert np.mean(over_single) > 0.1  # or there would be nothing to mistake for transfer
    assert abs(np.mean(gains)) < 0.02 and helps <= 4


def test_scores_by_hand():
    from sklearn.metrics import roc_auc_score

    judge, found, folds, y = judge_of(seed=4)
    names = [c.name for c in judge.candidates]
    for k, fold in enumerate(folds):
        expected = roc_auc_score(y[fold.test], found.values[names[2]][k][:, 1])
        assert judge.candidate_scores(2)[k] == pytest.approx(expected)
    blends = judge.policy_scores("blend")
    choices = judge.cross_choices()
    for k, fold in enumerate(folds):
        mixed = sum(w * found.values[n][k][:, 1] for w, n in zip(choices[k].blend, names, strict=True))
        assert blends[k] == pytest.approx(roc_auc_score(y[fold.test], mixed))
    sizes = [len(f.test) for f in folds]
    assert judge.mean_score(blends) == pytest.approx(np.average(blends, weights=sizes))


def test_test_share_is_that_of_the_folds():
    judge, _, _, _ = judge_of()
    assert judge.test_share == pytest.approx(8 / 32)


def test_no_gain_is_found_in_noise():
    """Labels that nothing can tell, candidates that guess: the mean gain is zero and `helps` stays rare."""
    gains, helps = [], 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        n, k = 30, 6
        y = rng.permutation(np.arange(n) % 2)
        folds = make_folds(y, classes=True, n_folds=10, n_repeats=2, random=rng)
        listed = [
            *target_candidates("classification", n)[:2],
            *own_candidates([(f"m{j}", hs.Pooled(Ridge())) for j in range(k - 2)], NUMBERS),
        ]
        found = CrossFit(folds=folds)
        for c in listed:
            guess = rng.beta(2, 2, size=n)  # the same guess of a row in both repeats, as of a source model
            found.values[c.name] = [np.column_stack([1 - guess[f.test], guess[f.test]]) for f in folds]
        judge = Judge(found, listed, y, Metric("accuracy", np.array([0, 1]), y), 0.9)
        gain = judge.gain(judge.policy_scores("blend"), judge.single_scores())
        gains.append(gain.mean)
        helps += gain.low > 0
    error = np.std(gains) / np.sqrt(len(gains))
    assert abs(np.mean(gains)) < 2.6 * error
    assert helps <= 0.05 * len(gains)


def test_a_fold_of_one_class_has_no_auc_and_does_not_count():
    y = np.array([0, 1, 0, 1])
    folds = [Fold(0, np.array([2, 3]), np.array([0, 1])), Fold(0, np.array([0, 1, 3]), np.array([2]))]
    listed = target_candidates("classification", 4)[:2]
    found = CrossFit(folds=folds)
    for c in listed:
        found.values[c.name] = [np.array([[0.8, 0.2], [0.3, 0.7]]), np.array([[0.5, 0.5]])]
    judge = Judge(found, listed, y, Metric(None, np.array([0, 1]), y), 0.9)
    scores = judge.candidate_scores(0)
    assert scores[0] == 1.0 and np.isnan(scores[1]) and judge.mean_score(scores) == 1.0
