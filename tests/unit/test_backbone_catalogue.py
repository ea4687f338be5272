"""The catalogue of backbones and the command that lists it; neither needs torch."""

import json
import subprocess
import sys

import pytest

from headstart.backbone_catalogue import CATALOGUE, Entry
from headstart.cli.app import run

# The models of the course.
COURSE = (
    "timm/vgg16",
    "timm/resnet50",
    "timm/vit_base_patch16_224",
    "hf/bert-base-uncased",
    "hf/meta-llama/Meta-Llama-3-8B",
)


def test_entries_are_whole():
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names) and set(COURSE) <= set(names)
    for entry in CATALOGUE:
        assert entry.name.startswith("timm/" if entry.kind == "images" else "hf/")
        assert entry.licence and entry.why and entry.extra == ("vision" if entry.kind == "images" else "text")
        assert 0 < entry.lora_memory() < entry.memory()


def test_memory_is_that_of_the_formula():
    entry = Entry("timm/x", "images", 8, parameters=1000, activations=50, licence="MIT", why="a test")
    # weights, gradients, two moments: 4 x 1000 numbers; 16 rows leave 50 each
    assert entry.memory() == 4 * (4 * 1000 + 16 * 50)
    # the weights, and 1 % of them with gradient, moments and the adapter itself
    assert entry.lora_memory(rows=1) == 4 * (1000 + 4 * 10 + 50)
    half = Entry("timm/x", "images", 8, 1000, 50, "MIT", "a test", width=2)
    assert half.memory() * 2 == entry.memory()


def test_the_list(capsys):
    assert run(["backbones"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(f"{entry.name}: {entry.why}" in shown for entry in CATALOGUE)
    assert "22.6 M parameters, 256 tokens, Apache-2.0; 0.9 GiB to train all, 0.6 GiB with LoRA" in shown
    assert "7.5 B parameters" in shown and "224 x 224 pixels" in shown
    assert "pip install 'headstart[vision]'" in shown and "pip install 'headstart[text]'" in shown


@pytest.mark.parametrize("kind", ["images", "texts"])
def test_one_kind_as_json(kind, capsys):
    assert run(["backbones", "--kind", kind, "--json"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out)["backbones"]
    assert {entry["kind"] for entry in found} == {kind}
    wanted = [entry for entry in CATALOGUE if entry.kind == kind]
    assert [entry["name"] for entry in found] == [entry.name for entry in wanted]
    assert found[0]["memory_bytes"] == wanted[0].memory() and found[0]["extra"] == wanted[0].extra


def test_a_kind_that_there_is_not(capsys):
    assert run(["backbones", "--kind", "sounds"]) == 2
    assert "--kind 'sounds' has no backbones; expected images or texts" in " ".join(capsys.readouterr().err.split())


def test_the_command_loads_no_torch():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from headstart.cli.app import run\n"
        "code = run(['backbones', '--json']); loaded = {'transformers', 'timm', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(code or (repr(loaded) if loaded else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
