"""Which layers to transfer: data with a known answer, what is taken over, what starts from random, what is refused."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import headstart as hs
from headstart.neural import LayerStudy, layer_groups, open_backbone
from headstart.neural.layer_study.features import features_by_depth
from headstart.neural.layer_study.fresh import fresh_module
from headstart.neural.layer_study.layers import plan_at, put_first
from headstart.neural.layer_study.repeat import n_trainings
from headstart.neural.layer_study.splits import held_out

TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]


class Stack(nn.Module):
    """A network of a user's own, of three layers; it can be imported."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 8), nn.ReLU()
        )

    def forward(self, x):
        return self.layers(x)


def rows(n, seed):
    """Two bits of hidden directions. The source asks whether they differ, the target for the first of them alone: the
    first layer has to see both, and the last one can forget which is which."""
    X = np.random.default_rng(seed).normal(size=(n, 8))
    bits = (X @ TURN)[:, :2] > 0
    return X, (bits[:, 0] ^ bits[:, 1]).astype(int), bits[:, 0].astype(int)


XS, YS, _ = rows(900, 0)
X, _, Y = rows(120, 1)
SOURCE = hs.Domain(XS, YS, name="differ")
HOW = {"source_epochs": 10, "learning_rate": 0.01, "batch_size": 32, "random_state": 0}
TINY = {"epochs": 1, "source_epochs": 1, "repeats": 2, "random_state": 0}


@pytest.fixture(scope="module")
def known():
    torch.set_num_threads(1)
    study = LayerStudy(Stack, depths=[1, 3], repeats=2, test_share=0.8, epochs=25, controls=False, **HOW)
    return study.fit(X, Y, source=SOURCE)


def at(study, depth, mode):
    table = study.table_
    return table[(table["depth"] == depth) & (table["mode"] == mode)].iloc[0]


def test_the_first_layer_transfers_and_the_last_does_not(known):
    scratch = at(known, 0, "scratch")["score"]
    assert at(known, 0, "source")["score"] > 0.85
    assert at(known, 1, "frozen")["score"] > scratch + 0.1
    assert at(known, 3, "frozen")["score"] < at(known, 1, "frozen")["score"] - 0.2
    assert known.recommendation_.depth == 1 and known.recommendation_.layer == "layers.0"
    # two splits settle nothing, and the study says so
    assert known.recommendation_.decision == "undetermined"
    assert "If one must choose" in known.recommendation_.words


def test_a_probe_sees_the_same():
    study = LayerStudy(Stack, mode="probe", repeats=3, test_share=0.5, **HOW).fit(X, Y, source=SOURCE)
    probes = [at(study, depth, "probe")["score"] for depth in (1, 2, 3)]
    assert probes[0] > probes[2] + 0.03 and study.recommendation_.depth < 3
    assert study.table_["mode"].unique().tolist() == ["source", "random", "probe"]
    # gains are over the best random layer, in the same split
    wide = study.scores_.pivot(index="repeat", columns=["mode", "depth"], values="score")
    best = wide["random"].mean().idxmax()
    assert at(study, 3, "probe")["gain"] == pytest.approx((wide["probe"][3] - wide["random"][best]).mean())


def test_table_scores_and_counts(known):
    layers = known.table_.set_index(["depth", "mode"])
    sizes = [8 * 24 + 24, 24 * 24 + 24, 24 * 8 + 8, 8 * 2 + 2]
    assert layers.loc[(1, "frozen"), "trained"] == sum(sizes[1:]) and layers.loc[(3, "frozen"), "trained"] == sizes[3]
    assert layers.loc[(1, "tuned"), "trained"] == sum(sizes) and layers.loc[(1, "tuned"), "fresh"] == sum(sizes[1:])
    wide = known.scores_.pivot(index="repeat", columns=["depth", "mode"], values="score")
    assert layers.loc[(1, "tuned"), "gain"] == pytest.approx((wide[(1, "tuned")] - wide[(0, "scratch")]).mean())
    assert known.table_.columns[:4].tolist() == ["depth", "layer", "mode", "scored_on"]
    assert "layers taken over" in known.summary() and str(known) == known.summary()
    assert repr(known).startswith("LayerStudy(")


def test_controls_are_scored_on_the_source_against_the_source_network():
    done = []
    study = LayerStudy(Stack, depths=[0, 2], progress=lambda k, n: done.append((k, n)), **TINY)
    study.fit(X, Y, source=SOURCE)
    controls = study.table_[study.table_["mode"].str.startswith("control")]
    assert controls["mode"].tolist() == ["control frozen", "control tuned"]
    assert (controls["scored_on"] == "source").all()
    wide = study.scores_.pivot(index="repeat", columns=["depth", "mode"], values="score")
    assert controls["gain"].iloc[0] == pytest.approx((wide[(2, "control frozen")] - wide[(0, "source")]).mean())
    # source, scratch, two of the target and two controls; the source network once in a repeat
    assert n_trainings((0, 2), True, True) == 6 and done[-1] == (12, 12) and len(done) == 12
    without = LayerStudy(Stack, depths=[2], controls=False, **TINY).fit(X, Y, source=SOURCE).table_
    assert set(without["mode"]) == {"source", "scratch", "frozen", "tuned"}
    pd.testing.assert_frame_equal(
        without.reset_index(drop=True), study.table_[study.table_["mode"].isin(without["mode"])].reset_index(drop=True)
    )


def test_the_same_seed_gives_the_same_study_and_leaves_the_global_state():
    before = torch.get_rng_state()
    a, b = (LayerStudy(depths=[1], controls=False, **TINY).fit(X, Y, source=SOURCE) for _ in range(2))
    pd.testing.assert_frame_equal(a.table_, b.table_)
    assert torch.equal(before, torch.get_rng_state())


def test_labels_of_the_target_that_are_held_out_teach_nothing():
    """Scores on a row depend on its label, nothing else does: other labels of held-out rows leave the outputs alone."""
    from headstart.neural.layer_study import repeat as module

    seen = []

    class Watched(module.Task):
        def fit(self, network, plan, rate=None):
            super().fit(network, plan, rate)
            seen.append([p.detach().clone() for p in network.parameters()])

    random = np.random.default_rng(0)
    split = held_out(Y, 0.25, classes=True, random=random, what="t", mend="")
    for labels in (Y, np.where(np.isin(np.arange(len(Y)), split.test), 1 - Y, Y)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "Task", Watched)
            study = LayerStudy(Stack, **TINY)
            problem = hs.neural.problem.read_problem(study, X, labels, None, None, task="classification", kind=None)
            backbone = open_backbone(Stack, pretrained=True)
            one = module.Repeat(study, problem, backbone, split, None, 3, torch.device("cpu"))
            list(one.scores((1,), False, lambda: None))
    half = len(seen) // 2
    assert half == 3
    for first, second in zip(seen[:half], seen[half:], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_pretrained_weights_without_a_source():
    backbone = open_backbone(Stack(), pretrained=True)
    study = LayerStudy(backbone, depths=[1], **TINY).fit(X, Y)
    assert set(study.table_["mode"]) == {"scratch", "frozen", "tuned"}
    probe = LayerStudy(backbone, mode="probe", repeats=2, random_state=0).fit(X, Y)
    assert probe.table_["mode"].unique().tolist() == ["random", "probe"]
    assert probe.layers_ == ["layers.0", "layers.2", "layers.4"]


def test_regression_and_texts():
    source = hs.Domain(XS, XS[:, 0] * XS[:, 1])
    study = LayerStudy(depths=[1], controls=False, **TINY).fit(X, 10 + X[:, 0] * X[:, 1], source=source)
    assert study.metric_ == "R2" and study.table_["score"].notna().all()
    good, bad = ["good tea", "a fine cup", "lovely"], ["bad tea", "a poor cup", "awful"]
    texts, y = (good + bad) * 6, ([1] * 3 + [0] * 3) * 6
    study = LayerStudy(mode="probe", repeats=2, source_epochs=2, random_state=0)
    study.fit(texts, y, source=hs.Domain(texts * 3, y * 3))
    assert study.layers_ == ["embedding", "phrases"] and study.table_["score"].notna().all()


# What starts from random weights, and that it never is a copy of trained ones.


def changed(module, seed=7):
    """All weights other ones, as training would leave them."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.add_(torch.randn(p.shape, generator=generator))
    return module


def no_copy(fresh, trained):
    for (name, p), q in zip(fresh.named_parameters(), trained.parameters(), strict=True):
        assert not torch.equal(p, q), name


@pytest.mark.parametrize("what", ["a class", "an instance", "small"])
def test_random_layers_are_no_copy_of_trained_ones(what):
    if what == "small":
        backbone = hs.neural.small_backbone("images", (1, 12, 12))
    else:
        backbone = open_backbone(Stack if what == "a class" else Stack(), pretrained=True)
    changed(backbone.module)
    one, two, again = (fresh_module(backbone, seed) for seed in (1, 2, 1))
    no_copy(one, backbone.module)
    weights = [(p, q) for p, q in zip(one.parameters(), two.parameters(), strict=True) if p.dim() > 1]
    assert all(not torch.equal(p, q) for p, q in weights)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), again.parameters(), strict=True))
    assert all(p.requires_grad for p in one.parameters())


def test_batch_norm_and_attention_are_reset_with_their_statistics():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.MultiheadAttention(8, 2))
    trained = changed(copy.deepcopy(net))
    trained[1].running_mean += 5
    backbone = hs.neural.Backbone("net", trained, 8, None, layer_groups(trained), pretrained=True)
    fresh = fresh_module(backbone, 0)
    no_copy(fresh, trained)
    assert (fresh[1].running_mean == 0).all() and (fresh[1].weight == 1).all()
    assert (fresh[3].in_proj_bias == 0).all() and (fresh[3].out_proj.bias == 0).all()


class Token(nn.Module):
    """A weight that no reset reaches."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(8))
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        return self.layer(x + self.token)


def test_what_nothing_resets_is_refused_by_name():
    backbone = open_backbone(changed(Token()), pretrained=True)
    with pytest.raises(hs.InputError, match=r"nothing resets 'token' of Token; expected a reset_parameters\(\)"):
        fresh_module(backbone, 0)
    from torch.nn.utils.parametrizations import weight_norm

    backbone = open_backbone(changed(nn.Sequential(weight_norm(nn.Linear(8, 4)))), pretrained=True)
    with pytest.raises(
        hs.InputError, match="nothing resets '0.parametrizations.weight.original0' of ParametrizationList"
    ):
        fresh_module(backbone, 0)
    # the class in place of the instance builds it anew
    made = open_backbone(Token)
    changed(made.module)
    assert (fresh_module(made, 0).token == 0).all()


def loaded():
    """Makes a network with the same, trained weights each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        return Stack()


def test_a_function_that_loads_trained_weights_is_found_out():
    backbone = open_backbone(loaded, pretrained=True)
    assert backbone.recipe
    no_copy(fresh_module(backbone, 0), backbone.module)


def test_only_the_first_layers_are_taken_over_with_their_statistics():
    def net(seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))

    donor, fresh = net(1), net(2)
    donor[1].running_mean += 3
    donor[1].num_batches_tracked += 9
    taken = put_first(copy.deepcopy(fresh), donor, layer_groups(donor), 1)
    for key, values in taken.state_dict().items():
        assert torch.equal(values, (fresh if key.startswith("3") else donor).state_dict()[key]), key
    plan = plan_at(layer_groups(donor), 1, frozen=True, speed=0.25)
    assert [s.starts for s in plan.stages] == [None, 0.0]
    plan = plan_at(layer_groups(donor), 1, frozen=False, speed=0.25)
    assert [s.speed for s in plan.stages] == [0.25, 1.0]


def test_shared_weights_are_refused():
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    net[2].weight = net[0].weight
    with pytest.raises(hs.InputError, match="the layers '0' and '2' of Sequential share a weight"):
        LayerStudy(open_backbone(net, pretrained=True), **TINY).fit(X, Y)


# Features of layers.


def test_features_are_the_averaged_outputs_of_layers():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).eval()
    images = torch.rand(70, 1, 9, 9)
    rows = hs.neural.inputs.rows.TensorRows(images)
    found = features_by_depth(net, layer_groups(net), (1, 2), rows, torch.device("cpu"), "net")
    with torch.no_grad():
        np.testing.assert_allclose(found[1], net[:2](images).mean((2, 3)).numpy(), rtol=1e-5)
        np.testing.assert_allclose(found[2], net(images).numpy(), rtol=1e-5)
    assert not any(part._forward_pre_hooks for part in net.modules())


def test_tokens_of_padding_have_no_part_in_the_average():
    pytest.importorskip("transformers")
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    backbone = open_backbone(BertModel(BertConfig(vocab_size=30, **sizes)), takes=hs.neural.TextReader())
    reader = hs.neural.TextReader().fit(["a b c", "a", "b c a b c a"])
    assert len(reader.tokenizer) <= 30
    together = reader.read(["a", "b c a b c a", "a b c"])
    alone = reader.read(["a"])
    assert backbone.groups[0].name.endswith("embeddings")
    many, one = (
        features_by_depth(backbone.module, backbone.groups, (1, 2, 3), rows, torch.device("cpu"), "bert")
        for rows in (together, alone)
    )
    for depth in (1, 2, 3):
        np.testing.assert_allclose(many[depth][0], one[depth][0], atol=1e-5)
        assert many[depth].shape == (3, 8)
    fresh = fresh_module(backbone, 0)
    assert not torch.equal(next(fresh.parameters()), next(backbone.module.parameters()))


# Splits, and what is refused.


def test_rows_are_held_out_of_each_class_and_never_all_of_one():
    y = np.repeat([0, 1, 2], [40, 8, 1])
    split = held_out(y, 0.25, classes=True, random=np.random.default_rng(0), what="t", mend="")
    assert np.bincount(y[split.test], minlength=3).tolist() == [10, 2, 0]
    assert sorted([*split.train, *split.test]) == list(range(49))


ONE = hs.Domain(XS, np.zeros(len(XS)))
PICTURES = hs.Domain(np.zeros((6, 4, 4), dtype=np.uint8), [0, 1] * 3, name="pictures")


@pytest.mark.parametrize(
    ("how", "data", "match"),
    [
        ({}, (X, np.ones(len(X), int), SOURCE), r"all 120 labels of the target are 1; expected at least two classes"),
        ({}, (X, Y, ONE), r"all 900 labels of the source are 0\.0; expected at least two classes"),
        ({}, (X[:4], [0, 0, 1, 1], SOURCE), r"has 4 labelled rows; held out are 1 .* 3 are left .*test_share"),
        ({}, (X[:3], [0, 1, 2], SOURCE), r"smallest of 3 classes has 1; one row of each class stays"),
        ({"depths": [1, 4]}, (X, Y, SOURCE), r"depths holds 4; expected .* from 0 to 3, .* 3 layers: 0, 1, 2"),
        ({"depths": [0]}, (X, Y, SOURCE), r"at least one from 1 to 3: at 0 nothing is taken over"),
        ({"depths": [True]}, (X, Y, SOURCE), r"depths holds True"),
        ({}, (X, Y, None), r"nothing to transfer: no source is given and no backbone is given"),
        ({"backbone": Stack}, (X, Y, None), r"nothing to transfer: .* of Stack are random; .*pretrained=True"),
        ({}, (X, Y, PICTURES), r"X of source 'pictures'|source 'pictures'"),
        ({}, (X, None, SOURCE), r"y is None; expected the labels of the target"),
        ({"mode": "guess"}, (X, Y, SOURCE), r"mode is 'guess'; expected 'train' or 'probe'"),
        ({"repeats": 1}, (X, Y, SOURCE), r"repeats is 1; expected a whole number of at least 2"),
        ({"test_share": 1.0}, (X, Y, SOURCE), r"test_share is 1\.0; expected a share, above 0 and below 1"),
        ({"learning_rate": 0}, (X, Y, SOURCE), r"learning_rate is 0; expected a number above 0"),
        ({"task": "ranking"}, (X, Y, SOURCE), r"task is 'ranking'; expected"),
        ({"weights": "w.pt"}, (X, Y, SOURCE), r"weights='w.pt' is given without a backbone"),
    ],
)  # fmt: skip
def test_bad_input(how, data, match):
    X, y, source = data
    with pytest.raises(hs.HeadstartError, match=match):
        LayerStudy(**{**TINY, **how}).fit(X, y, source=source)


def test_depths_that_are_no_list():
    with pytest.raises(hs.InputTypeError, match="depths is 2; expected a list of whole numbers from 0 to 3"):
        LayerStudy(depths=2, **TINY).fit(X, Y, source=SOURCE)


def test_a_training_that_diverges_is_not_scored_and_ends_no_study():
    backbone = open_backbone(Stack(), pretrained=True)
    study = LayerStudy(backbone, depths=[1], repeats=2, epochs=9, transfer_rate=1e30, random_state=0)
    with pytest.warns(hs.HeadstartWarning, match="the tuned network of depth 1 is not scored: "):
        study.fit(X, Y)
    assert study.table_.set_index("mode")["score"].isna().to_dict() == {
        "scratch": False,
        "frozen": False,
        "tuned": True,
    }
    assert study.recommendation_.mode == "frozen"
    study.set_params(learning_rate=1e30)
    with (
        warnings.catch_warnings(),
        pytest.raises(hs.InputError, match="could be scored: training diverged, .* smaller"),
    ):
        warnings.simplefilter("ignore", hs.HeadstartWarning)
        study.fit(X, Y)
