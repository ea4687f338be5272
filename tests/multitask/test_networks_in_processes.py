"""Two processes that train a network of several tasks together find the network that one finds."""

import subprocess
import sys

import numpy as np
import pytest

from headstart import multitask as mt

from .test_networks import quick, table

SCRIPT = """
import os, sys, warnings
sys.path.insert(0, {root!r})
warnings.simplefilter("error")
import numpy as np, torch
torch.set_num_threads(1)
from tests.multitask.test_networks_in_processes import fitted
np.savez({out!r} + "/found" + os.environ["RANK"], **fitted())
"""
WEIGHTINGS = [
    mt.EqualWeighting(),
    mt.FAMO(),
    mt.UPGrad(),
    mt.GradNorm(),
    mt.MGDA(level="parameter"),
    mt.PCGrad(level="parameter"),
]


def fitted():
    """What networks say after a few steps, some labels missing, batches that do not divide by two."""
    X, Y = table(45)
    Y = Y.astype(object)
    Y.loc[30:, "few"] = None
    found = {}
    for k, weighting in enumerate(WEIGHTINGS):
        model = quick(epochs=1, weighting=weighting, batch_size=9, precision="float32").fit(X, Y)
        found[f"{k}"] = np.concatenate(model.predict_proba(X), axis=1)
        found[f"loss {k}"] = np.array([row["loss"] for row in model.histories_["joint"].rows])
    learned = {"auxiliary": ["other"], "auxiliary_weights": mt.LearnedWeight(every=1)}
    model = quick(epochs=1, batch_size=9, **learned).fit(X, Y)
    found["learned"] = model.learnt_["auxiliary weights"].to_numpy()
    return found


@pytest.mark.slow
def test_two_processes_are_one(request, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(root=str(request.config.rootpath), out=str(tmp_path)))
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    both = [np.load(tmp_path / f"found{rank}.npz") for rank in (0, 1)]
    one = fitted()
    for name in one:
        assert np.array_equal(both[0][name], both[1][name]), name
        if name != "learned":
            assert np.allclose(both[0][name], one[name], atol=2e-4), name
