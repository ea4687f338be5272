"""What skops cannot hold (pandas objects) or holds less well (large float arrays), put into plain boxes.

``pack`` returns the model with every such object replaced by a ``Box``, without touching the original; ``unpack``
puts them back. Objects that hold none of them are passed through as they are.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np

from ..core.errors import InputError
from .frames import from_box, is_pandas, to_box
from .kinds import Box

# Below this an array costs less beside its owner than as a tensor with a header entry of its own.
TENSOR_BYTES = 4096


class Packer:
    """Walks over an object and replaces what skops should not see; ``tensors`` collects the large arrays."""

    def __init__(self) -> None:
        self.tensors: dict[str, np.ndarray] = {}
        # id -> (original, packed): the original is kept so that its id stays taken; one object stays one object
        self._done: dict[int, tuple[Any, Any]] = {}
        self._open: set[int] = set()

    def pack(self, value: Any) -> Any:
        """``value`` or, where something in it has to be boxed, a copy with the boxes."""
        if value is None or isinstance(value, (bool, int, float, str, bytes, type)):
            return value if not is_pandas(value) else to_box(value, self.pack)
        if id(value) in self._done:
            return self._done[id(value)][1]
        if id(value) in self._open:
            raise InputError(f"the model holds a {type(value).__name__} that contains itself, which cannot be saved")
        self._open.add(id(value))
        packed = self._pack(value)
        self._open.discard(id(value))
        self._done[id(value)] = (value, packed)
        return packed

    def _pack(self, value: Any) -> Any:
        if callable(getattr(type(value), "to_stored", None)):
            # Objects that hold what no file should, such as a live network, give a copy of plain parts.
            value = value.to_stored()
        if is_pandas(value):
            return to_box(value, self.pack)
        if isinstance(value, np.ndarray):
            return self._pack_array(value)
        if isinstance(value, dict):
            return _rebuilt(value, {k: self.pack(v) for k, v in value.items()})
        if type(value) in (list, tuple, set):
            items = [self.pack(v) for v in value]
            return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
        state = getattr(value, "__dict__", None)
        if type(state) is dict and not callable(getattr(value, "__get__", None)):
            packed = {k: self.pack(v) for k, v in state.items()}
            if any(packed[k] is not v for k, v in state.items()):
                copy = type(value).__new__(type(value))
                copy.__dict__.update(packed)
                return copy
        return value

    def _pack_array(self, array: np.ndarray) -> Any:
        if type(array) is not np.ndarray:
            return array
        if array.dtype == object:
            items = [self.pack(v) for v in array.ravel()]
            if all(a is b for a, b in zip(items, array.ravel(), strict=True)):
                return array
            packed = np.empty(len(items), dtype=object)
            packed[:] = items
            return packed.reshape(array.shape)
        # The order in memory decides the last bit of a product, and safetensors knows only row order.
        native = array.dtype in (np.dtype("<f4"), np.dtype("<f8"))
        if native and array.flags.c_contiguous and array.nbytes >= TENSOR_BYTES:
            name = f"array{len(self.tensors)}"
            self.tensors[name] = array
            return Box("tensor", {"name": name})
        return array


class Unpacker:
    """Puts the objects back where their boxes are, in place."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.tensors = tensors
        self._done: dict[int, tuple[Any, Any]] = {}

    def unpack(self, value: Any) -> Any:
        """``value`` with the boxes in it replaced by what they hold."""
        if value is None or isinstance(value, (bool, int, float, str, bytes, type)):
            return value
        if id(value) in self._done:
            return self._done[id(value)][1]
        self._done[id(value)] = (value, value)
        unpacked = self._unpack(value)
        self._done[id(value)] = (value, unpacked)
        return unpacked

    def _unpack(self, value: Any) -> Any:
        if isinstance(value, Box):
            if value.kind == "tensor":
                return self.tensors[value.parts["name"]]
            return from_box(value, self.unpack)
        if isinstance(value, np.ndarray):
            if value.dtype == object:
                flat = value.reshape(-1)
                for j in range(len(flat)):
                    flat[j] = self.unpack(flat[j])
            return value
        if isinstance(value, dict):
            for key in value:
                dict.__setitem__(value, key, self.unpack(value[key]))
            return value
        if type(value) is list:
            value[:] = [self.unpack(v) for v in value]
            return value
        if type(value) in (tuple, set):
            items = [self.unpack(v) for v in value]
            return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
        state = getattr(value, "__dict__", None)
        if type(state) is dict and not callable(getattr(value, "__get__", None)):
            for key, item in state.items():
                state[key] = self.unpack(item)
        return value


def _rebuilt(original: dict[Any, Any], packed: dict[Any, Any]) -> dict[Any, Any]:
    if all(packed[k] is v for k, v in original.items()):
        return original
    if isinstance(original, defaultdict):
        return defaultdict(original.default_factory, packed)
    if isinstance(original, OrderedDict):
        return OrderedDict(packed)
    if type(original) is dict:
        return packed
    copy = type(original).__new__(type(original))
    dict.update(copy, packed)
    return copy
