"""Faults that were found in other libraries of domain adaptation; none may be here."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from headstart.core.domain import Domain
from headstart.instance import KLIEP, KMM, ULSIF, DomainClassifierWeighter, NearestNeighborWeighter

FOREST = RandomForestClassifier(50, min_samples_leaf=10)


def gaussians(n_source=400, n_target=400, d=2, mean=0.8, sd=1.0, seed=0):
    rng = np.random.default_rng(seed)
    Xs, Xt = rng.normal(size=(n_source, d)), rng.normal(size=(n_target, d)) * sd + mean
    log_ratio = 0.5 * (Xs**2).sum(axis=1) - 0.5 * (((Xs - mean) / sd) ** 2).sum(axis=1) - d * np.log(sd)
    return Domain(Xs), Xt, log_ratio


@pytest.mark.parametrize("classifier", [None, LogisticRegression(), GaussianNB(), FOREST])
@pytest.mark.parametrize("n_target", [40, 400, 4000])
def test_classifier_ratio_is_not_inverted(classifier, n_target):
    source, Xt, log_ratio = gaussians(n_target=n_target)
    weights = DomainClassifierWeighter(classifier, random_state=0).fit(Xt, source=source).source_weight_
    assert spearmanr(weights, log_ratio)[0] > 0.7


@pytest.mark.parametrize(("n_source", "n_target"), [(2000, 200), (200, 2000), (600, 600)])
def test_classifier_ratio_is_on_the_scale_of_the_densities(n_source, n_target):
    """n_source / n_target is in it: before it is scaled to mean 1, the ratio has mean 1 over the source."""
    source, Xt, _ = gaussians(n_source, n_target, mean=0.5)
    found = DomainClassifierWeighter(random_state=0).fit(Xt, source=source)
    # weights = factor * ratio, so a ratio on the right scale leaves a factor near 1
    assert found._factor == pytest.approx(1.0, abs=0.25)


def test_kliep_is_optimised():
    source, Xt, _ = gaussians(mean=0.6, sd=0.7)
    found = KLIEP(width=0.6, random_state=0).fit(Xt, source=source)
    assert found.gap_ <= 1e-6
    K = np.exp(-((found._scaled(Xt)[:, None] - found.centers_) ** 2).sum(-1) / (2 * 0.6**2))
    Ks = np.exp(-((found._scaled(source.X)[:, None] - found.centers_) ** 2).sum(-1) / (2 * 0.6**2))
    assert np.mean(Ks @ found.coef_) == pytest.approx(1.0)
    # Karush-Kuhn-Tucker: no centre would raise the likelihood, and those in use are level
    rise = (K / (K @ found.coef_)[:, None]).mean(axis=0) / Ks.mean(axis=0)
    assert rise.max() <= 1 + 1e-5
    np.testing.assert_allclose(rise[found.coef_ > 1e-3], 1.0, atol=1e-3)
    # and it is far from where an optimiser would start
    start = np.full(100, 1 / Ks.mean(axis=0).sum())
    assert np.mean(np.log(K @ found.coef_)) > np.mean(np.log(K @ start)) + 0.01


@pytest.mark.parametrize("d", [1, 3, 20])
@pytest.mark.parametrize("n_neighbors", [1, 4])
def test_neighbour_counts_add_up_to_the_target_rows(d, n_neighbors):
    source, Xt, _ = gaussians(300, 200, d=d)
    found = NearestNeighborWeighter(n_neighbors).fit(Xt, source=source)
    assert found.counts_.sum() == pytest.approx(200)
    np.testing.assert_allclose(found.source_weight_, found.counts_ * 300 / 200)


@pytest.mark.parametrize("bound", [1.0, 1.5, 3.0, 10.0])
def test_kmm_holds_both_constraints(bound):
    source, Xt, _ = gaussians(mean=1.2, sd=0.5)
    for slack in (0.01, 0.5):
        found = KMM(bound=bound, slack=slack, random_state=0).fit(Xt, source=source)
        assert found.solution_.min() >= 0 and found.solution_.max() <= bound
        assert abs(found.solution_.mean() - 1) <= slack + 1e-9
        assert found.source_weight_.max() <= bound * (1 + 1e-9)
        assert found.source_weight_.mean() == pytest.approx(1.0)


@pytest.mark.parametrize("n_source", [301, 999, 1501, 2047])
def test_kmm_keeps_every_row(n_source):
    """A solver in blocks drops the rows that are left over; here each row has the weight of a twin in front of it."""
    source, Xt, log_ratio = gaussians(n_source, mean=0.5)
    weights = KMM(random_state=0).fit(Xt, source=source).source_weight_
    assert weights.shape == (n_source,)
    order = np.random.default_rng(1).permutation(n_source)
    moved = KMM(random_state=0).fit(Xt, source=Domain(source.X[order])).source_weight_
    assert spearmanr(moved, weights[order])[0] > 0.9
    likely = log_ratio > np.quantile(log_ratio, 0.7)
    assert (weights[likely] > 0).mean() > 0.99, "rows in the middle of the target have no weight"


def test_ulsif_leave_one_out_is_one():
    """Each error is that of fits without the two rows, done one by one."""
    source, Xt, _ = gaussians(15, 15, mean=0.4)
    found = ULSIF(width=[0.5, 2.0], penalty=[0.01, 1.0], n_centers=10, random_state=0).fit(Xt, source=source)
    Zs, Zt = found._scaled(source.X), found._scaled(Xt)
    rng = np.random.default_rng(np.random.RandomState(0).randint(2**31 - 1))
    centers = Zt[np.sort(rng.choice(15, 10, replace=False))]
    np.testing.assert_array_equal(centers, found.centers_)
    pairs = rng.choice(15, 15, replace=False), rng.choice(15, 15, replace=False)
    expected = np.zeros((2, 2))
    for i, width in enumerate([0.5, 2.0]):
        Ks = np.exp(-((Zs[:, None] - centers) ** 2).sum(-1) / (2 * width**2))
        Kt = np.exp(-((Zt[:, None] - centers) ** 2).sum(-1) / (2 * width**2))
        for j, penalty in enumerate([0.01, 1.0]):
            for t, s in zip(*pairs, strict=True):
                rest = np.delete(Ks, s, axis=0)
                H = rest.T @ rest / 14 + penalty * np.eye(10)
                coef = np.maximum(np.linalg.solve(H, np.delete(Kt, t, axis=0).mean(axis=0)), 0)
                expected[i, j] += (0.5 * (Ks[s] @ coef) ** 2 - Kt[t] @ coef) / 15
    np.testing.assert_allclose(found.errors_, expected, rtol=1e-8)
    i, j = np.unravel_index(expected.argmin(), (2, 2))
    assert (found.width_, found.penalty_) == ([0.5, 2.0][i], [0.01, 1.0][j])


@pytest.mark.parametrize("weighter", [KMM(), KLIEP(), ULSIF(), DomainClassifierWeighter(), NearestNeighborWeighter()])
def test_importing_and_fitting_changes_no_global_setting(weighter):
    import sklearn

    before = sklearn.get_config()
    source, Xt, _ = gaussians(50, 50)
    weighter.fit(Xt, source=source)
    assert sklearn.get_config() == before
