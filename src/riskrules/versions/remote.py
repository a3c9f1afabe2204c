"""A registry at a URL: whatever fsspec reaches. A put there is taken to be whole by itself, as object stores have it.

`create` asks the filesystem to refuse a name that is taken. Where a filesystem only looks and then writes, two who
write in the same moment may both believe that they were first: let one operator at a time change such a registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.source import RefusedError
from .errors import RegistryError
from .storage import Storage, too_large

INSTALL = 'a registry at a URL wants the package `fsspec`: pip install "riskrules[versions]"'


def remote(url: str) -> Storage:
    """RegistryError when nothing here can reach such a URL."""
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it ships no types
    except ImportError as error:
        raise RegistryError(INSTALL) from error
    try:
        filesystem, root = url_to_fs(url)
    except (ImportError, ValueError, TypeError) as error:
        raise RegistryError(f"`{url}` cannot be used as a registry: {str(error).splitlines()[0].lower()}") from error
    return Remote(url, filesystem, root.rstrip("/"))


class Remote:
    """Files of an fsspec filesystem below a root."""

    def __init__(self, place: str, filesystem: Any, root: str) -> None:
        self.place = place
        self._files = filesystem
        self._root = root

    def reach(self) -> None:
        """A store has no folders of its own: what is not there is not yet there."""

    def read(self, path: str, most_bytes: int) -> bytes:
        with self._reached():
            found = self._files.info(self._at(path))
            if found.get("type") != "file":
                raise RefusedError(f"`{path}` in `{self.place}` is no file")
            if (found.get("size") or 0) > most_bytes:
                raise too_large(path, self.place, most_bytes)
            content = bytes(self._files.cat_file(self._at(path), start=0, end=most_bytes + 1))
        if len(content) > most_bytes:
            raise too_large(path, self.place, most_bytes)
        return content

    def exists(self, path: str) -> bool:
        with self._reached():
            self._files.invalidate_cache()
            return bool(self._files.exists(self._at(path)))

    def put(self, path: str, content: bytes) -> None:
        with self._reached():
            self._files.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(self._at(path), content)

    def create(self, path: str, content: bytes) -> None:
        with self._reached():
            self._files.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(self._at(path), content, mode="create")

    def names(self, path: str) -> list[str]:
        with self._reached():
            self._files.invalidate_cache()
            try:
                listed = self._files.ls(self._at(path), detail=False)
            except FileNotFoundError:
                return []
        return sorted(each.rstrip("/").rpartition("/")[2] for each in listed)

    def tidy(self) -> None:
        """Nothing is ever half done."""

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Whatever a filesystem's own library raises, as OSError."""
        try:
            yield
        except (OSError, RefusedError):
            raise
        except Exception as error:  # every store has errors of its own, and no common one
            told = (str(error).splitlines() or [""])[0]
            raise OSError(f"`{self.place}` cannot be reached: {told}") from error
