"""Tasks that only serve: their weights, the gate, and tasks made of the rows."""

import numpy as np
import pandas as pd
import pytest
import torch

import headstart as hs
from headstart import multitask as mt
from headstart.core.errors import InputError, InputTypeError

from .test_networks import quick, table


def test_an_auxiliary_task_helps_and_is_gone_afterwards():
    X, Y = table(300)
    gaps = Y.astype(object)
    gaps.loc[12:, "few"] = None
    model = quick(epochs=40, auxiliary=["many"]).fit(X, gaps[["few", "many"]])
    Z, truth = table(400, seed=1)
    assert model.tasks_ == ["few"] and model.auxiliary_ == ["many"]
    assert model.predict(Z).shape == (400, 1)
    assert (model.predict(Z, "few") == truth["few"]).mean() > 0.75
    assert len(model.network_.head.n_outputs) == 1
    assert {name.split(".")[0] for name, _ in model.network_.named_parameters()} == {"trunk", "head"}


def test_weight_zero_is_as_without_the_task():
    X, Y = table(60)
    with_it = quick(epochs=3, auxiliary=["other"], auxiliary_weights=mt.FixedWeight(0.0)).fit(X, Y)
    without = quick(epochs=3).fit(X, Y[["many", "few"]])
    assert np.allclose(with_it.predict_proba(X, "few"), without.predict_proba(X, "few"), atol=1e-6)


def test_the_gate_is_that_of_the_paper():
    gramian = np.array([[4.0, 1.0, -1.0, 2.0], [1.0, 9.0, -3.0, 0.5], [-1.0, -3.0, 1.0, 0.0], [2.0, 0.5, 0.0, 25.0]])
    there = np.ones(4, dtype=bool)
    main = np.array([1.0, 1.0, 0.0, 0.0])
    length = np.sqrt(main @ gramian @ main)
    cosine = [gramian[k] @ main / length / np.sqrt(gramian[k, k]) for k in (2, 3)]
    assert cosine[0] < 0 < cosine[1]
    sign = mt.GradientGate().weighting((0, 1)).gradient_weights(gramian, np.ones(4), there, {}, None)
    assert sign.tolist() == [1.0, 1.0, 0.0, 1.0]
    soft = mt.GradientGate("cosine").weighting((0, 1)).gradient_weights(gramian, np.ones(4), there, {}, None)
    assert soft == pytest.approx([1.0, 1.0, 0.0, cosine[1]])
    left = (
        mt.GradientGate().weighting((0, 1)).gradient_weights(gramian, np.ones(4), there & (np.arange(4) != 1), {}, None)
    )
    assert left.tolist() == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("level", ["parameter", "representation"])
def test_the_gate_closes_on_a_task_that_pulls_the_other_way(level):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4))
    Y = pd.DataFrame({"main": X[:, 0] * X[:, 1], "same": X[:, 0] * X[:, 1], "noise": rng.normal(size=200)})
    gate = mt.GradientGate(level=level)
    model = quick(
        mt.MultiTaskRegressor, epochs=25, auxiliary=["same", "noise"], auxiliary_weights=gate
    ).fit(X, Y)  # fmt: skip
    passed = model.task_weights_
    assert passed["main"] == 1.0
    assert passed["same"] > 0.9 > passed["noise"] + 0.1


def test_learned_weights_follow_the_gradient_of_held_out_rows():
    from headstart.multitask.networks.objective import Objective
    from headstart.multitask.networks.problem import OneTask, TaskProblem
    from headstart.multitask.networks.serving import Learning
    from headstart.multitask.objectives import TaskLosses
    from headstart.neural.training.processes import Team

    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    encoder = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh())
    backbone = hs.neural.open_backbone(encoder, seed=0)
    network = mt.MultiTaskNetwork(mt.HardSharing().build(backbone, ["a", "b"], seed=0), [1, 1])
    with torch.no_grad():
        for p in network.head.parameters():
            p.normal_()
    tasks = (OneTask("a", "regression"), OneTask("b", "regression", None, True))
    problem = TaskProblem("table", X, codes, tasks)
    rows = hs.neural.reader_for("table", X).fit(X).read(X, "X")
    losses = TaskLosses(codes, ["regression"] * 2, network.head.places)
    objective = Objective(
        network, rows, losses, torch.device("cpu"), tapped=False, weights=np.ones(2), draws=False
    )  # fmt: skip
    objective(torch.arange(10))
    rule = mt.LearnedWeight(pace=0.5, every=1)
    Learning(rule, objective, problem, np.arange(20, 40), 0, Team.join("cpu")).on_step({"step": 1})

    def gradient(k, index):
        out = torch.cat(network(rows.batch(index)), dim=1)
        loss = (out[:, k] - torch.as_tensor(codes[index, k], dtype=torch.float32)).square().mean()
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(network.trunk.below()))])

    ahead, mine = gradient(0, np.arange(20, 40)), gradient(1, np.arange(10))
    cosine = float(ahead @ mine / ahead.norm() / mine.norm())
    assert objective.weights == pytest.approx([1.0, np.exp(0.5 * cosine)], rel=1e-4)
    assert rule.moved(np.array([1.0]), np.array([100.0])).tolist() == [10.0]


def test_learned_weights_tell_a_useful_task_from_noise():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    Y = pd.DataFrame({"main": X[:, 0] * X[:, 1], "same": X[:, 0] * X[:, 1] + 0.1, "noise": rng.normal(size=300)})
    model = quick(
        mt.MultiTaskRegressor, epochs=25, auxiliary=["same", "noise"], auxiliary_weights=mt.LearnedWeight()
    ).fit(X, Y)  # fmt: skip
    found = model.learnt_["auxiliary weights"]["weight"]
    assert found["same"] > found["noise"]


def test_masked_features_help_where_few_rows_have_labels():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(400, 2))
    X = np.tanh(hidden @ rng.normal(size=(2, 12))) + 0.1 * rng.normal(size=(400, 12))
    Y = pd.DataFrame({"main": np.where(hidden[:, 0] > 0, "a", "b")}).astype(object)
    Y["filler"] = (rng.random(400) > 0.5).astype(int)
    Y.loc[20:, "main"] = None
    model = quick(epochs=20, auxiliary=["filler", mt.MaskedFeatures()], auxiliary_weights=mt.FixedWeight(1.0)).fit(X, Y)
    history = pd.DataFrame(model.histories_["joint"].rows)
    assert history["loss of MaskedFeatures"].iloc[-1] < 0.7 * history["loss of MaskedFeatures"].iloc[0]


def test_tasks_made_of_rows_learn_from_rows_without_labels():
    X, Y = table(40)
    Y.loc[10:, "few"] = None
    settings = {"epochs": 1, "batch_size": 8}
    assert quick(**settings, auxiliary=[mt.MaskedFeatures()]).fit(X, Y[["few"]]).histories_["joint"].steps == 5
    assert quick(**settings, auxiliary=["many"]).fit(X[:10], Y[["few", "many"]][:10]).histories_["joint"].steps == 2
    judged = quick(**settings, folds=2, fallback="doubt", auxiliary=[mt.MaskedFeatures()]).fit(X, Y[["few"]])
    assert judged.verdicts_[0].n_rows == 10
    assert "few" not in judged.alone_ or judged.histories_["alone few"].steps == 2


def test_an_auxiliary_task_may_lack_labels_in_a_fold():
    X, Y = table(40)
    Y["few"] = ["yes", "no", *[None] * 38]
    model = quick(
        epochs=1, folds=2, auxiliary=["few"], auxiliary_weights=mt.FixedWeight(0.5)
    ).fit(X, Y[["many", "few"]])  # fmt: skip
    assert [v.task for v in model.verdicts_] == ["many"]


def test_rows_held_out_leave_no_trace_in_batch_normalisation():
    from headstart.multitask.networks import serving

    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.ReLU())
    states = []

    class Watched(serving.Learning):
        def on_step(self, step):
            before = self.objective.network.trunk.encoder.state_dict()
            before = {k: v.clone() for k, v in before.items()}
            super().on_step(step)
            after = self.objective.network.trunk.encoder.state_dict()
            states.append(all(torch.equal(before[k], after[k]) for k in before))
            assert self.objective.network.training

    X, Y = table(60)
    rule = mt.LearnedWeight(every=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headstart.multitask.networks.training.Learning", Watched)
        quick(backbone=net, epochs=1, auxiliary=["other"], auxiliary_weights=rule).fit(X, Y)
    assert states and all(states)


def test_masked_entries_come_from_other_rows():
    head = mt.MaskedFeatures(0.3).build("table", torch.zeros(2, 6), 4, None, seed=0)
    batch = torch.arange(600.0).reshape(100, 6)
    changed, (right, masked) = head.changed(batch, torch.Generator().manual_seed(0))
    assert torch.equal(right, batch) and 0.2 < masked.float().mean() < 0.4
    assert torch.equal(changed[~masked], batch[~masked])
    assert torch.equal(changed % 6, batch % 6)  # each from its own column
    features = torch.zeros(100, 4)
    bias = head.head.bias.detach()
    expected = ((bias - batch)[masked] ** 2).mean()
    assert head.loss(features, (right, masked), None).item() == pytest.approx(float(expected), rel=1e-5)
    series = mt.MaskedFeatures(0.5).build("series", torch.zeros(2, 3, 8), 4, None, seed=0)
    _, (_, masked) = series.changed(torch.randn(10, 3, 8), torch.Generator().manual_seed(0))
    assert (masked.sum(dim=2) == 4).all() and (masked[:, 0] == masked[:, 1]).all()


def test_images_are_turned():
    head = mt.Rotation().build("images", torch.zeros(2, 1, 4, 4), 4, None, seed=0)
    batch = torch.rand(50, 1, 4, 4)
    changed, told = head.changed(batch, torch.Generator().manual_seed(0))
    assert set(told.tolist()) == {0, 1, 2, 3}
    for image, turned, turn in zip(batch, changed, told.tolist(), strict=True):
        assert torch.equal(turned, torch.rot90(image, turn, (1, 2)))
    flat = mt.Rotation().build("images", torch.zeros(2, 1, 4, 6), 4, None, seed=0)
    assert flat.turns == (0, 2)


def test_bad_input():
    X, Y = table(40)
    with pytest.raises(InputError, match=r"Rotation\(\) is a task for images, and X holds table"):
        quick(auxiliary=[mt.Rotation()]).fit(X, Y)
    with pytest.raises(
        InputError, match=r"DomainPrediction\(\) tells the domains of rows apart, and there is one table"
    ):
        quick(auxiliary=[mt.DomainPrediction()]).fit(X, Y)
    with pytest.raises(InputError, match=r"MaskedFeatures\(\) is a task for tables and series of numbers"):
        quick(auxiliary=[mt.MaskedFeatures()]).fit(["a b", "c d"] * 20, Y)
    with pytest.raises(InputTypeError, match="auxiliary holds the class Rotation"):
        quick(auxiliary=[mt.Rotation]).fit(X, Y)
    with pytest.raises(InputTypeError, match="auxiliary_weights is 0.3; expected one of headstart.multitask"):
        quick(auxiliary=["other"], auxiliary_weights=0.3).fit(X, Y)
    with pytest.raises(InputError, match="and no task is auxiliary"):
        quick(auxiliary_weights=mt.FixedWeight(0.3)).fit(X, Y)
    with pytest.raises(InputError, match="says how tasks are weighed, and so does weighting="):
        quick(auxiliary=["other"], auxiliary_weights=mt.GradientGate(), weighting=mt.UPGrad()).fit(X, Y)
    with pytest.raises(InputError, match="tasks made of the rows look at changed ones"):
        quick(auxiliary=[mt.MaskedFeatures()], weighting=mt.UPGrad()).fit(X, Y)
    with pytest.raises(InputError, match="several tasks are called MaskedFeatures"):
        quick(auxiliary=[mt.MaskedFeatures(), mt.MaskedFeatures(0.5)]).fit(X, Y)
    for kind, wrong in [
        (mt.MaskedFeatures, {"share": 0}),
        (mt.FixedWeight, {"value": -1}),
        (mt.LearnedWeight, {"value": 20}),
        (mt.LearnedWeight, {"every": 0}),
        (mt.LearnedWeight, {"pace": 0}),
        (mt.GradientGate, {"by": "often"}),
        (mt.GradientGate, {"level": "x"}),
    ]:
        with pytest.raises(InputError, match="expected"):
            kind(**wrong)
