"""A fitted network as the source: what is taken over of it, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV

import headstart as hs
from headstart.neural import BitFit, BottleneckAdapter, FullFineTune, LinearProbe, LoRA, open_backbone

rng = np.random.default_rng(1)
XS, X = rng.normal(size=(200, 4)), rng.normal(size=(24, 4))


def rule(X):
    return np.where(X[:, 0] * X[:, 1] > 0, "yes", "no")


GIVEN = hs.FineTuneClassifier(epochs=8, random_state=0).fit(XS, rule(XS))


def test_training_goes_on_where_the_source_model_stood():
    still = hs.FineTuneClassifier(source_model=GIVEN, epochs=1, learning_rate=1e-12, weight_decay=0.0, random_state=5)
    found = still.fit(X, rule(X)).predict_proba(XS)
    assert np.allclose(found, GIVEN.predict_proba(XS), atol=1e-6)


def test_the_source_model_is_not_trained():
    before = {k: v.clone() for k, v in GIVEN.network_.state_dict().items()}
    hs.FineTuneClassifier(source_model=GIVEN, epochs=3, random_state=0).fit(X, rule(X))
    assert all(torch.equal(v, before[k]) for k, v in GIVEN.network_.state_dict().items())


def test_a_source_of_its_own_rows_gives_the_same_model_as_the_source_itself():
    # The reader of both is fitted to the same rows, so that nothing else differs than the way to the source's weights.
    given = hs.FineTuneClassifier(epochs=4, random_state=0).fit(XS, rule(XS))
    there = hs.FineTuneClassifier(source_model=given, policy=LinearProbe(), random_state=0).fit(XS, rule(XS))
    F = there.features(X)
    assert np.allclose(F, given.features(X), atol=1e-6)


def test_a_class_that_the_source_model_lacks_is_learned_beside_the_others():
    y = rule(X).astype(object)
    y[:8] = "maybe"
    model = hs.FineTuneClassifier(source_model=GIVEN, epochs=40, random_state=0).fit(X, y)
    assert model.classes_.tolist() == ["maybe", "no", "yes"]
    assert (model.predict(X[:8]) == "maybe").mean() > 0.7


def test_other_labels_take_the_backbone_alone():
    model = hs.FineTuneClassifier(source_model=GIVEN, epochs=2, random_state=0).fit(
        X, np.where(X[:, 2] > 0, "up", "down")
    )
    assert model.classes_.tolist() == ["down", "up"]


def test_copies_keep_it_and_a_grid_search_chooses_among_policies():
    model = hs.FineTuneClassifier(source_model=GIVEN, epochs=2, random_state=0)
    assert clone(model).source_model is GIVEN
    search = GridSearchCV(model, {"policy": [LinearProbe(), FullFineTune()]}, cv=2).fit(X, rule(X))
    assert len(search.cv_results_["params"]) == 2
    frozen = hs.FineTuneClassifier(source_model=FrozenEstimator(GIVEN), epochs=2, random_state=0).fit(X, rule(X))
    plain = model.fit(X, rule(X))
    assert np.array_equal(frozen.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("adapter", [LoRA(), BitFit()])
def test_an_adapter_of_the_source_model_is_merged(adapter):
    given = hs.FineTuneClassifier(source_model=GIVEN, adapter=adapter, epochs=5, random_state=0).fit(XS, rule(XS))
    probe = hs.FineTuneClassifier(source_model=given, policy=LinearProbe(), random_state=0).fit(X, rule(X))
    assert np.allclose(probe.features(XS), given.features(XS), atol=1e-5)
    assert probe.adapter_ is None and given.adapter_ is not None and not given.adapter_.merged


def test_a_saved_model_needs_no_source_model(tmp_path):
    model = hs.FineTuneClassifier(source_model=GIVEN, epochs=2, random_state=0).fit(X, rule(X))
    hs.save(model, tmp_path / "model.headstart")
    again = hs.load(tmp_path / "model.headstart")
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_an_open_backbone_is_a_start_too(tmp_path):
    start = open_backbone(torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU()), pretrained=True)
    before = {k: v.clone() for k, v in start.module.state_dict().items()}
    model = hs.FineTuneClassifier(start, epochs=2, random_state=0).fit(X, rule(X))
    assert model.layers_["trained"].sum() > 0
    assert all(torch.equal(v, before[k]) for k, v in start.module.state_dict().items())


def test_columns_are_found_by_name():
    names = ["a", "b", "c", "d"]
    given = hs.FineTuneClassifier(epochs=3, random_state=0).fit(pd.DataFrame(XS, columns=names), rule(XS))
    model = hs.FineTuneClassifier(source_model=given, epochs=2, random_state=0)
    straight = model.fit(pd.DataFrame(X, columns=names), rule(X)).predict_proba(pd.DataFrame(X, columns=names))
    turned = clone(model).fit(pd.DataFrame(X, columns=names)[names[::-1]], rule(X))
    assert np.array_equal(turned.predict_proba(pd.DataFrame(X, columns=names)), straight)
    with pytest.raises(hs.InputError, match=r"lacks the columns \['d'\] of the source model"):
        clone(model).fit(pd.DataFrame(X[:, :3], columns=names[:3]), rule(X))


@pytest.mark.parametrize(
    "wrong, message",
    [
        (hs.FineTuneClassifier(), "which is not fitted; expected one fitted FineTuneClassifier"),
        (hs.FineTuneClassifier, "which is a class"),
        ([GIVEN], "list, which is no network"),
        ("model.headstart", "str, which is no network"),
    ],
)
def test_what_is_no_fitted_network_is_refused(wrong, message):
    with pytest.raises(hs.InputTypeError, match=message):
        hs.FineTuneClassifier(source_model=wrong).fit(X, rule(X))


def test_two_starts_are_refused():
    source = hs.Domain(XS, rule(XS))
    with pytest.raises(hs.InputError, match="source_model= and source= are both given"):
        hs.FineTuneClassifier(source_model=GIVEN).fit(X, rule(X), source=source)
    with pytest.raises(hs.InputError, match="source_model= and backbone= are two starts"):
        hs.FineTuneClassifier(torch.nn.Linear(4, 3), source_model=GIVEN).fit(X, rule(X))
    with pytest.raises(hs.InputTypeError, match="this is a regression; expected a source model of the same task"):
        hs.FineTuneRegressor(source_model=GIVEN).fit(X, X[:, 0])


def test_another_kind_or_width_of_rows_is_refused():
    with pytest.raises(hs.InputError, match="X holds texts and the source model takes table"):
        hs.FineTuneClassifier(source_model=GIVEN).fit(["a text", "another"] * 4, ["yes", "no"] * 4)
    with pytest.raises(hs.InputError, match="X has 3 columns and the source model was fitted to 4"):
        hs.FineTuneClassifier(source_model=GIVEN).fit(X[:, :3], rule(X))


def test_an_adapter_that_cannot_be_merged_is_named():
    given = hs.FineTuneClassifier(source_model=GIVEN, adapter=BottleneckAdapter(), epochs=2, random_state=0)
    given.fit(XS, rule(XS))
    with pytest.raises(hs.InputError, match="BottleneckAdapter is not linear and cannot be merged"):
        hs.FineTuneClassifier(source_model=given).fit(X, rule(X))


def test_a_loaded_source_model_finds_columns_of_words_by_name(tmp_path):
    def frame(X):
        return pd.DataFrame({"a": X[:, 0], "word": np.where(X[:, 1] > 0, "up", "down"), "b": X[:, 2]})

    given = hs.FineTuneClassifier(epochs=2, random_state=0).fit(frame(XS), rule(XS))
    hs.save(given, tmp_path / "given.headstart")
    model = hs.FineTuneClassifier(source_model=hs.load(tmp_path / "given.headstart"), epochs=2, random_state=0)
    turned = clone(model).fit(frame(X)[["b", "word", "a"]], rule(X))
    assert np.array_equal(turned.predict_proba(frame(X)), clone(model).fit(frame(X), rule(X)).predict_proba(frame(X)))
    with pytest.raises(hs.InputError, match=r"lacks the columns \['word'\] of the source model"):
        hs.FineTuneClassifier(source_model=hs.load(tmp_path / "given.headstart")).fit(frame(X)[["b", "a"]], rule(X))
