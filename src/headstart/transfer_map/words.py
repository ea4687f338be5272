"""A map of transfer as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..guard import METRIC_WORDS
from .cell import written
from .tables import plain_column

if TYPE_CHECKING:
    from .result import TransferMap

MOST = 12
_HELPS, _HURTS, _LEAKS = "*", "!", "x"
_CORRECTED = {
    "bh": "at most {share:.0%} of the claims are expected to be false (Benjamini-Hochberg)",
    "holm": "the chance of a single false claim is at most {share:.0%} (Holm)",
    None: "each cell is judged by itself: of many cells some claim something by chance",
}


@dataclass(frozen=True)
class Words:
    """What a map of domains, or of tasks, calls its parts."""

    title: str
    trust_hurts: str
    hurting: str
    when: str
    not_target: str


_WORDS = {
    "domains": Words("Transfer map", "pooling it", "Hurts when pooled:", "when pooled", "Not a target:"),
    "tasks": Words(
        "Task map",
        "always adding its outputs as columns",
        "Hurts when its outputs are always added as columns:",
        "when its outputs are always added",
        "Left out as a target or source:",
    ),
}


def told(found: TransferMap) -> str:
    """The map in some paragraphs: the table, who helps whom, who hurts whom, what was not measured."""
    total = len(found.cells) + len(found.unmeasured_)
    words = _WORDS[found.between]
    leaks = [f"{written(s)} to {t}: {why}" for (s, t), why in found.leaks_.items()]
    lines = [
        f"{words.title}: {found.n_measured} of {total} cell{'s' * (total != 1)} measured; gain {_in_metric(found)}.",
        *_listed("Do not trust these gains (marked x), rows of the target stand in the source too:", leaks),
        "",
        _grid(found),
        "",
        "Rows are sources, columns targets. * the source helps where held-out rows weigh it, "
        f"! {words.trust_hurts} hurts, no mark: undetermined.",
        _corrected(found),
    ]
    lines += _listed("Helps:", [_helps(r) for r in found.helpful().to_dict("records")])
    lines += _listed(words.hurting, [_hurts(r, found.between) for r in found.harmful().to_dict("records")])
    lines += _listed("One way only:", _one_way(found, words.when))
    lines += _listed("Not measured, the time was up:", [f"{written(s)} to {t}" for s, t in found.unmeasured_])
    lines += _listed("Could not be tried:", [f"{written(s)} to {t}: {w}" for (s, t), w in found.untried_.items()])
    lines += _listed(words.not_target, [f"{name} {why}" for name, why in found.skipped_.items()])
    return "\n".join(lines)


def _in_metric(found: TransferMap) -> str:
    if found.metric or not found.metrics:
        return f"in {METRIC_WORDS.get(found.metric, found.metric)} over the target alone"
    return f"over the target alone, in each target's own metric ({targets_by_metric(found.metrics)})"


def targets_by_metric(metrics: Mapping[str, str], words: Mapping[str, str] = METRIC_WORDS) -> str:
    """Which targets are scored by which metric: "AUC: union, married; R2: wage"."""
    used = dict.fromkeys(metrics.values())
    return "; ".join(f"{words.get(m, m)}: {', '.join(t for t, own in metrics.items() if own == m)}" for m in used)


def _corrected(found: TransferMap) -> str:
    n = found.n_measured
    if not n:
        return "Nothing was measured."
    if not len(found.helpful()) and not len(found.harmful()):
        return f"Nothing is claimed of {'the one cell' if n == 1 else f'any of the {n} cells'}."
    return f"Of {n} cell{'s' * (n != 1)}, {_CORRECTED[found.correction].format(share=1 - found.level)}."


def _grid(found: TransferMap) -> str:
    gains, marks = found.gain_, found.verdict_.map(lambda v: _HELPS if v == "helps" else "")
    for row in found.harmful().itertuples():
        marks.loc[row.sources, row.target] += _HURTS
    for names, target in found.leaks_:
        marks.loc[written(names), target] = _LEAKS
    width = max(1, int(marks.map(len).to_numpy().max(initial=0)))
    rows = {}
    for name in gains.index:
        own = set(name.split(" + "))
        rows[name] = [
            _written(gains.loc[name, t], marks.loc[name, t].ljust(width), own=t in own) for t in gains.columns
        ]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(gains.columns)).to_string()


def _written(gain: float, mark: str, *, own: bool) -> str:
    if own or pd.isna(gain):
        return ("." if own else "?").ljust(len(mark) + 1)
    return f"{gain:+.3f}{mark}"


def _signed(value: float) -> str:
    """Three decimals; of a number that they would make zero its first digit."""
    return f"{value:+.3f}" if value == 0 or not abs(value) < 0.0005 else f"{value:+.0e}"


def _helps(row: Mapping[Any, Any]) -> str:
    gain, low, high = (_signed(row[k]) for k in ("gain", "low", "high"))
    return f"{row['sources']} to {row['target']}: {gain} ({low} to {high})"


def _hurts(row: Mapping[Any, Any], between: str) -> str:
    gain, low, high = (_signed(row[plain_column(between, k)]) for k in ("gain", "low", "high"))
    weighed = _signed(row["gain"])
    return f"{row['sources']} to {row['target']}: {gain} ({low} to {high}); weighed by held-out rows {weighed}"


def _one_way(found: TransferMap, when: str) -> list[str]:
    table = found.asymmetry()
    rows = table[table["differs"]].to_dict("records")
    return [
        f"{r['a']} helps {r['b']}, {r['b']} hurts {r['a']} {when}"
        if r["a_to_b"] == "helps"
        else f"{r['b']} helps {r['a']}, {r['a']} hurts {r['b']} {when}"
        for r in rows
    ]


def _listed(title: str, parts: list[str]) -> list[str]:
    if not parts:
        return []
    more = [f"  and {len(parts) - MOST} more"] if len(parts) > MOST else []
    return ["", title, *(f"  {p}" for p in parts[:MOST]), *more]
