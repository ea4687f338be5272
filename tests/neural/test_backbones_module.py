"""Modules of users, and classes and functions that make them, as backbones."""

import json

import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart.core.errors import InputError, InputTypeError
from headstart.neural import inputs


class Classifier(nn.Module):
    """Images of 12 pixels alone, since it flattens."""

    def __init__(self, width=4, classes=3, side=12):
        super().__init__()
        self.conv = nn.Conv2d(2, width, 3)
        self.bn = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width * (side - 2) ** 2, classes)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).relu().flatten(1))


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 5)

    def forward(self, batch):
        return self.embedding(batch["input_ids"]).mean(1)


def make(width):
    return nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, 2))


PATH = f"{__name__}.Classifier"


def test_instance_is_copied_and_its_head_taken_off():
    module = Classifier(side=32).train()
    backbone = hn.open_backbone(module, head="fc")
    assert isinstance(module.fc, nn.Linear) and module.training
    # with its head it takes images of one size alone, and only those give as many features
    assert (backbone.takes.size, backbone.takes.channels, backbone.n_features) == ((32, 32), 2, 4 * 30**2)
    with torch.no_grad():
        backbone.module.conv.weight.zero_()
    assert module.conv.weight.abs().sum() > 0
    assert not backbone.module.training and not backbone.pretrained and backbone.recipe == {}


def test_size_of_images_is_found():
    backbone = hn.open_backbone(Classifier(side=96))
    assert (backbone.takes.size, backbone.n_features) == ((96, 96), 3)
    assert (
        "features are the outputs of its last layer 'fc'; if those are classes, head='fc' takes it off"
        in backbone.notes[0]
    )
    told = hn.open_backbone(Classifier(side=12), takes=inputs.ImageReader(size=12, channels=2))
    assert told.n_features == 3
    with pytest.raises(InputError, match=r"Classifier could not be run on images that were tried .*ImageReader\(size="):
        hn.open_backbone(Classifier(side=12))


def test_features_that_depend_on_the_size():
    body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten())
    with pytest.raises(
        InputError,
        match=r"features of Sequential depends on the size of the images: 3600 and .*takes=.*ImageReader\(size=",
    ):
        hn.open_backbone(body)
    assert hn.open_backbone(body, takes=inputs.ImageReader(size=9)).n_features == 4 * 49
    along = nn.Sequential(nn.Conv1d(1, 4, 3), nn.Flatten())
    with pytest.raises(
        InputError, match=r"features of Sequential depends on the length of the series: .*SeriesReader\(length="
    ):
        hn.open_backbone(along)


def test_other_kinds_of_input():
    series = nn.Sequential(nn.Conv1d(3, 4, 5), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    for module, kind, n in ((make(7), "table", 2), (series, "series", 4)):
        backbone = hn.open_backbone(module)
        assert (backbone.takes.kind, backbone.n_features) == (kind, n)
    with pytest.raises(InputError, match=r"only its tokenizer knows them; pass takes=.*TextReader\(tokenizer"):
        hn.open_backbone(Tokens())
    backbone = hn.open_backbone(Tokens(), takes=inputs.TextReader())
    assert backbone.n_features == 5


def test_what_gives_no_features():
    body = nn.Sequential(nn.Conv2d(1, 4, 3))
    with pytest.raises(InputError, match=r"shape \(1, 4, 30, 30\).*AdaptiveAvgPool2d\(1\), torch.nn.Flatten"):
        hn.open_backbone(body)

    class Pair(nn.Linear):
        def forward(self, x):
            return super().forward(x), x

    with pytest.raises(InputError, match="gives a tuple; expected a tensor of features"):
        hn.open_backbone(Pair(3, 4))
    with pytest.raises(InputError, match="what Bilinear takes can't be told from its layers; pass takes="):
        hn.open_backbone(nn.Bilinear(2, 3, 4))


def test_head_that_is_not_there():
    with pytest.raises(InputError, match="Sequential has no part head='fc'; its last linear layers are '0', '3'"):
        hn.open_backbone(make(4), head="fc")
    with pytest.raises(InputError, match="head='' names no part"):
        hn.open_backbone(make(4), head="")


def test_class_and_recipe():
    backbone = hn.open_backbone(Classifier, arguments={"width": 6, "side": 32}, head="fc", seed=3)
    assert backbone.n_features == 6 * 30**2
    recipe = json.loads(json.dumps(backbone.recipe))
    assert recipe == {"kind": "made", "path": PATH, "arguments": {"width": 6, "side": 32}, "head": "fc"}
    with pytest.raises(
        InputTypeError, match=r"code that is not headstart's; if you trust it, pass trusted=\['.*Classifier'"
    ):
        hn.rebuild(recipe)
    module = hn.rebuild(recipe, trusted=[PATH])
    module.load_state_dict(backbone.module.state_dict())
    x = torch.ones(2, 2, 32, 32)
    assert torch.equal(module(x), backbone.module(x))


def test_function_that_makes_a_module():
    before = torch.get_rng_state()
    one, same = (hn.open_backbone(make, arguments={"width": 5}, head="3", seed=4) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    assert one.name == "make" and one.n_features == 5
    assert all(torch.equal(a, b) for a, b in zip(one.module.parameters(), same.module.parameters(), strict=True))
    assert hn.open_backbone(lambda: make(3)).recipe == {}
    assert hn.open_backbone(make, arguments={"width": torch.tensor(3)}).recipe == {}
    with pytest.raises(InputTypeError, match="dict made a dict; expected a torch.nn.Module"):
        hn.open_backbone(dict)


def test_recipes_that_cannot_be_carried_out():
    with pytest.raises(InputError, match="there is no recipe for this network.*open_backbone\\(Class, arguments="):
        hn.rebuild({})
    with pytest.raises(InputError, match="kind 'quantum' is of a newer headstart"):
        hn.rebuild({"kind": "quantum"})
    gone = {"kind": "made", "path": "nowhere.Net", "arguments": {}, "head": None}
    with pytest.raises(InputError, match="'nowhere.Net', which cannot be imported here"):
        hn.rebuild(gone, trusted=["nowhere.Net"])


def test_weights_of_a_file(tmp_path):
    trained = make(4)
    torch.save(trained.state_dict(), tmp_path / "w.pth")
    backbone = hn.open_backbone(make, arguments={"width": 4}, weights=tmp_path / "w.pth", head="3")
    assert backbone.pretrained and backbone.notes == ()
    assert torch.equal(backbone.module[0].weight, trained[0].weight)
    with pytest.raises(InputError, match="checkpoint for another architecture than make"):
        hn.open_backbone(make, arguments={"width": 9}, weights=tmp_path / "w.pth")
    assert hn.open_backbone(trained, pretrained=True).pretrained


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": 3}, "this is of type int"),
        ({"name": "nothing/here"}, "no backbone 'nothing/here': expected 'timm/NAME', 'hf/NAME'.*headstart backbones"),
        ({"name": "resnet50"}, "no backbone 'resnet50'"),
        ({"name": make(3), "pooling": "cls"}, "pooling='cls' is for a network of Hugging Face; leave it out"),
        ({"name": make(3), "max_length": 9}, "max_length=9 is for a name of Hugging Face"),
        ({"name": make(3), "arguments": {"a": 1}}, "arguments= are for a class or function"),
        ({"name": make, "weights": "w.pth", "pretrained": False}, "pretrained=False and weights= contradict"),
        ({"name": make(3), "takes": "images"}, "takes= is a str; expected a reader"),
        ({"name": make(3), "weights": "none.pth"}, "none.pth.*no such file or folder"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises((InputError, InputTypeError), match=message):
        hn.open_backbone(**arguments)
