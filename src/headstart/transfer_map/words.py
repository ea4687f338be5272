"""A map of transfer as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..guard import METRIC_WORDS
from .cell import written

if TYPE_CHECKING:
    from .result import TransferMap

MOST = 12
_MARKS = {"helps": "+", "hurts": "!", "undetermined": " ", "": " "}
_CORRECTED = {
    "bh": "at most {share:.0%} of the claims are expected to be false (Benjamini-Hochberg)",
    "holm": "the chance of a single false claim is at most {share:.0%} (Holm)",
    None: "each cell is judged by itself: of many cells some claim something by chance",
}


def told(found: TransferMap) -> str:
    """The map in some paragraphs: the table, who helps whom, who hurts whom, what was not measured."""
    total = len(found.cells) + len(found.unmeasured_)
    metric = METRIC_WORDS.get(found.metric, found.metric)
    lines = [
        f"Transfer map: {len(found.cells)} of {total} cells measured; gain in {metric} over the target alone.",
        "",
        _grid(found),
        "",
        "Rows are sources, columns targets. + the source helps, ! pooling it hurts, no mark: undetermined.",
        f"Of {len(found.cells)} cells, {_corrected(found)}.",
    ]
    lines += _listed("Helps:", [_helps(r) for r in found.helpful().to_dict("records")])
    lines += _listed("Hurts when pooled:", [_hurts(r) for r in found.harmful().to_dict("records")])
    lines += _listed("One way only:", _one_way(found))
    lines += _listed("Not measured, the time was up:", [f"{written(s)} to {t}" for s, t in found.unmeasured_])
    lines += _listed("Could not be tried:", [f"{written(s)} to {t}: {w}" for (s, t), w in found.untried_.items()])
    lines += _listed("Not a target:", [f"{name} {why}" for name, why in found.skipped_.items()])
    return "\n".join(lines)


def _corrected(found: TransferMap) -> str:
    return _CORRECTED[found.correction].format(share=1 - found.level)


def _grid(found: TransferMap) -> str:
    gains, verdicts = found.gain_, found.verdict_
    rows = {}
    for name in gains.index:
        own = set(name.split(" + "))
        rows[name] = [_written(gains.loc[name, t], verdicts.loc[name, t], own=t in own) for t in gains.columns]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(gains.columns)).to_string()


def _written(gain: float, verdict: str, *, own: bool) -> str:
    if own:
        return ". "
    return "? " if pd.isna(gain) else f"{gain:+.3f}{_MARKS[verdict]}"


def _helps(row: Mapping[Any, Any]) -> str:
    return f"{row['sources']} to {row['target']}: {row['gain']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"


def _hurts(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['sources']} to {row['target']}: {row['pooling_gain']:+.3f} ({row['pooling_low']:+.3f} to "
        f"{row['pooling_high']:+.3f}); weighed by held-out rows {row['gain']:+.3f}"
    )


def _one_way(found: TransferMap) -> list[str]:
    table = found.asymmetry()
    rows = table[table["differs"]].to_dict("records")
    return [
        f"{r['a']} helps {r['b']}, {r['b']} hurts {r['a']}"
        if r["a_to_b"] == "helps"
        else f"{r['b']} helps {r['a']}, {r['a']} hurts {r['b']}"
        for r in rows
    ]


def _listed(title: str, parts: list[str]) -> list[str]:
    if not parts:
        return []
    more = [f"  and {len(parts) - MOST} more"] if len(parts) > MOST else []
    return ["", title, *(f"  {p}" for p in parts[:MOST]), *more]
