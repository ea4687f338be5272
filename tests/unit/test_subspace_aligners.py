"""SubspaceAlignment and GeodesicFlowKernel against their papers' equations, dense and sparse."""

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from sklearn.decomposition import PCA

import headstart as hs
from headstart.feature import _subspace
from headstart.numeric import axes, subspaces
from headstart.numeric.moments import even, mean_of, variance_of

PLAIN = {"towards_source": 0.0, "scale": False, "use_labels": False}


def basis(rng, d, k):
    return np.linalg.qr(rng.normal(size=(d, k)))[0]


def domains(seed=0, n=90, d=7):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n + k, d)) @ rng.normal(size=(d, d)) + k for k in (0, 10))


def test_alignment_is_the_papers_with_scikit_learns_axes():
    X, Xs = domains()
    found = hs.SubspaceAlignment(3, **PLAIN).fit(X, source=hs.Domain(Xs))
    s, t = PCA(3).fit(Xs), PCA(3).fit(X)
    Ps, Pt = s.components_.T, t.components_.T
    source, target = (Xs - s.mean_) @ Ps @ (Ps.T @ Pt), (X - t.mean_) @ Pt
    signs = np.sign(np.sum(found.target_axes_ * Pt, axis=0))
    np.testing.assert_allclose(found.transform(X) * signs, target, atol=1e-9)
    np.testing.assert_allclose(found.transform_source(Xs) * signs, source, atol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_flow_is_the_integral_over_the_geodesic(k):
    rng = np.random.default_rng(k)
    P, Q = basis(rng, 8, k), basis(rng, 8, k)
    F = subspaces.flow_factor(P, Q)
    # The geodesic as the paper has it, from the complement of P and two joint decompositions.
    R = la.null_space(P.T)
    U1, cosine, Vt = np.linalg.svd(P.T @ Q)
    angle = np.arccos(np.clip(cosine, -1, 1))
    U2 = -(R.T @ Q @ Vt.T) / np.sin(angle)

    def phi(t):
        return P @ U1 @ np.diag(np.cos(t * angle)) - R @ U2 @ np.diag(np.sin(t * angle))

    np.testing.assert_allclose(phi(1.0) @ phi(1.0).T, Q @ Q.T, atol=1e-9)
    t, w = np.polynomial.legendre.leggauss(30)
    G = sum(0.5 * wi * phi((ti + 1) / 2) @ phi((ti + 1) / 2).T for ti, wi in zip(t, w, strict=True))
    np.testing.assert_allclose(F @ F.T, G, atol=1e-9)


def test_flow_between_equal_and_right_angled_subspaces():
    E = np.eye(5)
    F = subspaces.flow_factor(E[:, :2], E[:, :2])
    np.testing.assert_allclose(F @ F.T, E[:, :2] @ E[:, :2].T, atol=1e-12)
    G = (F := subspaces.flow_factor(E[:, :1], E[:, 1:2])) @ F.T
    np.testing.assert_allclose(G[:2, :2], [[0.5, 1 / np.pi], [1 / np.pi, 0.5]], atol=1e-12)


def test_flow_does_not_depend_on_the_basis_of_the_source():
    rng = np.random.default_rng(3)
    P, Q = basis(rng, 9, 3), basis(rng, 9, 3)
    np.testing.assert_allclose(subspaces.flow_factor(P @ basis(rng, 3, 3), Q), subspaces.flow_factor(P, Q), atol=1e-9)


def test_disagreement_is_the_papers_measure():
    rng = np.random.default_rng(4)
    P, Q, both = (basis(rng, 12, 4) for _ in range(3))
    found = subspaces.disagreement(P, Q, both)
    for k in range(1, 5):
        a, b = (la.subspace_angles(Z[:, :k], both[:, :k])[0] for Z in (P, Q))
        assert found[k - 1] == pytest.approx((np.sin(a) + np.sin(b)) / 2, abs=1e-9)
    assert subspaces.first_disagreement(np.array([0.2, 0.9, 1.0, 1.0])) == 3
    assert subspaces.first_disagreement(np.array([0.2, 0.9])) == 2


@pytest.mark.parametrize("kind", [hs.SubspaceAlignment, hs.GeodesicFlowKernel])
def test_sparse_rows_are_as_dense_ones(kind, monkeypatch):
    rng = np.random.default_rng(5)
    X, Xs = (rng.random((150, 40)) * (rng.random((150, 40)) < 0.2) for _ in range(2))
    source = hs.Domain(sp.csr_matrix(Xs))
    dense = kind(5).fit(X, source=hs.Domain(Xs))
    sparse = kind(5).fit(sp.csr_matrix(X), source=source)
    np.testing.assert_allclose(sparse.transform(sp.csr_matrix(X)), dense.transform(X), atol=1e-8)
    np.testing.assert_allclose(sparse.transform_source(source.X), dense.transform_source(Xs), atol=1e-8)
    # so many columns that there is no covariance: shares are then estimates, so they are set here
    monkeypatch.setattr(axes, "DENSE_COLUMNS", 10)
    a, b = (kind(5, towards_source=0.2) for _ in range(2))
    wide = a.fit(sp.csr_matrix(X), source=source).transform(sp.csr_matrix(X))
    monkeypatch.undo()
    np.testing.assert_allclose(wide, b.fit(X, source=hs.Domain(Xs)).transform(X), atol=1e-6)


def test_products_are_those_of_the_covariance(monkeypatch):
    X = np.random.default_rng(6).normal(size=(50, 12)) + 3
    w, scale = even(50), np.linspace(1, 2, 12)
    mean = mean_of(X, w)
    given = (X, w, mean, variance_of(X, w, mean), scale)
    whole = axes.spread_of(*given)
    monkeypatch.setattr(axes, "DENSE_COLUMNS", 1)
    found = axes.spread_of(*given)
    V = np.random.default_rng(7).normal(size=(12, 3))
    np.testing.assert_allclose(found.product(V), whole.matrix @ V, atol=1e-10)
    np.testing.assert_allclose(found.product(V[:, 0]), whole.matrix @ V[:, 0], atol=1e-10)
    assert found.trace == pytest.approx(whole.trace)
    assert found.square() == pytest.approx(whole.square(), rel=0.4)


@pytest.mark.parametrize("kind", [hs.SubspaceAlignment, hs.GeodesicFlowKernel])
def test_dimension_can_be_given_in_four_ways(kind):
    X, Xs = domains(8)
    source = hs.Domain(Xs)
    assert kind(2).fit(X, source=source).n_components_ == 2
    assert kind("all").fit(X, source=source).n_components_ == 7
    small = kind(0.5).fit(X, source=source).n_components_
    assert small < kind(0.99).fit(X, source=source).n_components_
    assert 1 <= kind("disagreement").fit(X, source=source).n_components_ <= 7
    for odd, message in (
        (8, "n_components is 8; expected at most 7"),
        ("most", "n_components is 'most'; expected an integer"),
        (1.5, "n_components is 1.5; expected a number above 0 and at most 1"),
    ):
        with pytest.raises(hs.InputError, match=message):
            kind(odd).fit(X, source=source)


def test_all_axes_are_all_that_there_are_and_align_the_means_alone(monkeypatch):
    rng = np.random.default_rng(8)
    X, Xs = rng.normal(size=(400, 310)), 2.0 + rng.normal(size=(500, 310))
    whole = hs.SubspaceAlignment(scale=False, towards_source=0.0).fit(X, source=hs.Domain(Xs))
    assert whole.n_components_ == 310
    # distances between rows of both domains are those of the centred rows
    Z, Zs = whole.transform(X), whole.transform_source(Xs)
    apart = np.linalg.norm(Z[:50] - Zs[:50], axis=1)
    centred = np.linalg.norm((X - X.mean(axis=0))[:50] - (Xs - Xs.mean(axis=0))[:50], axis=1)
    np.testing.assert_allclose(apart, centred, rtol=1e-9)
    assert hs.SubspaceAlignment().fit(X[:60], source=hs.Domain(Xs)).n_components_ == 59
    monkeypatch.setattr(_subspace, "DENSE_COLUMNS", 100)
    assert hs.SubspaceAlignment().fit(X, source=hs.Domain(Xs)).n_components_ == 300
