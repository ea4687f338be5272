"""Each public name of headstart.neural is defined where the table says, and shows how it is used."""

import importlib.util

import pytest

import headstart as hs

from ..docstrings import check_docstring

NAMES = sorted(hs.neural._HOME)
# Made by headstart and read by users, or a protocol that they fill in.
RESULTS = {"Attached", "Backbone"}


@pytest.mark.parametrize("name", NAMES)
def test_name_comes_from_where_the_table_says(name):
    found = getattr(hs.neural, name)
    assert found.__module__ == importlib.util.resolve_name(f".{hs.neural._HOME[name]}", "headstart.neural")
    assert name in dir(hs.neural)


@pytest.mark.parametrize("name", sorted(set(NAMES) - RESULTS))
def test_docstring_says_what_and_shows_how(name):
    check_docstring(getattr(hs.neural, name))
