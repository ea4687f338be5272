"""Layer groups of the networks that people use: how many, which are first and last, each weight in one of them."""

import pytest
import torch
from torch import nn

from headstart.neural import layer_groups

TIMM = [
    ("vgg16", 15, "features.0", "pre_logits.fc2"),
    ("vgg16_bn", 15, "features.0", "pre_logits.fc2"),
    ("resnet18", 9, "conv1", "layer4.1"),
    ("resnet50", 17, "conv1", "layer4.2"),
    ("vit_base_patch16_224", 13, "patch_embed", "blocks.11"),
    ("vit_small_patch14_dinov2", 13, "patch_embed", "blocks.11"),
    ("convnext_tiny", 25, "stem", "stages.3.blocks.2"),
    ("swin_tiny_patch4_window7_224", 16, "patch_embed", "layers.3.blocks.1"),
    ("efficientnet_b0", 18, "conv_stem", "conv_head"),
    ("tf_efficientnet_lite0", 18, "conv_stem", "conv_head"),
    ("mobilenetv4_conv_small", 19, "conv_stem", "conv_head"),
    ("regnety_004", 5, "stem", "s4"),
]
# Configuration, its arguments, and what is expected; sizes as of the real models, with the weights left out.
TRANSFORMERS = [
    ("BertConfig", {}, 13, "embeddings", "encoder.layer.11"),
    ("DistilBertConfig", {}, 7, "embeddings", "transformer.layer.5"),
    ("MPNetConfig", {}, 13, "embeddings", "encoder.layer.11"),
    ("ModernBertConfig", {}, 23, "embeddings", "layers.21"),
    ("GPT2Config", {}, 13, "wte", "h.11"),
    ("ViTConfig", {}, 13, "embeddings", "layers.11"),
    ("ConvNextConfig", {}, 25, "embeddings", "encoder.stages.3.layers.2"),
    (  # Llama 3 8B
        "LlamaConfig",
        {"hidden_size": 4096, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256},
        33,
        "embed_tokens",
        "layers.31",
    ),
    (  # SmolLM2-135M: the embedding is a fifth of all
        "LlamaConfig",
        {"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
         "intermediate_size": 1536, "vocab_size": 49152},
        31,
        "embed_tokens",
        "layers.29",
    ),
    ("MixtralConfig", {}, 33, "embed_tokens", "layers.31"),
    (  # MiniLM: the embeddings are half of it
        "BertConfig",
        {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536},
        7,
        "embeddings",
        "encoder.layer.5",
    ),
]  # fmt: skip


def check(module, count, first, last):
    groups = layer_groups(module)
    names = [name for name, _ in module.named_parameters(remove_duplicate=False)] + list(module.state_dict())
    assert {sum(group.holds(name) for group in groups) for name in names} == {1}
    assert (len(groups), groups[0].name, groups[-1].name) == (count, first, last)


@pytest.mark.parametrize(("name", "count", "first", "last"), TIMM)
def test_timm(name, count, first, last):
    timm = pytest.importorskip("timm", reason="timm is not installed: pip install 'headstart[vision]'")
    with torch.device("meta"):
        module = timm.create_model(name, num_classes=0)
    check(module, count, first, last)


@pytest.mark.parametrize(("config", "arguments", "count", "first", "last"), TRANSFORMERS)
def test_transformers(config, arguments, count, first, last):
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed: pip install 'headstart[text]'"
    )
    with torch.device("meta"):
        module = transformers.AutoModel.from_config(getattr(transformers, config)(**arguments))
    if hasattr(module, "pooler"):
        module.pooler = None
    check(module, count, first, last)


def test_positions_join_the_first_layer():
    module = nn.Module()
    module.words, module.positions = nn.Embedding(9, 4), nn.Embedding(5, 4)
    module.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
    module.norm = nn.LayerNorm(4)
    assert [g.prefixes for g in layer_groups(module)] == [("words", "positions"), ("layers.0",), ("layers.1", "norm")]


def test_a_network_inside_a_network_is_opened():
    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(20, 20), nn.Linear(20, 20)

    outer = nn.Module()
    outer.body, outer.last = Inner(), nn.Linear(20, 2)
    assert [g.name for g in layer_groups(outer)] == ["body.first", "body.second", "last"]


def test_a_norm_that_comes_first_joins_what_follows():
    module = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    assert [g.prefixes for g in layer_groups(module)] == [("0", "1"), ("3",)]


def test_a_block_with_a_row_of_layers_inside_stays_whole():
    def block():
        parts = nn.Module()
        parts.attention = nn.Linear(8, 8)
        parts.mlp = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8))
        return parts

    module = nn.Module()
    module.blocks = nn.ModuleList([block(), block()])
    assert [g.name for g in layer_groups(module)] == ["blocks.0", "blocks.1"]
