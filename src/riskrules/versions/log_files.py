"""How a log's files are written: a whole file or the one before, a head behind the others, a folder for one process."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from .log_folder import HEADS, LOCK, UNFINISHED, LogError
from .tokens import SecretError

if sys.platform != "win32":
    import fcntl


def cannot_be_used(folder: Path, error: OSError | SecretError) -> LogError:
    """What went wrong, in one sentence."""
    said = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
    return LogError(f"the log in `{folder}` cannot be used: {said}")


def owned(folder: Path) -> int:
    """Take the folder for this process: the open lock. LogError when another has it or it cannot be written."""
    handle = -1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if sys.platform != "win32":
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise LogError(f"another process has the log in `{folder}` open") from error
    except OSError as error:
        raise cannot_be_used(folder, error) from error
    return handle


def append_head(folder: Path, line: bytes, always: bool) -> None:
    """Behind the other heads, or nothing: the next one follows what stands there. OSError."""
    handle = os.open(folder / HEADS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    whole = os.fstat(handle).st_size
    try:
        _write(handle, line, always)
    except OSError:
        os.ftruncate(handle, whole)
        raise
    finally:
        os.close(handle)


def replace_whole(path: Path, content: bytes, always: bool) -> None:
    """A whole file or the one before. `always`: it is on the disk when this returns. OSError."""
    beside = path.with_name(path.name + UNFINISHED)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write(handle, content, always)
    finally:
        os.close(handle)
    os.replace(beside, path)
    if always and sys.platform != "win32":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _write(handle: int, content: bytes, always: bool) -> None:
    """All of it, or OSError."""
    if os.write(handle, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if always:
        os.fsync(handle)
