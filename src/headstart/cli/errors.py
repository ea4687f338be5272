"""From exceptions to one message and an exit code."""

from __future__ import annotations

import functools
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..core.errors import HeadstartError, HeadstartWarning
from .voice import tell_error, tell_warning

FAILED, BAD_INPUT, HARM, INTERRUPTED = 1, 2, 3, 130


def guarded(command: Callable[..., int | None]) -> Callable[..., int]:
    """Wrap a command: no traceback for what users can cause, and the right exit code for everything."""

    @functools.wraps(command)
    def run(**options: Any) -> int:
        try:
            with _warnings_said(), _stopped_by_sigterm():
                return command(**options) or 0
        except HeadstartError as error:
            tell_error(str(error))
            return BAD_INPUT
        except KeyboardInterrupt as stop:
            tell_error(f"interrupted; {str(stop) or 'nothing half-written was left'}")
            return INTERRUPTED
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the reader is gone, and Python flushes at exit
            return 0
        except OSError as error:
            from ..run_folder import is_disk_full

            if is_disk_full(error):
                tell_error("the disk is full; nothing half-written was left: make room, then run the command again")
            elif error.filename is not None:
                tell_error(f"{str(error.filename)!r}: {error.strerror}")
            else:
                raise
            return FAILED
        except MemoryError:
            tell_error("the memory is not enough for these rows; take fewer source rows or columns")
            return FAILED

    return run


@contextmanager
def _warnings_said() -> Iterator[None]:
    """Say headstart's own warnings as plain sentences, each once; those of libraries mean nothing to a user here."""
    said: set[str] = set()

    def say(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, HeadstartWarning) and str(message) not in said:
            said.add(str(message))
            tell_warning(str(message))

    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", HeadstartWarning)
            warnings.showwarning = say
        yield


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let a polite kill clean up as Ctrl-C does."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread, as in a test runner or a notebook
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
