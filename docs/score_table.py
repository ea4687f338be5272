"""Put the table of scores into the page about them: it says what the code's own table says."""

from __future__ import annotations

from typing import Any

MARK = "<!-- scores -->"


def table() -> str:
    """One section for each score."""
    from headstart.scores.table import TABLE

    parts = []
    for kind in TABLE:
        labels = " and ".join(kind.tasks) if kind.tasks else kind.needs
        better = "higher" if kind.higher_is_better else "lower"
        asked = "" if kind.default else ", only when asked for"
        parts += [
            f"### `{kind.name}`",
            f"From {kind.needs.replace('_', ' ')}; {labels}; {better} is better{asked}.",
            f"- **Assumes**: {kind.assumes}\n- **Misleads**: {kind.misleads}\n- **Costs**: {kind.cost}",
        ]
    return "\n\n".join(parts)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Replace the mark (called by mkdocs for every page)."""
    return markdown.replace(MARK, table()) if MARK in markdown else markdown
