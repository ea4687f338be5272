"""Linear transfer gains on a related source, leaves a hostile one, and takes the good out of several."""

import numpy as np
import pytest

import headstart as hs

FORMS = ("l2", "offset", "elastic")


def gains(kind, task, form, n_target, seeds=5, **arguments):
    """Gain in score over the target alone, by seed."""
    build = hs.LinearTransferClassifier if task == "classification" else hs.LinearTransferRegressor
    out = []
    for seed in range(seeds):
        data = hs.datasets.make_shift(
            kind, task=task, n_target=n_target, n_source=300, n_test=2000, n_features=8, random_state=seed
        )
        X, y, test = data.target.X, data.target.y, data.test
        alone = build().fit(X, y).score(test.X, test.y)
        model = build(form, random_state=0, **arguments).fit(X, y, source=data.source)
        out.append(model.score(test.X, test.y) - alone)
    return np.array(out)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("form", FORMS)
def test_a_related_source_beats_the_target_alone(form, task):
    found = gains("identical", task, form, 25)
    assert found.mean() > 0.015 and found.min() > -0.03, found


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("detect", [False, True])
def test_a_hostile_source_does_not_ruin(form, task, detect):
    found = gains("hostile", task, form, 60, detect=detect)
    assert found.mean() > -0.03 and found.min() > -0.08, found


def test_a_hostile_source_is_left_for_zero():
    data = hs.datasets.make_shift("hostile", task="regression", n_target=60, n_source=300, random_state=0)
    model = hs.LinearTransferRegressor().fit(data.target.X, data.target.y, source=data.source)
    assert model.toward_ == "zero" and not model.source_coef_.any()
    found = hs.LinearTransferRegressor(detect=True, random_state=0)
    assert not found.fit(data.target.X, data.target.y, source=data.source).transferable_.any()


@pytest.mark.parametrize("form", FORMS)
def test_of_several_sources_the_good_one_is_used(form):
    rng = np.random.default_rng(0)
    w = rng.normal(size=10)

    def domain(coef, n, name=None):
        X = rng.normal(size=(n, 10))
        return hs.Domain(X, X @ coef + rng.normal(size=n), name=name)

    target, test = domain(w, 30), domain(w, 2000)
    sources = [domain(w + 0.1 * rng.normal(size=10), 200, "near"), domain(-w, 200, "far")]
    both = hs.LinearTransferRegressor(form, random_state=0).fit(target.X, target.y, source=hs.Sources(sources))
    near = hs.LinearTransferRegressor(form).fit(target.X, target.y, source=sources[0])
    assert list(both.transferable_) == [True, False]
    assert both.score(test.X, test.y) == pytest.approx(near.score(test.X, test.y), abs=0.02)
