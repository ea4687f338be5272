"""Adapters in networks: nothing changes at first, the base stays frozen, merging and taking out leave no trace."""

import copy

import pytest
import torch
from torch import nn

import headstart as hs
from headstart import InputError
from headstart.neural import IA3, BitFit, BottleneckAdapter, DoRA, LoRA, attached_to

from .nets import HUGGING_FACE, PLAIN, made, numbers, output, stir

ADAPTERS = {
    "LoRA": LoRA(rank=2),
    "DoRA": DoRA(rank=2),
    "Bottleneck": BottleneckAdapter(width=3),
    "IA3": IA3(),
    "BitFit": BitFit(),
}


def possible(net, kind):
    # Llama has no biases; where keys are apart from queries, IA3 finds no weight that it could scale.
    return (net, kind) not in {("llama", "BitFit"), ("attention apart", "IA3")}


NETS = [*PLAIN, *HUGGING_FACE]
CASES = [(net, kind) for net in NETS for kind in ADAPTERS if possible(net, kind)]


def prepared(net):
    if net in HUGGING_FACE:
        pytest.importorskip("transformers")
        pytest.importorskip("peft")
    return made(net)


def bits(module):
    return {name: t.clone() for name, t in module.state_dict().items()}


def same(first, second):
    return list(first) == list(second) and all(torch.equal(first[k], second[k]) for k in first)


@pytest.mark.parametrize(("net", "kind"), CASES)
def test_life_of_an_adapter(net, kind):
    module, x = prepared(net)
    with torch.no_grad():
        before, state = output(module, x), bits(module)
    types = [type(m) for m in module.modules()]
    trained = [p.requires_grad for p in module.parameters()]
    random = torch.get_rng_state()

    attached = ADAPTERS[kind].attach(module, seed=0)
    assert torch.equal(random, torch.get_rng_state())
    with torch.no_grad():
        assert torch.allclose(output(module, x), before, atol=1e-6)
    own = {id(p) for p in attached.parameters()}
    assert own and {id(p) for p in module.parameters() if p.requires_grad} == own
    assert not any(m.training for m in module.modules())  # what was added follows the mode of the network

    stir(attached)
    with torch.no_grad():
        adapted = output(module, x)
    assert not torch.allclose(adapted, before, atol=1e-4)
    output(module, x).square().sum().backward()
    unreached = [
        name
        for name, p in module.named_parameters()
        if id(p) in own and (p.grad is None or not p.grad.any()) and "pooler" not in name  # whose output is not read
    ]
    assert not unreached
    assert all(p.grad is None for p in module.parameters() if id(p) not in own)

    unmerged = bits(module)
    if ADAPTERS[kind].changes_weights:
        attached.merge()
        assert attached.merged
        with torch.no_grad():
            assert torch.allclose(output(module, x), adapted, atol=1e-5)
        assert not any(p.requires_grad for p in module.parameters())
        attached.unmerge()
        assert same(bits(module), unmerged)
        assert {id(p) for p in module.parameters() if p.requires_grad} == own
        with torch.no_grad():
            assert torch.equal(output(module, x), adapted)
        attached.merge()
    attached.detach()

    assert same(bits(module), state)
    assert [type(m) for m in module.modules()] == types
    assert [p.requires_grad for p in module.parameters()] == trained
    assert not attached_to(module)
    with torch.no_grad():
        assert torch.equal(output(module, x), before)
    with pytest.raises(InputError, match="'default' was detached; attach it again"):
        attached.merge()


@pytest.mark.parametrize(("net", "kind"), [c for c in CASES if ADAPTERS[c[1]].changes_weights])
def test_merged_weights_can_be_kept_in_a_plain_network(net, kind):
    module, x = prepared(net)
    names = list(module.state_dict())
    attached = stir(ADAPTERS[kind].attach(module, seed=0))
    with torch.no_grad():
        adapted = output(module, x)
        with pytest.raises(InputError, match="not merged; call merge"):
            attached.detach(keep_merged=True)
        attached.merge()
        attached.detach(keep_merged=True)
        assert torch.allclose(output(module, x), adapted, atol=1e-5)
    assert list(module.state_dict()) == names


@pytest.mark.parametrize("net", ["mlp", "transformer", "resnet", "bert", "llama"])
def test_several_adapters_share_one_frozen_base(net):
    module, x = prepared(net)
    with torch.no_grad():
        before, state = output(module, x), bits(module)
        kinds = [LoRA(rank=2), DoRA(rank=1), BottleneckAdapter(width=2)]
        if net != "llama":
            kinds.append(BitFit())
        attached = {}
        outputs = {}
        for i, kind in enumerate(kinds):
            name = f"task{i}"
            attached[name] = stir(kind.attach(module, seed=i, name=name), seed=i)
            outputs[name] = output(module, x)
            assert [n for n, a in attached_to(module).items() if a.active] == [name]
        for name in reversed(attached):
            attached[name].activate()
            assert torch.equal(output(module, x), outputs[name])
            trained = {id(p) for p in module.parameters() if p.requires_grad}
            assert trained == {id(p) for p in attached[name].parameters()}
        attached["task0"].activate()
        attached["task0"].merge()
        with pytest.raises(InputError, match="'task0' is merged; call its unmerge"):
            attached["task1"].activate()
        with pytest.raises(InputError, match="'task0' is merged"):
            LoRA().attach(module, seed=0, name="more")
        with pytest.raises(InputError, match="need the base as it was"):
            attached["task0"].detach(keep_merged=True)
        attached["task0"].unmerge()
        attached["task0"].deactivate()
        assert torch.equal(output(module, x), before)
        attached["task1"].detach()
        attached["task2"].activate()
        assert torch.equal(output(module, x), outputs["task2"])
        for name in [n for n in attached if n != "task1"]:
            attached[name].detach()
        assert torch.equal(output(module, x), before)
    assert same(bits(module), state)


@pytest.mark.parametrize(("net", "kind"), CASES)
def test_state_goes_into_another_copy(net, kind):
    module, x = prepared(net)
    other, _ = prepared(net)
    first = stir(ADAPTERS[kind].attach(module, seed=0))
    second = ADAPTERS[kind].attach(other, seed=9, name="elsewhere")
    second.load_state(first.state())
    with torch.no_grad():
        assert torch.equal(output(module, x), output(other, x))


@pytest.mark.parametrize("net", ["mlp", "transformer", "resnet", "bert"])
def test_a_copy_of_the_network_has_adapters_of_its_own(net):
    module, x = prepared(net)
    stir(LoRA(rank=2).attach(module, seed=0))
    other = copy.deepcopy(module)
    mine = attached_to(other)["default"]
    with torch.no_grad():
        before = output(module, x)
        assert torch.equal(output(other, x), before)
        stir(mine)
        assert torch.equal(output(module, x), before)
        assert not torch.allclose(output(other, x), before, atol=1e-4)
        mine.detach()
    assert attached_to(module) and not attached_to(other)


def test_the_seed_decides_and_both_carriers_start_alike():
    pytest.importorskip("peft")
    module, _ = prepared("bert")
    first = LoRA(rank=2, layers="query").attach(module, seed=3).state()
    linear = nn.ModuleDict({"query": nn.Linear(8, 8)})
    own = LoRA(rank=2).attach(linear, seed=3).state()
    assert torch.equal(first["encoder.layer.0.attention.self.query.lora_A.weight"], own["query.lora_A.weight"])
    again = LoRA(rank=2).attach(nn.ModuleDict({"query": nn.Linear(8, 8)}), seed=4).state()
    assert not torch.equal(own["query.lora_A.weight"], again["query.lora_A.weight"])


LAYERS = {
    ("bert", "LoRA"): {"query", "key", "value", "dense"},
    ("llama", "LoRA"): {"q_proj", "k_proj", "v_proj", "o_proj"},
    ("gpt2", "LoRA"): {"c_attn", "c_proj"},
    ("transformer", "LoRA"): {"in_proj_weight", "out_proj"},
    ("resnet", "LoRA"): {"conv1", "conv2", "0", "fc"},
    ("bert", "IA3"): {"key", "value", "dense"},
    ("llama", "IA3"): {"k_proj", "v_proj", "down_proj"},
    ("gpt2", "IA3"): {"c_attn", "c_proj"},
    ("transformer", "IA3"): {"in_proj_weight", "linear2"},
    ("transformer", "Bottleneck"): {"self_attn", "linear2"},
    ("llama", "Bottleneck"): {"o_proj", "down_proj"},
    ("bert", "Bottleneck"): {"dense"},
    ("gpt2", "Bottleneck"): {"c_proj"},
}


@pytest.mark.parametrize(("net", "kind"), LAYERS)
def test_layers_are_found_in_any_architecture(net, kind):
    module, _ = prepared(net)
    table = ADAPTERS[kind].attach(module, seed=0).table()
    layers = table["layer"].tolist()
    assert layers.pop() == "all"
    assert {name.rpartition(".")[2] for name in layers} == LAYERS[net, kind]
    if net in ("bert", "gpt2", "transformer", "llama") and kind == "Bottleneck":
        assert len(layers) == 4  # two in each of two blocks
    if kind == "LoRA" and net in ("bert", "llama", "gpt2"):
        assert all("att" in name for name in layers)


def test_table_counts():
    module, _ = made("mlp")
    table = LoRA(rank=2).attach(module, seed=0).table()
    assert table["parameters"].tolist() == [2 * (6 + 9), 2 * (9 + 4), 56]
    assert table["share"].iloc[-1] == pytest.approx(56 / (6 * 9 + 9 + 9 * 4 + 4))


@pytest.mark.parametrize("net", ["resnet", "bert"])
def test_patterns(net):
    module, _ = prepared(net)
    whole, end, held = {
        "resnet": (("layer2.0.conv1",), "conv2", "layer1"),
        "bert": (("encoder.layer.0.attention.self.query",), "query", "encoder.layer.[1]"),
    }[net]

    def chosen(layers):
        attached = LoRA(rank=1, layers=layers).attach(module, seed=0)
        found = attached.table()["layer"].tolist()[:-1]
        attached.detach()
        return found

    assert chosen(list(whole)) == list(whole)
    assert len(chosen(end)) == 2
    assert {n.startswith(held.replace("[1]", "1")) for n in chosen(held)} == {True} and len(chosen(held)) > 2
    with pytest.raises(InputError, match=r"the pattern 'no_such' matches no layer of \w+; it has '[\w.]+', .* more"):
        chosen([end, "no_such"])
    assert not attached_to(module) and all(p.requires_grad for p in module.parameters())


def test_embeddings_and_grouped_convolutions():
    module, x = made("words")
    assert LoRA(rank=1).attach(module, seed=0).table()["layer"].tolist() == ["conv", "all"]
    module, x = made("words")
    attached = stir(LoRA(rank=1, layers="embed").attach(module, seed=0))
    expected = (
        module.embed.weight
        + 2 * (attached.state()["embed.lora_embedding_B"] @ attached.state()["embed.lora_embedding_A"]).T
    )
    assert torch.allclose(module.embed(x), expected[x], atol=1e-6)
    with pytest.raises(InputError, match="the pattern 'embed' matches no layer of Words; it has 'conv'"):
        DoRA(layers="embed").attach(made("words")[0], seed=0)
    with pytest.raises(InputError, match="'depthwise' matches no layer"):
        LoRA(layers="depthwise").attach(made("resnet")[0], seed=0)


class Scaled(nn.Linear):
    """Its weight does not act linearly."""

    def forward(self, x):
        return nn.functional.linear(x, nn.functional.normalize(self.weight, dim=1), self.bias)


class Shifted(nn.Conv2d):
    """It pads in its own way, and is linear all the same."""

    def forward(self, x):
        x = nn.functional.pad(x, (2, 0, 0, 2))
        return nn.functional.conv2d(x, self.weight, self.bias, self.stride)


def test_layers_of_other_classes_are_tried():
    with pytest.raises(InputError, match="Sequential has no layer for LoRA; expected linear layers"):
        LoRA().attach(nn.Sequential(Scaled(3, 2)), seed=0)
    module, x = nn.Sequential(Shifted(2, 3, 3)), numbers(2, 2, 6, 6)
    attached = stir(LoRA(rank=2).attach(module, seed=0))
    with torch.no_grad():
        adapted = module(x)
        attached.merge()
        assert torch.allclose(module(x), adapted, atol=1e-5)


def test_dropout_acts_in_training_alone():
    for net in ("mlp", "bert"):
        module, x = prepared(net)
        stir(LoRA(rank=2, dropout=0.5).attach(module, seed=0))
        with torch.no_grad():
            assert torch.equal(output(module, x), output(module, x))
            module.train()
            assert not torch.equal(output(module, x), output(module, x))
    with pytest.raises(InputError, match="dropout=0.5 has no input to act on in layers.0.self_attn.in_proj_weight"):
        LoRA(dropout=0.5).attach(made("transformer")[0], seed=0)
    module, x = made("transformer")
    LoRA(dropout=0.5, layers="linear1").attach(module, seed=0)


@pytest.mark.parametrize("kind", ADAPTERS)
def test_half_precision_bases_have_adapters_in_single(kind):
    module = made("mlp")[0].bfloat16()
    x = numbers(5, 6).bfloat16()
    before = module(x)
    attached = ADAPTERS[kind].attach(module, seed=0)
    assert torch.equal(module(x), before) and module(x).dtype == torch.bfloat16
    if kind in ("LoRA", "DoRA"):
        assert {p.dtype for p in attached.parameters()} == {torch.float32}
    stir(attached)
    assert module(x).dtype == torch.bfloat16


def test_bad_input():
    module = nn.Sequential(nn.Linear(3, 2))
    for make, message in (
        (lambda: LoRA(rank=0), r"LoRA\(rank=0\); expected a whole number of at least 1"),
        (lambda: LoRA(alpha=-1), "alpha=-1; expected a number above 0, or None for twice the rank"),
        (lambda: LoRA(dropout=1.0), "dropout=1.0; expected a share from 0 to below 1"),
        (lambda: BottleneckAdapter(width=2.5), r"BottleneckAdapter\(width=2.5\); expected a whole number"),
        (lambda: IA3(layers=[]), r"layers=\[\] adapts nothing"),
        (lambda: BitFit(layers=3), "layers=3; expected None, a pattern"),
        (lambda: LoRA().attach("net", seed=0), "attached to a torch.nn.Module, got str"),
        (lambda: LoRA().attach(module, seed=0, name="a.b"), "the adapter name 'a.b' can't be used"),
        (lambda: LoRA().attach(module, seed=0, name="keys"), "the adapter name 'keys' can't be used"),
        (lambda: LoRA().attach(nn.ReLU(), seed=0), "ReLU has no layer for LoRA"),
        (lambda: BitFit().attach(nn.Linear(2, 2, bias=False), seed=0), "Linear has no biases for BitFit to train"),
        (
            lambda: BitFit(layers="x").attach(module, seed=0),
            "'x' matches no layer of Sequential with a bias; it has 0.bias",
        ),
    ):
        with pytest.raises(hs.HeadstartError, match=message):
            make()
    attached = BottleneckAdapter().attach(module, seed=0)
    with pytest.raises(InputError, match="an adapter is called 'default' already; give another name="):
        LoRA().attach(module, seed=0)
    with pytest.raises(InputError, match="BottleneckAdapter is not linear and cannot be merged"):
        attached.merge()
    attached.deactivate()
    lora = LoRA().attach(module, seed=0, name="second")
    lora.deactivate()
    with pytest.raises(InputError, match="'second' is not active; call activate"):
        lora.merge()


def test_a_state_that_does_not_fit_is_told_by_name():
    module, _ = made("mlp")
    attached = LoRA(rank=2).attach(module, seed=0)
    good = attached.state()
    before = attached.state()
    for change, message in (
        (lambda s: s.pop("0.lora_A.weight"), "missing: 0.lora_A.weight"),
        (lambda s: s.update({"7.lora_A.weight": s["0.lora_A.weight"]}), "unexpected: 7.lora_A.weight"),
        (
            lambda s: s.update({"2.lora_B.weight": torch.ones(4, 3)}),
            r"2.lora_B.weight has the shape \(4, 3\), expected \(4, 2\)",
        ),
    ):
        state = {k: v + 1 for k, v in good.items()}
        change(state)
        with pytest.raises(InputError, match=message):
            attached.load_state(state)
        assert same(attached.state(), before), "a refused state must change nothing"
    attached.merge()
    with pytest.raises(InputError, match="'default' is merged; call unmerge"):
        attached.load_state(good)


def test_a_weight_of_two_layers_is_not_merged():
    module = nn.ModuleDict({"a": nn.Linear(3, 3), "b": nn.Linear(3, 3)})
    module["b"].weight = module["a"].weight
    attached = LoRA(layers="a").attach(module, seed=0)
    with pytest.raises(InputError, match="a.weight and b.weight are one weight; merging would change both"):
        attached.merge()


def test_peft_cannot_mix_its_kinds():
    pytest.importorskip("peft")
    module, x = prepared("bert")
    LoRA().attach(module, seed=0)
    with pytest.raises(InputError, match="BertModel has Lora adapters; peft can't put IA3 beside them"):
        IA3().attach(module, seed=0, name="second")
    assert list(attached_to(module)) == ["default"]
    output(module, x)
