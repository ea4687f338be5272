"""What an alignment did, in sentences and as text for a terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from .result import Alignment, Change, Discrepancy, Signal

WIDTH = 92
NAMES = {
    "target": "labels of the target",
    "source": "labels of the source",
    "across": "target, by a source model",
}


def word_for(
    domains: str | None,
    before: Discrepancy | None,
    after: Discrepancy | None,
    change: Change | None,
    signals: tuple[Signal, ...],
    *,
    shares: str,
    target_labels: bool,
) -> str:
    """All of it in a few sentences, what matters most first."""
    lost = [s for s in signals if s.what != "across" and s.decision in ("destroyed", "weakened")]
    across = next((s for s in signals if s.what == "across"), None)
    found = [_lost(lost)] if lost else []
    found.append(_distance(domains, before, after, change))
    if not lost:
        found.append(_kept(signals))
    if across is not None:
        found.append(_across(across, shares, alone=not lost))
    elif signals and not target_labels and domains == "together":
        found.append(
            "Without target labels nothing shows whether rows of one label came to lie on rows of the same label; "
            "where the labels have other shares in the two domains they do not."
        )
    return " ".join(s for s in found if s)


def _lost(lost: list[Signal]) -> str:
    destroyed = [s for s in lost if s.decision == "destroyed"]
    start = "The alignment destroyed the label signal" if destroyed else "The alignment lost a part of the label signal"
    parts = [
        f"of the {s.what}'s labels held-out rows told {_share(s.before)} before and {_share(s.after)} after "
        f"({_points(s.change)})"
        for s in destroyed or lost
    ]
    return f"{start}: {'; '.join(parts)}."


def _distance(domains: str | None, before: Discrepancy | None, after: Discrepancy | None, change: Change | None) -> str:
    if after is None:
        return "How far the domains lie apart cannot be told: there are too few rows."
    ending = {
        "moved": " They can still be told apart.",
        "same": " They can hardly be told apart any more.",
        "undetermined": "",
    }[after.decision]
    if domains == "new" or before is None or change is None:
        text = "There was no common space before; in this one a classifier tells the domains apart with AUC"
        return f"{text} {after.auc:.2f} ({after.auc_interval[0]:.2f} to {after.auc_interval[1]:.2f}; 0.5 is chance)."
    numbers = f"AUC {before.auc:.2f} before and {after.auc:.2f} after"
    low, high = change.interval
    span = f"change {signed(change.value, 2)}, 95 % interval {signed(low, 2)} to {signed(high, 2)}"
    if domains == "together":
        return f"It brought the domains together: {numbers} ({span}; 0.5 is chance).{ending}"
    if domains == "apart":
        return f"It put the domains further apart: {numbers} ({span}; 0.5 is chance)."
    if domains == "alike":
        return f"There was nothing to bring together: no difference of the domains was seen, {numbers} (0.5 is chance)."
    if domains == "unchanged":
        return f"It left the domains as far apart as they were: {numbers} ({span})."
    return f"Whether it brought the domains together cannot be told from these rows: {numbers} ({span})."


def _kept(signals: tuple[Signal, ...]) -> str:
    own = [s for s in signals if s.what != "across"]
    if not own:
        return ""
    gained = [s for s in own if s.decision == "gained"]
    if gained:
        parts = [f"of the {s.what}'s {_share(s.before)} before and {_share(s.after)} after" for s in gained]
        return f"Labels are told better than before: {'; '.join(parts)}."
    if any(s.decision == "undetermined" for s in own):
        who = " and ".join(f"the {s.what}'s" for s in own if s.decision == "undetermined")
        return f"Whether the label signal was kept ({who}) cannot be told from these rows."
    if all(s.decision == "none" for s in own):
        return "No label signal was seen before the alignment, nor after it."
    told = [f"{_share(s.after)} of the {s.what}'s" for s in own if s.decision != "none"]
    return f"The label signal is kept: held-out rows tell {' and '.join(told)}."


def _across(s: Signal, shares: str, *, alone: bool) -> str:
    if s.decision in ("destroyed", "weakened"):
        text = (
            f"But a model of the source tells less of the target's labels than before: {_share(s.before)} before and "
            f"{_share(s.after)} after ({_points(s.change)})."
        )
        if shares and alone:
            text += (
                f" The labels have other shares in the two domains ({shares}), which may be why: an alignment of all "
                "rows as one lays rows of one label onto rows of another."
            )
        return text
    if s.decision == "gained":
        return (
            f"A model of the source tells more of the target's labels than before: {_share(s.before)} before and "
            f"{_share(s.after)} after ({_points(s.change)})."
        )
    return ""


def _share(value: float | None) -> str:
    """A share told; below 0 a model is worse than the mean label."""
    assert value is not None
    return f"{_unsigned(100 * value, 0)} %" if value > -1 else "less than nothing"


def _points(change: Change | None) -> str:
    assert change is not None
    value, low, high = (signed(100 * v, 0) for v in (change.value, *change.interval))
    return f"{value} points, 95 % interval {low} to {high}"


def signed(value: float, decimals: int) -> str:
    """A number with its sign; what rounds to zero has none."""
    text = f"{value:+.{decimals}f}"
    return text if float(text) else text[1:]


def _unsigned(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text if float(text) else text.removeprefix("-")


def render(a: Alignment) -> str:
    """The whole comparison, for a terminal."""
    title = f"{a.aligner}: {a.source} ({a.n_source:,} rows) and {a.target} ({a.n_target:,} rows) in one space"
    lines = [title, "=" * min(len(title), WIDTH)]
    rows = table(a)
    if rows:
        width = max(len(r[0]) for r in rows)
        lines.append(f"{'':<{width}}  {'before':>8}  {'after':>8}  change (95 % interval)")
        lines += [f"{name:<{width}}  {b:>8}  {c:>8}  {d}".rstrip() for name, b, c, d in rows]
        lines.append("")
    return "\n".join(lines + textwrap.wrap(a.word, WIDTH, break_long_words=False))


def table(a: Alignment) -> list[tuple[str, str, str, str]]:
    """The measures as rows of text: name, before, after, change with its interval or the noise."""
    rows = []
    b, c = a.discrepancy_before, a.discrepancy_after
    if c is not None:
        rows.append(("domains, AUC", f"{b.auc:.2f}" if b else "-", f"{c.auc:.2f}", _span(a.auc_change, 1, 2)))
        noise = f"by chance up to {f'{b.mmd_noise:.3f} and ' if b else ''}{c.mmd_noise:.3f}"
        rows.append(("domains, squared MMD", _unsigned(b.mmd, 3) if b else "-", _unsigned(c.mmd, 3), noise))
    for s in a.signals:
        told = "-" if s.before is None else f"{_unsigned(100 * s.before, 0)} %"
        rows.append((NAMES[s.what], told, f"{_unsigned(100 * s.after, 0)} %", _span(s.change, 100, 0)))
    return rows


def _span(change: Any, unit: float, decimals: int) -> str:
    if change is None:
        return ""
    value, low, high = (signed(unit * v, decimals) for v in (change.value, *change.interval))
    return f"{value} ({low} to {high})"
