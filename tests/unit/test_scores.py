"""Scores without training, each against a slow direct writing of its paper's equations."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

import headstart as hs
from headstart.scores.table import TABLE

S = hs.scores


def problem(n=60, d=7, K=3, seed=0, signal=1.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(K, size=n)
    y[:K] = np.arange(K)
    X = signal * np.eye(K, d)[y] + rng.normal(size=(n, d)) @ np.diag(np.linspace(0.5, 2.0, d)) + 0.3
    return X, np.array(["a", "b", "c", "d", "e"])[y]


def outputs(n=60, z=4, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(z), size=n)


SHAPES = [(60, 7), (12, 30)]  # more rows than columns, and fewer


def test_leep_follows_the_paper():
    P, (_, y) = outputs(), problem()
    total = 0.0
    for i in range(60):
        inner = 0.0
        for z in range(4):
            joint = sum(P[j, z] for j in range(60) if y[j] == y[i]) / 60
            inner += joint / (P[:, z].sum() / 60) * P[i, z]
        total += np.log(inner) / 60
    assert S.leep(P, y) == pytest.approx(total, abs=1e-12)


def test_nce_follows_the_paper_and_is_leep_with_certain_probabilities():
    z, (_, y) = np.random.default_rng(1).integers(4, size=60), problem()
    entropy = 0.0
    for c in np.unique(z):
        for k in np.unique(y):
            joint = np.mean((z == c) & (y == k))
            entropy -= joint * np.log(joint / np.mean(z == c)) if joint else 0.0
    assert S.nce(z, y) == pytest.approx(-entropy, abs=1e-12)
    assert S.leep(np.eye(4)[z], y) == pytest.approx(-entropy, abs=1e-12)
    assert S.nce(y, y) == 0.0


def minus_evidence(logs, K, target):
    """Of targets that are normal with covariance I / beta + K / alpha, by the number of rows."""
    alpha, beta = np.exp(logs)
    n = len(target)
    root = np.linalg.cholesky(np.eye(n) / beta + K / alpha)
    white = np.linalg.solve(root, target)
    return (0.5 * white @ white + np.log(np.diag(root)).sum() + n / 2 * np.log(2 * np.pi)) / n


def largest_evidence(X, target):
    runs = [
        minimize(minus_evidence, s, args=(X @ X.T, target), bounds=[(-12, 25), (-4, 10)], method="L-BFGS-B")
        for s in ((0.0, 1.0), (3.0, 1.0), (18.0, 0.0))
    ]
    return -min(r.fun for r in runs)


@pytest.mark.parametrize(("n", "d"), [(30, 5), (12, 30)])
def test_logme_is_the_largest_evidence(n, d):
    X, y = problem(n, d)
    expected = np.mean([largest_evidence(X, (y == c).astype(float)) for c in np.unique(y)])
    assert S.logme(X, y) == pytest.approx(expected, abs=1e-5)


def test_logme_of_numbers_is_the_largest_evidence():
    X, _ = problem(40)
    y = X[:, 0] + np.random.default_rng(1).normal(size=40)
    assert S.logme(X, y) == pytest.approx(largest_evidence(X, y), abs=1e-5)


def test_logme_moves_where_the_published_fixed_point_moves():
    from benchmarks.speed_scores import published_logme

    X, y = problem(400, 10)
    codes = np.unique(y, return_inverse=True)[1]
    assert S.logme(X, y) == pytest.approx(published_logme(X, codes), abs=2e-3)
    assert S.logme(X, y) >= published_logme(X, codes) - 1e-6


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_h_score_follows_the_paper(n, d):
    X, y = problem(n, d)
    fitted = LedoitWolf().fit(X)
    means = np.array([X[y == k].mean(axis=0) for k in y])
    between = np.cov(means.T, bias=True)
    expected = (1 - fitted.shrinkage_) * np.trace(np.linalg.inv(fitted.covariance_) @ between)
    assert S.h_score(X, y) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_trans_rate_follows_the_paper(n, d):
    X, y = problem(n, d)
    Z = X - X.mean(axis=0)
    Z /= np.sqrt(np.mean(np.sum(Z**2, axis=1)))

    def rate(rows):
        return 0.5 * np.linalg.slogdet(np.eye(d) + rows.T @ rows / (len(rows) * 1e-3))[1]

    expected = rate(Z) - sum(np.mean(y == k) * rate(Z[y == k]) for k in np.unique(y))
    assert S.trans_rate(X, y, distortion=1e-3) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "d"), [(40, 4), (9, 12)])
def test_pac_tran_follows_the_paper(n, d):
    X, y = problem(n, d)
    codes = np.unique(y, return_inverse=True)[1]
    Z, K, scale, s = X - X.mean(axis=0), codes.max() + 1, 2.0 * n, 0.3

    def loss(flat):
        W = flat.reshape(d + 1, K)
        logs = log_softmax(Z @ W[:d] + W[d], axis=1)
        return -np.mean(logs[np.arange(n), codes]) + np.sum(W[:d] ** 2) / (2 * scale)

    best = minimize(loss, np.zeros((d + 1) * K), method="BFGS", options={"gtol": 1e-6})
    W = best.x.reshape(d + 1, K)
    P = np.exp(log_softmax(Z @ W[:d] + W[d], axis=1))
    trace = sum(np.mean(P[:, k] * (1 - P[:, k]) * Z[:, j] ** 2) for k in range(K) for j in range(d))
    # the bound at the best variance of an isotropic posterior, found by a search instead of its closed form
    lam = scale / s

    def price(log_q):
        q = np.exp(log_q)
        return q * trace / 2 + K * d / (2 * lam) * (q / s - 1 - np.log(q / s))

    flat = minimize_scalar(price, bounds=(-15, 5), method="bounded", options={"xatol": 1e-9}).fun
    assert S.pac_tran(X, y, penalty_rows=2.0, prior_variance=s) == pytest.approx(-best.fun - flat, abs=1e-5)


def test_gbc_follows_the_paper():
    X, y = problem()
    axes = np.linalg.svd(X - X.mean(axis=0))[2][:4]
    T = X @ axes.T
    total = 0.0
    for i in np.unique(y):
        for j in np.unique(y):
            a, b = T[y == i], T[y == j]
            A, B = np.diag(a.var(axis=0)), np.diag(b.var(axis=0))
            M, gap = (A + B) / 2, a.mean(axis=0) - b.mean(axis=0)
            distance = gap @ np.linalg.inv(M) @ gap / 8
            distance += 0.5 * np.log(np.linalg.det(M) / np.sqrt(np.linalg.det(A) * np.linalg.det(B)))
            total -= np.exp(-distance) * (i != j)
    assert S.gbc(X, y, n_components=4) == pytest.approx(total, rel=1e-4)


def test_knn_score_judges_each_row_by_the_others():
    X, y = problem()
    numbers = X[:, 0]
    right, errors = [], []
    for i in range(60):
        near = np.argsort(np.where(np.arange(60) == i, np.inf, np.linalg.norm(X - X[i], axis=1)))
        right.append(y[near[0]] == y[i])
        errors.append(numbers[near[:5]].mean() - numbers[i])
    assert S.knn_score(X, y, n_neighbors=1) == pytest.approx(np.mean(right))
    assert S.knn_score(X, numbers) == pytest.approx(1 - np.mean(np.square(errors)) / numbers.var(), rel=1e-6)


def test_knn_ties_go_to_the_nearer():
    X = [[0.0], [1.0], [1.1], [-2.0], [-2.1]]
    # each "b" has two neighbours of either class, the nearer ones of its own; an "a" has three of "b"
    assert S.knn_score(X, list("bbbaa"), n_neighbors=4, max_queries=None) == pytest.approx(3 / 5)


def test_linear_probe_is_five_fold_cross_validation_of_discriminants():
    X, y = problem(100, 6, signal=1.5)
    rank = np.empty(100, dtype=int)
    rank[np.random.default_rng(0).permutation(100)] = np.arange(100)
    right = 0.0
    for k in range(5):
        train, test = rank % 5 != k, rank % 5 == k
        share = LedoitWolf().fit(X[train]).shrinkage_
        within = sum(np.mean(y[train] == c) * np.cov(X[train][y[train] == c].T, bias=True) for c in np.unique(y))
        shrunk = (1 - share) * within + share * np.trace(within) / 6 * np.eye(6)
        means = np.array([X[train][y[train] == c].mean(axis=0) for c in np.unique(y)])
        shares = np.array([np.mean(y[train] == c) for c in np.unique(y)])
        W = np.linalg.solve(shrunk, means.T)
        outputs = X[test] @ W + np.log(shares) - 0.5 * np.sum(means * W.T, axis=1)
        right += np.sum(np.unique(y)[outputs.argmax(axis=1)] == y[test])
    assert S.linear_probe(X, y) == pytest.approx(right / 100)
    plain = LinearDiscriminantAnalysis().fit(X, y).score(X, y)
    assert S.linear_probe(X, y) < plain + 0.05


def test_linear_probe_of_numbers_errs_on_rows_left_out():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 5))
    y = X @ [1.0, 2.0, 0.0, 0.0, 0.0] + rng.normal(size=300) + 10.0
    assert S.linear_probe(X, y) == pytest.approx(5 / 6, abs=0.05)
    # with as many columns as rows in a fold a fit on all rows would be perfect
    noise = rng.normal(size=(40, 60))
    assert S.linear_probe(noise, rng.normal(size=40)) < 0.3


LABEL_SCORES = [k.name for k in TABLE if k.needs == "features"]


@pytest.mark.parametrize("name", LABEL_SCORES)
def test_signal_outranks_noise_and_more_signal_outranks_less(name):
    found = [getattr(S, name)(*problem(300, 7, signal=signal)) for signal in (0.0, 1.5, 6.0)]
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("name", [k.name for k in TABLE if "regression" in k.tasks])
def test_signal_outranks_noise_for_numbers(name):
    X, _ = problem(300, 7)
    noise = np.random.default_rng(1).normal(size=300)
    found = [getattr(S, name)(X, signal * X[:, -1] + noise / (1 + signal)) for signal in (0.0, 1.0, 4.0)]
    assert found[1] < found[2] or name == "logme"  # its value depends on the unit of y
    assert found[0] < found[2]


@pytest.mark.parametrize("name", LABEL_SCORES)
def test_names_and_order_of_classes_and_rows_make_no_difference(name):
    X, y = problem(80, 6)
    score = getattr(S, name)
    renamed = np.array([{"a": 9, "b": 2, "c": 5}[v] for v in y])
    assert score(X, renamed) == pytest.approx(score(X, y), rel=1e-6)
    if name != "linear_probe":  # folds are dealt by position
        order = np.random.default_rng(0).permutation(80)
        assert score(X[order], y[order]) == pytest.approx(score(X, y), rel=1e-4)


@pytest.mark.parametrize("name", sorted(set(LABEL_SCORES) - {"pac_tran"}))
def test_a_common_factor_and_a_rotation_of_features_make_no_difference(name):
    X, y = problem(80, 6)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    expected = getattr(S, name)(X, y)
    assert getattr(S, name)(7.0 * X, y) == pytest.approx(expected, rel=1e-5)
    assert getattr(S, name)(X @ turn, y) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", LABEL_SCORES)
def test_fewer_rows_than_columns_and_single_precision(name):
    X, y = problem(30, 80)
    found = getattr(S, name)(X, y)
    assert np.isfinite(found)
    assert getattr(S, name)(X.astype(np.float32), y) == pytest.approx(found, rel=1e-3)


def test_a_large_mean_costs_no_digits():
    X, y = problem(200, 6)
    for name in ("h_score", "gbc", "trans_rate", "linear_probe"):
        assert getattr(S, name)(X + 1e6, y) == pytest.approx(getattr(S, name)(X, y), rel=1e-5), name


@pytest.mark.parametrize("name", LABEL_SCORES)
def test_features_that_say_nothing(name):
    y = np.arange(40) % 2
    assert np.isfinite(getattr(S, name)(np.ones((40, 3)), y))


X, y = problem()
NUMBERS = np.linspace(0.0, 1.0, 60) ** 2


@pytest.mark.parametrize("name", LABEL_SCORES)
@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (X, np.zeros(60), r"one class only, .*0.*; expected at least two|is 0 in every row"),
        (X, y[:-1], r"features has 60 rows and y 59; expected as many"),
        (np.where(X > 2, np.nan, X), y, r"features has \d+ entries that are NaN or infinite; .* fill or drop"),
        (X[:, 0], y, r"features has shape \(60,\); expected \(n_rows, n_columns\)"),
        (X, [None, *y[1:]], r"y has 1 gaps among 60 labels"),
    ],
)
def test_bad_rows_and_labels_are_named(name, features, labels, message):
    with pytest.raises(hs.InputError, match=message):
        getattr(S, name)(features, labels)


@pytest.mark.parametrize("name", [k.name for k in TABLE if k.tasks == ("classification",)])
def test_numbers_where_classes_are_expected(name):
    first = {"leep": outputs(), "nce": np.arange(60) % 3}.get(name, X)
    with pytest.raises(hs.InputError, match=rf"{name} takes classes only.*use 'logme', 'knn_score' or 'linear_probe'"):
        getattr(S, name)(first, NUMBERS)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (outputs() * 2.0, r"row \d+ of probabilities sums to 2; expected 1: .* softmax"),
        (outputs() - 0.5, r"probabilities has negative entries.*softmax"),
        (outputs(59), r"probabilities has 59 rows and y 60"),
        (np.full((60, 2), np.nan), r"probabilities has 120 entries that are NaN"),
    ],
)
def test_bad_probabilities_are_named(probabilities, message):
    with pytest.raises(hs.InputError, match=message):
        S.leep(probabilities, y)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: S.trans_rate(X, y, distortion=0), "distortion=0; expected a number above 0"),
        (lambda: S.pac_tran(X, y, penalty_rows=-1), "penalty_rows=-1; expected"),
        (lambda: S.pac_tran(X, y, prior_variance=0), "prior_variance=0; expected"),
        (lambda: S.pac_tran(X, y, max_rows=1), "max_rows=1; expected at least 2"),
        (lambda: S.gbc(X, y, n_components=0), "n_components=0; expected at least 1"),
        (lambda: S.knn_score(X, y, n_neighbors=60), "n_neighbors=60 with 60 rows; expected"),
        (lambda: S.knn_score(X, y, max_queries=0), "max_queries=0; expected"),
        (lambda: S.linear_probe(X[:4], y[:4]), "needs 5 rows at least, one for each fold, and got 4"),
        (lambda: S.logme(X, y, task="ranking"), "task='ranking'; expected 'classification'"),
        (lambda: S.logme(X, np.full(60, 0.5), task="regression"), "y is 0.5 in every row"),
        (lambda: S.nce(["a", None, *y[2:]], y), "source_labels has 1 gaps"),
    ],
)
def test_bad_options_are_named(call, message):
    with pytest.raises(hs.InputError, match=message):
        call()


def test_whole_numbers_that_may_be_amounts_are_asked_about():
    salaries = 20_000 + 500 * np.arange(60)
    with pytest.raises(hs.InputError, match="y has 60 different whole numbers .20000 to 49500.*task='classification'"):
        S.transferability(X, salaries)
    assert np.isfinite(S.transferability(X, salaries, task="regression", scores=["logme"], n_boot=0)["logme"].score)
    codes = np.resize(np.arange(25), 60)  # codes of classes, however many
    assert np.isfinite(S.transferability(X, codes, scores=["knn_score"], n_boot=0)["knn_score"].score)
    with pytest.raises(hs.InputError, match="y has one class only, 'good'"):
        S.leep(outputs(), np.array(["good"] * 60))
