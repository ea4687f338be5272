"""Cross-stitch units against the equations of the paper, written out."""

import copy

import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.multitask import CrossStitch, MultiTaskNetwork
from headstart.neural import Plan

from .sharing_cases import TASKS, check_trunk, moved, rows
from .test_hard import backbone_of, mlp
from .test_segments import SMALL, case
from .test_segments import rows_of as small_rows


@pytest.mark.parametrize("n_tasks", [1, 2, 3])
@pytest.mark.parametrize("how", [CrossStitch(), CrossStitch("4", start=0.7), CrossStitch([0, 1], per="layer")])
def test_a_trunk_of_a_table(how, n_tasks):
    trunk = check_trunk(how, mlp(), rows(), n_tasks)
    assert trunk.groups[-1].name == "cross-stitch" and trunk.speeds == {"cross-stitch": 10.0}


@pytest.mark.parametrize("name", [*SMALL, "bert", "vit", "resnet"])
def test_a_trunk_of_any_network(name):
    small = name in SMALL
    backbone = hn.small_backbone(name, SMALL[name]) if small else backbone_of(name)
    trunk = check_trunk(CrossStitch(), backbone, small_rows(name) if small else case(name)[1], 2)
    channels = {
        "table": [128] * 3, "images": [16, 32, 64, 64], "series": [32, 64, 64], "texts": [64, 64],
        "bert": [16] * 4, "vit": [16] * 3, "resnet": [64, 4, 8, 8, 8, 16],
    }  # fmt: skip
    assert [unit.moved.shape[2] for unit in trunk.units] == channels[name]


@pytest.mark.parametrize("per", ["channel", "layer"])
@pytest.mark.parametrize("n_tasks", [2, 3])
def test_against_the_equations_on_an_mlp(n_tasks, per):
    trunk = moved(CrossStitch(["0", "4"], per=per).build(mlp(), TASKS[:n_tasks], seed=0), by=0.3).eval()
    X = rows()
    nets = trunk.encoders.networks
    behind = [net[1](net[0](X)) for net in nets]
    for unit, rest in zip(trunk.units, [slice(2, 5), slice(5, 8)], strict=True):
        a = unit.weights()
        mixed = []
        for k in range(n_tasks):
            value = torch.zeros_like(behind[0])
            for row in range(len(X)):
                for c in range(value.shape[1]):
                    for j in range(n_tasks):
                        value[row, c] += a[k, j, c if per == "channel" else 0] * behind[j][row, c]
            mixed.append(value)
        behind = [net[rest](value) for net, value in zip(nets, mixed, strict=True)]
    torch.testing.assert_close(trunk(X), torch.stack(behind))


def test_against_the_equations_on_feature_maps():
    backbone = hn.small_backbone("images", (2, 12, 10), width=4)
    trunk, X = moved(CrossStitch("1").build(backbone, TASKS[:2], seed=0)).eval(), small_rows("images")
    a, nets = trunk.units[0].weights(), trunk.encoders.networks
    one, two = (net[:2](X) for net in nets)
    for k, net in enumerate(nets):
        mixed = a[k, 0][None, :, None, None] * one + a[k, 1][None, :, None, None] * two
        torch.testing.assert_close(trunk(X)[k], net[2:](mixed))


def test_the_first_features_are_those_of_the_backbone():
    backbone, X = mlp(), rows()
    expected = backbone.module(X).expand(3, -1, -1)
    torch.testing.assert_close(CrossStitch().build(backbone, TASKS, seed=0).eval()(X), expected)


def test_what_was_learnt():
    trunk = CrossStitch("0", start=0.8).build(mlp(), TASKS, seed=0)
    with torch.no_grad():
        trunk.units[0].moved[0, 1, :] = torch.arange(6.0)
    table = trunk.learnt()["weights behind 0"]
    assert list(table.index) == list(table.columns) == list(TASKS)
    assert table.loc["left", "middle"] == pytest.approx(0.1 + 2.5) and table.loc["left", "left"] == pytest.approx(0.8)
    assert CrossStitch("0").build(mlp(), ["one"], seed=0).learnt()["weights behind 0"].to_numpy() == 1.0


def test_policies_know_its_layers():
    network = MultiTaskNetwork(CrossStitch().build(mlp(), TASKS, seed=0), [1, 1, 1])
    plan = hn.FreezeBelow("4").apply(Plan.of(network.groups), epochs=1)
    table = plan.table(network)
    assert table["layer"].tolist() == ["0", "4", "6", "cross-stitch", "head"]
    assert table["trained"].tolist()[0] == 0 and table["trained"].tolist()[1] == 3 * 42


def test_related_tasks_learn_to_read_each_other():
    """With one informative network and one of zeros, the units learn to take what helps."""
    torch.manual_seed(0)
    backbone = hn.open_backbone(nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 4)))
    trunk = CrossStitch("0", per="layer").build(backbone, TASKS[:2], seed=0)
    with torch.no_grad():
        trunk.encoders.networks[1][0].weight.zero_()
        trunk.encoders.networks[1][0].bias.zero_()
    for p in trunk.encoders.parameters():
        p.requires_grad_(False)
    X = rows(40)
    target = copy.deepcopy(backbone.module)(X)
    optimizer = torch.optim.Adam(trunk.units.parameters(), lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        (trunk(X)[1] - target).square().mean().backward()
        optimizer.step()
    assert trunk.learnt()["weights behind 0"].loc["middle", "left"] > 0.8


def test_bad_values():
    with pytest.raises(InputError, match="start is 0; expected a share above 0"):
        CrossStitch(start=0)
    with pytest.raises(InputError, match="per is 'row'; expected one of 'channel', 'layer'"):
        CrossStitch(per="row")
    with pytest.raises(InputError, match="speed is -1; expected a multiple"):
        CrossStitch(speed=-1)
    with pytest.raises(InputError, match="at is empty; expected at least one layer"):
        CrossStitch([]).build(mlp(), TASKS, seed=0)
    with pytest.raises(InputError, match="no layer is called 'conv'; expected one of, or a pattern of: 0, 4, 6"):
        CrossStitch(["0", "conv"]).build(mlp(), TASKS, seed=0)


def test_mixtures_keep_the_layout():
    trunk = CrossStitch("1").build(hn.small_backbone("images", (2, 12, 10)), TASKS, seed=0)
    assert trunk.units[0](torch.ones(3, 4, 32, 3, 3)).is_contiguous()
