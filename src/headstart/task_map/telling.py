"""What a policy gains over learning without any source, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .beside import EVEN, NO, YES, Beside, Outlook
from .names import some, written

if TYPE_CHECKING:
    from .policy import Policy


def headline(policy: Policy) -> str:
    """For how many targets no gain shows over the best baseline; empty where the map has none."""
    lost = [t for t, b in policy.beside.items() if b.beats != YES]
    over = _baselines(policy.beside.values())
    n = len(policy.beside)
    if not n:
        return ""
    if not lost:
        return f"{_all(list(policy.beside), 'gain')} over {over}."
    if n == 1:
        return f"Target {lost[0]!r} gains nothing that shows over {over}."
    if len(lost) == n:
        return f"None of the {n} targets gains anything that shows over {over}."
    gain = "gains" if len(lost) == 1 else "gain"
    return f"{len(lost)} of {n} targets {gain} nothing that shows over {over}: {_listed(lost)}."


def outlook(found: Mapping[str, Outlook], over: Iterable[Beside]) -> str:
    """The same whatever the budget: for which targets no allowed source is better than none."""
    if not found:
        return ""
    baseline = _baselines(over)
    beaten = [t for t, o in found.items() if o.beats == NO]
    even = [t for t, o in found.items() if o.beats == EVEN]
    lost, n = len(beaten) + len(even), len(found)
    if not lost:
        return f"{_all(list(found), 'can gain')} over {baseline}."
    first = (
        f"Target {(beaten + even)[0]!r} gains"
        if n == 1
        else f"None of the {n} targets gains"
        if lost == n
        else f"{lost} of {n} targets {'gains' if lost == 1 else 'gain'}"
    )
    what = "anything" if n > 1 and lost == n else "nothing"
    why = []
    if beaten:
        why.append(f"no allowed source beats {baseline}{_for(beaten, n)}")
    if even:
        none = "none is shown to beat it" if beaten else f"no allowed source is shown to beat {baseline}"
        why.append(f"{none}{_for(even, n)}")
    return f"{first} {what} that shows, whatever the budget: {', and '.join(why)}."


def idle(policy: Policy) -> list[str]:
    """The chosen sources that serve only targets for which no gain shows."""
    useful = {
        n for t, s in policy.transfers.items() if t not in policy.beside or policy.beside[t].beats == YES for n in s
    }
    return [s for s in policy.sources if s not in useful]


def advice(policy: Policy) -> str:
    """What to supervise, without the sources that bring nothing."""
    vain = idle(policy)
    useful = [s for s in policy.sources if s not in vain]
    if not vain:
        return f"supervise {', '.join(policy.sources)}."
    if not useful:
        return f"nothing to supervise. {', '.join(vain)} would give the largest sum of affinities, and no target gains."
    what = "was chosen too and serves" if len(vain) == 1 else "were chosen too and serve"
    return f"supervise {', '.join(useful)}. {', '.join(vain)} {what} only targets that gain nothing."


def sentences(policy: Policy) -> list[str]:
    """One for each target for which no gain shows: is it the choice, or does no source help?"""
    return [_sentence(t, policy) for t, b in policy.beside.items() if b.beats != YES]


def against(found: Beside) -> str:
    """How a transfer does against the baseline, in a few words."""
    what = _BY_VERDICT.get(found.verdict) or {YES: "beats it", NO: "loses to it", EVEN: "not told apart"}[found.beats]
    if found.win_rate != found.win_rate:
        return what
    rows = "rows" if found.n_rows is None else f"{found.n_rows} rows"
    return f"{what}, {100 * found.win_rate:.0f}% of {rows} won"


# What a map of transfer said of a source, beside its baseline.
_BY_VERDICT = {"helps": "helps", "hurts": "hurts", "undetermined": "undetermined"}


def _sentence(target: str, policy: Policy) -> str:
    found, best = policy.beside[target], policy.outlook[target]
    chosen, name = written(policy.transfers[target]), repr(found.baseline)
    if best.beats == YES:
        other = f"{written(best.sources)} would beat {name}"
        if found.beats == NO:
            return f"{target} is better learnt alone than from {chosen}: {name} beats it; {other}."
        return f"{target} gains nothing that shows: {chosen} is not told apart from {name}{_by(found)}; {other}."
    if found.beats == EVEN:
        return f"{target} gains nothing that shows: {chosen} is not told apart from {name}{_by(found)}."
    if best.beats == EVEN:
        none = f"no allowed source is shown to beat {name}, which beats it"
        return f"{target} is better learnt alone than from {chosen}: {none}."
    return f"{target} is best learnt alone: no allowed source beats {name}."


def _by(found: Beside) -> str:
    if found.n_rows is None:
        return ""
    if found.verdict:
        won = f"{100 * found.win_rate:.0f}% of {found.n_rows} rows won"
        return f" (by the map of transfer, in its metric; {won}, by however little)"
    low, high = 100 * found.low, 100 * found.high
    return f" ({100 * found.win_rate:.0f}% of {found.n_rows} rows won, interval {low:.0f}% to {high:.0f}%)"


def _baselines(found: Iterable[Beside]) -> str:
    names = list(dict.fromkeys(b.baseline for b in found))
    return repr(names[0]) if len(names) == 1 else "their best baselines"


def _all(targets: Sequence[str], verb: str) -> str:
    if len(targets) > 1:
        return f"All {len(targets)} targets {verb}"
    return f"Target {targets[0]!r} {verb if ' ' in verb else verb + 's'}"


def _for(names: Sequence[str], n: int) -> str:
    return "" if n == 1 or len(names) == n else f" for {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return some(names, 8)
