"""TrAdaBoost.R2 and its two-stage form against the algorithms of Pardoe and Stone 2010, written out."""

import math

import numpy as np
import pytest
from scipy.optimize import bisect
from sklearn.ensemble import AdaBoostRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

from headstart.core.domain import Domain
from headstart.instance._adaboost_r2 import adjusted_errors, boost_target, search_decay, weighted_median
from headstart.instance._boosting import WeightedLearner
from headstart.instance.tradaboost_regressor import TrAdaBoostRegressor

N_SOURCE, N_TARGET = 50, 17


def tree(depth=2):
    return DecisionTreeRegressor(max_depth=depth, random_state=0)


def problem(seed):
    rng = np.random.default_rng(seed)
    Xs, X, X_new = rng.normal(size=(N_SOURCE, 2)), rng.normal(size=(N_TARGET, 2)), rng.normal(size=(80, 2))
    ys = np.where(Xs[:, 0] > 0, Xs[:, 1], -2.0) + 0.3 * rng.normal(size=N_SOURCE)
    y = X[:, 1] + 0.3 * rng.normal(size=N_TARGET)
    return Xs, ys, X, y, X_new


def slow_median(predictions, votes):
    """inf{y : the votes for h_t(x) <= y are at least half of all votes}, row by row."""
    result = []
    for i in range(len(predictions[0])):
        for v in sorted(p[i] for p in predictions):
            if sum(b for p, b in zip(predictions, votes, strict=True) if p[i] <= v) >= 0.5 * sum(votes) - 1e-12:
                result.append(v)
                break
    return np.array(result)


def shaped(residual, loss):
    e = np.abs(residual) / np.abs(residual).max()
    return {"linear": e, "square": e**2, "exponential": 1 - np.exp(-e)}[loss]


@pytest.mark.parametrize("loss", ["linear", "square", "exponential"])
def test_r2_is_the_paper_round_by_round(loss):
    Xs, ys, X, y, X_new = problem(0)
    A, c, n, N = np.vstack([Xs, X]), np.concatenate([ys, y]), N_SOURCE, 8
    w = np.full(len(c), 1 / len(c))
    beta = 1 / (1 + math.sqrt(2 * math.log(n) / N))
    errors, fits = [], []
    for _ in range(N):
        w = w / w.sum()
        h = tree().fit(A, c, sample_weight=w * len(w))
        e = shaped(h.predict(A) - c, loss)
        epsilon = sum(w[i] * e[i] for i in range(n, len(c))) / sum(w[n:])
        if epsilon >= 0.5:
            break
        errors.append(epsilon)
        fits.append(h)
        for i in range(len(c)):
            w[i] *= beta ** e[i] if i < n else (epsilon / (1 - epsilon)) ** -e[i]
    assert len(errors) >= 4
    start = math.ceil(len(errors) / 2) - 1
    votes = [math.log((1 - e) / e) for e in errors[start:]]
    model = TrAdaBoostRegressor(tree(), method="r2", n_estimators=N, loss=loss).fit(X, y, source=Domain(Xs, ys))
    assert model.estimator_errors_ == pytest.approx(errors, rel=1e-9)
    assert model.source_weight_ == pytest.approx(w[:n] * n / w[:n].sum(), rel=1e-9)
    assert model.predict(X_new) == pytest.approx(slow_median([h.predict(X_new) for h in fits[start:]], votes))


def slow_boost(learner, A, c, w, N, n):
    """AdaBoost.R2 with the weights of the first n rows frozen."""
    fits, votes, w = [], [], w / w.sum()
    kept = sum(w[n:])
    for _ in range(N):
        use = w > 0
        h = learner().fit(A[use], c[use], sample_weight=w[use] * use.sum() / w.sum())
        gap = np.abs(h.predict(A) - c)
        e = gap / gap[use].max()
        epsilon = sum(w * e)
        if epsilon >= 0.5:
            break
        fits.append(h)
        b = epsilon / (1 - epsilon)
        votes.append(math.log(1 / b))
        for i in range(n, len(c)):
            w[i] *= b ** (1 - e[i])
        w[n:] *= kept / w[n:].sum()
    assert fits
    return lambda rows: slow_median([h.predict(rows) for h in fits], votes)


def slow_steps(learner, A, c, n, S):
    """The weights w^1, ..., w^S of Algorithm 3."""
    m = len(c) - n
    w = np.full(n + m, 1 / (n + m))
    weights = [w]
    for t in range(1, S):
        h = learner().fit(A, c, sample_weight=w * (n + m))
        gap = np.abs(h.predict(A) - c)
        e = gap / gap.max()
        share = m / (n + m) + t / (S - 1) * (1 - m / (n + m))
        w = w.copy()
        if t == S - 1:
            w[:n] = 0
        else:

            def target_share(log_beta, w=w, e=e, share=share):
                source = (w[:n] * np.exp(log_beta * e[:n])).sum()
                return w[n:].sum() / (w[n:].sum() + source) - share

            log_beta = bisect(target_share, -500, 0, xtol=1e-12)
            w[:n] *= np.exp(log_beta * e[:n])
        w = w / w.sum()
        weights.append(w)
    return weights


def slow_two_stage(learner, Xs, ys, X, y, S, N, F, select_by, seed=0):
    """Algorithm 3, everything fitted anew wherever it is needed."""
    A, c, n = np.vstack([Xs, X]), np.concatenate([ys, y]), len(Xs)
    squares = np.zeros(S)
    for train, test in KFold(F, shuffle=True, random_state=seed).split(X):
        rows = np.concatenate([np.arange(n), n + train])
        for t, w in enumerate(slow_steps(learner, A[rows], c[rows], n, S)):
            model = slow_boost(learner, A[rows], c[rows], w, N if select_by == "model" else 1, n)
            squares[t] += ((model(X[test]) - y[test]) ** 2).sum()
    errors = np.sqrt(squares / len(X))
    weights, best = slow_steps(learner, A, c, n, S), int(np.argmin(errors))
    return errors, weights, best, slow_boost(learner, A, c, weights[best], N, n)


@pytest.mark.parametrize("select_by", ["model", "learner"])
@pytest.mark.parametrize(("learner", "seed"), [(tree, 0), (Ridge, 0), (Ridge, 1)])
def test_two_stage_is_the_paper_step_by_step(learner, seed, select_by):
    Xs, ys, X, y, X_new = problem(seed)
    S, N, F = 5, 4, 3
    errors, weights, best, slow = slow_two_stage(learner, Xs, ys, X, y, S, N, F, select_by)
    model = TrAdaBoostRegressor(learner(), n_steps=S, n_estimators=N, cv=F, select_by=select_by)
    model.fit(X, y, source=Domain(Xs, ys))
    assert model.step_errors_ == pytest.approx(errors, rel=1e-7)
    assert model.step_shares_ == pytest.approx([w[:N_SOURCE].sum() for w in weights], abs=1e-9)
    n, m = N_SOURCE, N_TARGET
    assert 1 - model.step_shares_ == pytest.approx([m / (n + m) + t / (S - 1) * n / (n + m) for t in range(S)])
    assert model.best_step_ == best
    w = weights[best][:n]
    assert model.source_weight_ == pytest.approx(w * n / w.sum() if w.any() else 0 * w, abs=1e-7)
    assert model.predict(X_new) == pytest.approx(slow(X_new), rel=1e-7)


def test_boosting_without_a_source_is_adaboost_r2():
    # scikit-learn's AdaBoostRegressor draws samples, so the fits differ; its weighted median must be ours on our fits.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    ours = boost_target(WeightedLearner(tree(), X, y, None), 0, np.full(40, 1 / 40), 6, "linear")
    theirs = AdaBoostRegressor(tree(), n_estimators=len(ours.estimators))
    theirs.estimators_, theirs.estimator_weights_ = ours.estimators, ours.votes
    theirs.n_features_in_ = 2
    X_new = rng.normal(size=(100, 2))
    assert len(ours.estimators) > 2
    assert ours.predict(X_new) == pytest.approx(theirs.predict(X_new))
    sample_error = (np.abs(ours.estimators[0].predict(X) - y) / np.abs(ours.estimators[0].predict(X) - y).max()).mean()
    assert ours.errors[0] == pytest.approx(sample_error)


def test_weighted_median_is_the_smallest_value_with_half_of_the_votes():
    rng = np.random.default_rng(0)
    values, votes = rng.integers(0, 5, size=(200, 6)).astype(float), np.array([1.0, 2.0, 0.5, 0.5, 3.0, 1.0])
    assert np.array_equal(weighted_median(values, votes), slow_median(list(values.T), votes))


def test_beta_far_below_any_fixed_step_is_found():
    # One outlier makes all other errors small: the beta that halves the weight is about 1e-301, not in reach of a
    # search in [0, 1] with a tolerance of 1e-3.
    errors = np.r_[np.full(999, 1e-3), 1.0]
    weight = np.full(1000, 1e-3)
    s = search_decay(weight, errors, 0.5)
    assert (weight * np.exp(-s * errors)).sum() == pytest.approx(0.5, rel=1e-9)
    assert s == pytest.approx(1000 * math.log(0.999 / 0.5), rel=1e-6)


def test_unreachable_share_gives_beta_zero_and_no_need_gives_one():
    weight, errors = np.full(4, 0.25), np.array([0.0, 0.0, 0.5, 1.0])
    assert search_decay(weight, errors, 0.4) == math.inf
    assert search_decay(weight, errors, 1.0) == 0.0
    assert search_decay(weight, errors, np.nextafter(0.5, 1)) in (math.inf, pytest.approx(74, abs=3))


def test_rounding_errors_of_an_exact_fit_are_no_errors():
    assert adjusted_errors(np.array([1e-16, -3e-15, 0.5, -2.0]), "linear").tolist() == [0.0, 0.0, 0.25, 1.0]
    # The weight that is wanted lies a rounding error above that of the rows without an error: no beta reaches it.
    weight, errors = np.array([0.1] * 3 + [1e-300]), np.array([0.0, 0.0, 0.0, 1.0])
    wanted = weight[:3].sum() * (1 + 4e-16)
    assert search_decay(weight, errors, wanted) in (0.0, math.inf)
