"""Domains, sources and tasks: frozen, not array-like, and clear about what they refuse."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

import headstart as hs
from headstart.core.domain import as_sources, as_table, as_unlabeled
from headstart.core.errors import HeadstartError
from headstart.core.frames import same_columns, stack_tables


@pytest.mark.parametrize("domain", [hs.Domain(np.zeros((3, 2)), [0, 1, 1]), hs.Sources([hs.Domain(np.zeros((3, 2)))])])
def test_no_tool_takes_a_domain_for_an_array(domain):
    for name in ("__len__", "shape", "__array__", "__iter__", "__getitem__", "iloc"):
        assert not hasattr(domain, name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        domain.name = "other"


def test_a_domain_describes_itself():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    domain = hs.Domain(frame, [0, 1], name="Ulm")
    assert (domain.n_rows, domain.n_columns, domain.columns, domain.label) == (2, 2, ("a", "b"), "Ulm")
    assert domain.X is frame and not domain.is_sparse
    assert repr(hs.Domain(sp.eye(3))) == "Domain('unnamed', 3 rows, 3 columns, no labels)"
    assert hs.Domain(np.zeros((2, 3))).frame().columns.tolist() == ["x0", "x1", "x2"]
    assert hs.Domain(sp.eye(2)).frame().shape == (2, 2)


def test_polars_keeps_values_and_gaps():
    table = as_table(pl.DataFrame({"n": [1, None], "k": ["a", None], "b": [True, False], "f": [0.5, 1.5]}))
    assert isinstance(table, pd.DataFrame)
    assert table["n"].tolist()[0] == 1 and table["n"].isna().tolist() == [False, True]
    assert table["k"].isna().tolist() == [False, True] and table["f"].tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (pd.Series([1, 2]), hs.InputError, r"a single column \(a pandas Series\).*to_frame"),
        (pl.DataFrame({"a": [1]}).lazy(), hs.InputTypeError, r"lazy polars frame.*collect\(\)"),
        ("table.csv", hs.InputTypeError, "of type str; expected a table"),
        ({"a": [1]}, hs.InputTypeError, "of type dict; expected a table"),
        (None, hs.InputTypeError, "of type NoneType"),
        (np.zeros(4), hs.InputError, r"1 dimension\(s\), shape \(4,\).*reshape\(-1, 1\)"),
        (np.zeros((2, 2, 2, 2, 2)), hs.InputError, r"5 dimension\(s\)"),
        (np.empty((2, 2, 2), dtype=object), hs.InputError, r"3 dimension\(s\)"),
        ([None, None], hs.InputError, r"1 dimension\(s\)"),
        (range(3), hs.InputError, r"1 dimension\(s\)"),
        (["a", "b", 3], hs.InputTypeError, "several types: str at row 0, int at row 2; expected one type: all texts"),
        (pd.Series(["a", None]), hs.InputTypeError, r"1 gaps \(None, NaN\) among 2 rows, the first at row 1"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), hs.InputError, "columns of the same name: a; rename or drop"),
    ],
)
def test_what_is_no_table_is_refused(X, error, message):
    with pytest.raises(error, match=message) as caught:
        hs.Domain(X)
    assert isinstance(caught.value, HeadstartError)


class Drawn:
    """As a torch Dataset: rows by number."""

    def __len__(self):
        return 3

    def __getitem__(self, row):
        return np.full(4, row), row % 2


NO_TABLES = [
    (["good", "bad", "good"], "a list of 3 texts"),
    (pd.Series(["good", "bad", "good"]), "a Series of 3 texts"),
    (pd.Series(["good", "bad", "good"], dtype="category"), "a Series of 3 texts"),
    (pl.Series(["good", "bad", "good"]), "a Series of 3 texts"),
    (np.array(["good", "bad", "good"]), "a ndarray of 3 texts"),
    ([Path("a.png"), Path("b.png"), Path("c.png")], "a list of 3 paths"),
    ([np.zeros((4, 4)), np.zeros((5, 4)), np.zeros((4, 6))], "a list of 3 arrays"),
    (np.zeros((3, 2, 8)), r"an array with 3 dimension\(s\), shape \(3, 2, 8\)"),
    (np.zeros((3, 8, 8, 3), dtype=np.uint8), r"an array with 4 dimension\(s\), shape \(3, 8, 8, 3\)"),
    (Drawn(), "a dataset of type Drawn"),
]


@pytest.mark.parametrize(("X", "found"), NO_TABLES)
def test_images_texts_series_and_datasets_are_kept_as_they_are(X, found):
    domain = hs.Domain(X, [0, 1, 0], name="Ulm")
    assert domain.X is X and domain.n_rows == 3 and not domain.is_table and domain.columns is None
    assert re.fullmatch(rf"Domain\('Ulm', 3 rows, {found}, labels\)", repr(domain))
    for name in ("__len__", "shape", "__array__", "__iter__", "__getitem__", "iloc"):
        assert not hasattr(domain, name)
    with pytest.raises(hs.InputError, match="domain 'Ulm' has 3 rows in X and 2 labels in y"):
        hs.Domain(X, [0, 1], name="Ulm")
    mend = rf"is {found}; expected a table of rows and columns.*FineTuneClassifier and FineTuneRegressor"
    for use in (lambda: domain.n_columns, domain.frame):
        with pytest.raises(hs.InputError, match=f"X of domain 'Ulm' {mend}"):
            use()
    with pytest.raises(hs.InputError, match=f"X of source 'Ulm' {mend}"):
        as_sources(domain)
    with pytest.raises(hs.InputError, match=f"X of unlabeled='Ulm' {mend}"):
        as_unlabeled(domain)
    assert as_sources(domain, tables_only=False).domains[0].X is X
    assert as_unlabeled(domain, tables_only=False) is domain


@pytest.mark.parametrize("X", [[[1, 2], [3, 4]], [np.zeros(2), np.ones(2)], [["a", "b"]], [(1, 2)], np.array([["a"]])])
def test_lists_of_rows_stay_tables(X):
    assert hs.Domain(X).is_table and isinstance(hs.Domain(X).X, np.ndarray)


def test_what_compares_domains_needs_tables():
    texts, table = hs.Domain(["a", "b"], [0, 1], name="t"), hs.Domain(np.zeros((2, 2)), [0, 1])
    for call in (
        lambda: hs.diagnose(texts, table),
        lambda: hs.diagnose(table, texts),
        lambda: hs.compare_spaces(hs.CORAL(), texts, table),
        lambda: hs.match_columns(texts, hs.Domain(pd.DataFrame({"a": [1]}))),
    ):
        with pytest.raises(hs.InputError, match="is a list of 2 texts; expected a table of rows and columns"):
            call()


def test_labels_must_fit_the_rows():
    assert hs.Domain(np.zeros((3, 1)), np.array([[0], [1], [1]])).y.shape == (3,)
    with pytest.raises(hs.InputError, match="domain 'Ulm' has 3 rows in X and 2 labels in y"):
        hs.Domain(np.zeros((3, 1)), [0, 1], name="Ulm")
    with pytest.raises(hs.InputError, match=r"y of domain 'unnamed' has shape \(3, 2\)"):
        hs.Domain(np.zeros((3, 1)), np.zeros((3, 2)))


def test_sources_name_their_domains():
    sources = hs.Sources([hs.Domain(np.zeros((3, 1))), hs.Domain(np.zeros((4, 1)), name="b")])
    assert sources.names == ("source 1", "b") and sources.n_rows == 7
    assert hs.Sources(hs.Domain(np.zeros((3, 1)), name="one")).names == ("one",)
    with pytest.raises(hs.InputError, match="Sources is empty"):
        hs.Sources([])
    with pytest.raises(hs.InputTypeError, match="holds a ndarray at position 1"):
        hs.Sources([hs.Domain(np.zeros((3, 1))), np.zeros((3, 1))])
    with pytest.raises(hs.InputError, match="domains of the same name: a"):
        hs.Sources([hs.Domain(np.zeros((3, 1)), name="a")] * 2)


def test_what_fit_may_be_given():
    domain = hs.Domain(np.zeros((3, 1)), name="a")
    assert as_sources(None) is None and as_sources(domain).names == ("a",)
    assert as_unlabeled(None) is None and as_unlabeled(domain) is domain
    with pytest.raises(
        hs.InputTypeError, match=r"list of Domain objects, which cross-validation could slice.*hs.Sources"
    ):
        as_sources([domain])
    with pytest.raises(hs.InputTypeError, match="a bare array would be sliced by cross-validation"):
        as_sources(np.zeros((3, 1)))
    with pytest.raises(hs.InputTypeError, match="unlabeled= is of type ndarray; expected hs.Domain"):
        as_unlabeled(np.zeros((3, 1)))


@pytest.mark.parametrize(
    ("y", "kind", "classes"),
    [
        ([0, 1, 1], "classification", (0, 1)),
        ([1.0, 2.0, None], "classification", (1.0, 2.0)),
        ([0.5, 1.0], "regression", ()),
        (list(range(21)), "regression", ()),
        (list(range(20)), "classification", tuple(range(20))),
        (["b", "a"], "classification", ("a", "b")),
        ([True, False], "classification", (False, True)),
    ],
)
def test_task_is_told_from_the_labels(y, kind, classes):
    assert hs.Task.of(y) == hs.Task(kind, classes)


def test_task_of_no_label():
    with pytest.raises(hs.InputError, match="the labels are all gaps"):
        hs.Task.of([None, np.nan])


def test_frames_are_matched_by_name_and_arrays_by_position():
    like = pd.DataFrame({"a": [1], "b": [2]})
    assert same_columns(pd.DataFrame({"b": [3], "a": [4]}), like, name="s").columns.tolist() == ["a", "b"]
    assert same_columns(np.zeros((2, 2)), like, name="s").shape == (2, 2)
    with pytest.raises(hs.InputError, match="source 's' lacks 'b' and has 'c', which the target lacks"):
        same_columns(pd.DataFrame({"a": [1], "c": [1]}), like, name="s")
    with pytest.raises(hs.InputError, match="source 's' has 3 columns and the target 2"):
        same_columns(np.zeros((2, 3)), like, name="s")


def test_long_lists_of_names_are_cut():
    like = pd.DataFrame(np.zeros((1, 9)), columns=list("abcdefghi"))
    with pytest.raises(hs.InputError, match="lacks 'b', 'c', 'd', 'e', 'f' and 3 more"):
        same_columns(pd.DataFrame({"a": [1]}), like, name="s")


def test_stacked_tables_keep_their_types():
    one = pd.DataFrame({"n": [1, 2], "k": ["a", "b"], "gap": [None, None], "c": pd.Categorical(["x", "y"])})
    two = pd.DataFrame({"n": [0.5], "k": ["z"], "gap": [3.0], "c": pd.Categorical(["z"])})
    both = stack_tables([one, two])
    assert both["n"].tolist() == [1, 2, 0.5] and both["n"].dtype == float
    assert both["gap"].dtype == float and both["gap"].isna().tolist() == [True, True, False]
    assert both["c"].tolist() == ["x", "y", "z"] and both.index.tolist() == [0, 1, 2]
    assert stack_tables([np.zeros((2, 2)), np.ones((1, 2))]).shape == (3, 2)
    mixed = stack_tables([sp.eye(2, format="csr"), np.ones((1, 2))])
    assert sp.issparse(mixed) and mixed.toarray().tolist() == [[1, 0], [0, 1], [1, 1]]
    dates = stack_tables([pd.DataFrame({"d": pd.to_datetime(["2020-01-01"])}), pd.DataFrame({"d": ["2021-01-01"]})])
    assert dates["d"].dtype == object


def test_missing_extra_is_named():
    from headstart.core.optional import require

    assert require("json", extra="neural", purpose="x").__name__ == "json"
    with pytest.raises(
        hs.MissingDependencyError, match=r"fine-tuning needs the package 'no_such'.*headstart\[neural\]"
    ):
        require("no_such.part", extra="neural", purpose="fine-tuning")
