"""The answer of ``compare_spaces``."""

from __future__ import annotations

import html
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.stats import t as student

from ..result import plain


@dataclass(frozen=True)
class Change:
    """A number with its uncertainty.

    Attributes
    ----------
    value : float
        The estimate.
    interval : tuple of float
        Its 95 % interval.
    bounds : tuple of float
        What it lies above, and what it lies below, with 95 % each: a 90 % interval.
    p_fall, p_rise : float
        One-sided p values: how likely so low, or so high, a value is where the truth is 0.
    """

    value: float
    interval: tuple[float, float]
    bounds: tuple[float, float]
    p_fall: float
    p_rise: float

    @classmethod
    def of(cls, value: float, spread: float, degrees: int) -> Change:
        """From a standard error and its degrees of freedom; an error of 0 is certainty."""
        if spread <= 1e-9:
            still = abs(value) <= 1e-6
            p_fall = 1.0 if still else float(value > 0)
            return cls(value, (value, value), (value, value), p_fall, 1.0 if still else 1.0 - p_fall)
        law = student(max(degrees, 1))
        wide, narrow = (float(law.ppf(q)) * spread for q in (0.975, 0.95))
        p_fall = float(law.cdf(value / spread))
        return cls(value, (value - wide, value + wide), (value - narrow, value + narrow), p_fall, 1.0 - p_fall)


@dataclass(frozen=True)
class Discrepancy:
    """How far the domains lie apart in one space, on rows that the aligner did not see.

    Attributes
    ----------
    auc : float
        How well a cross-fitted classifier tells target from source rows: 0.5 not at all, 1 always.
    auc_interval : tuple of float
        Its 95 % interval.
    auc_p_value : float
        Of "the classifier does no better than chance".
    mmd : float
        The squared maximum mean discrepancy of a Gaussian kernel of median width; unbiased, so that it may be below 0.
    mmd_noise : float
        What it stays below in 95 % of exchanges of rows between the domains.
    mmd_p_value : float
        Of "the domains can be exchanged".
    decision : {"moved", "same", "undetermined"}
        Whether they differ, by the AUC and the rules of ``diagnose``.
    """

    auc: float
    auc_interval: tuple[float, float]
    auc_p_value: float
    mmd: float
    mmd_noise: float
    mmd_p_value: float
    decision: str


@dataclass(frozen=True)
class Signal:
    """How much of the spread of the labels is told of held-out rows: 1 all, 0 no more than their mean tells.

    For numbers it is R2; for classes the same with a column of 0 and 1 for each class, so that of two classes it is the
    Brier skill score.

    Attributes
    ----------
    what : {"target", "source", "across"}
        "target": the target's labels by a model of target rows; "source": the source's by one of source rows; "across":
        the target's labels by a model of source rows.
    before, after : float or None
        The share told in the columns as they were, and in the aligner's space. Where the domains have different columns
        "target" and "source" have all columns of that domain before, and "across" the shared ones, or None.
    after_interval : tuple of float
        95 % interval of ``after``.
    change : Change or None
        After less before, paired over rows.
    n_rows : int
        Rows that were held out and predicted.
    decision : {"destroyed", "weakened", "kept", "gained", "none", "undetermined", "new"}
        "destroyed": at least half of it is lost; "none": it was not there before, nor after.
    """

    what: str
    before: float | None
    after: float
    after_interval: tuple[float, float]
    change: Change | None
    n_rows: int
    decision: str


@dataclass(frozen=True, eq=False)
class Picture:
    """Rows of both domains on the first two principal axes, the domains counted alike.

    Attributes
    ----------
    target, source : ndarray of shape (n_rows, 2)
        At most 400 rows of each domain, the same ones before and after.
    target_labels, source_labels : ndarray of shape (n_rows,) or None
        Their labels, where known.
    share : float
        Share of the variance that the two axes hold.
    """

    target: np.ndarray
    source: np.ndarray
    target_labels: np.ndarray | None
    source_labels: np.ndarray | None
    share: float


@dataclass(frozen=True, eq=False)
class Alignment:
    """What an aligner did to two domains; print it.

    Attributes
    ----------
    aligner : str
        The aligner's class.
    target, source : str
        Names of the domains.
    n_target, n_source : int
        Rows of the domains.
    n_looked_at : tuple of int
        Rows of target and source that were looked at.
    task : {"classification", "regression"} or None
        What the labels are.
    n_columns : tuple of (int or None, int)
        Columns that both domains have before the alignment (encoded; None where there are none), and of the aligner's
        space.
    before, after : Picture or None
        Two dimensions of each; ``before`` is None where the domains share no column, both are after ``without_rows``.
    discrepancy_before, discrepancy_after : Discrepancy or None
        How far apart the domains lie; None where there is no such space or there are too few rows.
    auc_change : Change or None
        The AUC after less that before, paired over rows.
    domains : {"together", "apart", "alike", "unchanged", "undetermined", "new"} or None
        What became of the distance. "alike": the domains were not apart, and are not. "new": there was no common space
        before. None where there are too few rows.
    signals : tuple of Signal
        What became of the labels of each domain, and of what the source tells of the target.
    shares_differ : bool or None
        Whether the classes have other shares in the two domains; None where it cannot be told.
    word : str
        All of it in a few sentences.
    """

    aligner: str
    target: str
    source: str
    n_target: int
    n_source: int
    n_looked_at: tuple[int, int]
    task: str | None
    n_columns: tuple[int | None, int]
    before: Picture | None
    after: Picture | None
    discrepancy_before: Discrepancy | None
    discrepancy_after: Discrepancy | None
    auc_change: Change | None
    domains: str | None
    signals: tuple[Signal, ...]
    shares_differ: bool | None
    word: str

    def signal(self, what: str) -> Signal | None:
        """The signal of "target", "source" or "across"; None where it was not measured."""
        return next((s for s in self.signals if s.what == what), None)

    def without_rows(self) -> Alignment:
        """The same without the pictures, which show rows: what may be given away."""
        return replace(self, before=None, after=None)

    @property
    def labels(self) -> str | None:
        """The worst that happened to the labels of a domain: the decision of "target" or "source"; None without any."""
        order = ("destroyed", "weakened", "undetermined", "new", "gained", "kept", "none")
        found = [s.decision for s in self.signals if s.what != "across"]
        return min(found, key=order.index) if found else None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings, numbers and None: ready for JSON."""
        return dict(plain(_as_dict(self)))

    def __str__(self) -> str:
        from .words import render

        return render(self)

    def __repr__(self) -> str:
        return f"Alignment({self.aligner}: {self.source!r} -> {self.target!r}; {self.domains}, labels {self.labels})"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _as_dict(value: Any) -> Any:
    if isinstance(value, (Alignment, Change, Discrepancy, Picture, Signal)):
        return {f.name: _as_dict(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [_as_dict(v) for v in value] if isinstance(value, tuple) else value
