"""TCA and JDA: against the papers' matrices built in full, and what they refuse."""

import numpy as np
import pytest
import scipy.linalg as la
from sklearn.linear_model import LogisticRegression, Ridge

from headstart.core.domain import Domain, Sources
from headstart.core.errors import InputError, InputTypeError
from headstart.feature import JDA, TCA
from headstart.numeric.components import basis_of, find_components, indicators, moments


def problem(n_source=60, n_target=50, d=4, seed=0):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), rng.normal(size=(n_target, d)) * 0.8 + 0.6
    return Xs, (Xs[:, 0] + Xs[:, 1] > 0).astype(int), Xt, (Xt[:, 0] + Xt[:, 1] > 1.0).astype(int)


def scaled(Xs, Xt):
    every = np.vstack([Xs, Xt])
    return (every - every.mean(axis=0)) / every.std(axis=0)


def kernel(Z, width):
    return np.exp(-0.5 * ((Z[:, None] - Z) ** 2).sum(axis=2) / width**2)


def difference(rows_s, rows_t):
    """The vector l of the papers' L = l l': 1/n_s on source rows, -1/n_t on target rows."""
    return rows_s / rows_s.sum() - rows_t / rows_t.sum()


def best(K, ls, scatter, mu, m):
    """The papers' eigenproblem in n x n: the m best values, and the values that some Z = K W reaches."""
    B = K @ sum(np.outer(l, l) for l in ls) @ K + mu * np.eye(len(K))
    A = K @ scatter @ K
    return la.eigh(0.5 * (A + A.T), B, eigvals_only=True)[::-1][:m], A, B


def objective(Z, K, A, B):
    """trace((W'BW)^-1 W'AW) of the W of least norm with H K W = H Z."""
    n = len(K)
    H = np.eye(n) - 1.0 / n
    W = np.linalg.pinv(H @ K, rcond=1e-10) @ Z
    return float(np.trace(np.linalg.solve(W.T @ B @ W, W.T @ A @ W)))


def label_scatter(y, known):
    Y = np.zeros((len(y), int(y[known].max()) + 1))
    Y[np.flatnonzero(known), y[known]] = 1.0
    H = np.eye(len(y)) - 1.0 / len(y)
    return H @ Y @ np.diag(1.0 / Y.sum(axis=0)) @ Y.T @ H


@pytest.mark.parametrize("form", ["plain", "classes", "numbers"])
@pytest.mark.parametrize("kind", ["gaussian", "linear"])
def test_tca_solves_the_papers_problem(kind, form):
    Xs, ys, Xt, yt = problem()
    n, m, labelled = 110, 3, np.r_[np.ones(60, bool), np.ones(20, bool), np.zeros(30, bool)]
    source, y = Domain(Xs, ys), yt[:20]
    if form == "numbers":
        source, y = Domain(Xs, Xs[:, 0] + 0.1 * Xs[:, 1]), Xt[:20, 0] + 0.1
    tca = TCA(m, kernel=kind, whiten=True, use_labels=form != "plain", random_state=0)
    tca.fit(Xt[:20], y, source=source, unlabeled=Domain(Xt[20:]))
    Z = scaled(Xs, Xt)
    K = Z @ Z.T if kind == "linear" else kernel(Z, tca.width_)
    H = np.eye(n) - 1.0 / n
    scatter = H
    if form == "classes":
        scatter = 0.5 * H + 0.5 * label_scatter(np.r_[ys, yt], labelled)
    if form == "numbers":
        column = np.where(labelled, np.r_[source.y, Xt[:, 0] + 0.1], 0.0)
        column = np.where(labelled, column - column[labelled].mean(), 0.0)
        column /= np.linalg.norm(column)
        scatter = 0.5 * H + 0.5 * np.outer(H @ column, H @ column)
    mu = 1e-3 * n * (np.trace(K) / n) ** 2
    l = difference(np.r_[np.ones(60), np.zeros(50)], np.r_[np.zeros(60), np.ones(50)])
    values, A, B = best(K, [l], scatter, mu, m)
    np.testing.assert_allclose(tca.values_, values, rtol=1e-6)
    found = np.vstack([tca.transform_source(Xs), tca.transform(Xt)])
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0), 1.0, rtol=1e-6)
    if form == "plain":
        assert objective(found, K, A, B) == pytest.approx(values.sum(), rel=1e-6)


@pytest.mark.slow
def test_tca_with_default_landmarks_reaches_the_exact_objective_within_a_percent():
    Xs, ys, Xt, _ = problem(1000, 1000, 10)
    tca = TCA(20, whiten=True, use_labels=False, random_state=0).fit(Xt, source=Domain(Xs, ys))
    assert len(tca.landmarks_) == 500
    Z = scaled(Xs, Xt)
    K = kernel_by_product(Z, tca.width_)
    half = np.r_[np.ones(1000), np.zeros(1000)]
    l = difference(half, 1.0 - half)
    # the components as they are, put into the paper's objective: the W of the low-rank kernel, the exact K
    F = kernel_by_product(Z, tca.width_, tca.landmarks_) @ low_rank_root(tca.landmarks_, tca.width_)
    found = np.vstack([tca.transform_source(Xs), tca.transform(Xt)])
    V = np.linalg.lstsq(F - F.mean(axis=0), found, rcond=1e-10)[0]
    W = F @ np.linalg.lstsq(F.T @ F, V, rcond=1e-12)[0]
    KW, mu = K @ W, 1e-3 * 2000
    below = np.outer(l @ KW, l @ KW) + mu * W.T @ W
    reached = np.trace(np.linalg.solve(below, KW.T @ (KW - KW.mean(axis=0))))
    H = np.eye(2000) - 1.0 / 2000
    HK = H @ K
    exact = la.eigh(
        HK.T @ HK, np.outer(K @ l, K @ l) + mu * np.eye(2000), eigvals_only=True, subset_by_index=(1980, 1999)
    ).sum()
    assert 0.99 * exact <= reached <= 1.0001 * exact


def kernel_by_product(Z, width, C=None):
    C = Z if C is None else C
    return np.exp(-0.5 * np.maximum((Z**2).sum(1)[:, None] + (C**2).sum(1) - 2 * Z @ C.T, 0) / width**2)


def low_rank_root(L, width):
    values, vectors = np.linalg.eigh(kernel_by_product(L, width))
    sound = values > 1e-10 * values[-1]
    return vectors[:, sound] / np.sqrt(values[sound])


def test_jda_solves_the_papers_problem_with_known_labels():
    Xs, ys, Xt, yt = problem()
    jda = JDA(3, whiten=True, random_state=0).fit(Xt, yt, source=Domain(Xs, ys))
    assert jda.n_rounds_ == 0
    K = kernel(scaled(Xs, Xt), jda.width_)
    y, s = np.r_[ys, yt], np.r_[np.ones(60), np.zeros(50)]
    ls = [difference(s, 1 - s), *(difference(s * (y == c), (1 - s) * (y == c)) for c in (0, 1))]
    values, A, B = best(K, ls, np.eye(110) - 1.0 / 110, 1e-3 * 110, 3)
    np.testing.assert_allclose(jda.values_, values, rtol=1e-6)
    found = np.vstack([jda.transform_source(Xs), jda.transform(Xt)])
    assert objective(found, K, A, B) == pytest.approx(values.sum(), rel=1e-6)


def test_jda_names_unlabelled_rows_as_the_paper_does():
    """The loop, written out with the exact kernel, whitened components and the same inner classifier."""
    Xs, ys, Xt, yt = problem()
    inner = LogisticRegression()
    found = JDA(3, estimator=inner, whiten=True, max_rounds=4, random_state=0)
    found.fit(Xt[:10], yt[:10], source=Domain(Xs, ys), unlabeled=Domain(Xt[10:]))
    K, s = kernel(scaled(Xs, Xt), found.width_), np.r_[np.ones(60), np.zeros(50)]
    H = np.eye(110) - 1.0 / 110
    y = np.r_[ys, yt[:10], np.full(40, -1)]
    for step in range(5):
        present = [c for c in (0, 1) if (y[60:] == c).any()]
        ls = [difference(s, 1 - s), *(difference(s * (y == c), (1 - s) * (y == c)) for c in present)]
        B = K @ sum(np.outer(l, l) for l in ls) @ K + 1e-3 * 110 * np.eye(110)
        values, W = la.eigh(K @ H @ K, B, subset_by_index=(107, 109))
        Z = H @ K @ W[:, ::-1]
        Z /= Z.std(axis=0)
        if step == 4:
            break
        now = LogisticRegression().fit(Z[:70], y[:70]).predict(Z[70:])
        if np.array_equal(now, y[70:]):
            break
        y[70:] = now
    np.testing.assert_allclose(found.values_, values[::-1], rtol=1e-6)
    mine = np.vstack([found.transform_source(Xs), found.transform(Xt)])
    np.testing.assert_allclose(np.abs(np.sum(mine * Z, axis=0)) / 110, 1.0, rtol=1e-5)


def test_jda_keeps_known_labels_and_can_be_blind_to_them():
    Xs, ys, Xt, yt = problem()
    source = Domain(Xs, ys)
    told = JDA(2, random_state=0).fit(Xt, yt, source=source)
    blind = JDA(2, use_labels=False, random_state=0).fit(Xt, yt, source=source)
    never = JDA(2, random_state=0).fit(Xt, source=source)
    assert told.n_rounds_ == 0 and blind.n_rounds_ >= 1
    np.testing.assert_array_equal(blind.transform(Xt), never.transform(Xt))
    assert not np.allclose(told.values_, blind.values_)
    once = JDA(2, max_rounds=1, use_labels=False, random_state=0).fit(Xt, source=source)
    assert once.n_rounds_ == 1


@pytest.mark.parametrize("aligner", [TCA, JDA])
def test_more_columns_than_rows_and_constant_columns(aligner):
    Xs, ys, Xt, yt = problem(20, 15, 60)
    Xs[:, 5] = Xt[:, 5] = 3.0
    for kind in ("gaussian", "linear"):
        found = aligner(50, kernel=kind, random_state=0).fit(Xt, yt, source=Domain(Xs, ys))
        Z = found.transform(Xt)
        assert Z.shape[1] <= 35 and np.isfinite(Z).all()
        assert len(found.get_feature_names_out()) == Z.shape[1]
    for kind in ("gaussian", "linear"):
        with pytest.raises(InputError, match="the rows of all domains are the same point"):
            aligner(kernel=kind).fit(np.ones((3, 2)), [0, 1, 1], source=Domain(np.ones((4, 2)), [0, 1, 0, 1]))


def test_basis_spans_the_rows():
    X = np.random.default_rng(0).normal(size=(5, 9))
    Q = basis_of(X)
    np.testing.assert_allclose(Q.T @ Q, np.eye(5), atol=1e-10)
    np.testing.assert_allclose(X @ Q @ Q.T, X, atol=1e-10)


def test_moments_in_blocks_are_the_sums(monkeypatch):
    monkeypatch.setattr("headstart.numeric.kernels._BLOCK", 30)  # ten rows a block
    X, codes = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 3 - 1
    found = moments(X, lambda R: R, indicators(codes, 2), 3)
    np.testing.assert_allclose(found.gram, X.T @ X)
    np.testing.assert_allclose(found.total, X.sum(axis=0))
    np.testing.assert_allclose(found.sums, [X[codes == 0].sum(axis=0), X[codes == 1].sum(axis=0)])
    np.testing.assert_array_equal(found.counts, [13, 13])


def test_components_have_variance_one_and_a_sign():
    rng = np.random.default_rng(0)
    F = rng.normal(size=(50, 6))
    T = (F - F.mean(axis=0)).T @ (F - F.mean(axis=0))
    found = find_components(F.T @ F, T, rng.normal(size=(6, 2)), 0.1, 4, T / 50)
    np.testing.assert_allclose((F @ found.V).std(axis=0), 1.0)
    assert (found.V[np.argmax(np.abs(found.V), axis=0), range(4)] > 0).all()
    assert (np.diff(found.values) <= 0).all()


@pytest.mark.parametrize("aligner", [TCA, JDA])
def test_what_is_refused(aligner):
    Xs, ys, Xt, yt = problem()
    source = Domain(Xs, ys, name="there")

    def refuses(match, *args, error=InputError, params=None, **kwargs):
        with pytest.raises(error, match=match):
            aligner(**(params or {})).fit(*args, **kwargs)

    refuses("the target has 1 row; .* expected at least 2", Xt[:1], yt[:1], source=source)
    refuses("source 'there' has 1 row; .* join it", Xt, yt, source=Domain(Xs[:1], ys[:1], name="there"))
    refuses("no label in common", Xt, yt + 5, source=source)
    refuses("'there' has 3 columns and the target 4", Xt, yt, source=Domain(Xs[:, :3], ys, name="there"))
    refuses("use_labels is True and the target has no labels", Xt, source=source, params={"use_labels": True})
    refuses("kernel is 'cubic'", Xt, yt, source=source, params={"kernel": "cubic"})
    refuses("use_labels is 'yes'", Xt, yt, source=source, params={"use_labels": "yes"})
    refuses("penalty is 0", Xt, yt, source=source, params={"penalty": 0})
    refuses("n_components is 2.5", Xt, yt, source=source, params={"n_components": 2.5}, error=InputTypeError)
    import scipy.sparse as sp

    refuses("makes rows dense; expected a dense table", sp.csr_matrix(Xt), yt, source=source, error=InputTypeError)
    found = aligner(2, random_state=0).fit(Xt, yt, source=source)
    with pytest.raises(InputError, match="domain=1 of 1 source domains; expected 0 to 0"):
        found.transform_source(Xs, domain=1)
    with pytest.raises(InputError, match="fitted without a source"):
        aligner().fit(Xt, yt).transform_source(Xs)


def test_jda_refuses_numbers_and_an_inner_regressor():
    Xs, ys, Xt, _ = problem()
    with pytest.raises(InputError, match="labels are real numbers, and JDA matches .* class by class"):
        JDA().fit(Xt, Xt[:, 0], source=Domain(Xs, Xs[:, 0]))
    with pytest.raises(InputTypeError, match="expected a classifier"):
        JDA(estimator=Ridge()).fit(Xt, source=Domain(Xs, ys))
    with pytest.raises(InputError, match="has no labels, which JDA needs"):
        JDA().fit(Xt, source=Domain(Xs))


@pytest.mark.parametrize("aligner", [TCA, JDA])
def test_several_sources_share_one_map_and_unlabelled_rows_join(aligner):
    Xs, ys, Xt, yt = problem()
    one = aligner(2, random_state=0).fit(Xt[:30], yt[:30], source=Domain(Xs, ys), unlabeled=Domain(Xt[30:]))
    two = aligner(2, random_state=0).fit(
        Xt[:30],
        yt[:30],
        source=Sources([Domain(Xs[:20], ys[:20]), Domain(Xs[20:], ys[20:])]),
        unlabeled=Domain(Xt[30:]),
    )
    np.testing.assert_array_equal(one.transform_source(Xs), two.transform_source(Xs, domain=1))
    alone = aligner(2, random_state=0).fit(Xt[:30], yt[:30], source=Domain(Xs, ys))
    assert not np.allclose(one.mean_, alone.mean_)
