"""Learned branching against networks that are written out, in train mode and as trees."""

import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.multitask import LearnedBranching

from .sharing_cases import TASKS, check_trunk, moved, rows
from .test_hard import backbone_of, mlp
from .test_segments import SMALL, case
from .test_segments import rows_of as small_rows


@pytest.mark.parametrize("n_tasks", [1, 2, 3])
@pytest.mark.parametrize("how", [LearnedBranching(), LearnedBranching("0", branches=2), LearnedBranching(branches=1)])
def test_a_trunk_of_a_table(how, n_tasks):
    trunk = check_trunk(how, mlp(), rows(), n_tasks, all_train=False)
    assert trunk.groups[-1].name == "choices" and trunk.speeds == {"choices": 10.0}


@pytest.mark.parametrize("name", [*SMALL, "bert", "vit", "resnet"])
def test_a_trunk_of_any_network(name):
    small = name in SMALL
    backbone = hn.small_backbone(name, SMALL[name]) if small else backbone_of(name)
    batch = small_rows(name) if small else case(name)[1]
    trunk = check_trunk(LearnedBranching(), backbone, batch, 2, all_train=False)
    choose(trunk, [[0, 1]] * (len(trunk.choices) - 1) + [[0, 1]])
    assert set(trunk.branches().values()) == {2}
    # Two networks that have nothing in common.
    expected = trunk.encoder(batch)
    torch.testing.assert_close(trunk(batch)[0], expected)


def plain():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return hn.open_backbone(nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 4)))


def choose(trunk, picks):
    """Make these choices certain."""
    with torch.no_grad():
        for choice, picked in zip(trunk.choices, picks, strict=True):
            choice.fill_(-200.0)
            choice[range(len(picked)), picked] = 200.0


def layers_of(trunk, branch):
    if branch == 0:
        return [trunk.encoder[i] for i in (0, 2, 4)]
    return list(trunk.others[branch - 1].parts)


def test_the_tree_against_layers_called_by_hand():
    trunk, X = moved(LearnedBranching().build(plain(), TASKS, seed=0)).eval(), rows()
    # Copy 2 of the middle layer goes on from copy 1 of the first, copies 0 and 1 from copy 0; and so on.
    choose(trunk, [[0, 0, 1], [2, 1, 1], [0, 2, 2]])
    low, middle, top = ([layers_of(trunk, b)[i] for b in range(3)] for i in range(3))
    left = top[0](torch.tanh(middle[2](torch.relu(low[1](X)))))
    others = top[2](torch.tanh(middle[1](torch.relu(low[0](X)))))
    torch.testing.assert_close(trunk(X), torch.stack([left, others, others]))
    assert trunk.paths() == [(1, 2, 0), (0, 1, 2), (0, 1, 2)]
    assert trunk.branches() == {"0": 2, "2": 2, "4": 2}
    assert trunk.learnt()["branch of each layer"].to_numpy().tolist() == [[1, 1, 1], [2, 2, 2], [2, 2, 2]]
    # Certain choices are drawn with certainty.
    torch.testing.assert_close(trunk.train()(X), torch.stack([left, others, others]))


def test_what_tasks_share_computes_once_and_what_none_reads_never():
    trunk, calls = LearnedBranching().build(plain(), TASKS, seed=0).eval(), []
    choose(trunk, [[0, 0, 2], [1, 1, 1], [0, 1, 1]])
    for branch in range(3):
        for i, layer in enumerate(layers_of(trunk, branch)):
            layer.register_forward_hook(lambda *_, b=branch, i=i: calls.append((i, b)))
    trunk(rows())
    assert sorted(calls) == [(0, 0), (1, 1), (2, 0), (2, 1)]
    calls.clear()
    trunk.one(rows(), 2)
    assert sorted(calls) == [(0, 0), (1, 1), (2, 1)]


def test_a_draw_against_the_equations():
    trunk, X = moved(LearnedBranching("0", branches=2, temperature=0.7).build(plain(), TASKS, seed=0)).train(), rows()

    def drawn(choice):
        noise = -torch.empty_like(choice).exponential_().log()
        soft = torch.softmax((choice + noise) / 0.7, 1)
        hard = nn.functional.one_hot(soft.argmax(1), soft.shape[1]).to(soft)
        return hard - soft.detach() + soft

    with torch.random.fork_rng():
        torch.manual_seed(1)
        found = trunk(X)
        torch.manual_seed(1)
        behind = [layers_of(trunk, b)[0](X) for b in range(2)]
        first = drawn(trunk.choices[0])
        went = [sum(first[c, j] * behind[j] for j in range(2)) for c in range(2)]
        ends = [layers_of(trunk, b)[2](torch.tanh(layers_of(trunk, b)[1](torch.relu(went[b])))) for b in range(2)]
        last = drawn(trunk.choices[1])
        expected = torch.stack([sum(last[k, j] * ends[j] for j in range(2)) for k in range(3)])
    torch.testing.assert_close(found, expected)
    own = torch.autograd.grad(found.square().sum(), list(trunk.choices))
    by_hand = torch.autograd.grad(expected.square().sum(), list(trunk.choices))
    for one, other in zip(own, by_hand, strict=True):
        torch.testing.assert_close(one, other)
        assert one.abs().sum() > 0


def test_before_it_trains_it_is_the_backbone():
    backbone, X = mlp(), rows()
    expected = backbone.module(X).expand(3, -1, -1)
    trunk = LearnedBranching().build(backbone, TASKS, seed=0).eval()
    assert torch.equal(trunk(X), expected) and set(trunk.branches().values()) == {1}


def test_a_task_learns_to_read_the_branch_that_fits():
    """Copies of a layer that are frozen: the one that lowers the loss becomes the choice."""
    trunk, X = LearnedBranching("0").build(plain(), TASKS[:2], seed=0), rows(30)
    moved(trunk.others, by=1.0)
    for p in [*trunk.encoder.parameters(), *trunk.others.parameters()]:
        p.requires_grad_(False)
    choose(trunk, [[0, 1], [0, 0]])
    trunk.eval()
    with torch.no_grad():
        target = trunk.encoder[4](torch.tanh(trunk.encoder[2](torch.relu(layers_of(trunk, 1)[0](X)))))
        for choice in trunk.choices:
            choice.zero_()
    trunk.train()
    optimizer = torch.optim.Adam(trunk.choices.parameters(), lr=0.1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(150):
            optimizer.zero_grad()
            (trunk(X)[0] - target).square().mean().backward()
            optimizer.step()
    # The first copy of the upper layers, on the second one of the lower layer.
    assert trunk.eval().paths()[0] == (1, 0)


def test_bad_values():
    with pytest.raises(InputError, match="branches is 0; expected a number of at least 1"):
        LearnedBranching(branches=0)
    with pytest.raises(InputError, match="temperature is 0; expected a number above 0"):
        LearnedBranching(temperature=0)
    with pytest.raises(InputError, match="speed is 0; expected a multiple"):
        LearnedBranching(speed=0)
    with pytest.raises(InputError, match="no layer is called 'conv'; expected one of, or a pattern of: 0, 2, 4"):
        LearnedBranching("conv").build(plain(), TASKS, seed=0)


def test_weights_that_are_read_outside_of_their_module_are_found():
    class Reads(nn.Module):
        def __init__(self):
            super().__init__()
            self.low, self.top = nn.Linear(5, 6), nn.Linear(6, 4)

        def forward(self, x):
            return nn.functional.linear(torch.relu(self.low(x)), self.top.weight)

    with pytest.raises(InputError, match="weight 'top.weight' is used outside of the module that holds it, so that no"):
        LearnedBranching("low").build(hn.open_backbone(Reads()), TASKS, seed=0)
