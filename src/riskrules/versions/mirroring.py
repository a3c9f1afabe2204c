"""The last good versions on the host's own disk, so that a restart needs no registry.

A mirror is a small registry: the pointer of one timeline and all that its releases are made of, under the same hashes
and signatures. It lies with the host, as its `Trust` does, and says when it was made: keys and versions that expire
later go on serving from it, since the engine that made it had found them good. What it no longer needs is removed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..base.times import format_instant
from ..engine.source import RefusedError, Timeline
from .canonical import decoded, encoded, instant, members, taken, whole
from .layout import (
    HIGHEST_SEQUENCE,
    MOST_MANIFEST_BYTES,
    MOST_SIGNATURE_BYTES,
    POINTER,
    manifest_path,
    object_path,
    pointer_path,
    signature_path,
)
from .loading import Loader
from .pointing import Pointers
from .storage import Folder, Storage
from .trust import Believing, Trust

if sys.platform != "win32":
    import fcntl

MARKER = "mirror.json"
LOCK = "mirror.lock"
MOST_MARKER_BYTES = 256
FOLDERS = ("objects", "manifests", "signatures", "pointers")

_MARKER = members({"sequence": whole(0, HIGHEST_SEQUENCE), "mirrored_at": instant})


def mirrored_at(folder: Path) -> tuple[int, int] | None:
    """(sequence, when) of the mirror in a folder; None where there is none. RefusedError when it is damaged."""
    try:
        raw = Folder(folder).read(MARKER, MOST_MARKER_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    held = taken(decoded(raw, f"`{MARKER}`"), _MARKER, f"`{MARKER}`")
    return held["sequence"], held["mirrored_at"]


class Mirrorer:
    """Copies from one registry to folders."""

    def __init__(self, storage: Storage, trust: Believing, loader: Loader, pointers: Pointers) -> None:
        self._storage = storage
        self._trust = trust
        self._loader = loader
        self._pointers = pointers

    def mirror(self, folder: Path, timeline: Timeline, now_us: int) -> None:
        """Everything first that the pointer names, then the pointer. Nothing when the folder has a newer one, which
        another process of this machine put there. RefusedError, OSError."""
        if not timeline.sequence:
            return
        target = Folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            try:
                standing = mirrored_at(folder)
            except RefusedError:
                standing = None
            if standing is not None and standing[0] > timeline.sequence:
                return
            kept, pointer = self._copied(target, timeline)
            marker = {"sequence": timeline.sequence, "mirrored_at": format_instant(now_us)}
            target.put(MARKER, encoded(marker))
            target.put(POINTER, pointer)
            _forget(target, kept)
            target.tidy()

    def _copied(self, target: Folder, timeline: Timeline) -> tuple[set[str], bytes]:
        """The paths of what the timeline needs, all of it now in the folder; and its pointer, which is put last."""
        kept: set[str] = set()

        def copy(path: str, content: bytes) -> None:
            kept.add(path)
            try:
                same = target.read(path, len(content)) == content
            except (FileNotFoundError, RefusedError):
                same = False
            if not same:
                target.put(path, content)

        for digest in {release.manifest for release in timeline.releases}:
            manifest = self._loader.manifest(digest)
            for part in manifest.parts:
                path = object_path(part.sha256)
                if path not in kept:
                    copy(path, self._loader.content(part, f"a file of {manifest.shown}"))
            for key in self._trust.keys if isinstance(self._trust, Trust) else ():
                path = signature_path(digest, key)
                if self._storage.exists(path):
                    copy(path, self._storage.read(path, MOST_SIGNATURE_BYTES))
            copy(manifest_path(digest), self._storage.read(manifest_path(digest), MOST_MANIFEST_BYTES))
        pointer = b""
        for sequence in range(max(1, timeline.sequence - 1), timeline.sequence + 1):
            pointer = self._pointers.numbered(sequence).raw
            copy(pointer_path(sequence), pointer)
        return kept, pointer


def _forget(target: Folder, kept: set[str]) -> None:
    """Remove what no longer serves. Only files that a registry lays out are touched."""
    for folder in FOLDERS:
        for name in target.names(folder):
            path = f"{folder}/{name}"
            deeper = folder in ("objects", "signatures")
            for each in [f"{path}/{inner}" for inner in target.names(path)] if deeper else [path]:
                if each not in kept:
                    target.remove(each)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process of this machine at a time."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
