"""Networks of several tasks: what is learnt, what gaps and domains do, who falls back, what is kept."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

import headstart as hs
from headstart import multitask as mt
from headstart.core.errors import InputError, InputTypeError
from headstart.multitask.networks import base as estimator_base
from headstart.multitask.networks import judging
from headstart.multitask.networks.problem import OneTask, TaskProblem


def table(n=160, seed=0):
    """Rows, and three tasks: two that ask the same in other words, and one of another column."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    product = X[:, 0] * X[:, 1]
    Y = pd.DataFrame(
        {"many": (product > 0).astype(int), "few": np.where(product > 0, "yes", "no"), "other": X[:, 2] > 0}
    )
    return X, Y


def quick(kind=mt.MultiTaskClassifier, **settings):
    return kind(**{"folds": None, "affinity": 0, "epochs": 25, "random_state": 0} | settings)


def test_a_task_with_few_labels_learns_from_one_with_many():
    X, Y = table(300)
    Y.loc[12:, "few"] = None
    Z, truth = table(400, seed=1)
    model = quick(epochs=40).fit(X, Y)
    alone = hs.FineTuneClassifier(epochs=40, random_state=0).fit(X[:12], Y["few"][:12])
    joint = (model.predict(Z, task="few") == truth["few"]).mean()
    assert joint > (alone.predict(Z) == truth["few"]).mean() + 0.1
    assert joint > 0.75


def test_what_comes_out():
    X, Y = table()
    model = quick().fit(X, Y)
    assert model.tasks_ == ["many", "few", "other"]
    assert [c.tolist() for c in model.classes_] == [[0, 1], ["no", "yes"], [False, True]]
    said = model.predict(X)
    assert said.shape == (160, 3) and said.dtype == object
    assert said[:, 1].tolist() == model.predict(X, task="few").tolist()
    p = model.predict_proba(X, "few")
    assert np.allclose(p.sum(axis=1), 1) and np.allclose(p, model.predict_proba(X)[1])
    assert (model.classes_[1][p.argmax(axis=1)] == model.predict(X, "few")).all()
    assert model.features(X, "few").shape[0] == 160
    assert model.task_weights_.to_dict() == {"many": 1.0, "few": 1.0, "other": 1.0}
    assert model.score(X, Y) == pytest.approx(model.scores(X, Y).mean())
    assert model.score(X, Y) > 0.8


def test_same_seed_same_network_and_nothing_global_moves():
    X, Y = table(80)
    before, frame = torch.random.get_rng_state(), Y.copy()
    a, b = quick(epochs=2).fit(X, Y), quick(epochs=2).fit(X, Y)
    assert np.array_equal(a.predict_proba(X)[0], b.predict_proba(X)[0])
    assert torch.equal(before, torch.random.get_rng_state())
    pd.testing.assert_frame_equal(Y, frame)
    assert clone(a).get_params() == quick(epochs=2).get_params()


def test_a_gap_costs_no_other_task_its_row():
    X, Y = table(60)
    gaps = Y.astype(object)
    gaps.loc[20:, ["few", "other"]] = None
    model = quick(epochs=60).fit(X, gaps)
    assert model.scores(X, Y)["many"] > 0.9


def test_rows_without_any_label_are_left_out():
    X, Y = table(60)
    gaps = Y.astype(object)
    gaps.loc[40:] = None
    whole = quick(epochs=3).fit(X, gaps)
    part = quick(epochs=3).fit(X[:40], Y[:40].astype(object))
    assert np.array_equal(whole.predict_proba(X)[2], part.predict_proba(X)[2])


def test_numbers_come_back_in_their_own_unit():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    Y = np.column_stack([X[:, 0] * X[:, 1], 1e6 + 1e4 * X[:, 2]])
    model = quick(mt.MultiTaskRegressor, epochs=60).fit(X, Y)
    assert model.tasks_ == ["y0", "y1"]
    assert (model.scores(X, Y) > 0.9).all()
    assert model.predict(X)[:, 1].mean() == pytest.approx(1e6, rel=0.01)


def test_tasks_of_different_kinds():
    X, Y = table()
    Y["size"] = 5 + X[:, 3] + 0.5
    Y["rooms"] = np.round(3 * X[:, 3])
    with pytest.raises(InputError, match=r"'rooms' has \d+ distinct whole numbers.*kinds=\{'rooms': 'class"):
        quick(mt.MultiTaskLearner).fit(X, Y)
    model = quick(mt.MultiTaskLearner, kinds={"rooms": "regression"}).fit(X, Y)
    assert model.kinds_ == ["classification"] * 3 + ["regression"] * 2
    said = model.predict(X)
    assert list(said.columns) == list(Y.columns) and said["size"].dtype == float
    with pytest.raises(InputError, match="'size' predicts numbers, which have no probabilities"):
        model.predict_proba(X, "size")


def test_one_domain_a_task():
    rng = np.random.default_rng(0)

    def domain(name, n):
        X = rng.normal(size=(n, 3))
        return hs.Domain(X, np.where(X[:, 0] * X[:, 1] > 0, "up", "down"), name=name)

    north, south = domain("north", 200), domain("south", 20)
    model = quick(epochs=60).fit([north, south])
    new = domain("south", 300)
    assert (model.predict(new.X, "south") == new.y).mean() > 0.8
    assert model.score([north, new]) > 0.8
    with pytest.raises(InputError, match=r"each task has rows of its own.*UPGrad\(level='parameter'\)"):
        quick(weighting=mt.UPGrad()).fit([north, south])
    quick(epochs=2, weighting=mt.UPGrad(level="parameter")).fit([north, south])
    quick(epochs=2, auxiliary=[mt.DomainPrediction()]).fit([north, south])


@pytest.mark.parametrize("kind", ["texts", "images", "series"])
def test_rows_of_any_kind(kind):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=(40, 2))
    if kind == "texts":
        X = [f"{['bad', 'good'][a]} and {['cheap', 'dear'][b]}" for a, b in y]
    elif kind == "images":
        X = rng.integers(40, size=(40, 8, 8), dtype=np.uint8)
        X[:, :4] += (120 * y[:, 0, None, None]).astype(np.uint8)
        X[:, 4:] += (120 * y[:, 1, None, None]).astype(np.uint8)
    else:
        X = 0.1 * rng.normal(size=(40, 1, 16)) + y[:, :1, None] * np.sin(np.arange(16)) + y[:, 1:, None]
    model = quick(epochs=30).fit(X, y)
    assert model.scores(X, y).min() > 0.9


@pytest.mark.parametrize(
    "weighting",
    [mt.FAMO(), mt.UncertaintyWeighting(), mt.DynamicWeightAverage(), mt.PCGrad(), mt.MGDA(level="parameter"),
     mt.GradDrop(), mt.GradNorm()],
    ids=lambda w: type(w).__name__,
)  # fmt: skip
def test_weightings_train(weighting):
    X, Y = table()
    model = quick(epochs=25, weighting=weighting).fit(X, Y)
    assert model.scores(X, Y).min() > 0.75


def test_one_task_in_nan_is_named_and_the_others_go_on(monkeypatch):
    X, Y = table(60)
    from headstart.multitask.networks import training

    class Poisoned(training.TaskLosses):
        def __call__(self, outputs, index):
            return super().__call__(outputs, index) + torch.tensor([0.0, float("nan"), 0.0])

    monkeypatch.setattr(training, "TaskLosses", Poisoned)
    with pytest.warns(hs.HeadstartWarning, match="task 'few' is left out of step 0, since its loss is nan"):
        model = quick().fit(X, Y)
    assert model.scores(X, Y)[["many", "other"]].min() > 0.8


# ------------------------------------------------------------------------------------------------- the verdict


def test_no_row_is_scored_by_a_network_that_has_seen_it(monkeypatch):
    X, Y = table(60)
    X[:, 3] = np.arange(60)
    seen, scored = [], []
    fit, losses = judging.fit_tasks, judging.losses_of

    def watched_fit(how, problem, *args, **more):
        seen.append(set(problem.X[:, 3]))
        return fit(how, problem, *args, **more)

    def watched_losses(how, fitted, place, rows, k):
        scored.append((len(seen) - 1, set(rows.X[:, 3])))
        return losses(how, fitted, place, rows, k)

    monkeypatch.setattr(judging, "fit_tasks", watched_fit)
    monkeypatch.setattr(judging, "losses_of", watched_losses)
    quick(epochs=1, folds=3).fit(X, Y)
    assert len(scored) == 3 * 3 * 2
    assert all(not seen[place] & rows for place, rows in scored)
    assert set().union(*(rows for _, rows in scored)) == set(range(60))


def test_held_out_losses_are_those_of_networks_fitted_by_hand():
    X, Y = table(60)
    model = quick(epochs=3, folds=2).fit(X, Y)
    seed = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
    codes = np.column_stack([pd.factorize(Y[c], sort=True)[0] for c in Y]).astype(float)
    tasks = tuple(OneTask(c, "classification", np.unique(Y[c])) for c in Y)
    fold = TaskProblem("table", X, codes, tasks).folds(2, seed)
    total = 0.0
    for f in range(2):
        joint = quick(epochs=3).fit(X[fold != f], Y[fold != f])
        p = joint.predict_proba(X[fold == f], "few")
        total += np.log(p[np.arange(len(p)), codes[fold == f, 1].astype(int)]).sum()
    assert model.verdicts_[1].score == pytest.approx(total / 60, rel=1e-6)


def test_a_task_that_the_others_hurt_gets_a_network_of_its_own():
    rng = np.random.default_rng(0)
    n = 120
    X = rng.normal(size=(n, 6))
    # Two tasks of pure noise, weighed a thousand times as much as one that a few steps learn.
    noise = {f"noise {k}": rng.normal(size=n) for k in range(2)}
    Y = pd.DataFrame({"real": X[:, 0] + 0.5 * X[:, 1], **noise})

    class Heavy(mt.Weighting):
        def loss_weights(self, losses, there, memory, rng):
            return np.array([0.001, 1.0, 1.0])

    model = quick(mt.MultiTaskRegressor, folds=3, epochs=12, weighting=Heavy()).fit(X, Y)
    verdict = model.verdicts_[0]
    assert verdict.decision == "hurts" and verdict.score < verdict.score_alone and model.table_["uses"][0] == "alone"
    assert "real" in model.alone_
    never = quick(mt.MultiTaskRegressor, epochs=12, weighting=Heavy()).fit(X, Y)
    assert never.alone_ == []
    Z = rng.normal(size=(300, 6))
    truth = Z[:, 0] + 0.5 * Z[:, 1]
    error = {m: np.mean((m.predict(Z, "real") - truth) ** 2) for m in (model, never)}
    assert error[model] < 0.5 * error[never]


def test_fallback_in_doubt():
    verdicts = [type("Verdict", (), {"decision": d})() for d in ("helps", "undetermined", "hurts")]
    assert judging.losers(verdicts, "hurts") == [2]
    assert judging.losers(verdicts, "doubt") == [1, 2]
    assert judging.losers(verdicts, "never") == []


def test_folds_spread_classes_and_domains():
    codes = np.full((90, 2), np.nan)
    codes[:80, 0] = np.arange(80) % 2
    codes[70:, 1] = np.r_[np.zeros(16), np.ones(4)]
    tasks = (OneTask("a", "classification", np.arange(2)), OneTask("b", "classification", np.arange(2)))
    fold = TaskProblem("table", np.zeros((90, 1)), codes, tasks).folds(4, 0)
    rare = fold[codes[:, 1] == 1]
    assert sorted(rare) == [0, 1, 2, 3]
    domain = np.repeat([0, 1], [80, 10])
    fold = TaskProblem("table", np.zeros((90, 1)), codes, tasks, domain).folds(5, 0)
    assert (np.bincount(fold[domain == 1], minlength=5) == 2).all()


# ------------------------------------------------------------------------------------------- affinity and groups


def test_affinity_is_what_a_step_on_one_task_takes_off_the_others():
    from headstart.multitask.networks.affinity import SHORT, Affinity

    torch.manual_seed(0)
    encoder = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh())
    backbone = hs.neural.open_backbone(encoder)
    network = mt.MultiTaskNetwork(mt.HardSharing().build(backbone, ["a", "b"], seed=0), [1, 1])
    with torch.no_grad():
        for p in network.head.parameters():
            p.normal_()
    X, Y = torch.randn(20, 3), torch.randn(20, 2)

    def losses():
        out = torch.cat(network(X), dim=1)
        return (out - Y).square().mean(0), np.ones(2, dtype=bool)

    affinity = Affinity(network, losses, ("a", "b"), 1)
    shared = list(network.trunk.below())
    start = [p.detach().clone() for p in shared]
    affinity.measure(0.01)
    assert all(torch.equal(p, q) for p, q in zip(shared, start, strict=True))
    before = losses()[0].detach()
    gradients = [torch.autograd.grad(losses()[0][i], shared) for i in range(2)]
    norms = [torch.cat([g.flatten() for g in one]).norm() for one in gradients]
    pace = SHORT * 0.01 * sum(p.numel() for p in shared) ** 0.5 / float(sum(norms) / 2)
    for i, j in itertools.product(range(2), range(2)):
        with torch.no_grad():
            for p, q, g in zip(shared, start, gradients[i], strict=True):
                p.copy_(q - pace * g)
            after = losses()[0][j]
        assert affinity.table().iloc[i, j] == pytest.approx(float(1 - after / before[j]), rel=1e-3, abs=1e-6)


def test_tasks_that_ask_the_same_help_each_other_and_are_grouped():
    X, Y = table(200)
    Y["again"] = np.where(X[:, 2] > 0.1, "above", "below")
    model = quick(epochs=20, affinity=20).fit(X, Y)
    Z = model.affinity_
    assert Z.loc["many", "few"] > Z.loc["many", "other"] + 0.01
    assert sorted(map(sorted, model.groups_)) == [["again", "other"], ["few", "many"]]


def test_groups_are_the_best_of_all_partitions():
    rng = np.random.default_rng(0)
    names = list("abcdef")
    Z = pd.DataFrame(rng.normal(size=(6, 6)), index=names, columns=names)

    def partitions(items):
        if not items:
            yield []
            return
        for size in range(len(items)):
            for others in itertools.combinations(items[1:], size):
                rest = [i for i in items[1:] if i not in others]
                for more in partitions(rest):
                    yield [[items[0], *others], *more]

    def value(groups):
        total = 0.0
        for group in groups:
            for j in group:
                company = [Z.loc[i, j] for i in group if i != j]
                if company:
                    total += np.mean(company) - np.mean([Z.loc[i, j] for i in names if i != j])
        return total

    best = max(partitions(names), key=value)
    assert value(mt.propose_groups(Z)) == pytest.approx(value(best))
    for m in (1, 2, 4, 6):
        found = mt.propose_groups(Z, m)
        assert len(found) == m
        assert value(found) == pytest.approx(max(value(p) for p in partitions(names) if len(p) == m))


def test_groups_of_many_tasks():
    names = [f"t{k}" for k in range(20)]
    side = np.arange(20) % 2
    Z = pd.DataFrame((side[:, None] == side).astype(float), index=names, columns=names)
    found = mt.propose_groups(Z)
    assert sorted(map(sorted, found)) == sorted([sorted(names[::2]), sorted(names[1::2])])
    assert len(mt.propose_groups(Z, 3)) == 3


def test_groups_of_bad_input():
    with pytest.raises(InputTypeError, match="affinity is a ndarray"):
        mt.propose_groups(np.eye(2))
    Z = pd.DataFrame(np.eye(2), index=["a", "b"], columns=["b", "a"])
    with pytest.raises(InputError, match="expected the same tasks in the same order"):
        mt.propose_groups(Z)
    with pytest.raises(InputError, match="n_networks is 3; expected 1 to 2"):
        mt.propose_groups(pd.DataFrame(np.eye(2)), 3)


# -------------------------------------------------------------------------------------------------- keeping, resuming


WAYS = [
    None, mt.HardSharing(at=1), mt.SoftSharing(), mt.CrossStitch(), mt.Sluice(), mt.MTAN(), mt.MMoE(n_experts=3),
    mt.CGC(), mt.PLE(), mt.LearnedBranching(),
]  # fmt: skip


@pytest.mark.parametrize("sharing", WAYS, ids=lambda way: type(way).__name__)
def test_saved_and_loaded(tmp_path, sharing):
    X, Y = table(60)
    model = quick(epochs=2, sharing=sharing, auxiliary=["other", mt.MaskedFeatures()]).fit(X, Y)
    hs.save(model, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")
    assert model.learnt_.keys() == again.learnt_.keys()
    assert np.array_equal(model.predict_proba(X)[1], again.predict_proba(X)[1])
    assert again.tasks_ == ["many", "few"]
    with pytest.raises(InputError, match="'other' is none of the 2 tasks .it is auxiliary, and its head was"):
        again.predict(X, "other")


@pytest.mark.parametrize("sharing", [None, mt.MMoE(n_experts=2)], ids=["HardSharing", "MMoE"])
def test_saved_with_an_adapter(tmp_path, sharing):
    X, Y = table(40)
    backbone = hs.neural.small_backbone("table", (4,))
    model = quick(backbone=backbone, adapter=hs.neural.LoRA(rank=2), epochs=2, sharing=sharing).fit(X, Y)
    trained = model.layers_.set_index("layer")["trained"]
    assert trained["1"] == 2 * 2 * 128
    if sharing is not None:
        assert trained["gates"] == model.layers_.set_index("layer").loc["gates", "parameters"]
    hs.save(model, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")
    assert np.array_equal(model.predict_proba(X)[0], again.predict_proba(X)[0])


def test_resumed_training_is_the_one_without_interruption(tmp_path):
    X, Y = table(60)
    settings = {
        "epochs": 6, "weighting": mt.FAMO(), "affinity": 6, "auxiliary": ["other", mt.MaskedFeatures()],
        "auxiliary_weights": mt.LearnedWeight(every=2),
    }  # fmt: skip

    class Stop(Exception):
        pass

    class Interrupt:
        def on_epoch(self, row):
            if row["epoch"] == 3:
                raise Stop

    whole = quick(**settings).fit(X, Y)
    with pytest.raises(Stop):
        quick(**settings, folder=tmp_path, callbacks=[Interrupt()]).fit(X, Y)
    resumed = quick(**settings, folder=tmp_path, resume=True).fit(X, Y)
    assert np.array_equal(whole.predict_proba(X)[0], resumed.predict_proba(X)[0])
    pd.testing.assert_frame_equal(whole.affinity_, resumed.affinity_)
    pd.testing.assert_series_equal(whole.task_weights_, resumed.task_weights_)
    with pytest.raises(InputError, match="rows and labels"):
        quick(**settings, folder=tmp_path, resume=True).fit(X + 1, Y)


def test_patience_adapter_and_policy():
    X, Y = table(100)
    early = quick(patience=2, epochs=200).fit(X, Y)
    assert early.histories_["joint"].stopped == "patience"
    source = quick(epochs=20).fit(X, Y)
    backbone = hs.neural.open_backbone(source.network_.trunk.encoder)
    probe = quick(backbone=backbone, policy=hs.neural.LinearProbe()).fit(X, Y)
    assert probe.histories_["joint"] is None
    assert probe.scores(X, Y).min() > 0.75
    adapted = quick(backbone=backbone, adapter=hs.neural.LoRA(rank=2), epochs=3).fit(X, Y)
    with pytest.raises(InputError, match="with SoftSharing there is none; expected HardSharing"):
        quick(adapter=hs.neural.LoRA(rank=2), sharing=mt.SoftSharing(), epochs=1).fit(X, Y)
    trained = adapted.layers_.set_index("layer")["trained"]
    assert 0 < trained.drop("head").sum() < adapted.layers_["parameters"].sum() / 2


# ------------------------------------------------------------------------------------------------------ bad input


def test_bad_input():
    X, Y = table(40)
    with pytest.raises(InputError, match="several tasks are called few"):
        quick().fit(X, Y[["many", "few", "few"]])
    with pytest.raises(InputError, match="there is 1 task; expected at least two"):
        quick().fit(X, Y[["many"]])
    with pytest.raises(InputError, match="task 'many' has one class: all of its 40 labels are 1"):
        quick().fit(X, Y.assign(many=1))
    with pytest.raises(InputError, match="task 'few' has no labels: all of its 40 rows are gaps"):
        quick().fit(X, Y.assign(few=None))
    with pytest.raises(InputError, match="X has 39 rows and Y 40"):
        quick().fit(X[1:], Y)
    with pytest.raises(InputError, match="Y has one dimension"):
        quick().fit(X, Y["many"])
    with pytest.raises(InputError, match="auxiliary names 'nope', which is no task"):
        quick(auxiliary=["nope"]).fit(X, Y)
    with pytest.raises(InputError, match="all tasks are auxiliary"):
        quick(auxiliary=["many", "few", "other"]).fit(X, Y)
    with pytest.raises(InputTypeError, match=r"auxiliary is 'many'; expected a list of tasks: auxiliary=\['many'\]"):
        quick(auxiliary="many").fit(X, Y)
    with pytest.raises(InputTypeError, match="weighting is <class"):
        quick(weighting=mt.UPGrad).fit(X, Y)
    with pytest.raises(InputTypeError, match="sharing is 'hard'"):
        quick(sharing="hard").fit(X, Y)
    with pytest.raises(InputError, match="fallback='maybe'; expected one of 'hurts', 'doubt', 'never'"):
        quick(fallback="maybe").fit(X, Y)
    with pytest.raises(InputError, match="folds=1; expected a whole number of at least 2"):
        quick(folds=1).fit(X, Y)
    short = Y.astype(object)
    short.loc[5:, "few"] = None
    with pytest.raises(InputError, match=r"'few' has 5 labels, too few to judge over 3 folds.*auxiliary=\['few'\]"):
        quick(folds=3).fit(X, short)
    with pytest.raises(InputError, match="compares the losses of a batch before and after its step, and accumulate=2"):
        quick(weighting=mt.FAMO(), accumulate=2).fit(X, Y)
    model = quick(epochs=1).fit(X, Y)
    with pytest.raises(InputError, match="task='nope' is none of the 3 tasks"):
        model.predict(X, "nope")
    with pytest.raises(InputError, match="no task has a label to score on"):
        model.score(X, Y.assign(many=None, few=None, other=None))


def test_tables_with_words_are_read_by_the_names_of_their_columns():
    X, Y = table(40)
    numbers = pd.DataFrame(X, columns=list("pqrs"))
    words = numbers.assign(city=np.where(X[:, 2] > 0, "x", "y"))
    model = quick(epochs=1).fit(words, Y)
    back = model.predict_proba(words[words.columns[::-1]])[0]
    assert np.array_equal(back, model.predict_proba(words)[0])
    with pytest.raises(InputError, match=r"X lacks the columns \['city'\]; expected the 5 columns of the rows in fit"):
        model.predict(numbers)
    with pytest.raises(InputTypeError, match=r"X is a ndarray, and the model was fitted on columns that are no numb"):
        model.predict(np.c_[X, X[:, 0]])
    model.fit(numbers, Y)
    with pytest.raises(InputError, match="could not convert string to float: 'z'"):
        model.predict(numbers.assign(p="z"))
    assert np.array_equal(model.predict(numbers.astype({"p": object})), model.predict(numbers))
    # What one task's rows have as words, another's may have as numbers.
    north, south = hs.Domain(numbers.assign(city=1.0), Y["many"], name="n"), hs.Domain(words, Y["few"], name="s")
    assert len(quick(epochs=1).fit([north, south]).predict(words, "n")) == 40
    with pytest.raises(InputError, match=r"X of task 'n' lacks the columns \['city'\]"):
        quick(epochs=1).fit([hs.Domain(numbers, Y["many"], name="n"), south])


def test_labels_as_a_list_of_rows_keep_their_types():
    X, Y = table(40)
    rows = [[a, b, 0.5 * c] for a, b, c in zip(Y["many"].tolist(), Y["few"].tolist(), X[:, 2].tolist(), strict=True)]
    model = quick(mt.MultiTaskLearner, epochs=1).fit(X, rows)
    assert model.kinds_ == ["classification", "classification", "regression"]
    assert model.classes_[0].tolist() == [0, 1]
    with pytest.raises(InputError, match="Y holds rows of 1 to 3 labels; expected one for each task"):
        quick().fit(X, [*rows[1:], [1]])
    with pytest.raises(InputError, match="kinds='numbers'; expected one of 'classification', 'regression', or a dict"):
        quick(mt.MultiTaskLearner, kinds="numbers").fit(X, Y)


def test_names_that_are_numbers_stay_numbers():
    X, Y = table(40)
    numbered = Y.set_axis([0, 1, 2], axis=1)
    model = quick(epochs=2, affinity=2).fit(X, numbered)
    assert model.tasks_ == list(model.affinity_.columns) == list(model.affinity_.index) == [0, 1, 2]
    assert sorted(name for group in model.groups_ for name in group) == [0, 1, 2]
    assert model.task_weights_[1] == 1.0
    with pytest.raises(InputError, match=r"task '7' has .* expected to be told: kinds=\{7: 'classification'\}"):
        quick(mt.MultiTaskLearner).fit(X, numbered.assign(**{"x": np.arange(40) % 5}).rename(columns={"x": 7}))


def test_weights_shown_are_those_where_a_task_has_labels():
    X, Y = table(80)
    Y.loc[4:, "few"] = None
    model = quick(
        epochs=2, batch_size=4, auxiliary=["other"], auxiliary_weights=mt.FixedWeight(0.3)
    ).fit(X, Y)  # fmt: skip
    assert model.task_weights_.to_dict() == pytest.approx({"many": 1.0, "few": 1.0, "other": 0.3})


def test_scores_know_the_tasks():
    X, Y = table(40)
    codes = np.column_stack([pd.factorize(Y[c])[0] for c in Y])
    model = quick(epochs=2, auxiliary=["y0"]).fit(X, codes)
    assert model.scores(X, codes).to_dict() == model.scores(X, codes[:, 1:]).to_dict()
    twice = pd.DataFrame(codes, columns=["y1", "y1", "y2"])
    with pytest.raises(InputError, match="Y has columns of the same name: y1"):
        model.scores(X, twice)
    north, south = hs.Domain(X, codes[:, 0], name="north"), hs.Domain(X, codes[:, 1], name="south")
    model = quick(epochs=1).fit([north, south])
    with pytest.raises(InputError, match="task='sout' is none of the 2 tasks; expected one of 'north', 'south'"):
        model.score([north, hs.Domain(X, codes[:, 1], name="sout")])


def test_folds_spread_gaps_of_numbers_and_classes_of_domains():
    codes = np.full((60, 2), np.nan)
    codes[:, 0] = np.arange(60.0)
    codes[:8, 1] = np.arange(8.0)
    tasks = (OneTask("a", "regression"), OneTask("b", "regression"))
    fold = TaskProblem("table", np.zeros((60, 1)), codes, tasks).folds(4, 0)
    assert (np.bincount(fold[:8], minlength=4) == 2).all()
    codes = np.full((60, 2), np.nan)
    codes[:30, 0], codes[30:, 1] = np.r_[np.zeros(26), np.ones(4)], np.r_[np.ones(4), np.zeros(26)]
    tasks = (OneTask("a", "classification", np.arange(2)), OneTask("b", "classification", np.arange(2)))
    fold = TaskProblem("table", np.zeros((60, 1)), codes, tasks, np.repeat([0, 1], 30)).folds(4, 0)
    assert sorted(fold[26:30]) == sorted(fold[30:34]) == [0, 1, 2, 3]


def test_rows_without_a_label_of_a_task_are_not_computed_to_judge_it(monkeypatch):
    X, Y = table(60)
    seen = []
    outputs = judging.outputs_of_tasks

    def watched(network, rows, device, wanted):
        seen.append(len(rows))
        return outputs(network, rows, device, wanted)

    monkeypatch.setattr(judging, "outputs_of_tasks", watched)
    domains = [hs.Domain(X[:20], Y["many"][:20], name="a"), hs.Domain(X[20:], Y["few"][20:], name="b")]
    model = quick(epochs=1, folds=2, fallback="never").fit(domains)
    assert sum(seen) == 2 * 60 and [v.n_rows for v in model.verdicts_] == [20, 40]


def test_callbacks_are_told_which_network_trains():
    X, Y = table(40)
    names = []

    class Names:
        def on_start(self, start):
            names.append(start["name"])

    quick(epochs=1, folds=2, fallback="doubt", callbacks=[Names()]).fit(X, Y[["few", "many"]])
    folds = [f"fold {f}/{what}" for f in range(2) for what in ("joint", "alone few", "alone many")]
    assert names[:7] == [*folds, "joint"] and set(names[7:]) <= {"alone few", "alone many"}


def test_looking_at_affinities_changes_no_network():
    X, Y = table(40)
    for sharing in (mt.MMoE(), mt.LearnedBranching()):
        seen = [quick(epochs=2, sharing=sharing, affinity=n).fit(X, Y).predict_proba(X)[0] for n in (0, 5)]
        assert np.array_equal(*seen)


def test_estimators_say_what_they_are():
    assert estimator_base.MultiTaskNetworkEstimator.__subclasses__()
    assert quick().__sklearn_tags__().target_tags.multi_output
