"""Where the files of a model are, what goes wrong with them, and how to keep libraries quiet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
from pathlib import Path
from typing import Any

from ...core.errors import HeadstartError, InputError
from ...core.optional import require
from .weight_files import weight_file


def transformers() -> Any:
    """The library."""
    return require("transformers", extra="text", purpose="networks of Hugging Face")


@contextmanager
def fetching(name: str) -> Iterator[None]:
    """Within, the weights of ``name`` come from its hub; an error says how to do without."""
    try:
        yield
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:  # of the file system, the hub, one of several HTTP clients: they have no common base
        raise InputError(
            f"{name!r} could not be fetched ({_first_line(error)}). If the name is right and this machine has no way "
            "to the hub, fetch the files elsewhere and pass weights=PATH of the folder or file"
        ) from error


@contextmanager
def reading(name: str, place: str) -> Iterator[None]:
    """Within, files are read; what a library says of damaged ones becomes an error of ours."""
    try:
        yield
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:  # each format has errors of its own
        raise InputError(f"{name!r} cannot be opened from {place!r}: {_first_line(error)}") from error


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


def place_of(place: str, local: bool) -> tuple[str, dict[str, Any]]:
    """Folder or repository, and how to read it; nothing is fetched where it is local."""
    if not local:
        return place, {}
    path = Path(place)
    if not path.exists():
        raise InputError(
            f"weights={place!r}: no such file or folder; pass the path of a folder of Hugging Face or a GGUF file"
        )
    if path.suffix == ".gguf":
        for module in ("gguf", "accelerate"):
            require(module, extra="text", purpose="opening a GGUF file")
        return str(path.parent), {"gguf_file": path.name, "local_files_only": True}
    if path.is_file():
        path = path.parent
    if not (path / "config.json").is_file():
        raise InputError(
            f"{place!r} has no config.json, so which network it is can't be told; expected a folder of Hugging Face "
            "(config.json, model.safetensors, the files of the tokenizer), or a GGUF file"
        )
    if weight_file(path) is None:
        raise InputError(
            f"the folder {str(path)!r} holds no weights beside its config.json; expected model.safetensors or "
            "pytorch_model.bin: fetch it as well, and pass weights=PATH of the folder that holds all of it"
        )
    return str(path), {"local_files_only": True}
