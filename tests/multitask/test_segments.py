"""Networks run piece by piece: the same to the last bit, each layer once, and nothing left behind."""

import copy
import threading

import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.multitask.sharing.segments import Segments
from headstart.neural.inputs import TextReader

SMALL = {"table": (5,), "images": (2, 12, 10), "series": (2, 30), "texts": (20,)}


def rows_of(kind, seed=0):
    generator = torch.Generator().manual_seed(seed)
    if kind == "texts":
        mask = torch.ones(3, 6, dtype=torch.int64)
        mask[1, 4:] = 0
        return {"input_ids": torch.randint(0, 20, (3, 6), generator=generator), "attention_mask": mask}
    return torch.randn(3, *SMALL[kind], generator=generator)


def transformer(config):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.AutoModel.from_config(config(transformers)).eval()


def bert(transformers):
    return transformers.BertConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24
    )


def vit(transformers):
    return transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, image_size=12, patch_size=4
    )


def t5(transformers):
    return transformers.T5Config(vocab_size=20, d_model=16, d_kv=8, d_ff=24, num_layers=3, num_heads=2)


def llama(transformers):
    return transformers.LlamaConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=24,
    )  # fmt: skip


def albert(transformers):
    return transformers.AlbertConfig(
        vocab_size=20, embedding_size=8, hidden_size=16, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=24,
    )  # fmt: skip


def of_timm():
    timm = pytest.importorskip("timm", reason="timm is not installed: pip install 'headstart[vision]'")
    from timm.models.resnet import BasicBlock, ResNet

    assert timm
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ResNet(BasicBlock, (1, 2, 1, 1), num_classes=3, channels=(4, 8, 8, 16), drop_rate=0.3)


# Name -> (module, batch, layers).
def case(name):
    if name in SMALL:
        module = hn.small_backbone(name, SMALL[name]).module
        at = ["embedding", "phrases"] if name == "texts" else ["0", "1", "2"]
        return module, rows_of(name), at
    if name == "vit":
        at = ["model.embeddings", "model.layers.0", "model.layernorm"]
        return hn.open_backbone(transformer(vit)).module, torch.randn(3, 3, 12, 12), at
    if name == "resnet":
        return of_timm(), torch.randn(4, 3, 32, 32), ["bn1", "layer1", "layer2.0", "layer4"]
    made = {"bert": bert, "t5": t5, "llama": llama}[name]
    at = {
        "bert": ["model.embeddings", "model.encoder.layer.0", "model.encoder.layer.2"],
        "t5": ["model.block.0", "model.block.1"],
        "llama": ["model.layers.0", "model.layers.1", "model.norm"],
    }[name]
    return hn.open_backbone(transformer(made), takes=TextReader(None, 8)).module, rows_of("texts"), at


def piecewise(module, batch, at, change=lambda value: value):
    passage = Segments(at).start(module, batch)
    seen = []
    while not passage.ended:
        seen.append(passage.value)
        passage = passage.on(change(passage.value))
    return passage.value, seen


def run(module, batch, forward, seed=3):
    """Output, gradients, buffers and the random state after it."""
    module = copy.deepcopy(module)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        out = forward(module, batch)
        out.square().sum().backward()
        state = torch.get_rng_state()
    gradients = {name: p.grad for name, p in module.named_parameters()}
    return out.detach(), gradients, dict(module.named_buffers()), state


def same(one, other, rounding=0.0):
    """The same to the last bit; gradients up to rounding where that is said."""
    assert torch.equal(one[0], other[0])
    for first, second in zip(one[1:3], other[1:3], strict=True):
        assert first.keys() == second.keys()
        for name in first:
            assert (first[name] is None) == (second[name] is None), name
            if first[name] is not None:
                torch.testing.assert_close(first[name], second[name], rtol=rounding, atol=rounding)
    assert torch.equal(one[3], other[3])


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("name", [*SMALL, "bert", "vit", "t5", "llama", "resnet"])
def test_piecewise_is_the_whole(name, train):
    module, batch, at = case(name)
    module.train(train)
    whole = run(module, batch, lambda m, b: m(b))
    same(run(module, batch, lambda m, b: piecewise(m, b, at)[0]), whole)
    with torch.inference_mode():
        module.eval()
        assert torch.equal(piecewise(module, batch, at)[0], module(batch))


@pytest.mark.parametrize("name", ["images", "bert", "t5", "resnet"])
def test_changed_values_go_where_hooks_would_put_them(name):
    module, batch, at = case(name)

    def hooked(module, batch):
        def change(_, args, output):
            return (output[0] * 1.5, *output[1:]) if isinstance(output, tuple) else output * 1.5

        handles = [module.get_submodule(layer).register_forward_hook(change) for layer in at]
        out = module(batch)
        for handle in handles:
            handle.remove()
        return out

    expected = run(module, batch, hooked)
    same(run(module, batch, lambda m, b: piecewise(m, b, at, lambda value: value * 1.5)[0]), expected)


class Net(nn.Module):
    """A skip connection past the second layer, dropout between layers, ReLU in place."""

    def __init__(self, passes=1):
        super().__init__()
        self.low, self.norm, self.act = nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(inplace=True)
        self.middle, self.top, self.passes = nn.Linear(6, 6), nn.Linear(6, 2), passes
        self.calls = []

    def forward(self, x):
        h = self.act(self.norm(self.low(x)))
        h = nn.functional.dropout(h, 0.4, self.training)
        m = h
        for _ in range(self.passes):
            m = self.middle(m)
        return self.top(nn.functional.dropout(m, 0.4, self.training) + h)


def counted(net):
    calls = {}
    for name, part in net.named_modules():
        if name:
            part.register_forward_hook(lambda *_, name=name: calls.__setitem__(name, calls.get(name, 0) + 1))
    return calls


def test_each_layer_computes_once():
    net = Net()
    calls = counted(net)
    piecewise(net, torch.randn(5, 4), ["low", "act", "middle"])
    assert calls == dict.fromkeys(["low", "norm", "act", "middle", "top"], 1)
    start = Segments(["act"]).start(net, torch.randn(5, 4))
    for _ in range(3):
        start.on(start.value)
    assert calls["low"] == calls["act"] == 2 and calls["middle"] == calls["top"] == 4


@pytest.mark.parametrize("at", [["low"], ["norm"], ["norm", "middle"], ["low", "norm", "act", "middle", "top"]])
def test_draws_between_layers_are_those_of_one_go(at):
    net, X = Net(), torch.randn(5, 4)
    # Gradients of the skip connection and of the layer meet before the dropout in one go, behind it in pieces.
    same(run(net, X, lambda m, b: piecewise(m, b, at)[0]), run(net, X, lambda m, b: m(b)), rounding=1e-5)


def test_two_networks_in_turn_draw_apart():
    net, X = Net(), torch.ones(64, 4)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second = (Segments(["act"]).start(net, X) for _ in range(2))
        assert torch.equal(first.value, second.value)
        # The dropout behind the layer.
        assert not torch.equal(first.on(first.value).value, second.on(second.value).value)


def test_stand_ins_take_the_place_of_modules_and_weights():
    net, X = Net().eval(), torch.randn(5, 4)
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.middle.weight.add_(1.0)
        other.top.bias.sub_(2.0)
    passage = Segments(["act"]).start(net, X)
    out = passage.on(passage.value, {"middle": other.middle, "top.bias": other.top.bias})
    assert torch.equal(out.value, other(X)) and torch.equal(passage.on(passage.value).value, net(X))
    assert net.top.bias is not other.top.bias


def left_behind(net):
    parts = [name for name, part in net.named_modules() if "_compiled_call_impl" in part.__dict__]
    return parts + [name for name, part in net.named_modules() if part._forward_hooks or part._forward_pre_hooks]


def test_nothing_is_left_behind():
    net, X = Net(), torch.randn(5, 4)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError):
        Segments(["act"]).start(net, X[:, :2])
    assert not left_behind(net) and torch.equal(torch.get_rng_state(), state)
    passage = Segments(["norm"]).start(net, X)
    net.top = nn.Linear(5, 2)
    weight, moved = net.middle.weight, torch.get_rng_state()
    with pytest.raises(RuntimeError):
        Segments(["low"]).start(net, X).on(torch.randn(5, 6), {"middle.weight": nn.Parameter(torch.ones(6, 6))})
    assert passage.value.shape == (5, 6)
    assert not left_behind(net) and net.middle.weight is weight
    assert torch.equal(torch.get_rng_state(), moved) or net.training


def test_threads_wait_for_each_other():
    net = Net().eval()
    batches = [torch.randn(50, 4, generator=torch.Generator().manual_seed(i)) for i in range(8)]
    found = [None] * 8

    def work(i):
        with torch.no_grad():
            found[i] = piecewise(net, batches[i], ["low", "act", "middle"])[0]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(out, net(batch)) for out, batch in zip(found, batches, strict=True))


class Adds(nn.Module):
    def __init__(self):
        super().__init__()
        self.low, self.middle = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        h = self.low(x)
        m = self.middle(h)
        h += 1.0
        return m + h


def test_what_cannot_be_cut_is_said():
    X = torch.randn(5, 4)
    with pytest.raises(InputError, match=r"Net has no layer 'lower'; expected one of: low, norm, act, middle, top"):
        Segments(["lower"]).start(Net(), X)
    with pytest.raises(InputError, match="layer 'middle' runs more than once in a pass"):
        piecewise(Net(passes=2), X, ["middle"])
    with pytest.raises(InputError, match="layer 'low' runs before layer 'middle'; expected layers in the order"):
        piecewise(Net(), X, ["middle", "low"])
    with pytest.raises(InputError, match="layer 'middle' did not run in a pass of Net"):
        piecewise(Net(passes=0), X, ["middle"])
    with pytest.raises(InputError, match=r"behind layer 'low', which gave \(5, 6\); expected the same"):
        piecewise(Net(), X, ["low"], lambda value: value[:2])
    with pytest.raises(InputError, match="changes in place what layer 'low' gave"):
        piecewise(Adds(), X, ["middle"])
    with pytest.raises(InputError, match="layer 'a' gives a dict"):
        piecewise(Strange(), X, ["a"])
    module, batch, _ = case("bert")
    shared = hn.open_backbone(transformer(albert), takes=TextReader(None, 8))
    layer = next(name for name, _ in shared.module.named_modules() if name.endswith("albert_layers.0"))
    with pytest.raises(InputError, match="albert_layers.0' runs more than once in a pass"):
        piecewise(shared.module, batch, [layer])


class Strange(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Parts()

    def forward(self, x):
        return self.a(x)["n"]


class Parts(nn.Module):
    def forward(self, x):
        return {"n": len(x)}
