"""A network for each task: the distances against the equations, and what they do."""

import numpy as np
import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart import multitask as mt
from headstart.core.errors import InputError, InputTypeError
from headstart.multitask.sharing.distance import squared, trace_norm

TASKS = ["left", "middle", "right"]


def backbone():
    return hn.small_backbone("table", (6,), width=8)


def stirred(trunk, size=0.2):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in trunk.parameters():
            p.add_(torch.randn(p.shape, generator=generator), alpha=size)
    return trunk.double()


def by_hand(trunk, distance, names):
    total = torch.zeros((), dtype=torch.float64)
    for name in names:
        rows = torch.stack([dict(net.named_parameters())[name].flatten() for net in trunk.encoder])
        if distance == "l2":
            mean = sum(rows) / len(rows)
            total = total + sum(((row - mean) ** 2).sum() for row in rows)
        else:
            total = total + torch.linalg.svdvals(rows).sum()
    return total


@pytest.mark.parametrize("distance", ["l2", "trace-norm"])
@pytest.mark.parametrize("layers", [None, ("0",)])
def test_the_penalty_and_its_gradient_are_those_of_the_equations(distance, layers):
    whole = backbone()
    groups = [g for g in whole.groups if layers is None or g.name in layers]
    names = [n for n, _ in whole.module.named_parameters() if any(g.holds(n) for g in groups)]
    trunk = stirred(mt.SoftSharing(distance, 0.3, layers).build(whole, TASKS, seed=0))
    weights = list(trunk.parameters())
    penalty, expected = trunk.penalty(), 0.3 * by_hand(trunk, distance, names)
    torch.testing.assert_close(penalty, expected)
    got = torch.autograd.grad(penalty, weights, allow_unused=True)
    theirs = torch.autograd.grad(expected, weights, allow_unused=True)
    assert any(g is not None for g in got)
    for a, b in zip(got, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b)


def test_networks_that_are_alike_are_at_no_distance_and_keep_a_finite_gradient():
    trunk = mt.SoftSharing().build(backbone(), TASKS, seed=0)
    assert trunk.penalty() < 1e-10
    rows = [torch.tensor([[3.0, 4.0]], requires_grad=True) for _ in range(2)]
    found = trace_norm([rows])
    found.backward()
    # One direction of length 5 * sqrt(2); a row may shrink, and nothing draws it aside.
    torch.testing.assert_close(found.detach(), torch.tensor(50.0).sqrt())
    for row in rows:
        torch.testing.assert_close(row.grad, torch.tensor([[3.0, 4.0]]) / 50**0.5)


def test_a_small_difference_is_drawn_away_by_the_trace_norm_as_strongly_as_a_large_one():
    for size in (1e-1, 1e-3, 1e-5):
        rows = [torch.tensor([1.0, size], requires_grad=True), torch.tensor([1.0, -size], requires_grad=True)]
        trace_norm([rows]).backward()
        torch.testing.assert_close(rows[0].grad, torch.tensor([2.0, 2.0]).sqrt() / 2, rtol=1e-4, atol=0)


def test_weights_of_zero_have_a_gradient_of_zero_and_nan_stays_nan():
    rows = [torch.zeros(4, requires_grad=True) for _ in range(3)]
    trace_norm([rows]).backward()
    assert not any(row.grad.any() for row in rows)
    assert torch.isnan(trace_norm([[torch.ones(2), torch.full((2,), torch.nan)]]))
    assert torch.isnan(squared([[torch.ones(2), torch.full((2,), torch.nan)]]))


def test_a_strong_penalty_draws_the_tasks_to_one_network():
    ends = []
    for strength in (0.0, 10.0):
        trunk = mt.SoftSharing(strength=strength).build(backbone(), ["up", "down"], seed=0)
        optimizer = torch.optim.SGD(trunk.parameters(), lr=0.02)
        X = torch.randn(32, 6, generator=torch.Generator().manual_seed(0))
        for _ in range(30):
            up, down = trunk(X).mean((1, 2))
            loss = (up - 1).square() + (down + 1).square()
            penalty = trunk.penalty()
            assert (penalty is None) == (strength == 0)
            optimizer.zero_grad()
            (loss if penalty is None else loss + penalty).backward()
            optimizer.step()
        ends.append(trunk.learnt()["distance between tasks"].loc["up", "down"])
    assert 0 < ends[1] < 0.1 * ends[0]


def test_tasks_start_alike_go_apart_and_their_networks_run_alone():
    trunk = mt.SoftSharing().build(backbone(), TASKS, seed=0).eval()
    X, calls = torch.ones(2, 6), []
    for k, network in enumerate(trunk.encoder):
        network.register_forward_hook(lambda *_, k=k: calls.append(k))
    with torch.no_grad():
        start = trunk(X)
        assert torch.equal(start[0], start[1]) and torch.equal(start[0], start[2])
        calls.clear()
        assert torch.equal(trunk.one(X, 1), start[1]) and calls == [1]
        next(trunk.encoder[1].parameters()).add_(1)
        end = trunk(X)
    assert torch.equal(end[0], start[0]) and not torch.equal(end[1], start[1])
    trunk(X)[2].sum().backward()
    assert not any(p.grad.any() for k in (0, 1) for p in trunk.encoder[k].parameters())


def test_frozen_weights_take_no_part():
    trunk = stirred(mt.SoftSharing("trace-norm").build(backbone(), TASKS, seed=0))
    names = [name for name, _ in trunk.encoder[0].named_parameters()]
    for network in trunk.encoder:
        dict(network.named_parameters())[names[0]].requires_grad_(False)
    torch.testing.assert_close(trunk.penalty(), 0.01 * by_hand(trunk, "trace-norm", names[1:]))
    trunk.requires_grad_(False)
    assert trunk.penalty() is None


def test_distances_are_told_by_pairs_and_by_layer():
    whole = backbone()
    trunk = stirred(mt.SoftSharing().build(whole, TASKS, seed=0))
    tables = trunk.learnt()
    flat = np.stack([torch.cat([p.detach().flatten() for p in net.parameters()]).numpy() for net in trunk.encoder])
    length = np.linalg.norm(flat.mean(0))
    expected = np.array([[np.linalg.norm(a - b) for b in flat] for a in flat]) / length
    pairs = tables["distance between tasks"]
    assert pairs.index.tolist() == pairs.columns.tolist() == TASKS
    np.testing.assert_allclose(pairs, expected, atol=1e-12)
    layers = tables["distance from the mean"]
    assert layers.index.tolist() == [g.name for g in whole.groups] and layers.columns.tolist() == TASKS
    of = whole.groups[0]
    first = np.stack(
        [np.concatenate([p.detach().numpy().ravel() for _, p in of.parameters(net)]) for net in trunk.encoder]
    )
    mean = first.mean(0)
    np.testing.assert_allclose(layers.iloc[0], [np.linalg.norm(row - mean) / np.linalg.norm(mean) for row in first])


def test_layers_without_parameters_are_left_out_and_buffers_stay_each_task_s_own():
    module = nn.Sequential(nn.BatchNorm1d(4, affine=False), nn.Linear(4, 3))
    trunk = mt.SoftSharing().build(hn.open_backbone(module), TASKS, seed=0).train()
    assert trunk.penalty() < 1e-10
    trunk(torch.arange(12.0).reshape(3, 4))
    means = [b for name, b in trunk.named_buffers() if name.endswith("running_mean")]
    assert len({m.data_ptr() for m in means}) == 3 and all(m.any() for m in means)
    assert trunk.learnt()["distance from the mean"].notna().all(axis=None)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: mt.SoftSharing("l1"), InputError, "distance is 'l1'; expected 'l2' or 'trace-norm'"),
        (lambda: mt.SoftSharing(strength=-1), InputError, "strength is -1; expected a number, at least 0"),
        (lambda: mt.SoftSharing(strength=float("nan")), InputError, "strength is nan; expected a number"),
        (lambda: mt.SoftSharing(layers="0"), InputTypeError, r"layers is '0'; expected a sequence of names: \['0'\]"),
        (
            lambda: mt.SoftSharing(layers=["conv*"]).build(backbone(), TASKS, seed=0),
            InputError,
            r"no layer is called 'conv\*'; expected some of, or patterns of: '0'",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
