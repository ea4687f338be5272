"""scikit-learn's checks and headstart's own, over the estimators of networks."""

import warnings

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import headstart as hs

from .cases import CASES

pytestmark = pytest.mark.slow


@parametrize_with_checks([case.build() for case in CASES])
def test_scikit_learn_check(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


def _all_checks():
    for case in CASES:
        for name, check in hs.testing.transfer_checks(case.build(), target_only=(case.target_only or case.build)()):
            yield pytest.param(check, id=f"{case}-{name}")


@pytest.mark.parametrize("check", list(_all_checks()))
def test_contract(check):
    with warnings.catch_warnings():
        # A method may say that it does not help here.
        warnings.simplefilter("ignore", hs.HeadstartWarning)
        check()
