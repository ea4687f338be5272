"""How far two domains lie apart in a space: MMD, and the AUC of a classifier, both on rows held out of the aligner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numeric.discrepancy import mmd_by_exchange
from ...numeric.kernels import gaussian, median_distance
from ...numeric.two_sample import auc_interval, auc_p_value, auc_spread, placements
from ..learners import FACTOR, FOLDS, folds_of, linear_logits
from ..rules import AUC_MOVED, AUC_SAME, LEAST_SAME, LEVEL, decide
from .result import Change, Discrepancy
from .spaces import Part, Space

LANDMARKS = 40  # of each domain: centres of the bumps that a classifier may put together
CLIP = 4.0  # units, so that one odd row does not decide
TOGETHER = 0.05  # change of the AUC below which nothing is claimed
SEEN = 0.05  # a p value below which domains that differ too little to matter are not called alike
UNCHANGED = 0.05  # an interval of the change that stays within says that nothing happened


@dataclass(frozen=True)
class Placed:
    """What a space says on the rows held out: their placements among the other domain's, and the MMD."""

    of_target: np.ndarray
    of_source: np.ndarray
    mmd: tuple[float, float, float]

    def discrepancy(self) -> Discrepancy:
        """The measures with their interval and noise."""
        m, n = len(self.of_target), len(self.of_source)
        auc, spread = auc_spread(self.of_target, self.of_source)
        spread *= FACTOR
        interval = auc_interval(auc, spread, m, n)
        p_value = auc_p_value(auc, m, n, factor=FACTOR)
        decision = decide(p_value, auc, auc + 1.645 * spread, moved=AUC_MOVED, same=AUC_SAME)
        if decision == "same" and min(m, n) < LEAST_SAME:
            decision = "undetermined"
        return Discrepancy(auc, interval, p_value, *self.mmd, decision)


def place(parts: list[Part], spaces: list[Space], seed: int) -> Placed:
    """Measure one space in all folds; the same ``seed`` cuts the rows held out alike in every space.

    Within the rows held out a penalised logistic regression on the columns and on Gaussian bumps is cross-fitted. The
    bumps stand at rows that the aligner has seen, so that nothing is fitted to the rows that it scores.
    """
    of_target, of_source, kernels = [], [], []
    for k, (part, space) in enumerate(zip(parts, spaces, strict=True)):
        rng = np.random.default_rng([seed, k])
        m, n = int(part.t.sum()), int(part.s.sum())
        domain = np.arange(m + n) < m
        fold = folds_of(domain, FOLDS, rng)
        draw = np.random.default_rng([seed, k, 1])
        width = median_distance(space.target, space.source, draw, 400)
        Z = np.vstack([space.target_out, space.source_out])
        scores = linear_logits(_features(Z, space, width, draw), domain, fold)
        for f in range(FOLDS):
            high, low = scores[(fold == f) & domain], scores[(fold == f) & ~domain]
            if len(high) and len(low):
                a, b = placements(high, low)
                of_target.append(a)
                of_source.append(b)
        kernels.append((gaussian(Z, Z, width), m))
    mmd = mmd_by_exchange(kernels, np.random.default_rng([seed, 99]))
    return Placed(np.concatenate(of_target), np.concatenate(of_source), mmd)


def _features(Z: np.ndarray, space: Space, width: float, rng: np.random.Generator) -> np.ndarray:
    """Columns, and Gaussian bumps around rows of both domains, centred, of about the columns' weight."""
    centres = np.vstack([_drawn(M, rng) for M in (space.target, space.source)])
    learned = gaussian(np.vstack([space.target, space.source]), centres, width)
    bumps = (gaussian(Z, centres, width) - learned.mean(axis=0)) / np.maximum(learned.std(axis=0), 1e-6)
    return np.hstack([np.clip(Z, -CLIP, CLIP), np.clip(bumps, -CLIP, CLIP) / np.sqrt(2.0)])


def _drawn(M: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return M if len(M) <= LANDMARKS else M[rng.choice(len(M), LANDMARKS, replace=False)]


def auc_change(before: Placed, after: Placed) -> Change:
    """The change of the AUC, paired over rows (DeLong, DeLong and Clarke-Pearson 1988)."""
    t, s = after.of_target - before.of_target, after.of_source - before.of_source
    spread = FACTOR * float(np.sqrt(t.var(ddof=1) / len(t) + s.var(ddof=1) / len(s)))
    change = float(t.mean())
    return Change.of(change, spread, min(len(t), len(s)) - 1)


def decide_domains(before: Discrepancy | None, after: Discrepancy, change: Change | None) -> str:
    """What the alignment did to the distance of the domains; see ``Alignment.domains``."""
    if before is None or change is None:
        return "new"
    if change.p_fall < LEVEL and change.value <= -TOGETHER:
        return "together"
    if change.p_rise < LEVEL and change.value >= TOGETHER:
        return "apart"
    # A classifier that learned from few rows misses what an exchange of all rows shows.
    if before.decision == after.decision == "same" and min(before.auc_p_value, before.mmd_p_value) >= SEEN:
        return "alike"
    low, high = change.bounds
    return "unchanged" if -UNCHANGED < low and high < UNCHANGED else "undetermined"
