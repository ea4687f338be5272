"""Fine-tuning: what is carried over, what trains, what is kept, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from torch import nn

import headstart as hs
from headstart.neural import LoRA, defaults

rng = np.random.default_rng(0)


def product(X):
    return (X[:, 0] * X[:, 1] > 0).astype(int)


XS, X, XT = rng.normal(size=(300, 4)), rng.normal(size=(24, 4)), rng.normal(size=(300, 4))
SOURCE = hs.Domain(XS, product(XS), name="source")


class Encoder(nn.Module):
    """A network of a user's own; it can be imported, so that a model with it can be stored."""

    def __init__(self, width=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.BatchNorm1d(width), nn.Linear(width, 8))

    def forward(self, x):
        return self.body(x)


def test_a_source_with_the_same_rule_helps():
    alone = hs.FineTuneClassifier(random_state=0, epochs=30).fit(X, product(X))
    moved = hs.FineTuneClassifier(random_state=0, epochs=30).fit(X, product(X), source=SOURCE)
    assert moved.score(XT, product(XT)) > alone.score(XT, product(XT)) + 0.1
    assert set(moved.histories_) == {"source", "target"} and set(alone.histories_) == {"target"}
    assert moved.n_source_ == 300


def test_regression_bridges_another_level_and_unit():
    source = hs.Domain(XS, XS[:, 0] * XS[:, 1])
    model = hs.FineTuneRegressor(random_state=0, epochs=30).fit(X, 1000 + 50 * X[:, 0] * X[:, 1], source=source)
    assert model.score(XT, 1000 + 50 * XT[:, 0] * XT[:, 1]) > 0.7


def test_a_frozen_backbone_stays_as_the_source_left_it():
    torch.manual_seed(3)
    model = hs.FineTuneClassifier(Encoder(), policy=hs.neural.LinearProbe(), random_state=0, source_epochs=3)
    first = model.fit(X, product(X), source=SOURCE).network_.encoder.state_dict()
    again = clone(model).fit(X, 1 - product(X), source=SOURCE).network_.encoder.state_dict()
    for name, values in first.items():
        assert torch.equal(values, again[name]), name


def test_the_users_module_is_not_trained():
    module = Encoder()
    before = {name: values.clone() for name, values in module.state_dict().items()}
    hs.FineTuneClassifier(module, epochs=2, random_state=0).fit(X, product(X))
    assert all(torch.equal(before[name], values) for name, values in module.state_dict().items())


def test_the_head_is_kept_for_the_same_labels_and_new_for_others():
    same = hs.FineTuneClassifier(random_state=0, epochs=1, source_epochs=2, policy=hs.neural.FullFineTune())
    same.fit(X, product(X), source=SOURCE)
    assert same.classes_.tolist() == [0, 1]
    other = clone(same).fit(X, np.where(product(X), "yes", "no"), source=hs.Domain(XS, np.where(product(XS), "a", "b")))
    assert other.classes_.tolist() == ["no", "yes"]
    union = clone(same).fit(X, product(X), source=hs.Domain(XS, product(XS) + 2 * (XS[:, 2] > 1)))
    assert union.classes_.tolist() == [0, 1, 2, 3] and union.predict_proba(XT).shape == (300, 4)


def test_without_target_labels_the_source_predicts():
    model = hs.FineTuneClassifier(random_state=0).fit(X, None, source=SOURCE)
    assert model.score(XT, product(XT)) > 0.8
    assert set(model.histories_) == {"source"}


def test_the_plan_is_told_before_anything_trains():
    model = hs.FineTuneClassifier(policy=[hs.neural.FreezeBelow(2)], epochs=3, random_state=0)
    told = model.plan(X, product(X))
    assert told["trained"].tolist()[:2] == [0, 0] and told["layer"].tolist()[-1] == "head"
    assert not hasattr(model, "layers_")
    pd.testing.assert_frame_equal(told, model.fit(X, product(X)).layers_)


@pytest.mark.parametrize("adapter", [LoRA(rank=2), hs.neural.BottleneckAdapter(width=2), hs.neural.BitFit()])
def test_an_adapter_trains_alone_and_is_kept(adapter, tmp_path):
    model = hs.FineTuneClassifier(Encoder, adapter=adapter, epochs=4, source_epochs=2, random_state=0)
    model.fit(X, product(X), source=SOURCE)
    body = model.layers_[model.layers_["layer"] != "head"]
    assert 0 < body["trained"].sum() < body["parameters"].sum() / 2
    again = hs.load(hs.save(model, tmp_path / "m.headstart"), trusted=[Encoder])
    np.testing.assert_array_equal(model.predict_proba(XT), again.predict_proba(XT))
    assert again.adapter_.adapter == adapter


def test_a_stored_model_is_equal_to_the_last_bit(tmp_path):
    model = hs.FineTuneClassifier(random_state=0, epochs=3, source_epochs=2).fit(X, product(X), source=SOURCE)
    again = hs.load(hs.save(model, tmp_path / "m.headstart"))
    np.testing.assert_array_equal(model.predict_proba(XT), again.predict_proba(XT))
    np.testing.assert_array_equal(model.features(XT), again.features(XT))
    assert again.layers_.equals(model.layers_)


def test_a_network_of_ones_own_must_be_trusted(tmp_path):
    path = hs.save(
        hs.FineTuneClassifier(Encoder, epochs=1, random_state=0).fit(X, product(X)), tmp_path / "m.headstart"
    )
    with pytest.raises(hs.InputError, match=r"trusted=\['tests.neural.test_finetune.Encoder'\]"):
        hs.load(path)
    assert hs.load(path, trusted=[Encoder]).predict(XT).shape == (300,)


def test_a_file_cannot_name_other_code_than_what_was_trusted(tmp_path):
    stored = hs.FineTuneClassifier(Encoder, epochs=1, random_state=0).fit(X, product(X)).to_stored()
    stored._kept = replace(stored._kept, recipe={**stored._kept.recipe, "path": "os.getcwd", "arguments": {}})
    again = hs.load(hs.save(stored, tmp_path / "m.headstart"), trusted=[Encoder])
    with pytest.raises(hs.InputTypeError, match="made by 'os.getcwd', code that is not headstart's"):
        again.predict(XT)


def test_a_module_that_only_its_own_code_can_build_is_not_stored(tmp_path):
    model = hs.FineTuneClassifier(nn.Sequential(nn.Linear(4, 3)), epochs=1, random_state=0).fit(X, product(X))
    with pytest.raises(hs.InputError, match="cannot be saved: only the code that made it could build it again"):
        hs.save(model, tmp_path / "m.headstart")
    assert not list(tmp_path.iterdir())


def test_early_stopping_keeps_rows_apart_and_the_best_weights():
    model = hs.FineTuneClassifier(patience=2, epochs=40, random_state=0).fit(XS, product(XS))
    history = model.histories_["target"]
    assert history.best_epoch is not None and history.table()["validation"].notna().all()


def test_interrupted_training_goes_on(tmp_path):
    whole = hs.FineTuneClassifier(epochs=6, random_state=0).fit(X, product(X))
    first = hs.FineTuneClassifier(epochs=6, random_state=0, folder=tmp_path, callbacks=[StopAfter(2)])
    with pytest.raises(KeyboardInterrupt):
        first.fit(X, product(X))
    rest = hs.FineTuneClassifier(epochs=6, random_state=0, folder=tmp_path, resume=True).fit(X, product(X))
    np.testing.assert_array_equal(whole.predict_proba(XT), rest.predict_proba(XT))


def test_interrupted_training_changes_images_as_if_it_had_never_stopped(tmp_path):
    images = np.random.default_rng(0).integers(256, size=(24, 8, 8), dtype=np.uint8)
    y = np.arange(24) % 2
    settings = {"epochs": 4, "augment": "crop", "random_state": 0}
    whole = hs.FineTuneClassifier(**settings).fit(images, y)
    with pytest.raises(KeyboardInterrupt):
        hs.FineTuneClassifier(**settings, folder=tmp_path, callbacks=[StopAfter(2)]).fit(images, y)
    rest = hs.FineTuneClassifier(**settings, folder=tmp_path, resume=True).fit(images, y)
    np.testing.assert_array_equal(whole.predict_proba(images), rest.predict_proba(images))


class StopAfter(hs.neural.Callback):
    def __init__(self, epochs):
        self.left = epochs

    def on_epoch(self, epoch):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_texts_and_images_go_in_as_they_are():
    texts = ["good film", "bad film", "very good", "very bad", "good good", "bad bad"] * 4
    y = [1, 0, 1, 0, 1, 0] * 4
    model = hs.FineTuneClassifier(random_state=0, epochs=20).fit(texts, y)
    assert model.predict(["good", "bad"]).tolist() == [1, 0]
    images = rng.integers(0, 255, size=(20, 8, 8)).astype(np.uint8)
    images[:10, :4] //= 4
    model = hs.FineTuneClassifier(random_state=0, epochs=20).fit(images, ["dark"] * 10 + ["light"] * 10)
    assert model.score(images, ["dark"] * 10 + ["light"] * 10) > 0.9


@pytest.mark.parametrize(
    ("settings", "rows", "words"),
    [
        ({"weights": "w.pth"}, X, "without a backbone"),
        ({"augment": "flip"}, X, "augment='flip' is for images, and X holds table"),
        ({"adapter": "lora"}, X, "adapter is 'lora'; expected an adapter"),
        ({"policy": "full"}, X, "policy is 'full'"),
        ({"policy": [hs.neural.FreezeBelow("layer9")]}, X, "no layer is called 'layer9'"),
        ({"epochs": 0}, X, "epochs is 0"),
        ({"learning_rate": -1.0}, X, "learning_rate is -1.0"),
        ({"validation_share": 1.5, "patience": 2}, X, "validation_share is 1.5"),
        ({"backbone": "resnet50"}, X, "there is no backbone 'resnet50'"),
        ({}, X[:5], "5 rows and y 24 labels|inconsistent numbers of samples"),
        ({}, ["a", "b"], "X has 2 rows and y 24 labels"),
    ],
)
def test_what_is_refused(settings, rows, words):
    with pytest.raises(hs.HeadstartError, match=words):
        hs.FineTuneClassifier(**settings).fit(rows, product(X))


def test_other_kinds_of_rows_in_the_source():
    with pytest.raises(hs.InputError, match="the target's rows are texts and those of 'numbers' are table"):
        hs.FineTuneClassifier().fit(["a b", "c d"], [0, 1], source=hs.Domain(XS, product(XS), name="numbers"))


def test_a_source_without_labels():
    with pytest.raises(hs.InputError, match="has no labels, which FineTuneClassifier needs"):
        hs.FineTuneClassifier().fit(X, product(X), source=hs.Domain(XS))


def test_a_feature_that_varies_by_rounding_alone_gets_hardly_a_weight():
    class Nearly(nn.Module):
        """Gives one feature that is constant but for the last bits of float32."""

        def __init__(self):
            super().__init__()
            self.own = nn.Linear(4, 3)

        def forward(self, x):
            return torch.cat([self.own(x), 3.0 + 1e-6 * x[:, :1]], dim=1)

    start = hs.neural.open_backbone(Nearly(), pretrained=True)
    probe = hs.FineTuneClassifier(start, policy=hs.neural.LinearProbe(), random_state=0).fit(X, product(X))
    weights = probe.network_.head.weight.detach().numpy()
    assert np.abs(weights[:, 3]).max() < 1e-3 and np.abs(weights).max() < 1e3


@pytest.mark.parametrize(
    "kind, knows, own, adapter, rate",
    [
        ("texts", True, False, False, 5e-5),
        ("texts", True, False, True, 1e-3),
        ("images", True, False, False, 3e-4),
        ("images", True, True, False, 2e-3),
        ("images", True, True, True, 2e-3),
        ("images", False, False, False, 2e-3),
    ],
)
def test_rates_where_none_is_given(kind, knows, own, adapter, rate):
    assert defaults.learning_rate(kind, knows, own, adapter) == rate


def test_a_language_model_takes_fewer_steps():
    assert defaults.epochs(32, 8, True, True) == 25 and defaults.epochs(32, 8, True) == 60
    assert defaults.epochs(100_000, 32, True, True) == 3


@pytest.mark.parametrize(
    "policy",
    [None, hs.neural.FullFineTune(), hs.neural.LinearProbe(), hs.neural.ProbeThenFineTune(), hs.neural.FreezeBelow(1)],
)
@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1)])
def test_the_plan_is_what_is_trained(policy, labels):
    y = np.array(labels)[product(X)]
    model = hs.FineTuneClassifier(Encoder, policy=policy, epochs=2, source_epochs=1, random_state=0)
    for source in (None, hs.Domain(XS, np.array(["no", "maybe"])[product(XS)]) if labels[0] == "no" else SOURCE):
        told = model.plan(X, y, source=source)
        pd.testing.assert_frame_equal(told, model.fit(X, y, source=source).layers_)


def test_the_plan_shows_a_head_that_is_solved():
    told = hs.FineTuneClassifier(Encoder, policy=hs.neural.LinearProbe(), epochs=2).plan(X, product(X))
    head = told.iloc[-1]
    assert head["solved first"] and head["trained"] == head["parameters"] and not told["trained"][:-1].any()


def test_an_opened_backbone_keeps_what_was_said_of_it(tmp_path):
    images = rng.integers(0, 256, (20, 2, 2), dtype=np.uint8)
    reader = hs.neural.ImageReader(size=(2, 2), channels=1)
    opened = hs.neural.open_backbone(
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)), takes=reader, head="3"
    )
    before = {name: values.clone() for name, values in opened.module.state_dict().items()}
    model = hs.FineTuneClassifier(opened, epochs=2, random_state=0).fit(images, [0, 1] * 10)
    assert model.features(images).shape == (20, 6)
    assert all(torch.equal(before[name], values) for name, values in opened.module.state_dict().items())
    np.testing.assert_array_equal(
        clone(model).fit(images, [0, 1] * 10).predict_proba(images), model.predict_proba(images)
    )
    with pytest.raises(hs.HeadstartError, match="is to be said where a backbone is first opened"):
        hs.neural.open_backbone(opened, takes=reader)
    named = hs.neural.open_backbone(Encoder)
    table = hs.FineTuneClassifier(named, epochs=1, random_state=0).fit(X, product(X))
    hs.save(table, tmp_path / "model")
    again = hs.load(tmp_path / "model", trusted=[Encoder])
    np.testing.assert_array_equal(again.predict_proba(X), table.predict_proba(X))
