"""Downloads: what went wrong, and how to do without; how to keep libraries quiet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
from pathlib import Path
from typing import Any

from ...core.errors import HeadstartError, InputError
from ...core.optional import require


@contextmanager
def fetching(name: str) -> Iterator[None]:
    """Within, the weights of ``name`` come from its hub; an error says how to do without."""
    try:
        yield
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:  # of the file system, the hub, one of several HTTP clients: they have no common base
        raise InputError(
            f"the weights of {name!r} could not be fetched ({_first_line(error)}). If the name is right and this machine "
            "has no way to the hub, fetch the files elsewhere and pass weights=PATH of the folder or file; "
            "pretrained=False gives random weights"
        ) from error


@contextmanager
def quiet_transformers(gguf: bool = False) -> Iterator[None]:
    """Within, the transformers library neither logs nor shows progress; what it found is told in ``notes``."""
    logging: Any = require("transformers.utils.logging", extra="text", purpose="networks of Hugging Face")
    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # The bar of GGUF files asks nobody.
    hush = redirect_stderr(io.StringIO()) if gguf else nullcontext()
    try:
        with hush:
            yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def read_json(place: str, name: str, *, local: bool) -> dict[str, Any]:
    """A JSON file of a folder, or of a repository of the hub; empty where there is none."""
    if local:
        file: Path | None = Path(place) / name
    else:
        hub: Any = require("huggingface_hub", extra="text", purpose="networks of Hugging Face")
        try:
            file = Path(hub.hf_hub_download(place, name))
        except hub.errors.EntryNotFoundError:
            return {}
    return json.loads(file.read_text(encoding="utf-8")) if file is not None and file.is_file() else {}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
