"""Names of the leaderboard and what they mean."""

from headstart.report.glossary import explained


def test_ways_inside_a_common_space_are_explained_with_it():
    assert [w for w, _ in explained(["common space, source prior"])] == ["common space", "source prior"]
    assert [w for w, _ in explained(["pooled, linked by labels"])] == ["pooled, linked by labels"]
    (told,) = explained(["source only, linked by labels"])
    assert told[0] == "source only, linked by labels" and "target labels have a part in it" in told[1]
    assert [w for w, _ in explained(["common space, pooled"])] == ["pooled", "common space"]
    assert [w for w, _ in explained(["TCA (linear)"])] == ["TCA", "(linear)"]


def test_own_names_are_left_out():
    assert explained(["mine", "a common space, pooled"]) == []
