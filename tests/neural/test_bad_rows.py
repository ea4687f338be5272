"""Rows that cannot be learnt from are refused by what was found, what was expected and the mend."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import Dataset, TensorDataset

import headstart as hs
from headstart.core.errors import InputError, InputTypeError
from headstart.neural.inputs import kind_of

rng = np.random.default_rng(0)
TEXTS, LABELS = ["good tea", "bad tea"] * 5, ["+", "-"] * 5


def model(**settings):
    return hs.FineTuneClassifier(epochs=1, random_state=0, **settings)


class Items(Dataset):
    """Ten items; ``broken`` is the row that cannot be read."""

    def __init__(self, values, broken=None):
        self.values, self.broken = values, broken

    def __len__(self):
        return len(self.values)

    def __getitem__(self, row):
        if row == self.broken:
            raise OSError("the disk is gone")
        return self.values[row], 0


def test_one_text_or_path_is_no_row_of_letters(tmp_path):
    with pytest.raises(InputTypeError, match=r"X is 'photo.png', one str; expected a list .* for a single row \[X\]"):
        kind_of("photo.png")
    with pytest.raises(InputTypeError, match=r"one folder; expected a list .* its files: sorted\(pathlib"):
        kind_of(tmp_path)
    fitted = model().fit(TEXTS, LABELS)
    with pytest.raises(InputTypeError, match="X is 'good tea', one str; expected a list"):
        fitted.predict("good tea")
    with pytest.raises(InputError, match="X holds names of folders, such as .*; expected the files in them"):
        kind_of([str(tmp_path)] * 3)
    assert kind_of(["good", "src", "tests"]) == "texts"


def test_no_rows_and_gaps_among_rows_are_named():
    with pytest.raises(InputError, match="X has no rows; expected at least one"):
        model().fit([], [])
    for gap in (None, np.nan, pd.NA):
        with pytest.raises(InputTypeError, match=r"X has 2 gaps \(None, NaN\) among 4 rows, the first at row 1"):
            kind_of(pd.Series(["a", gap, "b", gap], dtype=object))


def test_a_dataset_that_was_cut_into_tensors_is_named():
    with pytest.raises(InputTypeError, match=r"tuple of 1 tensor\(s\), which a TensorDataset gives"):
        kind_of(TensorDataset(torch.zeros(6, 4))[[0, 2]])


def test_text_in_an_array_asks_for_a_frame():
    with pytest.raises(InputError, match="X is an array that holds text; expected a pandas DataFrame"):
        model().fit(np.array([["1", "x"], ["2", "y"]] * 5), LABELS)


def test_a_dataset_of_doubles_is_read_and_whole_numbers_are_refused():
    values = rng.normal(size=(10, 4))
    narrow = model().fit(Items(values.astype(np.float32)), LABELS).predict_proba(Items(values.astype(np.float32)))
    for wide in (Items(values), TensorDataset(torch.from_numpy(values))):
        np.testing.assert_array_equal(model().fit(wide, LABELS).predict_proba(wide), narrow)
    with pytest.raises(InputError, match=r"gives whole numbers of shape \(3, 8, 8\); expected floats, scaled"):
        model().fit(TensorDataset(torch.zeros(10, 3, 8, 8, dtype=torch.uint8)), LABELS)


def test_a_dataset_that_raises_names_the_row():
    with pytest.raises(InputError, match="dataset Items raised OSError at row 7: the disk is gone; expected an item"):
        model().fit(Items(np.zeros((10, 4), dtype=np.float32), broken=7), LABELS)


def test_a_datasets_own_labels_are_asked_for():
    with pytest.raises(InputError, match=r"A Dataset's own labels are not read: pass y=\[y for _, y in X\]"):
        model().fit(Items(np.zeros((10, 4))), None)


def test_another_kind_than_the_backbones_says_how_to_settle_it():
    images = np.zeros((10, 8, 8), dtype=np.uint8)
    with pytest.raises(InputError, match=r"takes table; expected the same: another backbone, or say .*takes=ImageRead"):
        model(backbone=torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 4))).fit(images, LABELS)


def test_labels_that_are_all_the_same_are_refused():
    X = rng.normal(size=(6, 3))
    with pytest.raises(InputError, match="all 6 labels of the target are 1, one class; expected at least two"):
        model().fit(X, [1] * 6)
    with pytest.raises(InputError, match="all 6 labels of the source are 7, one class; expected at least two"):
        model().fit(X, [0, 1] * 3, source=hs.Domain(X, [7] * 6))
    more = model(source_epochs=1).fit(X, [1] * 6, source=hs.Domain(X, [1, 2] * 3))
    assert more.classes_.tolist() == [1, 2]
