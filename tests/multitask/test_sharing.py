"""What every way of sharing keeps: a new one is a row of ``WAYS``."""

import copy
import pickle
from dataclasses import replace

import pytest
import torch

import headstart.neural as hn
from headstart import multitask as mt
from headstart.neural.inputs import TextReader

TASKS = ["left", "middle", "right"]
# Each with a second value that differs.
WAYS = [
    (mt.HardSharing(), None),
    (mt.MMoE(n_experts=4), mt.MMoE(n_experts=4, width=3)),
    (mt.CGC(width=5), mt.CGC(own_experts=2)),
    (mt.PLE(width=5), mt.PLE(shared_experts=1)),
    (mt.PLE(levels=3, own_experts=2), mt.PLE(levels=1)),
    (mt.SoftSharing(), mt.SoftSharing(strength=0.1)),
    (mt.SoftSharing("trace-norm", 0.1, ["*"]), mt.SoftSharing("trace-norm", 0.1, ["0"])),
]
SHAPES = {"table": (6,), "images": (1, 8, 8), "series": (2, 12), "texts": (20,)}
INPUTS = [*SHAPES, "bert"]

ways = pytest.mark.parametrize("way", [way for way, _ in WAYS], ids=repr)
inputs = pytest.mark.parametrize("kind", INPUTS)


def bert():
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = transformers.BertModel(config, add_pooling_layer=False)
    return hn.open_backbone(module.eval(), takes=TextReader())


def backbone_for(kind, seed=0):
    if kind == "bert":
        return bert()
    return hn.small_backbone(kind, SHAPES[kind], width=8, seed=seed)


def batch_for(kind, n=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    if kind in ("texts", "bert"):
        ids = torch.randint(1, 20, (n, 7), generator=generator)
        mask = (torch.arange(7) < 3 + torch.arange(n)[:, None]).long()
        return {"input_ids": ids, "attention_mask": mask}
    return torch.randn(n, *SHAPES[kind], generator=generator)


def rows_of(batch, index):
    return {k: v[index] for k, v in batch.items()} if isinstance(batch, dict) else batch[index]


def stirred(module, seed=0):
    """Other values of all weights, as a training gives: nothing at zero, no two tasks alike."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.add_(torch.randn(p.shape, generator=generator), alpha=0.2)
    return module


def trunk_of(way, kind="table", seed=0):
    """In eval, with weights as after a training."""
    return stirred(way.build(backbone_for(kind), TASKS, seed=seed)).eval()


def trained_by(trunk, parameters, batch, task):
    found = torch.autograd.grad(trunk(batch)[task].square().sum(), parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]


@ways
@inputs
def test_features_for_each_task_by_each_way_to_them(way, kind):
    trunk, batch = trunk_of(way, kind), batch_for(kind)
    with torch.no_grad():
        together = trunk(batch)
        assert together.shape == (3, 5, trunk.n_features) and together.isfinite().all()
        if not trunk.same:
            assert not torch.allclose(together[0], together[1]), "the tasks' features are alike"
        for k in range(3):
            torch.testing.assert_close(trunk.one(batch, k), together[k])
        if trunk.taps:
            shared = trunk.shared(batch)
            apart = trunk.all_own(tuple(z.expand(3, *z.shape) for z in shared))
            torch.testing.assert_close(apart, together)
            torch.testing.assert_close(trunk.together(shared), together)
            torch.testing.assert_close(torch.stack([trunk.own(shared, k) for k in range(3)]), together)


@ways
@inputs
def test_groups_hold_each_weight_and_buffer_once(way, kind):
    backbone = backbone_for(kind)
    trunk = way.build(backbone, TASKS, seed=0)
    names = [*dict(trunk.named_parameters()), *dict(trunk.named_buffers())]
    assert names
    assert {name: sum(group.holds(name) for group in trunk.groups) for name in names} == dict.fromkeys(names, 1)
    assert all(any(group.holds(name) for name in names) for group in trunk.groups), "a group without a weight"
    ours = [group.name for group in trunk.groups]
    assert len(set(ours)) == len(ours)
    assert set(ours) >= {group.name for group in backbone.groups}, "shared layers keep their names"


@ways
@inputs
def test_every_weight_trains(way, kind):
    trunk, batch = trunk_of(way, kind), batch_for(kind)
    trunk(batch).square().sum().backward()
    missing = [name for name, p in trunk.named_parameters() if p.grad is None]
    assert not missing


@ways
def test_above_the_shared_place_each_number_serves_one_task(way):
    trunk, batch = trunk_of(way), batch_for("table")
    if not trunk.taps:
        return
    below = {id(p) for p in trunk.below()}
    assert below
    above = [p for p in trunk.parameters() if id(p) not in below]
    served = [trained_by(trunk, above, batch, k) for k in range(3)] if above else []
    for of_tasks in zip(*served, strict=True):
        assert (torch.stack(of_tasks).ne(0).sum(0) <= 1).all()


@ways
def test_through_the_tap_all_weights_get_the_gradient_that_they_get_without(way):
    batch = batch_for("table")
    ours = stirred(mt.MultiTaskNetwork(way.build(backbone_for("table"), TASKS, seed=0), [3, 1, 3])).eval()
    theirs = copy.deepcopy(ours)
    if not ours.trunk.taps:
        return
    outputs, tap = ours.batched(batch, tapped=True)
    losses = [out.square().mean() for out in ours.head.apart(outputs)]
    mt.weighted_backward(losses, mt.EqualWeighting().start(3), tap=tap)
    total = sum(out.square().mean() for out in theirs(batch))
    total.backward()
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, msg=lambda text, name=name: f"{name}: {text}")


@ways
def test_at_the_tap_a_task_leaves_the_gradient_of_its_loss_alone(way):
    trunk, batch = trunk_of(way), batch_for("table")
    if not trunk.taps:
        return
    weights = torch.tensor([1.0, 2.0, -3.0])
    below = list(trunk.below())
    tap = mt.Tap(trunk.shared(batch), 3)
    (trunk.all_own(tap.stacked()).square().sum((1, 2)) * weights).sum().backward()
    for k, rows in enumerate(zip(*tap.take(), strict=True)):
        pairs = [(z, g) for z, g in zip(tap.shared, rows, strict=True) if z.requires_grad]
        got = torch.autograd.grad([z for z, _ in pairs], below, [g for _, g in pairs], True, allow_unused=True)
        for a, b in zip(got, trained_by(trunk, below, batch, k), strict=True):
            torch.testing.assert_close(torch.zeros_like(b) if a is None else a, b * weights[k])


@ways
@pytest.mark.parametrize("tapped", [False, True])
def test_half_precision_gives_about_the_same(way, tapped):
    batch, weights = batch_for("table"), torch.arange(1.0, 4.0)
    found = []
    for half in (False, True):
        trunk = trunk_of(way).train()
        if tapped and not trunk.taps:
            return
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            if tapped:
                tap = mt.Tap(trunk.shared(batch), 3)
                features = trunk.all_own(tap.stacked())
            else:
                features = trunk(batch)
        (features.float().square().mean((1, 2)) * weights).sum().backward()
        if tapped:
            tap.go_on(tap.summed())
        found.append([features.detach().float(), *(p.grad for p in trunk.parameters())])
    for whole, half in zip(*found, strict=True):
        assert half.dtype == whole.dtype and (half - whole).norm() <= 0.1 * whole.norm() + 1e-3


@ways
def test_features_in_half_precision_are_read(way):
    trunk = trunk_of(way)
    trunk.encoder.bfloat16()
    with torch.no_grad():
        features = trunk(batch_for("table").bfloat16())
        one = trunk.one(batch_for("table").bfloat16(), 1)
    torch.testing.assert_close(one, features[1], rtol=0.1, atol=0.05)


@ways
@inputs
def test_features_of_a_row_depend_on_that_row_alone_and_leave_nothing_behind(way, kind):
    trunk, batch = trunk_of(way, kind), batch_for(kind)
    before = copy.deepcopy(trunk.state_dict())
    random = torch.get_rng_state()
    with torch.no_grad():
        together = trunk(batch)
        alone = torch.cat([trunk(rows_of(batch, [i])) for i in range(5)], dim=1)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(v, before[k]) for k, v in trunk.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


@ways
def test_a_seed_decides_all_that_is_drawn_and_the_global_state_stays(way):
    random = torch.get_rng_state()
    one, two = (way.build(backbone_for("table"), TASKS, seed=3) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


@ways
def test_copies_are_apart_and_a_state_is_all_there_is(way):
    trunk, batch = trunk_of(way), batch_for("table")
    with torch.no_grad():
        expected = trunk(batch)
        other = copy.deepcopy(trunk)
        stirred(other, seed=1)
        assert torch.equal(trunk(batch), expected)
        assert not torch.allclose(other(batch), expected)
        fresh = way.build(backbone_for("table", seed=5), TASKS, seed=7).eval()
        fresh.load_state_dict(trunk.state_dict())
        assert torch.equal(fresh(batch), expected)


@ways
def test_the_penalty_is_a_number_that_only_trained_weights_change(way):
    trunk = trunk_of(way)
    penalty = trunk.penalty()
    if penalty is not None:
        assert penalty.shape == () and penalty.isfinite() and penalty > 0
        penalty.backward()
        assert any(p.grad is not None and p.grad.any() for p in trunk.parameters())


@ways
def test_what_was_learnt_is_told_of_the_tasks(way):
    trunk = trunk_of(way).train()
    with torch.no_grad():
        trunk(batch_for("table"))
    for title, table in trunk.learnt().items():
        assert title and table.notna().all(axis=None)
        said = " ".join(map(str, [*table.index, *table.columns]))
        assert all(task in said for task in TASKS)


@pytest.mark.parametrize(("way", "other"), WAYS, ids=repr)
def test_ways_of_sharing_are_values(way, other):
    assert pickle.loads(pickle.dumps(way)) == way == copy.deepcopy(way) == replace(way)
    assert hash(way) == hash(replace(way))
    if other is not None:
        assert other != way
        assert other.build(backbone_for("table"), TASKS, seed=0).n_tasks == 3
