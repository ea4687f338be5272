"""Checkpoints: a training that was interrupted ends as one that was not, to the last bit."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors import safe_open
from torch import nn

from headstart.core.errors import InputError
from headstart.neural import Plan, TrainingDiverged, layer_groups
from headstart.neural.training import checkpoint

from .test_training import fit, mlp, objective_of, problem, same


class Stop(Exception):
    pass


def stop_after(step):
    class Stopper:
        def on_step(self, told):
            if told["step"] == step:
                raise Stop

    return Stopper()


def conv():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(36, 3)
        )
        return net.to(memory_format=torch.channels_last)


def images():
    g = torch.Generator().manual_seed(0)
    return torch.randn(40, 1, 5, 5, generator=g), torch.randint(0, 3, (40,), generator=g)


def scorer(net, X, y):
    def validate():
        # Draws of validation, too, are those of a run without interruption.
        return nn.functional.cross_entropy(net(X), y).item() + 0.01 * torch.rand(()).item()

    return validate


@pytest.mark.parametrize("step", [1, 4, 7, 10, 13])
@pytest.mark.parametrize("make", [lambda: mlp(dropout=0.5, norm=True), conv])
def test_resume_is_bit_identical(tmp_path, step, make):
    X, y = problem() if make is not conv else images()

    def run(folder, **kwargs):
        net = make()
        plan = Plan.of(layer_groups(net)).change(0, starts=1.4, pull=1.0, speed=0.5)
        history = fit(net, X, y, plan, validate=scorer(net, X, y), folder=folder, checkpoint_every=3, **kwargs)
        return net, history

    whole, expected = run(tmp_path / "whole")
    with pytest.raises(Stop):
        run(tmp_path / "broken", callbacks=[stop_after(step)])
    # A network with other weights is passed: what trains comes from the checkpoint.
    net, history = run(tmp_path / "broken", resume=True)
    assert same(net, whole)
    without = [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows]
    assert without == [{k: v for k, v in row.items() if k != "seconds"} for row in expected.rows]
    assert (history.best_epoch, history.steps, history.stopped) == (expected.best_epoch, 15, "epochs")
    # Nothing is left to do for another one.
    again, finished = run(tmp_path / "broken", resume=True)
    assert same(again, whole) and finished.rows == history.rows and finished.stopped == "epochs"


def test_weights_that_train_come_from_the_checkpoint(tmp_path):
    X, y = problem()
    whole = mlp(dropout=0.5)
    fit(whole, X, y)
    with pytest.raises(Stop):
        fit(mlp(dropout=0.5), X, y, folder=tmp_path, checkpoint_every=2, callbacks=[stop_after(8)])
    other = mlp(seed=5, dropout=0.5)
    fit(other, X, y, folder=tmp_path, checkpoint_every=2, resume=True)
    assert same(other, whole)


def test_time_limit_can_be_resumed(tmp_path):
    X, y = problem()
    whole, net = mlp(dropout=0.5), mlp(dropout=0.5)
    fit(whole, X, y)
    stopped = [fit(net, X, y, folder=tmp_path, resume=True, time_limit=1e-9).stopped for _ in range(16)]
    assert stopped == ["time_limit"] * 14 + ["epochs"] * 2
    assert same(net, whole)


def test_patience_goes_on_after_a_resume(tmp_path):
    X, y = problem()
    scores = [1.0, 2.0, 2.0, 2.0, 2.0, 2.0]

    def run(**kwargs):
        left = iter(scores)
        return fit(mlp(), X, y, epochs=6, patience=3, validate=lambda: next(left), folder=tmp_path, **kwargs)

    with pytest.raises(Stop):
        run(callbacks=[stop_after(11)])
    scores = [2.0] * 6
    history = run(resume=True)
    assert history.stopped == "patience" and len(history.rows) == 4 and history.best_epoch == 0


def test_state_of_combine_is_kept(tmp_path):
    class Counting:
        def __init__(self):
            self.seen = torch.zeros(())

        def __call__(self, losses):
            self.seen += 1
            return losses["loss"] * (1 + self.seen)

        def state_dict(self):
            return {"seen": self.seen}

        def load_state_dict(self, state):
            self.seen = state["seen"]

    X, y = problem()
    whole, net = mlp(), mlp()
    fit(whole, X, y, combine=Counting())
    with pytest.raises(Stop):
        fit(mlp(), X, y, combine=Counting(), folder=tmp_path, checkpoint_every=2, callbacks=[stop_after(9)])
    again = Counting()
    fit(net, X, y, combine=again, folder=tmp_path, checkpoint_every=2, resume=True)
    assert same(net, whole) and again.seen == 15
    odd = Counting()
    odd.state_dict = lambda: {"seen": 3}
    with pytest.raises(InputError, match=r"combine.state_dict\(\) holds 'seen', a int; expected tensors alone"):
        fit(mlp(), X, y, combine=odd, folder=tmp_path / "odd")


def test_another_training_is_refused(tmp_path):
    X, y = problem()
    with pytest.raises(Stop):
        fit(mlp(), X, y, folder=tmp_path, callbacks=[stop_after(7)])
    before = (tmp_path / checkpoint.NAME).read_bytes()

    def refused(message, net=None, seed=0, n=None, **kwargs):
        with pytest.raises(InputError, match=message):
            net = mlp() if net is None else net
            fit(net, X[:n], y[:n], seed=seed, folder=tmp_path, resume=True, **kwargs)

    refused(
        r"another training \(settings 'learning_rate': 0.01 there, 0.02 here\); expected the same", learning_rate=0.02
    )
    refused("settings 'epochs': 3 there, 5 here", epochs=5)
    refused("seed: 0 there, 1 here", seed=1)
    refused("rows: 40 there, 39 here", n=39)
    refused("validation: False there, True here", validate=lambda: 0.0)
    refused(r"network '1.weight': nothing there, \[8\] float32 here", net=mlp(norm=True))
    refused(r"plan '0 speed': 1.0 there, 0.5 here\)", plan=Plan.of(layer_groups(mlp())).change(0, speed=0.5))
    with pytest.raises(InputError, match=r"already holds the checkpoint of a training; expected resume=True"):
        fit(mlp(), X, y, folder=tmp_path)
    assert (tmp_path / checkpoint.NAME).read_bytes() == before


def test_other_frozen_weights_are_refused(tmp_path):
    X, y = problem()
    plan = Plan.of(layer_groups(mlp())).change(0, starts=None)
    fit(mlp(), X, y, plan, folder=tmp_path)
    with pytest.raises(InputError, match="frozen weights: .* there, .* here"):
        fit(mlp(seed=1), X, y, plan, folder=tmp_path, resume=True)


def test_files_that_are_no_checkpoint(tmp_path):
    X, y = problem()
    (tmp_path / checkpoint.NAME).write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        fit(mlp(), X, y, folder=tmp_path, resume=True)
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / checkpoint.NAME)
    with pytest.raises(InputError, match="is no checkpoint of this version of headstart"):
        fit(mlp(), X, y, folder=tmp_path, resume=True)


def test_resume_without_a_checkpoint_begins(tmp_path):
    X, y = problem()
    net, other = mlp(), mlp()
    fit(net, X, y, folder=tmp_path / "new", resume=True)
    fit(other, X, y)
    assert same(net, other)


def test_a_checkpoint_is_safetensors_and_json_alone(tmp_path):
    fit(mlp(norm=True), *problem(), folder=tmp_path)
    assert os.listdir(tmp_path) == [checkpoint.NAME]
    with safe_open(tmp_path / checkpoint.NAME, "pt") as file:
        values = json.loads(file.metadata()["headstart"])
        names = set(file.keys())
    assert values["progress"]["step"] == 15 and len(values["progress"]["rows"]) == 3
    assert {"random.cpu", "weights.1.running_mean", "optimizer.exp_avg.0.weight", "kept.4.bias"} <= names


def test_divergence_leaves_the_last_good_checkpoint(tmp_path):
    X, y = problem()
    net = mlp()
    inner, count = objective_of(net, X, y), [0]

    def objective(rows):
        count[0] += 1
        # A gradient that is no number, of a loss that is one: the weights break at step 8.
        out = inner(rows)
        return out + (torch.sqrt(0 * net(X[rows]).sum()) if count[0] == 9 else 0)

    with pytest.raises(TrainingDiverged, match="a weight is nan at step 8"):
        fit(net, X, y, objective=objective, clip=None, folder=tmp_path, checkpoint_every=3)
    with safe_open(tmp_path / checkpoint.NAME, "pt") as file:
        assert json.loads(file.metadata()["headstart"])["progress"]["step"] == 6


SCRIPT = """
import sys, time
sys.path.insert(0, {root!r})
import torch
torch.set_num_threads(1)
from tests.neural.test_training import fit, mlp, problem
from safetensors.torch import save_file

folder, slow, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]

class Slow:
    def on_step(self, told):
        print(told["step"], flush=True)
        time.sleep(slow)

net = mlp(dropout=0.5, norm=True)
fit(net, *problem(n=43), epochs=4, folder=folder, resume=True, checkpoint_every=1, callbacks=[Slow()])
save_file(net.state_dict(), out)
"""


@pytest.mark.slow
def test_a_killed_process_goes_on_where_it_was(tmp_path, request):
    from safetensors.torch import load_file

    code = SCRIPT.format(root=str(request.config.rootpath))

    def start(folder, slow, out):
        command = [sys.executable, "-c", code, str(tmp_path / folder), str(slow), str(tmp_path / out)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    killed = start("a", 0.2, "never")
    for line in killed.stdout:
        if int(line) == 8:  # in the second epoch of six steps
            time.sleep(0.1)
            os.kill(killed.pid, signal.SIGKILL)
            break
    killed.stdout.close()
    assert killed.wait() == -signal.SIGKILL
    again, whole = start("a", 0, "again"), start("b", 0, "whole")
    steps = [int(line) for line in again.communicate()[0].split()]
    whole.communicate()
    assert again.returncode == whole.returncode == 0
    assert steps[0] in (8, 9) and steps[-1] == 24
    a, b = load_file(tmp_path / "again"), load_file(tmp_path / "whole")
    assert all(torch.equal(a[k], b[k]) for k in b) and not (tmp_path / "never").exists()
