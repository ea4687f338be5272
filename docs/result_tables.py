"""Put the measured tables into the benchmarks page: no figure of the documentation is typed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
MARK = "<!-- results -->"


def tables() -> str:
    """Every Markdown table under benchmarks/results, in alphabetical order."""
    found = sorted(RESULTS.glob("*.md"))
    if not found:
        return "No results have been measured yet: `make bench` writes them to `benchmarks/results/`."
    return "\n\n".join(path.read_text(encoding="utf-8").strip() for path in found)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Replace the mark (called by mkdocs for every page)."""
    return markdown.replace(MARK, tables())
