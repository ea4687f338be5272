"""Each public name of headstart.multitask is defined where the table says, and shows how it is used."""

import pytest

from headstart import multitask

from ..docstrings import check_docstring

NAMES = sorted(multitask._HOME)
# Made by headstart and read by users.
RESULTS = {"LanguageModel", "WeighedStep"}


@pytest.mark.parametrize("name", NAMES)
def test_name_comes_from_where_the_table_says(name):
    found = getattr(multitask, name)
    assert found.__module__ == f"headstart.multitask.{multitask._HOME[name]}"
    assert name in dir(multitask)


@pytest.mark.parametrize("name", sorted(set(NAMES) - RESULTS))
def test_docstring_says_what_and_shows_how(name):
    check_docstring(getattr(multitask, name))
