"""Attention of tasks at the layers of a shared network, against the equations of the paper."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.multitask import MTAN

from .sharing_cases import TASKS, Unet, check_trunk, moved, rows
from .test_hard import backbone_of, mlp
from .test_segments import SMALL, case
from .test_segments import rows_of as small_rows


@pytest.mark.parametrize("n_tasks", [1, 2, 3])
@pytest.mark.parametrize("how", [MTAN(), MTAN("0", width=3), MTAN(["0", "4"])])
def test_a_trunk_of_a_table(how, n_tasks):
    trunk = check_trunk(how, mlp(), rows(), n_tasks)
    assert trunk.taps and not trunk.same and trunk.groups[-1].name == "attention"


@pytest.mark.parametrize("name", [*SMALL, "bert", "vit", "resnet"])
def test_a_trunk_of_any_network(name):
    small = name in SMALL
    backbone = hn.small_backbone(name, SMALL[name]) if small else backbone_of(name)
    how = MTAN("embedding", width=4) if name == "texts" else MTAN(width=4)
    check_trunk(how, backbone, small_rows(name) if small else case(name)[1], 2)


def by_hand(module, name, values):
    """A mask for values (n, places, channels)."""
    first, second = getattr(module, f"{name}first"), getattr(module, f"{name}second")
    norms = getattr(module, f"{name}first_norm"), getattr(module, f"{name}second_norm")
    out = values @ first.weight.T + first.bias
    for norm, after in zip(norms, (torch.relu, torch.sigmoid), strict=True):
        center = out.mean(-1, keepdim=True)
        spread = ((out - center) ** 2).mean(-1, keepdim=True)
        out = after((out - center) / (spread + 1e-5).sqrt() * norm.weight + norm.bias)
        if after is torch.relu:
            out = out @ second.weight.T + second.bias
    return out


def test_against_the_equations_on_an_mlp():
    trunk, X = moved(MTAN().build(mlp(), TASKS, seed=0)).eval(), rows()
    net = trunk.encoder
    p1 = net[1](net[0](X))
    p2 = net[4](net[2](p1.clone()))
    p3 = net[6](net[5](p2))
    for k in range(3):
        own = trunk.attention[k]
        a1 = p1 * by_hand(own.masks[0], "", p1)
        a2 = p2 * by_hand(own.masks[1], "", torch.cat([p2, own.steps[0].map(a1)], 1))
        a3 = p3 * by_hand(own.masks[2], "", torch.cat([p3, own.steps[1].map(a2)], 1))
        torch.testing.assert_close(trunk(X)[k], torch.tanh(a3))


def test_against_the_equations_on_feature_maps():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )  # fmt: skip
    backbone = hn.open_backbone(net)
    trunk, X = moved(MTAN(["0", "3"]).build(backbone, TASKS[:2], seed=0)).eval(), small_rows("images")
    net = trunk.encoder
    p1 = net[0](X)
    p2 = net[3](net[2](net[1](p1)))
    n, _, h, w = p2.shape
    for k in range(2):
        own = trunk.attention[k]
        flat = p1.permute(0, 2, 3, 1).reshape(n, -1, 3)
        a1 = (flat * by_hand(own.masks[0], "", flat)).reshape(n, 2 * h, 2 * w, 3).permute(0, 3, 1, 2)
        near = functional.max_pool2d(own.steps[0].map(a1), 2)
        flat = torch.cat([p2, near], 1).permute(0, 2, 3, 1).reshape(n, -1, 8)
        a2 = p2 * by_hand(own.masks[1], "", flat).reshape(n, h, w, 4).permute(0, 3, 1, 2)
        torch.testing.assert_close(trunk(X)[k], torch.relu(a2).mean((2, 3)))


def test_layers_above_are_each_tasks_own():
    trunk = MTAN("0").build(mlp(), TASKS, seed=0)
    names = [group.name for group in trunk.groups]
    assert names[0] == "0" and names[1:4] == ["4 (left)", "4 (middle)", "4 (right)"] and names[-1] == "attention"


def test_seeds_draw_the_attention():
    one, two = (MTAN().build(mlp(), TASKS, seed=seed).state_dict() for seed in (0, 1))
    differ = [name for name in one if not torch.equal(one[name], two[name])]
    assert differ and all(name.startswith("attention.") for name in differ)
    assert not torch.equal(one["attention.0.masks.0.first.weight"], one["attention.1.masks.0.first.weight"])


def test_padding_has_no_part_in_it():
    backbone, batch = backbone_of("bert"), small_rows("texts")
    trunk = moved(MTAN(width=4).build(backbone, TASKS, seed=0)).eval()
    other = {**batch, "input_ids": torch.where(batch["attention_mask"] == 0, 7, batch["input_ids"])}
    torch.testing.assert_close(trunk(batch), trunk(other))


def test_what_cannot_be_tapped_is_said():
    with pytest.raises(InputError, match="width is 0; expected a number of channels"):
        MTAN(width=0)
    with pytest.raises(InputError, match="no layer is called 'conv'; expected one of, or a pattern of: 0, 4, 6"):
        MTAN("conv").build(mlp(), TASKS, seed=0)
    with pytest.raises(InputError, match="shared weight 'down.weight' also acts above layer 'bottom', past"):
        MTAN("bottom").build(hn.open_backbone(Unet()), TASKS, seed=0)
