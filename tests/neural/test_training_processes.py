"""Two processes that torchrun starts learn what one does."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from headstart.core.errors import InputError
from headstart.neural import Plan, layer_groups
from headstart.neural.training.processes import Team, synchronised

from .test_training import fit, mlp, problem, two_losses

SCRIPT = """
import json, os, sys
sys.path.insert(0, {root!r})
import torch
from torch import distributed as dist
torch.set_num_threads(1)
from headstart.core.errors import InputError
from headstart.neural import Plan, layer_groups
from tests.neural.test_training import WithToken, fit, mlp, problem, two_losses
from safetensors.torch import save_file

out, rank = {out!r}, os.environ["RANK"]
X, y = problem(n=43)

def network(norm=False):
    return mlp(seed=int(rank), norm=norm)   # processes begin differently

def tell(what, text):
    with open(f"{{out}}/{{what}}{{rank}}.txt", "w") as file:
        file.write(text)

# 43 rows in batches of 8: the last batch has 3 rows, 2 and 1 of them here and there.
net = network()
plan = Plan.of(layer_groups(net)).change(0, starts=0.5, pull=1.0)
def validate():
    return float(net(X).square().mean()) + 100 * int(rank)   # the first process decides
history = fit(net, X, y, plan, objective=two_losses(net, X, y), validate=validate, accumulate=2, clip=0.5)
save_file(net.state_dict(), f"{{out}}/plain{{rank}}")
tell("rows", json.dumps([{{k: v for k, v in r.items() if k != "seconds"}} for r in history.rows]))
assert history.processes == 2 and dist.is_initialized()

class Stop(Exception):
    pass
class Stopper:
    every_process = True
    def on_step(self, told):
        if told["step"] == 8:
            raise Stop
net = mlp(dropout=0.5)
whole = mlp(dropout=0.5)
fit(whole, X, y)
try:
    fit(net, X, y, folder=f"{{out}}/folder", checkpoint_every=3, callbacks=[Stopper()])
except Stop:
    pass
net = mlp(dropout=0.5)
again = fit(net, X, y, folder=f"{{out}}/folder", checkpoint_every=3, resume=True)
assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), whole.state_dict().values()))
save_file(net.state_dict(), f"{{out}}/resumed{{rank}}")

# A weight that only the second process comes to use.
net = WithToken()
def objective(rows):
    x = net.blocks[0](X[rows]) + (net.token if rank == "1" else 0)
    return net.last(net.blocks[1](x)).square().mean()
fit(net, X, y, objective=objective)
assert net.token.abs().min() > 0
save_file(net.state_dict(), f"{{out}}/partly{{rank}}")

told = "nothing"
try:
    net = network(norm=True)
    fit(net, X, y)
except InputError as error:
    told = str(error)
tell("norm", told)
net = network(norm=True)
fit(net, X, y, Plan.of(layer_groups(net)).change(0, starts=None))
tell("frozen", "fine")
if dist.is_initialized():
    dist.destroy_process_group()  # else its threads may outlive the interpreter, which aborts
"""


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path, request):
    script = tmp_path / "work.py"
    script.write_text(SCRIPT.format(root=str(request.config.rootpath), out=str(tmp_path)))
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-3000:]

    X, y = problem(n=43)
    net = mlp()
    plan = Plan.of(layer_groups(net)).change(0, starts=0.5, pull=1.0)
    validate = lambda: float(net(X).square().mean())  # noqa: E731
    history = fit(net, X, y, plan, objective=two_losses(net, X, y), validate=validate, clip=0.5)
    first, second = load_file(tmp_path / "plain0"), load_file(tmp_path / "plain1")
    for name, value in net.state_dict().items():
        assert torch.equal(first[name], second[name])
        assert torch.allclose(first[name], value, atol=1e-5)
    rows = [json.loads((tmp_path / f"rows{rank}.txt").read_text()) for rank in "01"]
    for here, there, alone in zip(*rows, history.rows, strict=True):
        assert here == there
        assert all(here[k] == pytest.approx(alone[k], rel=1e-4) for k in here)

    for what in ("resumed", "partly"):
        first, second = load_file(tmp_path / f"{what}0"), load_file(tmp_path / f"{what}1")
        assert all(torch.equal(first[name], second[name]) for name in first)
    for rank in "01":
        refused = (tmp_path / f"norm{rank}.txt").read_text()
        assert "batch normalisation trains (layer '1') in 2 processes on 'cpu'" in refused
        assert (tmp_path / f"frozen{rank}.txt").read_text() == "fine"


def test_shared_normalisation_keeps_weights_and_modules():
    net = nn.Sequential(nn.Linear(5, 8), nn.Sequential(nn.BatchNorm1d(8)))
    norm = net[1][0]
    with synchronised(net, ["1.0"], Team(0, 2, torch.device("cuda"))):
        inside = net[1][0]
        assert isinstance(inside, nn.SyncBatchNorm)
        assert inside.weight is norm.weight and inside.running_mean is norm.running_mean
        assert inside.num_batches_tracked is norm.num_batches_tracked
        net.eval()
    assert net[1][0] is norm and not norm.training
    words = "in 2 processes on 'cpu', where torch cannot share its statistics"
    with pytest.raises(InputError, match=words), synchronised(net, ["1.0"], Team(0, 2, torch.device("cpu"))):
        pass


def test_shares_differ_by_a_row_at_most():
    rows = torch.arange(11)
    shares = [Team(r, 4, torch.device("cpu")).share(rows) for r in range(4)]
    assert torch.equal(torch.cat(shares), rows) and {len(s) for s in shares} == {2, 3}
