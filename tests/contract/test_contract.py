"""headstart's own checks over every exported estimator: the same that users can run over theirs."""

import numpy as np
import pytest

import headstart as hs
from headstart.testing.problem import make_problem, task_of

from .cases import CASES


def _all_checks():
    for case in (case for case in CASES if case.transfers):
        alone = case.target_only() if case.target_only else None
        for name, check in hs.testing.transfer_checks(case.build(), target_only=alone):
            yield pytest.param(check, id=f"{case}-{name}")


@pytest.mark.slow
@pytest.mark.parametrize("check", list(_all_checks()))
def test_contract(check):
    check()


@pytest.mark.parametrize("case", [case for case in CASES if case.transfers], ids=str)
@pytest.mark.parametrize("rows", [["good", "bad"], np.zeros((2, 4, 4))], ids=["texts", "series"])
def test_rows_that_are_no_table_are_refused(case, rows):
    problem = make_problem(task_of(case.build()))
    other = hs.Domain(rows, problem.ys[:2], name="other")
    for given in ({"source": other}, {"source": problem.source, "unlabeled": other}):
        with pytest.raises(hs.InputError, match="'other' is an? .*; expected a table of rows and columns.*FineTune"):
            case.build().fit(problem.X, problem.y, **given)
