"""A diagnosis as text for a terminal of 80 to 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .columns import Columns
from .concept import AGAINST, ConceptShift
from .covariates import CovariateShift
from .labels import LabelShift
from .moved import ColumnMove
from .result import Diagnosis
from .rules import LEAST_OVERLAP, LEVEL
from .setting import Method

WIDTH = 92
INDENT = 14
MEANING = {
    "identical": "no difference that matters was found",
    "heterogeneous": "the domains have different columns",
    "different label space": "the domains have different classes",
    "domain adaptation": "p(x) moved: the rows look different",
    "label shift": "p(y) moved: labels have other shares, rows of one label look the same",
    "concept shift": "p(y|x) moved: the same row has another label",
    "undetermined": "these rows are too few to claim a shift, and too few to claim that there is none",
}
VERDICT = {"moved": "moved", "same": "the same", "undetermined": "cannot be told"}
MOST_COLUMNS = 8


def render(d: Diagnosis) -> str:
    """The whole diagnosis."""
    title = f"{d.source} ({_rows(d.n_source)}, source) -> {d.target} ({_rows(d.n_target)}, target"
    title += f", and {d.n_unlabeled:,} unlabelled)" if d.n_unlabeled else ")"
    lines = [title, "=" * min(len(title), WIDTH), *_paragraph("Setting", _setting(d)), ""]
    lines += _columns(d.columns)
    lines += [*_covariates(d.covariates, d), *_labels(d.labels), *_concept(d.concept, d)]
    if d.duplicates is not None and d.duplicates.n_rows:
        lines += _paragraph("Same rows", _duplicates(d))
    lines += ["", *_methods("Methods", d.methods)]
    if d.against:
        lines += _methods("Better not", d.against)
    return "\n".join(line.rstrip() for line in lines)


def render_all(diagnoses: Sequence[Diagnosis]) -> str:
    """A table of all sources, then each in full."""
    width = max(6, *(len(d.source) for d in diagnoses))
    rows = [f"{'source':<{width}}  {'rows':>9}  setting"]
    rows += [f"{d.source:<{width}}  {d.n_source:>9,}  {' + '.join(d.setting)}" for d in diagnoses]
    return "\n\n".join(["\n".join(rows), *(render(d) for d in diagnoses)])


def _rows(n: int) -> str:
    return f"{n:,} rows"


def _paragraph(label: str, *sentences: str) -> list[str]:
    text = " ".join(s for s in sentences if s)
    body = textwrap.wrap(text, WIDTH - INDENT, break_long_words=False)
    return [f"{label if i == 0 else '':<{INDENT}}{line}" for i, line in enumerate(body)]


def _setting(d: Diagnosis) -> str:
    text = " + ".join(s.upper() for s in d.setting) + ": " + "; ".join(meanings(d)) + "."
    if d.possible and d.setting != ("undetermined",):
        text += f" Besides, {_unnamed(d)}."
    elif d.undetermined and d.setting != ("undetermined",):
        text += f" Whether {_list(d.undetermined)} moved cannot be told."
    return text


def meanings(d: Diagnosis) -> list[str]:
    """What each name of the setting means here."""
    meaning = dict(MEANING)
    if "p(x given y)" in d.undetermined:
        meaning["label shift"] = "p(y) moved, and that may be all"
    if d.possible:
        meaning["undetermined"] = _unnamed(d)
    return [meaning[s] for s in d.setting]


def _unnamed(d: Diagnosis) -> str:
    """A shift that was seen and has no name."""
    seen = (("p(x)", d.covariates.decision), ("p(y)", d.labels.decision), ("p(y|x)", d.concept.decision))
    moved = [name for name, decision in seen if decision == "moved"]
    return f"{_list(moved)} moved, and these rows cannot tell why: {_list(d.possible, last='or')}"


def _list(names: Sequence[str], most: int = 6, last: str = "and") -> str:
    shown = list(names[:most])
    if len(names) > most:
        return ", ".join(shown) + f" and {len(names) - most} more"
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" {last} " + shown[-1]


def _columns(c: Columns) -> list[str]:
    n = len(c.shared)
    if not n and c.matched_by == "position" and c.only_target and c.only_source:
        counts = f"{len(c.only_target)} in the target and {len(c.only_source)} in the source"
        return _paragraph("Columns", f"not the same: {counts}, without names to match them by.")
    if c.same:
        text = f"the same: {n} shared" + (", matched by position." if c.matched_by == "position" else ".")
    else:
        text = f"not the same: {n} can be compared." if n else "not the same: none can be compared."
    parts = [text]
    if c.only_target:
        parts.append(f"Only in the target: {_list(c.only_target)}.")
    if c.only_source:
        parts.append(f"Only in the source: {_list(c.only_source)}.")
    if c.alike:
        pairs = [f"{t} = {s} ({why})" for (t, s), why in zip(c.alike, c.alike_why, strict=True)]
        parts.append("Perhaps the same under two names: " + _list(pairs) + ".")
    if c.other_type:
        parts.append(
            "Of another type: "
            + _list([f"{n} ({t} in the target, {s} in the source)" for n, t, s in c.other_type])
            + "."
        )
    for where, words in (("target", "in the target"), ("source", "in the source"), ("both", "in both")):
        names = [n for n, w in c.all_gaps if w == where and n not in c.by_chance]
        if names:
            parts.append(f"All gaps {words}: {_list(names)}.")
    if c.by_chance:
        parts.append(f"All gaps in the rows at hand, which chance may explain: {_list(c.by_chance)}.")
    if c.mostly_gaps:
        parts.append(
            "Mostly gaps: "
            + _list(
                [f"{n} ({100 * t:.0f} % of the target, {100 * s:.0f} % of the source)" for n, t, s in c.mostly_gaps], 4
            )
            + "."
        )
    spoken = {
        "both": "Constant",
        "each": "Constant, with another value in each domain",
        "target": "Constant in the target",
        "source": "Constant in the source",
    }
    for where, words in spoken.items():
        names = [n for n, w in c.constant if w == where]
        if names:
            parts.append(f"{words}: {_list(names)}.")
    if c.disjoint:
        parts.append(f"No category in common, perhaps two codes of one thing: {_list(c.disjoint)}.")
    return _paragraph("Columns", *parts)


def _covariates(x: CovariateShift, d: Diagnosis) -> list[str]:
    parts = [VERDICT[x.decision] + "."]
    if x.auc is not None and x.interval is not None:
        if x.auc < 0.5:
            parts.append(
                f"A classifier cannot tell target from source rows: AUC {x.auc:.2f} (at most "
                f"{max(x.interval[1], 0.5):.2f}; 0.5 is chance, 1 is always)."
            )
        else:
            parts.append(
                f"A classifier tells target from source rows with AUC {x.auc:.2f} ({x.interval[0]:.2f} to "
                f"{x.interval[1]:.2f}; 0.5 is chance, 1 is always)."
            )
        if x.decision == "same" and (x.p_value or 1.0) < LEVEL:
            parts.append("That is more than chance, and too little to matter.")
        if x.auc_values is not None and x.auc - x.auc_values > 0.02:
            parts.append(f"A part of it is which values are missing; the values alone give {x.auc_values:.2f}.")
        if x.effective_source_rows is not None and x.decision != "same":
            parts.append(
                f"Weighted to look like the target, the source is worth {x.effective_source_rows:,.0f} of its "
                f"{d.n_looked_at[1]:,} rows."
            )
    elif not d.columns.shared:
        parts = ["cannot be asked: no column can be compared."]
    else:
        parts.append("Too few rows to fit a classifier.")
    lines = _paragraph("p(x)", *parts)
    if x.moved:
        lines += _moves(x.moved)
    elif x.columns and x.decision == "moved":
        lines += _paragraph("", "No single column moved for certain; it is how they go together, or a little of each.")
    elif x.columns:
        lines += _paragraph("", "No single column moved for certain.")
    return lines


def _moves(moves: Sequence[ColumnMove]) -> list[str]:
    shown = moves[:MOST_COLUMNS]
    names = [_cut(m.column, 26) for m in shown]
    width = max(len("what moved"), *(len(n) for n in names))
    cells = [(_cut(m.target, 22), _cut(m.source, 22)) for m in shown]
    wt, ws = (max(6, *(len(c[k]) for c in cells)) for k in (0, 1))
    pad = " " * 4
    lines = [f"{pad}{'what moved':<{width}}  {'target':<{wt}}  {'source':<{ws}}  effect"]
    for name, (t, s), m in zip(names, cells, shown, strict=True):
        lines.append(f"{pad}{name:<{width}}  {t:<{wt}}  {s:<{ws}}  {_effect(m)}")
    if len(moves) > MOST_COLUMNS:
        lines.append(f"{pad}and {len(moves) - MOST_COLUMNS} more")
    return lines


def _effect(m: ColumnMove) -> str:
    size = "large" if m.size >= 0.8 else "medium" if m.size >= 0.5 else "small"
    value = f"{m.effect:+.2f}" if m.measure in ("SMD", "h") else f"{m.effect:.2f}"
    shape = f", KS {m.ks:.2f}" if m.ks is not None and 2 * m.ks > abs(m.effect) else ""
    return f"{m.measure} {value}{shape} ({size})"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _labels(y: LabelShift) -> list[str]:
    if y.decision is None:
        why = "there are no labels" if y.task is None else "only one domain has labels"
        return _paragraph("p(y)", f"cannot be asked: {why}.")
    parts = [VERDICT[y.decision] + "."]
    if y.method == "EM":
        parts.append("Estimated without target labels, as if rows of one class looked the same in both domains.")
    if y.shares:
        parts.append(_shares(y))
    elif y.mean_difference is not None and y.interval is not None and y.spread_ratio is not None:
        parts.append(
            f"The target's labels lie {abs(y.mean_difference):.2f} standard deviations "
            f"{'above' if y.mean_difference >= 0 else 'below'} the source's (difference {y.interval[0]:+.2f} "
            f"to {y.interval[1]:+.2f}), with {y.spread_ratio:.2f} times the spread."
        )
    for names, where in ((y.only_target, "target"), (y.only_source, "source")):
        if names:
            chance = "" if y.same_space is False else ", which chance may explain"
            parts.append(f"Only the {where} has the label {_list(names)}{chance}.")
    if y.method == "EM" and y.given_label == "moved":
        parts.append("But other shares do not explain how the rows differ: this is not to be relied on.")
    elif y.decision == "moved" and y.given_label is not None:
        parts.append(
            {
                "moved": "That is not all: rows of one label look different too.",
                "same": "Rows of one label look the same in both domains."
                if y.method == "labels"
                else "These shares explain how the rows differ.",
                "undetermined": "Whether rows of one label look different cannot be told.",
            }[y.given_label]
        )
    return _paragraph("p(y)", *parts)


def _shares(y: LabelShift) -> str:
    ranked = sorted(y.shares, key=lambda s: -abs(s[1] - s[2]))
    if len(ranked) == 2:
        ranked = [y.shares[1]]
    texts = [
        f"{c}: {100 * t:.0f} % in the target, {100 * s:.0f} % in the source (difference {100 * lo:+.0f} to "
        f"{100 * hi:+.0f} points)"
        for c, t, s, (lo, hi) in ranked[:3]
    ]
    more = f"; and {len(ranked) - 3} more labels" if len(ranked) > 3 else ""
    return "Share of label " + "; ".join(texts) + more + "."


def _concept(c: ConceptShift, d: Diagnosis) -> list[str]:
    if c.decision is None:
        return _paragraph("p(y|x)", "cannot be asked: both domains need labels.")
    verdict = VERDICT[c.decision] + "."
    if "label shift" in d.setting and c.decision == "moved":
        verdict = "moved, as the other shares of the labels make it."
    parts = [verdict]
    if c.overlap is not None and c.overlap < LEAST_OVERLAP:
        parts.append(f"The domains hardly overlap ({100 * c.overlap:.0f} %): no rows at the same x to compare.")
    elif c.size is not None and c.interval is not None:
        parts.append(_size(c, d.task))
        if c.overlap is not None and c.overlap < 0.5:
            parts.append(f"Measured where both domains have rows (overlap {100 * c.overlap:.0f} %).")
    parts.append(_source_model(c))
    return _paragraph("p(y|x)", *parts)


def _size(c: ConceptShift, task: str | None) -> str:
    assert c.size is not None and c.interval is not None
    low, high = c.interval
    if task == "classification":
        text = f"At the same x the probability of a label differs by {100 * c.size:.0f} points ({100 * low:.0f} to "
        text += f"{100 * high:.0f})"
        level = None if c.level is None else f"{100 * c.level:+.0f} points"
    else:
        text = f"At the same x the expected label differs by {c.size:.2f} standard deviations ({low:.2f} to {high:.2f})"
        level = None if c.level is None else f"{c.level:+.2f}"
    if c.decision == "moved" and level is not None and c.form is not None:
        form = f"{100 * c.form:.0f} points" if task == "classification" else f"{c.form:.2f}"
        unit = ""
        if task == "regression" and abs(c.level or 0.0) > max(1.0, 4 * c.form):
            unit = " Nearly all of it is one constant: another level, or another unit."
        return f"{text}: {level} everywhere, and {form} more or less depending on x.{unit}"
    return text + "."


def _source_model(c: ConceptShift) -> str:
    if c.source_model_on_target is None or c.metric is None:
        return ""
    value, low, high = c.source_model_on_target
    text = f"A model of the source alone has {_metric(c)} {value:.2f} ({low:.2f} to {high:.2f}) on the target"
    if c.source_model_on_source is not None:
        text += f", {c.source_model_on_source[0]:.2f} on held-out rows of its own"
    ending = {
        "reversed": f": {AGAINST}" if c.runs_against else ": worse than guessing, so that the relation looks reversed.",
        "none": ": no better than guessing, as far as these rows tell.",
    }
    return text + ending.get(c.relation or "", ".")


def _metric(c: ConceptShift) -> str:
    return {"correlation": "a correlation of"}.get(c.metric or "", str(c.metric))


def _duplicates(d: Diagnosis) -> str:
    assert d.duplicates is not None
    n = d.duplicates
    text = f"{n.n_rows} target rows ({100 * n.share:.1f} %) stand in the source too."
    if n.leak:
        return text + " A LEAK: a score on them would be too good; drop them from one of the two."
    return text + f" That is what coarse columns make ({100 * n.expected:.1f} % of the source's rows repeat within it)."


def _methods(label: str, methods: Sequence[Method]) -> list[str]:
    lines = []
    for k, m in enumerate(methods):
        lines += _paragraph(label if k == 0 else "", f"{m.name}: {m.reason}.")
    return lines
