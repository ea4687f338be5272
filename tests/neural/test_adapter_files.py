"""Adapters in folders: ours and peft's read each other, other bases are refused or warned of."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import headstart as hs
from headstart import HeadstartWarning, InputError
from headstart.neural import IA3, BitFit, BottleneckAdapter, DoRA, LoRA, attached_to, load_adapter, save_adapter
from headstart.neural.adapters.keeping import put_back, take_apart

from .nets import HUGGING_FACE, IDS, PLAIN, Pooled, bert, made, output, stir
from .test_adapters import ADAPTERS, CASES, prepared


@pytest.mark.parametrize(("net", "kind"), CASES)
def test_a_saved_adapter_comes_back(net, kind, tmp_path):
    module, x = prepared(net)
    attached = stir(ADAPTERS[kind].attach(module, seed=0))
    with torch.no_grad():
        adapted = output(module, x)
    if ADAPTERS[kind].changes_weights:
        attached.merge()  # makes no difference to the file
    save_adapter(attached, tmp_path)
    other, _ = prepared(net)
    again = load_adapter(other, tmp_path, name="again")
    assert again.adapter == ADAPTERS[kind]
    with torch.no_grad():
        assert torch.equal(output(other, x), adapted)
    assert all(p.requires_grad for p in again.parameters())


# peft's own constructor
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")

PEFT_READS = [
    ("bert", "LoRA"), ("bert", "DoRA"), ("bert", "IA3"), ("llama", "LoRA"), ("llama", "IA3"), ("gpt2", "LoRA"),
    ("gpt2", "IA3"), ("mlp", "LoRA"), ("mlp", "DoRA"), ("mlp", "IA3"), ("resnet", "LoRA"), ("resnet", "DoRA"),
    ("resnet", "IA3"), ("words", "LoRA"),
]  # fmt: skip


@pytest.mark.parametrize(("net", "kind"), PEFT_READS)
def test_peft_reads_ours(net, kind, tmp_path):
    peft = pytest.importorskip("peft")
    module, x = prepared(net)
    if net == "resnet":
        module.conv1.padding_mode = "zeros"
    save_adapter(stir(ADAPTERS[kind].attach(module, seed=0)), tmp_path)
    other, _ = prepared(net)
    if net == "resnet":
        other.conv1.padding_mode = "zeros"
    wrapped = peft.PeftModel.from_pretrained(other, tmp_path).eval()
    with torch.no_grad():
        assert torch.allclose(output(wrapped, x), output(module, x), atol=1e-6)


@pytest.mark.parametrize(("net", "layers"), [("resnet", "conv1"), ("transformer", None), ("words", "conv")])
def test_what_peft_would_get_wrong_does_not_say_that_it_is_pefts(net, layers, tmp_path):
    """peft pads with zeros whatever a convolution does, and reads no packed attention of ours."""
    module, _ = made(net)
    if net == "words":
        module.conv.dilation = (2,)
    save_adapter(LoRA(rank=2, layers=layers).attach(module, seed=0), tmp_path)
    assert "peft_type" not in json.loads((tmp_path / "adapter_config.json").read_text())


@pytest.mark.parametrize("net", ["bert", "llama", "gpt2", "mlp", "resnet"])
@pytest.mark.parametrize("kind", ["LoRA", "rsLoRA", "DoRA", "IA3"])
def test_we_read_pefts(net, kind, tmp_path):
    peft = pytest.importorskip("peft")
    module, x = prepared(net)
    names = {
        "bert": (["query", "intermediate.dense"], []),
        "llama": (["q_proj", "down_proj"], ["down_proj"]),
        "gpt2": (["c_attn"], []),
        "mlp": (["0", "2"], []),
        "resnet": (["layer1.0.conv1", "layer2.0.conv2"], []),
    }[net]
    fan = {"fan_in_fan_out": net == "gpt2"}
    if kind == "IA3":
        config = peft.IA3Config(target_modules=names[0], feedforward_modules=names[1], **fan)
    else:
        config = peft.LoraConfig(
            r=3, lora_alpha=5, target_modules=names[0], use_dora=kind == "DoRA", use_rslora=kind == "rsLoRA", **fan
        )
    wrapped = peft.get_peft_model(module, config)
    with torch.no_grad():
        for name, p in wrapped.named_parameters():
            if p.requires_grad:
                p.add_(torch.randn(p.shape, generator=torch.Generator().manual_seed(len(name))) * 0.2)
        wrapped.eval()
        wanted = output(wrapped, x)
    wrapped.save_pretrained(tmp_path)
    other, _ = prepared(net)
    attached = load_adapter(other, tmp_path)
    with torch.no_grad():
        assert torch.allclose(output(other, x), wanted, atol=1e-6)
    assert isinstance(attached.adapter, {"IA3": IA3, "DoRA": DoRA}.get(kind, LoRA))
    # and once more through ours
    save_adapter(attached, tmp_path / "ours")
    third, _ = prepared(net)
    load_adapter(third, tmp_path / "ours")
    with torch.no_grad():
        assert torch.allclose(output(third, x), wanted, atol=1e-6)


def test_a_model_inside_another_and_alone_read_one_file(tmp_path):
    pytest.importorskip("peft")
    module, x = prepared("pooled")
    save_adapter(stir(LoRA(rank=2).attach(module, seed=0)), tmp_path)
    alone = bert().eval()
    alone.load_state_dict(made("pooled")[0].model.state_dict())
    load_adapter(alone, tmp_path)
    with torch.no_grad():
        assert torch.equal(alone(IDS).last_hidden_state, module.model(IDS).last_hidden_state)
    assert all(k.startswith("base_model.model.encoder.") for k in load_file(tmp_path / "adapter_model.safetensors"))
    assert isinstance(module, Pooled)


@pytest.mark.parametrize("kind", [LoRA(rank=2), BottleneckAdapter(width=2), BitFit()])
def test_another_base_is_refused_or_warned_of(kind, tmp_path):
    module, x = made("mlp")
    save_adapter(stir(kind.attach(module, seed=0)), tmp_path)
    wider = nn.Sequential(nn.Linear(6, 10), nn.GELU(), nn.Linear(10, 4))
    with pytest.raises(
        InputError, match=r"another architecture, Sequential; in this Sequential 0.weight is \(10, 6\), was"
    ):
        load_adapter(wider, tmp_path)
    longer = nn.Sequential(*made("mlp")[0], nn.Linear(4, 4))
    with pytest.raises(InputError, match=r"3.weight \(4, 4\) is new"):
        load_adapter(longer, tmp_path)
    other, _ = made("mlp", seed=1)
    with pytest.warns(
        HeadstartWarning, match="the weights of this Sequential are not those that the adapter was trained"
    ):
        load_adapter(other, tmp_path)
    slightly, _ = made("mlp")
    with torch.no_grad():
        slightly[2].weight[1, 1] += 1e-6
    with pytest.warns(HeadstartWarning, match="not those that"):
        load_adapter(slightly, tmp_path)
    # beside another adapter, also one that changes the base at present, the base is still known
    third, _ = made("mlp")
    stir(BitFit().attach(third, seed=0, name="other"))
    load_adapter(third, tmp_path)


def test_bad_folders(tmp_path):
    module, _ = made("mlp")
    with pytest.raises(InputError, match="no adapter in .*adapter_config.json is missing; expected what save_adapter"):
        load_adapter(module, tmp_path)
    save_adapter(LoRA(rank=2).attach(module, seed=0, name="first"), tmp_path)
    weights = tmp_path / "adapter_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="can't be read: .*was it cut short"):
        load_adapter(module, tmp_path)
    weights.write_bytes(whole)
    state = load_file(weights)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    for changes, message in (
        (
            {"rank_pattern": {"0": 4}},
            r"made with rank_pattern=\{'0': 4\}, which headstart does not carry; load it with",
        ),
        ({"bias": "all"}, "bias='all'"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights='pissa'"),
        ({"modules_to_save": ["head"]}, "modules_to_save"),
        ({"peft_type": "VERA"}, "peft's kind 'VERA'; expected LORA or IA3"),
        ({"r": 3}, r"0.lora_A.weight has the shape \(2, 6\), expected \(3, 6\)"),
    ):
        save_file(state, weights)  # without what we wrote about it, as peft's
        (tmp_path / "adapter_config.json").write_text(json.dumps(config | changes))
        other, _ = made("mlp")
        with pytest.raises(InputError, match=message):
            load_adapter(other, tmp_path)
        assert all(p.requires_grad for p in other.parameters()), "a refused file leaves the network alone"


def test_every_network_is_tried():
    assert {net for net, _ in CASES} == {*PLAIN, *HUGGING_FACE}


@pytest.mark.parametrize("net", [*PLAIN, *HUGGING_FACE])
def test_a_network_is_taken_apart_and_put_together_again(net):
    """As estimators keep their networks: the base by its own names, the adapters apart."""
    module, x = prepared(net)
    names = list(module.state_dict())
    first = stir(LoRA(rank=2).attach(module, seed=0, name="first"))
    stir(BottleneckAdapter(width=2).attach(module, seed=0, name="second"), seed=2)
    first.activate()
    for merged in (False, True):
        if merged:
            first.merge()
        base, adapters = take_apart(module)
        assert sorted(base) == sorted(names)
        other, _ = made(net, seed=3)
        other.load_state_dict(base)
        put_back(other, adapters)
        with torch.no_grad():
            assert torch.equal(output(other, x), output(module, x))
        again = attached_to(other)
        assert [(n, a.active, a.merged) for n, a in again.items()] == [
            ("first", True, merged),
            ("second", False, False),
        ]
    assert take_apart(made(net)[0])[1] == []


@pytest.mark.parametrize("kind", [LoRA(rank=2), BottleneckAdapter(width=2), BitFit()])
def test_estimators_with_adapters_are_saved(kind, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 5))
    y = (X[:, 0] > 0).astype(int)
    model = hs.neural.FineTuneClassifier(adapter=kind, epochs=2, random_state=0).fit(X, y)
    hs.save(model, tmp_path / "model.headstart")
    again = hs.load(tmp_path / "model.headstart")
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    # and the base under the adapter is still known
    model.adapter_.deactivate()
    again.adapter_.deactivate()
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
