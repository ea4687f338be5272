"""The folds: every row once a repeat, classes dealt evenly, scorable down to a handful of rows."""

import numpy as np
import pytest

from headstart.choose.folds import make_folds, n_folds_for, n_repeats_for


def folds_of(y, *, classes=True, n_folds=5, n_repeats=2, seed=0):
    return make_folds(y, classes=classes, n_folds=n_folds, n_repeats=n_repeats, random=np.random.default_rng(seed))


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("n", [10, 23, 57])
def test_each_repeat_tests_every_row_once(classes, n):
    y = np.arange(n) % 3 if classes else np.random.default_rng(0).normal(size=n)
    folds = folds_of(y, classes=classes)
    for repeat in (0, 1):
        mine = [f for f in folds if f.repeat == repeat]
        np.testing.assert_array_equal(np.sort(np.concatenate([f.test for f in mine])), np.arange(n))
        for fold in mine:
            np.testing.assert_array_equal(np.sort(np.r_[fold.train, fold.test]), np.arange(n))
        sizes = [len(f.test) for f in mine]
        assert max(sizes) - min(sizes) <= 1


def test_classes_are_dealt_evenly():
    y = np.r_[np.zeros(31), np.ones(12), np.full(7, 2)].astype(int)
    for fold in folds_of(y):
        counts = np.bincount(y[fold.test], minlength=3)
        assert np.all(np.abs(counts - np.bincount(y) / 5) < 1)


def test_numbers_are_spread_over_the_folds():
    y = np.arange(50.0)
    for fold in folds_of(y, classes=False):
        # one row of each stretch of five in rank
        np.testing.assert_array_equal(np.sort(fold.test // 5), np.arange(10))


def test_text_labels():
    y = np.array(["no", "yes"] * 10)
    assert all(len(np.unique(y[f.test])) == 2 for f in folds_of(y))


def test_repeats_differ_and_seeds_decide():
    y = np.arange(30) % 2
    folds = folds_of(y)
    assert any(not np.array_equal(a.test, b.test) for a, b in zip(folds[:5], folds[5:], strict=True))
    for one, other in zip(folds, folds_of(y), strict=True):
        np.testing.assert_array_equal(one.test, other.test)


def test_fold_that_would_leave_one_class_to_learn_from_is_dropped():
    y = np.array([1, 0, 0, 0, 0, 0])
    folds = folds_of(y, n_folds=3, n_repeats=1)
    assert len(folds) == 2 and all(0 not in f.test for f in folds)


@pytest.mark.parametrize(
    ("n", "largest", "expected"),
    [(8, 0, 8), (30, 0, 10), (119, 0, 10), (120, 0, 5), (10, 5, 5), (12, 7, 7), (40, 36, 10), (8, 1, 2), (500, 300, 5)],
)
def test_number_of_folds(n, largest, expected):
    assert n_folds_for(n, largest) == expected


def test_number_of_repeats():
    assert (n_repeats_for(50), n_repeats_for(5000)) == (2, 1)


@pytest.mark.parametrize(("n", "few"), [(8, 3), (10, 5), (12, 5), (20, 2), (40, 4)])
def test_as_many_folds_as_the_rare_class_has_rows_hold_both_classes(n, few):
    y = np.r_[np.ones(few), np.zeros(n - few)].astype(int)
    k = n_folds_for(n, n - few)
    folds = folds_of(y, n_folds=k, n_repeats=1)
    both = sum(len(np.unique(y[f.test])) == 2 for f in folds)
    assert both == min(few, k)
