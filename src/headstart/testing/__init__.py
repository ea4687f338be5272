"""The contract of every transfer estimator, as checks that users can run over methods of their own."""

from .contract import check_transfer_estimator, transfer_checks
from .problem import Problem, make_problem

__all__ = ["Problem", "check_transfer_estimator", "make_problem", "transfer_checks"]
