"""Where the files of a model are, what goes wrong with them, and how to keep libraries quiet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from ...core.errors import HeadstartError, InputError
from ...core.optional import require
from .weight_files import refuse_pointer, weight_file

# Seconds in which a hub has to answer.
_PATIENCE = 8.0


def transformers() -> Any:
    """The library."""
    return require("transformers", extra="text", purpose="networks of Hugging Face")


@contextmanager
def fetching(name: str) -> Iterator[None]:
    """Within, the weights of ``name`` come from its hub; an error says how to do without.

    The hub's library tries an address that cannot be reached again and again, for each file. So it is asked once, and
    where it gives no answer files come from this machine's cache or not at all.
    """
    constants: Any = require("huggingface_hub.constants", extra="text", purpose="fetching pretrained networks")
    cut_off = not constants.HF_HUB_OFFLINE and not _answers(constants.ENDPOINT)
    if cut_off:
        constants.HF_HUB_OFFLINE = True
    try:
        yield
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:  # of the file system, the hub, one of several HTTP clients: they have no common base
        why = (
            f"{constants.ENDPOINT} gives no answer, and it is not in the cache here" if cut_off else _first_line(error)
        )
        raise InputError(
            f"{name!r} could not be fetched ({why}). If the name is right and this machine has no way "
            "to the hub, fetch the files elsewhere and pass weights=PATH of the folder or file"
        ) from error
    finally:
        if cut_off:
            constants.HF_HUB_OFFLINE = False


def _answers(address: str) -> bool:
    """Whether anything answers there within some seconds; to look up the name may take longer than any time limit."""
    hub: Any = require("huggingface_hub", extra="text", purpose="fetching pretrained networks")
    answers: list[Any] = []

    def ask() -> None:
        with suppress(Exception):  # of one of several HTTP clients
            answers.append(hub.get_session().head(address, timeout=_PATIENCE))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return bool(answers)


@contextmanager
def reading(name: str, place: str) -> Iterator[None]:
    """Within, files are read; what a library says of damaged ones becomes an error of ours."""
    try:
        yield
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:  # each format has errors of its own
        raise InputError(
            f"{name!r} cannot be opened from {place!r}: {_first_line(error)}. If its files are cut off or damaged, "
            "fetch them again"
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
    if file is None or not file.is_file():
        return {}
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{str(file)!r} is no whole JSON file ({error}); fetch it again") from error


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
        refuse_pointer(path)
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
    file = weight_file(path)
    if file is not None:
        refuse_pointer(file)
    else:
        raise InputError(
            f"the folder {str(path)!r} holds no weights beside its config.json; expected model.safetensors or "
            "pytorch_model.bin: fetch it as well, and pass weights=PATH of the folder that holds all of it"
        )
    return str(path), {"local_files_only": True}
