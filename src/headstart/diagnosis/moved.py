"""Which columns moved, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import fisher_exact, norm

from ..columns import TextColumn
from ..numeric.conditional import FEW
from ..numeric.effect_sizes import cohen_h, cramers_v, kolmogorov_smirnov, standardised_mean_difference
from ..numeric.two_sample import auc_p_value, auc_spread, counts_p_value, holm, means_p_values, placements
from .columns import SharedRows
from .learners import FACTOR, FOLDS, domain_logits, folds_of
from .rules import COLUMN_AUC, COLUMN_H, COLUMN_KS, COLUMN_SMD, COLUMN_V, LEVEL

KS_COLUMNS = 300  # wider tables are compared by means only


@dataclass(frozen=True)
class ColumnMove:
    """How far one column lies apart in the two domains.

    Attributes
    ----------
    column : str
        The column.
    what : {"values", "gaps"}
        Whether its values or its share of gaps is compared.
    target, source : str
        What it looks like in each domain.
    measure : str
        "SMD" (standardised mean difference), "V" (Cramer's V, both domains counted alike), "h" (Cohen's h of the
        share of gaps), "AUC" (of a classifier on the words of a text column).
    effect : float
        Its value. SMD and h are signed: above 0 the target has more.
    ks : float or None
        For numbers the Kolmogorov-Smirnov distance.
    p_value : float
        Adjusted for all columns: by Holm's method, or by permutation where there are very many.
    moved : bool
        Whether it is significant at 0.5 % and large enough to matter.
    """

    column: str
    what: str
    target: str
    source: str
    measure: str
    effect: float
    ks: float | None
    p_value: float
    moved: bool

    @property
    def size(self) -> float:
        """The effect on the scale of a standardised mean difference, to order columns of all kinds by."""
        effect = abs(self.effect)
        if self.measure == "V":
            return min(2 * effect / np.sqrt(max(1 - effect**2, 1e-3)), 60.0)
        if self.measure == "AUC":
            return float(np.sqrt(2) * norm.ppf(min(max(effect, 0.5), 0.999)))
        return max(effect, 2 * (self.ks or 0.0) if self.measure == "SMD" else effect)


def column_moves(shared: SharedRows, rng: np.random.Generator) -> tuple[ColumnMove, ...]:
    """Compare every shared column, largest effect first."""
    words = _word_moves(shared, rng)
    if sp.issparse(shared.target_numbers) or len(shared.number_names) > KS_COLUMNS:
        # These p values are for all numbers together; words, if there are any, are a second family.
        numbers = _mean_moves(shared.target_numbers, shared.source_numbers, shared.number_names, rng)
        families = [np.array([m.p_value for m in numbers]), holm(np.array([m.p_value for m in words]))]
        adjusted = np.minimum(np.concatenate(families) * (2 if words else 1), 1.0)
    else:
        numbers = _number_moves(shared)
        adjusted = holm(np.array([m.p_value for m in [*numbers, *words]]))
    found = [*numbers, *words]
    if not found:
        return ()
    moves = [
        replace(m, p_value=float(p), moved=bool(m.moved and p < LEVEL)) for m, p in zip(found, adjusted, strict=True)
    ]
    return tuple(sorted(moves, key=lambda m: (not m.moved, -m.size, m.column)))


def _number_moves(shared: SharedRows) -> list[ColumnMove]:
    T, S, names = shared.target_numbers, shared.source_numbers, shared.number_names
    out = []
    for j, name in enumerate(names):
        out += _gap_move(name, np.isnan(T[:, j]), np.isnan(S[:, j]))
        t, s = T[:, j][~np.isnan(T[:, j])], S[:, j][~np.isnan(S[:, j])]
        if len(t) and len(s):
            smd = standardised_mean_difference(t, s)
            ks, p = kolmogorov_smirnov(t, s)
            date = shared.kinds[name] == "date"
            large = abs(smd) >= COLUMN_SMD or ks >= COLUMN_KS
            out.append(ColumnMove(name, "values", _mean(t, date), _mean(s, date), "SMD", smd, ks, p, large))
    return out


def _mean_moves(T: Any, S: Any, names: tuple[str, ...], rng: np.random.Generator) -> list[ColumnMove]:
    """Compare every mean at once; the p values are adjusted for all of these columns."""
    stats = []
    for M in (T, S):
        if sp.issparse(M):
            mean = np.asarray(M.mean(axis=0)).ravel()
            variance = np.asarray(M.multiply(M).mean(axis=0)).ravel() - mean**2
            n = np.full(M.shape[1], M.shape[0])
        else:
            mean, variance, n = np.nanmean(M, axis=0), np.nanvar(M, axis=0), (~np.isnan(M)).sum(axis=0)
        stats.append((mean, np.maximum(variance, 0), n))
    (mt, vt, nt), (ms, vs, ns) = stats
    spread = np.sqrt((vt + vs) / 2)
    safe = spread > 1e-12
    smd = np.divide(mt - ms, spread, out=np.zeros(len(mt)), where=safe)
    if min(T.shape[0], S.shape[0]) < FEW:
        p = means_p_values(_joined(T, S), T.shape[0], rng)
    else:
        error = np.sqrt(vt / nt + vs / ns)
        p = holm(2 * norm.sf(np.abs(np.divide(mt - ms, error, out=np.zeros(len(mt)), where=safe))))
    return [
        ColumnMove(
            names[j],
            "values",
            _short(mt[j]),
            _short(ms[j]),
            "SMD",
            float(smd[j]),
            None,
            float(p[j]),
            bool(abs(smd[j]) >= COLUMN_SMD),
        )
        for j in range(len(names))
    ]


def _joined(T: Any, S: Any) -> Any:
    """The rows of both, gaps filled with the mean of the column, which favours neither."""
    if sp.issparse(T):
        return sp.vstack([T, S], format="csr")
    both = np.vstack([T, S])
    return np.where(np.isnan(both), np.nanmean(both, axis=0), both)


def _word_moves(shared: SharedRows, rng: np.random.Generator) -> list[ColumnMove]:
    out = []
    n_draws = int(np.clip(1000 * len(shared.words), 20_000, 100_000))  # so that Holm's factor leaves room below 0.5 %
    for name, (t, s) in shared.words.items():
        out += _gap_move(name, t.isna().to_numpy(), s.isna().to_numpy())
        t, s = t.dropna(), s.dropna()
        if not len(t) or not len(s):
            continue
        if shared.kinds[name] == "text":
            out += _text_move(name, t, s, rng)
            continue
        ct, cs = t.value_counts(), s.value_counts()
        levels = ct.index.union(cs.index)
        a, b = (c.reindex(levels, fill_value=0).to_numpy() for c in (ct, cs))
        p, q = a / a.sum(), b / b.sum()
        h = cohen_h(p, q)
        v = cramers_v(a, b)
        k = int(np.argmax(np.abs(h)))
        large = v >= COLUMN_V and abs(float(h[k])) >= COLUMN_H
        out.append(
            ColumnMove(
                name,
                "values",
                f"{levels[k]} {100 * p[k]:.0f} %",
                f"{levels[k]} {100 * q[k]:.0f} %",
                "V",
                v,
                None,
                counts_p_value(a, b, rng, n_draws),
                large,
            )
        )
    return out


def _text_move(name: str, t: pd.Series, s: pd.Series, rng: np.random.Generator) -> list[ColumnMove]:
    if min(len(t), len(s)) < 10:
        return []
    both = pd.concat([t, s], ignore_index=True).rename(name)
    X = TextColumn(components=10).fit(both).transform(both)
    domain = np.arange(len(both)) < len(t)
    fold = folds_of(domain, FOLDS, rng)
    scores = domain_logits(X, domain, fold)[0]
    auc, _ = cross_fitted_auc(scores, domain, fold)
    words = [f"{v.str.split().str.len().mean():.0f} words" for v in (t, s)]
    p = auc_p_value(auc, len(t), len(s), factor=FACTOR)
    return [ColumnMove(name, "values", words[0], words[1], "AUC", auc, None, p, auc >= COLUMN_AUC)]


def cross_fitted_auc(scores: np.ndarray, domain: np.ndarray, fold: np.ndarray) -> tuple[float, float]:
    """AUC of target over source rows within folds, and its standard deviation.

    Scores of different folds come from different models; only those of one fold are compared.
    """
    high, low = [], []
    for k in np.unique(fold):
        t, s = scores[(fold == k) & domain], scores[(fold == k) & ~domain]
        if len(t) and len(s):
            of_t, of_s = placements(t, s)
            high.append(of_t)
            low.append(of_s)
    return auc_spread(np.concatenate(high), np.concatenate(low))


def _gap_move(name: str, t: np.ndarray, s: np.ndarray) -> list[ColumnMove]:
    if not t.any() and not s.any():
        return []
    h = float(cohen_h(t.mean(), s.mean()))
    p = float(fisher_exact([[t.sum(), (~t).sum()], [s.sum(), (~s).sum()]])[1])
    shares = [f"{100 * g.mean():.0f} % gaps" for g in (t, s)]
    return [ColumnMove(name, "gaps", shares[0], shares[1], "h", h, None, p, abs(h) >= COLUMN_H)]


def _mean(values: np.ndarray, date: bool) -> str:
    if date:
        return f"{pd.Timestamp('2000-01-01') + pd.Timedelta(days=float(values.mean())):%Y-%m-%d}"
    return f"{_short(values.mean())} ± {_short(values.std())}"


def _short(value: float) -> str:
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.3g}"
