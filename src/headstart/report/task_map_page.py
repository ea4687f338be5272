"""The page of a map of tasks: what to supervise for a budget, who transfers to whom, which tasks are alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from ..core.errors import InputError, InputTypeError
from ..task_map import telling
from . import plots, task_map_heat
from . import task_map_pictures as pictures
from . import task_map_sentences as sentences
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
    beside = {(r.target, r.sources): r for r in tasks.against_baselines().itertuples()}
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
            answer=sentences.answer(main["policy"], main["share"]),
            outlook=policies.outlook,
            affinity=task_map_heat.affinities(tasks, order),
            baselines=joined([f"\u201c{b}\u201d" for b in tasks.baselines]),
            n_higher=count(len(tasks.higher_order)),
            tree=pictures.tree(tree) if tree is not None else "",
            untold=untold,
            best=[_best(tasks, t, beside) for t in tasks.targets],
            compared=bool(beside),
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


def _policy(found: Any, order: list[str]) -> dict[str, Any]:
    attainable = sum(found.attainable.values())
    reached = sum(found.affinities.values())
    share = _share(reached, attainable)
    gain = f"{len(sentences.gained(found))} of {len(found.transfers)}" if found.beside else ""
    return {
        "budget": f"{found.budget:g}",
        "n": plural(len(found.sources), "source"),
        "cost": f"{found.cost:g}",
        "affinity": number(found.affinity),
        "share": share,
        # A share of what all sources would reach says nothing good where that is less than no source does.
        "reached": len(sentences.gained(found)) / len(found.transfers) if gain else share,
        "reached_text": gain or percent(share),
        "policy": found,
        "sources": [f"({s})" if s in telling.idle(found) else s for s in found.sources],
        "idle": bool(telling.idle(found)),
        "gain": gain,
        "said": telling.sentences(found),
        "picture": pictures.policy(found, order),
        "transfers": [
            {
                "target": t,
                "sources": " + ".join(s),
                "affinity": number(found.affinities[t]),
                "attainable": number(found.attainable[t]),
                "share": _share(found.affinities[t], found.attainable[t]) if t in sentences.gained(found) else np.nan,
                **_against(found.beside.get(t)),
            }
            for t, s in found.transfers.items()
        ],
        "proven": found.gap == 0,
    }


def _against(found: Any) -> dict[str, str]:
    """The cells of a table that hold a transfer against the best baseline of its target."""
    if found is None:
        return {"baseline": "", "baseline_affinity": "", "against": ""}
    level = getattr(found, "baseline_affinity", None)
    return {
        "baseline": found.baseline,
        "baseline_affinity": number(found.affinity if level is None else level),
        "against": telling.against(found),
    }


def _share(value: float, best: float) -> float:
    """A share of the attainable; not a number where affinities are not above 0, as of negated losses."""
    return value / best if best > 0 and value >= 0 else float("nan")


def _best(tasks: Any, target: str, beside: Mapping[tuple[str, str], Any]) -> dict[str, str]:
    found = tasks.best_sources(target)
    if found.empty:
        return {"target": target, "single": "", "single_affinity": "", "any": "", "affinity": "", **_against(None)}
    single = found[found["order"] == 1]
    return {
        "target": target,
        "single": str(single["sources"].iloc[0]) if len(single) else "",
        "single_affinity": number(single["affinity"].iloc[0]) if len(single) else "",
        "any": str(found["sources"].iloc[0]),
        "affinity": number(found["affinity"].iloc[0]),
        **_against(beside.get((target, str(found["sources"].iloc[0])))),
    }


def _measured(tasks: Any) -> list[str]:
    n = plural(int((~tasks.transfers["sources"].isin([(b,) for b in tasks.baselines])).sum()), "transfer")
    chance = _chance(tasks)
    of = f"{n} from {plural(len(tasks.sources), 'source')} to {plural(len(tasks.targets), 'target')}"
    if tasks.normalize == "scores":
        return [
            f"The map holds {of}. Affinities are taken as they were given; sums over targets mean something where they "
            "are in one unit.",
            *chance,
        ]
    gaps = sum(int(np.isnan(w.to_numpy()).sum()) - len(w) for w in tasks.win_rates_.values()) // 2
    texts = [
        f"The map holds {of}. Transfers to a target were compared with each other on the same rows; win rates became "
        "odds, and affinities are the principal eigenvector of their matrix (the Analytic Hierarchy Process of Zamir "
        "et al. 2018). They sum to 1 for each target, baselines included."
    ]
    if gaps:
        texts.append(f"{count(gaps)} pairs of transfers were never compared; affinities rest on the others.")
    return texts + chance


def _chance(tasks: Any) -> list[str]:
    """What a claim about a baseline rests on."""
    if not tasks.baselines:
        return []
    if tasks.transfers["verdict"].ne("").any():
        return [
            "Whether a source helps or hurts is what the map of transfer says that the scores come from: it goes by "
            "the gain in each target's metric, over folds, corrected for the number of transfers. A win rate counts "
            "rows, however little each is won by."
        ]
    if tasks.rows_:
        return [
            "A source beats a baseline, or loses to it, where the interval (Wilson's) of its win rate over the rows "
            "that both were scored on lies above or below one half, and its mean score does not say the contrary. The "
            "intervals are so wide that in 90% of such maps all of them are right."
        ]
    return ["How many rows were compared is not known, so chance is not reckoned with where a source beats a baseline."]


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
