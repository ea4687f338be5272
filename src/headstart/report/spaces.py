"""One space for both: what the aligners of a model did, in pictures, numbers and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import InputTypeError
from ..diagnosis.alignment import Alignment
from .scatter import is_line, names_of_groups, scatter, spoken, swatch
from .shown import shown
from .words import DASH, is_number, minus_signs, number, percent, plural, signed

DOMAINS = {
    "together": "brought together",
    "apart": "put further apart",
    "alike": "nothing to bring together",
    "unchanged": "as far apart as before",
    "undetermined": "distance cannot be told",
    "new": "a space that was not there before",
    None: "too few rows to measure",
}
LABELS = {"destroyed": "label signal destroyed", "weakened": "a part of the label signal lost"}
# Said once, where pictures were left behind.
WITHOUT_PICTURES = (
    "The pictures are missing: they show rows, of which a saved model holds none, and no spaces.json of the run was "
    "there to take them from."
)


def read_alignments(model: Any, given: Mapping[str, Alignment] | None = None) -> dict[str, Alignment]:
    """The alignments to show, by candidate: those that the model holds, or for the same names those that are given.

    Pictures hold the rows that a page draws, and no others. Models of earlier versions hold no alignments.
    """
    own = dict(getattr(model, "alignments_", None) or {})
    for where, known in (("alignments_[{!r}] of the model", own), ("alignments[{!r}]", dict(given or {}))):
        for name, alignment in known.items():
            if not isinstance(alignment, Alignment):
                raise InputTypeError(
                    f"{where.format(name)} is of type {type(alignment).__name__}; expected what hs.compare_spaces "
                    "returns"
                )
    return {name: shown((given or {}).get(name, alignment)) for name, alignment in own.items()}


def views(alignments: Mapping[str, Alignment]) -> list[dict[str, Any]]:
    """All that the template needs of each alignment."""
    return [_view(name, a) for name, a in alignments.items()]


def without_pictures(alignments: Mapping[str, Alignment]) -> str:
    """A sentence where some of the alignments have no picture, else nothing."""
    return WITHOUT_PICTURES if any(a.after is None for a in alignments.values()) else ""


def _view(name: str, a: Alignment) -> dict[str, Any]:
    there = [p for p in (a.before, a.after) if p is not None]
    classes, _, names = names_of_groups(a.after, a.task) if a.after is not None else (None, None, [])
    two = classes is not None and len(classes) == 2
    looked = [plural(n, "row") for n in a.n_looked_at]
    pictures = []
    for when, picture, width in (("Before", a.before, a.n_columns[0]), ("After", a.after, a.n_columns[1])):
        svg = None
        if picture is not None and width is not None:
            svg = scatter(picture, a.task, spoken(picture, when, a.target, a.source))
        if a.after is not None:
            pictures.append({"when": when, "svg": svg, "note": _note(picture, width)})
    return {
        "name": name,
        "headline": headline(a),
        "warns": a.labels in LABELS or _misleads(a),
        "word": minus_signs(a.word).replace(" %", "%"),
        "pictures": pictures,
        "target": a.target,
        "source": a.source,
        "two": [{"name": n, "hollow": k == 0} for k, n in enumerate(names)] if two else [],
        "numbered": [] if two else names,
        "joined": a.after is not None and a.after.target_labels is not None and a.after.source_labels is not None,
        "more": _classes_left_out(there, names) if classes is not None else 0,
        "swatch": swatch,
        "rows": _rows(a),
        "measured": f"{looked[0]} of {a.target} and {looked[1]} of {a.source} were looked at.",
    }


def headline(a: Alignment) -> str:
    """The outcome in a few words, the worst first."""
    found = [LABELS[a.labels]] if a.labels in LABELS else []
    if _misleads(a) and not found:
        found.append("the source tells less of the target")
    return "; ".join([*found, DOMAINS[a.domains]])


def _misleads(a: Alignment) -> bool:
    across = a.signal("across")
    return across is not None and across.decision in ("destroyed", "weakened")


def _note(picture: Any, width: int | None) -> str:
    if picture is None:
        return "There was no common space: the domains share no column."
    if is_line(picture):
        return f"{plural(width or 0, 'column')}, heights mean nothing."
    return f"{plural(width or 0, 'column')}, {percent(picture.share)} of the variance shown."


def _classes_left_out(pictures: list[Any], names: list[str]) -> int:
    found: set[str] = set()
    for p in pictures:
        for labels in (p.target_labels, p.source_labels):
            found |= set() if labels is None else {str(v) for v in labels.tolist()}
    return len(found) - len(names)


def _rows(a: Alignment) -> list[dict[str, str]]:
    b, c = a.discrepancy_before, a.discrepancy_after
    rows = []
    if c is not None:
        change, span = _changed(a.auc_change, 1.0, 2, "")
        rows.append(
            {
                "name": "Telling the domains apart (AUC)",
                "sub": "0.5 is chance, 1 is always",
                "before": number(b.auc, 2) if b else DASH,
                "after": number(c.auc, 2),
                "change": change,
                "interval": span,
            }
        )
        by_chance = f"{number(b.mmd_noise, 3)} before and " if b else ""
        rows.append(
            {
                "name": "Distance of the domains (squared MMD)",
                "sub": f"by chance alone up to {by_chance}{number(c.mmd_noise, 3)}" + (" after" if b else ""),
                "before": number(b.mmd, 3) if b else DASH,
                "after": number(c.mmd, 3),
                "change": signed(c.mmd - b.mmd, 3) if b else DASH,
                "interval": "",
            }
        )
    told = {
        "target": (f"Labels of {a.target} told", f"by a linear model of rows of {a.target}"),
        "source": (f"Labels of {a.source} told", f"by a linear model of rows of {a.source}"),
        "across": (f"Labels of {a.target} told", f"by a linear model of rows of {a.source}"),
    }
    for s in a.signals:
        change, span = _changed(s.change, 100.0, 0, " points")
        name, sub = told[s.what]
        before, after = (DASH if v is None else f"{number(100 * v, 0)}%" for v in (s.before, s.after))
        rows.append({"name": name, "sub": sub, "before": before, "after": after, "change": change, "interval": span})
    return rows


def _changed(change: Any, unit: float, decimals: int, after: str) -> tuple[str, str]:
    if change is None or not is_number(change.value):
        return DASH, ""
    low, high = (signed(unit * v, decimals) for v in change.interval)
    return f"{signed(unit * change.value, decimals)}{after}", f"{low} to {high}"
