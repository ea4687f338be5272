"""What a prior and a strength make of the blend on the test rows of draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from headstart.choose.blend import blend_weights
from headstart.choose.scoring import area_under_roc

from ..accuracy.protocol import HARM
from .learn import Array, Draw, learn, loss_of

FOLDS = 5


def evaluate(draws: list[Draw], prior: Array, tau: float) -> pd.DataFrame:
    """For each draw the blend's loss (nats a row) and score (AUC, R2; NaN for more classes), less target only's."""
    rows = []
    for d in draws:
        w = blend_weights(d.inside, d.y, prior, tau=tau, n_rows=float(d.n_rows), n_classes=d.n_classes)
        nats = loss_of(d.test, d.y_test, d.n_classes, w)[0] - d.baseline_loss
        gain = _score(d, d.test @ w) - _score(d, d.test[:, d.baseline])
        rows.append((d.problem, d.n, nats, gain))
    return pd.DataFrame(rows, columns=["problem", "n", "nats", "gain"])


def _score(draw: Draw, values: Array) -> float:
    if draw.n_classes == 0:
        return float(1 - ((values - draw.y_test) ** 2).mean() / draw.y_test.var())
    if draw.n_classes > 2:
        return float("nan")
    positive = draw.y_test == 1
    return area_under_roc(positive, np.where(positive, values, 1 - values))


def summary(found: pd.DataFrame, prior: str, tau: float) -> dict[str, object]:
    """One row of the table; a single ruin counts at most one."""
    gain = found["gain"].dropna()
    return {
        "prior": prior,
        "tau": round(tau, 2),
        "problems": found["problem"].nunique(),
        "draws": len(found),
        "nats": round(float(found["nats"].clip(-1, 1).mean()), 4),
        "gain": round(float(gain.clip(-1, 1).mean()), 4),
        "median_gain": round(float(gain.median()), 4),
        "harm": round(float((gain < -HARM).mean()), 3),
        "worst": round(float(gain.min()), 3),
    }


def compare(draws: list[Draw], names: list[str], taus: list[float]) -> tuple[list[dict[str, object]], dict[str, float]]:
    """Uniform beliefs at several strengths; both learned, in and out of sample; and the learned beliefs.

    Out of sample: for each fifth of the problems the prior and the strength come from the others.
    """
    k = len(names)
    uniform = np.full(k, 1.0 / k)
    rows = [summary(evaluate(draws, uniform, tau), "uniform", tau) for tau in taus]
    problems = sorted({d.problem for d in draws})
    for word, fixed in (("uniform, strength learned", True), ("both learned", False)):
        parts, found = [], []
        for fold in range(FOLDS):
            out = set(problems[fold::FOLDS])
            prior, tau = learn([d for d in draws if d.problem not in out], k, fixed_prior=fixed)
            parts.append(evaluate([d for d in draws if d.problem in out], prior, tau))
            found.append(tau)
        rows.append(summary(pd.concat(parts), f"{word}, on other problems", float(np.mean(found))))
        prior, tau = learn(draws, k, fixed_prior=fixed)
        rows.append(summary(evaluate(draws, prior, tau), f"{word}, on the same problems", tau))
    return rows, dict(zip(names, np.round(prior * k, 2).tolist(), strict=True))
