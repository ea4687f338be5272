"""Gaussian processes of several tasks: against normal densities, scikit-learn and differences of the evidence."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from scipy.special import expit
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from headstart.numeric.kernels import gaussian, nystrom_map
from headstart.numeric.task_covariance import FORMS, Form, TaskCovariance, n_free, start_covariance
from headstart.numeric.task_gp import GpRows, expansion, fit_gp
from headstart.numeric.task_gp_features import fit_features
from headstart.numeric.task_rows import TaskRows

SIZES, T, WIDTH = (6, 9, 0, 7), 4, 1.3


def draw(logistic, seed=0):
    """Rows of four tasks, one of which has none."""
    rng = np.random.default_rng(seed)
    n = sum(SIZES)
    X, task = rng.normal(size=(n, 2)), np.repeat(np.arange(T), SIZES)
    y = (rng.random(n) < 0.5).astype(float) if logistic else rng.normal(size=n)
    return GpRows.of(X, y, task, T, logistic)


def covariance(form, rng):
    if form == "low-rank":
        return TaskCovariance(rng.normal(size=(T, 2)), rng.random(T) + 0.1, 2.0, 0.5, WIDTH, 0.2)
    return start_covariance(form, T, WIDTH, 0.2)


def with_features(rows, keep=1.0):
    """The same rows as features of all of them, which are exact."""
    M = nystrom_map(rows.X, rows.X, WIDTH, keep)
    Z = np.column_stack([np.ones(len(rows.y)), gaussian(rows.X, rows.X, WIDTH) @ M])
    return TaskRows(Z, rows.y, np.concatenate([[0], np.cumsum(SIZES)]), rows.logistic), M


def whole(rows, c):
    """The covariance of all function values, entry by entry."""
    n = len(rows.y)
    K = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            s, t = rows.task[i], rows.task[j]
            k = np.exp(-((rows.X[i] - rows.X[j]) ** 2).sum() / (2 * c.width**2))
            shared = c.directions[s] @ c.directions[t] * k + c.shared_level
            K[i, j] = shared + (s == t) * (c.own[s] * k + c.own_level)
    return K


@pytest.mark.parametrize("form", FORMS)
def test_evidence_and_posterior_of_numbers_are_those_of_the_normal_density(form, rng):
    rows, c = draw(False), covariance(form, rng)
    K = whole(rows, c)
    C = K + c.noise * np.eye(len(K))
    fit = fit_gp(rows, c)
    assert np.isclose(fit.evidence, multivariate_normal(cov=C).logpdf(rows.y))
    coef, level = expansion(rows, c, fit.dual)
    functions = gaussian(rows.X, rows.X, c.width) @ coef + level
    assert np.allclose(functions[np.arange(len(K)), rows.task], K @ np.linalg.solve(C, rows.y))
    # a task without rows has a function too, made of the others'
    x = np.array([[0.3, -0.2]])
    k = gaussian(x, rows.X, c.width)[0]
    mean = (c.B[2, rows.task] * k + c.L[2, rows.task]) @ np.linalg.solve(C, rows.y)
    assert np.isclose((gaussian(x, rows.X, c.width) @ coef + level)[0, 2], mean)


@pytest.mark.parametrize("form", FORMS)
def test_the_mode_of_classes_is_the_direct_one_and_the_evidence_laplaces(form, rng):
    rows, c = draw(True), covariance(form, rng)
    K = whole(rows, c)

    def down(a):
        f = K @ a
        value = 0.5 * a @ f + np.logaddexp(0, np.where(rows.y > 0.5, -f, f)).sum()
        return value, f + K @ (expit(f) - rows.y)

    a = minimize(down, np.zeros(len(K)), jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 5000}).x
    f = K @ a
    W = expit(f) * (1 - expit(f))
    laplace = -down(a)[0] - 0.5 * np.linalg.slogdet(np.eye(len(K)) + K * W)[1]
    fit = fit_gp(rows, c)
    assert np.isclose(fit.evidence, laplace, atol=1e-5)
    coef, level = expansion(rows, c, fit.dual)
    functions = gaussian(rows.X, rows.X, c.width) @ coef + level
    assert np.allclose(functions[np.arange(len(K)), rows.task], f, atol=1e-4)


@pytest.mark.parametrize("logistic", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_slopes_are_differences_of_the_evidence(form, logistic, rng):
    rows, c = draw(logistic), covariance(form, rng)
    way = Form(form, True, not logistic)
    values = way.pack(c)
    flat = approx_fprime(values, lambda v: fit_gp(rows, way.unpack(v, c), slopes=False).evidence, 1e-6)
    assert np.allclose(way.slope(c, fit_gp(rows, c).slopes), flat, atol=1e-4)
    assert len(way.bounds(c, 1.0)) == len(values)
    assert np.allclose(way.unpack(values, c).B, c.B)


@pytest.mark.parametrize("logistic", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_features_of_all_rows_are_exact(form, logistic, rng):
    rows, c = draw(logistic), covariance(form, rng)
    by_features, M = with_features(rows)
    one, other = fit_gp(rows, c), fit_features(by_features, c)
    assert np.isclose(one.evidence, other.evidence)
    # without its width, which features do not move
    way = Form(form, False, not logistic)
    assert np.allclose(way.slope(c, one.slopes), way.slope(c, other.slopes))
    coef, level = expansion(rows, c, one.dual)
    X = rng.normal(size=(3, 2))
    Z = np.column_stack([np.ones(3), gaussian(X, rows.X, WIDTH) @ M])
    assert np.allclose(Z @ other.W.T, gaussian(X, rows.X, WIDTH) @ coef + level)


@pytest.mark.parametrize("logistic", [False, True])
def test_slopes_of_few_features_are_differences_too(logistic, rng):
    rows, c = draw(logistic), covariance("low-rank", rng)
    few, _ = with_features(rows, keep=0.9)
    assert few.Z.shape[1] < 10
    way = Form("low-rank", False, not logistic)
    flat = approx_fprime(way.pack(c), lambda v: fit_features(few, way.unpack(v, c), slopes=False).evidence, 1e-6)
    assert np.allclose(way.slope(c, fit_features(few, c).slopes), flat, atol=1e-4)


@pytest.mark.parametrize("logistic", [False, True])
def test_a_start_saves_steps_and_changes_nothing(logistic, rng):
    rows, c = draw(logistic), covariance("mean", rng)
    by_features, _ = with_features(rows)
    one, far = fit_gp(rows, c), 5 * rng.normal(size=len(rows.y))
    assert np.isclose(fit_gp(rows, c, start=far).evidence, one.evidence)
    other = fit_features(by_features, c)
    again = fit_features(by_features, c, start=other.parts * -3.0)
    assert np.isclose(again.evidence, other.evidence)
    assert np.allclose(again.W, other.W)


def test_tasks_that_are_one_function_are_one_process_of_scikit_learn(rng):
    """Pooled without levels of their own: evidence, slope by the width and predictions are those of all rows."""
    rows = draw(False)
    c = TaskCovariance(np.full((T, 1), np.sqrt(1.7)), np.zeros(T), 0.6, 0.0, WIDTH, 0.2)
    kernel = ConstantKernel(1.7) * RBF(WIDTH) + ConstantKernel(0.6) + WhiteKernel(0.2)
    peer = GaussianProcessRegressor(kernel, optimizer=None).fit(rows.X, rows.y)
    evidence, slope = peer.log_marginal_likelihood(peer.kernel_.theta, eval_gradient=True)
    fit = fit_gp(rows, c)
    assert np.isclose(fit.evidence, evidence)
    assert np.allclose([c.directions[0, 0] ** 2 * fit.slopes.B.sum(), fit.slopes.width], slope[:2])
    assert np.allclose([0.6 * fit.slopes.L.sum(), fit.slopes.noise], slope[2:])
    coef, level = expansion(rows, c, fit.dual)
    X = rng.normal(size=(5, 2))
    assert np.allclose(gaussian(X, rows.X, WIDTH) @ coef + level, peer.predict(X)[:, None])


def test_classes_that_are_one_function_are_those_of_scikit_learn(rng):
    rows = draw(True)
    c = TaskCovariance(np.full((T, 1), np.sqrt(1.7)), np.zeros(T), 0.6, 0.0, WIDTH)
    kernel = ConstantKernel(1.7) * RBF(WIDTH) + ConstantKernel(0.6)
    peer = GaussianProcessClassifier(kernel, optimizer=None).fit(rows.X, rows.y)
    evidence, slope = peer.log_marginal_likelihood(peer.kernel_.theta, eval_gradient=True)
    fit = fit_gp(rows, c)
    assert np.isclose(fit.evidence, evidence)
    found = [1.7 * fit.slopes.B.sum(), fit.slopes.width, 0.6 * fit.slopes.L.sum()]
    assert np.allclose(found, slope, atol=1e-5)


def test_tasks_apart_are_processes_of_their_own():
    rows = draw(False)
    c = start_covariance("independent", T, WIDTH, 0.2)
    total = 0.0
    for t in (0, 1, 3):
        kernel = RBF(WIDTH) + ConstantKernel(c.own_level) + WhiteKernel(0.2)
        here = rows.task == t
        total += (
            GaussianProcessRegressor(kernel, optimizer=None)
            .fit(rows.X[here], rows.y[here])
            .log_marginal_likelihood_value_
        )
    assert np.isclose(fit_gp(rows, c).evidence, total)


def test_parameters_are_counted():
    counts = {form: n_free(form, start_covariance(form, 5, 1.0, 0.2), has_noise=True) for form in FORMS}
    assert counts == {"pooled": 4, "independent": 3, "mean": 5, "low-rank": 13}
    two = TaskCovariance(np.zeros((5, 2)), np.ones(5), 1.0, 1.0, 1.0)
    # a rotation of two directions changes nothing
    assert n_free("low-rank", two, has_noise=False) == 5 + 9 + 2
