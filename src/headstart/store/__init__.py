"""Save and load fitted models without pickle."""

from __future__ import annotations

from .files import load, read_manifest, save

__all__ = ["load", "read_manifest", "save"]
