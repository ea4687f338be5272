"""Weightings by losses are the gradients of the formulas that they state."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from headstart import multitask as mt
from headstart.core.errors import InputError
from headstart.multitask.weighting.learnt import adam, adam_memory


def gradient(objective, losses):
    """The derivative of an objective by the losses: what each loss' gradient is multiplied by."""
    x = torch.tensor(losses, dtype=torch.float64, requires_grad=True)
    objective(x).backward()
    return x.grad.numpy()


def run(weighting, series, epochs=()):
    """The weights at each step of a series of losses; epochs end after these steps."""
    state = weighting.start(len(series[0]), seed=3)
    found = []
    for i, losses in enumerate(series):
        x = torch.tensor(losses, dtype=torch.float64, requires_grad=True)
        step = mt.weighted_backward(x, state)
        assert np.allclose(x.grad.numpy(), step.weights)
        found.append(step.weights)
        if i in epochs:
            state.end_epoch()
    return np.array(found), state


SERIES = [[1.0, 4.0, 0.5], [0.8, 3.0, 0.5], [0.7, 2.9, 0.1], [0.9, 1.0, 0.4]]


def test_equal():
    weights, _ = run(mt.EqualWeighting(), SERIES)
    assert (weights == 1).all()


def test_geometric_mean():
    weights, _ = run(mt.GeometricMean(), SERIES)
    for w, losses in zip(weights, SERIES, strict=True):
        assert np.allclose(w, gradient(lambda x: x.prod() ** (1 / 3), losses))


@pytest.mark.parametrize(
    "weighting, objective",
    [
        (mt.UncertaintyWeighting(0.1), lambda x, s: (torch.exp(-s) * x + s / 2).sum()),
        (mt.IMTLL(0.1), lambda x, s: (torch.exp(s) * x - s).sum()),
    ],
)
def test_learnt_scales_follow_torchs_adam(weighting, objective):
    weights, state = run(weighting, SERIES)
    s = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([s], lr=0.1)
    for w, losses in zip(weights, SERIES, strict=True):
        x = torch.tensor(losses, dtype=torch.float64, requires_grad=True)
        optimizer.zero_grad()
        objective(x, s).backward()
        assert np.allclose(w, x.grad.numpy())
        optimizer.step()
    assert np.allclose(state.memory["value"], s.detach().numpy())


def test_dynamic_weight_average():
    weights, _ = run(mt.DynamicWeightAverage(temperature=1.5), [*SERIES, [1.0, 1.0, 1.0]], epochs=(1, 3))
    means = np.array([np.mean(SERIES[:2], axis=0), np.mean(SERIES[2:], axis=0)])
    assert (weights[:4] == 1).all()
    e = np.exp(means[1] / means[0] / 1.5)
    assert np.allclose(weights[4], 3 * e / e.sum())


def test_random_weights_are_a_softmax_of_normals():
    found, _ = run(mt.RandomWeighting(), [[1.0, 1.0, 1.0]] * 400)
    assert np.allclose(found.sum(axis=1), 1)
    logs = np.log(found)
    differences = logs[:, 0] - logs[:, 1]
    # A difference of two standard normal numbers.
    assert abs(differences.mean()) < 0.25 and abs(differences.std() - np.sqrt(2)) < 0.2
    again, _ = run(mt.RandomWeighting(), [[1.0, 1.0, 1.0]] * 3)
    assert (again == found[:3]).all()


def test_smooth_tchebycheff():
    mu = 0.7
    weights, _ = run(mt.STCH(mu=mu), SERIES, epochs=(1,))
    for w, losses in zip(weights[:2], SERIES[:2], strict=True):
        assert np.allclose(w, gradient(lambda x: x.log().sum(), losses))
    reference = torch.tensor(np.mean(SERIES[:2], axis=0))
    for w, losses in zip(weights[2:], SERIES[2:], strict=True):
        assert np.allclose(w, gradient(lambda x: 3 * mu * torch.logsumexp((x / reference).log() / mu, 0), losses))


def test_famo():
    state = mt.FAMO(decay=0.01).start(3)
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.025, weight_decay=0.01)
    for before, after in pairwise(SERIES):
        step = mt.weighted_backward(torch.tensor(before, requires_grad=True), state)
        z = torch.softmax(x, 0).detach().numpy()
        c = 1 / (z / before).sum()
        assert np.allclose(step.weights, c * z / before)
        state.look_again(torch.tensor(after))
        optimizer.zero_grad()
        fell = torch.tensor(np.log(before) - np.log(after))
        x.grad = torch.autograd.functional.jacobian(lambda v: torch.softmax(v, 0), x).T @ fell
        optimizer.step()
    assert np.allclose(state.memory["value"], x.detach().numpy(), atol=1e-6)


def test_famo_says_when_the_second_look_was_forgotten():
    state = mt.FAMO().start(2)
    with pytest.raises(InputError, match="look_again was called before a step"):
        state.look_again([torch.tensor(1.0), torch.tensor(1.0)])
    losses = torch.tensor([1.0, 2.0], requires_grad=True)
    mt.weighted_backward(losses, state)
    with pytest.raises(InputError, match=r"those after the last one are missing; expected a call of state.look_again"):
        mt.weighted_backward(losses, state)


@pytest.mark.parametrize("weighting", [mt.GeometricMean(), mt.FAMO()])
def test_weights_of_scaled_losses_scale_back(weighting):
    losses, by = np.array([1.0, 4.0, 0.5]), np.array([1.0, 1e6, 1e-3])
    one, _ = run(weighting, [losses])
    other, _ = run(weighting, [losses * by])
    # The shares of the weighted losses do not change, whatever the units.
    share, again = one[0] * losses, other[0] * losses * by
    assert np.allclose(share / share.sum(), again / again.sum())


def test_a_task_that_is_not_there_keeps_its_place():
    state = mt.UncertaintyWeighting(0.1).start(["a", "b"])
    x = torch.tensor(2.0, requires_grad=True)
    for _ in range(3):
        step = mt.weighted_backward({"a": x * 1.0}, state)
    assert step.weights[1] == 0 and np.isnan(step.losses[1])
    assert state.memory["value"][1] == 0 and state.memory["count"].tolist() == [3, 0]
    assert np.isnan(state.first[1])


def test_adam_is_torchs_on_those_that_are_there():
    rng = np.random.default_rng(0)
    memory = adam_memory(np.zeros(3))
    theirs = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theirs], lr=0.1)
    for _ in range(5):
        g = rng.normal(size=3)
        adam(memory, g, np.ones(3, dtype=bool), 0.1)
        theirs.grad = torch.from_numpy(g)
        optimizer.step()
    assert np.allclose(memory["value"], theirs.detach().numpy())
