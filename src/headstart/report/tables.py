"""The rows of the report's tables, as text that is ready to be shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import plots
from .facts import Facts, learns_from_source
from .scale import Scale
from .words import DASH, interval, is_number, number, percent, seconds, signed


def gain_scale(f: Facts) -> Scale:
    """The axis that all candidates share."""
    own = [f.verdict.gain, *f.verdict.interval] if f.verdict is not None else []
    ends = [v for c in ("gain", "gain_low", "gain_high") for v in f.board[c]]
    return Scale.of_gains(own, ends)


def board_rows(f: Facts, scale: Scale) -> list[dict[str, Any]]:
    """The leaderboard: the model first, then each candidate in its order."""
    rows = [_model_row(f, scale)] if f.verdict is not None else []
    for (_, row), is_transfer in zip(f.board.iterrows(), learns_from_source(f.board), strict=True):
        scored = is_number(row["score"])
        is_reference = scored and row["gain"] == row["gain_low"] == row["gain_high"] == 0
        kind = "transfer" if is_transfer else "baseline"
        name = str(row["candidate"])
        note = row["note"] if isinstance(row["note"], str) else ""
        rows.append(
            {
                "name": name,
                "kind": str(row["kind"]),
                "note": note if scored or note else "not scored",
                "role": _role(f, name),
                "css": ("" if scored else "unscored"),
                "score": number(row["score"], f.decimals),
                "gain": signed(row["gain"], f.decimals),
                "interval": interval(row["gain_low"], row["gain_high"], f.decimals)
                if scored and not is_reference
                else "",
                "p_harm": DASH if is_reference else percent(row["p_harm"]),
                "weight": _weight(row["weight"]),
                "share": row["weight"],
                "seconds": seconds(row["seconds"]),
                "strip": plots.strip(row["gain"], row["gain_low"], row["gain_high"], scale, kind=kind)
                if scored
                else "",
                "sort": {k: _key(row[k]) for k in ("score", "gain", "p_harm", "weight", "seconds")},
            }
        )
    return rows


def _model_row(f: Facts, scale: Scale) -> dict[str, Any]:
    v = f.verdict
    low, high = v.interval
    names = {"best": "The best candidate", "strict": "The blend"}
    return {
        "name": names.get(f.policy or "", "The blend"),
        "kind": "chosen anew for each held-out part" + (f"; over {v.baseline}" if v.baseline != v.single else ""),
        "note": "not the model handed over: the policy is strict" if f.fell_back else "",
        "role": "" if f.fell_back else "handed over",
        "css": "model",
        "score": number(v.score, f.decimals),
        "gain": signed(v.gain, f.decimals),
        "interval": interval(low, high, f.decimals),
        "p_harm": percent(v.p_harm),
        "weight": "",
        "share": None,
        "seconds": "",
        "strip": plots.strip(v.gain, low, high, scale, kind="model"),
        "sort": {"score": _key(v.score), "gain": _key(v.gain), "p_harm": _key(v.p_harm), "weight": 2, "seconds": -1},
    }


def _role(f: Facts, name: str) -> str:
    if f.verdict is None:
        return ""
    return {f.verdict.single: "reference", f.verdict.method: f"best {f.with_it}"}.get(name, "")


def _weight(value: Any) -> str:
    if not is_number(value):
        return DASH
    return "0" if value == 0 else percent(value)


def _key(value: Any) -> float:
    """What a column sorts by; unknown values last."""
    return float(value) if is_number(value) else -1e300


def weight_rows(f: Facts) -> list[dict[str, Any]]:
    """What the model is made of: candidates with a weight, the largest first of those with and without the source."""
    if not len(f.board):
        return []
    table = pd.DataFrame(
        {
            "name": f.board["candidate"].astype(str),
            "weight": f.board["weight"].fillna(0.0),
            "from_source": learns_from_source(f.board),
        }
    )
    table = table[table["weight"] > 0].sort_values(["from_source", "weight"], ascending=[False, False], kind="stable")
    total = table["weight"].sum()
    return [
        {
            "name": r["name"],
            "share": r["weight"] / total,
            "text": percent(r["weight"] / total),
            "from_source": bool(r["from_source"]),
        }
        for r in table.to_dict("records")
    ]


def untried_rows(f: Facts) -> list[tuple[str, str]]:
    """Candidates that have no score, and why: no time, or they could not be fitted."""
    bare = f.board[f.board["score"].isna() & (f.board["weight"].fillna(0.0) == 0)]
    return [(str(r["candidate"]), r["note"]) for r in bare.to_dict("records") if isinstance(r["note"], str)]


def data_rows(f: Facts) -> list[dict[str, str]]:
    """The tables that went in: what ``run.json`` says, else what the diagnosis counted."""
    listed = [("target", f.run.get("target"))]
    listed += [("source", s) for s in f.run.get("sources") or ()]
    listed += [("source model, no rows", s) for s in f.run.get("source_models") or ()]
    listed.append(("unlabelled target rows", f.run.get("unlabeled")))
    rows = [recorded(role, r) for role, r in listed if isinstance(r, dict)]
    if rows:
        return rows
    rows = [{"role": "target", "name": f.target, "rows": f"{f.n_target:,}" if f.n_target is not None else DASH}]
    if f.diagnoses:
        rows += [{"role": "source", "name": d.source, "rows": f"{d.n_source:,}"} for d in f.diagnoses]
    elif f.n_source:
        rows.append({"role": "source", "name": f.source, "rows": f"{f.n_source:,}"})
    return [{"labelled": "", "columns": "", "file": "", "sha256": "", **r} for r in rows]


def recorded(role: str, record: dict[str, Any]) -> dict[str, str]:
    """A table that went in, as ``run.json`` tells of it."""

    def whole(key: str) -> str:
        return f"{record[key]:,}" if is_number(record.get(key)) else DASH

    return {
        "role": role,
        "name": str(record.get("name", "")),
        "rows": whole("rows"),
        "labelled": whole("labelled_rows"),
        "columns": whole("columns"),
        "file": str(record.get("file", "")),
        "sha256": str(record.get("sha256", "")),
    }
