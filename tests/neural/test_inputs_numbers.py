"""Series, tables and torch Datasets as batches."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from torch.utils.data import Dataset, TensorDataset

import headstart as hs
from headstart.neural.inputs import DatasetReader, SeriesReader, TableReader, labels_of, reader_from_plain


def again(reader):
    plain, arrays = reader.to_plain()
    return reader_from_plain(json.loads(json.dumps(plain)), {k: v.copy() for k, v in arrays.items()})


# series


def test_series_are_scaled_per_channel_over_all_training_rows(rng):
    X, Xs = rng.normal(3, 2, size=(6, 2, 10)), rng.normal(-1, 5, size=(9, 2, 10))
    reader = SeriesReader().fit(X, source_blocks=[Xs])
    both = np.concatenate([X, Xs])
    mean, std = both.mean(axis=(0, 2)), both.std(axis=(0, 2))
    expected = (X - mean[:, None]) / std[:, None]
    found = reader.read(X).batch(range(6))
    assert found.dtype == torch.float32 and reader.shape == (2, 10)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(again(reader).read(list(X)).batch(range(6)).numpy(), found.numpy())
    assert again(reader) == reader and again(SeriesReader()) == SeriesReader()


def test_shorter_series_are_padded_with_the_mean():
    reader = SeriesReader().fit([np.arange(8.0), np.arange(4.0)])
    found = reader.read([np.arange(4.0), np.arange(8.0)]).batch([0, 1])
    assert found.shape == (2, 1, 8) and found[0, 0, 4:].tolist() == [0, 0, 0, 0]
    assert torch.equal(found[0, 0, :4], found[1, 0, :4])
    assert SeriesReader().fit(np.zeros((3, 8))).shape == (1, 8)
    for n in (3, 9):
        with pytest.raises(
            hs.InputError, match=f"new has a series of length {n} at row 1; expected 4 to 8.*cut, split"
        ):
            reader.read([np.arange(8.0), np.arange(n)], what="new")


def test_constant_channels_stay_finite():
    found = SeriesReader().fit(np.full((3, 1, 5), 7.1)).read(np.full((1, 1, 5), 7.1)).batch([0])
    assert found.abs().max() < 1e-6


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((2, 3, 8)), hs.InputError, "X has 3 channels at row 0; expected 2.*np.swapaxes"),
        (
            [np.zeros((2, 8)), np.full((2, 8), np.nan)],
            hs.InputError,
            "NaN or infinity in 1 of 2 series, the first at row 1",
        ),
        (np.array([[1, 2], "ab"], dtype=object), hs.InputTypeError, "X holds list of type .* at row 0|str .* at row 1"),
        (
            [np.array([np.zeros(2), np.zeros(3)], dtype=object)],
            hs.InputTypeError,
            "type object at row 0; expected series",
        ),
        (np.zeros((2, 2, 8, 1)), hs.InputError, r"shape \(2, 8, 1\) at row 0; expected series \(channels, length\)"),
        ([], hs.InputError, "X has no rows"),
    ],
)
def test_what_are_no_series_is_refused(X, error, message):
    reader = SeriesReader().fit(np.zeros((4, 2, 8)))
    with pytest.raises(error, match=message):
        reader.read(X)
    with pytest.raises(error, match=message.replace("X", "X of source 1")):
        SeriesReader().fit(np.zeros((4, 2, 8)), source_blocks=[X])


def test_an_unfitted_reader_says_so():
    for reader in (SeriesReader(), TableReader(), DatasetReader()):
        assert not reader.is_fitted
        with pytest.raises(hs.InputError, match=r"is not fitted; expected reader.fit\(X\) before"):
            assert reader.shape
    with pytest.raises(hs.InputError, match=r"SeriesReader is not fitted"):
        SeriesReader(channels=1, length=5).read(np.zeros((1, 1, 5)))


# tables


def test_tables_are_standardised_over_target_and_source(rng):
    X, Xs = rng.normal(5, 2, size=(8, 3)), rng.normal(0, 1, size=(12, 3))
    X[2, 1] = np.nan
    reader = TableReader().fit(X, source_blocks=[Xs])
    expected = hs.TableEncoder().fit(np.vstack([X, Xs])).transform(X)
    assert reader.shape == (4,)  # one column marks the gaps
    np.testing.assert_allclose(reader.read(X).batch(range(8)).numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(again(reader).read(X).batch([2, 1]).numpy(), expected[[2, 1]], atol=1e-6)


def mixed(n=60):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(50, 9, n)),
            "sex": rng.choice(["m", "f"], n),
            "town": rng.choice(["Ulm", "Bonn", None], n),
            "day": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "note": [" ".join(rng.choice(["cough", "fever", "rash", "ache", "pain"], 9)) for _ in range(n)],
        }
    )


def test_mixed_tables_come_back_from_plain_values():
    table = mixed()
    reader = TableReader(hs.TableEncoder(text_components=3)).fit(table)
    copy = again(reader)
    new = mixed(61).iloc[::-1]
    found = copy.read(new[new.columns[::-1]]).batch(range(61))
    assert torch.equal(found, reader.read(new).batch(range(61))) and found.shape == (61, *copy.shape)
    np.testing.assert_allclose(found.numpy(), hs.TableEncoder(text_components=3).fit(table).transform(new), atol=1e-5)
    assert not again(TableReader()).is_fitted


def test_sparse_tables_become_dense(monkeypatch):
    X = sp.random(20, 6, density=0.3, random_state=0, format="csr")
    reader = TableReader().fit(X)
    np.testing.assert_allclose(
        again(reader).read(X).batch(range(20)).numpy(), hs.TableEncoder().fit(X).transform(X).toarray(), atol=1e-6
    )
    monkeypatch.setattr("headstart.neural.inputs.table._MOST_BYTES", 100)
    with pytest.raises(hs.InputError, match=r"sparse matrix of shape \(20, 6\), which takes .* GiB.*TruncatedSVD"):
        reader.read(X)


def test_other_columns_are_refused():
    reader = TableReader().fit(mixed())
    with pytest.raises(hs.InputError, match="feature names should match"):
        reader.read(mixed().rename(columns={"age": "years"}))
    with pytest.raises(hs.InputError, match="source 'source 1' lacks 'age' and has 'years'"):
        TableReader().fit(mixed(), source_blocks=[mixed().rename(columns={"age": "years"})])
    with pytest.raises(hs.InputError, match="holds a Ridge, which can't be kept"):
        from sklearn.linear_model import Ridge

        odd = TableReader().fit(np.eye(3))
        odd.encoder.odd_ = Ridge()
        odd.to_plain()


# torch Datasets


class Drawn(Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, row):
        return self.items[row]


def test_datasets_of_pairs_and_of_single_items():
    values = torch.arange(12.0).reshape(4, 3)
    pairs = Drawn([(v, k % 2) for k, v in enumerate(values)])
    for data in (
        pairs,
        Drawn([(v,) for v in values]),
        Drawn(list(values.numpy())),
        TensorDataset(values, values[:, 0]),
    ):
        reader = DatasetReader().fit(data, source_blocks=[pairs])
        assert reader.shape == (3,) and torch.equal(again(reader).read(data).batch([2, 0]), values[[2, 0]])
    assert labels_of(pairs).tolist() == [0, 1, 0, 1] and labels_of(TensorDataset(values, values[:, 0])).tolist()[1] == 3
    assert labels_of(TensorDataset(values)) is None and labels_of(Drawn(list(values))) is None
    words = DatasetReader().fit(Drawn([({"ids": values[0], "mask": values[1]}, 1)] * 3))
    batch = words.read(Drawn([({"ids": values[0], "mask": values[1]}, 1)] * 3)).batch([0, 1])
    assert words.shape == () and batch["ids"].shape == batch["mask"].shape == (2, 3)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([1, 2], hs.InputTypeError, "X is of type list; expected a torch Dataset"),
        (Drawn([]), hs.InputError, "X has no rows; expected at least one item"),
        (Drawn([(1, 2, 3)]), hs.InputError, r"gives 3 parts at row 0; expected items \(x, y\) or x"),
        (Drawn([("a.png", 1)]), hs.InputTypeError, "gives x of type str at row 0; expected a tensor.*ToTensor"),
        (Drawn([torch.zeros(4)]), hs.InputError, r"items of shape \(4,\); expected \(3,\), as in training"),
    ],
)
def test_what_is_no_dataset_of_tensors_is_refused(data, error, message):
    with pytest.raises(error, match=message):
        DatasetReader((3,)).read(data)


def test_items_of_several_shapes_are_refused():
    rows = DatasetReader((3,)).read(Drawn([torch.zeros(3), torch.zeros(4)]))
    with pytest.raises(hs.InputError, match=r"items of several shapes \(\(3,\), \(4,\)\); expected one"):
        rows.batch([0, 1])
    with pytest.raises(hs.InputError, match=r"source 1 gives items of shape \(4,\) and the target \(3,\)"):
        DatasetReader().fit(Drawn([torch.zeros(3)]), source_blocks=[Drawn([torch.zeros(4)])])
