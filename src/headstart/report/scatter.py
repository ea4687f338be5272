"""Rows of two domains in two dimensions: shape and colour tell the domain, filling or a number the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from .svg import group, tag

WIDTH, HEIGHT = 640, 480
MARGIN = 22
RADIUS = 7
MOST_GROUPS = 9  # that are told by a number of one digit
THIRDS = ("the lowest third", "the middle third", "the highest third")


def groups_of(labels: Any, classes: Sequence[Any] | None, edges: np.ndarray | None) -> np.ndarray | None:
    """The number of the group of each row: its class, or its third of the numbers; -1 for a class without a number."""
    if labels is None:
        return None
    if edges is not None:
        return np.searchsorted(edges, np.asarray(labels, dtype=float))
    assert classes is not None
    place = {c: k for k, c in enumerate(classes)}
    return np.array([place.get(v, -1) for v in np.asarray(labels).tolist()])


def names_of_groups(picture: Any, task: str | None) -> tuple[list[Any] | None, np.ndarray | None, list[str]]:
    """Classes, or the edges of thirds of numbers, and how the groups are called; the most frequent classes come in."""
    known = [v for v in (picture.target_labels, picture.source_labels) if v is not None]
    if not known:
        return None, None, []
    values = np.concatenate(known)
    if task == "regression":
        return None, np.quantile(values.astype(float), [1 / 3, 2 / 3]), list(THIRDS)
    classes, counts = np.unique(values, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_GROUPS])
    chosen = classes[kept].tolist()
    return chosen, None, [str(c) for c in chosen]


def scatter(picture: Any, task: str | None, words: str) -> Markup:
    """One picture; ``words`` is what a screen reader says."""
    classes, edges, names = names_of_groups(picture, task)
    two = classes is not None and len(classes) == 2
    target, source = _lifted(picture.target, picture.source)
    place = _placer(np.vstack([target, source]))
    parts, means = [], []
    for rows, labels, domain in (
        (source, picture.source_labels, "source"),
        (target, picture.target_labels, "target"),
    ):
        points, of = place(rows), groups_of(labels, classes, edges)
        means.append(
            {} if of is None else {k: points[of == k].mean(axis=0) for k in range(len(names)) if (of == k).any()}
        )
        hollow = (of == 0) if two and of is not None else np.zeros(len(points), dtype=bool)
        for empty in (False, True):
            some = points[hollow == empty]
            if len(some):
                css = f"mark mark-{domain}{' mark-hollow' if empty else ''}"
                parts.append(tag("path", d=_marks(some, domain, RADIUS), class_=css))
    parts += _middles(means[0], means[1], numbered=not two)
    return tag(
        "svg",
        group([tag("title", words), *parts]),
        class_="scatter",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=words,
        focusable="false",
    )


def is_line(picture: Any) -> bool:
    """Whether all rows lie on one line: a space of one column."""
    return bool(np.ptp(np.concatenate([picture.target[:, 1], picture.source[:, 1]])) == 0)


def _lifted(target: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one line lifted off each other, the target's above the source's: heights that mean nothing."""
    if np.ptp(np.concatenate([target[:, 1], source[:, 1]])) > 0:
        return target, source
    wide = np.ptp(np.concatenate([target[:, 0], source[:, 0]])) or 1.0
    rng = np.random.default_rng(0)
    bands = ((target, 0.06, 0.3), (source, -0.3, -0.06))
    above, below = (np.column_stack([m[:, 0], wide * rng.uniform(a, b, len(m))]) for m, a, b in bands)
    return above, below


def _middles(source: dict[int, Any], target: dict[int, Any], *, numbered: bool) -> list[Markup]:
    """The means of each label in both domains, joined; the number stands in that of the target where it has one."""
    parts = [tag("path", d=f"M{_xy(source[k])}L{_xy(target[k])}", class_="mark-bridge") for k in source if k in target]
    for means, domain in ((source, "source"), (target, "target")):
        for k, point in means.items():
            here = numbered and (domain == "target" or k not in target)
            css = f"middle middle-{domain}{'' if numbered or k == 0 else ' middle-full'}"
            parts.append(
                tag(
                    "path",
                    d=_marks(point[None], domain, (15 if domain == "target" else 19) if here else 11),
                    class_=css,
                )
            )
            if here:
                x, y = point
                base = float(y + (6 if domain == "target" else 11))
                parts.append(tag("text", str(k + 1), x=float(x), y=base, text_anchor="middle", class_="middle-word"))
    return parts


def _placer(points: np.ndarray) -> Any:
    """From coordinates to the canvas, one unit as long in both directions; a few far rows stand at the edge."""
    low, high = np.quantile(points, 0.005, axis=0), np.quantile(points, 0.995, axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    size = np.where(high - low > 1e-12, high - low, 1e-12)
    scale = float(np.min(room / size)) if float(size.max()) > 1e-12 else 1.0
    middle = (low + high) / 2

    def place(rows: np.ndarray) -> np.ndarray:
        at = (np.asarray(rows) - middle) * scale * [1, -1] + [WIDTH / 2, HEIGHT / 2]
        return np.clip(at, MARGIN / 2, [WIDTH - MARGIN / 2, HEIGHT - MARGIN / 2])

    return place


def _marks(points: np.ndarray, domain: str, r: int) -> str:
    """Discs for the target, triangles for the source, all in one path."""
    if domain == "target":
        one = f"a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0"
        return "".join(f"M{x - r:.0f} {y:.0f}{one}" for x, y in points)
    half, up = round(1.15 * r), round(2 * r)
    return "".join(f"M{x:.0f} {y - 1.2 * r:.0f}l{half} {up}h-{2 * half}z" for x, y in points)


def _xy(point: Any) -> str:
    return f"{point[0]:.0f} {point[1]:.0f}"


def swatch(domain: str, *, hollow: bool = False) -> Markup:
    """The mark of a domain, for the legend."""
    css = f"mark mark-{domain}{' mark-hollow' if hollow else ''}"
    mark = tag("path", d=_marks(np.array([[10.0, 10.0]]), domain, RADIUS), class_=css)
    return tag("svg", mark, class_="legend-mark", width="18", height="18", viewBox="0 0 20 20", aria_hidden="true")


def spoken(picture: Any, when: str, target: str, source: str) -> str:
    """What a picture shows, in words."""
    T, S = picture.target, picture.source
    spread = float(np.sqrt((T.var(axis=0).sum() + S.var(axis=0).sum()) / 2))
    gap = float(np.linalg.norm(T.mean(axis=0) - S.mean(axis=0)) / (spread or 1.0))
    return (
        f"{when}: {len(T)} rows of {target} as discs and {len(S)} of {source} as triangles, on the two directions in "
        f"which they vary most, {100 * picture.share:.0f}% of the variance. Their means lie {gap:.1f} times their "
        "spread apart."
    )
