"""What goes wrong in silence elsewhere: drifting running statistics, and a fused kernel that steps over adapters."""

import pytest
import torch
from torch import nn

from headstart.neural import IA3, BitFit, BottleneckAdapter, DoRA, LoRA, load_adapter, save_adapter

from .nets import Pooled, made, numbers, output, stir, transformer


def statistics(module):
    return {k: v.clone() for k, v in module.state_dict().items() if "running" in k or "num_batches" in k}


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def train(module, attached, x, steps=3):
    optimizer = torch.optim.SGD(attached.parameters(), lr=0.05)
    for _ in range(steps):
        module.train()
        optimizer.zero_grad()
        output(module, x).square().mean().backward()
        optimizer.step()
    module.eval()


@pytest.mark.parametrize("kind", [LoRA(rank=2), BottleneckAdapter(width=2), IA3(), BitFit()])
def test_running_statistics_stay_and_the_file_gives_the_same_outputs(kind, tmp_path):
    module, x = made("resnet")
    before = statistics(module)
    attached = kind.attach(module, seed=0)
    train(module, attached, x)
    assert equal(statistics(module), before)
    with torch.no_grad():
        assert torch.equal(module.train()(x), module.eval()(x)), "train mode must not normalise by the batch"
    save_adapter(attached, tmp_path)
    other, _ = made("resnet")
    load_adapter(other, tmp_path)
    with torch.no_grad():
        assert torch.equal(module(x), other(x))
    module.train()
    attached.detach()
    assert all(m.training for m in module.modules()), "without an adapter, train() means what it says"


def test_statistics_that_were_moved_by_force_belong_to_their_adapter(tmp_path):
    module, x = made("resnet")
    before = statistics(module)
    first = LoRA(rank=1).attach(module, seed=0, name="first")
    module.bn1.running_mean.add_(1)
    moved = statistics(module)
    with torch.no_grad():
        wanted = module(x)
    assert "bn1.running_mean" in first.state()
    second = LoRA(rank=1).attach(module, seed=1, name="second")
    assert equal(statistics(module), before) and not second.statistics()
    first.activate()
    assert equal(statistics(module), moved)
    save_adapter(first, tmp_path)
    second.activate()
    save_adapter(second, tmp_path / "second")
    first.detach()
    second.detach()
    assert equal(statistics(module), before)
    load_adapter(module, tmp_path)
    assert equal(statistics(module), moved)
    with torch.no_grad():
        assert torch.equal(module(x), wanted)


KINDS = [
    LoRA(rank=2),
    LoRA(rank=2, layers="linear1"),
    LoRA(rank=2, layers="out_proj"),
    DoRA(rank=2),
    BottleneckAdapter(width=2),
    IA3(),
]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("gradients", [False, True])
def test_eval_computes_with_the_adapter(kind, padded, gradients):
    module, x = made("transformer")
    mask = torch.zeros(x.shape[:2], dtype=torch.bool)
    mask[:, 3:] = padded
    kwargs = {"src_key_padding_mask": mask} if padded else {}
    with torch.no_grad():
        plain = module(x, **kwargs)
    attached = stir(kind.attach(module, seed=0))
    with torch.set_grad_enabled(gradients):
        in_train = module.train()(x, **kwargs)
        in_eval = module.eval()(x, **kwargs)
    with torch.inference_mode():
        assert torch.allclose(module(x, **kwargs), in_eval, atol=1e-6)
    assert torch.allclose(in_train, in_eval, atol=1e-6)
    seen = ~mask
    assert not torch.allclose(in_eval[seen], plain[seen], atol=1e-3)
    attached.detach()
    with torch.no_grad():
        assert torch.equal(module(x, **kwargs), plain), "the fused kernel must be back"


@pytest.mark.parametrize("kind", [LoRA(rank=2), IA3(), BottleneckAdapter(width=2)])
def test_bare_attention_in_eval(kind):
    module, x = nn.MultiheadAttention(8, 2, batch_first=True), numbers(2, 4, 8)
    stir(kind.attach(module, seed=0))
    with torch.no_grad():
        assert torch.allclose(module.train()(x, x, x)[0], module.eval()(x, x, x)[0], atol=1e-6)


def test_torch_layers_inside_a_hugging_face_model():
    """peft's layers, too, are stepped over by the fused kernel."""
    pytest.importorskip("peft")

    class WithTorchLayers(Pooled):
        def __init__(self):
            super().__init__()
            self.model.encoder = transformer()

        def forward(self, x):
            return self.model.encoder(x)

    module, x = WithTorchLayers().eval(), numbers(2, 4, 8)
    with torch.no_grad():
        before = module(x)
        attached = stir(LoRA(rank=2, layers="linear1").attach(module, seed=0))
        assert type(attached).__name__ == "PeftAttached"
        assert torch.allclose(module.train()(x), module.eval()(x), atol=1e-6)
        assert not torch.allclose(module(x), before, atol=1e-3)
