"""Policies change a plan, and nothing else."""

import pytest
from torch import nn

import headstart as hs
from headstart.neural import (
    L2SP,
    FreezeBelow,
    FullFineTune,
    GradualUnfreeze,
    LayerwiseLR,
    LinearProbe,
    Network,
    Plan,
    ProbeThenFineTune,
    layer_groups,
)
from headstart.neural.policies.base import apply_all


@pytest.fixture
def network():
    encoder = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))
    return Network(encoder, 3, 2, layer_groups(encoder))


@pytest.fixture
def plan(network):
    return Plan.of(network.groups)


def starts(plan):
    return [stage.starts for stage in plan.stages]


def test_probe_freezes_all_and_solves_the_head(plan):
    found = LinearProbe().apply(plan, epochs=5)
    assert starts(found) == [None] * 4 and found.solve_head


def test_full_trains_all(plan):
    assert starts(FullFineTune().apply(LinearProbe().apply(plan, epochs=5), epochs=5)) == [0.0] * 4


def test_probe_then_fine_tune_trains_what_the_plan_trains(plan):
    found = apply_all([FreezeBelow("5"), ProbeThenFineTune()], plan, epochs=5)
    assert found.solve_head and starts(found) == [None, None, 0.0, 0.0]


@pytest.mark.parametrize("layer", ["2", 1, -3, "[2-9]"])
def test_freeze_below_by_name_place_and_pattern(plan, network, layer):
    table = FreezeBelow(layer).apply(plan, epochs=5).table(network)
    assert table["layer"].tolist() == ["0", "2", "5", "head"]
    assert table["trained"].tolist() == [0, 45, 18, 8]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("layer9", "no layer is called 'layer9'; .* 0, 2, 5, head"),
        (4, "no layer 4; expected 0 to 3"),
        (-5, "no layer -5"),
    ],
)
def test_a_layer_that_is_not_there(plan, layer, words):
    with pytest.raises(hs.InputError, match=words):
        FreezeBelow(layer).apply(plan, epochs=5)


def test_a_layer_of_another_type(plan):
    with pytest.raises(hs.InputTypeError, match="given as True; expected its name"):
        FreezeBelow(True).apply(plan, epochs=5)


def test_gradual_from_the_head_down(plan):
    assert starts(GradualUnfreeze(every=2).apply(plan, epochs=10)) == [6.0, 4.0, 2.0, 0.0]
    assert starts(GradualUnfreeze().apply(plan, epochs=12)) == [6.0, 4.0, 2.0, 0.0]


def test_gradual_leaves_frozen_layers_frozen(plan):
    found = apply_all([FreezeBelow("2"), GradualUnfreeze(every=1)], plan, epochs=10)
    assert starts(found) == [None, 2.0, 1.0, 0.0]


def test_gradual_that_would_never_reach_the_input(plan):
    with pytest.raises(hs.InputError, match="4 layers are unfrozen only after 6 epochs, and the training has 5"):
        GradualUnfreeze(every=2).apply(plan, epochs=5)


def test_layerwise_rates_multiply(plan):
    found = apply_all([LayerwiseLR(0.5), LayerwiseLR(0.5)], plan, epochs=5)
    assert [stage.speed for stage in found.stages] == [0.5**6, 0.5**4, 0.5**2, 1.0]


def test_l2sp_pulls_the_backbone_to_its_start_and_the_head_to_zero(plan):
    found = L2SP(0.3, head_strength=0.02).apply(plan, epochs=5)
    assert [(s.pull, s.decay) for s in found.stages] == [(0.3, 0.0)] * 3 + [(0.0, 0.02)]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GradualUnfreeze(0), "every is 0"),
        (lambda: LayerwiseLR(1.5), "decay is 1.5"),
        (lambda: L2SP(-1), "strength is -1"),
        (lambda: L2SP(head_strength=float("nan")), "head_strength is nan"),
    ],
)
def test_settings_out_of_range(make, words):
    with pytest.raises(hs.InputError, match=words):
        make()


@pytest.mark.parametrize(
    ("policy", "words"), [("full", "policy is 'full'"), ([FullFineTune], "with brackets"), (3, "policy is 3")]
)
def test_what_is_no_policy(plan, policy, words):
    with pytest.raises(hs.InputTypeError, match=words):
        apply_all(policy, plan, epochs=5)


def test_nothing_left_to_train(plan):
    frozen = Plan(tuple(LinearProbe().apply(plan, epochs=5).stages))
    with pytest.raises(hs.InputError, match="nothing trains"):
        apply_all([], frozen, epochs=5)


def test_each_weight_is_in_one_group(network):
    for name in network.state_dict():
        assert sum(group.holds(name) for group in network.groups) == 1, name
