"""The page of a map of tasks: what to supervise for a budget, who transfers to whom, which tasks are alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..core.errors import InputError, InputTypeError
from . import heat, plots
from . import task_map_pictures as pictures
from .templating import environment, file_of
from .words import count, joined, number, percent, plural
from .writing import write_whole

# The first policy that reaches so much of what all sources together would is drawn, the others are folded.
ENOUGH = 0.9


def render_task_map(tasks: Any, policies: Any = None, run: Mapping[str, Any] | None = None) -> str:
    """The page of a ``TaskMap`` as a string of HTML.

    Parameters
    ----------
    tasks : TaskMap
        The map.
    policies : Policies, default=None
        Its policies for several budgets. None: those for 1 to 10 sources, as far as they reach all targets.
    run : mapping, default=None
        What is known besides: command, versions, name of the table. All of it may be missing.

    Returns
    -------
    str
        One page without a reference to anything outside it.

    Raises
    ------
    InputTypeError
        Where it is no map.
    InputError
        Where ``policies`` holds none.
    """
    if not hasattr(tasks, "best_sources"):
        raise InputTypeError(f"{type(tasks).__name__} is no map of tasks; expected a TaskMap")
    known = dict(run or {})
    if policies is None:
        least, most = int(np.ceil(tasks.least_budget())), len(tasks.sources)
        policies = tasks.policies(range(least, max(least, min(most, 10)) + 1))
    if not len(policies):
        raise InputError("policies holds no policy; expected at least one: tasks.policies(range(1, 4))")
    tree, untold = _tree(tasks)
    order = tree.order if tree is not None else list(tasks.affinity.index)
    rows = [_policy(p, order) for p in policies.values()]
    main = next((r for r in rows if r["share"] >= ENOUGH), rows[-1])
    page = (
        environment()
        .get_template("task_map.html.j2")
        .render(
            css=Markup(file_of("page.css")),
            bar=plots.bar,
            main=main,
            others=[r for r in rows if r is not main],
            rows=rows,
            sentence=_sentence(main),
            affinity=heat.view(
                _compared(tasks.affinity, order), "Affinity of single sources", corner="from", percent=True
            ),
            n_higher=count(len(tasks.higher_order)),
            tree=pictures.tree(tree) if tree is not None else "",
            untold=untold,
            best=[_best(tasks, t) for t in tasks.targets],
            higher=len(tasks.higher_order) > 0,
            measured=_measured(tasks),
            settings=_settings(tasks, known),
            command=known.get("command"),
            versions=known.get("versions") or {},
        )
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def write_task_map(
    path: str | os.PathLike[str], *, tasks: Any, policies: Any = None, run: Mapping[str, Any] | None = None
) -> None:
    """Write the page of a map of tasks as one self-contained HTML file; see ``render_task_map``."""
    write_whole(path, render_task_map(tasks, policies, run))


def _tree(tasks: Any) -> tuple[Any, str]:
    """The tree, or why there is none."""
    try:
        return tasks.tree(), ""
    except InputError as error:
        return None, str(error)


def _compared(affinity: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Each target's sources from 0, its worst, to 1, its best; sources and targets in the order of the tree."""
    low, high = affinity.min(), affinity.max()
    spread = (high - low).where(high > low, 1.0)
    shown = (affinity - low) / spread
    shown.loc[:, high == low] = shown.loc[:, high == low] + 1.0
    columns = [t for t in order if t in shown.columns] + [t for t in shown.columns if t not in set(order)]
    return shown.loc[[s for s in order if s in shown.index], columns].rename_axis(columns=None)


def _policy(found: Any, order: list[str]) -> dict[str, Any]:
    attainable = sum(found.attainable.values())
    reached = sum(found.affinities.values())
    share = _share(reached, attainable)
    return {
        "budget": f"{found.budget:g}",
        "n": plural(len(found.sources), "source"),
        "cost": f"{found.cost:g}",
        "affinity": number(found.affinity),
        "share": share,
        "share_text": percent(share),
        "sources": found.sources,
        "picture": pictures.policy(found, order),
        "transfers": [
            {
                "target": t,
                "sources": " + ".join(s),
                "affinity": number(found.affinities[t]),
                "attainable": number(found.attainable[t]),
                "share": _share(found.affinities[t], found.attainable[t]),
            }
            for t, s in found.transfers.items()
        ],
        "proven": found.gap == 0,
    }


def _share(value: float, best: float) -> float:
    """A share of the attainable; not a number where affinities are not above 0, as of negated losses."""
    return value / best if best > 0 and value >= 0 else float("nan")


def _sentence(main: Mapping[str, Any]) -> str:
    told = (
        f" That reaches {main['share_text']} of the affinity that supervising every source would."
        if main["share"] == main["share"]
        else ""
    )
    return (
        f"With a budget of {main['budget']}, supervise {joined(main['sources'], 30)}, and learn each of the "
        f"{plural(len(main['transfers']), 'target')} from these.{told}"
    )


def _best(tasks: Any, target: str) -> dict[str, str]:
    found = tasks.best_sources(target)
    if found.empty:
        return {"target": target, "single": "", "single_affinity": "", "any": "", "affinity": ""}
    single = found[found["order"] == 1]
    return {
        "target": target,
        "single": str(single["sources"].iloc[0]) if len(single) else "",
        "single_affinity": number(single["affinity"].iloc[0]) if len(single) else "",
        "any": str(found["sources"].iloc[0]),
        "affinity": number(found["affinity"].iloc[0]),
    }


def _measured(tasks: Any) -> list[str]:
    n = plural(len(tasks.transfers), "transfer")
    of = f"{n} from {plural(len(tasks.sources), 'source')} to {plural(len(tasks.targets), 'target')}"
    if tasks.normalize == "scores":
        return [
            f"The map holds {of}. Affinities are taken as they were given; sums over targets mean something where they "
            "are in one unit."
        ]
    gaps = sum(int(np.isnan(w.to_numpy()).sum()) - len(w) for w in tasks.win_rates_.values()) // 2
    texts = [
        f"The map holds {of}. Transfers to a target were compared with each other on the same rows; win rates became "
        "odds, and affinities are the principal eigenvector of their matrix (the Analytic Hierarchy Process of Zamir "
        "et al. 2018). They sum to 1 for each target, baselines included."
    ]
    if gaps:
        texts.append(f"{count(gaps)} pairs of transfers were never compared; affinities rest on the others.")
    return texts


def _settings(tasks: Any, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("Table", str(run.get("table") or "")),
        ("Sources", joined(tasks.sources, 60)),
        ("Targets", joined(tasks.targets, 60)),
        ("Baselines", joined(tasks.baselines, 20)),
        ("Largest order", str(tasks.max_order)),
        ("Limits of the policies", str(run.get("limits") or "")),
        ("Versions", ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items()) or "not recorded"),
    ]
    return [(k, v) for k, v in rows if v]
