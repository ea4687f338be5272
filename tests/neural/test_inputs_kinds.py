"""Which kind of input is it, and which reader takes it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from torch.utils.data import IterableDataset, TensorDataset

import headstart as hs
from headstart.neural.inputs import KINDS, Rows, kind_of, reader_for, reader_from_plain

WORDS = ["good value", "too loud", "see photo.jpg for the dent"]
FILES = ["cats/1.jpg", "cats/2.PNG", "dogs/1.tiff"]
GREY = np.zeros((5, 8, 8), dtype=np.uint8)
WAVES = np.random.default_rng(0).normal(size=(5, 3, 40))


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (WORDS, "texts"),
        (tuple(WORDS), "texts"),
        (np.array(WORDS), "texts"),
        (np.array(WORDS, dtype=object)[:, None], "texts"),
        (pd.Series(WORDS), "texts"),
        (pd.DataFrame({"text": WORDS}), "texts"),
        (pd.DataFrame({"colour": pd.Categorical(["red", "blue"])}), "table"),
        (pd.DataFrame({"a": WORDS, "b": WORDS}), "table"),
        (pd.DataFrame({"a": [1.0, 2.0]}), "table"),
        (np.zeros((5, 3)), "table"),
        ([[1, 2], [3, 4]], "table"),
        (sp.eye(3).tocsr(), "table"),
        (torch.zeros(4, 2), "table"),
        (FILES, "images"),
        (pd.DataFrame({"file": FILES}), "images"),
        ([Path(name) for name in FILES], "images"),
        (GREY, "images"),
        (GREY.astype(bool), "images"),
        (list(GREY), "images"),
        ([np.zeros((8, 8, 3)), np.zeros((4, 9, 3))], "images"),
        ([GREY[0], np.zeros((8, 8, 3), dtype=np.uint8)], "images"),
        (np.zeros((5, 8, 8, 3)), "images"),
        (torch.zeros(5, 3, 8, 8), "images"),
        (WAVES, "series"),
        (torch.from_numpy(WAVES), "series"),
        (np.abs(WAVES) * 3, "series"),
        (list(WAVES), "series"),
        ([WAVES[0], WAVES[1][:, :30]], "series"),
        (WAVES.round().astype(int) * 300, "series"),
        (TensorDataset(torch.zeros(3, 2), torch.zeros(3)), "dataset"),
    ],
)
def test_the_kind_is_told(X, kind):
    assert kind_of(X) == kind
    assert reader_for(None, X).kind == kind


def test_files_without_suffix_are_known_by_their_beginning(tmp_path):
    (tmp_path / "photo").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "notes").write_text("good value")
    assert kind_of([str(tmp_path / "photo"), "b.png"]) == "images"
    with pytest.raises(hs.InputError, match="names of files that are no images.*notes.*read the files first"):
        kind_of([str(tmp_path / "notes")])
    assert kind_of(["a\0b", "x" * 5000]) == "texts"


class Stream(IterableDataset):
    def __iter__(self):
        return iter([torch.zeros(2)])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (
            ["a.png", "good value"],
            hs.InputError,
            r"'a.png' at row 0\) and other words \('good value' at row 1\).*kind=",
        ),
        (["good value", "a.png"], hs.InputError, "both names of images.*at row 1.*kind='images' or kind='texts'"),
        (["a", None], hs.InputTypeError, r"1 gaps \(None, NaN\) among 2 rows, the first at row 1"),
        ([np.zeros((4, 4)), "a.png"], hs.InputTypeError, "several types: ndarray at row 0, str at row 1"),
        (
            np.full((5, 3, 8), 0.5),
            hs.InputError,
            r"shape \(5, 3, 8\) and values from 0.5 to 0.5.*kind='images' or kind=",
        ),
        (
            list(np.ones((5, 3, 8))),
            hs.InputError,
            r"shape \(5, 3, 8\) and values from 1 to 1, which may be grey images",
        ),
        (np.full((5, 3, 8), 200.0), hs.InputError, "values from 200 to 200, which may be grey images"),
        ([np.zeros((2, 2, 2, 2))], hs.InputError, "arrays of 4 dimensions; expected images"),
        (np.zeros((2, 2, 2, 2, 2)), hs.InputError, r"5 dimension\(s\)"),
        ([np.zeros(3), np.zeros(4)], hs.InputError, "rows of different shapes; expected as many values in each row"),
        (np.zeros(4), hs.InputError, r"1 dimension\(s\).*reshape"),
        ("a.png", hs.InputTypeError, "X is 'a.png', one str; expected a list"),
        (None, hs.InputTypeError, "of type NoneType"),
        (iter(["a"]), hs.InputTypeError, "which has no length; expected rows that can be drawn in any order"),
        (Stream(), hs.InputTypeError, "Stream, which has no length.*torch Dataset with __len__"),
    ],
)
def test_what_cannot_be_told_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        kind_of(X)


def test_the_kind_can_be_said():
    X = np.full((5, 3, 8), 0.5)
    assert [kind_of(X, kind) for kind in KINDS] == list(KINDS)
    assert reader_for("series", X).kind == "series"
    with pytest.raises(hs.InputError, match="kind is 'sound'; expected one of images, texts, series, table, dataset"):
        kind_of(X, "sound")
    with pytest.raises(hs.InputError, match="no reader of type 'sound'"):
        reader_from_plain({"type": "sound"}, {})


@pytest.mark.parametrize("X", [WORDS, GREY, WAVES, np.eye(5), TensorDataset(torch.arange(15.0).reshape(5, 3))])
def test_rows_are_taken_without_a_copy(X):
    reader = reader_for(None, X).fit(X)
    assert reader.is_fitted and len(reader.shape) >= 1
    rows = reader.read(X)
    assert isinstance(rows, Rows) and len(rows) == len(X)

    def values(rows, index):
        batch = rows.batch(index)
        return batch["input_ids"] if isinstance(batch, dict) else batch

    some = rows.take([2, 0]).take(np.array([True, True])).take([1, 0])
    assert len(some) == 2 and torch.equal(values(some, [0, 1]), values(rows, [0, 2]))
    assert torch.equal(values(rows, [2, 2]), values(rows, torch.tensor([2, 2])))
    for bad in ([len(X)], [-1]):
        with pytest.raises(hs.InputError, match=f"row {bad[0]} of {len(X)} rows is asked for"):
            values(rows, bad)
        with pytest.raises(hs.InputError, match=f"row {bad[0]} of {len(X)} rows is asked for"):
            rows.take(bad)
    if isinstance(X, np.ndarray):  # a reader's rows are its own
        before = values(rows, [1]).clone()
        X = X.copy()
        rows = reader.read(X)
        X[:] = 0
        assert torch.equal(values(rows, [1]), before)
