"""CORAL and LinearOTMapping against their papers' equations and POT; the moments that all aligners rest on."""

from dataclasses import replace

import numpy as np
import ot
import pytest
import scipy.linalg as la
from sklearn.covariance import ledoit_wolf

import headstart as hs
from headstart.numeric import moments as m
from headstart.numeric.gaussian_maps import coral_matrix, monge_matrix

PLAIN = {"shrinkage": 0.0, "towards_source": 0.0, "scale": False, "use_labels": False}
KINDS = [hs.CORAL, hs.LinearOTMapping]


def domains(seed=0, n=120, d=4):
    rng = np.random.default_rng(seed)
    Xs = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d)
    return rng.normal(size=(n + 30, d)) @ rng.normal(size=(d, d)), Xs


def biased(X):
    return np.cov(X.T, bias=True)


def test_coral_is_the_papers_equation():
    X, Xs = domains()
    mapped = hs.CORAL(**PLAIN).fit(X, source=hs.Domain(Xs)).transform_source(Xs)
    A = la.inv(la.sqrtm(biased(Xs))) @ la.sqrtm(biased(X))
    np.testing.assert_allclose(mapped, (Xs - Xs.mean(axis=0)) @ A.real + X.mean(axis=0), atol=1e-8)
    np.testing.assert_allclose(biased(mapped), biased(X), atol=1e-8)
    kept = hs.CORAL(match_means=False, **PLAIN).fit(X, source=hs.Domain(Xs)).transform_source(Xs)
    np.testing.assert_allclose(kept.mean(axis=0), Xs.mean(axis=0), atol=1e-10)


def test_linear_transport_is_that_of_pot():
    X, Xs = domains(1)
    found = hs.LinearOTMapping(**PLAIN).fit(X, source=hs.Domain(Xs))
    A, b = ot.gaussian.bures_wasserstein_mapping(Xs.mean(axis=0), X.mean(axis=0), biased(Xs), biased(X))
    np.testing.assert_allclose(found.matrix_[0], A, atol=1e-8)
    np.testing.assert_allclose(found.offset_[0], np.ravel(b), atol=1e-8)
    np.testing.assert_allclose(found.matrix_[0], found.matrix_[0].T, atol=1e-10)


def test_maps_are_gentle_on_singular_covariances():
    S, T = np.diag([4.0, 0.0, 1.0]), np.diag([1.0, 9.0, 0.0])
    np.testing.assert_allclose(coral_matrix(S, T), np.diag([0.5, 0.0, 0.0]), atol=1e-12)
    np.testing.assert_allclose(monge_matrix(S, T), np.diag([0.5, 0.0, 0.0]), atol=1e-12)


def test_moments_are_the_textbooks_and_blocks_change_nothing(monkeypatch):
    X, _ = domains(2)
    weight = np.random.default_rng(0).random(len(X))
    weight /= weight.sum()
    found = m.moments(X + 1e6, weight)
    np.testing.assert_allclose(found.covariance, np.cov(X.T, aweights=weight, bias=True), atol=1e-8)
    monkeypatch.setattr(m, "_BLOCK", 7)
    np.testing.assert_allclose(m.moments(X + 1e6, weight).covariance, found.covariance, atol=1e-10)


def test_noise_is_that_of_ledoit_and_wolf():
    X = np.random.default_rng(3).normal(size=(60, 20)) * np.linspace(1, 3, 20)
    found = m.moments(X, m.even(60), np.ones(20))
    aim = np.trace(found.covariance) / 20 * np.eye(20)
    share = m.noise_share(found.noise, np.sum((found.covariance - aim) ** 2))
    assert share == pytest.approx(ledoit_wolf(X)[1], rel=1e-9)


def test_the_mixed_covariance_is_nearer_to_the_truth_than_either():
    rng = np.random.default_rng(4)
    truth, d = np.diag(np.linspace(0.5, 2.0, 30)), 30
    source = m.Moments(np.zeros(d), np.eye(d), 0.0, 0.0)
    errors = np.zeros(3)
    for _ in range(20):
        X = rng.normal(size=(25, d)) @ np.sqrt(truth)
        found = m.moments(X, m.even(25), np.ones(d))
        found = replace(found, log_noise=m.log_noise_of(X, m.even(25), found.mean, np.diag(found.covariance)))
        target = m.decorrelated(found, m.correlation_noise(found, X, m.even(25)))
        mixed = m.drawn(target, source, *m.source_shares(target, source))
        errors += [np.sum((c.covariance - truth) ** 2) for c in (mixed, target, source)]
    assert errors[0] < errors[1]
    assert errors[0] < errors[2] * 1.05


@pytest.mark.parametrize("tail", ["normal", "heavy"])
def test_the_noise_of_a_log_variance_is_that_of_many_samples(tail):
    rng = np.random.default_rng(5)

    def sample():
        return rng.normal(size=(400, 3)) if tail == "normal" else rng.laplace(size=(400, 3))

    logs = np.array([np.log(sample().var(axis=0)) for _ in range(400)])
    found = [m.log_noise_of(X, m.even(400), X.mean(axis=0), X.var(axis=0)) for X in (sample() for _ in range(50))]
    np.testing.assert_allclose(np.mean(found), logs.var(axis=0).mean(), rtol=0.15)
    X = np.c_[np.ones(10), np.arange(10.0)]
    assert m.log_noise_of(X, m.even(10), X.mean(axis=0), X.var(axis=0))[0] == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_constant_in_the_source_keeps_its_mean(kind):
    X, Xs = domains(13)
    X, Xs = np.c_[X, 8.0 + 40.0 * np.random.default_rng(0).normal(size=len(X))], np.c_[Xs, np.full(len(Xs), 0.1)]
    Xs[:, 4] += 1e-15 * np.arange(len(Xs))
    fitted = kind().fit(X, source=hs.Domain(Xs))
    mapped = fitted.transform_source(Xs)
    np.testing.assert_allclose(mapped[:, 4].mean(), 0.1, atol=1e-9)
    np.testing.assert_allclose(mapped[:, :4].mean(axis=0), X[:, :4].mean(axis=0), atol=0.5)
    assert abs(mapped[:, :4].mean(axis=0) - Xs[:, :4].mean(axis=0)).max() > 0.5


def test_class_shares_move_only_as_far_as_the_labels_tell():
    prior = np.array([0.5, 0.5])
    np.testing.assert_array_equal(m.drawn_shares(np.array([11.0, 9.0]), prior), prior)
    found = m.drawn_shares(np.array([180.0, 20.0]), prior)
    assert 0.89 < found[0] < 0.9
    np.testing.assert_array_equal(m.drawn_shares(np.zeros(2), prior), prior)


@pytest.mark.parametrize("kind", KINDS)
def test_label_shift_is_not_taken_for_another_covariance(kind):
    rng = np.random.default_rng(5)

    def rows(share, n):
        y = (rng.random(n) < share).astype(int)
        return rng.normal(size=(n, 3)) + 4.0 * y[:, None] * [1, 0, 0], y

    (X, y), (Xs, ys) = rows(0.15, 400), rows(0.6, 2000)
    source = hs.Domain(Xs, ys)

    def moved(**more):
        return np.abs(kind(**more).fit(X, y, source=source).transform_source(Xs) - Xs).mean()

    assert moved() < 0.15 < 0.5 < moved(use_labels=False)
    assert moved(use_labels=True) == moved()


@pytest.mark.parametrize("kind", [*KINDS, hs.SubspaceAlignment, hs.GeodesicFlowKernel])
def test_equal_domains_stay_equal_and_units_play_no_part(kind):
    X, _ = domains(6)
    X[:, 2] = 7.0  # a constant column
    same = kind().fit(X, source=hs.Domain(X))
    np.testing.assert_allclose(same.transform_source(X), same.transform(X), atol=1e-7)
    unit = np.array([1e-3, 1.0, 1e3, 50.0])
    Y, Ys = domains(7)
    a, b = kind().fit(Y, source=hs.Domain(Ys)), kind().fit(Y * unit, source=hs.Domain(Ys * unit))
    back = unit if kind in KINDS else 1.0
    np.testing.assert_allclose(b.transform_source(Ys * unit) / back, a.transform_source(Ys), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", [*KINDS, hs.SubspaceAlignment, hs.GeodesicFlowKernel])
def test_more_columns_than_rows_and_few_target_rows(kind):
    rng = np.random.default_rng(8)
    X, Xs = rng.normal(size=(5, 40)), rng.normal(size=(30, 40)) + 1
    fitted = kind().fit(X, source=hs.Domain(Xs), unlabeled=hs.Domain(rng.normal(size=(4, 40))))
    assert np.isfinite(fitted.transform_source(Xs)).all()
    assert np.ravel(fitted.covariance_towards_source_)[0] > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_each_source_has_its_own_map(kind):
    X, Xs = domains(9, n=300)
    both = kind(**PLAIN).fit(X, source=hs.Sources([hs.Domain(Xs), hs.Domain(3 * Xs[:200] + 5)]))
    for k, rows in enumerate((Xs, 3 * Xs[:200] + 5)):
        mapped = both.transform_source(rows, domain=k)
        np.testing.assert_allclose(mapped.mean(axis=0), X.mean(axis=0), atol=1e-8)
        np.testing.assert_allclose(biased(mapped), biased(X), atol=1e-7)


@pytest.mark.parametrize("kind", [*KINDS, hs.SubspaceAlignment, hs.GeodesicFlowKernel])
def test_no_target_label_is_seen_under_target_blind(kind):
    from sklearn.linear_model import LogisticRegression

    X, Xs = domains(10)
    y, ys = (X[:, 0] > 1).astype(int), (Xs[:, 0] > 0).astype(int)
    blind = hs.TargetBlind(hs.Aligned(LogisticRegression(), kind()))
    a = blind.fit(X, y, source=hs.Domain(Xs, ys)).predict_proba(X)
    b = blind.fit(X, 1 - y, source=hs.Domain(Xs, ys)).predict_proba(X)
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"use_labels": "yes"}, "use_labels is 'yes'; expected \"auto\", True or False"),
        ({"shrinkage": "none"}, "shrinkage is 'none'; expected \"auto\" or a number from 0 to 1"),
        ({"towards_source": 1.5}, "towards_source is 1.5; expected a number of at least 0 and at most 1"),
        ({"scale": 2}, "scale is 2; expected True or False"),
    ],
)
def test_odd_parameters_are_refused(parameters, message):
    X, Xs = domains()
    with pytest.raises((hs.InputError, hs.InputTypeError), match=message):
        hs.CORAL(**parameters).fit(X, source=hs.Domain(Xs))


@pytest.mark.parametrize("kind", [*KINDS, hs.SubspaceAlignment, hs.GeodesicFlowKernel, hs.StructuralCorrespondence])
def test_one_row_and_missing_labels_are_refused(kind):
    X, Xs = domains()
    with pytest.raises(hs.InputError, match=r"source 'lone' has 1 row; \w+ expected at least 2 in each domain"):
        kind().fit(X, source=hs.Domain(Xs[:1], name="lone"))
    with pytest.raises(hs.InputError, match="the target has 1 row"):
        kind().fit(X[:1], source=hs.Domain(Xs))
    with pytest.raises(hs.InputError, match="use_labels is True and the source has no labels"):
        kind(use_labels=True).fit(X, np.zeros(len(X), int), source=hs.Domain(Xs))


@pytest.mark.parametrize("kind", [*KINDS, hs.SubspaceAlignment, hs.GeodesicFlowKernel])
def test_numbers_are_no_classes(kind):
    X, Xs = domains()
    source = hs.Domain(Xs, Xs[:, 0])
    kind().fit(X, X[:, 0], source=source)
    with pytest.raises(hs.InputError, match="use_labels is True and labels are numbers"):
        kind(use_labels=True).fit(X, X[:, 0], source=source)
