"""The model file: one zip with a manifest, the estimators and the large arrays, each member with its checksum."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from .atomic import replacing

MANIFEST = "manifest.json"
MODEL = "model.skops"
ARRAYS = "arrays.safetensors"
FORMAT = "headstart model"
FORMAT_VERSION = 1

_MANIFEST_BYTES = 1 << 20
# Deflate can shrink a member a thousandfold; what a model is made of never comes near a hundredfold.
_MOST_SHRINKAGE = 200
_ALWAYS_FINE = 64 << 20


def write_archive(path: str | Path, manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    """Write the members and a manifest that lists their sizes and SHA-256 sums, whole or not at all."""
    listed = {name: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for name, b in members.items()}
    text = json.dumps({**manifest, "members": listed}, indent=2)
    with replacing(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(MANIFEST, text)
        for name, content in members.items():
            # Floats hardly shrink, and stay readable in place where they are stored as they are.
            how = zipfile.ZIP_STORED if name == ARRAYS else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=how)


def read_archive(path: Path, *, manifest_only: bool = False) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the manifest and the members, each checked against its size and checksum."""
    if not path.exists():
        raise InputError(f"there is no model file {str(path)!r}; expected a file written by hs.save")
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder; expected a model file, such as model.headstart in a run folder")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _read_manifest(archive, path)
            if manifest_only:
                return manifest, {}
            return manifest, _read_members(archive, manifest, path)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise InputError(f"{str(path)!r} {_what_it_is(path)}") from error


def _what_it_is(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        return "is empty; expected a model file written by hs.save"
    if start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05":
        return (
            "is a pickle, which can run any code when it is loaded; headstart never reads one: "
            "fit the model again and save it with hs.save"
        )
    if start[:2] == b"PK":
        return "is damaged (its zip cannot be read); copy it again or save the model again"
    return "is not a model file; expected a file written by hs.save"


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    names = archive.namelist()
    if MANIFEST not in names:
        hint = "a bare skops file" if "schema.json" in names else "a zip without a manifest"
        raise InputError(f"{str(path)!r} is {hint}, not a headstart model; expected a file written by hs.save")
    if archive.getinfo(MANIFEST).file_size > _MANIFEST_BYTES:
        raise InputError(f"{str(path)!r} has a manifest of more than 1 MiB; it is damaged or was tampered with")
    try:
        manifest = json.loads(archive.read(MANIFEST))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{str(path)!r} has a manifest that is not JSON; it is damaged or foreign") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(f"{str(path)!r} is not a headstart model; expected a file written by hs.save")
    version = manifest.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError(f"{str(path)!r} names the format version {version!r}; it is damaged or was tampered with")
    if version > FORMAT_VERSION:
        raise InputError(
            f"{str(path)!r} has format version {version}, and this headstart reads up to {FORMAT_VERSION}; it was "
            f"written by headstart {manifest.get('headstart', 'of a later version')}: upgrade headstart"
        )
    return manifest


def _read_members(archive: zipfile.ZipFile, manifest: dict[str, Any], path: Path) -> dict[str, bytes]:
    listed = manifest.get("members")
    names = archive.namelist()
    if not isinstance(listed, dict) or MODEL not in listed or not set(listed) <= {MODEL, ARRAYS}:
        raise InputError(f"{str(path)!r} lists no model in its manifest; it is damaged or was tampered with")
    if sorted(names) != sorted([MANIFEST, *listed]):
        odd = sorted(set(names) ^ {MANIFEST, *listed}) or sorted(names)
        raise InputError(
            f"{str(path)!r} does not hold what its manifest lists ({', '.join(odd)}); it was tampered with: "
            "take it from where it was written"
        )
    members = {}
    for name, expected in listed.items():
        info = archive.getinfo(name)
        shrinkage = info.file_size / max(info.compress_size, 1)
        if info.file_size > _ALWAYS_FINE and shrinkage > _MOST_SHRINKAGE:
            raise InputError(
                f"{str(path)!r} would unpack {name} to {info.file_size / 2**20:,.0f} MiB, {shrinkage:,.0f} times its "
                "size, which no model does; it was tampered with"
            )
        content = archive.read(info) if info.file_size == expected.get("bytes") else b""
        if hashlib.sha256(content).hexdigest() != expected.get("sha256"):
            raise InputError(
                f"{str(path)!r}: {name} differs from its checksum; the file is damaged or was tampered with: "
                "copy it again or save the model again"
            )
        members[name] = content
    return members
