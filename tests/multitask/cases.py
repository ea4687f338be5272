"""Networks, rows and matrices that the tests of weightings share."""

import numpy as np
import torch
from torch import nn

from headstart import multitask as mt

BY_LOSSES = [
    mt.EqualWeighting(),
    mt.UncertaintyWeighting(),
    mt.DynamicWeightAverage(),
    mt.RandomWeighting(),
    mt.GeometricMean(),
    mt.IMTLL(),
    mt.FAMO(),
    mt.STCH(),
]
KINDS = [
    mt.MGDA, mt.PCGrad, mt.GradVac, mt.CAGrad, mt.NashMTL, mt.AlignedMTL, mt.IMTLG, mt.UPGrad, mt.ConFIG, mt.GradDrop,
    mt.GradNorm,
]  # fmt: skip
BY_GRADIENTS = [kind(level=level) for kind in KINDS for level in ("representation", "parameter")]
ALL = BY_LOSSES + BY_GRADIENTS


class Small:
    """An encoder with two heads or more, in float64, on rows that conflict."""

    def __init__(self, n_tasks=3, rows=24, seed=0):
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape):
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        self.encoder = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4)).double()
        self.heads = nn.ModuleList(nn.Linear(4, 1).double() for _ in range(n_tasks))
        with torch.no_grad():
            for p in [*self.encoder.parameters(), *self.heads.parameters()]:
                p.copy_(0.5 * draw(*p.shape))
        self.X, self.Y = draw(rows, 5), draw(rows, n_tasks)
        self.n_tasks = n_tasks

    @property
    def own(self):
        return list(self.heads.parameters())

    def losses(self, read, rows=slice(None), total=None):
        """One a task: its part of the mean over ``total`` rows."""
        found = []
        for k, head in enumerate(self.heads):
            errors = (head(read(k))[:, 0] - self.Y[rows][:, k]).square()
            found.append(errors.mean() if total is None else errors.sum() / total)
        return found

    def step(self, state, *, tapped=True, rows=slice(None), total=None, reduce=None):
        """A step through ``weighted_backward``."""
        z = self.encoder(self.X[rows])
        tap = mt.Tap(z, self.n_tasks) if tapped else None
        losses = self.losses(tap.__getitem__ if tapped else lambda k: z, rows, total)
        shared = self.encoder.parameters()
        return mt.weighted_backward(losses, state, tap=tap, shared=shared, own=self.own, reduce=reduce)

    def take(self):
        """The gradients, as a list of arrays; they are let go."""
        found = [None if p.grad is None else p.grad.clone() for p in [*self.encoder.parameters(), *self.own]]
        for p in [*self.encoder.parameters(), *self.own]:
            p.grad = None
        return found

    def matrix(self, level):
        """The gradients of all tasks, one after the other, as rows: the slow way."""
        rows = []
        for k in range(self.n_tasks):
            z = self.encoder(self.X)
            loss = self.losses(lambda _, z=z: z)[k]
            at = [z] if level == "representation" else list(self.encoder.parameters())
            rows.append(torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, at)]))
        return torch.stack(rows)


def matrices(n_tasks, count=8, seed=0):
    """Matrices of gradients: at random, in one direction, rank deficient, of many lengths."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        J = rng.normal(size=(n_tasks, n_tasks + 5))
        if i % 4 == 1:
            J += 2 * rng.normal(size=J.shape[1])
        if i % 4 == 2:
            J = rng.normal(size=(n_tasks, n_tasks)) - 0.5
        if i % 4 == 3:
            J *= np.exp(rng.normal(size=(n_tasks, 1)))
        yield J
