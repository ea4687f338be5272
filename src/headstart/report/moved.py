"""What moved between the domains: a diagnosis in the words and small pictures of the page."""

from __future__ import annotations

from typing import Any

from ..diagnosis import Diagnosis
from ..diagnosis.concept import AGAINST
from ..diagnosis.text import meanings
from . import plots
from .words import count, is_number, joined, minus_signs, p_value, percent, plural, signed

LARGEST = 2.0  # the bar is full at so many standard deviations
FIRST = 12  # columns shown at once; the rest is folded away
STATE = {"moved": "moved", "same": "the same", "undetermined": "cannot be told", None: "cannot be asked"}
MEASURES = {
    "SMD": "difference of means in standard deviations",
    "h": "Cohen's h of the share of gaps",
    "V": "Cram\N{LATIN SMALL LETTER E WITH ACUTE}r's V",
    "AUC": "AUC of a classifier on the words",
}


def view(d: Diagnosis) -> dict[str, Any]:
    """All that the template needs of one diagnosis."""
    x = d.covariates
    moves = [_move(m) for m in x.columns]
    return {
        "source": d.source,
        "target": d.target,
        "setting": [{"name": s, "meaning": m} for s, m in zip(d.setting, meanings(d), strict=True)],
        "undetermined": joined(d.undetermined),
        "state": {"x": STATE[x.decision], "y": STATE[d.labels.decision], "concept": STATE[d.concept.decision]},
        "auc": x.auc,
        "ruler": plots.auc_ruler(x.auc, *x.interval) if x.auc is not None and x.interval is not None else None,
        "x": _covariates(d),
        "y": _labels(d),
        "shares": _shares(d),
        "concept": _concept(d),
        "columns": _columns(d),
        "first": moves[:FIRST],
        "rest": moves[FIRST:],
        "n_moved": len(x.moved),
        "methods": d.methods,
        "against": d.against,
        "duplicates": _duplicates(d),
    }


def _move(m: Any) -> dict[str, Any]:
    both_ways = m.measure in ("SMD", "h")
    text = signed(m.effect, 2) if both_ways else f"{m.effect:.2f}"
    if m.ks is not None and 2 * m.ks > abs(m.effect):
        text += f", KS {m.ks:.2f}"
    return {
        "column": m.column,
        "what": "" if m.what == "values" else "share of gaps",
        "target": minus_signs(m.target) if m.measure == "SMD" else m.target,
        "source": minus_signs(m.source) if m.measure == "SMD" else m.source,
        "measure": m.measure,
        "long": MEASURES[m.measure],
        "effect": text,
        "size": "large" if m.size >= 0.8 else "medium" if m.size >= 0.5 else "small",
        "p": p_value(m.p_value),
        "moved": m.moved,
        "bar": plots.bar(m.size / LARGEST, "bar-moved" if m.moved else "bar-still"),
    }


def _covariates(d: Diagnosis) -> list[str]:
    x = d.covariates
    if not d.columns.shared:
        return ["No column can be compared."]
    if x.auc is None or x.interval is None:
        return ["There are too few rows to tell the domains apart by a classifier."]
    found = [
        f"A classifier tells rows of {d.target} from rows of {d.source} with an AUC of {x.auc:.2f} (95% interval "
        f"{x.interval[0]:.2f} to {x.interval[1]:.2f})."
    ]
    if x.auc_values is not None and x.auc - x.auc_values > 0.02:
        found.append(f"A part of it is which values are missing; the values alone give {x.auc_values:.2f}.")
    if x.effective_source_rows is not None and x.decision != "same":
        worth = "less than one" if x.effective_source_rows < 1 else count(x.effective_source_rows)
        rows = plural(d.n_looked_at[1], "row")
        found.append(f"Weighted to look like {d.target}, the source is worth {worth} of its {rows}.")
    return found


def _labels(d: Diagnosis) -> list[str]:
    y = d.labels
    if y.decision is None:
        return ["There are no labels to compare." if y.task is None else "Only one domain has labels."]
    found = []
    if y.method == "EM":
        found.append("Estimated without target labels, as if rows of one class looked the same in both domains.")
    if y.mean_difference is not None and y.interval is not None:
        side = "above" if y.mean_difference >= 0 else "below"
        found.append(
            f"The labels of {d.target} lie {abs(y.mean_difference):.2f} standard deviations {side} those of {d.source} "
            f"(95% interval of the difference {signed(y.interval[0], 2)} to {signed(y.interval[1], 2)})."
        )
        if is_number(y.spread_ratio):
            found.append(f"They spread {y.spread_ratio:.2f} times as far.")
    for names, where in ((y.only_target, d.target), (y.only_source, d.source)):
        if names:
            chance = "" if y.same_space is False else ", which chance may explain"
            found.append(f"Only {where} has the {'label' if len(names) == 1 else 'labels'} {joined(names)}{chance}.")
    if y.decision == "moved" and y.given_label is not None:
        found.append(
            {
                "moved": "That is not all: rows of one label look different too.",
                "same": "Rows of one label look the same in both domains.",
                "undetermined": "Whether rows of one label look different cannot be told.",
            }[y.given_label]
        )
    return found


def _shares(d: Diagnosis) -> list[dict[str, Any]]:
    ranked = sorted(d.labels.shares, key=lambda s: -abs(s[1] - s[2]))[:10]
    most = max((max(t, s) for _, t, s, _ in ranked), default=1.0)
    return [
        {
            "name": name,
            "target": percent(t),
            "source": percent(s),
            "picture": plots.shares(t, s, most),
            "difference": f"{signed(100 * low, 0)} to {signed(100 * high, 0)} points",
        }
        for name, t, s, (low, high) in ranked
    ]


def _concept(d: Diagnosis) -> list[str]:
    c = d.concept
    if c.decision is None:
        return ["Both domains need labels for that."]
    found = []
    if c.size is not None and c.interval is not None:
        low, high = c.interval
        found.append(
            f"For the same row the probability of a label differs by {100 * c.size:.0f} points (95% interval "
            f"{100 * low:.0f} to {100 * high:.0f})."
            if d.task == "classification"
            else f"For the same row the expected label differs by {c.size:.2f} standard deviations (95% interval "
            f"{low:.2f} to {high:.2f})."
        )
    else:
        found.append("There are too few rows to compare labels of the same rows.")
    if c.overlap is not None and c.overlap < 0.5:
        found.append(f"The domains overlap little: {percent(c.overlap)} of what the same rows would tell is left.")
    if c.source_model_on_target is not None and c.metric is not None:
        name = "a correlation" if c.metric == "correlation" else f"an {c.metric}" if c.metric[0] in "aA" else c.metric
        value, low, high = c.source_model_on_target
        text = f"A model of {d.source} alone has {name} of {_two(value)} ({_two(low)} to {_two(high)}) on {d.target}"
        if c.source_model_on_source is not None:
            text += f", and of {_two(c.source_model_on_source[0])} on held-out rows of its own"
        ending = {
            "reversed": f": {AGAINST}" if c.runs_against else ": worse than guessing, so the relation looks reversed.",
            "none": ": no better than guessing, as far as these rows tell.",
        }
        found.append(text + ending.get(c.relation or "", "."))
    return found


def _two(value: float) -> str:
    return signed(value, 2).removeprefix("+")


def _columns(d: Diagnosis) -> list[tuple[str, str]]:
    c = d.columns
    where = {"target": f"in {d.target}", "source": f"in {d.source}", "both": "in both"}
    how = ", matched by position" if c.matched_by == "position" else ""
    rows = [("Shared and comparable", count(len(c.shared)) + how)]
    rows += [(f"Only in {d.target}", joined(c.only_target, 20)), (f"Only in {d.source}", joined(c.only_source, 20))]
    pairs = [f"{t} = {s} ({why})" for (t, s), why in zip(c.alike, c.alike_why, strict=True)]
    rows.append(("Perhaps the same under two names", joined(pairs, 20)))
    typed = [f"{n} ({t} in {d.target}, {s} in {d.source})" for n, t, s in c.other_type]
    rows.append(("Of another type", joined(typed)))
    rows += [(f"All gaps {w}", joined([n for n, k in c.all_gaps if k == key], 20)) for key, w in where.items()]
    rows.append(("Mostly gaps", joined([f"{n} ({percent(t)} and {percent(s)})" for n, t, s in c.mostly_gaps])))
    rows += [(f"Constant {w}", joined([n for n, k in c.constant if k == key], 20)) for key, w in where.items()]
    rows.append(("No category in common", joined(c.disjoint)))
    return [(name, text) for name, text in rows if text]


def _duplicates(d: Diagnosis) -> str:
    n = d.duplicates
    if n is None or not n.n_rows or n.leak:
        return ""
    return (
        f"{plural(n.n_rows, 'target row')} ({percent(n.share)}) {'stands' if n.n_rows == 1 else 'stand'} in the source "
        f"too. That is what coarse columns make: {percent(n.expected)} of the source's rows repeat within it."
    )
