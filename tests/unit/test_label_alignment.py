"""Manifold alignment against its sums over all pairs of rows."""

import numpy as np
from scipy.linalg import block_diag

from headstart.numeric.label_alignment import class_forms, label_alignment, neighbour_form


def test_class_forms_are_sums_over_pairs(rng):
    domains = [rng.normal(size=(7, 3)), rng.normal(size=(9, 2))]
    codes = [np.array([0, 1, 2, 0, -1, 1, 0]), np.array([1, 1, 0, -1, 2, 2, 0, 0, 3])]
    S, D = class_forms(domains, codes)
    Z = block_diag(*domains)
    c = np.concatenate(codes)
    expected = [np.zeros((5, 5)), np.zeros((5, 5))]
    for i in range(16):
        for j in range(16):
            if c[i] >= 0 and c[j] >= 0:
                gap = Z[i] - Z[j]
                expected[int(c[i] != c[j])] += np.outer(gap, gap) / 2
    np.testing.assert_allclose(S, expected[0])
    np.testing.assert_allclose(D, expected[1])


def test_neighbour_form_is_a_sum_over_neighbours(rng):
    Z = rng.normal(size=(30, 3))
    distance = np.linalg.norm(Z[:, None] - Z, axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1)[:, :4]
    unit = np.mean(np.take_along_axis(distance, near, axis=1))
    W = np.zeros((30, 30))
    for i in range(30):
        W[i, near[i]] = np.exp(-((distance[i, near[i]] / unit) ** 2))
    W = np.maximum(W, W.T)
    expected = sum(W[i, j] * np.outer(Z[i] - Z[j], Z[i] - Z[j]) / 2 for i in range(30) for j in range(30))
    np.testing.assert_allclose(neighbour_form(Z, 4, 100), expected)
    assert (neighbour_form(np.zeros((6, 2)), 3, 100) == 0).all()
    assert (neighbour_form(Z[:1], 3, 100) == 0).all()


def test_classes_of_two_domains_come_together(rng):
    centres = rng.normal(size=(3, 2)) * 4
    c = [np.repeat([0, 1, 2], 20), np.repeat([0, 1, 2], 40)]
    maps = [rng.normal(size=(2, 5)), rng.normal(size=(2, 8))]
    domains = [centres[k] @ M + rng.normal(size=(len(k), M.shape[1])) for k, M in zip(c, maps, strict=True)]
    domains = [Z - Z.mean(axis=0) for Z in domains]
    found = label_alignment(domains, c, 2)
    a, b = (Z @ M for Z, M in zip(domains, found, strict=True))
    for k in range(3):
        gaps = [np.linalg.norm(a[c[0] == k].mean(0) - b[c[1] == m].mean(0)) for m in range(3)]
        assert np.argmin(gaps) == k and gaps[k] < 0.3 * sorted(gaps)[1]
