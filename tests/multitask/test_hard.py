"""Hard sharing up to a layer, against networks that are written out."""

import copy
import pickle

import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart.core.errors import InputError, InputTypeError
from headstart.multitask import HardSharing

from .sharing_cases import TASKS, Unet, check_trunk, moved, rows
from .test_segments import SMALL, case, t5, transformer
from .test_segments import rows_of as small_rows


def mlp():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [
            nn.Linear(5, 6),
            nn.BatchNorm1d(6),
            nn.ReLU(inplace=True),
            nn.Dropout(0.2),
            nn.Linear(6, 6),
            nn.ReLU(),
        ]
        return hn.open_backbone(nn.Sequential(*layers, nn.Linear(6, 4), nn.Tanh()))


@pytest.mark.parametrize("n_tasks", [1, 2, 3])
@pytest.mark.parametrize("at", [None, "0", "4", 1, -1])
def test_a_trunk_of_a_table(at, n_tasks):
    check_trunk(HardSharing(at), mlp(), rows(), n_tasks)


@pytest.mark.parametrize("name", [*SMALL, "bert", "vit", "resnet"])
def test_a_trunk_of_any_network(name):
    if name in SMALL:
        backbone, batch, at = hn.small_backbone(name, SMALL[name]), small_rows(name), 0
    else:
        _, batch, _ = case(name)
        backbone, at = backbone_of(name), {"bert": "encoder.layer.1", "vit": "layers.0", "resnet": "layer2"}[name]
    trunk = check_trunk(HardSharing(at), backbone, batch, 2)
    assert trunk.taps and not trunk.same


def backbone_of(name):
    from headstart.neural.inputs import TextReader

    module, _, _ = case(name)
    if name == "resnet":
        return hn.open_backbone(module)
    return hn.open_backbone(module.model, takes=TextReader(None, 8) if name == "bert" else None)


@pytest.mark.parametrize("n_tasks", [2, 3])
def test_each_task_goes_on_through_layers_of_its_own(n_tasks):
    trunk = moved(HardSharing("0").build(mlp(), TASKS[:n_tasks], seed=0)).eval()
    state, X = trunk.state_dict(), rows()
    whole = copy.deepcopy(trunk.encoder)
    for k in range(n_tasks):
        for i, layer in enumerate(["4", "6"]):
            if k:
                whole[int(layer)].load_state_dict(
                    {part: state[f"others.{k - 1}.parts.{i}.{part}"] for part in ("weight", "bias")}
                )
        torch.testing.assert_close(trunk(X)[k], whole(X), rtol=0, atol=0)
    assert [g.name for g in trunk.groups][:3] == ["0", "4 (left)", "4 (middle)"]
    assert sum(p.numel() for p in trunk.below()) == 5 * 6 + 6 + 12


def test_tasks_start_alike():
    backbone, X = mlp(), rows()
    expected = backbone.module(X)
    found = HardSharing("4").build(backbone, TASKS, seed=0).eval()(X)
    assert all(torch.equal(features, expected) for features in found)


def test_what_is_shared_computes_once_a_step():
    trunk, calls = HardSharing("0").build(mlp(), TASKS, seed=0), []
    trunk.encoder[0].register_forward_hook(lambda *_: calls.append("low"))
    trunk.encoder[4].register_forward_hook(lambda *_: calls.append("first"))
    trunk.others[1].parts[0].register_forward_hook(lambda *_: calls.append("third"))
    trunk(rows())
    assert calls == ["low", "first", "third"]


def test_own_weights_that_no_module_holds():
    class Shifts(nn.Module):
        def __init__(self):
            super().__init__()
            self.low, self.upper = nn.Linear(5, 4), Upper()

        def forward(self, x):
            return self.upper(torch.relu(self.low(x)))

    class Upper(nn.Module):
        def __init__(self):
            super().__init__()
            self.shift = nn.Parameter(torch.ones(4))
            self.blocks = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))

        def forward(self, x):
            return self.blocks(x + self.shift)

    trunk = check_trunk(HardSharing("low"), hn.open_backbone(Shifts()), rows(), 2)
    assert any("weight" in name and p.shape == (4,) for name, p in trunk.others.named_parameters())


def test_nothing_of_a_pass_is_copied_or_stored():
    trunk = HardSharing("0").build(mlp(), TASKS, seed=0)
    (read,) = trunk.shared(rows())
    for twin in (copy.deepcopy(trunk), pickle.loads(pickle.dumps(trunk))):
        with pytest.raises(InputError, match=r"own\(\) goes on from what shared\(\) gave"):
            twin.own((read,), 0)
    assert trunk.own((read,), 1).shape == (6, 4)


def test_what_cannot_be_split_is_said():
    with pytest.raises(InputError, match="no layer is called 'layer3'; expected one of, or a pattern of: 0, 4, 6"):
        HardSharing("layer3").build(mlp(), TASKS, seed=0)
    with pytest.raises(InputTypeError, match="at holds 1.5; expected the name of a layer"):
        HardSharing(1.5).build(mlp(), TASKS, seed=0)
    unet = hn.open_backbone(Unet())
    with pytest.raises(InputError, match="shared weight 'down.weight' also acts above layer 'bottom', past"):
        HardSharing("bottom").build(unet, TASKS, seed=0)
    check_trunk(HardSharing("down"), unet, rows(), 2)
    takes = backbone_of("bert").takes
    words = hn.open_backbone(transformer(t5), takes=takes)
    with pytest.raises(InputError, match="relative_attention_bias.weight' also acts above layer 'block.1'"):
        HardSharing("block.1").build(words, TASKS, seed=0)


def test_layers_that_run_in_another_order_are_found():
    class Twisted(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.second(self.first(x)).mean((2, 3))

    with pytest.raises(InputError, match="'first.weight' comes after layer 'second' in the list of layers, and acts"):
        HardSharing("second").build(hn.open_backbone(Twisted()), TASKS, seed=0)


def test_weights_that_are_read_outside_of_their_module_are_found():
    class Reads(nn.Module):
        def __init__(self):
            super().__init__()
            self.low, self.top = nn.Linear(5, 6), nn.Linear(6, 4)

        def forward(self, x):
            return nn.functional.linear(torch.relu(self.low(x)), self.top.weight)

    with pytest.raises(InputError, match="weight 'top.weight' above layer 'low' is used outside of the module that"):
        HardSharing("low").build(hn.open_backbone(Reads()), TASKS, seed=0)


def test_parts_that_meet_outside_of_them_are_no_cut():
    def gpt2(transformers):
        return transformers.GPT2Config(
            vocab_size=20, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0, n_positions=32
        )

    takes = backbone_of("bert").takes
    backbone = hn.open_backbone(transformer(gpt2), takes=takes)
    with pytest.raises(
        InputError, match=r"layer 'wte' has parts that meet outside of them .*; expected one of: h.0, h.1"
    ):
        HardSharing(0).build(backbone, TASKS, seed=0)
    check_trunk(HardSharing("h.0"), backbone, small_rows("texts"), 2)
