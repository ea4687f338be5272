"""Experts and gates, against the equations of the papers: one row, one task, one expert at a time."""

import numpy as np
import pytest
import torch

import headstart.neural as hn
from headstart import multitask as mt
from headstart.core.errors import InputError

TASKS = ["left", "middle", "right"]


def trunk_of(way, seed=0):
    """A trunk with weights as after a training, and rows for it."""
    trunk = way.build(hn.small_backbone("table", (6,), width=8), TASKS, seed=seed)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in trunk.parameters():
            p.add_(torch.randn(p.shape, generator=generator), alpha=0.3)
    return trunk.double().eval(), torch.randn(4, 6, generator=generator).double()


def arrays(module):
    return {name: p.detach().numpy() for name, p in module.named_parameters()}


def expert(P, name, group, i, x):
    return np.maximum(P[f"{name}.weight"][group, i] @ x + P[f"{name}.bias"][group, i], 0)


def shares(P, name, group, x):
    e = np.exp(P[f"{name}.weight"][group] @ x + P[f"{name}.bias"][group])
    return e / e.sum()


@pytest.mark.parametrize("way", [mt.MMoE(n_experts=4), mt.MMoE(n_experts=2, width=3), mt.MMoE(n_experts=1)])
def test_mmoe_is_that_of_the_paper(way):
    trunk, X = trunk_of(way)
    P = arrays(trunk)
    with torch.no_grad():
        features, got = trunk.encoder(X).numpy(), trunk(X).numpy()
    for k in range(3):
        for r, x in enumerate(features):
            g = shares(P, "gates", k, x)
            expected = sum(g[i] * expert(P, "experts", 0, i, x) for i in range(way.n_experts))
            np.testing.assert_allclose(got[k, r], expected, rtol=1e-10)


def test_experts_start_apart_and_gates_at_equal_shares():
    trunk = mt.MMoE(n_experts=4).build(hn.small_backbone("table", (6,), width=8), TASKS, seed=0)
    X = torch.ones(2, 6)
    with torch.no_grad():
        features, outputs = trunk.shared(X)
        torch.testing.assert_close(trunk(X), outputs.mean(1).expand(3, 2, -1))
    assert len({tuple(row) for row in outputs[0].tolist()}) == 4
    bound = trunk.encoder(X).shape[1] ** -0.5
    W = trunk.experts.weight
    assert W.abs().max() <= bound and abs(float(W.detach().std()) - bound / 3**0.5) < 0.1 * bound
    other = mt.MMoE(n_experts=4).build(hn.small_backbone("table", (6,), width=8), TASKS, seed=1)
    assert not torch.equal(other.experts.weight, W)


def test_gate_loads_are_the_mean_shares_of_the_latest_batches_trained_on():
    trunk, X = trunk_of(mt.MMoE(n_experts=4))
    assert trunk.learnt() == {}, "nothing was trained on"
    trunk(X)
    assert trunk.learnt() == {}, "rows of a prediction do not count"
    trunk.train()
    batches = [X[:1], X[1:3], X[3:], X[:2]]
    means = []
    with torch.no_grad():
        for batch in batches:
            trunk(batch)
            means.append(_means(trunk, batch))
    weights = 0.99 ** np.arange(3, -1, -1)
    expected = np.average(means, axis=0, weights=weights)
    table = trunk.learnt()["gate loads"]
    assert table.index.tolist() == TASKS and table.columns.tolist() == ["1", "2", "3", "4"]
    np.testing.assert_allclose(table, expected, rtol=1e-6)
    np.testing.assert_allclose(table.sum(axis=1), 1)


def _means(trunk, batch):
    P = arrays(trunk)
    features = trunk.encoder(batch).numpy()
    return [np.mean([shares(P, "gates", k, x) for x in features], axis=0) for k in range(3)]


def by_hand(way, trunk, features, levels):
    """Equations 1 to 7 of Tang et al.: a row at a time, level by level."""
    P, found = arrays(trunk), np.empty((3, len(features), trunk.n_features))
    n_own, n_shared = way.own_experts, way.shared_experts
    for r, x in enumerate(features):
        of_task, of_shared = [x, x, x], x
        for level in range(levels):
            at = f"levels.{level}"
            own = [[expert(P, f"{at}.own", k, i, of_task[k]) for i in range(n_own)] for k in range(3)]
            shared = [expert(P, f"{at}.shared", 0, i, of_shared) for i in range(n_shared)]
            mixtures = [shares(P, f"{at}.gates", k, of_task[k]) @ np.stack([*own[k], *shared]) for k in range(3)]
            if level + 1 < levels:
                everyone = np.stack([*own[0], *own[1], *own[2], *shared])
                of_shared = shares(P, f"{at}.shared_gate", 0, of_shared) @ everyone
            of_task = mixtures
        found[:, r] = of_task
    return found


@pytest.mark.parametrize(
    ("way", "levels"),
    [
        (mt.CGC(), 1),
        (mt.CGC(shared_experts=1, own_experts=3, width=4), 1),
        (mt.PLE(), 2),
        (mt.PLE(levels=3, shared_experts=3, own_experts=2, width=5), 3),
        (mt.PLE(levels=1), 1),
    ],
)
def test_cgc_and_ple_are_those_of_the_paper(way, levels):
    trunk, X = trunk_of(way)
    with torch.no_grad():
        features, got = trunk.encoder(X).numpy(), trunk(X).numpy()
    np.testing.assert_allclose(got, by_hand(way, trunk, features, levels), rtol=1e-10)


def test_ple_of_one_level_is_cgc():
    one, other = (way.build(hn.small_backbone("table", (6,)), TASKS, seed=0) for way in (mt.PLE(1), mt.CGC()))
    X = torch.ones(2, 6)
    with torch.no_grad():
        assert torch.equal(one(X), other(X))


@pytest.mark.parametrize("way", [mt.MMoE(n_experts=3), mt.CGC(), mt.PLE(), mt.PLE(levels=3)])
def test_below_are_the_weights_that_several_tasks_train_and_no_others(way):
    trunk, X = trunk_of(way)
    parameters = list(trunk.parameters())
    served = [torch.autograd.grad(trunk(X)[k].square().sum(), parameters, allow_unused=True) for k in range(3)]
    by = [sum(g is not None and (g != 0).to(int) for g in of_tasks) for of_tasks in zip(*served, strict=True)]
    below = {id(p) for p in trunk.below()}
    for (name, p), count in zip(trunk.named_parameters(), by, strict=True):
        assert (int(count.max()) > 1) == (id(p) in below), name


def test_gate_loads_of_all_levels_are_told():
    trunk, X = trunk_of(mt.PLE())
    assert trunk.learnt() == {}
    trunk.train()(X)
    tables = trunk.learnt()
    assert list(tables) == ["gate loads of level 1", "shared gate of level 1", "gate loads of level 2"]
    assert tables["gate loads of level 2"].columns.tolist() == ["own 1", "shared 1", "shared 2"]
    for table in tables.values():
        np.testing.assert_allclose(table.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mt.MMoE(n_experts=0), "n_experts is 0; expected a whole number, at least 1"),
        (lambda: mt.MMoE(n_experts=2.0), r"n_experts is 2\.0; expected a whole number"),
        (lambda: mt.MMoE(width=0), "width is 0; expected a whole number, at least 1"),
        (lambda: mt.CGC(own_experts=0), "own_experts is 0; expected a whole number, at least 1"),
        (lambda: mt.CGC(shared_experts=True), "shared_experts is True; expected a whole number, at least 1"),
        (lambda: mt.PLE(levels=0), "levels is 0; expected a whole number, at least 1"),
    ],
)
def test_numbers_that_are_none_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
