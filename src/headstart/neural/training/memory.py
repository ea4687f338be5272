"""Whether an error says that memory ran out."""

from __future__ import annotations


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on any device."""
    # torch.OutOfMemoryError is a RuntimeError; other devices, and the CPU, say it in words of their own.
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)
