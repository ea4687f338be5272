"""An aligned network beside one that was not aligned: what can be said of both, and which of them to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from ..labels import Labels
from ..outputs import outputs_of
from .aligning import Opened, Trained
from .holding import Held, Parts
from .statistics import statistics_of
from .unknown import largest_change, said_of

# Signs of a failed alignment that no target label is needed for: more than this lost of the score on held-out source
# rows, where their losses differ by more than twice the standard error;
WORST_LOSS = 0.05
# no target row in a class that both the source and the other network have at least this share of;
CLASS_SHARE = 0.02
# predicted numbers that vary less than this share of the other network's.
LEAST_SPREAD = 0.25
ALIGNED, UNALIGNED = "aligned", "not aligned"


@dataclass(frozen=True)
class Outcome:
    """The table of both networks, whether the aligned one is to be kept, what speaks against it, and all in words."""

    table: pd.DataFrame
    keep: bool
    against: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class _Seen:
    """What one network says of held-out source rows and of target rows; losses by row where there are labels."""

    source_loss: np.ndarray
    source_score: float
    target_loss: np.ndarray | None
    target_score: float
    predicted: np.ndarray
    entropy: float


def compare(opened: Opened, parts: Parts, plain: Trained, aligned: Trained, device: torch.device, name: str) -> Outcome:
    """Compare two networks on what is held out, and on the target rows they learnt from, whose labels play no part."""
    held = opened.reader.read(parts.source.X, "source")
    mine = None if parts.target is None else opened.reader.read(parts.target.X, "X")
    seen = [_look(opened, parts, trained, held, mine, device) for trained in (plain, aligned)]
    classes = opened.problem.classes
    table = pd.DataFrame([_row(one, seen[0], classes is not None) for one in seen], index=[UNALIGNED, ALIGNED])
    signs = _signs(opened, *seen)
    known = _known(seen, classes is not None)
    change = largest_change(seen[0].predicted, seen[1].predicted, classes=classes is not None)
    if classes is None:
        change *= opened.source_labels.scale
    words = said_of(name, signs, known, change, len(opened.target), classes=classes is not None)
    if known is None:
        return Outcome(table, not signs, signs, words)
    assert seen[1].target_loss is not None and seen[0].target_loss is not None
    if seen[1].target_loss.mean() > seen[0].target_loss.mean():
        return Outcome(table, False, (known, *signs), words)
    # Labels say more than signs.
    return Outcome(table, True, (), words)


def _known(seen: list[_Seen], classes: bool) -> str | None:
    """What held-out target labels tell; None without such."""
    losses = [one.target_loss for one in seen]
    if losses[0] is None or losses[1] is None:
        return None
    what = "squared error of the probabilities" if classes else "squared error"
    return (
        f"on {len(losses[0])} held-out target rows its mean {what} is {losses[1].mean():.3g}, and "
        f"{losses[0].mean():.3g} without alignment"
    )


def _look(opened: Opened, parts: Parts, trained: Trained, held: Any, mine: Any, device: torch.device) -> _Seen:
    network = trained.network.to(device)
    # A network whose batch normalisation follows the target sees source rows with the source's statistics.
    with statistics_of(network, trained.norms, opened.source, device):
        source = outputs_of(network, held, device)
    target = outputs_of(network, opened.target, device)
    source_loss, source_score = _judged(opened, source, parts.source)
    target_loss, target_score = None, np.nan
    if parts.target is not None:
        target_loss, target_score = _judged(opened, outputs_of(network, mine, device), parts.target)
    if opened.problem.classes is None:
        return _Seen(source_loss, source_score, target_loss, target_score, target[:, 0], np.nan)
    p = softmax(target, axis=1)
    entropy = float(-(p * np.log(np.maximum(p, 1e-300))).sum(axis=1).mean())
    return _Seen(source_loss, source_score, target_loss, target_score, target.argmax(axis=1), entropy)


def _judged(opened: Opened, out: np.ndarray, held: Held) -> tuple[np.ndarray, float]:
    """Squared errors by row, and the score: accuracy, or the share of the variance that is explained."""
    if opened.problem.classes is not None:
        truth = np.eye(out.shape[1])[held.y]
        return ((softmax(out, axis=1) - truth) ** 2).sum(axis=1), float((out.argmax(axis=1) == held.y).mean())
    labels: Labels = opened.source_labels
    errors = (out[:, 0] - (held.y - labels.center) / labels.scale) ** 2
    spread = float(np.var(held.y)) / labels.scale**2
    return errors, 1 - float(errors.mean()) / spread if spread > 0 else np.nan


def _row(seen: _Seen, other: _Seen, classes: bool) -> dict[str, float]:
    """A row of the table."""
    row = {
        "source score": seen.source_score,
        "target score": seen.target_score,
        "held-out target rows": 0 if seen.target_loss is None else len(seen.target_loss),
    }
    if not classes:
        together = np.corrcoef(seen.predicted, other.predicted)[0, 1] if _vary(seen, other) else np.nan
        return row | {"agreement": float(together), "spread": float(seen.predicted.std())}
    counts = np.bincount(seen.predicted)
    return row | {
        "agreement": float((seen.predicted == other.predicted).mean()),
        "entropy": seen.entropy,
        "classes predicted": int((counts > 0).sum()),
        "largest share": float(counts.max() / counts.sum()),
    }


def _vary(*seen: _Seen) -> bool:
    return all(len(one.predicted) > 1 and one.predicted.std() > 0 for one in seen)


def _signs(opened: Opened, plain: _Seen, aligned: _Seen) -> tuple[str, ...]:
    said = []
    lost = aligned.source_loss - plain.source_loss
    error = lost.std(ddof=1) / len(lost) ** 0.5 if len(lost) > 1 else np.inf
    if plain.source_score - aligned.source_score > WORST_LOSS and lost.mean() > 2 * error:
        said.append(
            f"on held-out source rows its score is {aligned.source_score:.3f}, and {plain.source_score:.3f} without "
            "alignment"
        )
    classes = opened.problem.classes
    if classes is None:
        spread, other = aligned.predicted.std(), plain.predicted.std()
        if spread < LEAST_SPREAD * other:
            said.append(f"its numbers for the target vary by {spread / other:.2f} of those without alignment")
        return tuple(said)
    n = len(classes)
    shares = [
        np.bincount(codes, minlength=n) / max(len(codes), 1)
        for codes in (aligned.predicted, plain.predicted, opened.source_labels.values)
    ]
    gone = np.flatnonzero((shares[0] == 0) & (shares[1] >= CLASS_SHARE) & (shares[2] >= CLASS_SHARE))
    if len(gone):
        names = ", ".join(repr(c) for c in classes[gone][:5].tolist())
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        said.append(f"it gives no target row the class {names}{more}, which the source and the other network have")
    return tuple(said)
