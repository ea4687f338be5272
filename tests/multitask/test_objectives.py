"""The losses of all tasks at once, against loops over tasks and rows."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from headstart.core.errors import InputError, InputTypeError
from headstart.multitask.heads import Heads
from headstart.multitask.objectives import TaskLosses

SIZES = [3, 1, 3, 2, 1, 3]
KINDS = ["regression" if size == 1 else "classification" for size in SIZES]


def labels(n=40, gaps=0.3, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.column_stack(
        [rng.normal(size=n) if size == 1 else rng.integers(0, size, n).astype(float) for size in SIZES]
    )
    codes[rng.random(codes.shape) < gaps] = np.nan
    return codes


def outputs(n, seed=0, sizes=SIZES):
    """What ``Heads`` gives, as leaves."""
    generator = torch.Generator().manual_seed(seed)
    places = Heads(1, sizes).places
    return [torch.randn(len(p), n, sizes[p[0]], generator=generator).requires_grad_() for p in places], places


def by_hand(codes, outs, places, index, kinds=KINDS):
    """One task and one row at a time."""
    share = (~np.isnan(codes)).mean(axis=0)
    found = [None] * codes.shape[1]
    for out, tasks in zip(outs, places, strict=True):
        for i, k in enumerate(tasks):
            total = torch.zeros(())
            for j, row in enumerate(index):
                if np.isnan(codes[row, k]):
                    continue
                if kinds[k] == "regression":
                    total = total + (out[i, j, 0] - codes[row, k]) ** 2
                else:
                    total = total + functional.cross_entropy(out[i, j], torch.tensor(int(codes[row, k])))
            found[k] = total / (len(index) * share[k])
    return torch.stack(found)


@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_values_and_gradients_are_those_of_a_loop(gaps):
    codes, index = labels(gaps=gaps), torch.tensor([3, 0, 17, 39, 17, 8])
    ours, places = outputs(6)
    theirs = [out.detach().clone().requires_grad_() for out in ours]
    got = TaskLosses(codes, KINDS, places)(ours, index)
    expected = by_hand(codes, theirs, places, index.tolist())
    torch.testing.assert_close(got, expected)
    weights = torch.arange(1.0, 7.0)
    (got * weights).sum().backward()
    (expected * weights).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_rows_whose_order_in_memory_is_that_of_one_matrix_product_for_all_heads():
    codes, index = labels(), torch.arange(7)
    heads = Heads(5, SIZES)
    with torch.no_grad():
        for p in heads.parameters():
            p.normal_(generator=torch.Generator().manual_seed(1))
    outs = heads(torch.randn(7, 5, generator=torch.Generator().manual_seed(0)))
    got = TaskLosses(codes, KINDS, heads.places)(outs, index)
    torch.testing.assert_close(got, by_hand(codes, outs, heads.places, range(7)))


def test_batches_of_an_epoch_average_to_the_mean_over_labelled_rows():
    codes = labels(n=36)
    losses = TaskLosses(codes, KINDS, outputs(1)[1])
    outs, places = outputs(36)
    order = np.random.default_rng(1).permutation(36)
    batches = [order[:6], order[6:12], order[12:]]
    mean = sum(losses([out[:, rows] for out in outs], rows) * len(rows) / 36 for rows in batches)
    torch.testing.assert_close(mean, losses(outs, np.arange(36)))
    there = ~np.isnan(codes[:, 1])
    direct = (outs[1][0, there, 0] - torch.as_tensor(codes[there, 1], dtype=torch.float32)).square().mean()
    torch.testing.assert_close(mean[1], direct)


def test_both_kinds_may_share_a_batch_of_heads():
    # A task with one class has one output, as a number has.
    codes = np.column_stack([np.zeros(5), np.arange(5.0), np.zeros(5)])
    outs, places = outputs(5, sizes=[1, 1, 1])
    kinds = ["classification", "regression", "classification"]
    got = TaskLosses(codes, kinds, places)(outs, np.arange(5))
    torch.testing.assert_close(got, by_hand(codes, outs, places, range(5), kinds))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_outputs_that_are_not_finite_cost_one_task_alone(bad, gaps):
    codes, index = labels(gaps=gaps), torch.arange(8)
    row = int(np.flatnonzero(~np.isnan(codes[:8, 2]))[0])
    losses = TaskLosses(codes, KINDS, outputs(1)[1])
    clean, places = outputs(8)
    spoilt = [out.detach().clone() for out in clean]
    spoilt[0][places[0].index(2), row] = bad
    spoilt = [out.requires_grad_() for out in spoilt]
    good, got = losses(clean, index), losses(spoilt, index)
    others = [0, 1, 3, 4, 5]
    assert torch.isnan(got[2])
    torch.testing.assert_close(got[others], good[others])
    # As weighted_backward leaves a task out: not in the sum, or with a weight of 0.
    good[others].sum().backward()
    got[others].sum().backward()
    for a, b in zip(spoilt, clean, strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    assert not spoilt[0].grad[places[0].index(2)].any()


def test_shared_weights_get_the_gradient_of_the_others_where_a_head_overflows():
    codes, index = labels(), torch.arange(8)
    z = torch.ones(8, 5).requires_grad_()
    heads = Heads(5, SIZES)
    with torch.no_grad():
        for p in heads.parameters():
            p.normal_(generator=torch.Generator().manual_seed(1))
        heads.of(1)[0].fill_(3e38)
    got = TaskLosses(codes, KINDS, heads.places)(heads(z), index)
    assert torch.isnan(got).tolist() == [False, True, False, False, False, False]
    got[~torch.isnan(got)].sum().backward()
    with torch.no_grad():
        heads.of(1)[0].fill_(0)
    expected = z.detach().clone().requires_grad_()
    good = TaskLosses(codes, KINDS, heads.places)(heads(expected), index)
    good[[0, 2, 3, 4, 5]].sum().backward()
    torch.testing.assert_close(z.grad, expected.grad)


def test_outputs_at_gaps_play_no_part():
    codes, index = labels(), torch.arange(8)
    row = int(np.flatnonzero(np.isnan(codes[:8, 2]))[0])
    clean, places = outputs(8)
    odd = [out.detach().clone() for out in clean]
    odd[0][places[0].index(2), row] = float("nan")
    odd = [out.requires_grad_() for out in odd]
    losses = TaskLosses(codes, KINDS, places)
    got = losses(odd, index)
    torch.testing.assert_close(got, losses(clean, index))
    got.sum().backward()
    assert all(torch.isfinite(out.grad).all() for out in odd)


def test_which_tasks_have_rows():
    codes = labels()
    losses = TaskLosses(codes, KINDS, outputs(1)[1])
    for rows in ([0], [3, 4], list(range(40)), []):
        expected = (~np.isnan(codes[rows])).any(axis=0)
        for index in (torch.tensor(rows, dtype=torch.int64), np.array(rows, dtype=int)):
            found = losses.present(index)
            assert found.dtype == bool and np.array_equal(found, expected)
    full = TaskLosses(labels(gaps=0), KINDS, outputs(1)[1])
    assert full.present(torch.tensor([1])).tolist() == [True] * 6
    assert full.present(torch.tensor([], dtype=torch.int64)).tolist() == [False] * 6


def test_a_task_without_rows_in_the_batch_has_a_loss_of_zero():
    codes = labels()
    codes[:4, 1] = np.nan
    outs, places = outputs(4)
    got = TaskLosses(codes, KINDS, places)(outs, torch.arange(4))
    assert got[1] == 0
    got.sum().backward()
    assert not outs[1].grad[0].any()


def test_half_precision_is_computed_in_single():
    codes, index = labels(), torch.arange(8)
    outs, places = outputs(8)
    losses = TaskLosses(codes, KINDS, places)
    got = losses([out.bfloat16() for out in outs], index)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, losses([out.bfloat16().float() for out in outs], index))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c[:, 0], r"codes have shape \(40,\); expected \(n_rows, n_tasks\)"),
        (lambda c: c[:, :5], "there are 6 kinds and 5 tasks; expected one for each"),
        (lambda c: np.where(np.arange(6) == 1, np.nan, c), "task 1 has no label; expected at least one"),
        (lambda c: np.where(np.arange(6) == 4, np.inf, c), "task 4 has an infinite label"),
        (lambda c: np.where(np.arange(6) == 3, 0.5, c), r"task 3 has the label 0\.5; expected class codes: 0, 1, 2"),
        (lambda c: np.where(np.arange(6) == 2, -1, c), "task 2 has the label -1; expected class codes"),
    ],
)
def test_labels_that_make_no_sense_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        TaskLosses(change(labels()), KINDS, outputs(1)[1])


def test_what_does_not_match_the_tasks_is_refused():
    codes, (outs, places) = labels(), outputs(4)
    with pytest.raises(InputTypeError, match="codes are list; expected an array of numbers"):
        TaskLosses(codes.tolist(), KINDS, places)
    with pytest.raises(InputError, match=r"the kind of task 1 is 'ranking'; expected one of 'classification', 'regr"):
        TaskLosses(codes, ["classification", "ranking", *KINDS[2:]], places)
    with pytest.raises(InputError, match="expected each of the 6 tasks once, as in Heads.places"):
        TaskLosses(codes, KINDS, places[:2])
    losses = TaskLosses(codes, KINDS, places)
    with pytest.raises(InputError, match="there are outputs of 2 batches of heads; expected 3"):
        losses(outs[:2], torch.arange(4))
    with pytest.raises(InputError, match="outputs are of 3 tasks and 4 rows; expected 3 tasks and 5 rows"):
        losses(outs, torch.arange(5))
    with pytest.raises(InputError, match="a label is class 2 and its head has 2 outputs; expected more"):
        losses([outs[0][..., :2], *outs[1:]], torch.arange(4))
    with pytest.raises(InputError, match="the head of a regression has 2 outputs; expected 1"):
        losses([outs[0], outs[1].expand(2, 4, 2), outs[2]], torch.arange(4))
