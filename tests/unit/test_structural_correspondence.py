"""StructuralCorrespondence: pivots, closed-form predictors, and sparse rows that stay sparse."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import mutual_info_score

import headstart as hs
from headstart.numeric import pivots


def words(seed, n=120, d=12, share=0.3):
    return (np.random.default_rng(seed).random((n, d)) < share).astype(float)


def test_predictors_are_least_squares_over_all_corruptions():
    """Every way to hide columns is written out, with its probability, and one weighted regression is solved."""
    B, p = words(0, n=15, d=4, share=0.5), 0.3
    rows, aims, weights = [], [], []
    for mask in itertools.product((0.0, 1.0), repeat=4):
        rows.append(np.hstack([B * mask, np.ones((15, 1))]))
        aims.append(B[:, [0, 2]])
        weights.append(np.full(15, np.prod([1 - p if kept else p for kept in mask])))
    Z, T, w = np.vstack(rows), np.vstack(aims), np.sqrt(np.concatenate(weights))[:, None]
    expected = np.linalg.lstsq(w * Z, w * T, rcond=None)[0]
    W, b = pivots.denoising_predictors(B, np.arange(4), np.array([0, 2]), p)
    np.testing.assert_allclose(np.vstack([W, b]), expected, atol=1e-4)


def test_mutual_information_is_that_of_scikit_learn():
    B, codes = words(1), np.random.default_rng(2).integers(0, 3, 120)
    expected = [mutual_info_score(B[:, j], codes) for j in range(12)]
    np.testing.assert_allclose(pivots.mutual_information(B, codes, 3), expected, atol=1e-12)
    np.testing.assert_allclose(pivots.mutual_information(sp.csr_matrix(B), codes, 3), expected, atol=1e-12)


def test_pivots_are_frequent_in_both_domains():
    value = np.array([0.9, 0.8, 0.1, 0.7])
    found = pivots.choose_pivots(np.array([9, 1, 9, 9]), np.array([9, 9, 9, 8]), value, 2, 5)
    assert found.tolist() == [0, 3]
    assert pivots.choose_pivots(np.ones(4), np.arange(4), value, 2, 5).tolist() == [1]


def test_labels_choose_the_pivots_and_frequency_does_without():
    rng = np.random.default_rng(3)
    Xs, X = words(4, 400), words(5, 400)
    Xs[:, 0] = X[:, 0] = 1.0 * (rng.random(400) < 0.9)  # frequent, and says nothing
    ys = Xs[:, 7].astype(int)
    source = hs.Domain(Xs, ys)
    assert hs.StructuralCorrespondence(1).fit(X, source=source).pivots_.tolist() == [7]
    assert hs.StructuralCorrespondence(1, use_labels=False).fit(X, source=source).pivots_.tolist() == [0]
    # target labels count like the source's
    y = X[:, 3].astype(int)
    few = hs.Domain(Xs[:40], ys[:40])
    assert hs.StructuralCorrespondence(1).fit(X, y, source=few).pivots_.tolist() == [3]


def test_sparse_rows_stay_sparse_and_are_as_dense_ones():
    X, Xs = words(6), words(7)
    dense = hs.StructuralCorrespondence(5).fit(X, source=hs.Domain(Xs))
    sparse = hs.StructuralCorrespondence(5).fit(sp.csr_matrix(X), source=hs.Domain(sp.csr_matrix(Xs)))
    mapped = sparse.transform(sp.csr_matrix(X))
    assert sp.issparse(mapped)
    np.testing.assert_allclose(mapped.toarray(), dense.transform(X), atol=1e-10)
    np.testing.assert_array_equal(mapped[:, :12].toarray(), X)
    assert dense.get_feature_names_out()[-1].startswith("pivot x")
    alone = hs.StructuralCorrespondence(5, append=False).fit(X, source=hs.Domain(Xs))
    np.testing.assert_allclose(alone.transform(X), dense.transform(X)[:, 12:], atol=1e-12)
    # as much variance as the source's own columns
    assert alone.transform_source(Xs).var(axis=0).sum() == pytest.approx(Xs.var(axis=0).sum())


def test_rare_columns_do_not_predict():
    X, Xs = words(8), words(9)
    X[:, 11] = Xs[:, 11] = 0.0
    found = hs.StructuralCorrespondence(3, max_features=11).fit(X, source=hs.Domain(Xs))
    assert 11 not in found.predictors_ and found.coef_.shape == (11, 3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_pivots": 0}, "n_pivots is 0; expected an integer of at least 1"),
        ({"corruption": 1.0}, "corruption is 1; expected a number below 1"),
        ({"weight": 0}, "weight is 0; expected a number above 0"),
        ({"append": None}, "append is None; expected True or False"),
    ],
)
def test_odd_parameters_are_refused(parameters, message):
    with pytest.raises((hs.InputError, hs.InputTypeError), match=message):
        hs.StructuralCorrespondence(**parameters).fit(words(0), source=hs.Domain(words(1)))
