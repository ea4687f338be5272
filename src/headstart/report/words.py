"""Numbers and metrics in words: rounded to what they are worth, with their unit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def network_name(name: str) -> str:
    """What a page calls a network: by its name, or by the last two parts of the path of a folder or file.

    >>> network_name("timm/resnet50"), network_name("/data/models/bert/model")
    ('timm/resnet50', 'bert/model')
    """
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(name).is_absolute():
            return "/".join(kind(name).parts[1:][-2:])
    return name


@dataclass(frozen=True)
class Metric:
    """How a scikit-learn scorer is called in a sentence, and what its value means."""

    name: str
    unit: str
    meaning: str
    bounded: bool = True
    negated: bool = False
    lowest: float = -math.inf
    highest: float = math.inf

    @property
    def largest_gain(self) -> float:
        """The most by which two scores can differ."""
        return self.highest - self.lowest

    def gained(self, gain: float, decimals: int) -> str:
        """A gain with its unit: "+0.031 AUC"; of an error "0.31 less mean absolute error"."""
        if not self.negated or not is_number(gain):
            return f"{signed(gain, decimals)} {self.unit}"
        return f"{number(abs(gain), decimals)} {'less' if gain >= 0 else 'more'} {self.unit}"

    def valued(self, score: float, decimals: int) -> str:
        """A score with its article: "an AUC of about 0.912"; errors without their minus."""
        article = "an" if self.unit[:1] in "AaeiouR" else "a"
        return f"{article} {self.unit} of about {number(-score if self.negated else score, decimals)}"


_HIGHER = "Higher is better."
_METRICS = {
    "roc_auc": Metric(
        "AUC",
        "AUC",
        "The chance that the model ranks a random row of the one class above a random row of the other: "
        "0.5 is guessing, 1 is perfect.",
        lowest=0,
        highest=1,
    ),
    "accuracy": Metric(
        "accuracy", "accuracy", "The share of rows that the model gets right. 1 is perfect.", lowest=0, highest=1
    ),
    "balanced_accuracy": Metric(
        "balanced accuracy",
        "balanced accuracy",
        "The share of rows that the model gets right, each class counted alike.",
        lowest=0,
        highest=1,
    ),
    "average_precision": Metric(
        "average precision",
        "average precision",
        "The area under the curve of precision over recall. 1 is perfect.",
        lowest=0,
        highest=1,
    ),
    "r2": Metric(
        "R\N{SUPERSCRIPT TWO}",
        "R\N{SUPERSCRIPT TWO}",
        "The share of the spread of the labels that the model explains: 0 is no better than always saying the mean, "
        "1 is perfect.",
        highest=1,
    ),
    "log likelihood": Metric(
        "log likelihood",
        "log likelihood",
        "The mean natural logarithm of the probability that was given to the true class. 0 is perfect; half and half "
        "between two classes is \N{MINUS SIGN}0.693.",
        bounded=False,
        highest=0,
    ),
    "neg_log_loss": Metric(
        "log loss (negated)",
        "log loss",
        "Minus the log loss, so that higher is better. 0 is perfect.",
        bounded=False,
        negated=True,
        highest=0,
    ),
    "neg_brier_score": Metric(
        "Brier score (negated)",
        "Brier score",
        "Minus the Brier score, so that higher is better. 0 is perfect.",
        negated=True,
        highest=0,
    ),
    "neg_mean_absolute_error": Metric(
        "mean absolute error (negated)",
        "mean absolute error",
        "Minus the mean absolute error, in the unit of the label, so that higher is better. 0 is perfect.",
        bounded=False,
        negated=True,
        highest=0,
    ),
    "neg_root_mean_squared_error": Metric(
        "root mean squared error (negated)",
        "root mean squared error",
        "Minus the root mean squared error, in the unit of the label, so that higher is better. 0 is perfect.",
        bounded=False,
        negated=True,
        highest=0,
    ),
}


def metric_of(scorer: str) -> Metric:
    """The words for a scorer; unknown ones keep their own name."""
    name = str(scorer)
    if name in _METRICS:
        return _METRICS[name]
    for variant in ("_ovr_weighted", "_ovo_weighted", "_ovr", "_ovo"):
        if name == f"roc_auc{variant}":
            meaning = "The AUC, averaged over the classes: 0.5 is guessing, 1 is perfect."
            return Metric("AUC over classes", "AUC", meaning, lowest=0, highest=1)
    if name.startswith("neg_"):
        plain = name[4:].replace("_", " ")
        return Metric(
            f"{plain} (negated)", plain, f"Minus the {plain}, so that higher is better.", False, True, highest=0
        )
    plain = name.replace("_", " ")
    return Metric(plain, plain, _HIGHER, bounded=False)


def decimals_for(metric: Metric, *sizes: float) -> int:
    """How many decimals a score and its gain are worth: three where it lies between 0 and 1, else by its size."""
    known = [abs(s) for s in sizes if is_number(s) and s != 0]
    largest = max(known, default=1.0)
    if metric.bounded and largest < 10:
        return 3
    return int(min(6, max(0, 2 - math.floor(math.log10(largest)))))


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    try:
        return bool(math.isfinite(value))
    except TypeError:
        return False


def number(value: Any, decimals: int = 3) -> str:
    """``-0.0312`` as "\N{MINUS SIGN}0.031"; what is not a finite number as a dash."""
    if not is_number(value):
        return DASH
    text = f"{abs(value):,.{decimals}f}"
    return text if value >= 0 or float(text.replace(",", "")) == 0 else MINUS + text


def signed(value: Any, decimals: int = 3) -> str:
    """A number with its sign; zero has none."""
    text = number(value, decimals)
    return f"+{text}" if text[0].isdigit() and value > 0 and float(text.replace(",", "")) != 0 else text


def interval(low: Any, high: Any, decimals: int = 3) -> str:
    """ "+0.010 to +0.052"; an end that is not known as a dash."""
    return f"{signed(low, decimals)} to {signed(high, decimals)}"


def count(value: Any) -> str:
    """A count with separators of thousands."""
    return f"{int(value):,}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """ "1 row", "2 rows"."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def minus_signs(text: str) -> str:
    """Text whose negative numbers have a real minus sign, and whose infinities have theirs."""
    return re.sub(r"(?<![\w.])-(?=[\d.\N{INFINITY}])", MINUS, re.sub(r"(?<![\w.])([+-])inf\b", "\\1\N{INFINITY}", text))


def percent(share: Any) -> str:
    """A share as a percentage; never "0 %" or "100 %" for what is only nearly so."""
    if not is_number(share):
        return DASH
    value = 100 * share
    if 0 < value < 1:
        return "under 1%"
    if 99 < value < 100:
        return "over 99%"
    return f"{value:.0f}%"


def seconds(value: Any) -> str:
    """A duration, to two digits or so."""
    if not is_number(value):
        return DASH
    if value < 0.095:
        return "under 0.1 s"
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min"


def p_value(value: Any) -> str:
    """A p value to two digits, and a bound where it is tiny."""
    if not is_number(value):
        return DASH
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def labels_worth(value: Any) -> str:
    """How many labels a gain is worth: rounded, "not measurable", or "more than the curve can tell"."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "not measurable"
    if math.isinf(value):
        return "more than the curve can tell" if value > 0 else "not measurable"
    n = round_count(abs(value))
    if n == 0:
        return "none"
    return f"{MINUS if value < 0 else ''}{count(n)}"


def round_count(value: float) -> int:
    """A count to two digits: an estimate is not worth more."""
    if value < 20:
        return round(value)
    step = 10 ** (math.floor(math.log10(value)) - 1)
    return int(round(value / step) * step)


def joined(names: Any, most: int = 6) -> str:
    """ "a, b and c"; of a long list the first ones and how many more."""
    listed = [str(n) for n in names]
    if len(listed) > most:
        return f"{', '.join(listed[:most])} and {count(len(listed) - most)} more"
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else ""
