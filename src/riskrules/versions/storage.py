"""A folder as a registry needs it: whole files, and the making of a name that nobody else made.

A file is written under a temporary name, synced, and then given its own, so at every instant it is absent, the old one
or the new one, whatever is killed. `create` gives the name by a hard link, which fails where there is one: that is what
decides between two who write at once. The price is that a filesystem without hard links cannot hold a registry.
Reading never follows a size that a file claims: what is larger than it may be is not read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ..engine.source import RefusedError
from .errors import RegistryError

TEMPORARY = "unfinished"
FORGOTTEN_SECONDS = 3_600.0
"""A temporary file that is older was left by somebody who was killed."""

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://.*", re.ASCII | re.DOTALL)


class Storage(Protocol):
    """Files by their path, such as `manifests/….json`. All raise OSError when the place cannot be reached."""

    place: str

    def reach(self) -> None:
        """OSError when there is no such place."""

    def read(self, path: str, most_bytes: int) -> bytes:
        """A whole file. FileNotFoundError; RefusedError when it is larger, or no file."""

    def exists(self, path: str) -> bool: ...

    def put(self, path: str, content: bytes) -> None:
        """Write it whole, in the place of any other."""

    def create(self, path: str, content: bytes) -> None:
        """Write it whole. FileExistsError when there is one, also if somebody else makes it at this moment."""

    def names(self, path: str) -> list[str]:
        """What is called how below a path, in order; none where there is no such path."""

    def tidy(self) -> None:
        """Remove what was left half done long ago."""


def open_storage(place: str | os.PathLike[str]) -> Storage:
    """A folder, or by a URL whatever fsspec reaches. RegistryError when that cannot be."""
    told = os.fspath(place)
    found = _URL.fullmatch(told)
    if found is None:
        return Folder(Path(told))
    if found[1] == "file":
        return Folder(Path(unquote(urlsplit(told).path)))
    from .remote import remote

    return remote(told)


class Folder:
    """A folder on a disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = str(root)

    def reach(self) -> None:
        if not stat.S_ISDIR(os.stat(self.root).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is no folder", self.place)

    def read(self, path: str, most_bytes: int) -> bytes:
        found = os.stat(self.root / path)
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError(f"`{path}` in `{self.place}` is no file")
        if found.st_size <= most_bytes:
            with open(self.root / path, "rb") as file:
                content = file.read(most_bytes + 1)
            if len(content) <= most_bytes:
                return content
        raise too_large(path, self.place, most_bytes)

    def exists(self, path: str) -> bool:
        try:
            os.stat(self.root / path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def put(self, path: str, content: bytes) -> None:
        target = self.root / path
        self._folder(target.parent)
        with self._beside(content) as made:
            os.replace(made, target)
        _sync_folder(target.parent)

    def create(self, path: str, content: bytes) -> None:
        target = self.root / path
        self._folder(target.parent)
        with self._beside(content) as made:
            if os.name == "nt":
                os.rename(made, target)  # refuses to replace
            else:
                try:
                    os.link(made, target)
                except FileExistsError:
                    raise
                except OSError as error:
                    reason = (error.strerror or str(error)).lower()
                    raise OSError(
                        f"`{target}` cannot be made: {reason}; a registry wants a filesystem with hard links"
                    ) from error
        _sync_folder(target.parent)

    def names(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(self.root / path))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def tidy(self) -> None:
        folder = self.root / TEMPORARY
        for name in self.names(TEMPORARY):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - os.stat(folder / name).st_mtime > FORGOTTEN_SECONDS:
                    os.unlink(folder / name)

    def remove(self, path: str) -> None:
        """Of a mirror only: a registry forgets nothing."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.root / path)

    @contextlib.contextmanager
    def _beside(self, content: bytes) -> Iterator[Path]:
        """The content in a file of its own, synced; it is gone afterwards if nothing took it."""
        folder = self.root / TEMPORARY
        self._folder(folder)
        made = folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            try:
                left = memoryview(content)
                while left:
                    left = left[os.write(handle, left) :]
                os.fsync(handle)
            finally:
                os.close(handle)
            yield made
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(made)

    def _folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != self.root:
            self._folder(folder.parent)
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder)
            _sync_folder(folder.parent)
        else:
            folder.mkdir(parents=True, exist_ok=True)


def too_large(path: str, place: str, most_bytes: int) -> RefusedError:
    return RefusedError(f"`{path}` in `{place}` has more than the {most_bytes} bytes that it may have")


def _sync_folder(folder: Path) -> None:
    """So that a name outlives a power cut; Windows has no such call."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


__all__ = ["Folder", "RegistryError", "Storage", "open_storage", "too_large"]
