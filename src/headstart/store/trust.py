"""Which types a model file may hold without the caller naming them: a fixed rule, never the file's own word."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from ..core.errors import InputTypeError

# The helpers that scikit-learn's estimators keep inside; skops trusts the estimators themselves.
_SKLEARN_PARTS = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.CompoundKernel",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.DotProduct",
        "sklearn.gaussian_process.kernels.Exponentiation",
        "sklearn.gaussian_process.kernels.ExpSineSquared",
        "sklearn.gaussian_process.kernels.Hyperparameter",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.RationalQuadratic",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    }
)

_OTHER_PARTS = frozenset(
    {
        "builtins.type",  # a class as a value; which one it is stands in the list under its own name
        "collections.OrderedDict",
        "collections.defaultdict",
        "functools.partial",  # of a function that is itself in these lists
        "numpy.dtype",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.sparse._csc.csc_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
    }
)

# The parts of skrub's table vectorizer and cleaner, for models that users compose with them.
_SKRUB_PARTS = frozenset(
    f"skrub.{name}"
    for name in (
        "_apply_to_each_col.ApplyToEachCol",
        "_check_input.CheckInputDataFrame",
        "_clean_categories.CleanCategories",
        "_clean_null_strings.CleanNullStrings",
        "_dataframe._common.is_any_date",
        "_dataframe._common.is_categorical",
        "_dataframe._common.is_numeric",
        "_datetime_encoder.DatetimeEncoder",
        "_drop_uninformative.DropUninformative",
        "_duration_to_float.DurationToFloat",
        "_gap_encoder.GapEncoder",
        "_minhash_encoder.MinHashEncoder",
        "_string_encoder.StringEncoder",
        "_table_vectorizer.Cleaner",
        "_table_vectorizer.PassThrough",
        "_table_vectorizer.ShortReprDict",
        "_table_vectorizer.TableVectorizer",
        "_table_vectorizer._created_by_predicate",
        "_to_categorical.ToCategorical",
        "_to_datetime.ToDatetime",
        "_to_float.ToFloat",
        "_to_str.ToStr",
        "selectors._base.All",
        "selectors._base.And",
        "selectors._base.Cols",
        "selectors._base.Filter",
        "selectors._base.Inv",
        "selectors._base.Or",
        "selectors._base.Sub",
        "selectors._selectors._cardinality_below",
    )
)

_FIXED = _SKLEARN_PARTS | _OTHER_PARTS | _SKRUB_PARTS

# Our packages whose classes do something by being made or called, and that no model contains.
_NOT_IN_MODELS = ("headstart.cli", "headstart.run_folder", "headstart.report", "headstart.files", "headstart.demo")


def names_of(trusted: Any) -> frozenset[str]:
    """The full names of the types that a caller trusts, given as names or as the types themselves."""
    if trusted is True or isinstance(trusted, (str, bytes, type)) or not isinstance(trusted, Iterable):
        raise InputTypeError(
            f"trusted= is {trusted!r}; expected a list of types or of their full names, such as "
            "trusted=['mypackage.models.MyRegressor']"
        )
    return frozenset(t if isinstance(t, str) else f"{t.__module__}.{t.__name__}" for t in trusted)


def is_trusted(name: str) -> bool:
    """Whether the type of this full name may be in any model file."""
    if name in _FIXED:
        return True
    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] == "headstart" and not module.startswith(_NOT_IN_MODELS):
        return _is_class_of(module, attribute)
    if module.partition(".")[0] == "sklearn":
        return _is_class_of(module, attribute) and _is_estimator(module, attribute)
    return False


def _is_class_of(module: str, attribute: str) -> bool:
    """Whether it is a class, and one that is defined where the name says; nothing imported from elsewhere counts."""
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__ == module


def _is_estimator(module: str, attribute: str) -> bool:
    from sklearn.base import BaseEstimator

    return issubclass(getattr(importlib.import_module(module), attribute), BaseEstimator)
