"""Deep alignment as estimators: what helps, what is held out, what is kept, what is refused."""

import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from torch import nn

import headstart as hs
from headstart.neural import CDAN, DAN, DANN, MCD, DeepCORAL, DeepJDOT, FreezeBelow, LinearProbe
from headstart.neural.deep.clock import LABELLED, UNLABELLED, Positions, Stream
from headstart.neural.deep.holding import hold_out
from headstart.neural.deep.statistics import statistics_kept, statistics_of
from headstart.neural.problem import Problem
from headstart.neural.training.order import Batches

METHODS = [DeepCORAL(), DAN(), DANN(width=16), CDAN(width=16), MCD(agree=1), DeepJDOT(features=0.1, labels=0.1)]


def turned(n, angle, seed):
    """Three clusters around the origin, all turned by an angle."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    at = np.radians(120 * y + angle)
    X = 3 * np.c_[np.cos(at), np.sin(at)] + rng.normal(scale=0.7, size=(n, 2))
    return np.c_[X, rng.normal(size=(n, 2))], y


XS, YS = turned(240, 0, 0)
X, Y = turned(120, 54, 1)
XT, YT = turned(300, 54, 2)
SOURCE = hs.Domain(XS, YS, name="source")


SHORT = {"epochs": 3, "batch_size": 32, "learning_rate": 0.01, "random_state": 0}


class Encoder(nn.Module):
    """A network of a user's own."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8))

    def forward(self, x):
        return self.body(x)


class Normalised(nn.Module):
    """One with batch normalisation."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 8))

    def forward(self, x):
        return self.body(x)


def classifier(alignment=None, backbone=Encoder, **settings):
    return hs.DeepAlignedClassifier(alignment, backbone, **{**SHORT, **settings})


def quiet(model, *args, **kwargs):
    """Fit where a word about harm is no surprise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hs.HeadstartWarning)
        return model.fit(*args, **kwargs)


@pytest.mark.parametrize("alignment", METHODS, ids=lambda a: type(a).__name__)
def test_every_method_fits_is_copied_and_kept(alignment, tmp_path):
    model = quiet(classifier(alignment, epochs=2, fallback=False), X, None, source=SOURCE)
    assert model.aligned_ and model.classes_.tolist() == [0, 1, 2]
    assert set(model.histories_) == {"not aligned", "aligned"} and model.n_source_ == 240
    assert pickle.loads(pickle.dumps(alignment)) == alignment and clone(model).alignment == alignment
    again = hs.load(hs.save(model, tmp_path / "m.headstart"), trusted=[Encoder])
    np.testing.assert_array_equal(model.predict_proba(XT), again.predict_proba(XT))
    assert again.source_only_.equals(model.source_only_) and again.alignment == alignment


def test_unlabelled_target_rows_help():
    model = classifier(CDAN(width=16), epochs=30).fit(X, None, source=SOURCE)
    alone = quiet(classifier(DeepCORAL(weight=0.0), epochs=30), X, None, source=SOURCE)
    assert model.aligned_ and model.score(XT, YT) > alone.score(XT, YT) + 0.05


def test_rows_of_unlabeled_are_target_rows_too():
    few = quiet(classifier(DeepCORAL()), X[:40], None, source=SOURCE)
    more = quiet(classifier(DeepCORAL()), X[:40], None, source=SOURCE, unlabeled=hs.Domain(X[40:]))
    every = quiet(classifier(DeepCORAL()), X, None, source=SOURCE)
    assert not np.allclose(few.predict_proba(XT), more.predict_proba(XT))
    np.testing.assert_array_equal(more.predict_proba(XT), every.predict_proba(XT))


def test_target_labels_are_learnt():
    rng = np.random.default_rng(5)
    swapped = hs.Domain(XS, rng.permutation(YS))
    model = quiet(classifier(DeepCORAL(weight=0.0), epochs=30), X, Y, source=swapped)
    assert model.score(XT, YT) > 0.8 and set(model.histories_) == {"not aligned", "aligned", "final"}
    assert model.source_only_["held-out target rows"].tolist() == [24, 24]


def test_without_a_source_it_is_the_target_only_network():
    model = classifier(DANN()).fit(X, Y)
    alone = hs.FineTuneClassifier(Encoder, **SHORT).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(XT), alone.predict_proba(XT))
    assert not model.aligned_ and model.source_only_ is None and model.n_source_ == 0
    assert model.comparison_ == "There is no source, so that nothing was aligned."


def test_a_weight_of_zero_is_no_alignment():
    model = classifier(DeepCORAL(weight=0.0)).fit(X, None, source=SOURCE)
    assert model.source_only_.loc["aligned", "agreement"] == 1
    losses = [model.histories_[name].table()["task"] for name in ("not aligned", "aligned")]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_a_collapse_is_said_and_falls_back():
    harmful = DeepCORAL(weight=1e6)
    with pytest.warns(hs.HeadstartWarning, match="DeepCORAL seems to harm: on held-out source rows its score is"):
        model = classifier(harmful, epochs=15).fit(X, None, source=SOURCE)
    table = model.source_only_
    assert not model.aligned_ and table.loc["aligned", "source score"] < table.loc["not aligned", "source score"] - 0.05
    plain = classifier(DeepCORAL(weight=0.0), epochs=15).fit(X, None, source=SOURCE)
    np.testing.assert_allclose(model.predict_proba(XT), plain.predict_proba(XT), atol=1e-4)
    with pytest.warns(hs.HeadstartWarning, match="the aligned network is kept, as fallback=False asks for"):
        kept = classifier(harmful, epochs=15, fallback=False).fit(X, None, source=SOURCE)
    assert kept.aligned_ and not np.allclose(kept.predict_proba(XT), plain.predict_proba(XT), atol=0.05)


@pytest.mark.parametrize("weight", [1.0, 1e3])
def test_what_is_said_of_the_target_holds(weight):
    """No label told: accuracies differ by no more than what is said, which without the labels cannot be less."""
    how = {"epochs": 15, "fallback": False}
    one = quiet(classifier(DeepCORAL(weight=weight), **how), X, None, source=SOURCE)
    plain = quiet(classifier(DeepCORAL(weight=0.0), **how), X, None, source=SOURCE)
    found = re.fullmatch(
        r"DeepCORAL: whether the target gains is not known without its labels; it gives ([\d.]+)% of 120 target rows "
        r"another class than the network without alignment, so that its accuracy on them is at most ([\d.]+) points "
        r"higher or lower\. It shows (no sign of failure|signs of failure: .*)\.",
        one.comparison_,
    )
    assert found and found[1] == found[2]
    most = float(found[1]) / 100
    assert most == pytest.approx(1 - one.source_only_.loc["aligned", "agreement"], abs=6e-4)
    assert 0 < abs(one.score(X, Y) - plain.score(X, Y)) <= most + 0.01
    assert one.comparison_.endswith("no sign of failure.") == (one.source_only_.loc["aligned", "source score"] > 0.9)


def test_what_is_said_of_numbers_holds():
    source, y = hs.Domain(XS, 100 + 10 * XS[:, 0]), 100 + 10 * X[:, 0]
    how = {**SHORT, "epochs": 15, "fallback": False}
    models = [hs.DeepAlignedRegressor(DeepCORAL(weight=w), Encoder, **how) for w in (0.0, 1e3)]
    errors = [np.sqrt(np.mean((quiet(m, X, None, source=source).predict(X) - y) ** 2)) for m in models]
    (most,) = re.findall(r"mean squared error on 120 target rows is at most ([\d.e+]+) larger", models[1].comparison_)
    assert 0 < abs(errors[1] - errors[0]) <= float(most) * 1.01


def test_held_out_target_labels_decide():
    with pytest.warns(hs.HeadstartWarning, match="on 24 held-out target rows its mean squared error of the prob"):
        model = classifier(DeepCORAL(weight=1e6), epochs=15).fit(X, Y, source=SOURCE)
    assert not model.aligned_ and model.score(XT, YT) > 0.7
    assert model.comparison_.startswith("DeepCORAL: on 24 held-out target rows its mean squared error of the prob")


def test_too_few_labels_decide_nothing_and_that_is_said():
    with pytest.warns(hs.HeadstartWarning, match="y has 6 labels, of which validation_share=0.2 are too few"):
        model = classifier(DeepCORAL(weight=0.0)).fit(X[:6], Y[:6], source=SOURCE)
    assert model.source_only_["target score"].isna().all()


def held(model, problem):
    """Which source and target rows the model holds out."""
    index = Problem("table", np.arange(len(X))[:, None], problem, (np.arange(len(XS))[:, None],), YS, (), None, None)
    parts = hold_out(index, model.validation_share, "classification", model._seed())
    return parts.source.X[:, 0], None if parts.target is None else parts.target.X[:, 0]


def test_held_out_source_rows_have_no_part_in_the_fit():
    model = quiet(classifier(DANN(), fallback=False), X, None, source=SOURCE)
    source, _ = held(model, None)
    other = XS.copy()
    other[source] = 1e3
    again = quiet(clone(model), X, None, source=hs.Domain(other, YS))
    np.testing.assert_array_equal(model.predict_proba(XT), again.predict_proba(XT))
    assert len(source) == 48 and not model.source_only_.equals(again.source_only_)


def test_held_out_target_rows_have_no_part_in_the_comparison():
    model = quiet(classifier(DANN()), X, Y, source=SOURCE)
    _, target = held(model, Y)
    other = X.copy()
    other[target] = 1e3
    again = quiet(clone(model), other, Y, source=SOURCE)
    for name in ("not aligned", "aligned"):
        a, b = (m.histories_[name].table()["loss"] for m in (model, again))
        assert a.equals(b)
    assert model.histories_["final"].table()["loss"].tolist() != again.histories_["final"].table()["loss"].tolist()


class StopAfter(hs.neural.Callback):
    def __init__(self, steps):
        self.left = steps

    def on_step(self, step):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("alignment", [CDAN(width=8), MCD(agree=1)])
def test_interrupted_training_goes_on(alignment, tmp_path):
    settings = {"fallback": False, "epochs": 2}
    labels = Y.copy()
    whole = quiet(classifier(alignment, Normalised, **settings), X, labels, source=SOURCE)
    steps = 2 * 6  # of the network that is not aligned; then some more
    first = classifier(alignment, Normalised, **settings, folder=tmp_path, callbacks=[StopAfter(steps + 8)])
    with pytest.raises(KeyboardInterrupt):
        first.fit(X, labels, source=SOURCE)
    rest = quiet(classifier(alignment, Normalised, **settings, folder=tmp_path, resume=True), X, labels, source=SOURCE)
    np.testing.assert_array_equal(whole.predict_proba(XT), rest.predict_proba(XT))


def test_a_stream_gives_each_row_once_a_round_and_is_a_function_of_the_position():
    stream = Stream(7, seed=3, purpose=UNLABELLED)
    rows = stream.at(np.arange(70))
    assert all(sorted(rows[k : k + 7]) == list(range(7)) for k in range(0, 70, 7))
    assert rows[:7].tolist() != rows[7:14].tolist()
    later = Stream(7, seed=3, purpose=UNLABELLED)
    np.testing.assert_array_equal(later.at(np.array([50, 3, 69])), rows[[50, 3, 69]])
    assert rows[:14].tolist() != Stream(7, seed=3, purpose=LABELLED).at(np.arange(14)).tolist()


def test_positions_follow_the_order_of_the_training():
    batches, positions = Batches(10, 4, seed=2), Positions(10, 4, seed=2)
    for epoch in (0, 3):
        for k, rows in enumerate(batches.of(epoch)):
            expected = epoch * 10 + 4 * k + np.arange(len(rows))
            np.testing.assert_array_equal(positions.of(rows, epoch), expected)
            if len(rows) > 1:
                np.testing.assert_array_equal(positions.of(rows[1:], epoch), expected[1:])


def test_running_statistics_follow_the_target():
    shifted = X + np.array([10.0, 0, 0, 0])
    model = quiet(classifier(DANN(), Normalised, epochs=20, fallback=False), shifted, None, source=SOURCE)
    first, norm = model.network_.encoder.body[0], model.network_.encoder.body[1]
    reader = model._living().reader
    with torch.no_grad():
        target, source = (first(reader.read(rows).batch(range(len(rows)))) for rows in (shifted, XS))
    nearer = (norm.running_mean - target.mean(0)).abs() < (norm.running_mean - source.mean(0)).abs()
    assert nearer.float().mean() > 0.9
    # The source is still told by its own statistics.
    assert model.source_only_.loc["aligned", "source score"] > 0.8


class Rows:
    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def batch(self, index, device="cpu", generator=None):
        return self.values[torch.as_tensor(index)]


def test_statistics_of_rows_for_a_while():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5)).eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    values = 5 + 3 * torch.randn(128, 2, generator=torch.Generator().manual_seed(0))
    with statistics_of(net, ("0",), Rows(values), torch.device("cpu")):
        torch.testing.assert_close(net[0].running_mean, values.mean(0))
        assert not net[0].training
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items()) and net[0].momentum == 0.1
    net.train()
    with statistics_kept(net):
        out = net[0](values)
        torch.testing.assert_close(out.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items()) and net[0].track_running_stats


@pytest.mark.parametrize("alignment", [DeepCORAL(), DAN(), DANN(), DeepJDOT()])
def test_regression(alignment):
    source = hs.Domain(XS, 100 + 10 * XS[:, 0])
    model = quiet(hs.DeepAlignedRegressor(alignment, Encoder, **{**SHORT, "epochs": 15}), XS[:50], None, source=source)
    assert model.score(XS, 100 + 10 * XS[:, 0]) > 0.8
    assert set(model.source_only_.columns) >= {"agreement", "spread", "source score"}


def test_regression_falls_back_on_held_out_labels():
    model = hs.DeepAlignedRegressor(DeepCORAL(weight=1e6), Encoder, **{**SHORT, "epochs": 15})
    with pytest.warns(hs.HeadstartWarning, match="on 24 held-out target rows its mean squared error is"):
        model.fit(X, X[:, 0], source=hs.Domain(XS, XS[:, 0]))
    assert not model.aligned_ and model.score(XT, XT[:, 0]) > 0.5


def test_images_and_texts():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, size=(60, 8, 8)).astype(np.uint8)
    y = np.arange(60) % 2
    images[y == 0, :4] //= 4
    model = quiet(classifier(DANN(width=8), None), images[:30] // 2, None, source=hs.Domain(images, y))
    assert model.predict(images).shape == (60,)
    texts = ["good film", "bad film", "very good", "very bad", "good good", "bad bad"] * 5
    model = quiet(classifier(DAN(), None, epochs=1), texts[:10], None, source=hs.Domain(texts, [1, 0] * 15))
    assert model.predict(["good"]).shape == (1,)


def test_tables_with_words_and_gaps():
    table = pd.DataFrame({"size": XS[:, 0], "colour": np.where(XS[:, 1] > 0, "red", "blue"), "gap": np.nan})
    table.loc[::3, "gap"] = 1.0
    model = quiet(classifier(DeepCORAL(), None), table[:60], YS[:60], source=hs.Domain(table, YS))
    assert model.predict(table).shape == (240,)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"alignment": "dann"}, "alignment is 'dann'; expected a method of headstart.neural"),
        ({"alignment": DANN}, "make one of the class, with brackets"),
        ({"fallback": 1}, "fallback is 1; expected True or False"),
        ({"validation_share": 0}, "validation_share is 0; expected a share"),
        ({"validation_share": 0.001}, "learn from: more source rows, or another share"),
        ({"policy": LinearProbe()}, "fits the head before anything is aligned"),
        ({"policy": FreezeBelow("head")}, "no layer of the backbone trains"),
        ({"epochs": 0}, "epochs is 0"),
    ],
)
def test_what_is_refused(settings, words):
    with pytest.raises(hs.HeadstartError, match=words):
        classifier(**settings).fit(X, None, source=SOURCE)


def test_methods_for_classes_refuse_numbers():
    for alignment in (CDAN(), MCD()):
        with pytest.raises(hs.InputError, match=rf"alignment={type(alignment).__name__}\(\) looks at the probab"):
            hs.DeepAlignedRegressor(alignment).fit(X, Y, source=SOURCE)


def test_classes_that_the_source_does_not_know():
    with pytest.raises(hs.InputError, match="no label in common"):
        classifier().fit(X, Y + 10, source=SOURCE)


def test_no_labels_at_all():
    with pytest.raises(hs.InputError, match="requires y to be passed, but the target y is None"):
        classifier().fit(X, None)
