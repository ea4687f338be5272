"""What is said of an alignment, and how far it can have changed the target's score where no label tells."""

from __future__ import annotations

import numpy as np

NO_SOURCE = "There is no source, so that nothing was aligned."


def largest_change(plain: np.ndarray, aligned: np.ndarray, *, classes: bool) -> float:
    """How much the accuracy, or the root mean squared error, of two sets of predictions can differ at most.

    Of the rows that get two different classes at most one of both is right, so accuracies differ by at most their
    share; by the triangle inequality two root mean squared errors differ by at most that between the predictions.
    """
    if classes:
        return float((plain != aligned).mean())
    return float(np.sqrt(np.mean((plain - aligned) ** 2)))


def said_of(
    aligned: str, signs: tuple[str, ...], known: str | None, change: float, n_rows: int, *, classes: bool
) -> str:
    """A comparison in sentences; ``known`` is what held-out target labels tell, None without such."""
    failed = f"It shows signs of failure: {'; '.join(signs)}." if signs else "It shows no sign of failure."
    if known is not None:
        return f"{aligned}: {known}. {failed}"
    if classes:
        most = f"it gives {change:.1%} of {n_rows} target rows another class than the network without alignment"
        most += f", so that its accuracy on them is at most {100 * change:.1f} points higher or lower"
    else:
        most = f"its root mean squared error on {n_rows} target rows is at most {change:.3g} larger or smaller"
    return f"{aligned}: whether the target gains is not known without its labels; {most}. {failed}"
