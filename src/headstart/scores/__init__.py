"""Before training: scores of how well a source fits a target, and distances of domains, each with an interval."""

from .domain.mmd import mmd
from .domain.otdd import otdd
from .domain.proxy_a_distance import proxy_a_distance
from .domain.wasserstein import sliced_wasserstein, wasserstein
from .domain_front import domain_distances
from .result import Score, ScoreTable
from .table import ScoreKind
from .target.gbc import gbc
from .target.h_score import h_score
from .target.knn_score import knn_score
from .target.leep import leep
from .target.linear_probe import linear_probe
from .target.logme import logme
from .target.nce import nce
from .target.pac_tran import pac_tran
from .target.trans_rate import trans_rate
from .target_front import transferability

__all__ = [
    "Score",
    "ScoreKind",
    "ScoreTable",
    "domain_distances",
    "gbc",
    "h_score",
    "knn_score",
    "leep",
    "linear_probe",
    "logme",
    "mmd",
    "nce",
    "otdd",
    "pac_tran",
    "proxy_a_distance",
    "sliced_wasserstein",
    "trans_rate",
    "transferability",
    "wasserstein",
]
