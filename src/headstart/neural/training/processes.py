"""Several processes, started by torchrun, that train one network as one process would."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import distributed as dist
from torch import nn

from ...core.errors import InputError
from .device import pick_device

# Numbers in one message between processes: enough to hide its cost, small beside the weights of a large network.
_BUCKET = 1 << 23


class Team:
    """The processes that train together; alone it has one and does nothing.

    Each process computes its share of a batch. Gradients are summed after each was weighted by its rows, so that the
    result is the mean over all rows, also where shares differ by a row.
    """

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device

    @classmethod
    def join(cls, device: str) -> Team:
        """The processes that torchrun started, or this one alone; with the device of this process."""
        if not dist.is_available():
            return cls(0, 1, pick_device(device))
        if not dist.is_initialized():
            if int(os.environ.get("WORLD_SIZE", "1")) < 2:
                return cls(0, 1, pick_device(device))
            chosen = local_device(device)
            dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
            # Left open for the next training; NCCL warns where a process ends with it open.
            atexit.register(_leave)
        else:
            chosen = local_device(device)
        if chosen.type == "mps" and dist.get_world_size() > 1:
            raise InputError(
                "several processes were started on MPS, which has one device; expected device='cpu' or CUDA"
            )
        return cls(dist.get_rank(), dist.get_world_size(), chosen)

    @property
    def _place(self) -> torch.device:
        return self.device if dist.get_backend() == "nccl" else torch.device("cpu")

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        """Those of the rows that this process computes."""
        return rows if self.size == 1 else rows.tensor_split(self.size)[self.rank]

    def add(self, weights: Sequence[nn.Parameter], numbers: Sequence[float]) -> list[float]:
        """Sum the gradients over processes, in place, and ``numbers``, which are returned.

        A weight that no process has a gradient for keeps none; one that some have counts as 0 for the others.
        """
        if self.size == 1:
            return list(numbers)
        there = [float(w.grad is not None) for w in weights]
        summed = self.sums([*numbers, *there])
        reached = [w for w, n in zip(weights, summed[len(numbers) :], strict=True) if n > 0]
        for bucket in _buckets(reached):
            _add_up(bucket)
        return summed[: len(numbers)]

    def sums(self, numbers: Sequence[float]) -> list[float]:
        """Each number summed over processes."""
        if self.size == 1:
            return list(numbers)
        # MPS is refused above, so float64 is at hand.
        message = torch.tensor(list(numbers), dtype=torch.float64, device=self._place)
        dist.all_reduce(message)
        return [float(v) for v in message.tolist()]

    def total(self, tensor: torch.Tensor) -> torch.Tensor:
        """The sum of a tensor over processes, on its device."""
        if self.size == 1:
            return tensor
        message = tensor.to(self._place).contiguous()
        dist.all_reduce(message)
        return message.to(tensor.device)

    def first(self, number: float) -> float:
        """The number of the first process, which so decides for all."""
        return self.sums([number if self.rank == 0 else 0.0])[0]

    def stacked(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensors of all processes, of one shape, along a new first axis; on the CPU."""
        if self.size == 1:
            return tensor[None]
        parts = [torch.empty_like(tensor, device=self._place) for _ in range(self.size)]
        dist.all_gather(parts, tensor.to(self._place))
        return torch.stack(parts).cpu()

    @torch.no_grad()
    def align(self, network: nn.Module) -> None:
        """Give every process the weights and buffers of the first."""
        if self.size == 1:
            return
        for tensor in [*network.parameters(), *network.buffers()]:
            sent = tensor.detach().to(self._place).contiguous()
            dist.broadcast(sent, 0)
            tensor.copy_(sent)

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.size > 1:
            self.sums([0.0])


@contextmanager
def synchronised(network: nn.Module, names: Sequence[str], team: Team) -> Iterator[None]:
    """Batch normalisation of these names over the rows of all processes; the modules are as before afterwards."""
    if team.size == 1 or not names:
        yield
        return
    if team.device.type != "cuda":
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise InputError(
            f"batch normalisation trains (layer {names[0]!r}{more}) in {team.size} processes on "
            f"{team.device.type!r}, where torch cannot share its statistics; expected one process, CUDA devices, or a "
            "plan that freezes the layers that hold it"
        )
    before = [(network.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2]) for name in names]
    kept = [parent._modules[last] for parent, last in before]
    try:
        for (parent, last), module in zip(before, kept, strict=True):
            # Weights and running statistics are the same tensors in both.
            parent._modules[last] = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        yield
    finally:
        for (parent, last), module in zip(before, kept, strict=True):
            module.train(parent._modules[last].training)
            parent._modules[last] = module


def local_device(device: str) -> torch.device:
    """The device of this name; where several processes share a machine, CUDA means the one of this process."""
    chosen = pick_device(device)
    if chosen.type != "cuda" or device not in ("auto", "cuda") or "LOCAL_RANK" not in os.environ:
        return chosen
    chosen = pick_device(f"cuda:{os.environ['LOCAL_RANK']}")
    # NCCL takes the current device, and so does what users write as "cuda".
    torch.cuda.set_device(chosen)
    return chosen


def _buckets(weights: Sequence[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    bucket: list[nn.Parameter] = []
    size = 0
    for w in sorted(weights, key=lambda w: str(w.dtype)):
        if bucket and (size + w.numel() > _BUCKET or w.dtype != bucket[0].dtype):
            yield bucket
            bucket, size = [], 0
        bucket.append(w)
        size += w.numel()
    if bucket:
        yield bucket


@torch.no_grad()
def _add_up(bucket: Sequence[nn.Parameter]) -> None:
    grads = [torch.zeros_like(w) if w.grad is None else w.grad for w in bucket]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    for w, g, part in zip(bucket, grads, flat.split([g.numel() for g in grads]), strict=True):
        g.copy_(part.view(g.shape))
        w.grad = g


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
