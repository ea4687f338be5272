"""What a training tells: callbacks, loggers, the progress bar; and the search for a learning rate."""

import csv
import os
import sys
import types

import numpy as np
import pytest
import torch

from headstart.core.errors import HeadstartError, InputError, InputTypeError, MissingDependencyError
from headstart.neural import (
    CSVLog,
    MLflowLog,
    Plan,
    ProgressBar,
    TensorBoardLog,
    TrainingDiverged,
    TrainingSettings,
    find_learning_rate,
    layer_groups,
)

from .test_training import fit, mlp, objective_of, problem, same, two_losses
from .test_training_resume import Stop, stop_after


class Recorder:
    def __init__(self):
        self.told = []

    def on_start(self, start):
        self.told.append(("start", start))

    def on_step(self, step):
        self.told.append(("step", step))

    def on_epoch(self, row):
        self.told.append(("epoch", row))

    def on_end(self, history):
        self.told.append(("end", history))


def test_callbacks_are_told_plain_values():
    X, y = problem()
    net, seen = mlp(), Recorder()
    history = fit(net, X, y, objective=two_losses(net, X, y), callbacks=[seen], epochs=2, schedule="constant")
    assert [what for what, _ in seen.told] == ["start", *["step"] * 5, "epoch", *["step"] * 5, "epoch", "end"]
    start, step, row = seen.told[0][1], seen.told[5][1], seen.told[6][1]
    assert (start["step"], start["steps"], start["epochs"], start["rows"]) == (0, 10, 2, [])
    assert start["settings"]["batch_size"] == 8
    assert (step["step"], step["steps"], step["epoch"], step["rate"]) == (5, 10, 0, 0.01)
    assert step["loss"] == pytest.approx(sum(step["losses"].values())) and set(step["losses"]) == {"class", "size"}
    assert all(type(v) in (int, float, dict) for v in step.values())
    losses = [s["loss"] for what, s in seen.told[1:6]]
    assert row == history.rows[0] and row["loss"] == pytest.approx(np.mean(losses))
    assert seen.told[-1][1] is history


def test_a_csv_log_has_each_epoch_once_also_after_a_resume(tmp_path):
    X, y = problem()
    path = tmp_path / "logs" / "training.csv"
    with pytest.raises(Stop):
        fit(mlp(), X, y, folder=tmp_path, checkpoint_every=3, callbacks=[CSVLog(path), stop_after(11)])
    fit(mlp(), X, y, folder=tmp_path, checkpoint_every=3, callbacks=[CSVLog(path)], resume=True)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"] and float(rows[2]["loss"]) < float(rows[0]["loss"])


def test_the_progress_bar_is_on_stderr(capsys):
    X, y = problem()
    fit(mlp(), X, y, validate=lambda: 0.5, callbacks=[ProgressBar("digits")])
    out, err = capsys.readouterr()
    assert out == "" and "digits" in err and "15/15" in err and "epoch 3, loss" in err and "validation 0.5" in err


class FakeClient:
    runs = []

    def __init__(self, tracking_uri=None):
        self.uri, self.params, self.metrics, self.ended = tracking_uri, {}, [], None
        FakeClient.runs.append(self)

    def get_experiment_by_name(self, name):
        return None if name == "new" else types.SimpleNamespace(experiment_id="7")

    def create_experiment(self, name):
        return "8"

    def create_run(self, experiment, run_name=None):
        self.experiment, self.name = experiment, run_name
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id="r"))

    def log_param(self, run, name, value):
        self.params[name] = value

    def log_metric(self, run, name, value, step):
        self.metrics.append((run, name, step))
        assert isinstance(value, float | int)

    def set_terminated(self, run, status):
        self.ended = (run, status)


def test_mlflow(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", types.SimpleNamespace(MlflowClient=FakeClient))
    X, y = problem()
    fit(mlp(), X, y, callbacks=[MLflowLog(every=6, tracking_uri="here"), MLflowLog("mine", every=100)])
    new, given = FakeClient.runs[-2:]
    assert new.uri == "here" and new.experiment == "7" and new.params["batch_size"] == 8
    assert [step for _, name, step in new.metrics if name == "step/loss"] == [6, 12]
    assert [step for _, name, step in new.metrics if name == "epoch/loss"] == [0, 1, 2]
    assert not any("validation" in name for _, name, _ in new.metrics)
    assert new.ended == ("r", "FINISHED") and given.ended is None and given.metrics[0][0] == "mine"
    X[0] = float("nan")
    with pytest.raises(TrainingDiverged):
        fit(mlp(), X, y, callbacks=[MLflowLog(experiment="new")])
    assert FakeClient.runs[-1].ended == ("r", "FAILED") and FakeClient.runs[-1].experiment == "8"


def test_tensorboard(monkeypatch, tmp_path):
    written = []

    class Writer:
        def __init__(self, folder, purge_step=None):
            written.append(("open", folder, purge_step))

        def add_scalar(self, name, value, step):
            written.append((name, step))

        def close(self):
            written.append(("close",))

    monkeypatch.setitem(sys.modules, "tensorboard", types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    X, y = problem()
    fit(mlp(), X, y, callbacks=[TensorBoardLog("runs", every=7)], validate=lambda: 1.0)
    assert written[0] == ("open", "runs", None) and written[-1] == ("close",)
    assert [step for name, *step in written if name == "step/rate"] == [[7], [14]]
    assert [step for name, *step in written if name == "epoch/validation"] == [[5], [10], [15]]


def test_loggers_tell_the_trainings_of_a_fit_apart(monkeypatch, tmp_path):
    opened = []

    class Writer:
        def __init__(self, folder, purge_step=None):
            opened.append(folder)

        def add_scalar(self, name, value, step):
            pass

        def close(self):
            pass

    monkeypatch.setitem(sys.modules, "mlflow", types.SimpleNamespace(MlflowClient=FakeClient))
    monkeypatch.setitem(sys.modules, "tensorboard", types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    X, y = problem()
    path = tmp_path / "log.csv"
    logs = [CSVLog(path), MLflowLog(every=6), MLflowLog("mine", every=6), TensorBoardLog("runs")]
    for name in ("fold 1/joint", "fold 1/alone a?b"):
        fit(mlp(), X, y, callbacks=logs, name=name)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["training"], row["epoch"]) for row in rows] == [
        (name, str(k)) for name in ("fold 1/joint", "fold 1/alone a?b") for k in range(3)
    ]
    assert opened == [os.path.join("runs", "fold 1/joint"), os.path.join("runs", "fold 1/alone a_b")]
    own, given = FakeClient.runs[-2:]
    assert own.name == "fold 1/alone a_b" and given.metrics[0][1] == "fold 1/alone a_b/epoch/loss"
    fit(mlp(), X, y, callbacks=logs[:1], name="fold 1/joint")
    with open(path, newline="") as file:
        assert [row["training"] for row in csv.DictReader(file)] == ["fold 1/alone a?b"] * 3 + ["fold 1/joint"] * 3


@pytest.mark.parametrize(("log", "package"), [(MLflowLog(), "mlflow"), (TensorBoardLog("x"), "tensorboard")])
def test_loggers_name_the_extra_that_they_need(monkeypatch, log, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"needs the package '{package}'.*headstart\[logs\]"):
        fit(mlp(), *problem(), callbacks=[log])
    with pytest.raises(InputError, match="every is 0; expected a whole number of at least 1"):
        type(log)("x", every=0)


def search(net, X, y, **kwargs):
    plan = kwargs.pop("plan", None) or Plan.of(layer_groups(net))
    settings = kwargs.pop("settings", None) or TrainingSettings(batch_size=16, device="cpu")
    objective = kwargs.pop("objective", None) or objective_of(net, X, y)
    return find_learning_rate(net, plan, objective, len(X), settings, seed=0, **kwargs)


def test_the_search_for_a_rate_leaves_everything_as_it_was():
    X, y = problem(n=64)
    net, before = mlp(dropout=0.5, norm=True), mlp(dropout=0.5, norm=True)
    net[0].bias.requires_grad_(False)
    net.train()
    net[1].eval()
    state = torch.get_rng_state()
    first = search(net, X, y)
    assert torch.equal(torch.get_rng_state(), state)
    assert same(net, before) and net.training and not net[1].training
    assert [p.requires_grad for p in net.parameters()] == [True, False, True, True, True, True]
    assert all(p.grad is None for p in net.parameters())
    second = search(net, X, y)
    assert (first.losses == second.losses).all() and first.suggestion == second.suggestion
    # And where the search fails.
    with pytest.raises(InputError, match="the loss was NaN or infinite after 0 steps"):
        search(net, X * float("nan"), y)
    assert same(net, before) and net.training and not net[1].training


def test_the_suggested_rate_learns():
    X, y = problem(n=64)
    net = mlp()
    curve = search(net, X, y)
    assert 1e-4 < curve.suggestion < 0.5 and (np.diff(np.log(curve.rates)) > 0).all()
    assert list(curve.table()) == ["rate", "loss", "smoothed loss"]
    found = {}
    for rate in (curve.suggestion, curve.suggestion / 1000):
        net = mlp()
        found[rate] = fit(net, X, y, learning_rate=rate, epochs=10).rows[-1]["loss"]
    assert found[curve.suggestion] < 0.5 * found[curve.suggestion / 1000]


def test_the_smoothed_loss_is_the_mean_without_the_bias_of_its_start():
    X, y = problem(n=64)
    curve = search(mlp(), X, y)
    mean = 0.0
    for i, loss in enumerate(curve.losses):
        mean = 0.98 * mean + 0.02 * loss
        assert curve.smooth[i] == pytest.approx(mean / (1 - 0.98 ** (i + 1)))


def test_the_search_stops_where_the_loss_explodes():
    X, y = problem(n=64)
    net = mlp()
    square = lambda rows: net(X[rows]).sub(X[rows, :3]).square().mean()  # noqa: E731
    assert len(search(net, X, y, objective=square, highest=1e6).rates) < 100


def test_searches_that_cannot_be():
    X, y = problem()
    net = mlp()
    flat = lambda rows: 0.0 * net(X[rows]).sum() + 1.0  # noqa: E731
    with pytest.raises(InputError, match="the loss fell at no learning rate between 1e-07 and 10"):
        search(net, X, y, objective=flat)
    with pytest.raises(InputError, match=r"lowest is 1 and highest 0.1; expected two rates above 0"):
        search(net, X, y, lowest=1, highest=0.1)
    with pytest.raises(InputError, match="n_steps is 5; expected a whole number of at least 10"):
        search(net, X, y, n_steps=5)
    with pytest.raises(InputTypeError, match="settings is a dict; expected a TrainingSettings"):
        search(net, X, y, settings={"epochs": 1})
    with pytest.raises(HeadstartError, match="nothing trains"):
        search(net, X, y, plan=Plan.of(layer_groups(net)).change(0, starts=None).change(1, starts=None))
