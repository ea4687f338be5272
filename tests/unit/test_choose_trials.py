"""Trials of sources on the folds of one target."""

import numpy as np
import pytest

import headstart as hs
from headstart.choose.trials import SourceTrials


def domains(n_target=20):
    shift = hs.datasets.make_shift("identical", n_target=n_target, n_source=400, random_state=2)
    target = hs.Domain(shift.target.X, shift.target.y, name="target")
    good = hs.Domain(shift.source.X, shift.source.y, name="good")
    noise = hs.Domain(shift.source.X, np.random.default_rng(1).permutation(good.y), name="noise")
    return target, hs.Sources([good, noise])


def trials(target, sources, **options):
    return SourceTrials(target, sources, random=np.random.default_rng(0), **options)


def test_a_related_source_gains_and_noise_does_not():
    target, sources = domains()
    found = trials(target, sources)
    good, noise = (found.measure(d, 2) for d in sources.domains)
    assert good.verdict.gain > noise.verdict.gain
    assert np.nanmean(good.losses) + 0.05 < np.nanmean(noise.losses)
    assert np.nanmean(good.losses) < np.nanmean(good.losses_alone)
    assert good.verdict.baseline_score == noise.verdict.baseline_score


def test_going_on_gives_what_measuring_at_once_gives():
    target, sources = domains()
    twice, once = trials(target, sources), trials(target, sources)
    good, noise = sources.domains
    twice.measure(good, 1)
    twice.measure(noise, 1)
    # rows of large sources are drawn as sources come, so the order is the same here
    once.measure(good, 2)
    assert twice.measure(good, 2).verdict == once.measure(good, 2).verdict
    assert twice.measure(good, 2).n_folds == twice.n_folds(2) == len(twice.folds) // 2


@pytest.mark.slow
def test_all_methods_give_the_verdict_of_the_choice():
    target, sources = domains()
    good = sources.domains[0]
    model = hs.TransferClassifier(random_state=0).fit(target.X, target.y, source=good)
    found = trials(target, sources, methods="all", repeats=2)
    # the same folds as the choice made
    from headstart.choose.base import _generator
    from headstart.choose.folds import make_folds, n_folds_for

    largest = int(np.unique(target.y, return_counts=True)[1].max())
    found.folds = make_folds(
        target.y, classes=True, n_folds=n_folds_for(20, largest), n_repeats=2, random=_generator(0)
    )
    trial = found.measure(good, 2)
    assert trial.verdict.gain == pytest.approx(model.verdict_.gain, abs=1e-9)
    assert trial.verdict.interval == pytest.approx(model.verdict_.interval, abs=1e-9)


def test_a_source_that_cannot_be_used_says_why():
    target, _ = domains()
    odd = hs.Sources([hs.Domain(target.X, None, name="bare"), hs.Domain(target.X, ["a", "b"] * 10, name="words")])
    found = trials(target, odd)
    bare, words = (found.measure(d) for d in odd.domains)
    assert bare.verdict is None and "has no labels" in bare.notes[0]
    assert words.verdict is None and words.notes


def test_numbers_and_several_sources_together():
    shift = hs.datasets.make_shift("concept", n_target=40, n_source=100, task="regression", random_state=0)
    sources = hs.Sources(
        [hs.Domain(shift.source.X, shift.source.y, name="a"), hs.Domain(shift.source.X, -shift.source.y, name="b")]
    )
    found = trials(shift.target, sources)
    trial = found.measure(sources, 1)
    assert trial.names == ("a", "b") and trial.verdict.metric == "r2" and trial.verdict.n_source == 200


@pytest.mark.parametrize(
    ("change", "message"),
    [({"y": None}, "has no labels"), ({"rows": 6}, "has 6 labelled rows; expected at least 8")],
)
def test_a_target_to_measure_on_is_needed(change, message):
    target, sources = domains()
    rows = change.get("rows", 20)
    X = target.X.iloc[:rows] if hasattr(target.X, "iloc") else target.X[:rows]
    bad = hs.Domain(X, None if "y" in change else [0, 1] * (rows // 2), name="target")
    with pytest.raises(hs.InputError, match=message):
        trials(bad, sources)


def test_sources_without_a_name_are_not_taken_for_each_other():
    target, sources = domains()
    found = trials(target, sources)
    good, noise = (found.measure(hs.Domain(d.X, d.y)) for d in sources.domains)
    assert good.verdict.gain != noise.verdict.gain


def test_what_the_folds_lead_to_is_scored_on_new_rows():
    target, sources = domains(n_target=60)
    held = target.X[20:] if not hasattr(target.X, "iloc") else target.X.iloc[20:].reset_index(drop=True)
    few = hs.Domain(target.X[:20] if not hasattr(target.X, "iloc") else target.X.iloc[:20], target.y[:20])
    found = trials(few, sources)
    good, noise = sources.domains
    with pytest.raises(hs.InputError, match="was not measured"):
        found.on_new_rows(good, hs.Domain(held, target.y[20:]))
    trial = found.measure(good)
    found.measure(noise)
    new, bad = (found.on_new_rows(d, hs.Domain(held, target.y[20:])) for d in (good, noise))
    assert new.score > bad.score and new.score_alone == bad.score_alone
    assert new.losses.shape == (40,) and new.losses.mean() < bad.losses.mean()
    assert len(trial.fold_gains) == trial.n_folds
    assert np.nanmean(trial.fold_gains) == pytest.approx(trial.verdict.gain, abs=0.05)


def test_a_source_is_read_before_anything_is_fitted():
    target, sources = domains()
    found = trials(target, hs.Sources([*sources.domains, hs.Domain(target.X, None, name="bare")]))
    assert found.problem(sources.domains[0]).n_source == 400
    assert "has no labels" in found.problem(hs.Domain(target.X, None, name="bare"))
