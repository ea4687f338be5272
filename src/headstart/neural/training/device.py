"""Where and how precisely a network is computed, and the random states there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from ...core.errors import InputError


def pick_device(name: str = "auto") -> torch.device:
    """The device of this name; "auto" takes CUDA, else MPS, else the CPU.

    Raises
    ------
    InputError
        Where this machine has no such device.
    """
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind, there in has.items() if there)
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise InputError(
            f"device is {name!r}; expected 'auto' or a name of torch, such as 'cpu', 'cuda:0' or 'mps'"
        ) from error
    if not has.get(device.type, False):
        there = ", ".join(repr(kind) for kind, is_there in has.items() if is_there)
        raise InputError(f"device is {name!r}, which torch does not find here; expected one of {there}, or 'auto'")
    if device.type == "cuda":
        count = torch.cuda.device_count()
        device = torch.device("cuda", torch.cuda.current_device() if device.index is None else device.index)
        if device.index >= count:
            raise InputError(
                f"device is {name!r}; expected one of the {count} CUDA devices, 'cuda:0' to 'cuda:{count - 1}'"
            )
    return device


def pick_precision(name: str, device: torch.device) -> str:
    """The precision of this name; "auto" is bfloat16 on CUDA devices made for it, else float32."""
    if name != "auto":
        return name
    # Compute capability 8 (Ampere) is the first with bfloat16 units; older devices emulate it, slowly.
    fast = device.type == "cuda" and (torch.version.hip or torch.cuda.get_device_capability(device)[0] >= 8)
    return "bfloat16" if fast else "float32"


def computing(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[object]]:
    """Makes the context in which the loss is computed."""
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


def random_states(device: torch.device) -> dict[str, torch.Tensor]:
    """The states of torch's global generators of the CPU and ``device``."""
    found = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        found["mps"] = torch.mps.get_rng_state()
    return found


def set_random_states(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Put the generators back into these states."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif "mps" in states:
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def own_random_state(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators, and put their states back afterwards."""
    before = random_states(device)
    try:
        # torch.manual_seed would seed the other devices of the machine too.
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        yield
    finally:
        set_random_states(before, device)


def drawn_generator() -> torch.Generator:
    """A generator whose seed is drawn from torch's own, which checkpoints hold: a resumed training draws the same."""
    return torch.Generator().manual_seed(int(torch.randint(1 << 62, ())))
