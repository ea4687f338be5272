"""Small networks of our own."""

import json

import numpy as np
import pytest
import torch

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.neural import inputs
from headstart.neural.backbones.small import small_backbone_for

SHAPES = [
    ("table", (13,)),
    ("table", (1,)),
    ("images", (1, 28, 28)),
    ("images", (1, 16, 16)),
    ("images", (3, 32, 32)),
    ("images", (1, 3, 5)),
    ("images", (3, 200, 130)),
    ("series", (2, 100)),
    ("series", (1, 5)),
    ("texts", (50,)),
]


def batch_of(kind, shape, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    if kind != "texts":
        return torch.randn(n, *shape, generator=generator)
    ids = torch.randint(0, shape[0], (n, 7), generator=generator)
    mask = (torch.arange(7) < torch.arange(1, n + 1).clamp(max=7)[:, None]).long()
    return {"input_ids": ids, "attention_mask": mask}


def some(batch, index):
    return {k: v[index] for k, v in batch.items()} if isinstance(batch, dict) else batch[index]


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_features_of_a_row_depend_on_that_row_alone(kind, shape):
    backbone = hn.small_backbone(kind, shape)
    batch = batch_of(kind, shape, 6)
    for module in (backbone.module.eval(), backbone.module.train()):
        with torch.no_grad():
            together = module(batch)
            alone = torch.cat([module(some(batch, [k])) for k in range(6)])
        assert together.shape == (6, backbone.n_features)
        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
        assert together.std(dim=0).mean() > 0.01, "features that do not vary say nothing"


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_groups_hold_each_weight_once_and_all_are_trained(kind, shape):
    backbone = hn.small_backbone(kind, shape)
    names = list(backbone.module.state_dict())
    assert all(sum(group.holds(name) for group in backbone.groups) == 1 for name in names)
    assert len(backbone.groups) > 1
    backbone.module(batch_of(kind, shape, 4)).square().sum().backward()
    assert all(p.grad is not None for p in backbone.module.parameters())


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_recipe_rebuilds(kind, shape):
    backbone = hn.small_backbone(kind, shape, width=16)
    recipe = json.loads(json.dumps(backbone.recipe))
    module = hn.rebuild(recipe)
    module.load_state_dict(backbone.module.state_dict())
    batch = batch_of(kind, shape, 3)
    with torch.no_grad():
        assert torch.equal(module(batch), backbone.module(batch))
    assert not module.training and not backbone.pretrained


def test_seed_decides_and_the_global_state_stays():
    before = torch.get_rng_state()
    one, same, other = (hn.small_backbone("images", (1, 8, 8), seed=s).module.state_dict() for s in (1, 1, 2))
    hn.rebuild({"kind": "small", "inputs": "table", "shape": [3], "width": 4})
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[k], same[k]) for k in one)
    assert not torch.equal(one["0.0.weight"], other["0.0.weight"])


@pytest.mark.parametrize(
    ("kind", "shape", "other"), [("images", (1, 28, 28), (1, 16, 19)), ("series", (2, 90), (2, 40))]
)
def test_other_sizes_pass(kind, shape, other):
    backbone = hn.small_backbone(kind, shape)
    assert backbone.module(torch.zeros(2, *other)).shape == (2, backbone.n_features)


def test_padding_of_texts_changes_nothing():
    backbone = hn.small_backbone("texts", (50,))
    batch = batch_of("texts", (50,), 3)
    longer = {k: torch.nn.functional.pad(v, (0, 4), value=0) for k, v in batch.items()}
    longer["input_ids"][:, 7:] = 3
    torch.testing.assert_close(backbone.module(longer), backbone.module(batch))
    nothing = {"input_ids": torch.ones(1, 2).long(), "attention_mask": torch.zeros(1, 2).long()}
    assert torch.equal(backbone.module(nothing), torch.zeros(1, backbone.n_features))


def test_level_of_a_series_is_not_lost():
    # a normalisation over each series would make these two the same
    backbone = hn.small_backbone("series", (1, 60))
    low, high = torch.zeros(1, 1, 60) + 0.1, torch.zeros(1, 1, 60) + 3.0
    assert (backbone.module(low) - backbone.module(high)).abs().max() > 0.05


def test_network_for_a_fitted_reader():
    rng = np.random.default_rng(0)
    for reader, X in (
        (inputs.TextReader(), ["good tea", "good cup", "bad cup"]),
        (inputs.ImageReader(), rng.integers(0, 255, (4, 9, 9), dtype=np.uint8)),
        (inputs.SeriesReader(), rng.normal(size=(4, 2, 30))),
        (inputs.TableReader(), rng.normal(size=(4, 5))),
    ):
        fitted = reader.fit(X)
        backbone = small_backbone_for(fitted)
        assert backbone.takes is fitted
        assert backbone.module(fitted.read(X).batch([0, 1])).shape == (2, backbone.n_features)
    with pytest.raises(InputError, match="what a dataset gives can't be told.*pass backbone="):
        small_backbone_for(inputs.DatasetReader())


def test_bad_shapes():
    with pytest.raises(InputError, match="no small network takes 'sounds'; expected one of 'table', 'images'"):
        hn.small_backbone("sounds", (1,))
    with pytest.raises(
        InputError, match=r"row of images has the shape \(28, 28\); expected \(channels, height, width\)"
    ):
        hn.small_backbone("images", (28, 28))
