"""All scores at once: which are taken, their intervals, the table, and what is refused."""

import importlib.util
import json

import numpy as np
import pytest

import headstart as hs
from headstart.scores.cross_fitted import cross_fitted_hits, keeping
from headstart.scores.rows import Rows, read
from headstart.scores.table import BY_NAME, TABLE

from ..docstrings import check_docstring

S = hs.scores
OF_LABELS = [k.name for k in TABLE if k.tasks]
OF_DOMAINS = [k.name for k in TABLE if not k.tasks]


def problem(n=120, d=5, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    X = (np.eye(3, d)[y] + rng.normal(size=(n, d))) @ np.diag(np.linspace(0.5, 2.0, d))
    return X, y, rng.dirichlet(np.ones(4), size=n)


X, y, P = problem()


def test_all_scores_equal_their_functions():
    found = S.transferability(X, y, probabilities=P, scores="all", n_boot=40)
    assert [s.name for s in found] == OF_LABELS
    for score in found:
        first = {"leep": P, "nce": P.argmax(axis=1)}.get(score.name, X)
        assert score.score == pytest.approx(getattr(S, score.name)(first, y), rel=1e-9), score.name
        assert score.low <= score.score <= score.high
        assert score.draws.shape == (40,)
        assert score.higher_is_better
    assert not found.skipped


def test_all_distances_equal_their_functions():
    Xt, yt, _ = problem(80, seed=1)
    found = S.domain_distances(X, Xt, y, yt, scale=False, n_boot=40)
    assert [s.name for s in found] == OF_DOMAINS
    for score in found:
        first = (X, y, Xt, yt) if score.name == "otdd" else (X, Xt)
        assert score.score == pytest.approx(getattr(S, score.name)(*first), rel=1e-9), score.name
        assert score.low <= score.score <= score.high
        assert not score.higher_is_better


def test_scaling_takes_units_away():
    Xt, yt, _ = problem(80, seed=1)
    units = [1.0, 1000.0, 1e-3, 5.0, 1.0]
    here, there = S.domain_distances(X, Xt, y, yt, n_boot=0), S.domain_distances(X * units, Xt * units, y, yt, n_boot=0)
    for a, b in zip(here, there, strict=True):
        assert a.score == pytest.approx(b.score, rel=1e-6), a.name
    constant = np.hstack([X, np.full((120, 1), 3.0)]), np.hstack([Xt, np.full((80, 1), 3.0)])
    assert np.isfinite(S.domain_distances(*constant, n_boot=0)["mmd"].score)


@pytest.mark.parametrize("name", OF_LABELS)
def test_scores_without_a_group_are_those_of_the_other_rows(name):
    # what is found from sums that are taken off, against the function on the rows that are left
    rows = read(X, y, score=name, leave_out=True)
    found = S.transferability(X, y, probabilities=P, scores=name, n_boot=20)
    for g in (0, 7):
        kept = rows.groups != g
        first = {"leep": P, "nce": P.argmax(axis=1)}.get(name, X)[kept]
        if name in ("linear_probe", "knn_score"):
            continue  # from halves; see below
        expected = getattr(S, name)(first, y[kept])
        if BY_NAME[name].needs == "features":
            without = BY_NAME[name].evaluate(rows).without[g]
        else:
            without = (
                BY_NAME[name]
                .evaluate({"leep": P, "nce": P.argmax(axis=1)}[name], y, 3, rows.groups, rows.n_groups)
                .without[g]
            )
        # GBC keeps the axes, PACTran's head is a few steps from its best
        slack = {"gbc": 0.05, "pac_tran": 3e-4}.get(name, 1e-7)
        assert without == pytest.approx(expected, rel=slack)
    assert found[name].score == pytest.approx(getattr(S, name)({"leep": P, "nce": P.argmax(axis=1)}.get(name, X), y))


def part_of(rows, there):
    """The rows of some groups, in their folds."""
    kept = there[rows.groups]
    codes, numbers = (None if v is None else v[kept] for v in (rows.codes, rows.numbers))
    X = rows.X[kept]
    return Rows(X, rows.n_columns, codes, numbers, rows.n_classes, rows.groups[kept], rows.n_groups, False, 0)


def test_the_probe_and_neighbours_in_half_of_the_groups_are_those_of_the_other_rows():
    rows = read(X, y, score="linear_probe", leave_out=True)
    kept = keeping(rows)
    right, seen = cross_fitted_hits(rows, kept, balanced=False)
    assert right[0].sum() / seen[0].sum() == pytest.approx(S.linear_probe(X, y))
    half = part_of(rows, kept[4])
    assert half.n < 70
    assert right[4].sum() / seen[4].sum() == pytest.approx(BY_NAME["linear_probe"].evaluate(half).value)
    # numbers without group 7
    rows = read(X[:, 1:], X[:, 0] + X[:, 1], score="linear_probe", task=None, leave_out=True)
    alone = part_of(rows, np.arange(20) != 7)
    evaluate = BY_NAME["linear_probe"].evaluate
    assert evaluate(rows).without[7] == pytest.approx(evaluate(alone).value)
    # neighbours: of fewer than twenty groups each is left out
    few = read(X[:18], y[:18], score="knn_score", leave_out=True)
    assert few.n_groups == 15
    found = BY_NAME["knn_score"].evaluate(few).without
    for g in range(15):
        kept = few.groups != g
        assert found[g] == pytest.approx(S.knn_score(X[:18][kept], y[:18][kept]))


@pytest.mark.parametrize("name", ["mmd", "wasserstein", "sliced_wasserstein", "otdd"])
def test_distances_without_a_group_are_nearly_those_of_the_other_rows(name):
    from headstart.scores.domains import read_domains

    (Xt, yt, _), (Xs, ys, _) = problem(400, seed=1), problem(400, seed=2)
    Xs += np.array([1.0, -1.0, 1.0, -1.0, 1.0])
    domains = read_domains(Xs, Xt, ys, yt, leave_out=True)
    options = {"width": 2.0} if name == "mmd" else {}
    found = BY_NAME[name].evaluate(domains, **options)
    without, expected = found.without[:8], []
    for g in range(8):
        s, t = (groups != g for groups in domains.groups)
        first = (Xs[s], ys[s], Xt[t], yt[t]) if name == "otdd" else (Xs[s], Xt[t])
        expected.append(getattr(S, name)(*first, **options))
    # to first order: other rows also have another noise of their own
    assert np.corrcoef(without, expected)[0, 1] > 0.98
    assert np.ptp(without) == pytest.approx(np.ptp(expected), rel=0.25)


@pytest.mark.parametrize("name", S.__all__)
def test_docstrings(name):
    check_docstring(getattr(S, name))


def test_the_guide_tells_of_every_score(root):
    spec = importlib.util.spec_from_file_location("score_table", root / "docs" / "score_table.py")
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    text = pages.on_page_markdown(
        (root / "docs" / "how-to" / "scores.md").read_text(encoding="utf-8"), None, None, None
    )
    for kind in TABLE:
        for words in (f"### `{kind.name}`", kind.assumes, kind.misleads, kind.cost):
            assert words in text
        assert getattr(S, kind.name).__name__ == kind.name


def test_what_is_not_given_is_left_out_and_said():
    found = S.transferability(X, y, n_boot=0)
    assert found.skipped == {"leep": "needs probabilities=", "nce": "needs source_labels="}
    assert "left out: leep (needs probabilities=)" in str(found)
    assert [s.name for s in S.transferability(None, y, probabilities=P, n_boot=0)] == ["leep", "nce"]
    numbers = S.transferability(X, X[:, 0], n_boot=0)
    assert [s.name for s in numbers] == ["logme", "linear_probe", "knn_score"]
    counts = S.transferability(X, y, task="regression", n_boot=0)
    assert [s.name for s in counts] == ["logme", "linear_probe", "knn_score"]
    assert "otdd" not in [s.name for s in S.domain_distances(X, X, n_boot=0)]


def test_the_table_in_words_and_as_data():
    found = S.transferability(X, y, scores=["h_score", "logme"], n_boot=50)
    lines = str(found).splitlines()
    assert lines[0] == "Transferability: 120 rows x 5 columns, 3 classes"
    assert "95 % interval" in lines[1]
    assert lines[2].startswith("h_score")
    assert " to " in lines[2]
    frame = found.to_frame()
    assert list(frame.index) == ["h_score", "logme"]
    assert frame.loc["logme", "score"] == found["logme"].score
    assert json.loads(json.dumps(found.to_dict()))["scores"][1]["low"] == found["logme"].low
    assert S.transferability(X, y, scores="logme", n_boot=0).to_dict()["scores"][0]["low"] is None
    with pytest.raises(hs.InputError, match="there is no score 'leep'; expected one of h_score, logme"):
        found["leep"]


def test_the_same_seed_gives_the_same_and_nothing_global_changes():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    kept = X.copy()
    first, second = (S.transferability(X, y, probabilities=P, scores="all", n_boot=30) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.draws, b.draws)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(X, kept)
    other = S.transferability(X, y, scores="logme", n_boot=30, random_state=1)
    assert not np.array_equal(other["logme"].draws, first["logme"].draws)


def test_draws_of_candidates_are_paired():
    # of two models that are nearly the same the difference is known far better than either
    near = X + 0.05 * np.random.default_rng(5).normal(size=X.shape)
    a, b = (S.transferability(F, y, scores="logme", n_boot=200)["logme"].draws for F in (X, near))
    assert np.std(a - b) < 0.3 * np.std(a)


def test_higher_levels_are_wider_and_intervals_shrink_with_rows():
    narrow, wide = (S.transferability(X, y, scores="logme", level=v)["logme"] for v in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
    more = S.transferability(*problem(3000)[:2], scores="logme", level=0.99)["logme"]
    assert more.high - more.low < 0.4 * (wide.high - wide.low)


@pytest.mark.parametrize("name", ["h_score", "nce"])
def test_intervals_hold_the_expected_score(name):
    # `python -m benchmarks.score_intervals` measures all; of 80 draws 0.95 leaves fewer than 0.85 once in 2,000 times
    found = []
    for seed in range(80):
        X, y, P = problem(100, seed=seed)
        found.append(S.transferability(X, y, probabilities=P, scores=name, n_boot=200)[name])
    expected = np.mean([f.score for f in found])
    assert np.mean([f.low <= expected <= f.high for f in found]) >= 0.85


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: S.transferability(X, y, scores=["leep"]), r"leep: needs probabilities="),
        (lambda: S.transferability(X, X[:, 0], scores="h_score"), "h_score: takes classes only"),
        (lambda: S.transferability(X, y, scores=["accuracy"]), r"scores=\['accuracy'\]; expected 'default', 'all' or"),
        (lambda: S.transferability(X, y, scores=[]), r"scores=\[\]; expected"),
        (lambda: S.transferability(None, y), "nothing to score: needs probabilities=; needs source_labels=; needs fea"),
        (lambda: S.transferability(X, y, n_boot=3), "n_boot=3; expected 0, for no interval, or at least 20"),
        (lambda: S.transferability(X, y, level=95), "level=95; expected a number between 0 and 1"),
        (lambda: S.transferability(X, y, random_state=None), "random_state=None; expected a whole number"),
        (lambda: S.transferability(X[:8], y[:8]), "there are 8 rows; expected 10 at least for an interval: n_boot=0"),
        (lambda: S.transferability(X, np.eye(120)[0].astype(int)), "leaving out a group of rows leaves one class"),
        (lambda: S.transferability(X, np.zeros(120, dtype=int)), "y has one class only"),
        (lambda: S.transferability(X, y[:-1]), "features has 120 rows and y 119"),
        (lambda: S.transferability(X, y, probabilities=P[:-1]), "probabilities has 119 rows and y 120"),
        (lambda: S.transferability(X, y, source_labels=y[:-1]), "source_labels has 119 rows and y 120"),
        (lambda: S.domain_distances(X, X, scores="otdd"), "otdd: needs ys= and yt="),
        (
            lambda: S.domain_distances(X, X, scores="logme"),
            "scores='logme'; expected 'default', 'all' or names among p",
        ),
        (lambda: S.domain_distances(X, X[:7]), "there are 7 rows; expected 10"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(hs.InputError, match=message):
        call()
