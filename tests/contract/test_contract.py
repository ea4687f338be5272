"""headstart's own checks over every exported estimator: the same that users can run over theirs."""

import pytest

import headstart as hs

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
