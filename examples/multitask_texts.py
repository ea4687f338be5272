"""Three questions about each message: one is seldom answered, one only serves, and its head is dropped."""

import numpy as np
import pandas as pd

from headstart.multitask import GradientGate, MultiTaskClassifier

THINGS = {"audio": ["headphones", "speaker", "radio"], "kitchen": ["kettle", "toaster", "blender"]}
MOODS = {
    "good": ["I love this {}", "the {} is wonderful", "happy with the {}", "best {} I ever had"],
    "bad": ["I hate this {}", "the {} is awful", "angry about the {}", "worst {} I ever had"],
}
URGENT = {True: ["answer today", "as soon as possible", "this cannot wait"], False: ["no hurry", "whenever you like"]}

rng = np.random.default_rng(0)


def messages(n: int) -> tuple[list[str], pd.DataFrame]:
    """Texts, and a column for each question."""
    rows = []
    for _ in range(n):
        kind, mood, urgent = rng.choice([*THINGS]), rng.choice([*MOODS]), bool(rng.random() < 0.5)
        text = rng.choice(MOODS[mood]).format(rng.choice(THINGS[kind]))
        rows.append((f"{text}, {rng.choice(URGENT[urgent])}", kind, mood, urgent))
    frame = pd.DataFrame(rows, columns=["text", "kind", "mood", "urgent"])
    return frame.pop("text").tolist(), frame


texts, answers = messages(160)
new, truth = messages(200)
answers["mood"] = answers["mood"].where(rng.random(160) < 0.2, None)  # few were read by a person
print(f"{len(texts)} messages; labels: {answers.notna().sum().to_dict()}\n")

model = MultiTaskClassifier(
    auxiliary=["kind"],  # it serves alone: its head is dropped, and nothing predicts it
    auxiliary_weights=GradientGate(),  # and only where its gradient agrees with those of the tasks
    folds=2,
    epochs=15,
    random_state=0,
).fit(texts, answers)
print(model.table_[["task", "rows", "joint", "alone", "gain", "decision", "uses"]].round(3).to_string(index=False))
print(f"\nRight on {len(new)} other messages: {model.scores(new, truth.drop(columns='kind')).round(2).to_dict()}")
said = pd.DataFrame(model.predict(new[:4]), columns=model.tasks_).assign(text=new[:4])
print(f"\n{said.to_string(index=False)}")
