"""The page of a map of transfer: who helps whom, who hurts whom, and what was not measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..core.errors import InputTypeError
from ..transfer_map.cell import written
from . import plots, transfer_map_heat
from .scale import Scale
from .templating import environment, file_of
from .transfer_map_words import WORDS
from .words import count, interval, is_number, joined, metric_of, number, p_value, percent, plural, signed
from .writing import write_whole

MOST_ROWS, MOST_NAMED = 200, 20
_CORRECTED = {
    "bh": "Of what is said to help or hurt, at most {share} is expected to be false (Benjamini and Hochberg).",
    "holm": "The chance that a single one of the claims is false is at most {share} (Holm).",
    None: "Each cell is judged by itself: in a map of many cells some claim something by chance alone.",
}


def render_transfer_map(found: Any, run: Mapping[str, Any] | None = None) -> str:
    """The page of a ``TransferMap`` as a string of HTML.

    Parameters
    ----------
    found : TransferMap
        The map.
    run : mapping, default=None
        What is known besides: command, seed, versions, names of the tables. All of it may be missing.

    Returns
    -------
    str
        One page without a reference to anything outside it.

    Raises
    ------
    InputTypeError
        Where it is no map.
    """
    if not hasattr(found, "plain_") or not hasattr(found, "table_"):
        raise InputTypeError(
            f"{type(found).__name__} is no map of transfer; expected what map_transfers or map_tasks gives"
        )
    known = dict(run or {})
    helps, hurts = found.helpful(), found.harmful()
    words = WORDS[found.between]
    unit = metric_of(found.metric).unit if found.metric or not found.metrics else "score"
    page = (
        environment()
        .get_template("transfer_map.html.j2")
        .render(
            css=Markup(file_of("page.css")),
            mark="hurts" if len(hurts) else "helps" if len(helps) else "undetermined",
            answer=_answer(found, len(helps), len(hurts)),
            sentence=_sentence(found, helps, hurts),
            unit=unit,
            words=words,
            metrics=_metrics(found) if unit == "score" else "",
            level=percent(found.level),
            corrected=_corrected(found, len(helps) + len(hurts)),
            leaks=[f"{named(place)}: {why}." for place, why in list(found.leaks_.items())[:MOST_NAMED]],
            gains=transfer_map_heat.gains(found),
            pooled=transfer_map_heat.trusted(found, words["trust_title"]),
            pairs=_pairs(found),
            one_way=int(found.asymmetry()["differs"].sum()),
            boards=_boards(found),
            left_out=_left_out(found),
            settings=_settings(found, known),
            command=known.get("command"),
            versions=known.get("versions") or {},
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def write_transfer_map(path: str | os.PathLike[str], *, found: Any, run: Mapping[str, Any] | None = None) -> None:
    """Write the page of a map of transfer as one self-contained HTML file; see ``render_transfer_map``."""
    write_whole(path, render_transfer_map(found, run))


def _corrected(found: Any, n_claims: int) -> str:
    if not n_claims and found.correction is not None:
        return "Where nothing is claimed, colours are pale: they are what these rows gave, by chance or not."
    return _CORRECTED[found.correction].format(share=percent(1 - found.level))


def _answer(found: Any, n_helps: int, n_hurts: int) -> str:
    n = found.n_measured
    told = [f"{count(n_helps)} {'helps' if n_helps == 1 else 'help'}"] if n_helps else []
    told += [f"{WORDS[found.between]['by_trust']} hurts in {count(n_hurts)}"] if n_hurts else []
    k = len(found.unmeasured_)
    left = f" ({count(k)} more {'was' if k == 1 else 'were'} not measured)" if k else ""
    return f"Of {plural(n, 'transfer')}{left} {', and '.join(told) if told else 'none surely helps or hurts'}"


def _sentence(found: Any, helps: pd.DataFrame, hurts: pd.DataFrame) -> str:
    told = []
    most, worst = ("most", "the largest sure loss") if found.metric else ("most surely", "the surest loss")
    if len(helps):
        r = helps.iloc[0]
        told.append(f"{r['sources']} brings {most}, {signed(r['gain'])} {_unit(found, r['target'])} to {r['target']}.")
    if len(hurts):
        r = hurts.iloc[0]
        act = WORDS[found.between]["who_trusts"].format(source=r["sources"], target=r["target"])
        change = signed(r[f"{WORDS[found.between]['column']}_gain"])
        told.append(f"Whoever {act} changes its {_unit(found, r['target'])} by {change}, {worst}.")
    if not told:
        return "That does not say that no source helps: with few target rows intervals are wide."
    return " ".join(told)


def _unit(found: Any, target: str) -> str:
    return metric_of(found.metrics[target]).unit


def _metrics(found: Any) -> str:
    """Which targets are scored by which metric."""
    used = dict.fromkeys(found.metrics.values())
    return "; ".join(
        f"{metric_of(m).unit}: {joined([t for t, own in found.metrics.items() if own == m], MOST_NAMED)}" for m in used
    )


def _pairs(found: Any) -> list[dict[str, Any]]:
    table = found.asymmetry()
    return [
        {
            "a": r["a"],
            "b": r["b"],
            "there": _direction(r["gain_a_to_b"], r["a_to_b"], found),
            "back": _direction(r["gain_b_to_a"], r["b_to_a"], found),
            "difference": signed(r["difference"]),
            "differs": bool(r["differs"]),
        }
        for r in table.head(MOST_NAMED).to_dict("records")
    ]


def _direction(gain: float, verdict: str, found: Any) -> str:
    """The weighed gain and what is claimed; a claim of harm is of trusting the source."""
    claim = {"helps": ", helps", "hurts": f"; {WORDS[found.between]['trusting']} hurts"}
    return signed(gain) + claim.get(verdict, "")


def _boards(found: Any) -> list[dict[str, Any]]:
    """A table of transfers for each metric: gains in different ones have no axis in common."""
    table = found.table_[found.table_["verdict"] != ""].sort_values("gain", ascending=False, kind="stable")
    metric = table["target"].map(found.metrics)
    names = dict.fromkeys(found.metrics.values())
    return [_board(table[metric == name], found, metric_of(name).unit if len(names) > 1 else "") for name in names]


def _board(table: pd.DataFrame, found: Any, unit: str) -> dict[str, Any]:
    shown, trust = table.head(MOST_ROWS), WORDS[found.between]["column"]
    finite = shown[np.isfinite(shown["low"]) & np.isfinite(shown["high"])]
    scale = Scale.of_gains(finite["gain"].tolist(), finite[["gain", "low", "high"]].to_numpy().ravel().tolist())
    rows = []
    for r in shown.to_dict("records"):
        ends_known = is_number(r["low"]) and is_number(r["high"])
        rows.append(
            {
                "source": r["sources"],
                "method": r["method"],
                "target": r["target"],
                "decision": "helps" if r["verdict"] == "helps" else "undetermined",
                "hurts": bool(r[f"{trust}_hurts"]),
                "strip": plots.strip(r["gain"], r["low"], r["high"], scale, kind="transfer") if ends_known else "",
                "gain": signed(r["gain"]),
                "interval": interval(r["low"], r["high"]),
                "p_helps": p_value(r["p_helps"]),
                "pooling": signed(r[f"{trust}_gain"]),
                "pooling_interval": interval(r[f"{trust}_low"], r[f"{trust}_high"]),
                "p_hurts": p_value(r["p_hurts"]),
                "repeats": str(r["repeats"]),
            }
        )
    return {
        "unit": unit,
        "rows": rows,
        "axis": plots.strip_axis(scale, plots.NARROW),
        "left_out": len(table) - len(shown),
        "uneven": shown["repeats"].nunique() > 1,
    }


def named(place: Any) -> str:
    """A cell by its sources and target."""
    names, target = place
    return f"{written(names)} to {target}"


def _left_out(found: Any) -> list[tuple[str, str]]:
    rows = []
    if found.unmeasured_:
        rows.append(("Not measured, the time was up", joined(map(named, found.unmeasured_), MOST_NAMED)))
    rows += [(f"Not tried: {named(place)}", why) for place, why in list(found.untried_.items())[:MOST_NAMED]]
    if len(found.untried_) > MOST_NAMED:
        rows.append(("Not tried", f"{len(found.untried_) - MOST_NAMED} more"))
    return rows + [
        (f"{WORDS[found.between]['left_out']}: {name}", f"It {why}.") for name, why in found.skipped_.items()
    ]


def _settings(found: Any, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows_of = found.table_.groupby("target", sort=False)["n_target"].max()
    rows_from = found.table_[found.table_["n_source"] > 0].groupby("sources", sort=False)["n_source"].max()
    rows = [
        ("Tables", ", ".join(f"{t['name']}, {plural(int(t['rows']), 'row')}" for t in run.get("tables") or ())),
        (WORDS[found.between]["used"], joined([f"{name} {number(n, 0)}" for name, n in rows_of.items()], MOST_NAMED)),
        (
            WORDS[found.between]["used_source"],
            joined([f"{name} {number(n, 0)}" for name, n in rows_from.items()], MOST_NAMED),
        ),
        ("Repeats, at most", str(found.repeats)),
        ("Time limit", str(run.get("time_limit") or "")),
        ("Seed", str(run["seed"]) if run.get("seed") is not None else "not recorded"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items()) or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]
