"""Adapters against independent references: peft on the same layer, and formulas written out."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from headstart.neural import IA3, BottleneckAdapter, DoRA, LoRA

from .nets import made, numbers, stir

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")

SHAPES = {
    "linear": (lambda: nn.Linear(6, 5), numbers(4, 3, 6)),
    "conv2d": (lambda: nn.Conv2d(3, 5, 3, stride=2, padding=1), numbers(2, 3, 7, 7)),
    "conv1d": (lambda: nn.Conv1d(3, 5, 3, stride=2), numbers(2, 3, 9)),
    "embedding": (lambda: nn.Embedding(11, 5), torch.tensor([[1, 4, 4], [0, 10, 2]])),
}


def pair(kind, theirs, layer, **config):
    """Our layer and peft's around the same base, with the same adapter weights."""
    peft = pytest.importorskip("peft")
    make, x = SHAPES[layer]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = nn.Sequential(make())
        base = nn.Sequential(make())
        base.load_state_dict(ours.state_dict())
        wrapped = peft.get_peft_model(base, theirs(target_modules=["0"], **config))
    attached = stir(kind.attach(ours, seed=0), 0.5)
    state = {"base_model.model." + k: v for k, v in attached.state().items()}
    state = {k.replace("lora_magnitude_vector.weight", "lora_magnitude_vector"): v for k, v in state.items()}
    found = peft.set_peft_model_state_dict(wrapped, state)
    assert not found.unexpected_keys and not any("lora" in k or "ia3" in k for k in found.missing_keys)
    return ours, attached, wrapped, x


def check(ours, attached, wrapped, x, names):
    mine, peers = ours(x), wrapped(x)
    assert torch.allclose(mine, peers, atol=1e-6)
    target = numbers(*mine.shape)
    (mine * target).sum().backward()
    (peers * target).sum().backward()
    theirs = dict(wrapped.named_parameters())
    for name, parameter in attached._trained().items():
        kind = name.removeprefix("0.").removesuffix(".weight")
        match = next(p for k, p in theirs.items() if f".{kind}." in k)
        assert torch.allclose(parameter.grad, match.grad, atol=1e-5, rtol=1e-5), name
    assert len(attached._trained()) == names


@pytest.mark.parametrize("layer", SHAPES)
def test_lora_is_pefts(layer):
    import_config = pytest.importorskip("peft").LoraConfig
    case = pair(LoRA(rank=2, alpha=3, layers="0"), import_config, layer, r=2, lora_alpha=3)
    check(*case, names=2)


@pytest.mark.parametrize("layer", ["linear", "conv2d", "conv1d"])
def test_dora_is_pefts(layer):
    config = pytest.importorskip("peft").LoraConfig
    check(*pair(DoRA(rank=2, alpha=3), config, layer, r=2, lora_alpha=3, use_dora=True), names=3)


@pytest.mark.parametrize("layer", ["linear", "conv2d"])
def test_ia3_is_pefts(layer):
    config = pytest.importorskip("peft").IA3Config
    check(*pair(IA3(), config, layer, feedforward_modules=[]), names=1)


def test_ia3_on_inputs_is_pefts():
    peft = pytest.importorskip("peft")
    layer = nn.Linear(6, 3)
    ours = nn.ModuleDict(
        {"attn": nn.ModuleDict({"q": nn.Linear(2, 2)}), "blocks": nn.ModuleList([nn.ModuleDict({"fc2": layer})])}
    )
    base = nn.ModuleDict({"fc2": nn.Linear(6, 3)})
    base["fc2"].load_state_dict(layer.state_dict())
    wrapped = peft.get_peft_model(base, peft.IA3Config(target_modules=["fc2"], feedforward_modules=["fc2"]))
    attached = stir(IA3(layers="fc2").attach(ours, seed=0))
    factors = attached.state()["blocks.0.fc2.ia3_l"]
    base["fc2"].ia3_l["default"].data.copy_(factors)
    x = numbers(4, 6)
    assert torch.allclose(layer(x), wrapped.base_model.model["fc2"](x), atol=1e-6)
    assert torch.allclose(layer(x), F.linear(x * factors.flatten(), layer.weight, layer.bias), atol=1e-6)


def test_lora_and_dora_are_the_formulas_of_the_papers():
    w, b, x = numbers(5, 6), torch.arange(5.0), numbers(4, 6)
    for kind in (LoRA(rank=2, alpha=8), DoRA(rank=2, alpha=8)):
        module = nn.Sequential(nn.Linear(6, 5))
        with torch.no_grad():
            module[0].weight.copy_(w)
            module[0].bias.copy_(b)
        state = stir(kind.attach(module, seed=0)).state()
        adapted = w + 8 / 2 * state["0.lora_B.weight"] @ state["0.lora_A.weight"]
        if isinstance(kind, DoRA):
            lengths = torch.stack([math.sqrt(sum(v * v for v in row.tolist())) * torch.ones(()) for row in adapted])
            adapted = state["0.lora_magnitude_vector.weight"][:, None] * adapted / lengths[:, None]
        assert torch.allclose(module(x), x @ adapted.T + b, atol=1e-5)


def test_bottleneck_is_the_formula_of_the_paper():
    module, x = nn.Sequential(nn.Linear(6, 5)), numbers(3, 6)
    state = stir(BottleneckAdapter(width=2).attach(module, seed=0)).state()
    h = x @ module[0].weight.T + module[0].bias
    for i in range(3):
        narrow = [
            sum(h[i, k] * state["0.down_weight"][j, k] for k in range(5)) + state["0.down_bias"][j] for j in range(2)
        ]
        narrow = [0.5 * z * (1 + torch.erf(z / math.sqrt(2))) for z in narrow]
        for k in range(5):
            wide = sum(narrow[j] * state["0.up_weight"][k, j] for j in range(2)) + state["0.up_bias"][k]
            assert module(x)[i, k].item() == pytest.approx((h[i, k] + wide).item(), abs=1e-5)


@pytest.mark.parametrize("kind", [LoRA(rank=2), DoRA(rank=2)])
@pytest.mark.parametrize("options", [{"dilation": 2}, {"padding": 1, "padding_mode": "circular"}, {"stride": (2, 1)}])
def test_convolutions_of_any_geometry_are_the_convolution_with_the_adapted_weight(kind, options):
    """peft leaves out dilation and the way of padding, so it is no reference here."""
    module, x = nn.Sequential(nn.Conv2d(3, 4, 3, **options)), numbers(2, 3, 8, 8)
    adapted = stir(kind.attach(module, seed=0))
    plain = nn.Conv2d(3, 4, 3, **options)
    weight = module[0].adapter["default"].weight(module[0].weight)
    plain.load_state_dict({"weight": weight, "bias": module[0].bias})
    assert torch.allclose(module(x), plain(x), atol=1e-5)
    assert not torch.allclose(weight, module[0].weight, atol=1e-3) and adapted.active


def test_ia3_scales_keys_and_values_of_packed_attention_alone():
    module, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), numbers(3, 5, 8)
    state = {k: v.clone() for k, v in module.state_dict().items()}
    with torch.no_grad():
        state["in_proj_bias"].normal_()
        module.load_state_dict(state)
    factors = stir(IA3().attach(module, seed=0)).state()["in_proj_weight.ia3_l"].flatten()
    assert factors.shape == (16,)
    by_hand = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    rows = torch.cat([torch.ones(8), factors])
    state["in_proj_weight"] *= rows[:, None]
    state["in_proj_bias"] *= rows
    by_hand.load_state_dict(state)
    assert torch.allclose(module(x, x, x)[0], by_hand(x, x, x)[0], atol=1e-6)


@pytest.mark.parametrize("kind", [LoRA(rank=2), DoRA(rank=2)])
def test_packed_attention_is_a_linear_layer_like_others(kind):
    """The three projections apart, each a Linear with its rows of B, give the same as the packed weight."""
    module, _ = made("transformer")
    mha = module.layers[0].self_attn
    before = mha.in_proj_weight.detach().clone()
    state = stir(kind.attach(module, seed=0)).state()
    twin = nn.Sequential(nn.Linear(8, 24, bias=False))
    with torch.no_grad():
        twin[0].weight.copy_(before)
    other = kind.attach(twin, seed=0)
    prefix = "layers.0.self_attn.in_proj_weight."
    other.load_state({k.replace(prefix, "0."): v for k, v in state.items() if k.startswith(prefix)})
    x = numbers(2, 8)
    assert torch.allclose(F.linear(x, mha.in_proj_weight), twin(x), atol=1e-6)
