"""TrAdaBoostClassifier: scikit-learn's checks, labels, stopping, several sources, bad input, transfer."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart.core.domain import Domain, Sources
from headstart.core.errors import HeadstartWarning, InputError, InputTypeError
from headstart.instance.tradaboost import TrAdaBoostClassifier


@parametrize_with_checks([TrAdaBoostClassifier(), TrAdaBoostClassifier(LogisticRegression(), voting="soft")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def rows(rng, n, angle=0.0, noise=0.0, shift=0.0):
    """Two classes on either side of a diagonal line, which a tree has to learn in steps, turned by ``angle``."""
    X = rng.normal(size=(n, 4)) + shift
    angle = angle + np.pi / 4
    y = np.cos(angle) * X[:, 0] + np.sin(angle) * X[:, 1] > 0
    return X, np.where(rng.random(n) < noise, ~y, y).astype(int)


@pytest.fixture
def related(rng):
    (Xs, ys), (X, y), (X_new, y_new) = rows(rng, 600, angle=0.25), rows(rng, 24), rows(rng, 2000)
    return Domain(Xs, ys, name="old"), X, y, X_new, y_new


def test_without_a_source_it_is_the_wrapped_estimator(related):
    _, X, y, X_new, _ = related
    wrapped = make_pipeline(StandardScaler(), LogisticRegression())
    model, alone = TrAdaBoostClassifier(wrapped).fit(X, y), clone(wrapped).fit(X, y)
    assert np.array_equal(model.predict(X_new), alone.predict(X_new))
    assert np.array_equal(model.predict_proba(X_new), alone.predict_proba(X_new))
    assert np.array_equal(model.decision_function(X_new), alone.decision_function(X_new))
    assert (model.n_source_, model.stop_reason_, len(model.source_weight_)) == (0, "target only", 0)


def test_without_a_source_and_probabilities_the_prediction_has_all_of_the_vote(related):
    _, X, y, X_new, _ = related
    labels = np.array(["no", "yes"])[y]
    model, alone = TrAdaBoostClassifier(LinearSVC()).fit(X, labels), LinearSVC().fit(X, labels)
    assert np.array_equal(model.predict_proba(X_new)[:, 1], alone.predict(X_new) == "yes")
    assert np.array_equal(model.decision_function(X_new), alone.decision_function(X_new))


@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_a_related_source_helps(voting):
    gains = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        (Xs, ys), (X, y), (X_new, y_new) = rows(rng, 600, angle=0.25), rows(rng, 24), rows(rng, 2000)
        model = TrAdaBoostClassifier(voting=voting, n_estimators=20, random_state=0)
        alone = clone(model).fit(X, y).score(X_new, y_new)
        gains.append(model.fit(X, y, source=Domain(Xs, ys)).score(X_new, y_new) - alone)
    assert np.mean(gains) > 0.05
    assert np.mean(np.array(gains) > 0) > 0.8


@pytest.mark.filterwarnings("ignore::headstart.core.errors.HeadstartWarning")
def test_a_hostile_source_does_not_ruin_it():
    losses = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        (Xs, ys), (X, y), (X_new, y_new) = rows(rng, 600, angle=np.pi), rows(rng, 60), rows(rng, 2000)
        model = TrAdaBoostClassifier(n_estimators=20, random_state=0)
        alone = clone(model).fit(X, y).score(X_new, y_new)
        pooled = DecisionTreeClassifier(max_depth=3).fit(np.vstack([Xs, X]), np.concatenate([ys, y]))
        assert pooled.score(X_new, y_new) < 0.3
        losses.append(alone - model.fit(X, y, source=Domain(Xs, ys)).score(X_new, y_new))
    assert np.mean(losses) < 0.02


def test_no_better_than_guessing_in_the_first_round_warns_and_is_target_only(rng):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 600, angle=np.pi), rows(rng, 30), rows(rng, 500)
    model = TrAdaBoostClassifier(LogisticRegression())
    match = r"already the first round's error on the target rows is 0\.\d+, and 0\.5 is no better than guessing"
    with pytest.warns(HeadstartWarning, match=match):
        model.fit(X, y, source=Domain(Xs, ys))
    assert np.array_equal(model.predict(X_new), LogisticRegression().fit(X, y).predict(X_new))
    assert model.stop_reason_ == "target only"
    assert model.source_share_ == 0.0
    assert not model.source_weight_.any()
    assert len(model.source_weight_) == 600


def test_a_perfect_round_ends_boosting_and_decides(rng):
    (Xs, ys), (X, y), (X_new, _) = rows(rng, 300), rows(rng, 10), rows(rng, 300)
    model = TrAdaBoostClassifier(DecisionTreeClassifier(max_depth=3)).fit(X, y, source=Domain(Xs, ys))
    assert model.stop_reason_ == "perfect"
    assert model.estimator_errors_[-1] == 0.0
    assert np.isfinite(model.estimator_weights_).all()
    assert np.array_equal(model.predict(X_new), model.estimators_[-1].predict(X_new))


def test_wrong_source_rows_lose_their_weight(rng):
    (Xs, ys), (X, y) = rows(rng, 300), rows(rng, 60, noise=0.1)
    flipped = np.arange(300) < 60
    ys = np.where(flipped, 1 - ys, ys)
    model = TrAdaBoostClassifier(LogisticRegression(), n_estimators=10).fit(X, y, source=Domain(Xs, ys))
    weight = model.source_weight_
    assert weight.mean() == pytest.approx(1.0)
    assert weight[flipped].mean() < 0.7 * weight[~flipped].mean()
    assert 0 < model.source_share_ < 1


def test_source_share_sets_the_first_weights(related):
    source, X, y, *_ = related
    first = {}
    for share in (None, 0.5, 0.01):
        model = TrAdaBoostClassifier(LogisticRegression(), n_estimators=1, source_share=share)
        model.fit(X, y, source=source)
        weight = np.repeat([(share or 600 / 624) / 600, (1 - (share or 600 / 624)) / 24], [600, 24])
        by_hand = LogisticRegression().fit(
            np.vstack([source.X, X]), np.concatenate([source.y, y]), sample_weight=weight / weight.mean()
        )
        assert model.estimators_[0].coef_ == pytest.approx(by_hand.coef_, rel=1e-6)
        first[share] = model.estimators_[0].coef_[0, 0]
    assert len({round(v, 6) for v in first.values()}) == 3


def test_labels_may_be_text_and_of_one_domain_only(rng):
    X, Xs = rng.normal(size=(40, 2)), rng.normal(size=(200, 2))
    y = np.where(X[:, 0] > 0.7, "only here", np.where(X[:, 0] > 0, "b", "a"))
    ys = np.where(Xs[:, 0] < -0.7, "only there", np.where(Xs[:, 0] > 0, "b", "a"))
    for voting in ("hard", "soft"):
        model = TrAdaBoostClassifier(voting=voting, random_state=0).fit(X, y, source=Domain(Xs, ys))
        assert model.classes_.tolist() == ["a", "b", "only here", "only there"]
        proba = model.predict_proba(X)
        assert proba.shape == (40, 4)
        assert proba.sum(axis=1) == pytest.approx(1.0)
        assert np.array_equal(model.classes_[proba.argmax(axis=1)], model.predict(X))
        assert model.decision_function(X).shape == (40, 4)
        assert model.score(X, y) > 0.8


def test_label_names_do_not_matter(related):
    source, X, y, X_new, _ = related
    names = np.array(["zebra", "ant"])  # in the opposite order
    by_number = TrAdaBoostClassifier(random_state=0).fit(X, y, source=source)
    by_name = TrAdaBoostClassifier(random_state=0).fit(X, names[y], source=Domain(source.X, names[source.y]))
    assert np.array_equal(by_number.estimator_errors_, by_name.estimator_errors_)
    assert np.mean(names[by_number.predict(X_new)] == by_name.predict(X_new)) > 0.99  # ties go to the first class


def test_each_domain_is_tried_and_the_useful_one_chosen(rng):
    (Xa, ya), (Xb, yb), (X, y) = rows(rng, 200, angle=np.pi * 0.6), rows(rng, 200), rows(rng, 100, noise=0.1)
    both = Sources([Domain(Xa, ya, name="off"), Domain(Xb, yb, name="near")])
    model = TrAdaBoostClassifier(n_estimators=15, random_state=0).fit(X, y, source=both)
    assert model.chosen_source_[0] == 1
    assert set(model.chosen_source_.tolist()) == {0, 1}  # later rounds ask the other one where the first is wrong
    assert len(model.source_weight_) == 400
    assert model.source_weight_[200:].sum() > 1.5 * model.source_weight_[:200].sum()
    assert (model.estimator_weights_ > 0).all()  # all rounds vote, as in the paper


def test_pooled_sources_are_one_source(rng):
    (Xa, ya), (Xb, yb), (X, y) = rows(rng, 90), rows(rng, 70, angle=0.4), rows(rng, 40, noise=0.1)
    model = TrAdaBoostClassifier(several_sources="pool", random_state=0)
    pooled = clone(model).fit(X, y, source=Sources([Domain(Xa, ya), Domain(Xb, yb)]))
    one = clone(model).fit(X, y, source=Domain(np.vstack([Xa, Xb]), np.concatenate([ya, yb])))
    assert np.array_equal(pooled.source_weight_, one.source_weight_)
    assert not pooled.chosen_source_.any()


def test_the_learner_may_be_a_pipeline_with_an_imputer(related):
    source, X, y, X_new, _ = related
    X, X_new = X.copy(), X_new.copy()
    X[0, 1] = X_new[3, 2] = np.nan
    learner = make_pipeline(SimpleImputer(), LogisticRegression())
    model = TrAdaBoostClassifier(learner, n_estimators=5).fit(X, y, source=source)
    assert model.predict(X_new).shape == (2000,)


@pytest.mark.parametrize("learner", [None, LogisticRegression()])
def test_sparse_rows_give_the_same_model(related, learner):
    source, X, y, X_new, _ = related
    model = TrAdaBoostClassifier(learner, n_estimators=6, random_state=0)
    dense = clone(model).fit(X, y, source=source)
    sparse = clone(model).fit(sp.csr_matrix(X), y, source=Domain(sp.csr_matrix(source.X), source.y))
    assert sparse.source_weight_ == pytest.approx(dense.source_weight_)
    assert np.array_equal(sparse.predict(sp.csr_matrix(X_new)), dense.predict(X_new))


def test_random_state_makes_it_repeatable_and_touches_nothing_global(related):
    source, X, y, X_new, _ = related
    learner = DecisionTreeClassifier(max_features=1, max_depth=3)
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    copies = X.copy(), y.copy(), source.X.copy(), source.y.copy()
    a, b, c = (TrAdaBoostClassifier(learner, random_state=s).fit(X, y, source=source) for s in (0, 0, 1))
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    assert np.array_equal(a.predict_proba(X_new), b.predict_proba(X_new))
    assert not np.array_equal(a.predict_proba(X_new), c.predict_proba(X_new))
    for was, now in zip(copies, (X, y, source.X, source.y), strict=True):
        assert np.array_equal(was, now)
    assert learner.random_state is None


def test_columns_of_a_frame_are_matched_by_name(related):
    source, X, y, X_new, _ = related
    names = list("abcd")
    frame = pd.DataFrame(source.X, columns=names)[["d", "b", "a", "c"]]
    by_name = TrAdaBoostClassifier(random_state=0).fit(
        pd.DataFrame(X, columns=names), y, source=Domain(frame, source.y)
    )
    plain = TrAdaBoostClassifier(random_state=0).fit(X, y, source=source)
    assert np.array_equal(by_name.predict(pd.DataFrame(X_new, columns=names)), plain.predict(X_new))


def test_cross_validation_splits_the_target_and_passes_the_source_whole(related):
    source, X, y, *_ = related
    scores = cross_val_score(TrAdaBoostClassifier(n_estimators=5), X, y, cv=3, params={"source": source})
    assert len(scores) == 3
    assert scores.mean() > 0.7


# Bad input


def test_three_target_rows_and_a_class_with_one_row_are_enough(rng):
    Xs, ys = rows(rng, 100)
    X, y = np.array([[1.0, 0, 0, 0], [-1.0, 0, 0, 0], [-2.0, 0, 0, 0]]), np.array([1, 0, 0])
    model = TrAdaBoostClassifier(n_estimators=5, random_state=0).fit(X, y, source=Domain(Xs, ys))
    assert np.array_equal(model.predict(X), y)


def test_target_without_labels_is_refused(related):
    source, X, *_ = related
    with pytest.raises(InputError, match=r"target y is None.*label some target rows, or use hs\.Reweighted"):
        TrAdaBoostClassifier().fit(X, None, source=source)


def test_constant_target_is_refused_beside_a_source(related):
    source, X, *_ = related
    match = r"the target has 24 rows and all their labels are 1; expected at least two different labels"
    with pytest.raises(InputError, match=match):
        TrAdaBoostClassifier().fit(X, np.ones(24, dtype=int), source=source)


def test_source_without_labels_is_refused(related):
    source, X, y, *_ = related
    with pytest.raises(InputError, match=r"source 'old' has no labels, which TrAdaBoostClassifier needs; pass them"):
        TrAdaBoostClassifier().fit(X, y, source=Domain(source.X, name="old"))


def test_source_labels_of_another_type_are_refused(related):
    source, X, y, *_ = related
    text = Domain(source.X, np.where(source.y == 1, "yes", "no"))
    with pytest.raises(InputError, match=r"target's labels are numbers .* source's are text .*expected the same type"):
        TrAdaBoostClassifier().fit(X, y, source=text)
    with pytest.raises(InputError, match=r"y of source .*: Unknown label type: continuous"):
        TrAdaBoostClassifier().fit(X, y, source=Domain(source.X, source.y + 0.5 * source.X[:, 0]))


def test_bare_array_as_source_is_refused(related):
    source, X, y, *_ = related
    with pytest.raises(InputTypeError, match=r"source= is of type ndarray; expected hs\.Domain"):
        TrAdaBoostClassifier().fit(X, y, source=source.X)


def test_learner_without_sample_weight_is_refused(related):
    source, X, y, *_ = related
    for learner in (KNeighborsClassifier(), make_pipeline(StandardScaler(), KNeighborsClassifier())):
        match = r"KNeighborsClassifier does not accept sample_weight, which TrAdaBoostClassifier needs"
        with pytest.raises(InputTypeError, match=match):
            TrAdaBoostClassifier(learner).fit(X, y, source=source)


def test_soft_votes_need_probabilities(related):
    source, X, y, *_ = related
    with pytest.raises(InputTypeError, match=r"LinearSVC has no predict_proba, which voting='soft' needs"):
        TrAdaBoostClassifier(LinearSVC(), voting="soft").fit(X, y, source=source)
    TrAdaBoostClassifier(GaussianNB(), voting="soft", n_estimators=3).fit(X, y, source=source)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"n_estimators": 0}, r"n_estimators is 0; expected a whole number of at least 1"),
        ({"n_estimators": 2.5}, r"n_estimators is 2\.5; expected a whole number"),
        ({"n_estimators": True}, r"n_estimators is True; expected a whole number"),
        ({"voting": "loud"}, r"voting is 'loud'; expected one of 'hard', 'soft'"),
        ({"several_sources": "all"}, r"several_sources is 'all'; expected one of 'choose', 'pool'"),
        ({"source_share": 1.0}, r"source_share is 1\.0; expected a number between 0 and 1, or None"),
        ({"source_share": "half"}, r"source_share is 'half'; expected a number between 0 and 1, or None"),
    ],
)
def test_parameters_out_of_range_are_refused(related, parameters, match):
    source, X, y, *_ = related
    with pytest.raises(InputError, match=match):
        TrAdaBoostClassifier(**parameters).fit(X, y, source=source)


def test_infinities_and_numbers_too_large_for_the_learner_are_refused(related):
    source, X, y, *_ = related
    broken = source.X.copy()
    broken[0, 0] = np.inf
    with pytest.raises(InputError, match=r"source 'old': Input contains infinity"):
        TrAdaBoostClassifier().fit(X, y, source=Domain(broken, source.y, name="old"))
    broken[0, 0] = 1e300
    with pytest.raises(InputError, match=r"too large for dtype\('float32'\)"):
        TrAdaBoostClassifier().fit(X, y, source=Domain(broken, source.y))
