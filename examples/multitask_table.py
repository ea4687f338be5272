"""What would an exercise test show? Three answers from what is known at rest, some of them never written down."""

import numpy as np
import pandas as pd

import headstart as hs
from headstart.multitask import MultiTaskLearner
from headstart.report import write_report

hospitals = hs.datasets.load_heart().values()
patients = pd.concat([h.X.assign(disease=h.y) for h in hospitals], ignore_index=True)
patients = patients.iloc[np.random.default_rng(0).permutation(len(patients))].reset_index(drop=True)
X = patients[["age", "sex", "chest_pain", "resting_blood_pressure", "cholesterol", "resting_ecg"]]
Y = patients[["exercise_angina", "max_heart_rate", "disease"]]
train, new = slice(0, 300), slice(300, None)
print(f"300 of {len(X)} patients; answers that are missing: {Y[train].isna().sum().to_dict()}\n")

model = MultiTaskLearner(
    kinds={"max_heart_rate": "regression"},
    folds=4,
    epochs=5,
    random_state=0,
).fit(X[train], Y[train])

shown = ["task", "rows", "metric", "joint", "alone", "gain", "low", "high", "decision", "uses"]
print(model.table_[shown].round(3).to_string(index=False), "\n")
print("What a step on one task (row) takes off the loss of another (column), as a share of it:")
print(model.affinity_.round(3).to_string(), "\n")
print(f"Tasks that go together, by that: {model.groups_}")

print(f"\nScores on {len(X[new])} other patients (accuracy, R2):")
print(model.scores(X[new], Y[new]).round(3).to_string(), "\n")
print(pd.concat([X[new].head(3).reset_index(drop=True), model.predict(X[new]).head(3)], axis=1).T.to_string())

write_report("exercise.html", model=model)
print("\nexercise.html shows all of it in pictures.")
