"""Levels on top of offsets, against a minimiser; labels that stand in for an offset, against the loss itself."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import softmax

from headstart.numeric.offset_level import (
    absence_level,
    class_level,
    regression_level,
    regression_loss,
    without_offset,
)

LOSSES = ["squared_error", "absolute_error", "quantile", "poisson", "gamma"]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_level_has_the_least_loss(rng, loss):
    y, offset = rng.gamma(2.0, size=41), rng.normal(size=41)
    total = lambda c: regression_loss(loss, y, offset + c, 0.7).sum()  # noqa: E731
    least = minimize_scalar(total, bounds=(-10, 10), method="bounded", options={"xatol": 1e-10}).fun
    assert total(regression_level(loss, y, offset, 0.7)) == pytest.approx(
        least, rel=0.02 if loss == "quantile" else 1e-6
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_without_an_offset_have_the_same_loss_but_for_a_constant(rng, loss):
    y, offset = rng.gamma(2.0, size=30), rng.normal(size=30)
    stand_in, weight = without_offset(loss, y, offset)
    weight = np.ones(30) if weight is None else weight
    found = [
        regression_loss(loss, y, offset + f, 0.3) - weight * regression_loss(loss, stand_in, f, 0.3)
        for f in rng.normal(size=(3, 30))
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-10)
    np.testing.assert_allclose(found[0], found[2], atol=1e-10)


@pytest.mark.parametrize("spread", [0.0, 1.0, 20.0])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_class_levels_have_the_least_log_loss(rng, spread, n_classes):
    codes = np.r_[np.arange(n_classes), rng.integers(0, 2, size=60)]
    offset = spread * rng.normal(size=(len(codes), n_classes))

    def loss(c):
        return -np.log(np.maximum(softmax(offset + c, axis=1)[np.arange(len(codes)), codes], 1e-300)).sum()

    level = class_level(codes, offset)
    assert level.sum() == pytest.approx(0.0, abs=1e-9)
    least = min(minimize(loss, start, method="BFGS").fun for start in (np.zeros(n_classes), level))
    assert loss(level) <= least + 1e-6
    # Shares come out as they are in the rows.
    shares = softmax(offset + level, axis=1).sum(axis=0)
    np.testing.assert_allclose(shares, np.bincount(codes), atol=1e-4)


@pytest.mark.parametrize("n", [0, 1, 50, 5000])
def test_absence_lowers_the_odds_by_the_rows_that_lack_it(rng, n):
    odds = rng.normal(size=n)
    level = absence_level(odds)
    found = minimize_scalar(lambda c: np.logaddexp(0, odds + c).sum() + c**2 / 2, bounds=(-30, 1), method="bounded")
    assert level == pytest.approx(found.x if n else 0.0, abs=1e-4)
