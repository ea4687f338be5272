"""Two processes that share the rows find the gradients that one finds."""

import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from .cases import ALL, Small

SCRIPT = """
import sys, warnings
sys.path.insert(0, {root!r})
warnings.simplefilter("error")
import torch
from torch import distributed as dist
torch.set_num_threads(1)
from safetensors.torch import save_file
from headstart import multitask as mt
from tests.multitask.cases import ALL, Small
from tests.multitask.test_processes import STEPS, TOTAL, describe

dist.init_process_group("gloo")
rank = dist.get_rank()
# Shares of different sizes.
rows = slice(0, 15) if rank == 0 else slice(15, TOTAL)

def added(tensor):
    dist.all_reduce(tensor)
    return tensor

found = {{}}
for i, weighting in enumerate(ALL):
    for tapped in (True, False):
        if not tapped and getattr(weighting, "level", "") == "representation":
            continue
        net, state = Small(), weighting.start(3, seed=7)
        for step in range(STEPS):
            done = net.step(state, tapped=tapped, rows=rows, total=TOTAL, reduce=added)
            for p in [*net.encoder.parameters(), *net.own]:
                added(p.grad)
            describe(found, f"{{i}}.{{tapped}}.{{step}}", net, done, state)
            if weighting.looks_again:
                with torch.no_grad():
                    z = net.encoder(net.X[rows])
                    state.look_again(net.losses(lambda _: z, rows, TOTAL), reduce=added)
            state.end_epoch()

# A task that has rows in one process alone.
net, state = Small(), mt.UPGrad().start(3)
tap = mt.Tap(net.encoder(net.X[rows]), 3)
losses = net.losses(tap.__getitem__, rows, TOTAL)
if rank == 1:
    losses[0] = None
done = mt.weighted_backward(losses, state, tap=tap, reduce=added)
for p in net.encoder.parameters():
    added(p.grad)
for p in net.own:
    p.grad = None
describe(found, "partly", net, done, state)
save_file(found, f"{out}/found{{rank}}")
dist.destroy_process_group()
"""
STEPS, TOTAL = 2, 24


def describe(found, name, net, done, state):
    """Keep all that a step gave, and move the weights."""
    found[f"{name}.weights"] = torch.nan_to_num(torch.from_numpy(done.weights))
    found[f"{name}.losses"] = torch.from_numpy(done.losses)
    for key, value in state.state_dict().items():
        found[f"{name}.state.{key}"] = torch.nan_to_num(value)
    with torch.no_grad():
        for i, p in enumerate([*net.encoder.parameters(), *net.own]):
            if p.grad is not None:
                found[f"{name}.{i}"] = p.grad.clone()
                p -= 0.05 * p.grad
                p.grad = None


def alone():
    """The same by one process, which sees all rows."""
    found = {}
    for i, weighting in enumerate(ALL):
        for tapped in (True, False):
            if not tapped and getattr(weighting, "level", "") == "representation":
                continue
            net, state = Small(), weighting.start(3, seed=7)
            for step in range(STEPS):
                done = net.step(state, tapped=tapped)
                describe(found, f"{i}.{tapped}.{step}", net, done, state)
                if weighting.looks_again:
                    with torch.no_grad():
                        z = net.encoder(net.X)
                        state.look_again(net.losses(lambda _, z=z: z))
                state.end_epoch()
    return found


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path, request):
    script = tmp_path / "work.py"
    script.write_text(SCRIPT.format(root=str(request.config.rootpath), out=str(tmp_path)))
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=400)
    assert ran.returncode == 0, ran.stderr[-3000:]
    first, second = load_file(tmp_path / "found0"), load_file(tmp_path / "found1")
    wanted = alone()
    assert set(first) == set(second) and set(wanted) <= set(first)
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    for name, value in wanted.items():
        assert torch.allclose(first[name], value, rtol=1e-6, atol=1e-8), (name, ALL[int(name.partition(".")[0])])
    assert first["partly.weights"].min() > 0
