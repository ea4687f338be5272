"""The step leaves in the weights what the formulas say, at both levels, however the heads read."""

import warnings

import numpy as np
import pytest
import torch

from headstart import multitask as mt
from headstart.core.errors import HeadstartWarning, InputError, InputTypeError

from .cases import ALL, BY_GRADIENTS, BY_LOSSES, Small


def expected(net, weighting, state):
    """The gradients by the slow way: all tasks' gradients one by one, as a matrix."""
    z = net.encoder(net.X)
    losses = net.losses(lambda _: z)
    J = net.matrix(weighting.level)
    there, values = np.ones(net.n_tasks, dtype=bool), np.array([x.item() for x in losses])
    if isinstance(weighting, mt.GradDrop):
        flat = graddrop(net, weighting, z.detach(), J, state.rng())
    else:
        memory = {k: v.copy() for k, v in weighting.memory(net.n_tasks).items()}
        weighting.loss_weights(values, there, memory, state.rng)
        w = weighting.gradient_weights((J @ J.T).numpy(), values, there, memory, state.rng)
        flat = torch.from_numpy(w) @ J
    own = torch.autograd.grad(sum(losses), net.own, retain_graph=True)
    parameters = list(net.encoder.parameters())
    if weighting.level == "representation":
        shared = torch.autograd.grad(z, parameters, flat.view_as(z))
    else:
        parts = flat.split([p.numel() for p in parameters])
        shared = [g.view_as(p) for g, p in zip(parts, parameters, strict=True)]
    return [*shared, *own]


def graddrop(net, weighting, z, J, rng):
    if weighting.level == "parameter":
        sizes = [p.numel() for p in net.encoder.parameters()]
        shapes = [p.shape for p in net.encoder.parameters()]
        u = torch.cat([torch.from_numpy(rng.random(s, dtype=np.float32)).reshape(-1) for s in shapes])
        G = J
    else:
        rows = J.view(net.n_tasks, *z.shape)
        G = (z.sign() * rows).sum(1)
        u = torch.from_numpy(rng.random(z.shape[1:], dtype=np.float32))
    P = 0.5 * (1 + G.sum(0) / G.abs().sum(0))
    M = ((P > u) * (G > 0)) + ((P < u) * (G < 0))
    if weighting.level == "parameter":
        assert sum(sizes) == J.shape[1]
        return (M * J).sum(0)
    return (M[:, None] * rows).sum(0).reshape(-1)


@pytest.mark.parametrize("weighting", BY_GRADIENTS, ids=repr)
def test_a_step_is_that_of_the_slow_way(weighting):
    net = Small()
    state = weighting.start(3, seed=5)
    right = expected(net, weighting, state)
    step = net.step(state)
    for found, wanted in zip(net.take(), right, strict=True):
        assert torch.allclose(found, wanted, atol=1e-9)
    assert state.step == 1 and step.losses.shape == (3,)
    if weighting.level == "parameter":
        net.step(weighting.start(3, seed=5), tapped=False)
        for found, wanted in zip(net.take(), right, strict=True):
            assert torch.allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("weighting", BY_LOSSES, ids=repr)
def test_weighted_losses_reach_heads_and_encoder(weighting):
    net = Small()
    step = net.step(weighting.start(3, seed=5), tapped=False)
    without = net.take()
    net.step(weighting.start(3, seed=5))
    tapped = net.take()
    z = net.encoder(net.X)
    sum(float(w) * loss for w, loss in zip(step.weights, net.losses(lambda _: z), strict=True)).backward()
    for a, b, c in zip(net.take(), tapped, without, strict=True):
        assert torch.allclose(a, b) and torch.allclose(a, c)


def test_gradnorm_weighs_heads_too_and_brings_norms_together():
    net = Small()
    net.Y = net.Y * torch.tensor([1.0, 5.0, 0.3])
    state = mt.GradNorm(alpha=0.0, learning_rate=0.05).start(3)
    steps = [net.step(state) for _ in range(150)]
    net.take()
    step = net.step(state)
    grads = net.take()
    assert np.allclose(step.weights.sum(), 3) and np.allclose(step.weights, step.loss_weights)
    first, last = (np.sqrt(np.diagonal(s.gramian)) for s in (steps[0], step))
    assert last.max() / last.min() < 1.3 < 5 < first.max() / first.min()
    z = net.encoder(net.X).detach()
    (net.losses(lambda _: z)[1] * step.weights[1]).backward()
    assert torch.allclose(net.heads[1].weight.grad, grads[-4])


def test_gradnorm_takes_the_steps_of_the_paper():
    net = Small()
    weighting = mt.GradNorm(alpha=1.5, learning_rate=0.1)
    state = weighting.start(3)
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.1)
    first = None
    for i in range(4):
        with torch.no_grad():
            net.Y += 0.3 * i
        losses = np.array([x.item() for x in net.losses(lambda _: net.encoder(net.X))])
        first = losses if first is None else first
        norms = net.matrix("representation").norm(dim=1) * w
        r = torch.from_numpy(losses / first)
        aim = (norms.mean() * (r / r.mean()) ** 1.5).detach()
        optimizer.zero_grad()
        (norms - aim).abs().sum().backward()
        step = net.step(state)
        assert np.allclose(step.weights, w.detach().numpy())
        optimizer.step()
        with torch.no_grad():
            w *= 3 / w.sum()


@pytest.mark.parametrize("weighting", [mt.UPGrad(), mt.EqualWeighting(), mt.GradDrop(), mt.MGDA()], ids=repr)
def test_fused_heads_read_a_stacked_tap(weighting):
    net = Small()
    net.step(weighting.start(3, seed=1))
    apart = net.take()
    W = torch.stack([h.weight[0] for h in net.heads]).detach().requires_grad_()
    b = torch.stack([h.bias for h in net.heads]).detach().requires_grad_()
    tap = mt.Tap(net.encoder(net.X), 3)
    predicted = torch.baddbmm(b[:, None], tap.stacked(), W[:, :, None])[..., 0]
    losses = (predicted - net.Y.T).square().mean(1)
    mt.weighted_backward(losses, weighting.start(3, seed=1), tap=tap, shared=net.encoder.parameters())
    for p, g in zip(net.encoder.parameters(), apart, strict=False):
        assert torch.allclose(p.grad, g)
    assert torch.allclose(W.grad, torch.cat(apart[-6::2]))


@pytest.mark.parametrize("weighting", [mt.UPGrad(), mt.UPGrad(level="parameter"), mt.EqualWeighting()], ids=repr)
def test_several_layers_are_tapped_at_once(weighting):
    net = Small(n_tasks=2)
    lower, upper = net.encoder[:2], net.encoder[2:]

    def losses(read):
        found = []
        for k, head in enumerate(net.heads):
            below, above = read(k)
            found.append((head(above)[:, 0] + below.sum(1) * (k - 0.5) - net.Y[:, k]).square().mean())
        return found

    h = lower(net.X)
    z = upper(h)
    tap = mt.Tap([h, z], 2)
    step = mt.weighted_backward(losses(tap.__getitem__), weighting.start(2), tap=tap, shared=net.encoder.parameters())
    found = net.take()
    h = lower(net.X)
    z = upper(h)
    plain = losses(lambda k: (h, z))
    gradients = [
        torch.autograd.grad(loss, net.encoder.parameters(), retain_graph=True, allow_unused=True) for loss in plain
    ]
    for i, g in enumerate(found[:4]):
        wanted = sum(float(w) * gradients[k][i] for k, w in enumerate(step.weights))
        assert torch.allclose(g, wanted)


def test_gradients_add_up():
    net = Small()
    net.step(mt.UPGrad().start(3))
    once = [p.grad.clone() for p in net.encoder.parameters()]
    net.step(mt.UPGrad().start(3))
    assert all(torch.allclose(p.grad, 2 * g) for p, g in zip(net.encoder.parameters(), once, strict=True))


def test_a_frozen_encoder_leaves_heads_their_gradients():
    net = Small()
    net.encoder.requires_grad_(False)
    net.step(mt.UPGrad().start(3))
    assert all(p.grad is not None for p in net.own)
    with pytest.raises(InputError, match="at the shared parameters, and none that trains was given"):
        net.step(mt.MGDA().start(3))


def with_broken(net, what):
    """Losses of which one is NaN, or has a NaN gradient."""

    def read(losses):
        if what == "loss":
            losses[1] = losses[1] * float("nan")
        elif what == "missing":
            losses[1] = None
        else:
            losses[1] = losses[1] + (losses[1] - losses[1].detach()).sqrt()
        return losses

    return read


@pytest.mark.parametrize("weighting", ALL, ids=repr)
@pytest.mark.parametrize("what", ["loss", "missing", "gradient"])
def test_a_broken_task_is_left_out_and_the_others_go_on(weighting, what):
    if what == "gradient" and (weighting in BY_LOSSES or isinstance(weighting, mt.GradDrop)):
        pytest.skip("it does not look at inner products")
    net = Small()
    pair = Small(n_tasks=2)
    pair.encoder, pair.X, pair.Y = net.encoder, net.X, net.Y[:, [0, 2]]
    pair.heads = torch.nn.ModuleList([net.heads[0], net.heads[2]])
    state = weighting.start(["a", "b", "c"], seed=2)
    seeds = mt.PCGrad, mt.GradVac, mt.RandomWeighting
    tap = mt.Tap(net.encoder(net.X), 3)
    losses = with_broken(net, what)(net.losses(tap.__getitem__))
    if what == "missing":
        step = mt.weighted_backward(losses, state, tap=tap, shared=net.encoder.parameters())
    else:
        word = "its loss is nan" if what == "loss" else "its gradient is NaN or infinite"
        with pytest.warns(HeadstartWarning, match=f"task 'b' is left out of step 0, since {word}; the others go on"):
            step = mt.weighted_backward(losses, state, tap=tap, shared=net.encoder.parameters())
    found = [p.grad for p in net.encoder.parameters()]
    assert step.weights[1] == 0 and all(torch.isfinite(g).all() for g in found)
    if not isinstance(weighting, seeds):
        found = [g.clone() for g in found]
        for p in net.encoder.parameters():
            p.grad = None
        pair.step(weighting.start(2, seed=2))
        assert all(torch.allclose(p.grad, g) for p, g in zip(net.encoder.parameters(), found, strict=True))


def test_a_broken_task_is_named_once():
    state = mt.EqualWeighting().start(["a", "b"])
    x = torch.tensor(1.0, requires_grad=True)
    with pytest.warns(HeadstartWarning, match="task 'a' is left out of step 0, since its loss is inf"):
        mt.weighted_backward([x * float("inf"), x], state)
    mt.weighted_backward([x * float("nan"), x], state)
    with pytest.raises(InputError, match="the loss of every task that has rows is NaN or infinite at step 2"):
        mt.weighted_backward([x * float("nan"), x * float("inf")], state)
    with pytest.raises(InputError, match="no task has a loss at step 2; expected rows with a label of at least one"):
        mt.weighted_backward([None, None], state)


def test_a_fused_nan_does_not_spread():
    tap = mt.Tap(torch.ones(3, 2, requires_grad=True), 2)
    losses = (tap.stacked() * torch.tensor([1.0, float("nan")])[:, None, None]).sum((1, 2))
    with pytest.warns(HeadstartWarning, match="task '1' is left out"):
        step = mt.weighted_backward(losses, mt.UPGrad().start(2), tap=tap)
    assert step.weights.tolist() == [1, 0] and torch.isfinite(tap.shared[0].grad).all()


def test_wildly_different_scales_are_told_once():
    net = Small()
    net.Y[:, 2] *= 1000
    losses = "the first losses are on wildly different scales: .* for task 'c', .* for task '[ab]'; with EqualWeighting"
    state = mt.EqualWeighting().start(["a", "b", "c"])
    with pytest.warns(HeadstartWarning, match=losses):
        net.step(state)
    net.step(state)
    gradients = "the gradients at the first step are on wildly different scales: .* for task '2'.* with UPGrad"
    with pytest.warns(HeadstartWarning, match=gradients):
        net.step(mt.UPGrad().start(3))
    for weighting in (mt.GeometricMean(), mt.NashMTL(), mt.IMTLG(), mt.ConFIG()):
        net.step(weighting.start(3))


def test_a_task_that_has_converged_is_no_matter_of_scale():
    state = mt.EqualWeighting().start(2)
    x = torch.tensor(1.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for size in (1.0, 1e-3, 1e-9):
            mt.weighted_backward([x, size * x], state)


def test_losses_of_several_precisions():
    x = torch.tensor(1.5, requires_grad=True)
    step = mt.weighted_backward([x.double(), x.to(torch.bfloat16), 2 * x], mt.EqualWeighting().start(3))
    assert step.losses.tolist() == [1.5, 1.5, 3.0] and x.grad == 4


def test_half_precision_is_added_up_in_single():
    torch.manual_seed(0)
    z = torch.randn(64, 8, requires_grad=True)
    tap = mt.Tap(z.to(torch.bfloat16), 2)
    losses = [(tap[k].float() * (k + 1)).square().mean() for k in range(2)]
    step = mt.weighted_backward(losses, mt.NashMTL().start(2), tap=tap)
    assert step.gramian[1, 1] == pytest.approx(16 * step.gramian[0, 0], rel=0.02)
    assert z.grad.dtype == torch.float32 and torch.isfinite(z.grad).all()


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda x: mt.weighted_backward([x, x], mt.UPGrad()), InputTypeError, r"state is a UPGrad; expected what the"),
        (
            lambda x: mt.weighted_backward([x, x], mt.UPGrad().start(2)),
            InputError,
            r"UPGrad compares gradients at the representation, and no tap was given; expected tap=Tap\(z, n_tasks\)",
        ),
        (
            lambda x: mt.weighted_backward([x, x], mt.MGDA().start(2), shared=[x]),
            InputError,
            "MGDA got neither a tap nor own=",
        ),
        (
            lambda x: mt.weighted_backward([x, x], mt.MGDA().start(2), tap=mt.Tap(x, 2)),
            InputError,
            r"none that trains was given; expected shared=encoder.parameters\(\)",
        ),
        (
            lambda x: mt.weighted_backward([x, x], mt.UPGrad().start(2), tap=mt.Tap(x, 3)),
            InputError,
            "the tap is for 3 tasks, and there are 2",
        ),
        (
            lambda x: mt.weighted_backward([x], mt.EqualWeighting().start(2)),
            InputError,
            "there are 1 losses and 2 tasks; expected one for each, None for a task without rows",
        ),
        (
            lambda x: mt.weighted_backward({"c": x}, mt.EqualWeighting().start(["a", "b"])),
            InputError,
            "there is a loss of 'c', which is no task; expected some of a, b",
        ),
        (
            lambda x: mt.weighted_backward([x, x.expand(3)], mt.EqualWeighting().start(2)),
            InputError,
            r"the loss of task '1' has shape \(3,\); expected one number: call .mean\(\)",
        ),
        (
            lambda x: mt.weighted_backward(x.expand(3), mt.EqualWeighting().start(2)),
            InputError,
            r"the losses have shape \(3,\); expected \(2,\)",
        ),
        (
            lambda x: mt.weighted_backward([1.0, x], mt.EqualWeighting().start(2)),
            InputTypeError,
            "the loss of task '0' is a float; expected a tensor, or None",
        ),
        (
            lambda x: mt.weighted_backward(1.0, mt.EqualWeighting().start(2)),
            InputTypeError,
            "the losses are a float; expected a dict of numbers by task",
        ),
        (
            lambda x: mt.weighted_backward([x, -x], mt.GeometricMean().start(2)),
            InputError,
            "the loss of task '1' is -1, and GeometricMean needs losses of at least 0",
        ),
        (lambda x: mt.Tap([], 2), InputTypeError, "shared is list; expected a tensor, or at least one in a sequence"),
        (lambda x: mt.Tap(x, 0), InputError, "n_tasks is 0; expected at least 1"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(torch.tensor(1.0, requires_grad=True))
