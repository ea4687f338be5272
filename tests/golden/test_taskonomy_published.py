"""What Taskonomy and Standley et al. published, recomputed.

The curves are those that the authors' plotting script of tstandley/taskgrouping holds: test losses of the networks
that their exhaustive search chose on validation losses.
"""

from itertools import combinations

import numpy as np
import pytest
from benchmarks import taskonomy as published

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(
        not published.DATA.is_dir(), reason="the shared data set taskonomy_affinities is not beside the repository"
    ),
]

# Optimal choice, and the choice by the higher-order approximation from pairs, for budgets 1, 1.5, ... 5. (The first of
# setting 1 is 0.50273 in the script's one list and 0.50278 in its other; the same network is meant.)
CURVES = {
    "results": (
        [0.50278, 0.46132, 0.45224, 0.44612, 0.44235, 0.43932, 0.43555, 0.43555, 0.43481],
        [0.50278, 0.46132, 0.45474, 0.4505, 0.44875, 0.44489, 0.44112, 0.44552, 0.44196],
    ),
    "results_large": (
        [0.35989, 0.35478, 0.31733, 0.3145, 0.30606, 0.3049, 0.3019, 0.3019, 0.30167],
        [0.35989, 0.35758, 0.31733, 0.31562, 0.31177, 0.30525, 0.3019, 0.3019, 0.30187],
    ),
    "results_small_data": (
        [0.42998, 0.42275, 0.40857, 0.38776, 0.38352, 0.38352, 0.38249, 0.38249, 0.38249],
        [0.42998, 0.44778, 0.40887, 0.38776, 0.38352, 0.38682, 0.38574, 0.38574, 0.38471],
    ),
    "results_alt": (
        [0.684042, 0.678697, 0.674597, 0.671067, 0.669696, 0.669696, 0.668986, 0.668986, 0.668986],
        [0.684042, 0.678697, 0.674597, 0.671067, 0.669696, 0.671867, 0.670496, 0.670496, 0.670496],
    ),
}


@pytest.mark.parametrize("file", CURVES)
def test_groupings_have_the_published_losses(file):
    chosen_on, scored_on = published.joint(file), published.joint(f"{file}_test")
    for how, curve in zip((chosen_on.best, chosen_on.predicted), CURVES[file], strict=True):
        found = [scored_on.losses_of(how(b).networks).sum() for b in published.COSTS]
        assert found == pytest.approx(curve, abs=6e-6)


def by_trying(joint, budget):
    """The smallest loss of all sets of up to five networks (a sixth could serve no task)."""
    losses, costs = joint.losses.fillna(np.inf).to_numpy(), joint.costs.to_numpy()
    return min(
        losses[list(chosen)].min(axis=0).sum()
        for k in (1, 2, 3, 4)
        for chosen in combinations(range(len(costs)), k)
        if costs[list(chosen)].sum() <= budget
    )


def test_groupings_are_the_best_of_all_sets_of_networks():
    joint = published.joint("results")
    for budget in (1, 1.5, 2, 2.5):  # at most four networks of half a unit and more fit, or five that serve alone
        alone = joint.losses.iloc[:5].min().sum() if budget == 2.5 else np.inf
        found = joint.best(budget)
        assert found.loss == pytest.approx(min(by_trying(joint, budget), alone), abs=1e-12)
        assert found.gap == 0 and found.regret == 0
        assert joint.predicted(budget).regret >= 0


@pytest.fixture(scope="module")
def agreement():
    return published.affinities("16k")


def test_affinities_follow_the_published_ones_where_the_win_rates_tell(agreement):
    """Published are win rates against two opponents, not the pairs that the affinities were made of."""
    assert len(agreement) == 22
    # Where a tenth and more of the win rates lie beyond the clip, all that lies there is tied.
    told = agreement[agreement["clipped"] < 0.1]
    assert len(told) == 18
    assert told["rank_correlation_single"].median() > 0.99
    assert told["rank_correlation"].median() > 0.99
    assert (told["rank_correlation_single"] > 0.97).all()
    assert told["same_best"].sum() == 15 and agreement["same_best"].sum() == 18


def test_no_ranking_by_these_win_rates_could_equal_the_published_one(agreement):
    assert (agreement["ceiling"] < 1).all()


def test_the_best_source_differs_where_the_opponents_disagree(agreement):
    differs = agreement[~agreement["same_best"]].set_index("target")["best_ours"].to_dict()
    assert differs == {
        "class_1000": "class_selected",
        "denoise": "keypoint2d",
        "fix_pose": "rgb2sfnorm",
        "segmentsemantic_rb": "rgb2sfnorm",
    }


def test_published_affinities_sum_to_one_as_ours_do():
    table = published.published("16k")
    assert np.allclose(table.groupby("target")["affinity"].sum(), 1, atol=1e-6)
    ours = published.map_of(table).transfers
    assert np.allclose(ours.groupby("target")["affinity"].sum(), 1)


def test_policies_of_all_budgets_are_proven_optimal():
    found = published.policies()
    assert len(found) == 40
    assert (found["gap"] == 0).all()
    for _, part in found.groupby("max_order"):
        assert part["affinity"].is_monotonic_increasing
        assert (part["cost"] <= part["budget"]).all()


@pytest.mark.parametrize("seed", range(3))
def test_policies_are_the_best_of_all_sets_of_sources(seed):
    """On eight of the sources, with transfers of up to four."""
    rng = np.random.default_rng(seed)
    tasks = published.policy_map()
    strong = ["rgb2sfnorm", "reshade", "edge3d", "keypoint3d", "curvature", "denoise", "impainting_whole", "keypoint2d"]
    sources = sorted({*rng.choice([s for s in tasks.sources if s != "random"], 3, replace=False), *strong[seed:]})[:9]
    part = tasks.transfers[[set(s) <= set(sources) for s in tasks.transfers["sources"]]]
    for budget in (1, 2, 3, 5):
        best = 0.0
        for chosen in combinations(sources, min(budget, len(sources))):
            allowed = part[[set(s) <= set(chosen) for s in part["sources"]]]
            of_target = allowed.groupby("target")["affinity"].max()
            if len(of_target) == part["target"].nunique():
                best = max(best, of_target.sum())
        policy = tasks.policy(budget, sources=sources)
        assert policy.affinity == pytest.approx(best, abs=1e-12)


def test_tree_has_the_four_groups_of_the_paper():
    """3D, 2D, low dimensional geometric and semantic tasks (Zamir et al., the figure of the task similarity tree)."""
    found = published.policy_map()
    singles = found.affinity.drop(index="random")
    groups = {frozenset(g) for g in type(found).from_affinities(singles).tree().groups(4)}
    assert (
        frozenset({"curvature", "edge3d", "keypoint3d", "reshade", "rgb2depth", "rgb2mist", "rgb2sfnorm", "segment25d"})
        in groups
    )
    assert (
        frozenset({"autoencoder", "colorization", "denoise", "edge2d", "impainting_whole", "keypoint2d", "segment2d"})
        in groups
    )
    assert (
        frozenset(
            {"ego_motion", "fix_pose", "jigsaw", "non_fixated_pose", "room_layout", "vanishing_point_well_defined"}
        )
        in groups
    )
    assert frozenset({"class_1000", "class_places", "class_selected", "point_match", "segmentsemantic_rb"}) in groups
