"""The penalised linear models against scikit-learn, a general minimiser, and leave-one-out done one by one."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from headstart.numeric import glm
from headstart.numeric.glm import logistic_path, probabilities, ridge_path

STRENGTHS = np.array([0.1, 1.0, 30.0])


def regression(seed, n=25, d=4):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * rng.uniform(0.5, 2, d)
    return X, X @ rng.normal(size=d) + rng.normal(size=n) + 3.0, rng.uniform(0.2, 3, n), rng.normal(size=n)


def classes(seed, n=60, d=3, k=2):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(k), rng.integers(k, size=n - k)]
    X = rng.normal(size=(n, d)) + y[:, None] * rng.normal(size=d)
    return X, y, rng.uniform(0.2, 3, n), rng.normal(size=n)


@pytest.mark.parametrize("shape", [(25, 4), (10, 30), (8, 8), (3, 1)])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_equals_scikit_learn(shape, weighted):
    X, y, w, _ = regression(1, *shape)
    w = w / w.mean() if weighted else None
    path = ridge_path(X, y, STRENGTHS, weight=w)
    for k, strength in enumerate(STRENGTHS):
        reference = Ridge(alpha=strength, solver="svd" if not weighted else "cholesky").fit(X, y, sample_weight=w)
        np.testing.assert_allclose(path.coef[k, 0], reference.coef_, atol=1e-9)
        np.testing.assert_allclose(path.intercept[k, 0], reference.intercept_, atol=1e-9)


def test_ridge_with_penalties_and_offset_equals_its_normal_equations():
    X, y, w, offset = regression(2)
    w /= w.mean()
    penalty = np.array([0.5, 1.0, 4.0, 100.0])
    path = ridge_path(X, y, STRENGTHS, penalty=penalty, offset=offset, weight=w)
    A = np.column_stack([np.ones(len(X)), X])
    for k, strength in enumerate(STRENGTHS):
        normal = A.T @ (A * w[:, None]) + np.diag(np.r_[0, strength * penalty])
        theta = np.linalg.solve(normal, A.T @ (w * (y - offset)))
        np.testing.assert_allclose(path.intercept[k, 0], theta[0], atol=1e-9)
        np.testing.assert_allclose(path.coef[k, 0], theta[1:], atol=1e-9)


@pytest.mark.parametrize("shape", [(15, 3), (8, 20)])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_leave_one_out_is_exact(shape, weighted):
    X, y, w, offset = regression(3, *shape)
    w = w / w.mean() if weighted else np.ones(len(y))
    path = ridge_path(X, y, STRENGTHS, offset=offset, weight=w)
    for k, strength in enumerate(STRENGTHS):
        out = np.empty(len(y))
        for i in range(len(y)):
            rest = np.arange(len(y)) != i
            model = Ridge(alpha=strength).fit(X[rest], (y - offset)[rest], sample_weight=w[rest])
            out[i] = model.predict(X[[i]])[0] + offset[i]
        np.testing.assert_allclose(path.loo_output[k, :, 0], out, atol=1e-7)
        np.testing.assert_allclose(path.loo[k], np.average((y - out) ** 2, weights=w), rtol=1e-7)


def test_ridge_row_without_weight_is_a_row_left_out():
    X, y, w, _ = regression(4)
    w[:5] = 0.0
    path, short = ridge_path(X, y, STRENGTHS, weight=w / w.mean()), w[5:] / w.mean()
    for k, strength in enumerate(STRENGTHS):
        reference = Ridge(alpha=strength).fit(X[5:], y[5:], sample_weight=short)
        np.testing.assert_allclose(path.coef[k, 0], reference.coef_, atol=1e-9)
        np.testing.assert_allclose(path.loo_output[k, :5, 0], reference.predict(X[:5]), atol=1e-9)


def test_weights_of_rows_are_scaled_to_mean_one():
    X, y, w, _ = regression(5)
    one, other = ridge_path(X, y, STRENGTHS, weight=w), ridge_path(X, y, STRENGTHS, weight=1000 * w)
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-9)
    Xc, yc, wc, _ = classes(5)
    one, other = (
        logistic_path(Xc, yc * 1.0, STRENGTHS, weight=wc),
        logistic_path(Xc, yc * 1.0, STRENGTHS, weight=9 * wc),
    )
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(60, 3), (12, 40)])
def test_two_classes_equal_scikit_learn(weighted, shape):
    X, y, w, _ = classes(6, *shape)
    w = w / w.mean() if weighted else None
    path = logistic_path(X, y.astype(float), STRENGTHS, weight=w)
    for k, strength in enumerate(STRENGTHS):
        reference = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10_000).fit(X, y, sample_weight=w)
        np.testing.assert_allclose(path.coef[k], reference.coef_, atol=2e-4)
        np.testing.assert_allclose(path.intercept[k], reference.intercept_, atol=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(60, 3), (15, 40)])
def test_several_classes_equal_scikit_learn(weighted, shape):
    X, y, w, _ = classes(7, *shape, k=4)
    w = w / w.mean() if weighted else None
    path = logistic_path(X, np.eye(4)[y], STRENGTHS, weight=w)
    for k, strength in enumerate(STRENGTHS):
        reference = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10_000).fit(X, y, sample_weight=w)
        np.testing.assert_allclose(path.coef[k], reference.coef_, atol=2e-3)
        found = probabilities(X @ path.coef[k].T + path.intercept[k])
        np.testing.assert_allclose(found, reference.predict_proba(X), atol=1e-3)


def test_penalties_of_columns_are_scaled_columns():
    X, y, _, _ = classes(8)
    penalty = np.array([0.25, 1.0, 9.0])
    path = logistic_path(X, y.astype(float), STRENGTHS, penalty=penalty)
    for k, strength in enumerate(STRENGTHS):
        scaled = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10_000).fit(X / np.sqrt(penalty), y)
        np.testing.assert_allclose(path.coef[k, 0], scaled.coef_[0] / np.sqrt(penalty), atol=2e-4)


def test_offset_is_a_column_whose_coefficient_is_one():
    X, y, _, offset = classes(9)
    path = logistic_path(X, y.astype(float), STRENGTHS, offset=offset)
    for k, strength in enumerate(STRENGTHS):
        # A column worth a thousandth of the offset, hardly penalised and started at 1000, cannot but stay there:
        # so the written objective is minimised by a general method instead.
        def objective(v, strength=strength):
            eta = v[0] + X @ v[1:] + offset
            return np.sum(np.logaddexp(0, eta) - y * eta) + strength / 2 * v[1:] @ v[1:]

        found = minimize(objective, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
        np.testing.assert_allclose(np.r_[path.intercept[k], path.coef[k, 0]], found.x, atol=1e-4)


def test_offset_of_several_classes():
    X, y, _, _ = classes(10, k=3)
    offset = np.random.default_rng(0).normal(size=(len(y), 3))
    path = logistic_path(X, np.eye(3)[y], np.array([2.0]), offset=offset)

    def objective(v):
        b = v.reshape(3, 4)
        eta = b[:, 0] + X @ b[:, 1:].T + offset
        eta -= eta.max(axis=1, keepdims=True)
        P = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
        return -np.log(P[np.arange(len(y)), y]).sum() + np.sum(b[:, 1:] ** 2)

    best = minimize(objective, np.zeros(12), method="BFGS", options={"gtol": 1e-6}).x.reshape(3, 4)
    np.testing.assert_allclose(path.coef[0], best[:, 1:], atol=1e-3)
    np.testing.assert_allclose(np.diff(path.intercept[0]), np.diff(best[:, 0]), atol=1e-3)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_approximate_leave_one_out_is_near_the_exact_one(k, weighted):
    X, y, w, _ = classes(11, n=50, k=k)
    w = w / w.mean() if weighted else np.ones(len(y))
    strengths = np.array([1.0, 10.0])
    path = logistic_path(X, y.astype(float) if k == 2 else np.eye(k)[y], strengths, weight=w)
    for j, strength in enumerate(strengths):
        P = np.empty((len(y), k))
        for i in range(len(y)):
            rest = np.arange(len(y)) != i
            model = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=1000)
            P[i] = model.fit(X[rest], y[rest], sample_weight=w[rest]).predict_proba(X[[i]])[0]
        found = probabilities(path.loo_output[j])
        np.testing.assert_allclose(found, P, atol=0.02)
        exact = np.average(-np.log(P[np.arange(len(y)), y]), weights=w)
        assert path.loo[j] == pytest.approx(exact, rel=0.02)


def five_classes(n=60):
    """Rows, one-hot labels and offsets of classes that go together: the blocks that join them matter."""
    rng = np.random.default_rng(15)
    X = rng.normal(size=(n, 6))
    y = (X @ rng.normal(size=(6, 5)) + rng.gumbel(size=(n, 5))).argmax(axis=1)
    return X, np.eye(5)[y], 0.3 * rng.normal(size=(n, 5))


def test_leave_one_out_of_several_classes_against_refits():
    X, Y, offset = five_classes()
    strengths = np.array([0.3, 3.0])
    path = logistic_path(X, Y, strengths, offset=offset)
    refit = np.empty((2, len(X), 5))
    for i in range(len(X)):
        rest = np.arange(len(X)) != i
        left = logistic_path(X[rest], Y[rest], strengths, offset=offset[rest])
        refit[:, i] = left.coef @ X[i] + left.intercept + offset[i]
    exact = -np.log((np.exp(refit) * Y).sum(axis=2) / np.exp(refit).sum(axis=2)).mean(axis=1)
    assert (np.abs(path.loo / exact - 1) < [0.07, 0.02]).all()  # class by class: 0.05 and 0.04 off


def test_many_coefficients_are_left_out_class_by_class(monkeypatch):
    X, Y, offset = five_classes()
    joint = logistic_path(X, Y, np.array([1.0]), offset=offset)
    monkeypatch.setattr(glm, "MOST_JOINT", 34)  # there are 5 x 7 coefficients
    apart = logistic_path(X, Y, np.array([1.0]), offset=offset)
    np.testing.assert_array_equal(apart.coef, joint.coef)
    assert apart.loo[0] != pytest.approx(joint.loo[0], rel=0.01)
    assert apart.loo[0] == pytest.approx(joint.loo[0], rel=0.2)


def test_two_classes_with_one_output_or_two_leave_the_same_out():
    X, y, w, _ = classes(16, n=40)
    one = logistic_path(X, y.astype(float), np.array([2.0]), weight=w)
    two = logistic_path(X, np.eye(2)[y], np.array([4.0]), weight=w)  # two coefficients share what one bears alone
    np.testing.assert_allclose(probabilities(two.loo_output[0]), probabilities(one.loo_output[0]), atol=2e-3)


def test_leave_one_out_sees_overfitting():
    rng = np.random.default_rng(12)
    X, y = rng.normal(size=(30, 25)), rng.permutation(np.r_[np.zeros(15), np.ones(15)])
    path = logistic_path(X, y, np.array([1e-3, 1e4]))
    assert path.loo[0] > 1.0 and path.loo[1] == pytest.approx(np.log(2), abs=0.08)
    assert path.best == 1


def test_of_equal_strengths_the_strongest_is_best():
    X, y = np.zeros((6, 2)), np.array([1.0, 2, 3, 4, 5, 6])
    assert ridge_path(X, y, STRENGTHS).best == 2


@pytest.mark.parametrize("case", ["separable", "constant column", "one column", "rare class"])
def test_hard_cases_end_without_a_warning(case):
    rng = np.random.default_rng(13)
    X, y = rng.normal(size=(20, 3)), np.r_[np.zeros(10), np.ones(10)]
    if case == "separable":
        X[:, 0] = 100 * (y - 0.5)
    elif case == "constant column":
        X[:, 1] = 0.0
    elif case == "one column":
        X = X[:, :1]
    else:
        y = np.r_[1.0, np.zeros(19)]
    for Y in (y, np.eye(2)[y.astype(int)]):
        path = logistic_path(X, Y, np.array([1e-6, 1.0, 1e6]))
        assert np.isfinite(path.coef).all() and np.isfinite(path.loo).all()
        np.testing.assert_allclose(path.coef[2], 0, atol=1e-2)


def test_strongest_penalty_leaves_the_class_share():
    X, y, _, _ = classes(14)
    path = logistic_path(X, y.astype(float), np.array([1e9]))
    assert expit(path.intercept[0, 0]) == pytest.approx(y.mean(), abs=1e-4)


def test_probabilities_of_one_and_of_several_outputs():
    np.testing.assert_allclose(probabilities(np.array([[0.0], [np.log(3)]])), [[0.5, 0.5], [0.25, 0.75]])
    np.testing.assert_allclose(probabilities(np.log([[1.0, 1.0, 2.0]])), [[0.25, 0.25, 0.5]])
    assert np.isfinite(probabilities(np.array([[1e4], [-1e4]]))).all()
