"""Domains, sources and tasks: frozen, not array-like, and clear about what they refuse."""

import dataclasses

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
        (np.zeros((2, 2, 2)), hs.InputError, r"3 dimension\(s\)"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), hs.InputError, "columns of the same name: a; rename or drop"),
    ],
)
def test_what_is_no_table_is_refused(X, error, message):
    with pytest.raises(error, match=message) as caught:
        hs.Domain(X)
    assert isinstance(caught.value, HeadstartError)


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
