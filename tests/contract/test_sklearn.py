"""scikit-learn's own checks, all of them, over every exported estimator."""

import warnings

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from .cases import CASES

pytestmark = pytest.mark.slow


@parametrize_with_checks([case.build() for case in CASES])
def test_scikit_learn_check(estimator, check):
    with warnings.catch_warnings():
        # The checks fit on odd data on purpose, and say so themselves where a warning is what they look for.
        warnings.simplefilter("ignore")
        check(estimator)
