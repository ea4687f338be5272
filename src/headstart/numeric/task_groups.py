"""Groups of tasks with like coefficients: a mixture over tasks, fitted by expectation and maximisation.

Task clustering of Bakker and Heskes (2003): the coefficients of a task of group g are ``u_g`` plus a part of its own,
normal with mean zero. A task belongs to a group with the probability that its rows give it, the own part integrated
out (exactly for squared errors, by Laplace's approximation for log losses).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from .task_ridge import SharedFit, fit_shared, log_evidence, log_prior
from .task_rows import TaskRows
from .types import Floats, Ints

# A task counts in a group that it surely is not of by this little, so that its own part there is defined.
_HARDLY = 1e-6


@dataclass(frozen=True)
class GroupFit:
    """``probability`` (n_tasks, n_groups), centres ``U`` (n_groups, n_columns), ``W`` (n_tasks, n_columns).

    ``W`` averages what each group says by the task's probability. ``evidence`` is the log likelihood of all rows, own
    parts, groups and centres integrated out, so that it tells how many groups there are.
    """

    probability: Floats
    U: Floats
    W: Floats
    evidence: float

    @property
    def groups(self) -> Ints:
        """The likeliest group (n_tasks,), numbered from 0 in the order in which they first occur."""
        best = np.argmax(self.probability, axis=1)
        order = {g: k for k, g in enumerate(dict.fromkeys(best.tolist()))}
        return np.array([order[g] for g in best.tolist()], dtype=np.intp)


def fit_groups(
    rows: TaskRows,
    probability: Floats,
    shared: Floats,
    own: Floats,
    *,
    noise: float = 1.0,
    most_rounds: int = 50,
    tolerance: float = 1e-5,
    exact: bool = True,
) -> GroupFit:
    """Expectation and maximisation from given probabilities (n_tasks, n_groups) until the evidence stands still.

    ``shared`` and ``own`` (n_columns,) are the penalties of centres and own parts, in units of ``noise``, the variance
    of a label around its line (1 for log losses).
    """
    fits: list[SharedFit | None] = [None] * probability.shape[1]
    last = -np.inf
    for _ in range(max(1, most_rounds)):
        share = np.log((probability.sum(axis=0) + 1.0) / (rows.n_tasks + probability.shape[1]))
        log = np.empty_like(probability)
        evidence = 0.0
        found: list[SharedFit] = []
        for g in range(probability.shape[1]):
            fit = fit_shared(
                rows, shared, own, weight=np.maximum(probability[:, g], _HARDLY), start=fits[g], exact=exact
            )
            log[:, g] = share[g] + log_evidence(rows, fit, own, noise)
            evidence += log_prior(rows, fit, shared, own, probability[:, g], noise)
            found.append(fit)
            fits[g] = fit
        whole = logsumexp(log, axis=1)
        evidence += float(whole.sum())
        probability = np.exp(log - whole[:, None])
        if abs(evidence - last) < tolerance * (1.0 + abs(evidence)):
            break
        last = evidence
    W = sum(probability[:, [g]] * fit.W for g, fit in enumerate(found))
    return GroupFit(probability, np.array([fit.u for fit in found]), np.asarray(W), evidence)


def group_starts(W: Floats, n_groups: int, rng: np.random.Generator, n_starts: int) -> list[Floats]:
    """Probabilities (n_tasks, n_groups) to start from: groups of nearby coefficients, from several first centres.

    Distances are along the main directions in which the coefficients ``W`` (n_tasks, n_columns) differ, one less than
    groups: of many columns the others hold noise (the spectral relaxation of k-means).
    """
    away = W - W.mean(axis=0)
    U, s, _ = np.linalg.svd(away, full_matrices=False)
    along = (U * s)[:, : max(1, n_groups - 1)]
    return [_soft(_nearest(along, n_groups, rng), n_groups) for _ in range(n_starts)]


def _nearest(points: Floats, n_groups: int, rng: np.random.Generator) -> Ints:
    centres = points[rng.choice(len(points), size=1)]
    while len(centres) < n_groups:
        apart = ((points[:, None] - centres) ** 2).sum(axis=2).min(axis=1) + 1e-300
        centres = np.vstack([centres, points[rng.choice(len(points), p=apart / apart.sum())]])
    group = np.zeros(len(points), dtype=np.intp)
    for _ in range(50):
        group = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        new = np.array([points[group == g].mean(axis=0) if (group == g).any() else c for g, c in enumerate(centres)])
        if np.allclose(new, centres):
            break
        centres = new
    return group


def _soft(group: Ints, n_groups: int) -> Floats:
    out = np.full((len(group), n_groups), 0.1 / n_groups)
    out[np.arange(len(group)), group] += 0.9
    return out


def best_groups(
    rows: TaskRows,
    starts: list[Floats],
    shared: Floats,
    own: Floats,
    *,
    noise: float = 1.0,
    exact: bool = True,
) -> GroupFit:
    """From several starts a few rounds each, and from the best of them to the end."""
    tried = [fit_groups(rows, p, shared, own, noise=noise, most_rounds=6, exact=False) for p in starts]
    best = max(tried, key=lambda fit: fit.evidence)
    return fit_groups(rows, best.probability, shared, own, noise=noise, exact=exact)
