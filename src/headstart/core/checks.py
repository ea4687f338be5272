"""Checks of what users pass: each error names what was found, what was expected and the mend."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, column_or_1d, has_fit_parameter

from .errors import HeadstartWarning, InputError, InputTypeError


@contextmanager
def as_headstart_errors(prefix: str = "") -> Iterator[None]:
    """Turn the ValueError or TypeError of a library call into headstart's own, with the message kept."""
    try:
        yield
    except (InputError, InputTypeError):
        raise
    except ValueError as error:
        raise InputError(f"{prefix}{error}") from error
    except TypeError as error:
        raise InputTypeError(f"{prefix}{error}") from error


def check_source_rows(X: Any, n_columns: int, columns: Any, *, name: str, sparse: bool, allow_nan: bool) -> Any:
    """Return the rows of a source as a numeric matrix whose columns stand in the target's order."""
    if isinstance(X, pd.DataFrame) and columns is not None:
        X = align_columns(X, columns, name=name)
    if X.shape[1] != n_columns:
        raise InputError(
            f"source {name!r} has {X.shape[1]} columns and the target {n_columns}; expected the same columns: "
            "select those that both have, or use a method for different columns"
        )
    if X.shape[0] == 0:
        raise InputError(f"source {name!r} has no rows; expected at least one")
    refuse_text(X, what=f"source {name!r}")
    with as_headstart_errors(f"source {name!r}: "):
        return check_array(
            X,
            accept_sparse="csr" if sparse else False,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if allow_nan else True,
        )


def align_columns(frame: pd.DataFrame, columns: Any, *, name: str) -> pd.DataFrame:
    """Put the columns of ``frame`` in the target's order; name those that are missing or too many."""
    wanted = [str(c) for c in columns]
    found = {str(c): c for c in frame.columns}
    missing = [c for c in wanted if c not in found]
    extra = [c for c in found if c not in set(wanted)]
    if missing or extra:
        parts = []
        if missing:
            parts.append(f"lacks {_some(missing)}")
        if extra:
            parts.append(f"has {_some(extra)}, which the target lacks")
        raise InputError(
            f"source {name!r} {' and '.join(parts)}; expected the target's {len(wanted)} columns: "
            "select the columns that both have, or use a method for different columns"
        )
    return frame[[found[c] for c in wanted]]


def _some(names: list[str], most: int = 5) -> str:
    shown = ", ".join(repr(n) for n in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


_WRAP = "wrap the method as hs.Prepared(hs.TableEncoder(), method), or use hs.TransferClassifier / hs.TransferRegressor"


def refuse_text(X: Any, *, what: str, mend: str = _WRAP) -> None:
    """Raise where a table has columns that are not numbers, and say how to encode them."""
    if isinstance(X, pd.DataFrame):
        odd = [str(c) for c in X.columns if not pd.api.types.is_numeric_dtype(X[c].dtype) and X[c].dtype != object]
        odd += [str(c) for c in X.columns if X[c].dtype == object and _holds_text(X[c])]
        if odd:
            raise InputError(f"{what} has columns that are not numbers: {_some(odd)}; expected numbers: {mend}")


def _holds_text(column: pd.Series) -> bool:
    return bool(column.map(lambda v: isinstance(v, str)).any())


def check_labels(y: Any, *, classification: bool, what: str) -> np.ndarray:
    """Return labels as a one-dimensional array: finite floats for regression, classes without gaps otherwise."""
    with as_headstart_errors(f"{what}: "):
        y = column_or_1d(y, warn=True)
    gaps = int(pd.isna(y).sum())
    if gaps:
        raise InputError(
            f"{what} has {gaps} gaps among {len(y)} labels; expected a label for each row: drop those rows"
        )
    if classification:
        if type_of_target(y) == "continuous":
            raise InputError(
                f"{what}: Unknown label type: continuous. It holds real numbers such as {y[0]:g}; expected classes: "
                "turn the numbers into classes (for instance by a threshold), or use a regressor"
            )
        with as_headstart_errors(f"{what}: "):
            check_classification_targets(y)
        return y
    with as_headstart_errors(f"{what}: "):
        y = np.asarray(y, dtype=np.float64)
    if not np.isfinite(y).all():
        raise InputError(f"{what} has infinite labels; expected finite numbers")
    return y


def check_label_sets(y: np.ndarray, ys: np.ndarray) -> None:
    """Refuse a source that shares no label with the target; warn where the target's may have been re-encoded."""
    refuse_disjoint_labels(y, ys)
    mine, theirs = np.unique(y), np.unique(ys)
    if mine.dtype.kind in "iu" and np.array_equal(mine, np.arange(len(mine))) and not np.isin(theirs, mine).all():
        warnings.warn(
            f"the target's labels are {_listed(mine)} and the source's {_listed(theirs)}: some are in the source only, "
            f"and the target's look like codes. Where 0 here means 1 there, name them alike. {RECODED}",
            HeadstartWarning,
            stacklevel=4,
        )


def refuse_disjoint_labels(y: np.ndarray, ys: np.ndarray) -> None:
    """Refuse a source that shares no label with the target."""
    refuse_mixed_labels(y, ys)
    mine, theirs = np.unique(y), np.unique(ys)
    if not np.isin(mine, theirs).any():
        raise InputError(
            f"no label in common: the target has {_listed(mine)} and the source {_listed(theirs)}; expected at least "
            f"one label in both: give labels that mean the same the same name. {RECODED}"
        )


RECODED = (
    "A meta-estimator that re-encodes the target's labels (OneVsRestClassifier, BaggingClassifier, VotingClassifier) "
    "cannot reach the source's"
)


def _listed(labels: np.ndarray) -> str:
    return _some([str(v) for v in labels.tolist()]) if _is_text(labels) else _few(labels.tolist())


def _few(labels: list[Any], most: int = 5) -> str:
    shown = ", ".join(str(v) for v in labels[:most])
    return shown if len(labels) <= most else f"{shown} and {len(labels) - most} more"


def warn_of_scales(X: Any, Xs: Any) -> None:
    """Warn where the target's rows were standardised and the source's were left raw, as a Pipeline does.

    Standardised: every column has mean 0 and deviation 1 to rounding, or is all zero, over at least 10 rows. Raw: a
    column of the source lies 10 or more of the target's deviations away, or spreads 10 times as much or as little;
    a source in the target's scale stays far from that.
    """
    if is_sparse(X) or is_sparse(Xs) or X.shape[0] < 10:
        return
    # Means first: they take one pass over the rows, and those of most tables end the search; a gap makes one a gap.
    with np.errstate(over="ignore", invalid="ignore"):
        mean = X.mean(axis=0)
    if not np.abs(mean).max(initial=0.0) <= 1e-6:
        return
    deviation = X.std(axis=0)
    varies = deviation > 0
    if not varies.any() or np.abs(deviation[varies] - 1).max() > 1e-6:
        return
    present = np.isfinite(Xs)
    count = np.maximum(present.sum(axis=0), 1)
    source_mean = np.where(present, Xs, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(present, Xs - source_mean, 0.0) ** 2).sum(axis=0) / count)
    raw = (np.abs(source_mean) > 10) | (spread > 10) | ((spread < 0.1) & (spread > 0))
    if (raw & varies).any():
        warnings.warn(
            f"the target's columns have mean 0 and deviation 1 and {int((raw & varies).sum())} of the source's "
            f"{len(raw)} have another scale by far; expected the same scale: a Pipeline transforms the target's rows "
            "only. Use hs.Prepared(StandardScaler(), method), which transforms both",
            HeadstartWarning,
            stacklevel=4,
        )


def common_classes(y: np.ndarray | None, ys: np.ndarray | None) -> np.ndarray:
    """The union of the labels of target and source, sorted; labels of different types are refused."""
    present = [v for v in (y, ys) if v is not None]
    if len(present) == 2:
        refuse_mixed_labels(*present)
    return np.unique(np.concatenate([np.unique(v) for v in present]))


def refuse_mixed_labels(y: np.ndarray, ys: np.ndarray) -> None:
    """Refuse labels that are text in one domain and numbers in the other."""
    if _is_text(y) != _is_text(ys):
        raise InputError(
            f"the target's labels are {_kind(y)} and the source's are {_kind(ys)}; "
            f"expected the same type: convert one of them. {RECODED}"
        )


def _is_text(y: np.ndarray) -> bool:
    return y.dtype.kind in "OUS" and any(isinstance(v, str) for v in y[:100])


def _kind(y: np.ndarray) -> str:
    return f"{'text' if _is_text(y) else 'numbers'} (such as {y[:1].tolist()[0]!r})"


def refuse_unweightable(estimator: Any, *, why: str) -> None:
    """Raise where ``estimator`` cannot be fitted with ``sample_weight``; it would be silently unweighted."""
    if not accepts_sample_weight(estimator):
        raise InputTypeError(
            f"{type(final_step(estimator)).__name__} does not accept sample_weight, which {why} needs; "
            "expected a learner whose fit has the parameter sample_weight, such as LogisticRegression, Ridge or "
            "HistGradientBoostingClassifier"
        )


def final_step(estimator: Any) -> Any:
    """The last step of a scikit-learn Pipeline, or the estimator itself."""
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def accepts_sample_weight(estimator: Any) -> bool:
    """Whether ``fit`` of the estimator (of a Pipeline: of its last step) has the parameter ``sample_weight``."""
    return bool(has_fit_parameter(final_step(estimator), "sample_weight"))


def weight_arguments(estimator: Any, weight: np.ndarray) -> dict[str, np.ndarray]:
    """The fit arguments that pass ``weight`` to the estimator, through a Pipeline to its last step."""
    steps = getattr(estimator, "steps", None)
    return {f"{steps[-1][0]}__sample_weight": weight} if steps else {"sample_weight": weight}


def is_sparse(X: Any) -> bool:
    """Whether ``X`` is a SciPy sparse matrix or array."""
    return bool(sp.issparse(X))
