"""scikit-learn's checks and headstart's own, over the estimators of networks."""

import warnings

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import headstart as hs

from .cases import CASES

pytestmark = pytest.mark.slow
EPOCHS = 8


@parametrize_with_checks([case.build() for case in CASES])
def test_scikit_learn_check(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


def _short(estimator):
    """With fewer epochs: headstart's own checks ask how a source is treated, not whether the network learns."""
    return estimator.set_params(epochs=min(estimator.epochs, EPOCHS))


def _all_checks():
    for case in CASES:
        target_only = _short((case.target_only or case.build)())
        for name, check in hs.testing.transfer_checks(_short(case.build()), target_only=target_only):
            yield pytest.param(check, id=f"{case}-{name}")


@pytest.mark.parametrize("check", list(_all_checks()))
def test_contract(check):
    with warnings.catch_warnings():
        # A method may say that it does not help here.
        warnings.simplefilter("ignore", hs.HeadstartWarning)
        check()
