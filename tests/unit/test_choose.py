"""TransferClassifier and TransferRegressor from end to end: small targets, odd labels, odd tables, bad input."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

import headstart as hs

LETTERS = np.array(["a", "b", "c"])
TARGET_ONLY = ["target only (linear)", "target only (boosting)", "target only (trees)"]


def shift(kind="covariate", task="classification", n_target=24, seed=0, **how):
    return hs.datasets.make_shift(
        kind, task=task, n_target=n_target, n_source=80, n_test=60, n_features=4, random_state=seed, **how
    )


def classifier(**how):
    """Two folds only, which every time limit leaves: what is tested here does not depend on their number."""
    return hs.TransferClassifier(**{"random_state": 0, "time_limit": 1e-9, **how})


def regressor(**how):
    return hs.TransferRegressor(**{"random_state": 0, "time_limit": 1e-9, **how})


@pytest.mark.parametrize("n", [8, 10, 12])
def test_few_rows_of_two_classes(n):
    data = shift(n_target=n, seed=1)
    y = np.arange(n) % 2
    model = hs.TransferClassifier(random_state=0, candidates=[("mine", hs.Pooled(LogisticRegression()))])
    model.fit(data.target.X, y, source=data.source)
    assert np.isfinite([model.verdict_.gain, *model.verdict_.interval]).all()
    assert model.leaderboard_["score"].notna().all()
    assert model.n_folds_ == 2 * (n // 2)
    proba = model.predict_proba(data.test.X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


@pytest.mark.parametrize("n", [8, 11])
def test_few_rows_of_numbers(n):
    data = shift(task="regression", n_target=n)
    model = regressor().fit(data.target.X, data.target.y, source=data.source)
    assert np.isfinite(model.verdict_.gain) and np.isfinite(model.predict(data.test.X)).all()


def test_class_with_one_row_is_fitted_and_not_judged():
    data = shift(n_target=12)
    y = (np.arange(12) == 3).astype(int)
    model = classifier(policy="strict").fit(data.target.X, y, source=data.source)
    assert model.verdict_ is None
    assert "no fold could be scored: roc_auc is not defined" in model.verdict_note_
    assert model.leaderboard_["score"].isna().all()
    assert max(model.weights_, key=model.weights_.get) in TARGET_ONLY
    assert np.isfinite(model.predict_proba(data.test.X)).all()
    by_accuracy = classifier(scoring="accuracy").fit(data.target.X, y, source=data.source)
    assert by_accuracy.verdict_.metric == "accuracy"


def test_fewer_rows_than_can_be_judged():
    data = shift()
    with pytest.raises(hs.InputError, match="3 labelled target rows; expected at least 8"):
        classifier().fit(data.target.X[:3], [0, 1, 0], source=data.source)
    alone = classifier().fit(data.target.X[:3], [0, 1, 0])
    assert alone.verdict_ is None and "too few rows to choose a learner by" in alone.verdict_note_


def test_without_a_source_it_is_the_best_target_only_learner():
    data = shift()
    alone = classifier().fit(data.target.X, data.target.y)
    assert alone.n_source_ == 0 and alone.verdict_ is None and "no source was given" in alone.verdict_note_
    assert sorted(alone.leaderboard_["candidate"]) == sorted(TARGET_ONLY)
    # the same learner on the same folds is what is called target only beside a source
    beside = classifier().fit(data.target.X, data.target.y, source=data.source)
    board = beside.leaderboard_.set_index("candidate")
    for name in TARGET_ONLY:
        assert board.loc[name, "score"] == alone.leaderboard_.set_index("candidate").loc[name, "score"]
    chosen = max(alone.weights_, key=alone.weights_.get)
    assert beside.verdict_.baseline == chosen and alone.weights_[chosen] == 1.0


def test_strict_hands_over_target_only_where_nothing_is_shown():
    data = shift("hostile")
    strict = classifier(policy="strict").fit(data.target.X, data.target.y, source=data.source)
    alone = classifier().fit(data.target.X, data.target.y)
    assert strict.verdict_.decision != "helps"
    np.testing.assert_array_equal(strict.predict_proba(data.test.X), alone.predict_proba(data.test.X))
    assert "policy 'strict'" in strict.verdict_note_


def test_best_is_one_candidate_and_blend_is_their_mean():
    data = shift()
    best = classifier(policy="best").fit(data.target.X, data.target.y, source=data.source)
    assert sorted(best.weights_.values())[-1] == 1.0 and len(best.members_) == 1
    blend = classifier().fit(data.target.X, data.target.y, source=data.source)
    assert sum(blend.weights_.values()) == pytest.approx(1)
    view = blend.spaces_.view(data.test.X)
    by_hand = sum(blend.weights_[name] * m.values(view) for name, m in blend.members_.items())
    np.testing.assert_allclose(blend.predict_proba(data.test.X), by_hand)


@pytest.mark.parametrize("where", ["both", "source", "target"])
def test_three_text_classes_and_classes_of_one_domain(where):
    data = shift(n_target=30, n_classes=3)
    keep_t = np.ones(30, bool) if where != "source" else data.target.y < 2
    keep_s = np.ones(80, bool) if where != "target" else data.source.y < 2
    model = classifier().fit(
        data.target.X[keep_t],
        LETTERS[data.target.y[keep_t]],
        source=hs.Domain(data.source.X[keep_s], LETTERS[data.source.y[keep_s]]),
    )
    assert model.classes_.tolist() == ["a", "b", "c"] and model.verdict_.metric == "accuracy"
    proba = model.predict_proba(data.test.X)
    assert proba.shape == (60, 3) and set(model.predict(data.test.X)) <= set(LETTERS)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_without_target_labels(task):
    data = shift(task=task)
    make = classifier if task == "classification" else regressor
    with pytest.warns(hs.HeadstartWarning, match="no target labels were given.*there is no verdict"):
        model = make().fit(data.target.X, None, source=data.source)
    assert model.verdict_ is None and "Label some target rows" in model.verdict_note_
    assert model.leaderboard_["score"].isna().all() and len(model.members_) == 3
    assert np.isfinite(model.predict(data.test.X)).all()


def test_unlabelled_rows_tell_what_the_target_looks_like():
    data = shift(task="regression")
    with pytest.warns(hs.HeadstartWarning, match="no target labels"):
        plain = regressor().fit(data.target.X, None, source=data.source)
    more = hs.Domain(np.random.default_rng(0).normal(2, 0.5, size=(100, 4)))
    with pytest.warns(hs.HeadstartWarning, match="no target labels"):
        other = regressor().fit(data.target.X, None, source=data.source, unlabeled=more)
    weights = [m.members_["reweighted (linear)"].model_.source_weight_ for m in (plain, other)]
    assert np.abs(weights[0] - weights[1]).max() > 0.1
    with pytest.raises(hs.InputError, match="'unlabeled' has 3 columns and the target 4"):
        regressor().fit(data.target.X, None, source=data.source, unlabeled=hs.Domain(np.zeros((5, 3))))


def test_several_sources():
    data = shift()
    X, y = data.source.X, data.source.y
    sources = hs.Sources([hs.Domain(X[:30], y[:30], name="north"), hs.Domain(X[30:], y[30:], name="south")])
    model = classifier().fit(data.target.X, data.target.y, source=sources)
    assert model.n_source_ == 80 and model.verdict_.n_source == 80
    assert np.isfinite(model.predict_proba(data.test.X)).all()
    # one of them has a single class
    one_class = hs.Sources([hs.Domain(X[y == 0], y[y == 0], name="north"), hs.Domain(X[30:], y[30:], name="south")])
    assert classifier().fit(data.target.X, data.target.y, source=one_class).verdict_ is not None


def test_partly_shared_columns_are_used_by_who_can():
    data = shift("columns", n_target=30)
    model = classifier().fit(data.target.X, data.target.y, source=data.source)
    assert model.spaces_.shared_columns_ == [c for c in data.target.X.columns if c in data.source.X.columns]
    assert len(model.spaces_.shared_columns_) < data.target.X.shape[1] == model.n_features_in_
    assert np.isfinite(model.predict_proba(data.test.X)).all()


def test_columns_of_another_type_are_left_out_with_a_word():
    data = shift()
    target = pd.DataFrame(data.target.X, columns=list("abcd"))
    source = pd.DataFrame(data.source.X, columns=list("abcd"))
    source["b"] = np.where(source["b"] > 0, "high", "low")
    with pytest.warns(hs.HeadstartWarning, match="column 'b' holds numbers in one domain and words in another"):
        model = classifier().fit(target, data.target.y, source=hs.Domain(source, data.source.y))
    assert model.spaces_.shared_columns_ == ["a", "c", "d"]


def test_order_of_the_source_columns_plays_no_part():
    data = shift()
    target = pd.DataFrame(data.target.X, columns=list("abcd"))
    source = pd.DataFrame(data.source.X, columns=list("abcd"))
    one, other = (
        classifier().fit(target, data.target.y, source=hs.Domain(s, data.source.y))
        for s in (source, source[list("dbca")])
    )
    np.testing.assert_array_equal(one.predict_proba(target), other.predict_proba(target))
    with pytest.raises(hs.InputError, match="same order"):
        one.predict(target[list("dbca")])


@pytest.mark.parametrize("stored", ["sparse target", "sparse source", "both sparse", "frame source"])
def test_tables_stored_in_different_ways(stored):
    data = shift()
    X, Xs, new = data.target.X, data.source.X, data.test.X
    plain = regressor().fit(X, X[:, 0], source=hs.Domain(Xs, Xs[:, 0])).predict(new)
    if stored in ("sparse target", "both sparse"):
        X, new = sp.csr_matrix(X), sp.csr_matrix(new)
    if stored in ("sparse source", "both sparse"):
        Xs = sp.csr_matrix(Xs)
    if stored == "frame source":
        Xs = pd.DataFrame(Xs, columns=list("abcd"))
    found = regressor().fit(X, data.target.X[:, 0], source=hs.Domain(Xs, data.source.X[:, 0])).predict(new)
    # sparse rows are scaled and not centred, so that a penalised model may differ a little
    np.testing.assert_allclose(found, plain, atol=1e-9 if "target" not in stored and "both" not in stored else 0.3)


def test_own_candidates_stand_beside_the_baselines():
    data = shift()
    mine = [("augment", hs.Aligned(LogisticRegression())), ("weigh", hs.Reweighted(LogisticRegression()))]
    model = classifier(candidates=mine).fit(data.target.X, data.target.y, source=data.source)
    board = model.leaderboard_.set_index("candidate")
    assert {"augment", "weigh", *TARGET_ONLY, "pooled (linear)"} <= set(board.index)
    assert board.loc["augment", "kind"] == "feature" and board.loc["weigh", "kind"] == "instance"
    assert not any("source prior" in name for name in board.index)


class Unfit(hs.Pooled):
    """Fails where it is told to."""

    def __init__(self, estimator, *, where="fit"):
        super().__init__(estimator)
        self.where = where

    def fit(self, X, y=None, *, source=None, unlabeled=None):
        if self.where == "fit":
            raise ValueError("cannot learn this\nmore words")
        return super().fit(X, y, source=source, unlabeled=unlabeled)

    def predict_proba(self, X):
        if self.where == "predict":
            raise ValueError("cannot say")
        return np.full((len(X), 2), np.nan)


@pytest.mark.parametrize(
    ("where", "note"),
    [
        ("fit", "could not be fitted: cannot learn this"),
        ("predict", "could not predict: cannot say"),
        ("nowhere", "predicted values that are not finite"),
    ],
)
def test_candidate_that_fails_is_noted_and_left_out(where, note):
    data = shift()
    model = classifier(candidates=[("bad", Unfit(LogisticRegression(), where=where))])
    with pytest.warns(hs.HeadstartWarning, match=f"candidate 'bad' {note}; it is left out"):
        model.fit(data.target.X, data.target.y, source=data.source)
    last = model.leaderboard_.iloc[-1]
    assert last["candidate"] == "bad" and last["note"] == note and last["weight"] == 0
    assert model.verdict_ is not None


def test_leaderboard_says_what_the_folds_say():
    data = shift()
    model = classifier().fit(data.target.X, data.target.y, source=data.source)
    board = model.leaderboard_
    assert board.columns.tolist() == [
        "candidate",
        "kind",
        "score",
        "gain",
        "gain_low",
        "gain_high",
        "p_harm",
        "weight",
        "seconds",
        "note",
    ]
    kinds = (board["kind"] != "baseline").to_numpy()
    assert np.all(np.diff(kinds.astype(int)) >= 0), "baselines first"
    for part in (board[~kinds], board[kinds]):
        assert part["score"].is_monotonic_decreasing
    np.testing.assert_allclose(board["weight"].sum(), 1)
    assert ((board["gain_low"] <= board["gain"]) & (board["gain"] <= board["gain_high"])).all()
    assert (board["seconds"] >= 0).all()
    verdict = model.verdict_
    assert verdict.score - verdict.baseline_score == pytest.approx(verdict.gain)
    assert verdict.n_target == 24 and verdict.n_source == 80


def test_learning_curve_rises_to_the_rows_of_a_fold():
    data = shift(task="regression", n_target=40)
    model = hs.TransferRegressor(random_state=0, candidates=[("p", hs.Pooled(Ridge()))])
    curve = model.fit(data.target.X, data.target.y, source=data.source).learning_curve_
    assert curve["n_labels"].tolist() == [12, 18, 27, 36]
    assert curve["target_only"].iloc[-1] == pytest.approx(model.verdict_.baseline_score, abs=0.02)
    assert curve["target_only"].iloc[-1] > curve["target_only"].iloc[0]


def test_seed_decides_everything():
    data = shift()
    one, same, other = (
        classifier(random_state=s).fit(data.target.X, data.target.y, source=data.source) for s in (3, 3, 4)
    )
    np.testing.assert_array_equal(one.predict_proba(data.test.X), same.predict_proba(data.test.X))
    assert one.verdict_ == same.verdict_
    assert one.verdict_.gain != other.verdict_.gain


@pytest.mark.parametrize("seed", [0, None])
def test_global_random_numbers_are_left_alone(seed):
    data = shift()
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    regressor(random_state=seed).fit(
        data.target.X, data.target.X[:, 0], source=hs.Domain(data.source.X, data.source.X[:, 0])
    )
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_time_limit_leaves_two_folds_and_progress_is_told():
    data = shift()
    told = []
    model = classifier(progress=lambda done, total: told.append((done, total)))
    model.fit(data.target.X, data.target.y, source=data.source)
    assert model.n_folds_ == 2 and told[-1] == (2, 20)


def test_two_workers_find_the_same():
    data = shift(task="regression")
    mine = [("p", hs.Pooled(Ridge()))]
    one, two = (
        regressor(candidates=mine, n_jobs=n).fit(data.target.X, data.target.y, source=data.source) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.predict(data.test.X), two.predict(data.test.X))


def test_a_larger_target_than_source():
    data = shift(n_target=60)
    source = hs.Domain(data.source.X[:12], np.arange(12) % 2)
    assert classifier().fit(data.target.X, data.target.y, source=source).verdict_.n_source == 12


def test_large_sources_are_cut():
    data = shift(task="regression")
    model = regressor(max_source_rows=10).fit(data.target.X, data.target.y, source=data.source)
    assert model.n_source_ == 80 and model.verdict_.n_source == 10


def test_inputs_and_parameters_are_left_alone():
    table = pd.DataFrame({"a": [1.0, None, 3, 4] * 6, "k": list("xyz") * 8})
    source = hs.Domain(table.assign(a=[7.0, 2, None] * 8), np.arange(24) % 2)
    before, before_source = table.copy(), source.X.copy()
    model = classifier()
    parameters = model.get_params()
    model.fit(table, np.arange(24) // 12, source=source)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(source.X, before_source)
    assert model.get_params() == parameters


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(24)}, "only one class, .*expected at least two"),
        ({"y": np.arange(24) % 2 + 50}, "no label in common: the target has 50, 51 and the source 0, 1"),
        ({"y": [None] * 24}, "y has 24 gaps|NaN"),
        ({"y": np.arange(23) % 2}, "24 rows and y 23 labels"),
        ({"ys": np.zeros(80)}, "the source's labels hold only one class"),
        ({"ys": np.linspace(0, 1, 80)}, "y of source 'source': Unknown label type: continuous"),
        ({"ys": np.where(np.arange(80) % 2, "a", "b")}, "numbers .*source's are text .*expected the same type"),
        ({"ys": None}, "source 'source' has no labels"),
        ({"Xs": np.zeros((80, 3))}, "has 3 columns and the target 4"),
        ({"X": np.full((24, 4), np.inf)}, "infinity"),
        ({"Xs": np.full((80, 4), np.inf)}, "domain 'source' has infinite values in 'x0'"),
        ({"X": np.full((24, 4), np.nan)}, "nothing but gaps"),
    ],
)
def test_bad_rows_and_labels_of_classes(change, message):
    data = shift()
    given = {"X": data.target.X, "y": data.target.y, "Xs": data.source.X, "ys": data.source.y, **change}
    with pytest.raises(hs.InputError, match=message):
        classifier().fit(given["X"], given["y"], source=hs.Domain(given["Xs"], given["ys"], name="source"))


def test_bad_rows_and_labels_of_numbers():
    data = shift(task="regression")
    with pytest.raises(hs.InputError, match="the target's labels are all 2; expected numbers that differ"):
        regressor().fit(data.target.X, np.full(24, 2.0), source=data.source)
    with pytest.raises(hs.InputError, match="infin"):
        regressor().fit(data.target.X, np.r_[np.inf, np.zeros(23)], source=data.source)
    with pytest.raises(hs.InputError, match="infinite labels"):
        regressor().fit(data.target.X, data.target.y, source=hs.Domain(data.source.X, np.full(80, np.inf)))


def test_bad_columns():
    data = shift()
    target = pd.DataFrame(data.target.X, columns=list("abcd"))
    other = hs.Domain(pd.DataFrame({"e": data.source.X[:, 0]}), data.source.y, name="source")
    told = pytest.warns(
        hs.HeadstartWarning, match="no shared column: the target has 'a', 'b', 'c', 'd' and source 'sou"
    )
    with pytest.raises(hs.InputError, match="the target has no labels, and no column that every source has"), told:
        classifier().fit(target, None, source=other)
    with pytest.raises(hs.InputError, match="candidate 'p' is a Pooled, which needs columns that source and"), told:
        classifier(candidates=[("p", hs.Pooled(LogisticRegression()))]).fit(target, data.target.y, source=other)
    with pytest.raises(hs.InputError, match="columns have names and those of source 'source' have none"):
        classifier().fit(target, data.target.y, source=data.source)
    with pytest.raises(hs.InputError, match="columns of the same name: a"):
        classifier().fit(target.set_axis(list("aacd"), axis=1), data.target.y, source=data.source)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"policy": "luck"}, "policy='luck'; expected 'blend', 'best' or 'strict'"),
        ({"level": 0.3}, "level=0.3; expected a number between 0.5 and 1"),
        ({"time_limit": 0}, "time_limit=0; expected a number of seconds above 0"),
        ({"time_limit": "20s"}, "time_limit='20s'; expected a number of seconds above 0"),
        ({"max_source_rows": 3}, "max_source_rows=3; expected at least 10"),
        ({"candidates": "all"}, "candidates='all'; expected 'auto', 'every' or a list"),
        ({"candidates": [("a", hs.Pooled(Ridge())), ("a", hs.Pooled(Ridge()))]}, "names that occur twice"),
        ({"candidates": [("a", Ridge())]}, r"candidate 'a' is a Ridge, which cannot use a source.*hs.Pooled\(Ridge"),
        ({"candidates": [Ridge()]}, r"expected \(name, estimator\) pairs"),
        ({"scoring": "luck"}, "scoring='luck' is no metric of scikit-learn"),
    ],
)
def test_bad_parameters(how, message):
    data = shift(task="regression")
    with pytest.raises((hs.InputError, hs.InputTypeError), match=message):
        regressor(**how).fit(data.target.X, data.target.y, source=data.source)


@pytest.mark.parametrize("source", [np.zeros((24, 4)), [1, 2], (np.zeros((24, 4)), np.zeros(24))])
def test_bare_sources_are_refused(source):
    data = shift()
    with pytest.raises(hs.InputTypeError, match=r"expected hs.Domain\(X_source, y_source\) or hs.Sources"):
        classifier().fit(data.target.X, data.target.y, source=source)


def test_a_source_that_holds_the_target_is_a_leak():
    data = shift()
    leaky = hs.Domain(np.vstack([data.source.X, data.target.X]), np.r_[data.source.y, data.target.y], name="leaky")
    with pytest.warns(
        hs.HeadstartWarning, match="24 of 24 target rows stand in source 'leaky' too, with the same label"
    ):
        model = classifier().fit(data.target.X, data.target.y, source=leaky)
    assert model.verdict_.leaks == ("leaky",) and model.verdict_.decision != "helps"
    assert model.verdict_.decision == "hurts" or "rows of the target stand in leaky too" in model.verdict_.sentence()
    # coarse tables repeat rows by chance
    rng = np.random.default_rng(0)
    X, Xs = rng.integers(2, size=(40, 2)).astype(float), rng.integers(2, size=(80, 2)).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier().fit(X, np.arange(40) % 2, source=hs.Domain(Xs, np.arange(80) % 2))


def test_scoring_decides_metric_and_verdict():
    data = shift()
    model = classifier(scoring="neg_log_loss").fit(data.target.X, data.target.y, source=data.source)
    assert model.metric_ == model.verdict_.metric == "neg_log_loss"
    assert (model.leaderboard_["score"] < 0).all()


def test_level_widens_the_interval():
    data = shift()
    narrow, wide = (
        classifier(level=level).fit(data.target.X, data.target.y, source=data.source).verdict_ for level in (0.8, 0.99)
    )
    assert wide.interval[0] < narrow.interval[0] <= narrow.gain == wide.gain


def test_predicts_better_than_chance():
    data = shift(n_target=30, seed=2)
    model = classifier().fit(data.target.X, data.target.y, source=data.source)
    assert roc_auc_score(data.test.y, model.predict_proba(data.test.X)[:, 1]) > 0.7


def test_an_own_candidate_for_another_task_is_refused():
    shift = hs.datasets.make_shift("covariate", n_target=20, random_state=0)
    chooser = hs.TransferClassifier(candidates=[("numbers", hs.SourcePriorRegressor())])
    with pytest.raises(hs.InputTypeError, match="candidate 'numbers' is a SourcePriorRegressor, .* a classification"):
        chooser.fit(shift.target.X, shift.target.y, source=shift.source)


def test_a_source_of_real_numbers_for_classes_names_the_mend():
    shift = hs.datasets.make_shift("covariate", n_target=20, random_state=0)
    numbers = hs.Domain(shift.source.X, np.linspace(0, 1, shift.source.n_rows), name="survey")
    with pytest.raises(hs.InputError, match="y of source 'survey': Unknown label type: continuous.*by a threshold"):
        hs.TransferClassifier().fit(shift.target.X, shift.target.y, source=numbers)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_method_that_applies_can_be_asked_for(task):
    data = shift(task=task, n_target=40)
    how = {"candidates": "every"}
    model = (regressor if task == "regression" else classifier)(**how).fit(
        data.target.X, data.target.y, source=data.source
    )
    board = model.leaderboard_.set_index("candidate")
    assert {
        "KMM (linear)",
        "CORAL (linear, aligned)",
        "linear transfer (offset)",
        "forest transfer",
        "boosting transfer",
    } <= set(board.index)
    assert ("LabelShiftWeighter (linear)" in board.index) == (task == "classification")
    assert board["note"].eq("").all() and board["score"].notna().all()
    assert {type(m.model_).__name__ for m in model.members_.values() if hasattr(m, "model_")} >= {
        "Reweighted",
        "Aligned",
        f"TreeTransfer{'Regressor' if task == 'regression' else 'Classifier'}",
    }


def test_moved_source_models_are_fitted_to_the_source_once():
    data = shift(n_target=40)
    model = classifier().fit(data.target.X, data.target.y, source=data.source)
    forest, line = model.members_["forest transfer"].model_, model.members_["linear transfer"].model_
    assert forest.transfer_["source_tree"].nunique() == 10
    assert forest.source_model_.n_features_in_ == data.target.X.shape[1] == line.coef_.shape[1]
    assert line.source_coef_.shape == line.coef_.shape
