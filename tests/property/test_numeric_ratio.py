"""uLSIF and RuLSIF: the closed form, and leave-one-out against fits without the rows."""

import numpy as np
import pytest

from headstart.numeric.kernels import gaussian
from headstart.numeric.ratio import Moments, fit_least_squares_ratio, leave_one_out_coefs


def domains(n_source, n_target, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_source, 2)), rng.normal(size=(n_target, 2)) * 0.7 + 0.5


def direct_fit(Ks, Kt, penalty, alpha):
    H = alpha * Kt.T @ Kt / len(Kt) + (1 - alpha) * Ks.T @ Ks / len(Ks)
    return np.linalg.solve(H + penalty * np.eye(H.shape[0]), Kt.mean(axis=0))


def brute_force_error(Xs, Xt, centers, width, penalty, alpha, pairs):
    Ks, Kt = gaussian(Xs, centers, width), gaussian(Xt, centers, width)
    errors = []
    for t, s in zip(*pairs, strict=True):
        coef = np.maximum(direct_fit(np.delete(Ks, s, 0), np.delete(Kt, t, 0), penalty, alpha), 0)
        at_t, at_s = Kt[t] @ coef, Ks[s] @ coef
        errors.append(0.5 * alpha * at_t**2 + 0.5 * (1 - alpha) * at_s**2 - at_t)
    return np.mean(errors)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize(("n_source", "n_target"), [(30, 12), (12, 30), (2, 2), (20, 20)])
def test_every_leave_one_out_error_is_that_of_fits_without_the_rows(alpha, n_source, n_target):
    Xs, Xt = domains(n_source, n_target)
    centers = Xt[:10]
    widths, penalties = np.array([0.3, 1.0, 3.0]), np.array([1e-3, 0.1, 1.0, 10.0])
    rng = np.random.default_rng(1)
    m = min(n_source, n_target)
    pairs = rng.permutation(n_target)[:m], rng.permutation(n_source)[:m]
    found = fit_least_squares_ratio(Xs, Xt, centers, widths, penalties, pairs, alpha=alpha)
    expected = [[brute_force_error(Xs, Xt, centers, w, p, alpha, pairs) for p in penalties] for w in widths]
    np.testing.assert_allclose(found.errors, expected, rtol=1e-8, atol=1e-10)
    i, j = np.unravel_index(np.argmin(expected), (3, 4))
    assert (found.width, found.penalty) == (widths[i], penalties[j])
    Ks, Kt = gaussian(Xs, centers, found.width), gaussian(Xt, centers, found.width)
    np.testing.assert_allclose(found.coef, np.maximum(direct_fit(Ks, Kt, found.penalty, alpha), 0), rtol=1e-7)


def test_leave_one_out_coefficients_before_they_are_cut():
    Xs, Xt = domains(15, 9)
    Ks, Kt = gaussian(Xs, Xt[:6], 0.8), gaussian(Xt, Xt[:6], 0.8)
    m = Moments(Ks.T @ Ks / 15, Kt.T @ Kt / 9, Kt.mean(axis=0), 15, 9)
    (coefs,) = leave_one_out_coefs(m, Kt, Ks[:9], np.array([0.01]), 0.3)
    for i in range(9):
        np.testing.assert_allclose(coefs[i], direct_fit(np.delete(Ks, i, 0), np.delete(Kt, i, 0), 0.01, 0.3), rtol=1e-6)


def test_one_row_takes_the_middle_of_the_lists():
    Xs, Xt = domains(5, 1)
    none = np.empty(0, dtype=np.intp)
    found = fit_least_squares_ratio(Xs, Xt, Xt, np.array([0.5, 1.0, 2.0]), np.array([0.1, 1.0, 10.0]), (none, none))
    assert (found.width, found.penalty) == (1.0, 1.0)
    assert np.isnan(found.errors).all()
