"""The calls of a network's parts, caught for the time of one pass: computed, kept, or answered with what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ...core.errors import InputError
from .outputs import mapped

# What layers gave, call by call, with the states of the random generators then.
Kept = dict[str, list[tuple[Any, Any]]]
# Where torch looks first when a module is called, before any hook.
_IMPL = "_compiled_call_impl"


class Reached(BaseException):
    """A cut was reached; no error, so that no ``except Exception`` of a network's own stops it."""

    def __init__(self, output: Any) -> None:
        self.output = output


class Calls:
    """The calls of one pass: up to the layer ``until``, after a value was ``given`` behind another."""

    def __init__(self, passage: Any, until: str | None, given: str | None, instead: Mapping[str, Any]) -> None:
        self.passage, self.until, self.given, self.instead = passage, until, given, instead
        self.counts: dict[str, int] = {}
        self.found: Kept = {}
        self.inside = False
        self.present = None
        if given is not None:
            self.present = passage.draws.now()
            passage.draws.put_back(passage.began)

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Let the calls of all parts come here, hooks and all; afterwards they are as before."""
        before = {}
        try:
            for name, part in self.passage.caught.items():
                before[name] = part.__dict__.get(_IMPL, self)
                part.__dict__[_IMPL] = self._caller(name, part, before[name])
            yield
        finally:
            for name, own in before.items():
                if own is self:
                    del self.passage.caught[name].__dict__[_IMPL]
                else:
                    self.passage.caught[name].__dict__[_IMPL] = own

    def _caller(self, name: str, part: nn.Module, own: Any) -> Any:
        through: Any = own if own is not self and own is not None else part._call_impl
        other = self.instead.get(name)
        if isinstance(other, nn.Module):
            through = other

        def call(*args: Any, **kwargs: Any) -> Any:
            return through(*args, **kwargs) if self.inside else self._call(name, through, args, kwargs)

        return call

    def _call(self, name: str, through: Any, args: Any, kwargs: Any) -> Any:
        count = self.counts.get(name, 0)
        self.counts[name] = count + 1
        kept = self.passage.kept.get(name, ())
        if count < len(kept):
            output, state = kept[count]
            return self._again(name, output, state)
        if name in self.passage.at:
            self._check(name, count)
        self.inside = True
        try:
            output = through(*args, **kwargs)
        finally:
            self.inside = False
        if name == self.until:
            raise Reached(output)
        if self.until is None:
            return output
        self.found.setdefault(name, list(kept)).append((output, self.passage.draws.now()))
        # What follows may change it in place, as ReLU(inplace=True) does.
        return mapped(output, torch.Tensor.clone)

    def _again(self, name: str, output: Any, state: Any) -> Any:
        if name == self.given:
            self.end()
            return mapped(output, torch.Tensor.clone)
        if self.present is not None:
            self.passage.draws.put_back(state)
        # Without a version nothing tells whether it is changed in place.
        return mapped(output, lambda t: t.clone() if t.is_inference() else t)

    def end(self) -> None:
        """From here on nothing is computed again."""
        if self.present is not None:
            self.passage.draws.put_back(self.present)
            self.present = None

    def _check(self, name: str, count: int) -> None:
        if count:
            raise InputError(
                f"layer {name!r} runs more than once in a pass, so that there is no one place behind it; expected a "
                "layer that runs once"
            )
        if name != self.until:
            raise InputError(
                f"layer {name!r} runs before layer {self.until!r}; expected layers in the order in which they run"
            )


@contextmanager
def swapped(module: nn.Module, instead: Mapping[str, Any]) -> Iterator[None]:
    """Let weights and buffers stand in for those of the same name."""
    swapped = []
    try:
        for name, tensor in instead.items():
            if isinstance(tensor, torch.Tensor):
                owner, _, own = name.rpartition(".")
                part = module.get_submodule(owner)
                place = part._parameters if own in part._parameters else part._buffers
                swapped.append((place, own, place[own]))
                place[own] = tensor  # type: ignore[assignment]
        yield
    finally:
        for place, own, tensor in swapped:
            place[own] = tensor
