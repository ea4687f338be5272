"""Each public name of headstart.multitask is defined where the table says, and shows how it is used."""

import inspect
import re

import pytest

from headstart import multitask

NAMES = sorted(multitask._HOME)
# Made by headstart and read by users.
RESULTS = {"WeighedStep"}


@pytest.mark.parametrize("name", NAMES)
def test_name_comes_from_where_the_table_says(name):
    found = getattr(multitask, name)
    assert found.__module__ == f"headstart.multitask.{multitask._HOME[name]}"
    assert name in dir(multitask)


@pytest.mark.parametrize("name", sorted(set(NAMES) - RESULTS))
def test_docstring_says_what_and_shows_how(name):
    thing = getattr(multitask, name)
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
