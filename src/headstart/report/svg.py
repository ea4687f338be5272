"""Marks of scalable vector graphics, placed in percent so that a picture fits every width with text unscaled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape


def tag(name: str, content: Any = "", **attributes: Any) -> Markup:
    """One element; attribute names may end in an underscore (``class_``) and use it for a hyphen."""
    listed = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{listed}>{escape(content)}</{name}>")


def _text(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def group(parts: Iterable[Any]) -> Markup:
    """Elements one after the other."""
    return Markup("").join(parts)


def line(x1: float, y1: Any, x2: float, y2: Any, css: str) -> Markup:
    """A straight line; x in percent, y in pixels or as a percentage in text."""
    return tag("line", x1=pct(x1), y1=y1, x2=pct(x2), y2=y2, class_=css)


def dot(x: float, y: Any, radius: float, css: str) -> Markup:
    """A disc."""
    return tag("circle", cx=pct(x), cy=y, r=radius, class_=css)


def label(x: float, y: Any, text: str, css: str, *, anchor: str = "middle", dx: float = 0, dy: float = 0) -> Markup:
    """A text at a place; ``anchor`` says which part of it stands there."""
    return tag("text", text, x=pct(x), y=y, dx=dx or None, dy=dy or None, text_anchor=anchor, class_=css)


def pct(value: float) -> str:
    """12.345 as "12.35%"."""
    return f"{_text(float(value))}%"


def inside(x: float, *, edge: float = 12) -> str:
    """The anchor with which a text at ``x`` percent does not leave the picture."""
    return "start" if x < edge else "end" if x > 100 - edge else "middle"


def canvas(content: Markup, *, height: int, css: str, title: str | None = None) -> Markup:
    """A picture as wide as its place. With a title it is an image for screen readers, else decoration."""
    spoken = {"role": "img", "aria_label": title} if title else {"aria_hidden": "true"}
    return tag("svg", content, class_=css, width="100%", height=height, focusable="false", **spoken)
