"""The reader of torch Datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch.utils.data import TensorDataset, default_collate

from ...core.errors import HeadstartError, InputError, InputTypeError
from ...core.rows import is_dataset
from .base import Batch
from .rows import View, check_places, pick


@dataclass(frozen=True)
class DatasetReader:
    """Reads a torch Dataset whose items are ``(x, y)`` or ``x``, as it gives them.

    Nothing is scaled, since a Dataset prepares its own items (numbers of 64 bits become those of 32), and nothing is
    kept in memory, since it may draw them anew each time. Items are asked for one by one; those of a TensorDataset at
    once.

    Parameters
    ----------
    item_shape : tuple of int, default=None
        Shape of ``x``, empty for a dict. None: that of the first item of the training rows.
    whole : bool, default=False
        Whether ``x`` holds whole numbers, such as pixels of 8 bits or tokens; told by ``fit``.

    Examples
    --------
    >>> import torch
    >>> from torch.utils.data import TensorDataset
    >>> from headstart.neural.inputs import DatasetReader
    >>> data = TensorDataset(torch.zeros(10, 3, 8, 8), torch.arange(10))
    >>> reader = DatasetReader().fit(data)
    >>> reader.shape, reader.read(data).batch([4, 2]).shape
    ((3, 8, 8), torch.Size([2, 3, 8, 8]))
    """

    item_shape: tuple[int, ...] | None = None
    whole: bool = False

    kind: ClassVar[str] = "dataset"

    @property
    def is_fitted(self) -> bool:
        """Whether it can read."""
        return self.item_shape is not None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one ``x``; empty for a dict of several."""
        if self.item_shape is None:
            raise InputError("this DatasetReader is not fitted; expected reader.fit(X) before")
        return self.item_shape

    def fit(self, X: Any, source_blocks: Sequence[Any] = ()) -> DatasetReader:
        """Look at the first item of each domain; returns another reader."""
        shape = _shape(_first(X, "X"))
        for k, block in enumerate(source_blocks, start=1):
            found = _shape(_first(block, f"X of source {k}"))
            if found != shape:
                raise InputError(
                    f"source {k} gives items of shape {found} and the target {shape}; expected the same shape: let "
                    "both datasets resize their items alike"
                )
        first = _first(X, "X")
        whole = not isinstance(first, dict) and not torch.as_tensor(first).is_floating_point()
        return replace(self, item_shape=shape, whole=whole)

    def read(self, X: Any, what: str = "X") -> DatasetRows:
        """Check the first item; the others are asked for by ``batch``."""
        found = _shape(_first(X, what))
        if found != self.shape:
            raise InputError(f"{what} gives items of shape {found}; expected {self.shape}, as in training")
        return DatasetRows(X)

    def to_plain(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """A JSON-able dict, and no arrays."""
        return {
            "type": "dataset",
            "item_shape": None if self.item_shape is None else list(self.item_shape),
            "whole": self.whole,
        }, {}

    @classmethod
    def from_plain(cls, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> DatasetReader:
        """The reader that ``to_plain`` described."""
        return cls(None if plain["item_shape"] is None else tuple(plain["item_shape"]), plain["whole"])


class DatasetRows(View):
    """The items of a Dataset."""

    def __init__(self, dataset: Any) -> None:
        super().__init__(len(dataset))
        self.dataset = dataset

    def batch(self, index: Any, device: Any = "cpu", generator: torch.Generator | None = None) -> Batch:
        """The ``x`` of the items at ``index``; ``generator`` plays no part, since a Dataset draws its own."""
        places = self._places(index)
        if isinstance(self.dataset, TensorDataset):
            return _narrow(pick(self.dataset.tensors[0], places)).to(device)
        check_places(places, self._n_rows)
        items = [_x(_item(self.dataset, row), row, "X") for row in places.tolist()]
        try:
            batch = default_collate(items)
        except RuntimeError as error:
            shapes = sorted({str(tuple(np.shape(item))) for item in items})
            raise InputError(
                f"the dataset gives items of several shapes ({', '.join(shapes[:3])}); expected one: let it resize or "
                "pad them"
            ) from error
        if isinstance(batch, dict):
            return {k: _narrow(v).to(device) for k, v in batch.items()}
        return _narrow(batch).to(device)


def _narrow(x: torch.Tensor) -> torch.Tensor:
    """Floats of NumPy's 64 bits as the 32 of a network's weights."""
    return x.to(torch.float32) if x.dtype == torch.float64 else x


def _item(dataset: Any, row: int) -> Any:
    try:
        return dataset[row]
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:  # the user's own code
        raise InputError(
            f"the dataset {type(dataset).__name__} raised {type(error).__name__} at row {row}: {error}; expected an "
            "item: mend or leave out that row"
        ) from error


def labels_of(dataset: Any) -> np.ndarray | None:
    """The ``y`` of a Dataset whose items are ``(x, y)``; None where they are ``x`` alone.

    Every item is asked for, one by one; those of a TensorDataset at once.
    """
    _first(dataset, "X")
    if isinstance(dataset, TensorDataset):
        return dataset.tensors[1].numpy() if len(dataset.tensors) == 2 else None
    if not isinstance(dataset[0], (tuple, list)) or len(dataset[0]) == 1:
        return None
    return np.array([y.item() if hasattr(y, "item") else y for y in (dataset[row][1] for row in range(len(dataset)))])


def _first(X: Any, what: str) -> Any:
    if not is_dataset(X):
        raise InputTypeError(
            f"{what} is of type {type(X).__name__}; expected a torch Dataset with __len__ and __getitem__, as "
            "in training"
        )
    if len(X) == 0:
        raise InputError(f"{what} has no rows; expected at least one item")
    return _x(_item(X, 0), 0, what)


def _x(item: Any, row: int, what: str) -> Any:
    if isinstance(item, (tuple, list)):
        if len(item) not in (1, 2):
            raise InputError(f"{what} gives {len(item)} parts at row {row}; expected items (x, y) or x")
        item = item[0]
    if isinstance(item, (torch.Tensor, np.ndarray, np.number, int, float)):
        return item
    if isinstance(item, Mapping) and item and all(isinstance(v, (torch.Tensor, np.ndarray)) for v in item.values()):
        return dict(item)
    raise InputTypeError(
        f"{what} gives x of type {type(item).__name__} at row {row}; expected a tensor, an array, or a dict of them: "
        "let the dataset make tensors, such as with transform=torchvision.transforms.ToTensor()"
    )


def _shape(x: Any) -> tuple[int, ...]:
    return () if isinstance(x, dict) else tuple(int(n) for n in np.shape(x))
