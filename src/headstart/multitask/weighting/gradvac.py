"""Gradients turned towards each other, as far as they usually agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.errors import InputError
from .arrays import Draw, Matrix, Memory, Vector
from .base import GradientWeighting
from .pcgrad import orders

_TINY = 1e-12


def gradvac_weights(gramian: Matrix, order: np.ndarray, usual: Matrix, beta: float) -> tuple[Vector, Matrix]:
    """The sum of the turned gradients, in terms of the gradients, and the usual cosines after this step.

    Row i of ``order`` (K, K - 1) tells in which order gradient i meets the others; ``usual`` (K, K) are the cosines
    that it is turned to.
    """
    K = len(gramian)
    rows = np.arange(K)
    made_of, products, usual = np.eye(K), gramian.copy(), usual.copy()
    norms = np.sqrt(np.maximum(np.diagonal(gramian), 0.0))
    squares = np.maximum(np.diagonal(gramian), 0.0).copy()
    for j in order.T:
        mine, product = np.sqrt(squares), products[rows, j]
        both = mine * norms[j]
        cosine = np.divide(product, both, out=np.zeros(K), where=both > 0).clip(-1.0, 1.0)
        aim = usual[rows, j]
        sine, sine_aim = np.sqrt(1.0 - cosine**2), np.sqrt(np.maximum(1.0 - aim**2, 0.0))
        turn = (cosine < aim) & (both > 0) & (sine_aim > _TINY)
        length = np.divide(mine * (aim * sine - cosine * sine_aim), norms[j] * sine_aim, out=np.zeros(K), where=turn)
        made_of[rows, j] += length
        squares += 2.0 * length * product + length**2 * norms[j] ** 2
        np.maximum(squares, 0.0, out=squares)
        products += length[:, None] * gramian[j]
        usual[rows, j] = np.where(both > 0, (1.0 - beta) * aim + beta * cosine, aim)
    return made_of.sum(axis=0), usual


@dataclass(frozen=True)
class GradVac(GradientWeighting):
    """Gradient vaccine: turn each gradient to the cosine that it usually has with each other one.

    Where the cosine c_ij of g_i to g_j is below its running mean m_ij, g_i becomes
    g_i + g_j ||g_i|| (m_ij sqrt(1 - c_ij^2) - c_ij sqrt(1 - m_ij^2)) / (||g_j|| sqrt(1 - m_ij^2)), which brings it to
    m_ij; then m_ij moves by beta towards c_ij. With m_ij = 0 this is PCGrad.

    Parameters
    ----------
    level : {"representation", "parameter"}, default="representation"
        Where gradients are compared; the paper compares those of the parameters.
    beta : float, default=0.01
        How fast the running means move, as in the paper.

    Raises
    ------
    InputError
        Where the level is none of these, or beta is not between 0 and 1.

    Notes
    -----
    The paper keeps running means for each part of a network; here they are of all shared parameters, or of the
    representation, together.

    References
    ----------
    Wang, Tsvetkov, Firat and Cao (2021). Gradient vaccine: investigating and improving multi-task optimization in
    massively multilingual models. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.multitask.weighting.gradvac import gradvac_weights
    >>> J = np.array([[1.0, 0.0], [-1.0, 1.0]])
    >>> weights, usual = gradvac_weights(J @ J.T, np.array([[1], [0]]), np.zeros((2, 2)), beta=0.5)
    >>> weights.round(6), usual.round(3)
    (array([2. , 1.5]), array([[ 0.   , -0.354],
           [-0.354,  0.   ]]))
    """

    beta: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.beta, bool) or not isinstance(self.beta, (int, float)) or not 0 <= self.beta <= 1:
            raise InputError(f"beta is {self.beta!r}; expected a number from 0 to 1")

    def memory(self, n_tasks: int) -> Memory:
        """The running means of the cosines, 0 at the start."""
        return {"usual": np.zeros((n_tasks, n_tasks))}

    def gradient_weights(self, gramian: Matrix, losses: Vector, there: np.ndarray, memory: Memory, rng: Draw) -> Vector:
        """The weights of the sum; the running means of the tasks that are there move."""
        mine = np.ix_(there, there)
        weights = np.zeros(len(losses))
        order = orders(int(there.sum()), rng())
        weights[there], memory["usual"][mine] = gradvac_weights(gramian[mine], order, memory["usual"][mine], self.beta)
        return weights
