"""Labels: the same label space, the same p(y), the same p(x given y)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom, ks_2samp, norm
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from ..numeric.conditional import FEW
from ..numeric.label_shift import em_shares
from ..numeric.share_interval import wilson
from ..numeric.two_sample import counts_p_value, redraw_p_value, sign_flip_p_value
from .rules import GOOD_OVERLAP, LEAST_SAME, LEVEL, MEAN_MOVED, MEAN_SAME, SHARE_MOVED, SHARE_SAME, Decision, decide


@dataclass(frozen=True)
class LabelShift:
    """Label spaces, p(y) and p(x given y).

    Attributes
    ----------
    task : {"classification", "regression"} or None
        What the labels are; None where there are none.
    same_space : bool or None
        Whether both domains have the same classes, as far as chance allows to tell.
    only_target, only_source : tuple of str
        Classes that one domain lacks.
    decision : {"moved", "same", "undetermined"} or None
        Whether p(y) moved. None where it cannot be asked.
    method : {"labels", "EM"} or None
        Whether the target's p(y) was counted from its labels or estimated from unlabelled rows.
    shares : tuple of (class, share in target, share in source, (low, high) of the difference)
        For classes; intervals are 95 % for all classes together.
    mean_difference : float or None
        For numbers: standardised mean difference of the labels, target minus source.
    interval : tuple of float or None
        Its 95 % interval.
    spread_ratio : float or None
        For numbers: standard deviation in the target over that in the source.
    p_value : float or None
        Of "p(y) is the same".
    given_label : {"moved", "same", "undetermined"} or None
        Whether p(x given y) moved, beyond what p(y) explains. None where labels are too far apart to compare at one.
    given_label_p_value : float or None
        Its p value.
    """

    task: str | None
    same_space: bool | None = None
    only_target: tuple[str, ...] = ()
    only_source: tuple[str, ...] = ()
    decision: Decision | None = None
    method: str | None = None
    shares: tuple[tuple[str, float, float, tuple[float, float]], ...] = ()
    mean_difference: float | None = None
    interval: tuple[float, float] | None = None
    spread_ratio: float | None = None
    p_value: float | None = None
    given_label: Decision | None = None
    given_label_p_value: float | None = None


def class_shift(y: np.ndarray, ys: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """Compare the classes of two sets of labels."""
    classes = np.unique(np.concatenate([np.unique(y), np.unique(ys)]))
    ct, cs = ((np.asarray(v)[:, None] == classes).sum(axis=0) for v in (y, ys))
    p, q = ct / ct.sum(), cs / cs.sum()
    intervals = [_newcombe(a, len(y), b, len(ys), len(classes)) for a, b in zip(ct, cs, strict=True)]
    size = float(np.abs(p - q).max())
    high = max(max(abs(low), abs(up)) for low, up in intervals)
    p_value = counts_p_value(ct, cs, rng)
    surely = _surely_absent(ct, cs) | _surely_absent(cs, ct)
    return {
        "same_space": not surely.any(),
        "only_target": tuple(str(c) for c in classes[cs == 0]),
        "only_source": tuple(str(c) for c in classes[ct == 0]),
        "decision": decide(p_value, size, high, moved=SHARE_MOVED, same=SHARE_SAME),
        "method": "labels",
        "shares": tuple((str(c), float(a), float(b), i) for c, a, b, i in zip(classes, p, q, intervals, strict=True)),
        "p_value": p_value,
    }


def _surely_absent(counts: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which classes the first domain lacks: another label space, not rows that happened not to be drawn.

    Chance must not explain that all rows of the class are in the other domain, nor may a smaller share: p(y) may
    have moved, and so many rows are needed that even a small class would have shown.
    """
    n, m = counts.sum(), others.sum()
    enough = (1 - SHARE_MOVED) ** n < LEVEL / len(counts)
    return (counts == 0) & (hypergeom.pmf(0, n + m, others, n) < LEVEL / len(counts)) & enough


def _newcombe(a: int, n: int, b: int, m: int, n_classes: int) -> tuple[float, float]:
    """Newcombe's interval (1998, from Wilson's) of a difference of shares, for all classes together."""
    z = float(norm.ppf(1 - 0.025 / max(n_classes - 1, 1)))
    p, q = a / n, b / m
    (pl, pu), (ql, qu) = wilson(p, n, z), wilson(q, m, z)
    d = p - q
    return (
        float(d - np.sqrt((p - pl) ** 2 + (qu - q) ** 2)),
        float(d + np.sqrt((pu - p) ** 2 + (q - ql) ** 2)),
    )


def number_shift(y: np.ndarray, ys: np.ndarray) -> dict[str, Any]:
    """Compare two sets of numeric labels."""
    y, ys = y.astype(float), ys.astype(float)
    sd_t, sd_s = float(y.std(ddof=1)), float(ys.std(ddof=1))
    pooled = float(np.sqrt((sd_t**2 + sd_s**2) / 2)) or 1.0
    smd = float((y.mean() - ys.mean()) / pooled)
    error = float(np.sqrt(sd_t**2 / len(y) + sd_s**2 / len(ys))) / pooled
    result: Any = ks_2samp(y, ys, method="exact" if len(y) * len(ys) <= 40_000 else "asymp")
    ks, ks_p = float(result.statistic), float(result.pvalue)
    mean_p = float(2 * norm.sf(abs(smd) / error)) if error > 0 else float(smd == 0)
    p_value = min(1.0, 2 * min(ks_p, mean_p)) if len(y) >= 30 else ks_p
    ratio = sd_t / sd_s if sd_s > 0 else np.inf
    interval = (smd - 1.96 * error, smd + 1.96 * error)
    # The distance of the two distributions counts too: labels can spread or bend around the same mean.
    size = max(abs(smd), 2 * ks)
    decision = decide(p_value, size, max(abs(v) for v in interval), moved=MEAN_MOVED, same=MEAN_SAME)
    if decision == "same" and (min(len(y), len(ys)) < LEAST_SAME or not 0.6 < ratio < 1.6):
        decision = "undetermined"
    return {
        "same_space": True,
        "decision": decision,
        "method": "labels",
        "mean_difference": smd,
        "interval": interval,
        "spread_ratio": float(ratio),
        "p_value": p_value,
    }


def given_label_shift(
    X: np.ndarray, domain: np.ndarray, labels: np.ndarray, task: str, rng: np.random.Generator
) -> tuple[Decision | None, float | None]:
    """Whether p(x given y) differs: are the features independent of the domain, given the label?

    ``X`` (n, k) are functions of the features. Domain and features are freed of the label (class means, or a
    smooth curve in a numeric label); what is left of them must not go together, in any class or part of the labels.
    None where the domains have hardly a label in common, so that there are no rows of one label to compare.
    """
    basis = _label_basis(labels, domain, task)
    chance = _chance_given(basis, domain, task)
    d = (domain - chance) * basis.any(axis=1)  # 0 for labels that one domain lacks
    n_target, n = float(domain.sum()), len(domain)
    if float((d**2).sum()) < GOOD_OVERLAP * n_target * (n - n_target) / n:
        return None, None
    X = X - basis @ np.linalg.lstsq(basis, X, rcond=None)[0]
    spread = np.sqrt((d[:, None] ** 2 * X**2).sum(axis=0) / max(float((d**2).sum()), 1e-12))
    X = X[:, spread > 1e-9] / spread[spread > 1e-9]
    shapes = basis if task == "classification" else _two_shapes(labels)
    products = (shapes[:, :, None] * X[:, None, :]).reshape(len(d), -1)
    terms = (d[:, None] * products).reshape(len(d), shapes.shape[1], -1)
    p_value = sign_flip_p_value(d[:, None] * products, rng)
    if p_value < 0.05 and domain.sum() < FEW:
        p_value = max(p_value, redraw_p_value(domain.astype(float), chance, products, rng))
    weight = np.maximum(((d[:, None] * shapes) ** 2).sum(axis=0), 1e-12)
    size = float(np.abs(terms.sum(axis=0) / weight[:, None]).max()) if X.shape[1] else 0.0
    moved = p_value < LEVEL and size >= 0.1
    fits = p_value >= 0.05 and domain.sum() >= 2 * LEAST_SAME
    return ("moved" if moved else "same" if fits else "undetermined"), p_value


def _label_basis(labels: np.ndarray, domain: np.ndarray, task: str) -> np.ndarray:
    if task == "classification":
        both = np.intersect1d(labels[domain], labels[~domain])
        return (labels[:, None] == both[None, :]).astype(float)
    knots = np.unique(np.quantile(labels[domain], [0, 0.25, 0.5, 0.75, 1]))
    column = labels.astype(float)[:, None]
    if len(knots) < 3:
        return np.hstack([np.ones_like(column), column])
    spline = SplineTransformer(degree=3, knots=knots[:, None], extrapolation="linear")
    return np.asarray(spline.fit_transform(column))


def _chance_given(basis: np.ndarray, domain: np.ndarray, task: str) -> np.ndarray:
    """P(target given the label)."""
    d = domain.astype(float)
    if task == "classification":
        return np.where(basis.any(axis=1), basis @ ((basis.T @ d) / basis.sum(axis=0)), d)
    return np.asarray(LogisticRegression(C=10.0, max_iter=1000).fit(basis, domain).predict_proba(basis)[:, 1])


def _two_shapes(labels: np.ndarray) -> np.ndarray:
    z = (labels - labels.mean()) / (labels.std() or 1.0)
    return np.column_stack([np.ones(len(z)), np.clip(z, -3, 3)])


def estimated_shift(
    probability: np.ndarray,
    source_probability: np.ndarray,
    ys: np.ndarray,
    classes: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Estimate the class shares of unlabelled target rows by EM, with a bootstrap interval over both domains.

    ``probability`` are those of a source model at the target rows, ``source_probability`` its cross-fitted ones at
    the source rows. Right only where p(x given y) is the same.
    """

    def shares_of(rows: np.ndarray, source_rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q = np.maximum((ys[source_rows][:, None] == classes).mean(axis=0), 0.5 / len(ys))
        p = _calibrated(probability[rows], source_probability[source_rows], q)
        return em_shares(p, q, tol=1e-5, max_iter=1000)[0], q

    shares, q = shares_of(np.arange(len(probability)), np.arange(len(ys)))
    draws = np.empty((100, len(classes)))
    for b in range(len(draws)):
        n, m = len(probability), len(ys)
        drawn, own = shares_of(rng.integers(0, n, n), rng.integers(0, m, m))
        draws[b] = drawn - own
    tail = 2.5 / max(len(classes) - 1, 1)
    low, high = np.percentile(draws, [tail, 100 - tail], axis=0)
    difference = shares - q
    sd = np.maximum(draws.std(axis=0), 1e-9)
    p_value = float(min(1.0, (2 * norm.sf(np.abs(difference) / sd)).min() * max(len(classes) - 1, 1)))
    size, most = float(np.abs(difference).max()), float(np.maximum(np.abs(low), np.abs(high)).max())
    return {
        "decision": decide(p_value, size, most, moved=SHARE_MOVED, same=SHARE_SAME),
        "method": "EM",
        "shares": tuple(
            (str(c), float(a), float(b), (float(lo), float(hi)))
            for c, a, b, lo, hi in zip(classes, shares, q, low, high, strict=True)
        ),
        "p_value": p_value,
    }


def _calibrated(probability: np.ndarray, source_probability: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Probabilities whose mean over the source is the share of each class there, which EM takes for granted."""
    factor = q / np.maximum(source_probability.mean(axis=0), 1e-12)
    scaled = np.clip(probability, 1e-6, None) * factor
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))
