"""Which of several sources the choice uses, and what it tells of them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import headstart as hs
from headstart.choose import base
from headstart.choose.base import target_candidates as usual_candidates
from headstart.choose.several import INFORMS, SourceEvidence
from headstart.numeric.evidence import evidence


def test_the_z_score_is_that_of_the_slope_at_zero():
    rng = np.random.default_rng(0)
    S, y = rng.normal(size=(30, 1)), rng.integers(0, 2, 30).astype(float)
    left = (y - y.mean()) * (S[:, 0] - S[:, 0].mean())  # d log likelihood / d slope of logit = level + slope * S
    assert evidence(S, y[:, None]) == pytest.approx(left.sum() / np.sqrt((left**2).sum()))
    assert evidence(-S, y[:, None]) == -evidence(S, y[:, None])
    assert np.isnan(evidence(np.ones((30, 1)), y[:, None])) and np.isnan(evidence(S[:1], y[:1, None]))


def test_outputs_that_say_nothing_have_standard_normal_scores():
    rng = np.random.default_rng(1)
    z = [evidence(rng.normal(size=(50, 3)), np.eye(3)[rng.integers(0, 3, 50)]) for _ in range(2000)]
    assert abs(np.mean(z)) < 0.08 and 0.93 < np.std(z) < 1.07
    assert 0.07 < np.mean(np.array(z) > INFORMS) < 0.13


def scored(*scores, n=400):
    """Evidence with about these z scores on all rows."""
    y = np.tile([1.0, -1.0], n // 2)
    rng = np.random.default_rng(2)
    outputs = []
    for z in scores:
        if z is None:
            outputs.append(None)
            continue
        noise = rng.normal(size=n)
        noise -= y * (noise @ y) / n
        outputs.append((noise + z / np.sqrt(n) * y)[:, None])
    return SourceEvidence(tuple("abcdef"[: len(scores)]), tuple(outputs), y[:, None]), np.arange(n)


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ((4.0, 2.0, 0.0, -4.0), (0, 1)),
        ((0.5, 0.0, -0.8), (0, 1, 2)),
        ((0.5, -3.0), (0,)),
        ((-3.0, -4.0), (0, 1)),
        ((None, 3.0, 0.0), (0, 1)),
        ((None, -3.0), (0,)),
    ],
)
def test_the_rule(scores, kept):
    found, rows = scored(*scores)
    assert found.kept(rows) == kept


def heart(n=50):
    domains = hs.datasets.load_heart()
    target = domains.pop("Hungary")
    rows = np.random.RandomState(0).permutation(target.n_rows)
    bad = hs.Domain(domains["Cleveland"].X, 1 - np.asarray(domains["Cleveland"].y), name="swapped")
    return target, rows[:n], rows[n:], [*domains.values()][::2], bad


def small(**options):
    candidates = [("pooled", hs.Pooled(LogisticRegression(max_iter=2000)))]
    return hs.TransferClassifier(candidates=candidates, random_state=0, **options)


@pytest.fixture(scope="module", autouse=True)
def one_target_only_learner():
    """The linear one: which of the three it is plays no part here, and the others take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "target_candidates", lambda *args: usual_candidates(*args)[:1])
        yield


@pytest.fixture(scope="module")
def fitted(one_target_only_learner):
    target, rows, rest, helpful, bad = heart()
    return small().fit(target.X.iloc[rows], target.y[rows], source=hs.Sources([*helpful, bad]))


def test_a_hostile_source_is_told_and_left_out(fitted):
    told = fitted.sources_.set_index("source")
    assert list(told["used"]) == [True, True, False] and told.loc["swapped", "kept"] == 0
    assert told.loc["swapped", "score"] < 0.5 and told.loc["swapped", "gain_high"] < 0
    assert "1 of 3 sources left out (swapped)" in fitted.verdict_note_
    board = fitted.leaderboard_[fitted.leaderboard_["kind"] == "source"]
    assert list(board["note"])[-1] == "left out of the model; used in 0% of the folds"
    assert not set(board["candidate"]) & set(fitted.weights_)


def test_what_is_left_out_changes_nothing(fitted):
    target, rows, rest, helpful, bad = heart()
    without = small().fit(target.X.iloc[rows], target.y[rows], source=hs.Sources(helpful))
    X = target.X.iloc[rest]
    assert np.array_equal(without.predict_proba(X), fitted.predict_proba(X))
    assert without.verdict_.gain == fitted.verdict_.gain
    assert fitted.n_source_ == without.n_source_ + bad.n_rows


def test_all_are_used_where_asked_for(fitted):
    target, rows, rest, helpful, bad = heart()
    every = small(select_sources=False).fit(target.X.iloc[rows], target.y[rows], source=hs.Sources([*helpful, bad]))
    assert every.sources_.empty and "left out" not in every.verdict_note_
    X = target.X.iloc[rest]
    assert not np.array_equal(every.predict_proba(X), fitted.predict_proba(X))


def test_held_out_rows_have_no_part_in_the_choice_of_their_fold(monkeypatch):
    from headstart.choose import several

    seen = []
    usual = several.SourceEvidence.kept
    monkeypatch.setattr(several.SourceEvidence, "kept", lambda self, rows: seen.append(rows) or usual(self, rows))
    target, rows, rest, helpful, bad = heart(30)
    model = small().fit(target.X.iloc[rows], target.y[rows], source=hs.Sources([*helpful, bad]))
    sizes = {len(r) for r in seen}
    assert max(sizes) == 30 and min(sizes) < 30 and model.n_folds_ <= len(seen)


def test_numbers_and_a_source_of_one_class():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(260, 3))
    y = X @ [1.0, -1.0, 0.5] + 0.3 * rng.normal(size=260)
    sources = [
        hs.Domain(X[60:160], y[60:160], name="good"),
        hs.Domain(X[160:], rng.permutation(y[160:]), name="shuffled"),
    ]
    candidates = [("pooled", hs.Pooled(Ridge()))]
    model = hs.TransferRegressor(candidates=candidates, random_state=0)
    model.fit(X[:30], y[:30], source=hs.Sources(sources))
    assert list(model.sources_["used"]) == [True, False]
    one = hs.Domain(X[160:], np.ones(100, dtype=int), name="one class")
    target = hs.Domain(X[:30], (y[:30] > 0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = small().fit(
            target.X, target.y, source=hs.Sources([hs.Domain(X[60:160], (y[60:160] > 0) * 1, name="g"), one])
        )
    assert list(found.sources_["used"]) == [True, True] and np.isnan(found.sources_["score"][1])


def test_a_saved_model_tells_of_its_sources(fitted, tmp_path):
    hs.save(fitted, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")
    pd.testing.assert_frame_equal(again.sources_, fitted.sources_)
