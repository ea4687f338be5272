"""The weights of TorchJD, an independent implementation, on the same gradients."""

import numpy as np
import pytest
import torch

from headstart import multitask as mt
from headstart.multitask.weighting import pcgrad
from headstart.multitask.weighting.graddrop import sign_mask, sign_sum
from headstart.multitask.weighting.gradvac import gradvac_weights

from .cases import Small, matrices

aggregation = pytest.importorskip("torchjd.aggregation", reason="torchjd is not installed")


def theirs(name, *args, **kwargs):
    """An aggregator, where the packages that it needs are there."""
    try:
        return getattr(aggregation, name)(*args, **kwargs)
    except ImportError as error:
        pytest.skip(str(error))


def exact_upgrad():
    """Without what they add to the diagonal by default, which turns the result by some percent."""
    from torchjd.linalg import QuadprogProjector

    try:
        return theirs("UPGrad", projector=QuadprogProjector(norm_eps=0.0, reg_eps=1e-9))
    except ImportError as error:
        pytest.skip(str(error))


CASES = {
    # A descent that nears the solution slowly.
    "MGDA": (mt.MGDA(), lambda: theirs("MGDA", epsilon=1e-12, max_iters=300), 0.0),
    "CAGrad": (mt.CAGrad(c=0.4), lambda: theirs("CAGrad", c=0.4, norm_eps=1e-12), 1e-3),
    "AlignedMTL": (mt.AlignedMTL(), lambda: theirs("AlignedMTL"), 1e-5),
    "IMTLG": (mt.IMTLG(), lambda: theirs("IMTLG"), 1e-4),
    "UPGrad": (mt.UPGrad(), exact_upgrad, 1e-3),
    "ConFIG": (mt.ConFIG(), lambda: theirs("ConFIG"), 1e-4),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("K", [2, 5, 10])
def test_weights_from_inner_products(name, K):
    weighting, make, tolerance = CASES[name]
    aggregator = make()
    for i, J in enumerate(matrices(K)):
        if i % 4 == 2 and name != "AlignedMTL":
            continue  # near to singular: they add more to the diagonal than we do
        J = np.ascontiguousarray(J)
        ours = weighting.of_gramian(J @ J.T, np.ones(K), None) @ J
        peer = aggregator(torch.from_numpy(J)).numpy()
        if name == "IMTLG" and peer @ ours < 0:
            peer = -peer  # the paper's scaling turns it against all tasks here
        if name == "MGDA":
            # Theirs descends slowly. Ours is the shortest: no longer, and as near as its being the shortest asks.
            gap = peer @ peer - ours @ ours
            assert -1e-6 * (peer @ peer) <= gap <= 0.1 * (peer @ peer)
            assert (ours - peer) @ (ours - peer) <= gap + 1e-5 * (peer @ peer)
        else:
            assert np.linalg.norm(ours - peer) <= tolerance * np.linalg.norm(peer), i


@pytest.mark.parametrize("K", [1, 2, 6])
def test_gradient_surgery(K, monkeypatch):
    aggregator = theirs("PCGrad")
    for J in matrices(K):
        order = pcgrad.orders(K, np.random.default_rng(0))
        # Their draws, in turn: the order of gradient i, with itself anywhere.
        draws = iter([torch.tensor([*row, i]) for i, row in enumerate(order.tolist())])
        monkeypatch.setattr(torch, "randperm", lambda n, draws=draws: next(draws))
        peer = aggregator(torch.from_numpy(J)).numpy()
        assert np.allclose(pcgrad.pcgrad_weights(J @ J.T, order) @ J, peer)


@pytest.mark.parametrize("K", [2, 6])
def test_gradient_vaccine(K, monkeypatch):
    aggregator, usual = theirs("GradVac", beta=0.3, eps=0.0), np.zeros((K, K))
    for J in matrices(K):
        order = pcgrad.orders(K, np.random.default_rng(1))
        places = [[j - (j > i) for j in row] for i, row in enumerate(order.tolist())]
        draws = iter([torch.tensor(row) for row in places])
        monkeypatch.setattr(torch, "randperm", lambda n, draws=draws: next(draws))
        peer = aggregator(torch.from_numpy(J)).numpy()
        weights, usual = gradvac_weights(J @ J.T, order, usual, 0.3)
        assert np.allclose(weights @ J, peer, rtol=1e-6)


def test_sign_dropout(monkeypatch):
    J = torch.randn(4, 50, generator=torch.Generator().manual_seed(0))
    u = torch.rand(50, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(torch, "rand", lambda *args, **kwargs: u)
    peer = theirs("GradDrop", leak=torch.full((4,), 0.2))(J)
    assert torch.allclose((sign_mask(J, u, 0.2) * J).sum(0), peer, atol=1e-6)
    assert torch.allclose(sign_sum(J, u, 0.2), peer, atol=1e-6)


def test_a_whole_step_at_the_parameters():
    from torchjd.autojac import jac_to_grad, mtl_backward

    net = Small()
    net.step(mt.IMTLG(level="parameter").start(3))
    ours = net.take()
    z = net.encoder(net.X)
    heads = [list(head.parameters()) for head in net.heads]
    shared = list(net.encoder.parameters())
    mtl_backward(net.losses(lambda _: z), features=z, tasks_params=heads, shared_params=shared)
    jac_to_grad(shared, theirs("IMTLG"))
    for a, b in zip(ours, net.take(), strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-8)
