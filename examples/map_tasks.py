"""Which question helps which? Four questions about the same patients, each asked of only some of them.

A model of one question is worth having for another where it was learned from many more labels. `hs.map_tasks` measures
that, and the map of tasks that follows says which questions to go on asking.
"""

import numpy as np
import pandas as pd

import headstart as hs

rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(400, 4)), columns=["pulse", "weight", "sleep", "steps"])
strain = X["pulse"] * X["weight"] > 0  # hard to see from few rows

Y = pd.DataFrame(
    {
        "at risk": np.where(strain, "yes", "no"),  # asked of everybody
        "days off": 4 * strain + rng.normal(size=400),  # asked of 50
        "rested": np.where(X["sleep"] + rng.normal(size=400) > 0, "yes", "no"),  # asked of 200
    }
)
Y.loc[50:, "days off"] = np.nan
Y.loc[:199, "rested"] = None

found = hs.map_tasks(X, Y, targets=["days off", "rested"], repeats=1)
print(found)

print("\nFor whoever may supervise one task:")
tasks = found.to_task_map()
print(tasks.policy(1, targets=["days off"]))
