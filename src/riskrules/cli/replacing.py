"""A file written whole or not at all: beside its place first, then moved there.

An interrupted run leaves the old file as it was. A symbolic link stays one: what it points to is replaced.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .exits import Stop, unreadable


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` when the block ends well. Stop when it cannot be written."""
    target = Path(path).resolve()
    if target.is_dir():
        raise Stop(f"`{path}` is a folder; name a file in it")
    try:
        number, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    except OSError as error:
        raise Stop(unreadable(path, error)) from error
    try:
        with os.fdopen(number, "wb") as out:
            yield out
        _keep_permissions(target, made)
        os.replace(made, target)
    except OSError as error:
        raise Stop(f"`{path}` cannot be written: {(error.strerror or str(error)).lower()}") from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(made)


def replace_file(path: str, content: bytes) -> None:
    """Give `path` other content. Stop when it may not be written."""
    if not os.access(path, os.W_OK):
        raise Stop(f"no permission to write `{path}`; change it with `chmod`, or ask its owner")
    with replacing(path) as out:
        out.write(content)


def _keep_permissions(target: Path, made: str) -> None:
    if target.exists():
        shutil.copymode(target, made)
    else:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(made, 0o666 & ~mask)
