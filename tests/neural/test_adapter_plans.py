"""Adapters in training plans: of the layers, their parameters train alone; the head as planned."""

import pytest
import torch

from headstart import InputError
from headstart.neural import BitFit, LoRA, Network, Plan, adapter_plan, layer_groups
from headstart.neural.plan import trains_by_name

from .nets import made
from .test_adapters import ADAPTERS, CASES, prepared


def trained_by(plan, module):
    return {
        name
        for stage in plan.stages
        for name, _ in stage.group.parameters(module)
        if stage.trains and trains_by_name(stage, name)
    }


@pytest.mark.parametrize(("net", "kind"), CASES)
@pytest.mark.parametrize("attached_first", [False, True])
def test_the_plan_trains_the_adapter_and_the_head(net, kind, attached_first):
    module, _ = prepared(net)
    groups = layer_groups(module)
    if groups[0].prefixes == ("weight", "bias") and kind != "BitFit" and not attached_first:
        # one bare layer, whose groups are its own parameters: the plan has to be made with the adapter in it
        plan = Plan.of(Network(module, 4, 2, groups).groups)
        with pytest.raises(InputError, match="lies in no layer group of the plan; expected a plan of the network with"):
            adapter_plan(plan, ADAPTERS[kind].attach(module, seed=0))
        return
    if attached_first:
        attached = ADAPTERS[kind].attach(module, seed=0)
        groups = layer_groups(module)
    network = Network(module, 4, 2, groups)
    plan = Plan.of(network.groups)
    if not attached_first:
        attached = ADAPTERS[kind].attach(module, seed=0)
    wanted = {"encoder." + name for name in attached.parameter_names()}
    assert trained_by(adapter_plan(plan, attached), network) == wanted | {"head.weight", "head.bias"}
    table = adapter_plan(plan, attached).table(network)
    assert table["trained"].sum() == attached.table()["parameters"].iloc[-1] + sum(
        p.numel() for p in network.head.parameters()
    )
    alone = adapter_plan(Plan.of(groups), attached)
    assert trained_by(alone, module) == set(attached.parameter_names())


def test_what_the_plan_freezes_stays_frozen():
    module, _ = made("mlp")
    network = Network(module, 4, 2, layer_groups(module))
    attached = LoRA(rank=1).attach(module, seed=0)
    plan = Plan.of(network.groups).change(0, starts=None).change(1, starts=2.0, speed=0.5)
    joined = adapter_plan(plan, attached)
    assert all(name.startswith(("encoder.2.", "head.")) for name in trained_by(joined, network))
    assert joined.stages[1].starts == 2.0 and joined.stages[1].speed == 0.5
    with pytest.raises(
        InputError, match="nothing of the adapter would train: all layer groups that hold it are frozen"
    ):
        adapter_plan(plan.change(1, starts=None), attached)
    with pytest.raises(InputError, match="lies in no layer group of the plan"):
        adapter_plan(Plan.of(network.groups[1:]), attached)


def test_a_step_moves_what_the_plan_names_and_nothing_else():
    module, x = made("resnet")
    network = Network(module, 5, 2, layer_groups(module))
    attached = BitFit(layers="bn1").attach(module, seed=0)
    names = trained_by(adapter_plan(Plan.of(network.groups), attached), network)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    with torch.no_grad():
        network.head.weight.add_(0.1)
    optimizer = torch.optim.SGD([p for n, p in network.named_parameters() if n in names], lr=0.1)
    network.train()(x).square().sum().backward()
    optimizer.step()
    moved = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert moved == names == {"head.weight", "head.bias"} | {"encoder." + n for n in attached.parameter_names()}
