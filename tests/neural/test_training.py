"""The training loop against loops written by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from headstart.core.errors import HeadstartError, HeadstartWarning, InputError, InputTypeError
from headstart.neural import LayerGroup, Plan, TrainingDiverged, TrainingSettings, layer_groups, train
from headstart.neural.training.order import Batches
from headstart.neural.training.schedule import multiplier


def problem(seed=0, n=40, d=5, classes=3):
    g = torch.Generator().manual_seed(seed)
    X = torch.randn(n, d, generator=g)
    return X, (X @ torch.randn(d, classes, generator=g)).argmax(1)


def mlp(seed=0, dropout=0.0, norm=False):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        middle = [nn.BatchNorm1d(8)] if norm else []
        return nn.Sequential(nn.Linear(5, 8), *middle, nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 3))


def objective_of(net, X, y):
    return lambda rows: nn.functional.cross_entropy(net(X[rows]), y[rows])


def fit(net, X, y, plan=None, seed=0, **kwargs):
    settings = {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "device": "cpu"}
    given = {k: kwargs.pop(k) for k in list(kwargs) if k in TrainingSettings.__dataclass_fields__}
    objective = kwargs.pop("objective", None) or objective_of(net, X, y)
    plan = Plan.of(layer_groups(net)) if plan is None else plan
    return train(net, plan, objective, len(X), TrainingSettings(**{**settings, **given}), seed=seed, **kwargs)


def same(a, b, **kwargs):
    a, b = a.state_dict(), b.state_dict()
    return all(torch.equal(a[k], b[k]) if not kwargs else torch.allclose(a[k], b[k], **kwargs) for k in a)


def by_hand(net, X, y, epochs=3, batch=8, rate=0.01, decay=0.01, clip=None, seed=0, start=None, pull=0.0):
    """A direct loop; AdamW from its formula, in float32."""
    ps = list(net.parameters())
    m, v = [torch.zeros_like(p) for p in ps], [torch.zeros_like(p) for p in ps]
    start = [p.detach().clone() for p in ps]
    batches, t = Batches(len(X), batch, seed), 0
    net.train()
    for epoch in range(epochs):
        for rows in batches.of(epoch):
            lr = rate * multiplier("one-cycle", 0.3, t, epochs * batches.per_epoch)
            grads = torch.autograd.grad(nn.functional.cross_entropy(net(X[rows]), y[rows]), ps)
            norm = torch.sqrt(sum((g**2).sum() for g in grads))
            t += 1
            with torch.no_grad():
                for i, (p, g) in enumerate(zip(ps, grads, strict=True)):
                    if clip is not None and norm > clip:
                        g = g * clip / norm
                    p += lr * pull * (start[i] - p)
                    p *= 1 - lr * decay
                    m[i] = 0.9 * m[i] + 0.1 * g
                    v[i] = 0.999 * v[i] + 0.001 * g**2
                    p -= lr * (m[i] / (1 - 0.9**t)) / (torch.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
    return net.eval()


@pytest.mark.parametrize("clip", [None, 0.1])
def test_equals_a_direct_loop(clip):
    X, y = problem(n=43)
    net = mlp()
    fit(net, X, y, clip=clip)
    assert same(net, by_hand(mlp(), X, y, clip=clip), atol=2e-6)


def test_pull_is_the_gradient_step_of_l2sp():
    # Li et al. 2018, equation 2: the penalty pull / 2 * |w - w0|^2 has the gradient pull * (w - w0).
    X, y = problem()
    net = mlp()
    plan = Plan.of(layer_groups(net))
    for i in range(len(plan.stages)):
        plan = plan.change(i, pull=3.0)
    fit(net, X, y, plan, clip=None)
    assert same(net, by_hand(mlp(), X, y, pull=3.0), atol=2e-6)
    assert not same(net, by_hand(mlp(), X, y), atol=1e-4)


def test_pull_brings_back_at_its_rate_where_the_loss_is_flat():
    net = mlp()
    plan = Plan.of(layer_groups(net)).change(0, pull=2.0, decay=0.0)
    start = net[0].weight.detach().clone()

    def objective(rows):
        if not objective.moved:
            objective.moved = True
            net[0].weight.data += 1.0
        return 0.0 * sum(p.sum() for p in net.parameters())

    objective.moved = False
    X, y = problem(n=8)
    fit(net, X, y, plan, objective=objective, epochs=5, learning_rate=0.1, schedule="constant")
    # Five steps, each of which leaves 1 - 0.1 * 2 of the distance.
    assert torch.allclose(net[0].weight - start, torch.full_like(start, 0.8**5), atol=1e-5)


def test_too_strong_a_pull_is_refused():
    net = mlp()
    with pytest.raises(
        InputError, match=r"'0' is pulled by 200.0 at a learning rate of 0.01; expected a product below 1"
    ):
        fit(net, *problem(), Plan.of(layer_groups(net)).change(0, pull=200.0))


def test_speed_multiplies_the_rate():
    X, y = problem()
    # A step of Adam from zero moments is the rate, whatever the gradient's size.
    net = mlp()
    before = [p.detach().clone() for p in net.parameters()]
    plan = Plan.of(layer_groups(net)).change(0, speed=0.25)
    fit(net, X, y, plan, epochs=1, batch_size=40, schedule="constant", weight_decay=0, clip=None)
    moved = [(p - b).abs().max().item() for p, b in zip(net.parameters(), before, strict=True)]
    assert moved == pytest.approx([0.0025, 0.0025, 0.01, 0.01], rel=1e-3)


def test_decay_of_a_stage_takes_the_place_of_the_settings():
    net = mlp()
    before = [p.detach().clone() for p in net.parameters()]
    plan = Plan.of(layer_groups(net)).change(0, decay=0.0).change(1, decay=0.5)
    flat = lambda rows: 0.0 * sum(p.sum() for p in net.parameters())  # noqa: E731
    fit(net, *problem(n=8), plan, objective=flat, epochs=1, learning_rate=0.1, schedule="constant", weight_decay=0.9)
    assert torch.equal(net[0].weight, before[0])
    assert torch.allclose(net[3].weight, before[2] * (1 - 0.1 * 0.5))


class Watch:
    """What was in train mode, what had a gradient, at each step."""

    def __init__(self, net):
        self.net, self.modes, self.flags, self.rates, self.losses = net, [], [], [], []

    def on_step(self, step):
        self.modes.append({n for n, m in self.net.named_modules() if m.training})
        self.flags.append({n for n, p in self.net.named_parameters() if p.requires_grad})
        self.rates.append(step["rate"])
        self.losses.append(step["loss"])


def test_stages_thaw_at_their_epoch_and_frozen_layers_are_in_eval_mode():
    X, y = problem()
    net = mlp(dropout=0.5, norm=True)
    statistics = net[1].running_mean.clone(), net[1].num_batches_tracked.item()
    plan = Plan.of(layer_groups(net)).change(0, starts=1.4)
    seen = Watch(net)
    kept = {}

    def validate():
        kept[len(kept)] = (net[1].running_mean.clone(), net[0].weight.detach().clone(), net.training)
        return 1.0

    fit(net, X, y, plan, callbacks=[seen], validate=validate)
    # Five steps an epoch: the first layer starts at step 1.4 * 5 = 7.
    head = {"4.weight", "4.bias"}
    assert seen.flags[:7] == [head] * 7
    assert seen.flags[7:] == [head | {"0.weight", "0.bias", "1.weight", "1.bias"}] * 8
    # What has no weights joins the layer before it: the dropout rests with the first layer.
    assert seen.modes[:7] == [{"", "4"}] * 7
    assert seen.modes[7:] == [{"", "0", "1", "2", "3", "4"}] * 8
    assert torch.equal(kept[0][0], statistics[0]) and torch.equal(kept[0][1], mlp(norm=True)[0].weight)
    assert not torch.equal(kept[1][0], statistics[0])
    assert not any(mode for _, _, mode in kept.values())
    assert not net.training and all(p.requires_grad for p in net.parameters())


def test_a_stage_that_never_starts_stays_as_it_is():
    X, y = problem()
    net = mlp(norm=True)
    fit(net, X, y, Plan.of(layer_groups(net)).change(0, starts=None))
    before = mlp(norm=True)
    assert same(net[0], before[0]) and same(net[1], before[1])
    assert not same(net[4], before[4])


def test_frozen_from_the_beginning_is_what_a_head_alone_would_learn():
    X, y = problem()
    net, other = mlp(), mlp()
    fit(net, X, y, Plan.of(layer_groups(net)).change(0, starts=None), clip=None)
    features = other[1](other[0](X)).detach()
    head = by_hand(other[3], features, y)
    assert same(net[3], head, atol=2e-6)


def test_only_trains_weights_of_these_names_and_leaves_statistics():
    X, y = problem()
    net = mlp(norm=True)
    plan = Plan.of(layer_groups(net)).change(0, only=("bias",))
    fit(net, X, y, plan)
    before = mlp(norm=True)
    assert torch.equal(net[0].weight, before[0].weight) and not torch.equal(net[0].bias, before[0].bias)
    assert torch.equal(net[1].weight, before[1].weight) and not torch.equal(net[1].bias, before[1].bias)
    assert torch.equal(net[1].running_var, before[1].running_var)


def test_a_weight_without_gradient_at_the_call_never_trains():
    X, y = problem()
    net = mlp()
    net[0].bias.requires_grad_(False)
    fit(net, X, y)
    assert torch.equal(net[0].bias, mlp()[0].bias) and not net[0].bias.requires_grad


class WithToken(nn.Module):
    """Weights that belong to no part, and a container whose own mode matters."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(5))
        self.blocks = nn.ModuleList([nn.Linear(5, 5), nn.Linear(5, 5)])
        self.last = nn.Linear(5, 3)

    def forward(self, x):
        for block in self.blocks:
            x = block(x + self.token)
        return self.last(x)


def test_containers_are_in_eval_mode_where_all_they_hold_is_frozen():
    net = WithToken()
    groups = (
        LayerGroup("first", ("token", "blocks.0")),
        LayerGroup("second", ("blocks.1",)),
        LayerGroup("last", ("last",)),
    )
    X, y = problem()
    plan = Plan.of(groups).change(0, starts=1).change(1, starts=None)
    seen = Watch(net)
    fit(net, X, y, plan, callbacks=[seen])
    assert seen.modes[0] == {"", "last"}
    assert seen.modes[5] == {"", "blocks", "blocks.0", "last"}


@pytest.mark.parametrize("norm", [False, True])
def test_batches_are_a_function_of_seed_and_epoch(norm):
    batches = Batches(41, 8, seed=3, least=2 if norm else 1)
    assert batches.per_epoch == (5 if norm else 6) == len(batches.of(0))
    assert all(torch.equal(a, b) for a, b in zip(batches.of(2), Batches(41, 8, 3, 1).of(2), strict=False))
    assert not torch.equal(torch.cat(batches.of(0)), torch.cat(batches.of(1)))
    assert not torch.equal(batches.of(0)[0], Batches(41, 8, 4).of(0)[0])
    if not norm:
        assert torch.cat(batches.of(1)).sort().values.tolist() == list(range(41))


def test_a_last_row_alone_is_left_out_under_batch_normalisation():
    X, y = problem(n=33)
    net, plain = mlp(norm=True), mlp()
    assert fit(net, X, y).steps == 12
    assert fit(plain, X, y).steps == 15
    frozen = Plan.of(layer_groups(net)).change(0, starts=None)
    assert fit(net, X, y, frozen).steps == 15
    with pytest.raises(InputError, match=r"a batch would hold 1 of 33 rows; expected at least 2: batch normalisation"):
        fit(net, X, y, batch_size=1)


@pytest.mark.parametrize(("warmup", "n"), [(0.3, 50), (0.25, 8), (0.5, 7), (0.3, 10)])
def test_one_cycle_is_that_of_torch(warmup, n):
    opt = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    peer = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=n, pct_start=warmup, cycle_momentum=False)
    for step in range(n):
        assert multiplier("one-cycle", warmup, step, n) == pytest.approx(opt.param_groups[0]["lr"], rel=1e-9)
        opt.step()
        if step < n - 1:
            peer.step()


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "linear", "constant"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.34, 0.9])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 101])
def test_schedules_rise_then_fall_and_waste_no_step(schedule, warmup, n):
    rates = np.array([multiplier(schedule, warmup, step, n) for step in range(n)])
    assert (rates > 0).all() and (rates <= 1 + 1e-12).all()
    top = rates.argmax()
    assert (np.diff(rates[: top + 1]) >= -1e-12).all() and (np.diff(rates[top:]) <= 1e-12).all()
    assert abs(top - warmup * n) <= 2
    if schedule == "constant":
        assert rates[-1] == 1 or warmup * n > n - 1


def test_closed_forms_of_schedules():
    assert [multiplier("linear", 0.0, s, 4) for s in range(4)] == [1.0, 0.75, 0.5, 0.25]
    assert multiplier("cosine", 0.0, 5, 10) == pytest.approx(0.5)
    assert [multiplier("linear", 0.5, s, 4) for s in range(2)] == pytest.approx([1 / 3, 2 / 3])


def test_accumulation_equals_the_big_batch():
    X, y = problem(n=43)
    whole, parts = mlp(), mlp()
    a = fit(whole, X, y)
    b = fit(parts, X, y, accumulate=3)
    assert same(whole, parts, atol=1e-6)
    assert b.parts == 3 and a.rows[-1]["loss"] == pytest.approx(b.rows[-1]["loss"], rel=1e-5)


def test_accumulation_leaves_no_row_alone_under_batch_normalisation():
    sizes = []
    X, y = problem(n=43)
    net = mlp(norm=True)
    inner = objective_of(net, X, y)

    def objective(rows):
        sizes.append(len(rows))
        return inner(rows)

    fit(net, X, y, objective=objective, accumulate=8, epochs=1)
    assert sizes == [2] * 20 + [3]


def test_bfloat16_computes_in_it_and_keeps_the_weights():
    X, y = problem()
    net = mlp()
    seen = []

    def objective(rows):
        out = net(X[rows])
        seen.append(out.dtype)
        return nn.functional.cross_entropy(out, y[rows])

    history = fit(net, X, y, objective=objective, precision="bfloat16")
    assert set(seen) == {torch.bfloat16} and net[0].weight.dtype == torch.float32
    assert history.precision == "bfloat16" and history.rows[-1]["loss"] < history.rows[0]["loss"]
    other = mlp()
    fit(other, X, y)
    assert not same(net, other) and same(net, other, atol=0.02)


def test_global_random_states_are_untouched_and_the_seed_decides():
    X, y = problem()
    runs = {}
    for seed in (0, 0, 1):
        net = mlp(dropout=0.5)
        torch.manual_seed(len(runs))
        before = torch.get_rng_state()
        fit(net, X, y, seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        assert seed not in runs or same(net, runs[seed])
        runs[seed] = net
    assert not same(runs[0], runs[1])


def test_the_best_weights_are_kept_and_patience_ends_it():
    X, y = problem()
    net = mlp()
    scores, weights = iter([3.0, 1.0, 2.0, 2.0, 0.0]), []

    def validate():
        weights.append(net[0].weight.detach().clone())
        assert not torch.is_grad_enabled() and not net.training
        return next(scores)

    history = fit(net, X, y, epochs=9, patience=2, validate=validate)
    assert history.stopped == "patience" and len(history.rows) == 4 and history.best_epoch == 1
    assert torch.equal(net[0].weight, weights[1])
    table = history.table()
    assert table["validation"].tolist() == [3, 1, 2, 2] and table["best"].tolist() == [False, True, False, False]
    assert table["steps"].tolist() == [5, 10, 15, 20]
    assert list(table)[:3] == ["epoch", "steps", "loss"]


def test_the_best_weights_are_kept_where_all_epochs_ran():
    X, y = problem()
    net, weights = mlp(), []
    scores = iter([1.0, 2.0, 1.0])

    def validate():
        weights.append(net[0].weight.detach().clone())
        return next(scores)

    history = fit(net, X, y, validate=validate)
    assert history.stopped == "epochs" and history.best_epoch == 0 and torch.equal(net[0].weight, weights[0])


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    X, y = problem(n=43)
    net = mlp()
    fixed = torch.arange(43.0) / 7
    objective = lambda rows: fixed[rows].mean() + 0.0 * net(X[rows]).sum()  # noqa: E731
    for accumulate in (1, 3):
        history = fit(net, X, y, objective=objective, accumulate=accumulate, epochs=2)
        assert [r["loss"] for r in history.rows] == pytest.approx([fixed.mean().item()] * 2, rel=1e-6)


def test_max_steps_ends_the_schedule_too():
    X, y = problem()
    net = mlp()
    seen = Watch(net)
    history = fit(net, X, y, max_steps=7, schedule="linear", warmup=0.0, callbacks=[seen])
    assert history.stopped == "max_steps" and history.steps == 7 and len(history.rows) == 2
    assert seen.rates == pytest.approx([0.01 * (7 - s) / 7 for s in range(7)])


def test_time_limit_stops_within_an_epoch():
    X, y = problem()
    history = fit(mlp(), X, y, time_limit=1e-9)
    assert history.stopped == "time_limit" and history.steps == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_divergence_says_where_and_why_and_keeps_the_last_good_weights(value):
    X, y = problem()
    net = mlp()
    inner, count, kept = objective_of(net, X, y), [0], []

    def objective(rows):
        count[0] += 1
        return inner(rows) * (value if count[0] == 13 else 1)

    class Keep:
        def on_epoch(self, row):
            kept.append({k: v.clone() for k, v in net.state_dict().items()})

        def on_end(self, history):
            kept.append(history.stopped)

    with pytest.raises(
        TrainingDiverged, match=r"the loss is (nan|inf) at step 12 \(epoch 2\).*learning rate is too high"
    ) as e:
        fit(net, X, y, objective=objective, callbacks=[Keep()])
    assert isinstance(e.value, HeadstartError) and (e.value.step, e.value.epoch) == (12, 2)
    assert kept[-1] == "error" and len(kept) == 3
    assert all(torch.equal(v, kept[1][k]) for k, v in net.state_dict().items())
    assert not net.training


def test_divergence_at_the_first_step_blames_the_rows():
    X, y = problem()
    X[3] = float("nan")
    net = mlp()
    with pytest.raises(TrainingDiverged, match="no weight had changed yet.*NaN or infinite inputs") as e:
        fit(net, X, y, batch_size=40)
    assert e.value.step == 0 and same(net, mlp())


def test_infinite_gradients_of_a_finite_loss_are_found():
    X, y = problem()
    for clip, what in ((1.0, "the norm of the gradient is nan at step 0"), (None, "the loss is nan at step 1")):
        net = mlp()
        objective = lambda rows: torch.sqrt((net(X[rows]) * 0).sum())  # noqa: B023, E731
        with pytest.raises(TrainingDiverged, match=what):
            fit(net, X, y, objective=objective, clip=clip)
        assert same(net, mlp())
        with pytest.raises(TrainingDiverged, match=r"a weight is nan at step 0|the norm"):
            fit(net, X, y, objective=objective, clip=clip, max_steps=1)


def test_a_validation_score_that_is_no_number():
    with pytest.raises(TrainingDiverged, match=r"the validation score is nan at step 4 \(epoch 0\)"):
        fit(mlp(), *problem(), validate=lambda: float("nan"))
    with pytest.raises(InputTypeError, match="validate returned None; expected one number"):
        fit(mlp(), *problem(), validate=lambda: None)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory. Tried"), RuntimeError("MPS backend out of memory")]
)
def test_out_of_memory_halves_and_says_so(error):
    X, y = problem(n=43)
    net, other = mlp(), mlp()
    inner = objective_of(net, X, y)

    def objective(rows):
        if len(rows) > 3:
            raise error
        return inner(rows)

    with pytest.warns(HeadstartWarning) as told:
        history = fit(net, X, y, objective=objective)
    assert ["in 2 parts" in str(told[0].message), "in 4 parts" in str(told[1].message)] == [True, True]
    assert "pass accumulate=4 to begin so" in str(told[1].message) and len(told) == 2 and history.parts == 4
    fit(other, X, y)
    assert same(net, other, atol=1e-6)


def test_out_of_memory_with_one_row_and_other_errors():
    def objective(rows):
        raise RuntimeError("CUDA out of memory")

    with pytest.warns(HeadstartWarning), pytest.raises(InputError, match=r"out of memory with 1 row\(s\) at a time"):
        fit(mlp(), *problem(), objective=objective)

    def other(rows):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        fit(mlp(), *problem(), objective=other)


def two_losses(net, X, y):
    def objective(rows):
        out = net(X[rows])
        return {"class": nn.functional.cross_entropy(out, y[rows]), "size": out.square().mean()}

    return objective


def test_named_losses_are_added_and_reported():
    X, y = problem(n=43)
    net, other = mlp(), mlp()
    objective = two_losses(net, X, y)
    history = fit(net, X, y, objective=objective)
    row = history.rows[-1]
    assert row["loss"] == pytest.approx(row["class"] + row["size"], rel=1e-5)
    summed = two_losses(other, X, y)
    fit(other, X, y, objective=lambda rows: sum(summed(rows).values()))
    assert same(net, other)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_combine_gives_a_number_or_its_own_gradients(accumulate):
    X, y = problem(n=43)
    nets = [mlp() for _ in range(3)]
    weighted = lambda losses: losses["class"] + 0.5 * losses["size"]  # noqa: E731

    def own(losses):
        assert set(losses) == {"class", "size"}
        weighted(losses).backward()

    fit(nets[0], X, y, objective=two_losses(nets[0], X, y), combine=weighted, accumulate=accumulate)
    fit(nets[1], X, y, objective=two_losses(nets[1], X, y), combine=own, accumulate=accumulate)
    direct = two_losses(nets[2], X, y)
    fit(nets[2], X, y, objective=lambda rows: weighted(direct(rows)))
    assert same(nets[0], nets[1], atol=1e-6) and same(nets[0], nets[2], atol=1e-6)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"objective": lambda rows: 0.5}, "the loss is a float; expected a tensor"),
        ({"objective": lambda rows: torch.zeros(3)}, r"the loss has shape \(3,\); expected one number.*call .mean\(\)"),
        ({"objective": lambda rows: torch.zeros(())}, "the loss does not depend on any weight"),
        ({"objective": lambda rows: {}}, "the objective gave no loss"),
        ({"objective": lambda rows: {"a": 1.0}}, "the loss 'a' is a float"),
        ({"objective": lambda rows: {"loss": torch.zeros(()), "b": torch.zeros(())}}, "named 'loss'"),
        ({"combine": lambda losses: None}, "combine returned None and left no gradient"),
        ({"patience": 2}, "patience is 2 and validate None"),
        ({"seed": -1}, "seed is -1; expected a whole number of at least 0"),
        ({"resume": True}, "resume=True without a folder"),
        ({"checkpoint_every": 3}, "checkpoint_every=3 without a folder"),
        ({"device": "cuda:99"}, "device is 'cuda:99'"),
        ({"callbacks": [Watch]}, "callbacks hold the class Watch"),
        ({"callbacks": [3]}, "callbacks hold a int; expected objects with one of on_start"),
        ({"plan": "all"}, "plan is a str; expected a Plan"),
    ],
)
def test_bad_input(what, message):
    with pytest.raises(HeadstartError, match=message):
        fit(mlp(), *problem(), **what)


def test_plans_that_do_not_fit():
    X, y = problem()
    net = mlp()
    plan = Plan.of(layer_groups(net))
    with pytest.raises(InputError, match="nothing trains: every stage of the plan is frozen"):
        fit(net, X, y, plan.change(0, starts=None).change(1, starts=None))
    with pytest.raises(InputError, match="nothing trains before step 5"):
        fit(net, X, y, plan.change(0, starts=1).change(1, starts=2))
    with pytest.raises(InputError, match=r"'3.weight' is in no layer of the plan"):
        fit(net, X, y, Plan(plan.stages[:1]))
    with pytest.raises(InputError, match="'0.weight' is in the layers '0' and 'all'"):
        fit(net, X, y, Plan.of((*layer_groups(net), LayerGroup("all", ("",)))))
    with pytest.raises(InputError, match="'0.weight' is float16"):
        fit(net.half(), X, y)
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", 0, "epochs is 0; expected a whole number of at least 1"),
        ("batch_size", 2.5, "batch_size is 2.5"),
        ("epochs", True, "epochs is True"),
        ("learning_rate", 0, "learning_rate is 0; expected a number above 0"),
        ("learning_rate", float("nan"), "learning_rate is nan"),
        ("learning_rate", "fast", "learning_rate is 'fast'"),
        ("weight_decay", -1, "weight_decay is -1; expected a number of at least 0"),
        ("schedule", "step", "schedule is 'step'; expected one of 'one-cycle', 'cosine'"),
        ("warmup", 1.0, "warmup is 1.0; expected a share"),
        ("accumulate", 64, "accumulate is 64 and batch_size 32"),
        ("clip", 0, "clip is 0; expected a number above 0, or None"),
        ("precision", "float16", "precision is 'float16'; expected one of 'auto', 'float32', 'bfloat16'"),
        ("device", "tpu7", "device is 'tpu7'; expected 'auto' or a name of torch"),
        ("patience", 0, "patience is 0; expected a whole number of at least 1, or None"),
        ("max_steps", -3, "max_steps is -3"),
        ("time_limit", -3, "time_limit is -3"),
    ],
)
def test_settings_are_checked(name, value, message):
    with pytest.raises(InputError, match=message):
        TrainingSettings(**{name: value})
