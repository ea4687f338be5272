"""What the catalogue says of size and activations, against the networks themselves."""

import pytest
import torch

from headstart.backbone_catalogue import CATALOGUE, TOKENS

ENTRY = {entry.name: entry for entry in CATALOGUE}
SMALL = {"hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536}
LLAMA3 = {"hidden_size": 4096, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256}
SMOL = {"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
        "intermediate_size": 1536, "vocab_size": 49152}  # fmt: skip
QWEN = {"hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
        "head_dim": 128, "intermediate_size": 3072, "vocab_size": 151936}  # fmt: skip
CONFIGS = {
    "hf/sentence-transformers/all-MiniLM-L6-v2": ("BertConfig", {**SMALL, "num_hidden_layers": 6}),
    "hf/BAAI/bge-small-en-v1.5": ("BertConfig", SMALL),
    "hf/intfloat/multilingual-e5-small": ("BertConfig", {**SMALL, "vocab_size": 250037}),
    "hf/distilbert-base-uncased": ("DistilBertConfig", {}),
    "hf/bert-base-uncased": ("BertConfig", {}),
    "hf/answerdotai/ModernBERT-base": ("ModernBertConfig", {}),
    "hf/HuggingFaceTB/SmolLM2-135M": ("LlamaConfig", SMOL),
    "hf/Qwen/Qwen3-0.6B": ("Qwen3Config", QWEN),
    "hf/meta-llama/Meta-Llama-3-8B": ("LlamaConfig", LLAMA3),
}


def kept_for_backward(module, batch):
    """Numbers that are kept for the backward pass, each storage once, the parameters left out."""
    known = {p.untyped_storage().data_ptr() for p in module.parameters()}
    storages = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            storages[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        module(**batch) if isinstance(batch, dict) else module(batch)
    return sum(storage.nbytes() for storage in storages.values()) / 4


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("name", [name for name in ENTRY if name.startswith("timm/")])
def test_parameters_and_size_of_images(name):
    timm = pytest.importorskip("timm")
    with torch.device("meta"):
        module = timm.create_model(name.removeprefix("timm/"), num_classes=0)
    assert count(module) == pytest.approx(ENTRY[name].parameters, abs=1000)
    assert module.pretrained_cfg["input_size"][-1] == ENTRY[name].size
    assert module.pretrained_cfg["license"].lower() == ENTRY[name].licence.lower()


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_of_texts(name):
    transformers = pytest.importorskip("transformers")
    kind, arguments = CONFIGS[name]
    with torch.device("meta"):
        module = transformers.AutoModel.from_config(getattr(transformers, kind)(**arguments))
    module.pooler = None
    assert count(module) == pytest.approx(ENTRY[name].parameters, abs=1000)


def test_each_text_backbone_is_checked():
    assert CONFIGS.keys() == {name for name in ENTRY if name.startswith("hf/")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["timm/resnet18", "timm/tf_efficientnet_lite0", "timm/mobilenetv4_conv_small"])
def test_activations_of_images(name):
    timm = pytest.importorskip("timm")
    module = timm.create_model(name.removeprefix("timm/"), num_classes=0).train()
    two, three = (kept_for_backward(module, torch.zeros(n, 3, 224, 224)) for n in (2, 3))
    assert three - two == pytest.approx(ENTRY[name].activations, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hf/sentence-transformers/all-MiniLM-L6-v2", "hf/distilbert-base-uncased"])
def test_activations_of_texts(name):
    transformers = pytest.importorskip("transformers")
    kind, arguments = CONFIGS[name]
    module = transformers.AutoModel.from_config(getattr(transformers, kind)(**arguments)).train()
    module.pooler = None

    def batch(n):
        return {key: torch.ones(n, TOKENS, dtype=torch.int64) for key in ("input_ids", "attention_mask")}

    one, two = (kept_for_backward(module, batch(n)) for n in (1, 2))
    assert two - one == pytest.approx(ENTRY[name].activations, rel=0.1)
