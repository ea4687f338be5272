"""Make the reference from the exports: a new public name has its page as soon as it is exported."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

import headstart as hs

# Part of the package that a name lives in -> page: file, title, what the page says first.
PAGES = {
    "choose": ("choice", "The choice", "They try the methods that apply, and give a model and a verdict."),
    "diagnosis": ("diagnosis", "Diagnosis", "Which transfer situation is it?"),
    "core.domain": ("domains", "Domains and tasks", "What a transfer problem is made of."),
    "instance": (
        "instance",
        "Instance transfer",
        "Which source rows to learn from. A *weighter* gives every source row a weight; "
        "[`Reweighted`](compose.md#headstart.compose.reweighted.Reweighted) hands them to a learner.",
    ),
    "feature": (
        "feature",
        "Feature transfer",
        "A space that source and target share. An *aligner* maps the rows of both into it; "
        "[`Aligned`](compose.md#headstart.compose.aligned.Aligned) fits a learner there.",
    ),
    "parameter": ("parameter", "Parameter transfer", "Start from a fitted source model."),
    "neural": (
        "neural",
        "Networks",
        "Start from a network: backbones, fine-tuning, adapters. They need torch: `pip install 'headstart[neural]'`, "
        "with `[vision]` for images and `[text]` for texts.",
    ),
    "multitask": (
        "multitask",
        "Many tasks",
        "Several tasks learned at once: linear and kernel models for small tables, and how the losses or gradients of "
        "tasks that share a network are weighed; the latter needs torch: `pip install 'headstart[neural]'`.",
    ),
    "transfer_map": (
        "transfer_map",
        "The map of transfer",
        "What every domain brings to every other one, and who harms whom.",
    ),
    "task_map": (
        "task_map",
        "The map of tasks",
        "Which tasks transfer to which, what to supervise within a budget, and what to train together.",
    ),
    "compose": ("compose", "Wrappers and baselines", "They turn any scikit-learn learner into a transfer estimator."),
    "tables": ("tables", "Tables", "From any table to numbers, one schema over source and target."),
    "store": ("store", "Save and load", "Models as files, without pickle."),
    "scores": (
        "scores",
        "Scores without training",
        "How well a source may fit a target, before anything is trained: `hs.scores.transferability` and "
        "`hs.scores.domain_distances` give all with intervals, the other functions one each.",
    ),
    "ranking": ("ranking", "Rankings", "Which source, which backbone: by the target's own rows, with uncertainty."),
    "datasets": ("datasets", "Data to try things on", "One real data set, and synthetic shifts with a known answer."),
    "testing": ("testing", "Checks for methods of your own", "The contract that every estimator of headstart keeps."),
    "core.errors": ("errors", "Errors and warnings", "All can be caught as `HeadstartError`."),
}

# Modules whose names are imported when they are first used, from the tables that they hold.
LAZY = ("neural", "multitask")

# Parts that share a page with another.
SAME_PAGE = {"guard": "choose"}


def exports() -> dict[str, list[tuple[str, str]]]:
    """Part of the package -> its public names, each with the full path that the documentation reads."""
    found: dict[str, list[tuple[str, str]]] = {part: [] for part in PAGES}
    for name, home in hs._HOME.items():
        if name in LAZY:
            # Read without an import, which would need torch.
            homes = ((m, resolve_name(f".{at}", f"headstart.{name}")) for m, at in getattr(hs, name)._HOME.items())
            found[name] += [(f"{name}.{m}", f"{at}.{m}") for m, at in homes]
        elif home is None:
            module = getattr(hs, name)
            members = [(f"{name}.{m}", f"{inspect.getmodule(getattr(module, m)).__name__}.{m}") for m in module.__all__]
            found[name] += members
        else:
            if home.startswith(hs._OF_NETWORKS):
                continue  # also a name of headstart.neural, and listed there
            part = home if home in PAGES else home.partition(".")[0]
            part = SAME_PAGE.get(part, part)
            found[part].append((name, f"headstart.{home}.{name}"))
    return found


def listed() -> set[str]:
    """The public names that have a place in the reference."""
    named = {name.partition(".")[0] for names in exports().values() for name, _ in names}
    return named | {name for name in hs.neural._HOME if name in hs._HOME}


def page(part: str, names: list[tuple[str, str]]) -> str:
    """The text of one page."""
    _, title, says = PAGES[part]
    parts = [f"# {title}\n", says, ""]
    table = list(_trait_rows(name for name, _ in names))
    if table:
        parts += ["| | source labels | target labels | several sources | paper |", "| --- | --- | --- | --- | --- |"]
        parts += [*table, ""]
    parts += [f"::: {path}\n" for _, path in names]
    return "\n".join(parts)


def index(found: dict[str, list[tuple[str, str]]]) -> str:
    """The text of the first page: every public name with its first line."""
    parts = ["# Reference\n", "Every public name, by what it is for. `import headstart as hs` gives them all.\n"]
    for part, names in found.items():
        file, title, says = PAGES[part]
        parts += [f"## [{title}]({file}.md)\n", says, "", "| name | what it is |", "| --- | --- |"]
        for name, path in names:
            parts.append(f"| [`hs.{name}`][{path}] | {_first_line(name, path)} |")
        parts.append("")
    return "\n".join(parts)


def _get(name: str) -> Any:
    thing: Any = hs
    for part in name.split("."):
        thing = getattr(thing, part)
    return thing


def _first_line(name: str, path: str) -> str:
    text = _doc_in_source(path) if name.startswith(tuple(f"{m}." for m in LAZY)) else inspect.getdoc(_get(name))
    return (text or "").partition("\n\n")[0].replace("\n", " ").replace("|", r"\|")


def _doc_in_source(path: str) -> str | None:
    """The docstring of a class or function, read from its file: the documentation is built without torch."""
    module, _, name = path.rpartition(".")
    file = Path(hs.__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return ast.get_docstring(node)
    raise LookupError(f"{path} is not defined in {file.name}")


def _trait_rows(names: Any) -> Iterator[str]:
    for name in names:
        if name.startswith(tuple(f"{m}." for m in LAZY)):
            continue
        traits = getattr(_get(name), "traits", None)
        if traits is not None and traits.kind != "baseline":
            several = "told apart" if traits.several_sources else "seen as one"
            cells = (f"`{name}`", traits.source_labels, traits.target_labels, several, traits.paper)
            yield f"| {' | '.join(cells)} |"


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to those of the folder (called by mkdocs)."""
    from mkdocs.structure.files import File

    found = exports()
    texts = {PAGES[part][0]: page(part, names) for part, names in found.items()}
    for name, text in {**texts, "index": index(found)}.items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files
