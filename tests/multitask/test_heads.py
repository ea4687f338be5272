"""Heads as one batched operation, against one ``nn.Linear`` a task."""

import copy

import pytest
import torch
from torch import nn

from headstart.multitask.heads import Heads

SIZES = [3, 1, 3, 2, 1, 3]


def both(sizes=SIZES):
    """Heads, and one ``nn.Linear`` a task with the same weights."""
    generator = torch.Generator().manual_seed(0)
    heads, apart = Heads(5, sizes), nn.ModuleList(nn.utils.skip_init(nn.Linear, 5, size) for size in sizes)
    with torch.no_grad():
        for k, one in enumerate(apart):
            for mine, theirs in zip(heads.of(k), (one.weight, one.bias), strict=True):
                theirs.copy_(torch.randn(theirs.shape, generator=generator))
                mine.copy_(theirs)
    return heads, apart, torch.randn(7, 5, generator=generator)


def compare(heads, apart, got, expected, read, features):
    """Values, and gradients of a loss that treats no two outputs alike."""
    total, other = torch.zeros(()), torch.zeros(())
    for k, (a, b) in enumerate(zip(got, expected, strict=True)):
        torch.testing.assert_close(a, b)
        total, other = total + (k + 1) * a.pow(3).sum(), other + (k + 1) * b.pow(3).sum()
    total.backward()
    other.backward()
    torch.testing.assert_close(read.grad, features.grad, rtol=1e-4, atol=1e-4)
    for batch, tasks in enumerate(heads.places):
        for place, k in enumerate(tasks):
            torch.testing.assert_close(heads.weights[batch].grad[place], apart[k].weight.grad)
            torch.testing.assert_close(heads.biases[batch].grad[place], apart[k].bias.grad)


@pytest.mark.parametrize("sizes", [SIZES, [2, 2, 2], [1]])
def test_on_features_that_all_read(sizes):
    heads, apart, X = both(sizes)
    read, features = X.clone().requires_grad_(), X.clone().requires_grad_()
    compare(heads, apart, heads.apart(heads(read)), [one(features) for one in apart], read, features)


@pytest.mark.parametrize("sizes", [SIZES, [2, 2, 2], [1]])
def test_on_features_of_each_task(sizes):
    heads, apart, X = both(sizes)
    stacked = torch.stack([X * (k + 1) for k in range(len(sizes))])
    read, features = stacked.clone().requires_grad_(), stacked.clone().requires_grad_()
    expected = [one(features[k]) for k, one in enumerate(apart)]
    compare(heads, apart, heads.apart(heads(read)), expected, read, features)


def test_one_task_alone():
    heads, apart, X = both()
    for k, one in enumerate(apart):
        torch.testing.assert_close(heads.of_task(X, k), one(X))


def test_places_are_those_of_one_size_and_heads_start_at_zero():
    heads = Heads(5, SIZES)
    assert heads.places == [[0, 2, 5], [1, 4], [3]]
    assert [out.shape for out in heads(torch.ones(7, 5))] == [(3, 7, 3), (2, 7, 1), (1, 7, 2)]
    assert not any(p.any() for p in heads.parameters())


def test_copies_and_states_hold_all():
    heads, apart, X = both()
    fresh = Heads(5, SIZES)
    fresh.load_state_dict(heads.state_dict())
    other = copy.deepcopy(heads)
    with torch.no_grad():
        other.of(1)[0].add_(1)
    for k, one in enumerate(apart):
        torch.testing.assert_close(fresh.of_task(X, k), one(X))
        assert torch.equal(other.of(k)[0], one.weight) == (k != 1)
