"""The embedded heart data against the hospitals' own files, as UCI publishes them (processed.*.data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.datasets import load_heart

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "heart_uci_4_hospitals"
FILES = {"Cleveland": "cleveland", "Hungary": "hungarian", "Switzerland": "switzerland", "VA Long Beach": "va"}
UCI = ["age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca", "thal"]
CODES = {
    "sex": {"female": 0, "male": 1},
    "chest_pain": {"typical angina": 1, "atypical angina": 2, "non-anginal": 3, "asymptomatic": 4},
    "fasting_blood_sugar_high": {"no": 0, "yes": 1},
    "resting_ecg": {"normal": 0, "st-t abnormality": 1, "hypertrophy": 2},
    "exercise_angina": {"no": 0, "yes": 1},
    "st_slope": {"upsloping": 1, "flat": 2, "downsloping": 3},
    "thallium_scan": {"normal": 3, "fixed defect": 6, "reversible defect": 7},
}


@pytest.mark.skipif(not FOLDER.exists(), reason=f"the original files are not there: {FOLDER.name}")
@pytest.mark.parametrize("hospital", list(FILES))
def test_every_value_is_that_of_the_original_file(hospital):
    original = pd.read_csv(
        FOLDER / f"processed.{FILES[hospital]}.data", header=None, names=[*UCI, "num"], na_values="?"
    )
    original[["chol", "trestbps"]] = original[["chol", "trestbps"]].where(original[["chol", "trestbps"]] > 0)
    ours = load_heart(hospital)
    coded = pd.DataFrame({c: ours.X[c].map(CODES[c]) if c in CODES else ours.X[c] for c in ours.X})
    np.testing.assert_array_equal(coded.to_numpy(float), original[UCI].to_numpy(float))
    np.testing.assert_array_equal(ours.y, original["num"] > 0)
