"""Source and target rows, as every domain distance reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..numeric.group_bootstrap import dealt, number_of_groups
from ..numeric.row_sums import column_means
from .reading import read_codes, read_rows, refuse_lengths


@dataclass(frozen=True)
class Domains:
    """Rows of source and target in the same columns, each dealt into as many groups.

    ``ys``, ``yt`` are codes of labels, which need not mean the same in both, or None.
    """

    Xs: np.ndarray
    Xt: np.ndarray
    ys: np.ndarray | None
    yt: np.ndarray | None
    groups: tuple[np.ndarray, np.ndarray]
    n_groups: int
    leave_out: bool
    seed: int

    def scaled(self) -> Domains:
        """Both over the deviation of each column, in which both domains count alike; a constant column stays."""
        means = [column_means(X) for X in (self.Xs, self.Xt)]
        middle = (means[0] + means[1]) / 2.0
        variance = (_mean_square(self.Xs, middle) + _mean_square(self.Xt, middle)) / 2.0
        rounding = 1e-20 * middle**2
        scale = np.where(variance > rounding, np.sqrt(variance), 1.0)
        return replace(self, Xs=self.Xs / scale.astype(self.Xs.dtype), Xt=self.Xt / scale.astype(self.Xt.dtype))


def read_domains(
    Xs: Any, Xt: Any, ys: Any = None, yt: Any = None, *, leave_out: bool = False, seed: int = 0
) -> Domains:
    """Read rows and labels of both domains."""
    Zs, Zt = read_rows(Xs, what="Xs"), read_rows(Xt, what="Xt")
    if Zs.shape[1] != Zt.shape[1]:
        raise InputError(
            f"Xs has {Zs.shape[1]} columns and Xt {Zt.shape[1]}; expected the same columns: select those that both "
            "have, or take the features of one model for both"
        )
    codes = []
    for X, y, name in ((Zs, ys, "s"), (Zt, yt, "t")):
        codes.append(None if y is None else read_codes(y, what=f"y{name}"))
        if codes[-1] is not None:
            refuse_lengths(X.shape[0], codes[-1].size, first=f"X{name}", second=f"y{name}")
    n_groups = number_of_groups(min(Zs.shape[0], Zt.shape[0]), Zs.shape[1]) if leave_out else 5
    rng = np.random.default_rng(seed)
    groups = dealt(Zs.shape[0], n_groups, rng), dealt(Zt.shape[0], n_groups, rng)
    return Domains(Zs, Zt, codes[0], codes[1], groups, n_groups, leave_out, seed)


def _mean_square(X: np.ndarray, middle: np.ndarray) -> np.ndarray:
    found = np.zeros(X.shape[1])
    for start in range(0, X.shape[0], 4096):
        Z = X[start : start + 4096] - middle
        found += np.einsum("ij,ij->j", Z, Z)
    return found / X.shape[0]


def kept_means(values: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
    """The mean of values (n,) without each group."""
    size = np.bincount(groups, minlength=n_groups)
    inside = np.bincount(groups, weights=values, minlength=n_groups)
    return (values.sum() - inside) / (values.size - size)
