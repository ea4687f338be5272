"""The cells of a map as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .cell import Cell, written
from .claims import Claim
from .order import Place

ALONE = "target only"
COLUMNS = (
    "sources",
    "order",
    "target",
    "verdict",
    "gain",
    "low",
    "high",
    "pooling_gain",
    "pooling_low",
    "pooling_high",
    "pooling_hurts",
    "p_helps",
    "p_hurts",
    "verdict_alone",
    "score",
    "baseline_score",
    "method",
    "n_target",
    "n_source",
    "repeats",
    "seconds",
    "note",
)


_PLAIN = {f"pooling_{part}": f"plain_{part}" for part in ("gain", "low", "high", "hurts")}


def table(cells: Sequence[tuple[Cell, Claim]], between: str) -> pd.DataFrame:
    """All cells, one a row. Of tasks what stands for pooling has another name, and each target its own metric."""
    whole = pd.DataFrame([row(cell, claim) for cell, claim in cells], columns=list(COLUMNS))
    if between == "tasks":
        whole = whole.rename(columns=_PLAIN)
        metrics = ["" if c.verdict is None else c.verdict.metric for c, _ in cells]
        whole.insert(list(whole.columns).index("score"), "metric", metrics)
    return whole


def wide(
    whole: pd.DataFrame, column: str, sources: Sequence[tuple[str, ...]], targets: Sequence[str], empty: Any
) -> pd.DataFrame:
    """A column of the table as source sets by targets; ``empty`` where nothing was measured."""
    index = pd.Index([written(s) for s in sources], name="source")
    found = pd.DataFrame(empty, index=index, columns=pd.Index(targets, name="target"))
    if isinstance(empty, str):
        found = found.astype(object)
    for one in whole.itertuples():
        found.loc[one.sources, one.target] = getattr(one, column)
    return found


def plain_column(between: str, part: str = "gain") -> str:
    """The column of the gain of trusting a source, or of another part of it: "low", "high", "hurts"."""
    return f"{'pooling' if between == 'domains' else 'plain'}_{part}"


def row(cell: Cell, claim: Claim) -> dict[str, Any]:
    """A cell as a row of the table."""
    v = cell.verdict
    gain, pooling = cell.gain, cell.pooling
    return {
        "sources": written(cell.sources),
        "order": len(cell.sources),
        "target": cell.target,
        "verdict": claim.decision,
        "gain": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "pooling_gain": pooling.mean,
        "pooling_low": pooling.low,
        "pooling_high": pooling.high,
        "pooling_hurts": claim.trust_hurts,
        "p_helps": claim.p_helps,
        "p_hurts": claim.p_hurts,
        "verdict_alone": "" if v is None else v.decision,
        "score": np.nan if v is None else v.score,
        "baseline_score": np.nan if v is None else v.baseline_score,
        "method": "" if v is None else v.method,
        "n_target": 0 if v is None else v.n_target,
        "n_source": 0 if v is None else v.n_source,
        "repeats": cell.repeats,
        "seconds": cell.seconds,
        "note": "; ".join(cell.notes),
    }


def asymmetry(cells: Sequence[Cell], said: Mapping[Place, Claim]) -> pd.DataFrame:
    """Every two domains or tasks that were measured in both directions; see ``TransferMap.asymmetry``."""
    rows = []
    single = {c.place: c for c in cells if len(c.sources) == 1 and c.verdict is not None}
    for ((a,), b), there in single.items():
        back = single.get(((b,), a))
        if back is None or (there.gain.mean, b) < (back.gain.mean, a):
            continue
        claims = said[there.place], said[back.place]
        verdicts = claims[0].decision, claims[1].decision
        gains = there.gain.mean, back.gain.mean
        difference = gains[0] - gains[1] if _metric(there) == _metric(back) else np.nan
        # By both measures: where it helps it does not hurt to trust it, too.
        differs = set(verdicts) == {"helps", "hurts"} and sum(c.trust_hurts for c in claims) == 1
        rows.append((a, b, *verdicts, *gains, difference, differs))
    names = ["a", "b", "a_to_b", "b_to_a", "gain_a_to_b", "gain_b_to_a", "difference", "differs"]
    whole = pd.DataFrame(rows, columns=names)
    return whole.sort_values(["differs", "difference"], ascending=False, kind="stable").reset_index(drop=True)


def _metric(cell: Cell) -> str:
    return "" if cell.verdict is None else cell.verdict.metric


def losses(cells: Sequence[Cell]) -> pd.DataFrame:
    """The loss of each held-out target row; see ``TransferMap.losses``."""
    known = [c for c in cells if c.verdict is not None]
    longest: dict[str, Cell] = {}
    for cell in known:
        if cell.target not in longest or cell.repeats > longest[cell.target].repeats:
            longest[cell.target] = cell
    parts = [(c.sources, c.target, c.losses) for c in known]
    parts += [((ALONE,), target, cell.losses_alone) for target, cell in longest.items()]
    frames = [
        pd.DataFrame({"sources": [names] * len(x), "target": target, "row": np.arange(len(x)), "loss": x})
        for names, target, x in parts
    ]
    if not frames:
        return pd.DataFrame(columns=["sources", "target", "row", "loss"])
    return pd.concat(frames, ignore_index=True).dropna(subset=["loss"]).reset_index(drop=True)
