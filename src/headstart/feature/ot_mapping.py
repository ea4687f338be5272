"""Optimal transport of the source rows onto the target's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..core.base import TransferData
from ..core.errors import HeadstartWarning
from ..core.traits import Traits
from ..numeric.kernels import squared_distances
from ..numeric.neighbors import nearest
from ..numeric.prototypes import Prototypes, prototypes
from ..numeric.scaling import pooled_scale
from ..numeric.transport import barycentric, sinkhorn_groups
from .base import (
    Aligner,
    KnownLabels,
    check_count,
    check_flag,
    check_number,
    check_use_labels,
    generator,
    known_labels,
)

# The source's class shares count as this many target labels, so that a class without one keeps some weight.
_SMOOTHING = 1.0


class OTMapping(Aligner):
    """Optimal transport: move each source row to where the cheapest plan takes it among the target rows.

    Target rows stay where they are. A learner of the moved source rows sees rows that look like the target's.

    Parameters
    ----------
    reg : float, default=0.2
        Entropic regularisation, in medians of the cost (the squared distance between scaled rows of both domains). As a
        share of the median it means the same in any unit and number of columns. Smaller is nearer to the unregularised
        plan, follows single target rows and takes longer; larger draws all rows towards the target's mean. On images,
        reviews and newsgroups with 700 source rows 0.2 did better than 0.4, and clearly better than 0.02 and 0.05.
    class_weight : float, default=0.5
        How much it costs, in medians of the cost, that source rows of different classes arrive at one target row: eta
        of the paper's class regularisation. 0 leaves it out. It needs labels of the source only.
        On the same data 0.5 did better than 0.1.
    use_labels : {"auto", True, False}, default="auto"
        "auto": use the labels that there are. Those of the target forbid that a source row goes to a target row of
        another class, and give the source's classes the target's shares. True: raise where a domain has none. False:
        plain transport.
    n_anchors : int, default=1500
        A plan has this number squared of entries at most, so that 1,500 rows of each domain, or 5,000 of one and 450 of
        the other, are all in it. Of a domain that is larger, k-means centres stand for the rows, each of one class and
        with the weight of its rows: see Notes. The time grows with the square.
    tol : float, default=1e-4
        The plan is good enough when its row sums are off by this share in all.
    max_steps : int, default=2000
        Sinkhorn iterations at most; it warns where they do not reach ``tol``.
    scale : bool, default=True
        Measure distances with each column divided by its standard deviation over both domains. A constant column
        plays no part.
    least_spread : float, default=0.2
        Columns that vary less than this in the source, as a share of their standard deviation in the target, stay where
        they are; they still count for distances. Such a column says nothing about where its rows should go, so that
        they would be given the target's values, extremes among them, by what the other columns say, and a learner
        would take them for evidence. Words that only the target uses are such columns, and the edges of images that
        only the target fills. 0 moves all columns; ``python -m benchmarks.aligner_defaults`` compares both.
    random_state : int, RandomState instance or None, default=None
        Starts k-means where a domain has more rows than a plan holds. An int gives the same map every time.

    Attributes
    ----------
    anchors_ : list of ndarray of shape (n_anchors, n_features)
        For each source domain, the scaled rows or centres whose place in the target is known.
    displacement_ : list of ndarray of shape (n_anchors, n_features)
        By how much each anchor moves, in the units of the columns.
    error_ : list of float
        For each source domain, by how much the row sums of its plan are off in all.
    quantization_ : list of float
        The root mean squared distance of a row to its anchor over that to the domain's mean: of each source domain,
        and of the target last. 0 where all rows are anchors.
    mean_, scale_ : ndarray of shape (n_features,)
        What the columns were centred and divided by for distances.
    n_source_, n_features_in_, n_domains_ : int
        Number of source rows, of columns, and of domains with the target.

    Raises
    ------
    InputError, InputTypeError
        Where a parameter is out of its range, a domain has a single row, the domains have no label or not the same
        columns in common, or rows are sparse.

    Warns
    -----
    HeadstartWarning
        Where the iterations end before ``tol``.

    Notes
    -----
    Where all rows fit into a plan this is the paper's plan, by Sinkhorn iterations, and its barycentric map. Beyond,
    k-means centres stand for the rows: the Wasserstein distance between the domains changes by at most the sum of the
    root mean squared distances of the rows to their centres (triangle inequality; ``quantization_`` has them), and no
    matrix has more than ``n_anchors`` squared entries. A lazy plan over all rows would cost n_source n_target
    exponentials an iteration. Any row is moved by the displacement of the nearest anchor (Ferradans et al., 2014); an
    anchor goes where the plan takes it.

    Deviations from the paper: the scale of ``reg`` and ``class_weight``; the class penalty is on shares of what
    arrives, not masses, for the same reason; target labels, where known: pairs of different classes get the largest
    cost on top of theirs, and for labels that are numbers (y - y')^2 over twice the variance, in medians. Each source
    domain has a plan of its own. Without a source, rows stay as they are.

    The barycentric map takes means over target rows, so that moved rows lie closer together than target rows do, the
    more so the more columns there are: a strongly penalised learner may then learn little from them.

    References
    ----------
    Courty, Flamary, Tuia & Rakotomamonjy (2017), Optimal transport for domain adaptation. IEEE TPAMI 39.
    Ferradans, Papadakis, Peyre & Aujol (2014), Regularized discrete optimal transport. SIAM J. Imaging Sciences 7.

    Examples
    --------
    >>> import headstart as hs
    >>> shift = hs.datasets.make_shift("covariate", random_state=0)
    >>> ot = hs.OTMapping(random_state=0).fit(shift.target.X, source=shift.source)
    >>> moved = ot.transform_source(shift.source.X)
    >>> bool(abs(moved.mean(axis=0) - shift.target.X.mean(axis=0)).max() < 0.1)
    True
    """

    traits = Traits(
        kind="feature",
        source_labels="used",
        target_labels="used",
        several_sources=True,
        paper="Courty et al. (2017), Optimal transport for domain adaptation",
    )

    def __init__(
        self,
        reg: float = 0.2,
        *,
        class_weight: float = 0.5,
        use_labels: Any = "auto",
        n_anchors: int = 1500,
        tol: float = 1e-4,
        max_steps: int = 2000,
        scale: bool = True,
        least_spread: float = 0.2,
        random_state: Any = None,
    ) -> None:
        self.reg = reg
        self.class_weight = class_weight
        self.use_labels = use_labels
        self.n_anchors = n_anchors
        self.tol = tol
        self.max_steps = max_steps
        self.scale = scale
        self.least_spread = least_spread
        self.random_state = random_state

    def _check_parameters(self) -> None:
        check_number(self.reg, "reg", low=0.0, open_low=True)
        check_number(self.class_weight, "class_weight", low=0.0)
        check_use_labels(self.use_labels)
        check_count(self.n_anchors, "n_anchors", low=2)
        check_number(self.tol, "tol", low=0.0, open_low=True)
        check_count(self.max_steps, "max_steps")
        check_flag(self.scale, "scale")
        check_number(self.least_spread, "least_spread", low=0.0)

    def _align(self, data: TransferData) -> None:
        labels = known_labels(data, self.use_labels)
        rng = generator(self.random_state)
        target = data.target_rows
        self.mean_, spread = pooled_scale(data.Xs, target)
        self.scale_ = spread if self.scale else np.ones(target.shape[1])
        largest = max(len(block) for block in data.source_blocks())
        to = self._points(target, None if labels is None else labels.target, labels, self._room(largest), rng)
        places, spread_t = to[0].mean(target), target.std(axis=0)
        self.anchors_, self.displacement_, self.error_, self.quantization_ = [], [], [], []
        start = 0
        for block in data.source_blocks():
            own = None if labels is None else labels.source[start : start + len(block)]
            start += len(block)
            points = self._points(block, own, labels, self._room(len(target)), rng)
            moved = self._move(points, to, labels, places)
            self.anchors_.append(points[0].centres)
            displacement = moved - points[0].mean(block)
            displacement[:, block.std(axis=0) < float(self.least_spread) * spread_t] = 0.0
            self.displacement_.append(displacement)
            self.quantization_.append(self._quantization(block, points[0]))
        self.quantization_.append(self._quantization(target, to[0]))
        if max(self.error_) > self.tol:
            warnings.warn(
                f"OTMapping ended after {self.max_steps} iterations with row sums off by {max(self.error_):.2g} "
                f"in all, and tol is {self.tol:g}; raise max_steps, tol or reg",
                HeadstartWarning,
                stacklevel=4,
            )

    def _room(self, n_other: int) -> int:
        """How many points of a domain fit into a plan, beside the rows of the other one."""
        return self.n_anchors**2 // min(n_other, self.n_anchors)

    def _points(
        self, X: np.ndarray, y: np.ndarray | None, labels: KnownLabels | None, most: int, rng: np.random.Generator
    ) -> tuple[Prototypes, np.ndarray | None]:
        """The anchors of a domain and, where labels are numbers, the label of each, NaN where it is not known."""
        if y is None or labels is None:
            groups = np.full(len(X), -1, dtype=np.intp)
        elif labels.classes is None:
            groups = np.where(np.isnan(y), -1, 0).astype(np.intp)
        else:
            groups = y
        found = prototypes(self._scaled(X), groups, most, rng)
        numbers = y is not None and labels is not None and labels.classes is None
        return found, found.mean(y[:, None])[:, 0] if numbers and y is not None else None

    def _move(
        self,
        points: tuple[Prototypes, np.ndarray | None],
        to: tuple[Prototypes, np.ndarray | None],
        labels: KnownLabels | None,
        places: np.ndarray,
    ) -> np.ndarray:
        """Where the plan takes the anchors of a source."""
        (source, ys), (target, yt) = points, to
        C = squared_distances(source.centres, target.centres)
        unit = float(np.median(C)) or float(np.mean(C)) or 1.0
        C /= unit
        a, b = source.count / source.count.sum(), target.count / target.count.sum()
        groups = source.group
        if ys is not None and yt is not None:
            groups = np.full(len(ys), -1, dtype=np.intp)
            C += _number_cost(ys, yt)
        elif labels is not None:
            # a label that this source lacks forbids nothing: its rows would have nowhere to come from
            known = np.isin(target.group, source.group[source.group >= 0])
            if known.any():
                a = _reweighted(a, b, source, target, known)
                differ = (source.group[:, None] != target.group) & known
                C = C + np.where(differ, float(np.max(C)), 0.0)
        found = sinkhorn_groups(
            C, a, b, groups, float(self.reg), float(self.class_weight), tol=self.tol, max_iter=self.max_steps
        )
        self.error_.append(found.potentials.error)
        return barycentric(found.cost, b, float(self.reg), found.potentials, places)

    def _quantization(self, X: np.ndarray, points: Prototypes) -> float:
        Z = self._scaled(X)
        whole = float(np.sum((Z - Z.mean(axis=0)) ** 2))
        return float(np.sqrt(np.sum((Z - points.centres[points.of]) ** 2) / whole)) if whole > 0 else 0.0

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        # Divided first: the difference of two columns near the largest float has no finite value.
        Z = X / self.scale_
        Z -= self.mean_ / self.scale_
        return np.ascontiguousarray(Z)

    def _map_target(self, X: np.ndarray) -> np.ndarray:
        return X

    def _map_source(self, Xs: np.ndarray, domain: int) -> np.ndarray:
        at = nearest(self.anchors_[domain], self._scaled(Xs))[:, 0]
        return np.asarray(Xs + self.displacement_[domain][at])


def _number_cost(ys: np.ndarray, yt: np.ndarray) -> np.ndarray:
    """Half the squared difference of labels over their variance; 0 where the target's is not known."""
    variance = float(np.var(np.concatenate([ys, yt[~np.isnan(yt)]]))) or 1.0
    return np.where(np.isnan(yt), 0.0, 0.5 * (ys[:, None] - np.nan_to_num(yt)) ** 2 / variance)


def _reweighted(a: np.ndarray, b: np.ndarray, source: Prototypes, target: Prototypes, known: np.ndarray) -> np.ndarray:
    """The weights of the source's anchors such that its classes have the target's shares.

    The labelled target rows have the shares they have, so that they can be reached; the others those of the labelled.
    """
    n_classes = int(source.group.max()) + 1
    mine = np.bincount(source.group, a, minlength=n_classes)
    mass = np.bincount(target.group[known], b[known], minlength=n_classes)
    counts = np.bincount(target.group[known], target.count[known], minlength=n_classes)
    guess = (counts + _SMOOTHING * mine) / (counts.sum() + _SMOOTHING)
    shares = mass + (1.0 - mass.sum()) * guess
    weights = a * (shares / np.where(mine > 0, mine, 1.0))[source.group]
    return np.asarray(weights / weights.sum())
