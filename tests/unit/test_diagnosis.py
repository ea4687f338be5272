"""``diagnose``: right on known shifts, careful with few rows, clear about bad input."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

import headstart as hs
from headstart.datasets import load_heart, make_shift
from headstart.diagnosis import diagnose

KINDS = ["identical", "covariate", "label", "concept", "hostile", "columns"]


def shifted(kind="covariate", **kwargs):
    kwargs = {"n_target": 200, "n_source": 500, "n_test": 1, "random_state": 0, **kwargs}
    return make_shift(kind, **kwargs)


def said(found):
    """What is printed, in one line."""
    return " ".join(str(found).split())


@pytest.fixture(scope="module")
def label_shift():
    made = shifted("label")
    return diagnose(made.target, made.source)


@pytest.fixture(scope="module")
def hospitals():
    heart = load_heart()
    return diagnose(heart["Cleveland"], hs.Sources([heart["Hungary"], heart["Switzerland"]]))


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kind", KINDS)
def test_right_on_every_kind_at_200_rows(kind, task):
    made = shifted(kind, task=task, random_state=5)
    found = diagnose(made.target, made.source)
    assert found.setting == made.answer.setting
    assert found.task == task


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_20_rows_of_the_same_population_show_nothing(task):
    made = shifted("identical", n_target=20, task=task)
    found = diagnose(made.target, made.source)
    assert found.setting == ("undetermined",)
    assert set(found.undetermined) == {"p(x)", "p(y)", "p(y given x)"}
    assert "too few to claim" in said(found)


def test_20_rows_can_show_a_large_shift():
    rng = np.random.default_rng(0)
    target = hs.Domain(rng.standard_normal((20, 3)) + 3, rng.standard_normal(20) + 9)
    source = hs.Domain(rng.standard_normal((300, 3)), rng.standard_normal(300))
    found = diagnose(target, source)
    assert found.covariates.decision == "moved"
    assert found.labels.decision == "moved"


@pytest.mark.parametrize(
    ("task", "strength", "seed"), [("classification", 4, 1), ("classification", 4, 4), ("regression", 2, 3)]
)
def test_20_rows_of_a_label_shift_do_not_say_that_it_is_one_nor_that_it_is_not(task, strength, seed):
    made = shifted("label", n_target=20, task=task, strength=strength, random_state=seed)
    found = diagnose(made.target, made.source)
    assert found.covariates.decision == found.labels.decision == "moved"
    assert found.setting == ("undetermined",)
    assert {"label shift", "concept shift"} <= set(found.possible)
    assert "and these rows cannot tell why: label shift" in said(found)
    assert "too few to claim" not in said(found)
    assert found.to_dict()["possible"] == list(found.possible)


def test_many_rows_do_not_make_a_shift_of_a_trifle():
    rng = np.random.default_rng(0)
    X, Xs = rng.standard_normal((200_000, 3)) + 0.04, rng.standard_normal((200_000, 3))
    found = diagnose(hs.Domain(X), hs.Domain(Xs))
    assert found.covariates.p_value < 0.001
    assert found.covariates.decision == "same"
    assert found.covariates.moved == ()
    assert found.n_looked_at == (20_000, 20_000)
    assert "too little to matter" in said(found)


def test_the_column_that_moved_is_named_with_its_effect():
    rng = np.random.default_rng(0)
    T = pd.DataFrame({"age": rng.normal(60, 10, 300), "height": rng.normal(170, 10, 300)})
    S = pd.DataFrame({"age": rng.normal(50, 10, 900), "height": rng.normal(170, 10, 900)})
    T["sex"], S["sex"] = rng.choice(["f", "m"], 300, p=[0.8, 0.2]), rng.choice(["f", "m"], 900)
    T.loc[rng.random(300) < 0.5, "height"] = np.nan
    moves = {(m.column, m.what): m for m in diagnose(hs.Domain(T), hs.Domain(S)).covariates.moved}
    assert set(moves) == {("age", "values"), ("sex", "values"), ("height", "gaps")}
    assert moves["age", "values"].effect == pytest.approx(1.0, abs=0.15)
    assert moves["age", "values"].ks == pytest.approx(0.38, abs=0.07)
    assert moves["sex", "values"].measure == "V"
    assert moves["sex", "values"].effect == pytest.approx(0.31, abs=0.06)
    assert moves["height", "gaps"].effect == pytest.approx(np.pi / 2, abs=0.15)


def test_effective_sample_size_is_near_the_true_one():
    made = shifted("covariate", n_target=1000, n_source=2000)
    w = made.answer.density_ratio(made.source.X)
    true = w.sum() ** 2 / (w**2).sum()
    assert diagnose(made.target, made.source).covariates.effective_source_rows == pytest.approx(true, rel=0.35)


def test_no_overlap_leaves_no_effective_rows_and_no_claim_on_labels_given_x():
    rng = np.random.default_rng(0)
    X, Xs = rng.standard_normal((200, 3)) + 20, rng.standard_normal((300, 3))
    found = diagnose(hs.Domain(X, rng.integers(0, 2, 200)), hs.Domain(Xs, rng.integers(0, 2, 300)))
    assert found.covariates.effective_source_rows < 5
    assert found.concept.decision == "undetermined"
    assert "hardly overlap" in said(found)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_bent_relation_under_covariate_shift_is_no_concept_shift(task):
    """A linear source model is wrong elsewhere; that is no difference between the domains."""
    rng = np.random.default_rng(3)

    def draw(n, centre):
        X = rng.standard_normal((n, 4)) + centre
        f = np.sin(2 * X[:, 0]) * 1.5 + X[:, 1] ** 2 - 1
        noise = rng.standard_normal(n)
        return X, (f + 0.5 * noise if task == "regression" else (f + noise > 0).astype(int))

    found = diagnose(hs.Domain(*draw(200, 0.6)), hs.Domain(*draw(800, 0)))
    assert found.setting == ("domain adaptation",)


def test_label_shift_is_not_called_concept_shift(label_shift):
    assert label_shift.concept.decision == "moved"
    assert label_shift.setting == ("label shift",)
    assert "Reweighted with LabelShiftWeighter" in [m.name for m in label_shift.methods]
    (_, target, source, (low, high)) = label_shift.labels.shares[1]
    assert low < target - source < high
    assert low < 0.82 - 0.5 < high


def test_label_shift_without_target_labels_is_estimated():
    made = shifted("label", n_target=300, n_source=900)
    found = diagnose(hs.Domain(made.target.X), made.source)
    assert found.labels.method == "EM"
    assert found.labels.decision == "moved"
    (_, target, _, (low, high)) = found.labels.shares[1]
    assert target == pytest.approx(0.82, abs=0.08)
    assert low < 0.82 - 0.5 < high
    assert found.setting == ("label shift",)
    assert found.concept.decision is None
    assert "both domains need labels" in said(found)


def test_covariate_shift_without_target_labels_is_not_taken_for_label_shift():
    made = shifted("covariate", n_target=300, n_source=900)
    assert diagnose(hs.Domain(made.target.X), made.source).setting == ("domain adaptation",)


def test_unlabelled_rows_sharpen_p_of_x():
    made = shifted("covariate", n_target=25, n_test=500, strength=0.6)
    alone = diagnose(made.target, made.source).covariates
    joined = diagnose(made.target, made.source, unlabeled=hs.Domain(made.test.X))
    assert joined.n_unlabeled == 500
    assert np.diff(joined.covariates.interval)[0] < np.diff(alone.interval)[0]
    assert joined.covariates.decision == "moved"


def test_hostile_source_is_said_to_be_reversed():
    made = shifted("hostile")
    found = diagnose(made.target, made.source)
    assert found.concept.relation == "reversed"
    assert "worse than guessing" in said(found)
    assert "TrAdaBoostClassifier" not in [m.name for m in found.methods]
    assert found.against[-1].name == "source only, pooled"


def test_different_label_space():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 3))
    target = hs.Domain(X[:150], rng.choice(["a", "b", "c"], 150))
    found = diagnose(target, hs.Domain(X[150:], rng.choice(["a", "b"], 250)))
    assert "different label space" in found.setting
    assert found.labels.only_target == ("c",)


def test_a_rare_class_that_was_not_drawn_is_not_a_different_label_space():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((520, 3))
    ys = np.r_[np.full(10, 2), rng.integers(0, 2, 490)]
    found = diagnose(hs.Domain(X[:20], rng.integers(0, 2, 20)), hs.Domain(X[20:], ys))
    assert found.labels.same_space is True
    assert found.labels.only_source == ("2",)
    assert "which chance may explain" in said(found)


def test_a_class_missing_from_20_rows_may_only_be_rarer():
    """With equal shares 20 rows would hardly lack a class of a third; with another p(y) they may."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((620, 3)), rng.integers(0, 3, 620)
    y[:20] = rng.integers(1, 3, 20)
    few = diagnose(hs.Domain(X[:20], y[:20]), hs.Domain(X[20:], y[20:]))
    assert few.labels.decision == "moved"
    assert few.labels.same_space is True
    assert few.setting == ("undetermined",)
    y[:200] = rng.integers(1, 3, 200)
    many = diagnose(hs.Domain(X[:200], y[:200]), hs.Domain(X[200:], y[200:]))
    assert "different label space" in many.setting


def test_a_class_of_one_target_row_that_the_source_lacks_may_be_chance():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((520, 3)), rng.integers(0, 2, 520)
    y[0] = 2
    one = diagnose(hs.Domain(X[:20], y[:20]), hs.Domain(X[20:], y[20:]))
    assert one.labels.same_space is True
    y[:5] = 2
    assert diagnose(hs.Domain(X[:20], y[:20]), hs.Domain(X[20:], y[20:])).labels.same_space is False


@pytest.mark.parametrize("form", ["frame", "array"])
def test_a_column_that_is_empty_in_a_few_rows_may_be_so_by_chance(form):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.random(320), "b": rng.random(320)})
    table.loc[rng.random(320) < 0.9, "b"] = np.nan
    table.loc[:19, "b"] = np.nan
    T, S = table[:20], table[20:]
    T, S = (T, S) if form == "frame" else (T.to_numpy(), S.to_numpy())
    found = diagnose(hs.Domain(T), hs.Domain(S))
    name = "b" if form == "frame" else "x1"
    assert found.columns.all_gaps == ((name, "target"),)
    assert found.columns.by_chance == (name,)
    assert found.columns.same
    assert found.setting == ("undetermined",)
    assert f"All gaps in the rows at hand, which chance may explain: {name}" in said(found)
    full = hs.Domain(S.assign(b=1.0 + np.arange(300)) if form == "frame" else np.nan_to_num(S))
    assert "heterogeneous" in diagnose(hs.Domain(T), full).setting


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_few_rows_of_many_rare_words_show_nothing(form):
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.3, 0.1, 400), (320, 400)).astype(float)
    for k in range(4):
        rows = rng.permutation(320)
        X, Xs = counts[rows[:20]], counts[rows[20:]]
        assert diagnose(hs.Domain(form(X)), hs.Domain(form(Xs))).covariates.moved == (), k
    X = X.copy()
    X[:, 7] += 2
    assert [m.column for m in diagnose(hs.Domain(form(X)), hs.Domain(form(Xs))).covariates.moved] == ["x7"]


def test_columns_are_sorted_into_what_can_be_compared():
    rng = np.random.default_rng(0)
    n = 60
    T = pd.DataFrame(
        {
            "a": rng.random(n),
            "only t": rng.random(n),
            "gone": np.nan,
            "kind": "x1",
            "code": "one",
            "Body Mass": rng.random(n),
            "still": 1.0,
            "year": 2021,
        }
    )
    S = pd.DataFrame(
        {
            "a": rng.random(n),
            "only s": rng.random(n),
            "gone": rng.random(n),
            "kind": rng.random(n),
            "code": rng.choice(["I", "II"], n),
            "body_mass": rng.random(n),
            "still": 1.0,
            "year": 2012,
        }
    )
    found = diagnose(hs.Domain(T), hs.Domain(S))
    c = found.columns
    assert c.shared == ("a", "still")
    assert c.only_target == ("only t", "Body Mass")
    assert c.only_source == ("only s", "body_mass")
    assert c.alike[0] == ("Body Mass", "body_mass")
    assert c.alike_why[0].startswith("names alike")
    assert c.other_type == (("kind", "category", "number"),)
    assert c.all_gaps == (("gone", "target"),)
    assert c.disjoint == ("code",)
    assert c.constant == (("still", "both"), ("year", "each"))
    assert not c.same
    assert found.setting[0] == "heterogeneous"
    text = said(found)
    for part in (
        "Body Mass = body_mass",
        "kind (category in the target, number in the source)",
        "All gaps in the target: gone",
        "another value in each domain: year",
        "two codes of one thing: code",
    ):
        assert part in text


def test_no_shared_column_is_heterogeneous_and_says_how_to_mend_it():
    rng = np.random.default_rng(0)
    T, S = pd.DataFrame({"a": rng.random(30)}), pd.DataFrame({"b": rng.random(30)})
    found = diagnose(hs.Domain(T, rng.random(30)), hs.Domain(S, rng.random(30)))
    assert found.setting == ("heterogeneous",)
    assert found.covariates.auc is None
    assert [m.name for m in found.methods] == ["target only", "TransferRegressor"]
    assert "rename the columns that mean the same" in said(found)
    arrays = diagnose(hs.Domain(T.to_numpy()), hs.Domain(np.ones((30, 2)) * rng.random(30)[:, None]))
    assert "1 in the target and 2 in the source, without names to match them by" in said(arrays)


@pytest.mark.parametrize("form", ["pandas", "polars", "numpy", "sparse"])
def test_tables_of_any_form_give_the_same_answer(form):
    made = shifted("covariate", n_source=400)
    change = {
        "pandas": lambda X: pd.DataFrame(X, columns=list("abcdef")),
        "polars": lambda X: pl.DataFrame(X, schema=list("abcdef")),
        "numpy": lambda X: X,
        "sparse": sp.csr_matrix,
    }[form]
    found = diagnose(hs.Domain(change(made.target.X), made.target.y), hs.Domain(change(made.source.X), made.source.y))
    assert found.setting == ("domain adaptation",)
    assert len(found.columns.shared) == 6


def test_words_dates_text_and_gaps():
    rng = np.random.default_rng(0)

    def table(n, words, year):
        return pd.DataFrame(
            {
                "when": pd.Timestamp(f"{year}-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
                "note": [" ".join(rng.choice(words, 6)) + f" {rng.integers(1e6)}" for _ in range(n)],
                "group": pd.Categorical(rng.choice(["a", "b", None], n)),
                "flag": rng.choice([True, False], n),
                "size": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            }
        )

    found = diagnose(
        hs.Domain(table(80, ["ship", "sail", "mast"], 2019)), hs.Domain(table(150, ["horse", "hoof", "saddle"], 2021))
    )
    assert found.columns.kinds == {
        "when": "date",
        "note": "text",
        "group": "category",
        "flag": "number",
        "size": "number",
    }
    moved = {m.column: m for m in found.covariates.moved}
    assert set(moved) == {"when", "note"}
    assert moved["note"].measure == "AUC"
    assert moved["when"].target.startswith("2019")


def test_same_rows_in_both_warn():
    made = shifted("identical", n_target=60)
    X = made.target.X.copy()
    X[:10], y = made.source.X[:10], made.target.y.copy()
    y[:10] = made.source.y[:10]
    with pytest.warns(hs.HeadstartWarning, match=r"10 of 60 target rows \(17 %\) stand in the source 'source' too"):
        found = diagnose(hs.Domain(X, y), made.source)
    assert found.duplicates.leak
    assert "A LEAK" in said(found)


def test_repeats_of_coarse_columns_do_not_warn():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (400, 3)).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = diagnose(hs.Domain(X[:100], X[:100, 0] > 1), hs.Domain(X[100:], X[100:, 0] > 1))
    assert found.duplicates.n_rows > 50
    assert not found.duplicates.leak


def test_several_sources(hospitals):
    assert isinstance(hospitals, hs.Diagnoses)
    assert [d.source for d in hospitals] == ["Hungary", "Switzerland"]
    assert "heterogeneous" in hospitals["Switzerland"].setting
    assert hospitals["Switzerland"].columns.all_gaps == (("cholesterol", "source"),)
    assert list(hospitals.to_dict()) == ["Hungary", "Switzerland"]
    assert str(hospitals).startswith("source")
    with pytest.raises(hs.InputError, match=r"there is no source 'Basel'; expected one of Hungary, Switzerland"):
        hospitals["Basel"]


def test_what_is_printed_fits_a_terminal(hospitals, label_shift):
    for text in (str(hospitals), str(label_shift)):
        assert max(map(len, text.splitlines())) <= 100
    assert "LABEL SHIFT" in str(label_shift)
    assert repr(label_shift) == "Diagnosis('source' -> 'target': label shift)"
    assert label_shift._repr_html_().startswith("<pre>")


def test_to_dict_is_json(hospitals, label_shift):
    for found in (hospitals, label_shift):
        text = json.dumps(found.to_dict(), allow_nan=False)
        assert json.loads(text) == found.to_dict()
    assert label_shift.to_dict()["setting"] == ["label shift"]


def test_an_answer_repeats_and_changes_nothing():
    made = shifted("concept", n_source=300)
    X, y = made.target.X.copy(), made.target.y.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = (diagnose(made.target, made.source, random_state=7) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    np.testing.assert_array_equal(made.target.X, X)
    np.testing.assert_array_equal(made.target.y, y)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_a_handful_of_rows_compares_columns_only():
    found = diagnose(hs.Domain(np.eye(3), [0, 1, 0]), hs.Domain(np.eye(3) + 1, [0, 1, 1]))
    assert found.setting == ("undetermined",)
    assert "Too few rows to fit a classifier" in said(found)


X3, Y3 = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])
FINE = hs.Domain(X3, Y3, name="there")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (hs.Domain(X3[:1], Y3[:1], name="here"), r"the target 'here' has 1 row\(s\); expected at least 2"),
        (hs.Domain(X3 * np.nan, Y3, name="here"), "the target 'here' has no value at all, only gaps"),
        (hs.Domain(np.where(X3 == 3, np.inf, X3), Y3, name="here"), "domain 'here' has infinite values in 'x1'"),
        (hs.Domain(pd.DataFrame({"a": [1, -np.inf] * 3, "b": 1}), Y3, name="here"), "has infinite values in 'a'; exp"),
        (hs.Domain(sp.csr_matrix(np.where(X3 == 3, np.inf, X3)), Y3, name="here"), "infinite values in 'x1'"),
        (
            hs.Domain(X3, ["no", "yes"] * 3),
            r"labels are text \(such as 'no'\) and the source's are numbers \(such as 0\)",
        ),
        (hs.Domain(X3, [np.nan] * 6, name="here"), "the labels of domain 'here' are all gaps; expected a label"),
        (hs.Domain(X3, [0, 1, np.nan, 1, 0, 1], name="here"), "y of domain 'here' has 1 gaps among 6 labels"),
    ],
)
def test_bad_input_is_named(target, message):
    with pytest.raises(hs.InputError, match=message):
        diagnose(target, FINE)


def test_what_is_no_domain_is_refused():
    with pytest.raises(hs.InputTypeError, match=r"target is of type ndarray; expected hs.Domain\(X, y\)"):
        diagnose(X3, FINE)
    with pytest.raises(hs.InputTypeError, match=r"source is None; expected hs\.Domain"):
        diagnose(FINE, None)
    with pytest.raises(hs.InputTypeError, match="source= is of type ndarray"):
        diagnose(FINE, X3)
    with pytest.raises(hs.InputTypeError, match="unlabeled= is of type ndarray"):
        diagnose(FINE, FINE, unlabeled=X3)
    with pytest.raises(hs.InputError, match="the unlabelled rows have 3 columns and the target 2"):
        diagnose(FINE, FINE, unlabeled=hs.Domain(np.zeros((4, 3))))


def test_labels_on_another_level_are_a_concept_shift_not_a_label_shift():
    """No label is in both domains: rows of one label cannot be compared, and p(y given x) moved for certain."""
    made = shifted("identical", task="regression", n_target=60)
    found = diagnose(hs.Domain(made.target.X, made.target.y + 30), made.source)
    assert found.labels.given_label is None
    assert found.setting == ("concept shift",)
    assert found.concept.level == pytest.approx(30 / made.source.y.std(), rel=0.05)
    assert "another level, or another unit" in said(found)


def test_shares_estimated_from_rows_that_they_do_not_explain_are_not_relied_on():
    made = shifted("covariate", n_target=300, strength=2)
    found = diagnose(hs.Domain(made.target.X), made.source)
    assert found.labels.decision == "undetermined"
    assert "not to be relied on" in said(found)
