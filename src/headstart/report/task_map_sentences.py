"""What the page of a map of tasks says first: for whom no gain shows, and what to supervise."""

from __future__ import annotations

from typing import Any

from ..task_map import telling
from ..task_map.beside import YES
from .words import joined, percent, plural


def answer(policy: Any, share: float) -> list[str]:
    """First for how many targets no gain shows, where there are baselines; then what to supervise."""
    first = telling.headline(policy)
    return [first, _advice(policy, share)] if first else [_advice(policy, share)]


def gained(policy: Any) -> list[str]:
    """The targets whose transfer beats the best baseline, or that have none."""
    return [t for t in policy.transfers if t not in policy.beside or policy.beside[t].beats == YES]


def _advice(policy: Any, share: float) -> str:
    idle, budget = telling.idle(policy), f"With a budget of {policy.budget:g}"
    useful = [s for s in policy.sources if s not in idle]
    if not useful:
        return (
            f"{budget} there is nothing to supervise: {joined(idle, 30)} would give the largest sum of affinities, and "
            "no target gains."
        )
    told = [f"{budget}, supervise {joined(useful, 30)}, {_learn(policy, useful)}."]
    if idle:
        what = "was chosen too and serves" if len(idle) == 1 else "were chosen too and serve"
        told.append(f"{joined(idle, 30)} {what} only targets that gain nothing.")
    if share == share and len(gained(policy)) == len(policy.transfers):
        told.append(f"That reaches {percent(share)} of the affinity that supervising every source would.")
    return " ".join(told)


def _learn(policy: Any, useful: list[str]) -> str:
    """What is learned from the sources, apart from the targets that are supervised themselves."""
    targets = gained(policy)
    others = [t for t in targets if t not in useful]
    own = len(targets) - len(others)
    these = "it" if len(useful) == 1 else "these"
    if not others:
        return "which is the target itself" if len(targets) == 1 else "which are the targets themselves"
    if len(others) == 1:
        return f"and learn {others[0]} from {these}"
    if own:
        return f"and learn the other {plural(len(others), 'target')} from {these}"
    gain = " that gain" if len(targets) < len(policy.transfers) else ""
    if gain:
        return f"and learn the {plural(len(others), 'target')}{gain} from {these}"
    return f"and learn each of the {plural(len(others), 'target')} from {these}"
