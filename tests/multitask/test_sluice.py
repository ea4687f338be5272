"""Sluice networks against the equations of the paper, written out."""

import pytest
import torch
from torch import nn

import headstart.neural as hn
from headstart.core.errors import InputError
from headstart.multitask import Sluice

from .sharing_cases import TASKS, check_trunk, moved, rows
from .test_hard import backbone_of, mlp
from .test_segments import SMALL, case
from .test_segments import rows_of as small_rows


@pytest.mark.parametrize("n_tasks", [1, 2, 3])
@pytest.mark.parametrize("how", [Sluice(), Sluice("4", start=0.7, subspaces=3), Sluice([0, 1], subspaces=1)])
def test_a_trunk_of_a_table(how, n_tasks):
    check_trunk(how, mlp(), rows(), n_tasks)


@pytest.mark.parametrize("name", [*SMALL, "bert", "vit", "resnet"])
def test_a_trunk_of_any_network(name):
    small = name in SMALL
    backbone = hn.small_backbone(name, SMALL[name]) if small else backbone_of(name)
    trunk = check_trunk(Sluice(), backbone, small_rows(name) if small else case(name)[1], 2)
    assert None not in trunk._outgoing


@pytest.mark.parametrize("n_tasks", [2, 3])
def test_against_the_equations_on_an_mlp(n_tasks):
    trunk, X = moved(Sluice(["0", "4"]).build(mlp(), TASKS[:n_tasks], seed=0), by=0.3).eval(), rows()
    nets, depths = trunk.encoders.networks, []
    behind = [net[1](net[0](X)) for net in nets]
    for cut, rest in enumerate([slice(2, 5), slice(5, 8)]):
        alpha, mixed = trunk.alphas[cut].weights(), []
        for k in range(n_tasks):
            parts = []
            for g in range(2):
                parts.append(
                    sum(
                        alpha[2 * k + g, 2 * j + h] * behind[j][:, 3 * h : 3 * h + 3]
                        for j in range(n_tasks)
                        for h in range(2)
                    )
                )
            mixed.append(torch.cat(parts, 1))
        depths.append([value @ trunk.projections[cut].weight.T for value in mixed])
        behind = [net[rest](value) for net, value in zip(nets, mixed, strict=True)]
    depths.append(behind)
    beta = trunk.betas_start + trunk.betas
    expected = torch.stack([sum(beta[k, t] * depths[t][k] for t in range(3)) for k in range(n_tasks)])
    torch.testing.assert_close(trunk(X), expected)


def test_the_penalty_against_a_loop():
    trunk = moved(Sluice(["0", "4"], orthogonality=0.5, subspaces=3).build(mlp(), TASKS[:2], seed=0))
    found = []
    for net in trunk.encoders.networks:
        for layer in (net[0], net[4]):
            cosines = []
            for a in range(6):
                for b in range(6):
                    if a // 2 != b // 2:
                        one, two = layer.weight[a], layer.weight[b]
                        cosines.append((one @ two / one.norm() / two.norm()) ** 2)
            found.append(sum(cosines) / len(cosines))
    torch.testing.assert_close(trunk.penalty(), 0.5 * sum(found) / 4)
    trunk.penalty().backward()
    assert trunk.encoders.networks[1][4].weight.grad.abs().sum() > 0
    assert Sluice(orthogonality=0).build(mlp(), TASKS, seed=0).penalty() is None
    assert Sluice(subspaces=1).build(mlp(), TASKS, seed=0).penalty() is None


def test_the_penalty_keeps_subspaces_apart():
    trunk = Sluice(["0"], orthogonality=1.0).build(mlp(), TASKS[:2], seed=0)
    before = float(trunk.penalty().detach())
    optimizer = torch.optim.SGD(trunk.parameters(), lr=1.0)
    for _ in range(50):
        optimizer.zero_grad()
        trunk.penalty().backward()
        optimizer.step()
    assert float(trunk.penalty().detach()) < 0.2 * before


def test_it_starts_from_the_features_of_the_backbone():
    backbone, X = hn.small_backbone("table", (5,)), rows()
    trunk = Sluice(["0"], start=1.0).build(backbone, TASKS, seed=0).eval()
    torch.testing.assert_close(trunk(X), backbone.module(X).expand(3, -1, -1))


def test_padding_has_no_part_in_it():
    backbone, batch = backbone_of("bert"), small_rows("texts")
    trunk = moved(Sluice().build(backbone, TASKS, seed=0)).eval()
    longer = {key: torch.cat([value, torch.zeros_like(value[:, :3])], 1) for key, value in batch.items()}
    torch.testing.assert_close(trunk(batch), trunk(longer))


def test_what_was_learnt():
    trunk = Sluice(["0", "4"]).build(mlp(), TASKS[:2], seed=0)
    assert trunk.speeds == {"sluice": 10.0}
    learnt = trunk.learnt()
    table = learnt["weights behind 4"]
    assert list(table.index) == ["left 1", "left 2", "middle 1", "middle 2"]
    assert table.loc["left 1", "middle 1"] == pytest.approx(0.1) and table.loc["left 1", "middle 2"] == 0
    assert learnt["weights of layers"].loc["left", "features"] == pytest.approx(0.9)


def test_seeds_draw_the_projections():
    one, two = (Sluice().build(mlp(), TASKS, seed=seed).state_dict() for seed in (0, 1))
    assert {name.split(".")[0] for name in one if not torch.equal(one[name], two[name])} == {"projections"}


def test_bad_values():
    with pytest.raises(InputError, match="subspaces is 0; expected a whole number"):
        Sluice(subspaces=0)
    with pytest.raises(InputError, match="orthogonality is -1; expected a strength"):
        Sluice(orthogonality=-1)
    with pytest.raises(InputError, match="start is 2; expected a share"):
        Sluice(start=2)
    with pytest.raises(InputError, match="speed is 0; expected a multiple"):
        Sluice(speed=0)
    with pytest.raises(InputError, match="layer '0' has 6 channels, which 4 subspaces do not divide"):
        Sluice("0", subspaces=4).build(mlp(), TASKS, seed=0)
    odd = hn.open_backbone(nn.Sequential(nn.Linear(5, 3), nn.ReLU(), nn.Linear(3, 4)))
    with pytest.raises(InputError, match="layer '0' has 3 channels"):
        Sluice().build(odd, TASKS, seed=0)


def test_mixtures_keep_the_layout():
    trunk = Sluice("1").build(hn.small_backbone("images", (2, 12, 10)), TASKS, seed=0)
    assert trunk.alphas[0](torch.ones(3, 4, 32, 3, 3)).is_contiguous()
