"""Weights of a file into a network: which belong where, and what to say of the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import nn

from ...core.errors import InputError
from .weight_files import Weights

_SHOWN = 3
# A count that only averaging batch statistics without momentum needs; old files lack it.
_COUNTER = "num_batches_tracked"


@dataclass
class Match:
    """What became of the weights: names in the network alone, in the file alone, and those of another shape."""

    weights: Weights = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    reshaped: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    by: str = ""

    def notes(self) -> tuple[str, ...]:
        """What a user has to know, one line each."""
        said = [self.by] if self.by else []
        if self.missing:
            said.append(f"missing in the file, so random: {shown(self.missing)}")
        if self.reshaped:
            each = [f"{name} {theirs} in the file, {ours} in the network" for name, theirs, ours in self.reshaped]
            said.append(f"of another shape, so random: {shown(each, sep='; ')}")
        if self.unexpected:
            said.append(f"in the file, without a place in the network: {shown(self.unexpected)}")
        return tuple(said)

    def refuse_strangers(self, network: str, source: str) -> None:
        """Raise where most weights of the network are not in the file."""
        lost = [*self.missing, *(name for name, _, _ in self.reshaped)]
        if len(lost) <= len(self.weights):
            return
        raise InputError(
            f"{source} is a checkpoint for another architecture than {network}: of its {len(lost) + len(self.weights)} "
            f"tensors {len(lost)} have no fitting weights there. {'. '.join(self.notes())}. "
            "Open the network that the file was made from, or pass its own weights=PATH"
        )


def load_weights(
    module: nn.Module, weights: Weights, *, network: str, source: str, head: Iterable[str] = ()
) -> tuple[str, ...]:
    """Put weights into a network, in place.

    They are matched by name; where the names differ by a beginning (``"module."``, ``"bert."``) without it; where they
    differ altogether, in order, if there are as many and each has the shape of its partner.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    weights : dict
        Tensors by name, in the order of the file.
    network, source : str
        What messages call the two.
    head : iterable of str
        Parts of the network that will be taken off: they may be missing or of another shape, without a word.

    Returns
    -------
    tuple of str
        What was missing, unexpected or of another shape, by name.

    Raises
    ------
    InputError
        Where most weights of the network are missing.
    """
    off = tuple(head)
    ours = {name: t for name, t in module.state_dict().items() if not _under(name, off)}
    match = _by_name(ours, {name: t for name, t in weights.items() if not _under(name, off)})
    if len(match.weights) * 2 <= len(ours):
        in_order = _in_order(module.state_dict(), weights, off)
        match = in_order if in_order is not None else match
    match.refuse_strangers(network, source)
    module.load_state_dict(match.weights, strict=False)
    return match.notes()


def shown(names: Iterable[str], sep: str = ", ") -> str:
    """The first few of some names."""
    names = list(names)
    more = f"{sep}and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return sep.join(names[:_SHOWN]) + more


def _by_name(ours: Weights, theirs: Weights) -> Match:
    best, stripped = theirs, ""
    if len(ours.keys() & theirs.keys()) * 2 <= len(ours):
        for beginning in sorted(
            {".".join(name.split(".")[:i]) + "." for name in theirs for i in (1, 2) if "." in name}
        ):
            without = {name.removeprefix(beginning): t for name, t in theirs.items()}
            if len(ours.keys() & without.keys()) > len(ours.keys() & best.keys()):
                best, stripped = without, beginning
    match = Match(unexpected=[name for name in best if name not in ours])
    for name, tensor in ours.items():
        if name in best and best[name].shape == tensor.shape:
            match.weights[name] = best[name]
        elif name in best:
            match.reshaped.append((name, tuple(best[name].shape), tuple(tensor.shape)))
        elif not name.endswith(_COUNTER):
            match.missing.append(name)
    if stripped and match.weights:
        match.by = f"matched by name without the beginning {stripped!r}"
    return match


def _in_order(ours: Weights, theirs: Weights, off: tuple[str, ...]) -> Match | None:
    """Each tensor of the file for the one at its place in the network, with the head or without, or None."""
    uncounted = [name for name in ours if not name.endswith(_COUNTER)]
    bodies = [[name for name in names if not _under(name, off)] for names in (list(ours), uncounted)]
    for names in (list(ours), uncounted, *bodies):
        if len(names) == len(theirs) and all(
            _under(name, off) or ours[name].shape == tensor.shape
            for name, tensor in zip(names, theirs.values(), strict=True)
        ):
            pairs = [(n, t) for n, t in zip(names, theirs.items(), strict=True) if not _under(n, off)]
            by = (
                f"matched in order, as the names differ and all shapes agree: {len(pairs)} tensors, "
                f"{pairs[0][1][0]} to {pairs[0][0]} and so on"
            )
            return Match(weights={name: tensor for name, (_, tensor) in pairs}, by=by)
    return None


def _under(name: str, parts: tuple[str, ...]) -> bool:
    return any(name == part or name.startswith(part + ".") for part in parts)
