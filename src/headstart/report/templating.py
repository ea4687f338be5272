"""Templates, and what they ask for."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup, escape


@cache
def environment() -> jinja2.Environment:
    """Templates with every value escaped; a name that a template misspells is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(file_of),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["soft"] = _soft
    return environment


def _soft(name: Any) -> Markup:
    """A name that may be broken after its underscores, slashes and dots, but not inside a number."""
    return Markup(re.sub(r"([_/]|\.(?!\d))(?=\w)", r"\1<wbr>", str(escape(name))))


@cache
def file_of(name: str) -> str:
    """The text of a template or style."""
    return (resources.files(__package__) / "templates" / name).read_text(encoding="utf-8")


def sha256(text: str) -> str:
    """The checksum of a script, as a content policy names it."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
