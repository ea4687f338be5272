"""The choice where source and target have different columns: some in common, or none."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import headstart as hs
from headstart.choose.candidates import common_candidates
from headstart.choose.cross_fit import fit_members
from headstart.choose.reading import read_problem

NAMES = list("abcdef")


def draw(n, seed, *, task="classification"):
    """Rows of six columns; a and b are told by d and e."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    X[:, 3] = X[:, 0] + 0.3 * X[:, 3]
    score = X[:, 0] + X[:, 1] - X[:, 4]
    y = score + 0.3 * rng.normal(size=n)
    return pd.DataFrame(X, columns=NAMES), y if task == "regression" else (y > 0).astype(int)


def model(task="classification", **how):
    kind = hs.TransferRegressor if task == "regression" else hs.TransferClassifier
    return kind(**{"random_state": 0, "time_limit": 1e-9, **how})


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_some_columns_in_common(task, tmp_path):
    (X, y), (Xs, ys) = draw(30, 0, task=task), draw(90, 1, task=task)
    fitted = model(task).fit(X[list("abcd")], y, source=hs.Domain(Xs[list("cdef")], ys))
    board = fitted.leaderboard_.set_index("candidate")
    assert board.loc[["common space, source prior", "common space, pooled"], "score"].notna().all()
    assert {"pooled (linear)", "source only (linear)"} <= set(board.index)
    hs.save(fitted, tmp_path / "m.headstart")
    test = draw(20, 2)[0][list("abcd")]
    np.testing.assert_allclose(hs.load(tmp_path / "m.headstart").predict(test), fitted.predict(test))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_column_in_common(task):
    (X, y), (Xs, ys) = draw(30, 0, task=task), draw(90, 1, task=task)
    with pytest.warns(hs.HeadstartWarning, match="no shared column: the target has 'a', 'b', 'c'") as told:
        fitted = model(task).fit(X[list("abc")], y, source=hs.Domain(Xs[list("def")], ys))
    assert told[0].filename == __file__
    board = fitted.leaderboard_.set_index("candidate")
    assert board.loc[["source only, linked by labels", "pooled, linked by labels"], "kind"].eq("baseline").all()
    assert board["score"].notna().all()
    assert fitted.verdict_ is not None and fitted.verdict_.n_source == 90
    assert np.isfinite(fitted.predict(draw(20, 2)[0][list("abc")])).all()


def test_several_sources_with_columns_of_their_own():
    (X, y), (A, ya), (B, yb) = draw(30, 0), draw(60, 1), draw(60, 2)
    sources = hs.Sources([hs.Domain(A[list("cde")], ya, name="A"), hs.Domain(B[list("cf")], yb, name="B")])
    fitted = model().fit(X[list("abc")], y, source=sources)
    assert fitted.spaces_.shared_columns_ == ["c"]
    assert fitted.leaderboard_.set_index("candidate").loc["common space, source prior", "score"] > 0
    assert fitted.spaces_.common_.get_feature_names_out().tolist()[0] == "c"


def test_a_source_that_takes_the_shared_columns_from_the_others_is_named():
    (X, y), (A, ya), (B, yb) = draw(30, 0), draw(60, 1), draw(60, 2)
    sources = hs.Sources([hs.Domain(A[list("abc")], ya, name="A"), hs.Domain(B[list("ef")], yb, name="B")])
    with pytest.warns(hs.HeadstartWarning, match="'B' shares none with the target, so that the columns of the other"):
        fitted = model().fit(X[list("abc")], y, source=sources)
    assert fitted.spaces_.shared_columns_ == []


def test_columns_that_hold_nothing_make_no_common_space():
    (X, y), (Xs, ys) = draw(30, 0), draw(90, 1)
    fitted = model().fit(X.assign(g=np.nan), y, source=hs.Domain(Xs.assign(h=np.nan), ys))
    assert not fitted.leaderboard_["candidate"].str.startswith("common space").any()


def test_own_candidates_for_different_columns_get_the_tables():
    (X, y), (Xs, ys) = draw(30, 0), draw(90, 1)
    X = X[list("abc")].assign(word=np.where(X["d"] > 0, "high", "low"))
    space = hs.Aligned(LogisticRegression(), hs.CommonSpace("shared"))
    fitted = model(candidates=[("mine", space)]).fit(X, y, source=hs.Domain(Xs[list("cdef")], ys))
    assert fitted.leaderboard_.set_index("candidate").loc["mine", "score"] > 0.5
    inner = hs.Aligned(LogisticRegression(), hs.CommonSpace("shared")).fit(X, y, source=hs.Domain(Xs[list("cdef")], ys))
    made = model(candidates=[("mine", space)], policy="best")
    assert "mine" in made.fit(X, y, source=hs.Domain(Xs[list("cdef")], ys)).leaderboard_["candidate"].tolist()
    assert "word=low" in " ".join(inner.aligner_.get_feature_names_out())


def test_a_source_without_a_label_in_common_is_refused():
    (X, y), (Xs, ys) = draw(30, 0), draw(90, 1)
    with pytest.raises(hs.InputError, match="no label in common"):
        model().fit(X[list("abc")], np.where(y, "x", "z"), source=hs.Domain(Xs[list("def")], np.where(ys, "p", "q")))


def test_a_common_space_that_cannot_be_fitted_costs_its_candidates_and_no_more():
    (X, y), (Xs, ys) = draw(30, 0), draw(90, 1)
    y = np.where(np.arange(30) < 20, "only here", np.where(y, "yes", "also here"))
    with pytest.warns(hs.HeadstartWarning) as told:
        fitted = model().fit(X[list("abc")], y, source=hs.Domain(Xs[list("def")], np.where(ys, "yes", "no")))
    assert any("'pooled, linked by labels' could not be fitted: target and source have 1 class" in str(w) for w in told)
    left_out = fitted.leaderboard_[fitted.leaderboard_["note"] != ""]
    assert len(left_out) == 3 and left_out["weight"].eq(0).all()
    assert fitted.verdict_ is None and "no candidate that uses a source could be fitted" in fitted.verdict_note_


def test_unlabelled_rows_reach_the_candidates():
    (X, y), (Xs, ys) = draw(30, 0), draw(90, 1)
    aligned = [("CORAL", hs.Aligned(LogisticRegression(), hs.CORAL()))]
    more = hs.Domain(draw(200, 5)[0] * 3.0)
    source = hs.Domain(Xs, ys)
    without = model(candidates=aligned).fit(X, y, source=source)
    with_more = model(candidates=aligned).fit(X, y, source=source, unlabeled=more)
    maps = [m.members_["CORAL"].model_.aligner_ for m in (without, with_more)]
    assert not np.allclose(*(m.transform_source(np.eye(6)) for m in maps))


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("columns", ["abcd", "ab"])
def test_labels_of_held_out_rows_reach_no_candidate_in_the_common_space(task, columns):
    (X, y), (Xs, ys) = draw(30, 0, task=task), draw(60, 1, task=task)
    sources = hs.Sources([hs.Domain(Xs[list("cdef")], ys, name="there")])
    train, test = np.arange(20), np.arange(20, 30)

    def values(labels):
        rng = np.random.default_rng(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            problem = read_problem(model(task), X[list(columns)], labels, sources, None, rng)
        listed = common_candidates(problem)
        spaces, fitted, _, notes = fit_members(listed, problem, None, train)
        assert notes == {} and len(fitted) == len(listed)
        view = spaces.view(problem.X.iloc[test].reset_index(drop=True))
        return np.stack([fitted[c.name].values(view) for c in listed])

    other = y.copy()
    other[test] = other[test][::-1] if task == "regression" else 1 - other[test]
    np.testing.assert_array_equal(values(y), values(other))
    other = y.copy()
    other[train] = other[train][::-1] if task == "regression" else 1 - other[train]
    assert not np.allclose(values(y), values(other))
