"""``save`` and ``load``: fitted models as files, never by pickle."""

from __future__ import annotations

import io
import os
import platform
import warnings
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import HeadstartError, HeadstartWarning, InputError, InputTypeError
from .archive import ARRAYS, FORMAT, FORMAT_VERSION, MODEL, read_archive, write_archive
from .boxes import Packer, Unpacker
from .trees import check_trees
from .trust import is_trusted, names_of

_DAMAGED = "{path!r} cannot be rebuilt into a model ({why}); it is damaged or was tampered with: save the model again"


def save(model: Any, path: str | os.PathLike[str]) -> Path:
    """Save a fitted model as one file that can be loaded without running any code from it.

    Parameters
    ----------
    model : estimator
        Any estimator of headstart or scikit-learn, or one composed of them.
    path : str or path
        The file to write, by custom with the suffix ``.headstart``. An existing file is replaced in one step:
        at no moment is there a half-written file under this name.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Where the model holds something that cannot be saved, such as a function of your own, or the folder
        does not exist.

    Notes
    -----
    The file is a zip of three members: ``manifest.json`` (versions, class, time, the others' checksums),
    ``model.skops`` (the estimators, by skops) and ``arrays.safetensors`` (float arrays of 4 KiB and more that lie
    in row order; others stay with skops, which keeps their order in memory, so that predictions are equal to the
    last bit). pandas objects inside the model are kept as plain arrays.

    Examples
    --------
    >>> import tempfile
    >>> import headstart as hs
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit([[0.0], [1.0], [5.0]], ["low", "low", "high"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = hs.load(hs.save(model, f"{folder}/small.headstart"))
    >>> again.predict([[6.0]]).tolist()
    ['high']
    """
    import skops.io

    if isinstance(model, type) or not hasattr(model, "get_params"):
        raise InputTypeError(
            f"model is {model!r:.60}, of type {type(model).__name__}; expected a fitted estimator, such as "
            "hs.TransferClassifier().fit(X, y, source=source)"
        )
    packer = Packer()
    try:
        content = skops.io.dumps(packer.pack(model))
        # Some objects can be written and not be read again (a lambda, an iterator): better to know it now. The types
        # are those of the object in memory, so all of them can be trusted here.
        skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))
    except HeadstartError:
        raise
    except Exception as error:
        raise InputError(
            f"{type(model).__name__} holds something that cannot be saved ({error}); expected estimators, arrays, "
            "tables and plain values: take out functions, open files and objects of C code"
        ) from error
    members = {MODEL: content}
    if packer.tensors:
        from safetensors.numpy import save as save_tensors

        members[ARRAYS] = save_tensors(packer.tensors)
    write_archive(path, _manifest(model), members)
    return Path(path)


def load(path: str | os.PathLike[str], trusted: Iterable[str | type] = ()) -> Any:
    """Load a model that ``save`` wrote.

    Parameters
    ----------
    path : str or path
        The file.
    trusted : list of str or type, default=()
        Types outside headstart and scikit-learn that the file may hold, as types or by their full name. None by
        default: a file that holds others is refused, with their names. The file itself has no say in this.

    Returns
    -------
    estimator
        The model, as it was when it was saved.

    Raises
    ------
    InputError
        Where there is no such file, it is not a model, is damaged, was tampered with, comes from a newer format,
        or holds types that are not trusted.

    Warns
    -----
    HeadstartWarning
        Where it was saved under another release of scikit-learn, which does not promise equal predictions.

    Notes
    -----
    Loading runs no code from the file. The checksums tell damage and careless changes; they are no signature, and
    whoever can write the file can write them too. Load files from people you trust.

    Examples
    --------
    >>> import headstart as hs
    >>> hs.load("nowhere.headstart")
    Traceback (most recent call last):
    ...
    headstart.core.errors.InputError: there is no model file 'nowhere.headstart'; expected a file written by hs.save
    """
    named = names_of(trusted)
    place = Path(path)
    manifest, members = read_archive(place)
    _warn_of_versions(manifest, place)
    try:
        model = _rebuild(members, named, place)
        check_trees(model)
    except (HeadstartError, MemoryError):
        raise
    except Exception as error:
        raise InputError(_DAMAGED.format(path=str(place), why=f"{type(error).__name__}: {error}"[:200])) from error
    return model


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The manifest of a model file: format, class, versions, time, checksums. Nothing else is read."""
    return read_archive(Path(path), manifest_only=True)[0]


def _rebuild(members: dict[str, bytes], named: frozenset[str], path: Path) -> Any:
    import skops.io

    content = members[MODEL]
    with zipfile.ZipFile(io.BytesIO(content)) as inner:
        if any(i.compress_type != zipfile.ZIP_STORED for i in inner.infolist()):
            raise InputError(f"{str(path)!r} holds a packed archive inside its archive; it was tampered with")
    found = skops.io.get_untrusted_types(data=content)
    accepted = [name for name in found if name in named or is_trusted(name)]
    refused = sorted(set(found) - set(accepted))
    if refused:
        raise InputError(
            f"{str(path)!r} holds types that are neither headstart's nor scikit-learn's: {', '.join(refused)}; "
            f"load it only if you know them and where it comes from: hs.load(path, trusted={refused})"
        )
    with warnings.catch_warnings():
        # scikit-learn's own warning of another version comes once for each part; ours came once for the file.
        from sklearn.exceptions import InconsistentVersionWarning

        warnings.simplefilter("ignore", InconsistentVersionWarning)
        model = skops.io.loads(content, trusted=accepted)
    tensors = {}
    if ARRAYS in members:
        from safetensors.numpy import load as load_tensors

        tensors = {name: np.require(a, requirements="CW") for name, a in load_tensors(members[ARRAYS]).items()}
    return Unpacker(tensors).unpack(model)


def _manifest(model: Any) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "class": f"{type(model).__module__}.{type(model).__qualname__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **versions(),
    }


def versions() -> dict[str, str]:
    """The versions that a model or a run depends on."""
    found = {}
    for package in ("headstart", "scikit-learn", "numpy", "pandas", "scipy", "skops"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # used from a source tree that was never installed
            found[package] = "not installed"
    return {**found, "python": platform.python_version()}


def _warn_of_versions(manifest: dict[str, Any], path: Path) -> None:
    saved, here = str(manifest.get("scikit-learn", "unknown")), version("scikit-learn")
    if saved.split(".")[:2] != here.split(".")[:2]:
        warnings.warn(
            f"{str(path)!r} was saved with scikit-learn {saved} and is loaded with {here}, which does not promise the "
            f"same predictions; fit the model again, or install scikit-learn {saved}",
            HeadstartWarning,
            stacklevel=3,
        )
