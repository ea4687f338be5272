"""A boosting model of the source, continued on the target: what was kept of it, and what was added."""

from __future__ import annotations

from typing import Any

from .encoded import short
from .words import count, percent, plural


def is_one(estimator: Any) -> bool:
    """Whether an estimator continues a boosting model."""
    return hasattr(estimator, "n_source_trees_") and hasattr(estimator, "n_new_trees_")


def view(estimator: Any) -> dict[str, Any]:
    """Headline and, where the share of the source was chosen on target rows, the loss of each share."""
    kept, new, share = int(estimator.n_source_trees_), int(estimator.n_new_trees_), float(estimator.shrinkage_)
    added = f"{plural(new, 'round')} of boosting on target rows {'was' if new == 1 else 'were'} added"
    table = _table(estimator)
    told = {"table": table, "about": _about(estimator, table)}
    if not kept or share <= 0:
        return {"headline": f"nothing was carried over from the source; {added}", **told}
    whole = "" if share == 1 else f", with {percent(share)} of what they say"
    rounds = f"all {count(kept)} boosting rounds of the source were kept" if kept > 1 else "its one round was kept"
    return {"headline": f"{rounds}{whole}; {added if new else 'none was added'}", **told}


def _about(estimator: Any, table: dict[str, Any] | None) -> str:
    """Why the share with the least loss need not be the chosen one."""
    trust = float(estimator.source_trust)
    if table is None or len(table["rows"]) < 2 or trust == 0:
        return ""
    return (
        "The source is believed until target rows speak against it, since the folds of few rows often do so by chance: "
        f"to be dropped, its loss over all target rows together has to be {trust:g} nats above that without it "
        "(source_trust), for each part of it in proportion. So the chosen share need not have the least loss."
    )


def _table(estimator: Any) -> dict[str, Any] | None:
    path = getattr(estimator, "path_", None)
    if path is None:
        return None
    best = path.loc[path.groupby("shrinkage")["loss"].idxmin()].sort_values("shrinkage", ascending=False)
    rows = [
        {
            "share": "none of it" if r["shrinkage"] == 0 else percent(r["shrinkage"]),
            "trees": count(r["trees"]),
            "loss": short(float(r["loss"])),
            "chosen": bool(r["shrinkage"] == estimator.shrinkage_),
        }
        for r in best.to_dict("records")
    ]
    return {"kind": "boosting", "rows": rows}
