"""How alike several functions are: the covariance of tasks, and the forms that it may have.

The prior of multi-task Gaussian processes (Bonilla, Chai and Williams 2008), the intrinsic coregionalisation model:
the function of task s at x and that of task t at x' have covariance ``B[s, t] k(x, x') + L[s, t]``. B is low rank plus
diagonal, ``directions directions' + diag(own)``; L, that of the tasks' levels, is ``shared_level + own_level I``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .types import Floats

# Levels are next to free where nothing is known of them: in the units of standardised labels and of log odds.
FREE_SHARED, FREE_OWN = 10.0, 100.0
FORMS = ("pooled", "independent", "mean", "low-rank")
# Variances are kept within these, in units of standardised labels; those of log odds may be larger than 1.
_LEAST, _MOST = 1e-6, 1e4
_LEAST_NOISE = 1e-6
# Widths are kept within these multiples of the one that stands for 1.
_NARROW, _WIDE = 0.02, 50.0


@dataclass(frozen=True)
class TaskCovariance:
    """B as ``directions`` (n_tasks, rank) and ``own`` (n_tasks,), the levels' L, kernel ``width``, label ``noise``.

    ``noise`` is the variance of a label around its function; it plays no part for classes.
    """

    directions: Floats
    own: Floats
    shared_level: float
    own_level: float
    width: float
    noise: float = 1.0

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.own)

    @property
    def B(self) -> Floats:
        """Covariance (n_tasks, n_tasks) of the tasks' functions."""
        return np.asarray(self.directions @ self.directions.T + np.diag(self.own))

    @property
    def L(self) -> Floats:
        """Covariance (n_tasks, n_tasks) of the tasks' levels."""
        return np.asarray(self.shared_level + self.own_level * np.eye(self.n_tasks))

    @property
    def is_apart(self) -> bool:
        """Whether tasks share nothing, so that each can be looked at on its own."""
        return self.shared_level == 0.0 and not self.directions.any()


@dataclass(frozen=True)
class Slopes:
    """Derivatives of the evidence: by B and L (n_tasks, n_tasks), by the logs of ``width`` and of ``noise``.

    The first two are symmetric, each entry on its own: a change dB of B changes the evidence by ``(B * dB).sum()``.
    ``width`` is NaN where it was not asked for.
    """

    B: Floats
    L: Floats
    width: float
    noise: float


def start_covariance(form: str, n_tasks: int, width: float, noise: float) -> TaskCovariance:
    """Where a climb up the evidence begins."""
    none, ones, zeros = np.zeros((n_tasks, 0)), np.ones(n_tasks), np.zeros(n_tasks)
    if form == "independent":
        return TaskCovariance(none, ones, 0.0, FREE_OWN, width, noise)
    if form == "pooled":
        return TaskCovariance(ones[:, None], zeros, FREE_SHARED, 0.1, width, noise)
    return TaskCovariance(np.sqrt(0.5) * ones[:, None], 0.5 * ones, FREE_SHARED, 0.1, width, noise)


@dataclass(frozen=True)
class Form:
    """The free parameters of a covariance as a vector, all but ``directions`` of "low-rank" as logs.

    "pooled": one function for all tasks, ``B = a``. "independent": functions that share nothing but width and size,
    ``B = b I``. "mean": a shared part and one of each task's own, ``B = a + b I``. "low-rank": directions and own parts
    are free. The width is free where ``moves_width``, the noise where ``has_noise``.
    """

    name: str
    moves_width: bool
    has_noise: bool

    def pack(self, c: TaskCovariance) -> Floats:
        """The parameters of a covariance of this form."""
        parts: list[Floats] = []
        if self.name in ("pooled", "mean"):
            parts.append(2 * np.log(np.maximum(c.directions[:1, 0], np.sqrt(_LEAST))))
        if self.name == "low-rank":
            parts += [c.directions.ravel(), np.log(np.maximum(c.own, _LEAST))]
        elif self.name != "pooled":
            parts.append(np.log(np.maximum(c.own[:1], _LEAST)))
        if self.name != "independent":
            parts.append(np.log([max(c.own_level, _LEAST)]))
        if self.moves_width:
            parts.append(np.log([c.width]))
        if self.has_noise:
            parts.append(np.log([c.noise]))
        return np.concatenate(parts)

    def unpack(self, values: Floats, like: TaskCovariance) -> TaskCovariance:
        """The covariance of these parameters; what is not free is as in ``like``."""
        T, rest = like.n_tasks, list(values)
        c = like
        if self.name in ("pooled", "mean"):
            c = replace(c, directions=np.full((T, 1), np.exp(0.5 * rest.pop(0))))
        if self.name == "low-rank":
            size = like.directions.size
            c = replace(c, directions=np.array(rest[:size]).reshape(T, -1), own=np.exp(rest[size : size + T]))
            rest = rest[size + T :]
        elif self.name != "pooled":
            c = replace(c, own=np.full(T, np.exp(rest.pop(0))))
        if self.name != "independent":
            c = replace(c, own_level=float(np.exp(rest.pop(0))))
        if self.moves_width:
            c = replace(c, width=float(np.exp(rest.pop(0))))
        if self.has_noise:
            c = replace(c, noise=float(np.exp(rest.pop(0))))
        return c

    def slope(self, c: TaskCovariance, by: Slopes) -> Floats:
        """The derivative of the evidence by the parameters, from that by the covariance."""
        parts: list[Floats] = []
        if self.name in ("pooled", "mean"):
            parts.append(np.array([c.directions[0, 0] ** 2 * by.B.sum()]))
        if self.name == "low-rank":
            parts += [(2 * by.B @ c.directions).ravel(), c.own * np.diag(by.B)]
        elif self.name != "pooled":
            parts.append(np.array([c.own @ np.diag(by.B)]))
        if self.name != "independent":
            parts.append(np.array([c.own_level * np.trace(by.L)]))
        if self.moves_width:
            parts.append(np.array([by.width]))
        if self.has_noise:
            parts.append(np.array([by.noise]))
        return np.concatenate(parts)

    def bounds(self, c: TaskCovariance, one_width: float) -> list[tuple[float | None, float | None]]:
        """Within which the parameters are looked for; widths are multiples of ``one_width``."""
        variance: tuple[float | None, float | None] = (float(np.log(_LEAST)), float(np.log(_MOST)))
        n_variances = {"pooled": 2, "independent": 1, "mean": 3, "low-rank": c.n_tasks + 1}[self.name]
        out: list[tuple[float | None, float | None]] = []
        if self.name == "low-rank":
            out += [(-np.sqrt(_MOST), np.sqrt(_MOST))] * c.directions.size
        out += [variance] * n_variances
        if self.moves_width:
            out.append((float(np.log(_NARROW * one_width)), float(np.log(_WIDE * one_width))))
        if self.has_noise:
            out.append((float(np.log(_LEAST_NOISE)), float(np.log(10.0))))
        return out


def n_free(form: str, c: TaskCovariance, *, has_noise: bool) -> int:
    """Number of parameters that the evidence chose, the width among them; rotations of directions are not counted."""
    rank = c.directions.shape[1]
    turns = rank * (rank - 1) // 2 if form == "low-rank" else 0
    shares = {"pooled": 1, "independent": 1, "mean": 2, "low-rank": c.directions.size - turns + c.n_tasks}[form]
    return shares + (form != "independent") + 1 + has_noise
