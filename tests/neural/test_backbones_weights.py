"""Files of weights, and how they find their places in a network."""

import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from headstart.core.errors import InputError
from headstart.neural.backbones.fit_weights import load_weights
from headstart.neural.backbones.weight_files import read_weights


def net(width=4, names=("conv", "bn", "fc")):
    layers = (nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Linear(width, 2))
    module = nn.Module()
    for name, layer in zip(names, layers, strict=True):
        module.add_module(name, layer)
    return module


def random_state(module, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {k: torch.rand(v.shape, generator=generator).to(v.dtype) for k, v in module.state_dict().items()}


def load(module, weights, head=()):
    return load_weights(module, weights, network="net", source="'file'", head=head)


def same(module, state):
    return all(torch.equal(module.state_dict()[k], v) for k, v in state.items())


def test_by_name():
    module, state = net(), random_state(net())
    assert load(module, state) == ()
    assert same(module, state)


@pytest.mark.parametrize("beginning", ["module.", "bert.", "encoder.backbone."])
def test_by_name_without_a_beginning(beginning):
    module, state = net(), random_state(net())
    notes = load(module, {beginning + k: v for k, v in state.items()})
    assert notes == (f"matched by name without the beginning {beginning!r}",)
    assert same(module, state)


def test_in_order_where_all_shapes_agree():
    module, state = net(), random_state(net())
    renamed = {f"t{i}": v for i, v in enumerate(state.values())}
    (note,) = load(module, renamed)
    assert note.startswith("matched in order, as the names differ and all shapes agree: 9 tensors, t0 to conv.weight")
    assert same(module, state)


def test_in_order_around_a_head_of_another_size():
    module, state = net(), random_state(net())
    renamed = {f"t{i}": v for i, v in enumerate(state.values())}
    renamed["t7"], renamed["t8"] = torch.zeros(10, 4), torch.zeros(10)
    before = module.fc.weight.clone()
    load(module, renamed, head=("fc",))
    assert torch.equal(module.conv.weight, state["conv.weight"]) and torch.equal(module.fc.weight, before)
    # without the head in the file, and without the counter of old files
    module = net()
    body = {f"t{i}": v for i, (k, v) in enumerate(state.items()) if not k.startswith("fc") and "num_batches" not in k}
    load(module, body, head=("fc",))
    assert torch.equal(module.bn.running_var, state["bn.running_var"])


def test_what_does_not_fit_is_named():
    module, state = net(), random_state(net())
    del state["bn.bias"], state["bn.num_batches_tracked"]
    state["fc.weight"] = torch.zeros(5, 4)
    state["extra.bias"] = torch.zeros(3)
    assert load(module, state) == (
        "missing in the file, so random: bn.bias",
        "of another shape, so random: fc.weight (5, 4) in the file, (2, 4) in the network",
        "in the file, without a place in the network: extra.bias",
    )
    assert torch.equal(module.conv.weight, state["conv.weight"])


def test_a_head_that_is_taken_off_is_not_named():
    module, state = net(), random_state(net())
    state["fc.weight"], state["fc.bias"] = torch.zeros(5, 4), torch.zeros(5)
    assert load(module, state, head=("fc",)) == ()


def test_checkpoint_for_another_architecture():
    with pytest.raises(
        InputError,
        match=r"'file' is a checkpoint for another architecture than net: of its 8 tensors 8 have no .* "
        r"missing in the file, so random: conv.weight, conv.bias, bn.weight, and 5 more. "
        r"in the file, without a place in the network: other.weight, other.bias. Open the network",
    ):
        load(net(), dict(nn.Linear(3, 3).state_dict(prefix="other.")))


def test_wider_network_of_the_same_names():
    with pytest.raises(
        InputError, match=r"another architecture.*conv.weight \(8, 3, 3, 3\) in the file, \(4, 3, 3, 3\)"
    ):
        load(net(), random_state(net(width=8)))


def test_files(tmp_path):
    state = random_state(net())
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "b.pth")
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "c.pt")
    for name in ("a.safetensors", "b.pth", "c.pt"):
        found = read_weights(tmp_path / name)
        assert found.keys() == state.keys() and all(torch.equal(found[k], state[k]) for k in state), name


def test_folders(tmp_path):
    state = random_state(net())
    one = tmp_path / "one"
    one.mkdir()
    with pytest.raises(InputError, match=r"holds no weights.*: nothing; expected model.safetensors.*weights=PATH"):
        read_weights(one)
    (one / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no weights.*config.json"):
        read_weights(one)
    torch.save(state, one / "any.pth")
    assert read_weights(one).keys() == state.keys()
    torch.save({}, one / "other.pth")
    with pytest.raises(InputError, match="or several files of them: any.pth, config.json, other.pth"):
        read_weights(one)
    parts = tmp_path / "parts"
    parts.mkdir()
    names = list(state)
    save_file({k: state[k] for k in names[:4]}, parts / "1.safetensors")
    save_file({k: state[k] for k in names[4:]}, parts / "2.safetensors")
    places = ", ".join(f'"{k}": "{1 if k in names[:4] else 2}.safetensors"' for k in names)
    (parts / "model.safetensors.index.json").write_text('{"weight_map": {' + places + "}}")
    assert read_weights(parts).keys() == state.keys()


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("code of a file was run",))


def test_code_in_a_file_is_not_run(tmp_path):
    with open(tmp_path / "evil.pth", "wb") as file:
        pickle.dump({"a": Evil()}, file)
    with pytest.raises(InputError, match=r"more than tensors.*torch.save\(module.state_dict\(\), PATH\)"):
        read_weights(tmp_path / "evil.pth")
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pth")
    with pytest.raises(InputError, match="more than tensors"):
        read_weights(tmp_path / "whole.pth")


def test_damaged_and_strange_files(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"no")
    (tmp_path / "a.pth").write_bytes(b"PK no zip")
    (tmp_path / "a.onnx").write_bytes(b"weights")
    torch.save([1, 2], tmp_path / "list.pth")
    save_file({"a": torch.zeros(300)}, tmp_path / "cut.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "cut.safetensors").read_bytes()[:-100])
    for name, message in (
        ("a.safetensors", "is no whole safetensors file.*fetch it again"),
        ("cut.safetensors", "is no whole safetensors file.*fetch it again"),
        ("a.pth", "a.pth"),
        ("a.onnx", "unknown ending; expected a folder or one of .safetensors"),
        ("list.pth", "holds a list; expected tensors by name"),
        ("none.pth", "no such file or folder; pass the path"),
    ):
        with pytest.raises(InputError, match=message):
            read_weights(tmp_path / name)
