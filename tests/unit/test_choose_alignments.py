"""What a choice keeps of its aligners: numbers and pictures for the report, and no rows in the saved model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import headstart as hs
from headstart.report import render_report


def wide(n, seed, columns=110, shift=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, columns))
    y = (X[:, :5].sum(axis=1) > 0).astype(int)
    return X + shift, y


@pytest.fixture(scope="module")
def fitted():
    (X, y), (Xs, ys) = wide(40, 0), wide(120, 1, shift=0.7)
    return hs.TransferClassifier(random_state=0, time_limit=60, candidates="auto").fit(
        X, y, source=hs.Domain(Xs, ys, name="there")
    )


def test_wide_tables_have_components_among_their_candidates(fitted):
    assert fitted.leaderboard_.set_index("candidate").loc["TCA (linear)", "kind"] == "feature"
    assert list(fitted.alignments_) == ["TCA (linear)"]
    found = fitted.alignments_["TCA (linear)"]
    assert found.n_looked_at == (40, 120) and found.after.source.shape == (120, 2)
    assert "One space for both" in render_report(fitted)


def test_narrow_tables_do_not():
    (X, y), (Xs, ys) = wide(24, 0, 6), wide(60, 1, 6)
    model = hs.TransferClassifier(random_state=0, time_limit=1e-9).fit(X, y, source=hs.Domain(Xs, ys))
    assert "TCA (linear)" not in set(model.leaderboard_["candidate"])
    assert model.alignments_ == {}


def test_no_alignment_is_begun_after_the_time_limit():
    (X, y), (Xs, ys) = wide(40, 0), wide(60, 1)
    model = hs.TransferClassifier(random_state=0, time_limit=1e-9).fit(X, y, source=hs.Domain(Xs, ys))
    assert "TCA (linear)" in set(model.leaderboard_["candidate"]) and model.alignments_ == {}


def test_a_saved_model_holds_the_numbers_and_no_picture(fitted, tmp_path):
    hs.save(fitted, tmp_path / "m.headstart")
    again = hs.load(tmp_path / "m.headstart")
    found, before = again.alignments_["TCA (linear)"], fitted.alignments_["TCA (linear)"]
    assert found.before is None and found.after is None and before.after is not None
    assert found.word == before.word and found.discrepancy_after == before.discrepancy_after
    page = render_report(again)
    assert "One space for both" in page and "of the variance shown" not in page


def arrays_in(value, seen):
    """All arrays that hang on an object."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (pd.DataFrame, pd.Series)):
        yield value.to_numpy()
    elif isinstance(value, dict):
        for v in value.values():
            yield from arrays_in(v, seen)
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from arrays_in(v, seen)
    elif hasattr(value, "__dict__"):
        yield from arrays_in(vars(value), seen)


def test_no_array_of_a_saved_model_has_a_row_for_each_row_that_was_learned_from(fitted, tmp_path):
    hs.save(fitted, tmp_path / "m.headstart")
    found = list(arrays_in(hs.load(tmp_path / "m.headstart"), {}))
    assert len(found) > 20
    assert not [a.shape for a in found if a.ndim and a.shape[0] in (40, 120, 160)]


def test_own_aligners_are_compared_too():
    (X, y), (Xs, ys) = wide(40, 0, 6), wide(90, 1, 6, shift=1.0)
    own = [("mine", hs.Aligned(LogisticRegression(), hs.CORAL())), ("apart", hs.Aligned(LogisticRegression()))]
    model = hs.TransferClassifier(random_state=0, candidates=own).fit(X, y, source=hs.Domain(Xs, ys))
    assert list(model.alignments_) == ["mine"]
    assert model.alignments_["mine"].aligner == "CORAL"
    assert model.alignments_["mine"].discrepancy_after.auc < model.alignments_["mine"].discrepancy_before.auc
