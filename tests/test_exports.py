"""Every public name resolves, is documented with an example, has a page and, if it is an estimator, a contract row."""

import ast
import importlib
import inspect
import re
import sys

import pytest
from sklearn.base import BaseEstimator

import headstart as hs

from .contract.cases import CASES
from .imports import PACKAGE

NAMES = [name for name in hs.__all__ if name != "__version__"]
CLASSES = [name for name in NAMES if inspect.isclass(getattr(hs, name))]
# What needs torch has its contract rows in tests/neural.
NETWORKS = {name for name, home in hs._HOME.items() if (home or "").startswith(hs._OF_NETWORKS)}
MESSAGES = {name for name in CLASSES if issubclass(getattr(hs, name), BaseException)}
DOCUMENTED = [name for name in NAMES if name not in MESSAGES and not inspect.ismodule(getattr(hs, name))]
# Made by headstart and read by users: their fields are told as attributes.
RESULTS = {
    "Alignment",
    "BackboneRanking",
    "ColumnMatches",
    "Diagnoses",
    "Diagnosis",
    "Grouping",
    "JointTraining",
    "Policies",
    "Policy",
    "SourceRanking",
    "TaskMap",
    "TaskTree",
    "TransferMap",
    "Verdict",
}
ESTIMATORS = [name for name in CLASSES if issubclass(getattr(hs, name), BaseEstimator)]


@pytest.mark.parametrize("name", NAMES)
def test_name_comes_from_where_the_table_says(name):
    found = getattr(hs, name)
    home = hs._HOME[name]
    if home is not None and hasattr(found, "__module__"):
        assert found.__module__ == f"headstart.{home}", "name the module that defines it"
    assert name in dir(hs)


def test_editors_and_the_table_see_the_same_names():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING")
    for_editors = {a.name: node.module for node in block.body for a in node.names}
    assert for_editors == hs._HOME


def test_without_torch_a_name_that_needs_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(vars(hs.neural), "FineTuneClassifier", raising=False)
    with pytest.raises(
        hs.MissingDependencyError, match=r"needs the package 'torch'.*pip install 'headstart\[neural\]'"
    ):
        _ = hs.neural.FineTuneClassifier


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = hs.Nothing


def _sections(text):
    """The numpydoc sections of a docstring: title -> text."""
    parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", inspect.cleandoc(text) + "\n", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_says_what_and_shows_how(name):
    thing = getattr(hs, name)
    text = inspect.getdoc(thing) or ""
    sections = _sections(text)
    first = text.partition("\n\n")[0]
    assert first.endswith((".", "?")), f"the first line {first!r} is no sentence"
    if name in RESULTS:
        assert "Attributes" in sections
        return
    assert re.search(r"import .*headstart as hs", sections.get("Examples", "")), "no Examples section that runs"
    listed = set()
    for match in re.finditer(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*) *:", sections.get("Parameters", ""), flags=re.MULTILINE):
        listed |= {word.strip("* ") for word in match.group(1).split(",")}
    taken = {p for p in inspect.signature(thing).parameters if not p.startswith("_")}
    assert listed == taken, f"Parameters tells of {sorted(listed)}, the signature has {sorted(taken)}"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimator_has_a_contract_row_traits_and_documented_methods(name):
    cls = getattr(hs, name)
    if name not in NETWORKS:
        assert name in {case.name for case in CASES}, "add a row to tests/contract/cases.py"
    if hasattr(cls, "traits"):
        assert cls.traits.kind in ("baseline", "instance", "feature", "parameter")
    for method in ("fit", "predict", "predict_proba", "transform", "transform_source"):
        if method in vars(cls):
            assert inspect.getdoc(vars(cls)[method]), f"{method} has no docstring"


def test_every_contract_row_is_an_export():
    assert {case.name for case in CASES} <= set(ESTIMATORS)


def test_every_export_has_a_page_in_the_reference():
    folder = PACKAGE.parents[1] / "docs"
    sys.path.insert(0, str(folder))
    try:
        reference = importlib.import_module("reference_pages")
    finally:
        sys.path.remove(str(folder))
    assert reference.listed() == set(hs._HOME)
