"""compare_spaces: what it says of aligners whose effect is known, that it says little falsely, and bad input."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import headstart as hs
from headstart.diagnosis.alignment import discrepancy, signal
from headstart.diagnosis.alignment.picture import plane, turned
from headstart.diagnosis.alignment.result import Change
from headstart.diagnosis.alignment.spaces import Part, Space, parts_of
from headstart.diagnosis.learners import folds_of
from headstart.feature.base import Aligner


class Still(Aligner):
    """Leaves rows as they are, and remembers what it was fitted to."""

    seen = []

    def _align(self, data):
        self.seen.append((data.X.copy(), data.Xs.copy(), data.y, data.ys))

    def _map_target(self, X):
        return X

    def _map_source(self, Xs, domain):
        return Xs


def shift(kind, seed=0, n=200, m=400, **more):
    return hs.datasets.make_shift(kind, n_target=n, n_source=m, n_test=1, random_state=seed, **more)


def test_coral_brings_a_covariate_shift_together_and_keeps_the_labels():
    found = hs.compare_spaces(hs.CORAL(), *shift("covariate"))
    assert found.domains == "together" and found.labels == "kept"
    assert found.discrepancy_before.auc > 0.65 > found.discrepancy_after.auc
    assert found.discrepancy_before.mmd > 3 * found.discrepancy_after.mmd
    assert found.signal("target").after == pytest.approx(found.signal("target").before, abs=1e-6)
    assert found.word.startswith("It brought the domains together: AUC 0.")
    assert "The label signal is kept: held-out rows tell" in found.word


def test_a_single_component_destroys_the_label_signal():
    found = hs.compare_spaces(hs.TCA(1), *shift("covariate", seed=1))
    assert found.labels == "destroyed" and found.signal("target").decision == "destroyed"
    assert found.word.startswith("The alignment destroyed the label signal: of the target's labels held-out rows told")
    assert "kept" not in found.word


def test_nothing_to_bring_together():
    found = hs.compare_spaces(hs.CORAL(), *shift("identical"))
    assert found.domains == "alike" and found.labels == "kept"
    assert found.word.startswith("There was nothing to bring together: no difference of the domains was seen")


def test_an_alignment_of_all_rows_under_label_shift_harms_and_it_says_so():
    domains = shift("label")
    blind, seeing = (hs.compare_spaces(hs.CORAL(use_labels=u), *domains) for u in (False, "auto"))
    assert blind.signal("across").decision in ("destroyed", "weakened") and blind.shares_differ
    assert "a model of the source tells less of the target's labels than before" in blind.word
    assert "The labels have other shares in the two domains (label " in blind.word
    assert blind.labels == "kept"  # of each domain by itself
    assert seeing.signal("across").decision not in ("destroyed", "weakened")
    assert "tells less" not in seeing.word


def test_without_target_labels_the_source_still_tells():
    target, source = shift("covariate")
    found = hs.compare_spaces(hs.CORAL(), hs.Domain(target.X), source)
    assert [s.what for s in found.signals] == ["source"] and found.signal("target") is None
    assert found.after.target_labels is None and found.shares_differ is None
    assert "Without target labels nothing shows whether rows of one label came to lie on rows" in found.word
    bare = hs.compare_spaces(hs.CORAL(), hs.Domain(target.X), hs.Domain(source.X))
    assert bare.signals == () and bare.labels is None and bare.task is None and "label" not in bare.word


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_an_aligner_that_does_nothing_changes_nothing(task):
    found = hs.compare_spaces(Still(), *shift("covariate", task=task))
    assert found.domains == "unchanged" and found.labels == "kept"
    assert found.discrepancy_after == found.discrepancy_before and found.auc_change.value == 0
    assert np.allclose(found.before.target, found.after.target)
    assert all(s.change.value == pytest.approx(0, abs=1e-9) for s in found.signals)


def test_rows_held_out_do_not_touch_the_fit():
    target, source = shift("covariate", n=60, m=90)
    Still.seen.clear()
    hs.compare_spaces(Still(), target, source)
    whole, *folds = sorted(Still.seen, key=lambda fit: -len(fit[0]))
    assert len(whole[0]) == 60 and len(folds) == 3
    for given, part in ((target.X, 0), (source.X, 1)):
        kept = [{row.tobytes() for row in fit[part]} for fit in folds]
        out = [{row.tobytes() for row in given} - k for k in kept]
        assert sum(map(len, out)) == len(given) and len(set.union(*out)) == len(given)  # each row is left out once


def test_words_and_gaps_are_encoded_from_the_rows_learned_from():
    heart = hs.datasets.load_heart()
    found = hs.compare_spaces(hs.CORAL(), heart["Hungary"], heart["VA Long Beach"])
    assert found.domains == "together" and found.n_columns[0] == found.n_columns[1] > heart["Hungary"].n_columns
    assert (found.target, found.source) == ("Hungary", "VA Long Beach")


def test_different_columns_with_some_shared():
    target, source = shift("columns", n=150, m=200)
    found = hs.compare_spaces(hs.CommonSpace(), target, source)
    shared = set(target.columns) & set(source.columns)
    assert found.n_columns[0] == len(shared) < found.n_columns[1]
    assert found.before is not None and found.domains in ("alike", "unchanged", "undetermined")
    assert {s.what for s in found.signals} == {"target", "source", "across"}


def test_different_columns_and_none_shared():
    target, source = shift("identical", n=150, m=200)
    T = pd.DataFrame(target.X[:, :4], columns=list("abcd"))
    S = pd.DataFrame(source.X[:, 2:], columns=list("wxyz"))
    found = hs.compare_spaces(hs.CommonSpace(), hs.Domain(T, target.y), hs.Domain(S, source.y))
    assert found.before is None and found.discrepancy_before is None and found.domains == "new"
    assert found.signal("across").before is None and found.signal("target").before is not None
    assert found.word.startswith("There was no common space before; in this one a classifier tells")
    assert "-" in str(found).splitlines()[3]


def test_several_sources_and_columns_that_one_domain_has_alone():
    target, source = shift("covariate")
    two = hs.Sources(
        [hs.Domain(source.X[:200], source.y[:200], name="a"), hs.Domain(source.X[200:], source.y[200:], name="b")]
    )
    found = hs.compare_spaces(hs.FeatureAugmentation(), target, two)
    assert found.source == "a + b" and found.n_columns == (6, 24)
    # the copies for one domain are zero in the others, and would tell them apart for sure
    assert found.domains == "unchanged" and found.discrepancy_after.auc < 0.9


def _copies(seed, n, m, gap, task):
    """Parts whose columns before and after are two noisy copies of the same: nothing is lost, and nothing moves."""
    rng = np.random.default_rng(seed)

    def domain(size, off):
        z = rng.normal(size=size)
        y = (
            (rng.random(size) < 1 / (1 + np.exp(-2 * z))).astype(int)
            if task == "classification"
            else z + rng.normal(size=size)
        )
        return *(np.c_[z[:, None] + rng.normal(size=(size, 1)), rng.normal(size=(size, 3)) + off] for _ in range(2)), y

    (A, B, y), (As, Bs, ys) = domain(n, gap), domain(m, 0.0)
    strata = [v if task == "classification" else np.zeros(len(v), dtype=int) for v in (y, ys)]
    fold, source_fold = (folds_of(v, 3, rng) for v in strata)
    parts = []
    for k in range(3):
        held = fold == k, source_fold == k
        before, after = (Space.cut(rows, held, np.ones(4)) for rows in ((A, As), (B, Bs)))
        parts.append(Part(*held, before, after, (before, before), after))
    return parts, y, ys


@pytest.mark.slow
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize(("n", "m"), [(30, 150), (100, 200)])
def test_labels_are_seldom_said_to_be_lost_or_gained_when_they_are_not(task, n, m):
    claims, inside, told = 0, 0, 0
    for seed in range(100):
        for s in signal.signals(*_copies(seed, n, m, 0.5, task), task):
            told += 1
            claims += s.decision in ("destroyed", "weakened", "gained")
            inside += s.change.interval[0] <= 0 <= s.change.interval[1]
    assert told == 300 and claims / told <= 0.02 and inside / told >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_domains_are_seldom_said_to_have_moved_when_they_have_not(gap):
    claims, inside = 0, 0
    for seed in range(50):
        parts, _, _ = _copies(seed, 60, 120, gap, "classification")
        before, after = (discrepancy.place(parts, [getattr(p, w) for p in parts], seed) for w in ("before", "after"))
        change = discrepancy.auc_change(before, after)
        claims += discrepancy.decide_domains(before.discrepancy(), after.discrepancy(), change) in ("together", "apart")
        inside += change.interval[0] <= 0 <= change.interval[1]
    assert claims <= 2 and inside >= 44


def test_the_signal_is_the_share_of_the_spread():
    parts, y, ys = _copies(0, 60, 120, 0.5, "regression")
    found = {s.what: s for s in signal.signals(parts, y, ys, "regression")}
    errors, base = [], []
    for p in parts:
        known = ys[~p.s]
        best = min(
            (np.r_[s, 1e-2] for s in np.logspace(-2, 6, 17)[:, None]),
            key=lambda pair: _loo(p.own[1].source, known, pair[0]),
        )[0]
        errors.append((ys[p.s] - _ridge(p.own[1].source, known, best, p.own[1].source_out)) ** 2)
        base.append((ys[p.s] - known.mean()) ** 2)
    r2 = 1 - np.concatenate(errors).sum() / np.concatenate(base).sum()
    assert found["source"].before == pytest.approx(r2, abs=0.01)  # it tries the columns scaled too


def _ridge(X, y, strength, new):
    centre = X.mean(axis=0)
    coef = np.linalg.solve(
        (X - centre).T @ (X - centre) + strength * np.eye(X.shape[1]), (X - centre).T @ (y - y.mean())
    )
    return y.mean() + (new - centre) @ coef


def _loo(X, y, strength):
    rows = np.arange(len(y))
    return sum((y[i] - _ridge(X[rows != i], y[rows != i], strength, X[i])) ** 2 for i in rows)


def test_the_plane_counts_the_domains_alike():
    rng = np.random.default_rng(0)
    few, many = rng.normal(size=(20, 3)) * [1, 5, 1], rng.normal(size=(2000, 3)) * [5, 1, 1]
    T, S, share = plane((few, many), np.ones(3))
    # each domain's own direction is an axis, though one has a hundred times the rows
    assert sorted([T[:, 0].std() > 3, T[:, 1].std() > 3]) == [False, True]
    assert sorted([S[:, 0].std() > 3, S[:, 1].std() > 3]) == [False, True]
    assert 0.9 < share < 1
    a, b = turned((T @ [[0, -1], [1, 0]], S @ [[0, -1], [1, 0]]), (T, S))
    assert np.allclose(a, T) and np.allclose(b, S)


def test_an_error_of_zero_is_certainty():
    still, fallen, law = Change.of(0.0, 0.0, 9), Change.of(-0.1, 0.0, 9), Change.of(-0.3, 0.1, 9)
    assert (still.p_fall, still.p_rise) == (1.0, 1.0) and (fallen.p_fall, fallen.p_rise) == (0.0, 1.0)
    assert law.interval == pytest.approx((-0.3 - 0.2262157, -0.3 + 0.2262157)) and law.p_fall == pytest.approx(
        0.00746, abs=1e-4
    )


def test_a_seed_gives_the_same_answer_and_large_domains_are_cut():
    domains = shift("covariate", n=700, m=900)
    first, again = (hs.compare_spaces(hs.TCA(3), *domains, most_rows=150, random_state=5) for _ in range(2))
    assert first.to_dict() == again.to_dict()
    assert first.n_looked_at == (150, 150) and (first.n_target, first.n_source) == (700, 900)
    wide = hs.compare_spaces(hs.CORAL(), *domains)
    assert wide.n_looked_at == (500, 500) and len(wide.after.target) == len(wide.before.source) == 400


def test_it_is_ready_for_json_prints_and_can_be_saved_in_a_model(tmp_path):
    found = hs.compare_spaces(hs.CORAL(), *shift("covariate"))
    again = json.loads(json.dumps(found.to_dict()))
    assert again["domains"] == "together" and len(again["after"]["source"]) == 400
    text = str(found)
    assert text.startswith("CORAL: source (400 rows) and target (200 rows) in one space")
    assert max(map(len, text.splitlines())) <= 100 and "squared MMD" in text
    assert repr(found) == "Alignment(CORAL: 'source' -> 'target'; together, labels kept)"
    assert found._repr_html_().startswith("<pre>CORAL")
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    model.alignments_ = {"aligned": found}
    loaded = hs.load(hs.save(model, tmp_path / "m.headstart")).alignments_["aligned"]
    assert loaded.to_dict() == found.to_dict()


def test_few_rows_give_a_picture_and_no_claim():
    target, source = shift("covariate", n=12, m=40)
    found = hs.compare_spaces(hs.CORAL(), target, source)
    assert found.domains is None and found.signals == () and len(found.after.target) == 12
    assert found.word == "How far the domains lie apart cannot be told: there are too few rows."


def test_its_time_is_bounded():
    rng = np.random.default_rng(0)
    target = hs.Domain(rng.normal(size=(1000, 30)), rng.integers(0, 2, 1000))
    source = hs.Domain(rng.normal(size=(1000, 30)) + 0.2, rng.integers(0, 2, 1000))
    start = time.process_time()
    hs.compare_spaces(hs.CORAL(), target, source)
    assert time.process_time() - start < 4  # about half a second; other work on the machine slows it


def test_sparse_rows():
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    X, Xs = ((rng.random((80, 300)) < 0.05) * 1.0 for _ in range(2))
    y, ys = (M[:, :150].sum(axis=1) > M[:, 150:].sum(axis=1) for M in (X, Xs))
    found = hs.compare_spaces(
        hs.SubspaceAlignment(), hs.Domain(csr_matrix(X), y.astype(int)), hs.Domain(csr_matrix(Xs), ys.astype(int))
    )
    assert found.n_columns[0] == 300 and found.domains in ("undetermined", "alike", "unchanged")


def test_every_fold_learns_its_own_units():
    target, source = shift("covariate", n=60, m=90)
    seen = []

    class Watch:
        def maps(self, rows, source_rows):
            seen.append((rows, source_rows))
            from headstart.diagnosis.alignment.domains import Maps

            pair = target.X, source.X
            return Maps(pair, pair, pair, True)

    fold, source_fold = np.arange(60) % 3, np.arange(90) % 3
    for k, p in enumerate(parts_of(Watch(), fold, source_fold)):
        both = (p.before.target.mean(axis=0) + p.before.source.mean(axis=0)) / 2
        assert np.allclose(both, 0, atol=1e-12)
        assert set(seen[k][0]) == set(np.flatnonzero(fold != k))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            lambda t, s: (LogisticRegression(), t, s),
            "aligner is LogisticRegression, which maps no source rows; expected an",
        ),
        (lambda t, s: (hs.CORAL, t, s), r"expected an aligner such as hs.CORAL\(\): make one: CORAL\(\)"),
        (lambda t, s: (hs.Aligned(LogisticRegression(), hs.CORAL()), t, s), "its aligner"),
        (lambda t, s: (hs.CORAL(), t.X, s), r"target is of type ndarray; expected hs.Domain\(X, y\)"),
        (lambda t, s: (hs.CORAL(), t, None), "source is None; expected"),
        (lambda t, s: (hs.CORAL(), t, s.X), "source= is of type ndarray; expected"),
        (lambda t, s: (hs.CORAL(), hs.Domain(t.X[:1]), s), r"has 1 row\(s\); expected at least 2 in each"),
        (
            lambda t, s: (hs.CORAL(), t, hs.Domain(s.X[:, :3])),
            "CORAL expected the same columns: for different ones use hs.CommonSpace",
        ),
        (lambda t, s: (hs.CORAL(), hs.Domain(t.X, t.y.astype(str)), s), "of another type|text and numbers|labels"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(hs.HeadstartError, match=message):
        hs.compare_spaces(*arguments(*shift("covariate", n=40, m=60)))


@pytest.mark.parametrize("most_rows", [10, 2.5, True])
def test_too_few_rows_to_look_at(most_rows):
    with pytest.raises(hs.InputError, match=f"most_rows is {most_rows}; expected a whole number of at least 30"):
        hs.compare_spaces(hs.CORAL(), *shift("covariate", n=40, m=60), most_rows=most_rows)
