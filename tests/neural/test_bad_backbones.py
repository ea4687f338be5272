"""Backbones that cannot be opened: no way to the hub, files that are not what they seem, settings that are none."""

import json
import time

import numpy as np
import pytest
from torch import nn

import headstart as hs
from headstart.core.errors import InputError
from headstart.neural import open_backbone
from headstart.neural.backbones.weight_files import read_weights

X, Y = np.random.default_rng(0).normal(size=(12, 4)), [0, 1] * 6


@pytest.mark.parametrize("name", ["hf/some/model", "timm/test_resnet"])
def test_a_hub_that_cannot_be_reached_is_asked_once(name, monkeypatch):
    pytest.importorskip("transformers" if name.startswith("hf") else "timm")
    constants = pytest.importorskip("huggingface_hub.constants")
    # Nothing listens there, so that no name is looked up and nothing leaves this machine.
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

    def wait(seconds):
        raise AssertionError(f"it waits {seconds} s to ask again")

    monkeypatch.setattr(time, "sleep", wait)
    with pytest.raises(
        InputError, match=r"could not be fetched \(http://127.0.0.1:9 gives no answer.*pass weights=PATH"
    ):
        open_backbone(name)
    assert constants.HF_HUB_OFFLINE is False


def test_files_that_are_not_what_they_seem(tmp_path):
    pytest.importorskip("transformers")
    pytest.importorskip("gguf")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 90868376\n"
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (tmp_path / "model.safetensors").write_text(pointer)
    with pytest.raises(
        InputError, match="is a pointer of Git LFS, not the file itself; expected the weights.*lfs pull"
    ):
        open_backbone(tmp_path)
    with pytest.raises(InputError, match="is a pointer of Git LFS"):
        read_weights(tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text("{oops")
    with pytest.raises(InputError, match="config.json' is no whole JSON file .*; fetch it again"):
        open_backbone(tmp_path)
    for name, content, message in (
        ("empty.gguf", b"", "empty.gguf' is empty; expected weights: fetch it again"),
        ("cut.gguf", b"GGUF\3\0\0\0\1", "cannot be opened from .*cut off or damaged, fetch them again"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            open_backbone(tmp_path / name)


class Sized(nn.Linear):
    """A module that cannot be made without arguments."""


def test_a_class_that_needs_arguments_says_where_they_go():
    with pytest.raises(
        InputError, match=r"Sized cannot be called with arguments={}: missing .*'in_features'.*arguments="
    ):
        open_backbone(Sized)
    assert open_backbone(Sized, arguments={"in_features": 4, "out_features": 2}).n_features == 2


def test_settings_that_are_none(tmp_path):
    def model(**settings):
        return hs.FineTuneClassifier(epochs=1, random_state=0, **settings)

    for rate in ("high", -1.0, 0, float("nan")):
        with pytest.raises(InputError, match="learning_rate is .*; expected a number above 0"):
            model(learning_rate=rate).fit(X, Y)
    for device in ("gpu", 3.5):
        with pytest.raises(InputError, match="device is .*; expected 'auto' or a name of torch, such as 'cpu'"):
            model(device=device).fit(X, Y)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="the folder .*file/target' cannot be made .*; expected a place for one"):
        model(folder=tmp_path / "file").fit(X, Y)
