"""What every public docstring has, also of the names that are looked up when they are first used."""

import inspect
import re

import pytest


def check_docstring(thing):
    """A first line that is a sentence, an example, and the parameters that the signature has."""
    if isinstance(thing, type) and issubclass(thing, BaseException):
        pytest.skip("an error needs no example")
    text = inspect.getdoc(thing) or ""
    first = text.partition("\n\n")[0]
    assert first.endswith((".", "?")), f"the first line {first!r} is no sentence"
    assert ">>>" in text, "no example"
    sections = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", text + "\n", flags=re.MULTILINE)
    parameters = dict(zip(sections[1::2], sections[2::2], strict=True)).get("Parameters", "")
    listed = set()
    for match in re.finditer(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*) *:", parameters, flags=re.MULTILINE):
        listed |= {word.strip("* ") for word in match.group(1).split(",")}
    taken = {p for p in inspect.signature(thing).parameters if not p.startswith("_")}
    if parameters:
        assert listed == taken, f"Parameters tells of {sorted(listed)}, the signature has {sorted(taken)}"
