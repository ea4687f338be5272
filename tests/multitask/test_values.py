"""Weightings are values; a state goes on where it was."""

import copy
import pickle

import numpy as np
import pytest
import torch

from headstart import multitask as mt
from headstart.core.errors import InputError, InputTypeError
from headstart.multitask.weighting import graddrop

from .cases import ALL, Small


def train(net, state, steps):
    for i in range(steps):
        net.step(state)
        with torch.no_grad():
            for p in [*net.encoder.parameters(), *net.own]:
                p -= 0.02 * p.grad
                p.grad = None
        if state.weighting.looks_again:
            with torch.no_grad():
                z = net.encoder(net.X)
                state.look_again(net.losses(lambda _, z=z: z))
        if i % 2:
            state.end_epoch()


@pytest.mark.parametrize("weighting", ALL, ids=repr)
def test_weightings_are_values(weighting):
    assert pickle.loads(pickle.dumps(weighting)) == weighting == copy.deepcopy(weighting)
    assert eval(repr(weighting), vars(mt)) == weighting
    assert hash(weighting) == hash(copy.deepcopy(weighting))
    before = repr(weighting)
    train(Small(), weighting.start(3), 2)
    assert repr(weighting) == before


@pytest.mark.parametrize("weighting", ALL, ids=repr)
def test_a_resumed_training_is_that_which_never_stopped(weighting):
    whole, first = Small(), Small()
    state = weighting.start(["a", "b", "c"], seed=4)
    train(whole, state, 7)
    early = weighting.start(["a", "b", "c"], seed=4)
    train(first, early, 4)
    kept = {name: t.clone() for name, t in early.state_dict().items()}
    train(Small(), early, 2)  # what was given out is a copy
    later = weighting.start(["a", "b", "c"], seed=99)
    later.load_state_dict(kept)
    train(first, later, 3)
    for a, b in zip(whole.encoder.parameters(), first.encoder.parameters(), strict=True):
        assert torch.equal(a, b)
    assert all(
        torch.equal(a, b) or torch.isnan(a).all()
        for a, b in zip(state.state_dict().values(), later.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("weighting", ALL, ids=repr)
def test_one_weighting_serves_several_trainings(weighting):
    one, two = weighting.start(3, seed=1), weighting.start(3, seed=1)
    train(Small(), one, 3)
    assert two.step == 0
    fresh = weighting.start(3, seed=1)
    for name, t in two.state_dict().items():
        assert np.array_equal(t.numpy(), fresh.state_dict()[name].numpy(), equal_nan=True)


@pytest.mark.parametrize("weighting", ALL, ids=repr)
def test_tasks_in_another_order_learn_the_same(weighting):
    if isinstance(weighting, (mt.PCGrad, mt.GradVac, mt.RandomWeighting, mt.GradDrop)):
        pytest.skip("it draws")
    net, other = Small(), Small()
    order = [2, 0, 1]
    other.heads = torch.nn.ModuleList(other.heads[k] for k in order)
    other.Y = other.Y[:, order]
    train(net, weighting.start(3), 5)
    train(other, weighting.start(3), 5)
    for a, b in zip(net.encoder.parameters(), other.encoder.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("weighting", ALL, ids=repr)
def test_one_task_alone_goes_down_its_loss(weighting):
    net = Small(n_tasks=1)
    step = net.step(weighting.start(1))
    found = net.take()
    z = net.encoder(net.X)
    net.losses(lambda _: z)[0].backward()
    # The bargain has length 1, the ball of CAGrad is left at its edge, FAMO and STCH descend logarithms.
    if isinstance(weighting, (mt.NashMTL, mt.CAGrad, mt.STCH)):
        return
    if not isinstance(weighting, mt.GradDrop):
        assert step.weights[0] == pytest.approx(1)
    assert all(torch.allclose(a, b) for a, b in zip(found, net.take(), strict=True))


def test_global_random_state_is_left_alone():
    nets = [Small() for _ in ALL]  # torch draws weights
    np.random.seed(0)  # noqa: NPY002 - the global state is what is asked about
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    for net, weighting in zip(nets, ALL, strict=True):
        train(net, weighting.start(3), 1)
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()  # noqa: NPY002


def test_a_state_of_another_weighting_is_refused():
    state = mt.GradVac().start(3)
    with pytest.raises(InputError, match=r"of another weighting than GradVac\(.*: count, first, second"):
        state.load_state_dict(mt.IMTLL().start(3).state_dict())
    with pytest.raises(InputError, match=r"holds 'usual' of shape \(2, 2\), and 3 tasks make \(3, 3\)"):
        state.load_state_dict(mt.GradVac().start(2).state_dict())


@pytest.mark.parametrize(
    "call, error, words",
    [
        (
            lambda: mt.UPGrad(level="layer"),
            InputError,
            "level is 'layer'; expected one of 'representation', 'parameter'",
        ),
        (
            lambda: mt.MGDA(normalise="l3"),
            InputError,
            r"normalise is 'l3'; expected one of 'none', 'l2', 'loss', 'loss\+'",
        ),
        (lambda: mt.CAGrad(c=-1), InputError, "c is -1; expected a number of at least 0"),
        (lambda: mt.GradVac(beta=2), InputError, "beta is 2; expected a number from 0 to 1"),
        (lambda: mt.GradDrop(leak=-0.1), InputError, "leak is -0.1; expected a number from 0 to 1"),
        (lambda: mt.GradNorm(alpha=-1), InputError, "alpha is -1; expected a number of at least 0"),
        (lambda: mt.GradNorm(learning_rate=0), InputError, "learning_rate is 0; expected a number above 0"),
        (lambda: mt.UncertaintyWeighting(0), InputError, "learning_rate is 0; expected a number above 0"),
        (lambda: mt.IMTLL(-1), InputError, "learning_rate is -1; expected a number above 0"),
        (lambda: mt.FAMO(decay=-1), InputError, "decay is -1; expected a number of at least 0"),
        (lambda: mt.STCH(mu=0), InputError, "mu is 0; expected a number above 0"),
        (lambda: mt.STCH(warmup=0), InputError, "warmup is 0; expected a whole number of at least 1"),
        (lambda: mt.DynamicWeightAverage(0), InputError, "temperature is 0; expected a number above 0"),
        (lambda: mt.UPGrad().start(0), InputError, "there are 0 tasks; expected at least 1"),
        (lambda: mt.UPGrad().start([]), InputError, "there are 0 tasks; expected at least 1"),
        (lambda: mt.UPGrad().start("abc"), InputTypeError, "tasks is 'abc'; expected the names of the tasks"),
        (lambda: mt.UPGrad().start([1, 2]), InputTypeError, "a task is called 1; expected a str"),
        (lambda: mt.UPGrad().start(["a", "b", "a"]), InputError, "more than one task is called 'a'"),
        (lambda: mt.UPGrad().start(2, seed=-1), InputError, "seed is -1; expected a whole number of at least 0"),
        (
            lambda: mt.WeightingState(mt.UPGrad, 2),
            InputTypeError,
            "such as UPGrad.*make one of the class, with brackets",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("normalise", ["l2", "loss", "loss+"])
def test_mgda_normalises_before_it_seeks(normalise):
    J, losses = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.5, 3.0])
    w = mt.MGDA(normalise=normalise).of_gramian(J @ J.T, losses, None)
    by = {"l2": [1, 2], "loss": losses, "loss+": losses * [1, 2]}[normalise]
    lengths = np.array([1.0, 2.0]) / by
    assert np.allclose(w, lengths**-2 / (lengths**-2).sum(), rtol=1e-4)
    if "loss" in normalise:
        with pytest.raises(InputError, match=r"divides by the loss, and one is 0; expected losses above 0"):
            mt.MGDA(normalise=normalise).of_gramian(J @ J.T, np.array([0.0, 1.0]), None)


def test_a_weighting_of_ones_own():
    class Half(mt.Weighting):
        def loss_weights(self, losses, there, memory, rng):
            return np.full(len(losses), 0.5)

    net = Small()
    net.step(Half().start(3))
    half = net.take()
    net.step(mt.EqualWeighting().start(3))
    assert all(torch.allclose(2 * a, b) for a, b in zip(half, net.take(), strict=True))


@pytest.mark.parametrize("leak", [0.0, 0.3])
def test_the_sum_of_what_passes_is_that_of_the_mask(leak):
    rng = torch.Generator().manual_seed(3)
    J, u = torch.randn(5, 7, 9, generator=rng), torch.rand(7, 9, generator=rng)
    J[:, 0, 0] = 0.0
    expected = (J * graddrop.sign_mask(J, u, leak)).sum(0)
    assert torch.allclose(graddrop.sign_sum(J, u, leak), expected, atol=1e-6)
