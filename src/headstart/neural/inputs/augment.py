"""Training images, changed by chance: mirrored, moved."""

from __future__ import annotations

import torch

AUGMENTS = ("none", "flip", "crop")
# How far "crop" moves an image at most, as a share of its sides: 4 of 32 pixels, as is usual.
_MOVE = 0.125


def augmented(batch: torch.Tensor, how: str, generator: torch.Generator) -> torch.Tensor:
    """A batch (n, channels, height, width), each image changed on its own.

    "flip" mirrors half of the images, left to right. "crop" also moves each by up to an eighth of its height and width;
    what would be missing at the border repeats its last pixels.
    """
    if how == "none":
        return batch
    n, _, height, width = batch.shape
    draw = generator.device
    flip = torch.rand(n, generator=generator, device=draw) < 0.5
    columns = torch.arange(width, device=draw).expand(n, width)
    columns = torch.where(flip[:, None], columns.flip(1), columns)
    rows = torch.arange(height, device=draw).expand(n, height)
    if how == "crop":
        down, right = round(_MOVE * height), round(_MOVE * width)
        rows = rows + torch.randint(-down, down + 1, (n, 1), generator=generator, device=draw)
        columns = columns + torch.randint(-right, right + 1, (n, 1), generator=generator, device=draw)
        rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    rows, columns = rows.to(batch.device), columns.to(batch.device)
    batch = batch.gather(2, rows[:, None, :, None].expand_as(batch)) if how == "crop" else batch
    return batch.gather(3, columns[:, None, None, :].expand_as(batch))
