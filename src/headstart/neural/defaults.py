"""How long, in which batches and at which rate to train, where the user does not say.

Few labels need many passes and many labels few, so that steps are counted, not epochs. The figures are conventions
of the field, checked on digits, objects and reviews; each can be set.
"""

from __future__ import annotations

import math

# Steps of a training from pretrained weights, and from random ones. A language model soon knows a few
# texts by heart, and a step of it is dear.
STEPS = {True: 300, False: 900}
LANGUAGE_STEPS = 100
FEWEST_EPOCHS, MOST_EPOCHS = {True: 3, False: 8}, {True: 60, False: 200}

# Rates of AdamW at which backbones are usually fine-tuned, and that of what starts from random weights.
RATES = {"texts": 5e-5, "images": 3e-4}
SCRATCH_RATE = 2e-3
HEAD_RATE = 1e-3
# Adapters start from no change and hold few weights: at the rate of a whole pretrained backbone they stay where they
# are. Larger rates than this are usual too; it is the careful side of them.
ADAPTER_RATE = 1e-3

# Small networks learn small tables by heart long before their epochs are over: they stop after this share of them
# without a better loss on rows held out. With fewer rows too few would be held out to tell.
PATIENCE, LEAST_PATIENCE, FEWEST_TO_STOP = 1 / 4, 5, 20


def batch_size(n_rows: int) -> int:
    """About eight steps an epoch, with 8 to 32 rows each."""
    return min(32, max(8, n_rows // 8))


def epochs(n_rows: int, size: int, pretrained: bool, language: bool = False) -> int:
    """As many epochs as make the usual number of steps, within bounds.

    ``language``: of a pretrained network for texts.
    """
    steps = max(math.ceil(n_rows / size), 1)
    wanted = LANGUAGE_STEPS if language else STEPS[pretrained]
    return min(MOST_EPOCHS[pretrained], max(FEWEST_EPOCHS[pretrained], math.ceil(wanted / steps)))


def patience(kind: str, own: bool, n_rows: int, epochs: int) -> int | None:
    """Epochs without a better held-out loss after which a training stops; None: all epochs on all rows."""
    if kind != "table" or not own or n_rows < FEWEST_TO_STOP:
        return None
    return max(LEAST_PATIENCE, int(PATIENCE * epochs))


def learning_rate(kind: str, pretrained: bool, own: bool, adapter: bool = False) -> float:
    """The rate of the backbone, or of an adapter in it.

    ``own``: a small network of headstart's, which bears large steps, and in which an adapter needs no larger ones.
    """
    if own or not pretrained:
        return SCRATCH_RATE
    return ADAPTER_RATE if adapter else RATES.get(kind, HEAD_RATE)
