"""From out-of-fold values to a choice and to honest gains: each fold is judged by what the other rows chose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..numeric.resampled import Gain, corrected_gain
from .blend import blend_weights, mean_losses
from .candidates import Candidate
from .cross_fit import CrossFit
from .scoring import Metric

# Nats of loss, over all target rows, that it takes to move the blend by a factor of e from the prior: what gave the
# smallest test loss on some sixty other data sets (`python -m benchmarks.prior`).
TAU = 5.5
# Candidates with a smaller weight are no part of the model.
LEAST_WEIGHT = 1e-3


@dataclass(frozen=True)
class Chosen:
    """What out-of-fold values lead to: weights over candidates, and the candidates that do best on their own.

    ``blend`` and ``best`` are of all candidates, ``alone`` and ``single`` of those that know the target alone.
    """

    blend: np.ndarray
    best: int
    alone: np.ndarray
    single: int


class Judge:
    """Holds the out-of-fold values of all candidates and answers what they say about the choice.

    Parameters
    ----------
    found : CrossFit
    candidates : list of Candidate
        Those with values in every fold.
    y : array of shape (n_target,)
    metric : Metric
    level : float
        Coverage of the intervals.
    """

    def __init__(
        self, found: CrossFit, candidates: list[Candidate], y: np.ndarray, metric: Metric, level: float
    ) -> None:
        self.found, self.candidates, self.metric, self.level = found, candidates, metric, level
        self.rows, self.fold_of = found.rows, found.fold_of
        self.y = y[self.rows]
        self.n_classes = 0 if metric.classes is None else len(metric.classes)
        self.values = [found.stacked(c.name) for c in candidates]
        if self.n_classes:
            codes = np.searchsorted(metric.classes, self.y)
            self.matrix = np.stack([v[np.arange(len(codes)), codes] for v in self.values], axis=1)
        else:
            self.matrix = np.stack(self.values, axis=1)
        belief = np.array([c.belief for c in candidates])
        self.prior = belief / belief.sum()
        self.of_target = np.array([c.role == "target only" for c in candidates])
        sizes = np.array([len(f.test) for f in found.folds], dtype=float)
        self.fold_weight = sizes
        self.test_share = float(np.mean([len(f.test) / len(f.train) for f in found.folds]))
        self._cross: list[Chosen] | None = None

    def choose(self, mask: np.ndarray | None = None) -> Chosen:
        """The choice that the predictions under ``mask`` (None: all) lead to."""
        matrix, y, rows = (
            (self.matrix, self.y, self.rows) if mask is None else (self.matrix[mask], self.y[mask], self.rows[mask])
        )
        losses = mean_losses(matrix, y, self.n_classes)
        n_rows = float(len(np.unique(rows)))
        blend = blend_weights(matrix, y, self.prior, tau=TAU, n_rows=n_rows, n_classes=self.n_classes)
        targets = np.flatnonzero(self.of_target)
        single = int(targets[losses[targets].argmin()])
        alone = self._alone(matrix, y, n_rows, losses, targets, single)
        return Chosen(_trimmed(blend), int(losses.argmin()), alone, single)

    def _alone(
        self, matrix: np.ndarray, y: np.ndarray, n_rows: float, losses: np.ndarray, targets: np.ndarray, single: int
    ) -> np.ndarray:
        """The best that can be made of the target alone: a blend of its candidates, or one where that loses less.

        Averaging several models gains by itself. Without this a source of no use would be said to help by as much.
        """
        prior = self.prior[targets] / self.prior[targets].sum()
        share = blend_weights(matrix[:, targets], y, prior, tau=TAU, n_rows=n_rows, n_classes=self.n_classes)
        mixed = mean_losses((matrix[:, targets] @ share)[:, None], y, self.n_classes)[0]
        if not mixed < losses[single]:
            return self.one_hot(single)
        weights = np.zeros(len(self.candidates))
        weights[targets] = share
        return _trimmed(weights)

    def cross_choices(self) -> list[Chosen]:
        """For each fold the choice made without any prediction for the fold's rows, in no repeat."""
        if self._cross is None:
            self._cross = [self.choose(~np.isin(self.rows, f.test)) for f in self.found.folds]
        return self._cross

    def fold_scores(self, weights: list[np.ndarray]) -> np.ndarray:
        """The score in each fold of a mixture whose weights may differ from fold to fold."""
        scores = np.empty(len(self.found.folds))
        for k in range(len(scores)):
            inside = self.fold_of == k
            used = [(w, v[inside]) for w, v in zip(weights[k], self.values, strict=True) if w > 0]
            scores[k] = self.metric(self.y[inside], sum(w * v for w, v in used))
        return scores

    def one_hot(self, candidate: int) -> np.ndarray:
        """All weight on one candidate."""
        return np.eye(len(self.candidates))[candidate]

    def single_scores(self) -> np.ndarray:
        """Scores in each fold of the target-only learner that the other rows chose."""
        return self.fold_scores([self.one_hot(c.single) for c in self.cross_choices()])

    def alone_weights(self, choice: Chosen, policy: str) -> np.ndarray:
        """The weights that a policy gives to what knows the target alone."""
        return self.one_hot(choice.single) if policy == "best" else choice.alone

    def alone_scores(self, policy: str) -> np.ndarray:
        """Scores in each fold of the model of the target alone that the policy made from the other rows."""
        return self.fold_scores([self.alone_weights(c, policy) for c in self.cross_choices()])

    def alone_name(self, choice: Chosen, policy: str) -> str:
        """What the model of the target alone is called."""
        used = np.flatnonzero(self.alone_weights(choice, policy))
        if len(used) == 1:
            return self.candidates[used[0]].name
        of_tables = all(self.candidates[k].name.startswith("target only") for k in used)
        return f"{'target only' if of_tables else 'without transfer'} (blend)"

    def policy_scores(self, policy: str) -> np.ndarray:
        """Scores in each fold of the model that a policy chose from the other rows."""
        choices = self.cross_choices()
        return self.fold_scores([self.one_hot(c.best) if policy == "best" else c.blend for c in choices])

    def candidate_scores(self, candidate: int) -> np.ndarray:
        """Scores in each fold of one candidate."""
        return self.fold_scores([self.one_hot(candidate)] * len(self.found.folds))

    def gain(self, scores: np.ndarray, baseline: np.ndarray, *, chosen_of: int = 1) -> Gain:
        """The gain of scores over baseline scores, fold by fold, with the corrected interval."""
        return corrected_gain(
            scores - baseline, self.test_share, level=self.level, chosen_of=chosen_of, weight=self.fold_weight
        )

    def mean_score(self, scores: np.ndarray) -> float:
        """The mean over folds, weighted by their sizes; folds without a score do not count."""
        known = np.isfinite(scores)
        return float(np.average(scores[known], weights=self.fold_weight[known])) if known.any() else float("nan")


def _trimmed(weights: np.ndarray) -> np.ndarray:
    """Without those that are too small to be worth a fit."""
    kept = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    return np.asarray(kept / kept.sum())
