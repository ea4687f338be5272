"""p(x): do the features look the same in both domains?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..numeric.two_sample import auc_interval, auc_p_value, effective_sample_size
from .columns import SharedRows
from .encode import Encoded
from .learners import FACTOR, FOLDS, domain_logits, domain_probability, folds_of
from .moved import ColumnMove, column_moves, cross_fitted_auc
from .rules import AUC_MOVED, AUC_SAME, LEAST_ROWS, LEAST_SAME, Decision, decide


@dataclass(frozen=True)
class CovariateShift:
    """Whether p(x) moved.

    Attributes
    ----------
    decision : {"moved", "same", "undetermined"}
        The verdict.
    auc : float or None
        How well a cross-fitted classifier tells target rows from source rows: 0.5 not at all, 1 always. None where
        no column can be compared or a domain has under 10 rows.
    interval : tuple of float or None
        Its 95 % interval.
    p_value : float or None
        Of "the classifier does no better than chance".
    auc_values : float or None
        The same from the values alone, with gaps filled alike in both domains; None where there are no gaps.
    effective_source_rows : float or None
        Kish's effective sample size of the source rows weighted by p_target(x) / p_source(x), times the share of the
        target that the weights reach.
    columns : tuple of ColumnMove
        Every shared column, those that moved first.
    """

    decision: Decision
    auc: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    auc_values: float | None
    effective_source_rows: float | None
    columns: tuple[ColumnMove, ...]

    @property
    def moved(self) -> tuple[ColumnMove, ...]:
        """The columns that moved."""
        return tuple(c for c in self.columns if c.moved)


@dataclass(frozen=True)
class DomainFit:
    """What later questions need of this one: P(target given x), from values alone, and the folds."""

    probability: np.ndarray
    logit: np.ndarray
    fold: np.ndarray


def covariate_shift(
    shared: SharedRows, encoded: Encoded, n_target: int, rng: np.random.Generator
) -> tuple[CovariateShift, DomainFit | None]:
    """Compare p(x) of the two domains."""
    n = len(encoded.values)
    moves = column_moves(shared, rng)
    some = any(m.moved for m in moves)
    if min(n_target, n - n_target) < LEAST_ROWS or encoded.values.shape[1] == 0:
        decision: Decision = "moved" if some else "undetermined"
        return CovariateShift(decision, None, None, None, None, None, moves), None
    domain = np.arange(n) < n_target
    fold = folds_of(domain, FOLDS, rng)
    linear, trees = domain_logits(encoded.values, domain, fold)
    values = (linear + trees) / 2
    auc, spread = cross_fitted_auc(values, domain, fold)
    probability = domain_probability(linear, trees, domain)
    auc_values = None
    with_gaps = probability
    if encoded.gaps.shape[1]:
        auc_values = auc
        both = domain_logits(np.hstack([encoded.values, encoded.gaps]), domain, fold)
        auc, spread = cross_fitted_auc((both[0] + both[1]) / 2, domain, fold)
        with_gaps = domain_probability(*both, domain)
    spread *= FACTOR
    interval = auc_interval(auc, spread, n_target, n - n_target)
    p_value = auc_p_value(auc, n_target, n - n_target, factor=FACTOR)
    # Only the upper end counts for "the same": a bound at 95 %, not the end of a two-sided interval.
    decision = decide(p_value, auc, auc + 1.645 * spread, moved=AUC_MOVED, same=AUC_SAME)
    if decision == "same" and min(n_target, n - n_target) < LEAST_SAME:
        decision = "undetermined"
    odds = with_gaps[~domain] / (1 - with_gaps[~domain])
    shift = CovariateShift(
        "moved" if some else decision, auc, interval, p_value, auc_values, _covering(odds, n_target), moves
    )
    return shift, DomainFit(probability, values, fold)


def _covering(odds: np.ndarray, n_target: int) -> float:
    """Kish's effective sample size, times the share of the target that the weights reach.

    Odds sum to the number of target rows where the source reaches them all. Where it reaches none all odds are small
    and alike, and the effective sample size alone would be that of the whole source.
    """
    return effective_sample_size(odds) * min(1.0, float(odds.sum()) / n_target)
