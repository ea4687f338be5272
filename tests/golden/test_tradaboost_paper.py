"""TrAdaBoost against the equations of Dai et al. 2007 and Yao and Doretto 2010, written out row by row."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from headstart.core.domain import Domain, Sources
from headstart.instance.tradaboost import TrAdaBoostClassifier


def problem(seed, n=60, m=60, shift=0.7, noise=0.1):
    rng = np.random.default_rng(seed)
    Xs, X, X_new = rng.normal(size=(n, 3)), rng.normal(size=(m, 3)), rng.normal(size=(60, 3))

    def label(A, c):
        y = (A[:, 0] + A[:, 1] > c).astype(int)
        return np.where(rng.random(len(y)) < noise, 1 - y, y)

    return Xs, label(Xs, shift), X, label(X, 0.0), X_new


def slow_tradaboost(learner, Xs, ys, X, y, X_new, N):
    """Algorithm 1 of Dai et al., labels 0 and 1: rounds, errors, weights, the final vote."""
    n, m = len(Xs), len(X)
    A, c = np.vstack([Xs, X]), np.concatenate([ys, y])
    w = [1.0 / (n + m)] * (n + m)
    beta = 1 / (1 + math.sqrt(2 * math.log(n) / N))
    errors, betas, hypotheses = [], [], []
    for _ in range(N):
        total = sum(w)
        p = np.array([v / total for v in w])
        h = learner().fit(A, c, sample_weight=p * (n + m))
        said = h.predict(A)
        target = sum(w[i] for i in range(n, n + m))
        e = sum(w[i] * abs(said[i] - c[i]) for i in range(n, n + m)) / target
        if e >= 0.5 or e == 0:
            break
        errors.append(e)
        betas.append(e / (1 - e))
        hypotheses.append(h)
        for i in range(n):
            w[i] *= beta ** abs(said[i] - c[i])
        for i in range(n, n + m):
            w[i] *= betas[-1] ** -abs(said[i] - c[i])
    T = len(errors)
    start = math.ceil(T / 2)
    predicted = []
    said_new = [h.predict(X_new) for h in hypotheses]
    for i in range(len(X_new)):
        left = right = 1.0
        for t in range(start, T + 1):
            left *= betas[t - 1] ** -float(said_new[t - 1][i])
            right *= betas[t - 1] ** -0.5
        predicted.append(1 if left >= right else 0)
    return errors, np.array(w), np.array(predicted)


LEARNERS = {
    "stump": lambda: DecisionTreeClassifier(max_depth=1, random_state=0),
    "tree": lambda: DecisionTreeClassifier(max_depth=2, random_state=0),
    "logistic": lambda: LogisticRegression(C=0.1),
}


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_classes_are_the_paper_round_by_round(name, seed):
    Xs, ys, X, y, X_new = problem(seed)
    errors, w, predicted = slow_tradaboost(LEARNERS[name], Xs, ys, X, y, X_new, N=9)
    assert len(errors) >= 3
    model = TrAdaBoostClassifier(LEARNERS[name](), n_estimators=9).fit(X, y, source=Domain(Xs, ys))
    assert model.estimator_errors_ == pytest.approx(errors, rel=1e-9)
    assert model.source_weight_ == pytest.approx(w[:60] * 60 / w[:60].sum(), rel=1e-9)
    assert model.source_share_ == pytest.approx(w[:60].sum() / w.sum(), rel=1e-9)
    assert np.array_equal(model.predict(X_new), predicted)


def test_more_classes_are_samme_on_the_target_rows():
    rng = np.random.default_rng(3)
    Xs, X = rng.normal(size=(90, 2)), rng.normal(size=(40, 2))

    def label(A, c):
        return np.digitize(A[:, 0] + 0.3 * rng.normal(size=len(A)) + c, [-0.5, 0.5])

    ys, y = label(Xs, 0.3), label(X, 0.0)
    A, c, n, N, K = np.vstack([Xs, X]), np.concatenate([ys, y]), 90, 7, 3
    w = np.full(130, 1 / 130)
    beta = 1 / (1 + math.sqrt(2 * math.log(n) / N))
    errors, alphas = [], []
    for _ in range(N):
        said = DecisionTreeClassifier(max_depth=1, random_state=0).fit(A, c, sample_weight=w / w.mean()).predict(A)
        e = w[n:][said[n:] != y].sum() / w[n:].sum()
        errors.append(e)
        alphas.append(math.log((1 - e) / e) + math.log(K - 1))
        w[:n][said[:n] != ys] *= beta
        w[n:][said[n:] != y] *= math.exp(alphas[-1])
    assert max(errors) > 0.3  # and a round with an error above 1/2 would still count
    model = TrAdaBoostClassifier(DecisionTreeClassifier(max_depth=1, random_state=0), n_estimators=N)
    model.fit(X, y, source=Domain(Xs, ys))
    assert model.estimator_errors_ == pytest.approx(errors, rel=1e-9)
    assert model.estimator_weights_ == pytest.approx([0, 0, 0, *alphas[3:]], rel=1e-9)
    assert model.source_weight_ == pytest.approx(w[:n] * n / w[:n].sum(), rel=1e-9)


def test_several_sources_are_yao_and_doretto():
    Xa, ya, X, y, X_new = problem(5, n=50)
    Xb, _, *_ = problem(6, n=30)
    Xc, _, *_ = problem(7, n=40)
    yb, yc = (Xb[:, 0] > 0).astype(int), (Xc[:, 1] > 0).astype(int)  # each of them knows half of what decides
    S, M, m = [(Xa, ya), (Xb, yb), (Xc, yc)], 8, len(X)
    alpha_s = 0.5 * math.log(1 + math.sqrt(2 * math.log(120) / M))
    ws = [np.full(len(a), 1 / (120 + m)) for a, _ in S]
    wt = np.full(m, 1 / (120 + m))
    sign = {0: -1, 1: 1}  # the paper's labels, in which |h - y| is 0 or 2
    errors, chosen, score = [], [], np.zeros(len(X_new))
    for _ in range(M):
        z = sum(v.sum() for v in ws) + wt.sum()
        ws, wt = [v / z for v in ws], wt / z
        found = []
        for k, (Xk, yk) in enumerate(S):
            weight = np.concatenate([ws[k], wt])
            h = DecisionTreeClassifier(max_depth=1, random_state=0)
            h.fit(np.vstack([Xk, X]), np.concatenate([yk, y]), sample_weight=weight / weight.mean())
            found.append((wt[h.predict(X) != y].sum() / wt.sum(), k, h))
        e, k, h = min(found, key=lambda f: f[:2])
        if e >= 0.5 or e == 0:
            break
        alpha = 0.5 * math.log((1 - e) / e)
        gap = [np.array([abs(sign[p] - sign[t]) for p, t in zip(h.predict(Xk), yk, strict=True)]) for Xk, yk in S]
        ws = [v * np.exp(-alpha_s * g) for v, g in zip(ws, gap, strict=True)]
        wt = wt * np.exp(alpha * np.array([abs(sign[p] - sign[t]) for p, t in zip(h.predict(X), y, strict=True)]))
        score += alpha * np.array([sign[p] for p in h.predict(X_new)])
        errors.append(e)
        chosen.append(k)
    assert len(set(chosen)) > 1
    source = Sources([Domain(a, b) for a, b in S])
    model = TrAdaBoostClassifier(DecisionTreeClassifier(max_depth=1, random_state=0), n_estimators=M)
    model.fit(X, y, source=source)
    assert model.estimator_errors_ == pytest.approx(errors, rel=1e-9)
    assert model.chosen_source_.tolist() == chosen
    flat = np.concatenate(ws)
    assert model.source_weight_ == pytest.approx(flat * 120 / flat.sum(), rel=1e-9)
    clear = np.abs(score) > 1e-9
    assert np.array_equal(model.predict(X_new)[clear], (score > 0)[clear].astype(int))


def adapt_style(Xs, ys, X, y, X_new, N):
    """The fault of a peer: beta_t = e / (2 - e), a vote of ln((2 - e) / e), and no stop."""
    n, A, c = len(Xs), np.vstack([Xs, X]), np.concatenate([ys, y])
    w = np.full(len(A), 1 / len(A))
    beta = 1 / (1 + math.sqrt(2 * math.log(n) / N))
    votes, said_new = [], []
    for _ in range(N):
        h = LogisticRegression().fit(A, c, sample_weight=w / w.mean())
        wrong = (h.predict(A) != c).astype(float)
        e = w[n:] @ wrong[n:] / w[n:].sum()
        votes.append(math.log((2 - e) / max(e, 1e-12)))
        said_new.append(2 * h.predict(X_new) - 1)
        w[:n] *= beta ** wrong[:n]
        w[n:] *= (e / (2 - e)) ** -wrong[n:]
        w /= w.sum()
    half = N // 2
    return (np.array(votes[half:]) @ np.array(said_new[half:]) > 0).astype(int)


def test_overweighted_errors_are_ruinous_and_ours_are_not():
    # A linear learner, 200 noisy target rows: the update overshoots, errors pass 1/2, and the wrong rounds vote.
    rng = np.random.default_rng(0)
    Xs, X, X_new = rng.normal(size=(123, 4)), rng.normal(size=(200, 4)), rng.normal(size=(1000, 4))

    def label(A, flip):
        y = (A[:, 0] > 0).astype(int)
        return np.where(rng.random(len(y)) < flip, 1 - y, y)

    ys, y, truth = label(Xs, 0.25), label(X, 0.25), (X_new[:, 0] > 0).astype(int)
    alone = (LogisticRegression().fit(X, y).predict(X_new) == truth).mean()
    peer = (adapt_style(Xs, ys, X, y, X_new, 10) == truth).mean()
    model = TrAdaBoostClassifier(LogisticRegression(), n_estimators=10).fit(X, y, source=Domain(Xs, ys))
    ours = model.score(X_new, truth)
    assert peer < alone - 0.3
    assert ours > alone - 0.05
    assert model.stop_reason_ == "chance"
    assert (model.estimator_errors_ < 0.5).all()
