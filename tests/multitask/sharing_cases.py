"""Networks, and what holds for every way of sharing over any of them."""

import copy

import torch
from torch import nn

from headstart.multitask import MultiTaskNetwork

TASKS = ("left", "middle", "right")


def rows(n=6, columns=5, seed=0):
    return torch.randn(n, columns, generator=torch.Generator().manual_seed(seed))


def moved(trunk, seed=0, by=0.1):
    """The same trunk with all its weights moved a little, so that tasks differ."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in trunk.parameters():
            p.add_(by * torch.randn(p.shape, generator=generator))
    return trunk


def check_trunk(sharing, backbone, batch, n_tasks, *, all_train=True):
    """The contract of a trunk; it is returned, its weights moved. ``all_train``: each weight has a gradient in eval."""
    tasks = TASKS[:n_tasks]
    state = torch.get_rng_state()
    first, again = (sharing.build(copy.deepcopy(backbone), tasks, seed=4) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))
    trunk = moved(first).eval()
    assert trunk.n_tasks == n_tasks and trunk.n_features == backbone.n_features
    held = [name for group in trunk.groups for name, _ in group.state(trunk)]
    assert sorted(held) == sorted(trunk.state_dict())
    assert len({group.name for group in trunk.groups}) == len(trunk.groups)
    assert set(trunk.speeds) <= {group.name for group in trunk.groups}
    with torch.no_grad():
        out = trunk(batch)
        assert out.shape == (n_tasks, len(out[0]), trunk.n_features)
        for k in range(n_tasks):
            torch.testing.assert_close(trunk.one(batch, k), out[k], rtol=1e-5, atol=1e-6)
        again.load_state_dict(trunk.state_dict())
        assert torch.equal(again.eval()(batch), out)
        assert torch.equal(copy.deepcopy(trunk)(batch), out)
        torch.testing.assert_close(trunk(rows_of(batch, [1])), out[:, [1]], rtol=1e-4, atol=1e-5)
    network = MultiTaskNetwork(trunk, [2] * n_tasks)
    with torch.no_grad():
        moved(network.head)
    heads, tap = network.batched(batch, tapped=trunk.taps)
    assert (tap is not None) == trunk.taps
    sum(h.square().sum() for h in heads).backward()
    if not all_train:
        network.zero_grad()
        return trunk
    assert {p for p in trunk.below() if p.grad is not None} == (set() if trunk.taps else set(trunk.below()))
    if tap is not None:
        tap.go_on(tap.summed())
    gradients = {name: p.grad for name, p in network.named_parameters()}
    assert all(g is not None for g in gradients.values()), [n for n, g in gradients.items() if g is None]
    network.zero_grad()
    # The tap is the long way round to the same gradients.
    sum(network.head.of_task(trunk(batch)[k], k).square().sum() for k in range(n_tasks)).backward()
    for name, p in network.named_parameters():
        torch.testing.assert_close(p.grad, gradients[name], rtol=1e-3, atol=1e-5, msg=name)
    network.zero_grad()
    return trunk


def rows_of(batch, index):
    return {key: value[index] for key, value in batch.items()} if isinstance(batch, dict) else batch[index]


class Unet(nn.Module):
    """A skip connection past its bottom."""

    def __init__(self):
        super().__init__()
        self.down, self.bottom, self.up = nn.Linear(5, 6), nn.Linear(6, 6), nn.Linear(12, 4)

    def forward(self, x):
        h = torch.relu(self.down(x))
        return self.up(torch.cat([h, torch.relu(self.bottom(h))], 1))
