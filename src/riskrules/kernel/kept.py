"""Machine code on disk: where it may lie, what it is looked up by, how it is loaded.

A file holds a name and an object file as the processor runs it, so it is taken only from a place that nobody but its
owner and root can write: every folder from the root down is looked at, and so is the file. Such a place is
`RISKRULES_KERNELS`, or `riskrules` in the user's own cache folder; with `RISKRULES_KERNELS` empty, nothing is kept.
Whatever is wrong with the place or the file costs a compilation and nothing else.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import stat
import struct
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

PLACE = "RISKRULES_KERNELS"
MAGIC = b"riskcode"
FILE_FORMAT = 1
HEAD = struct.Struct("<8sII32s")
"""magic, format number, bytes of the name, SHA-256 of the name and the code"""
MOST_BYTES = 2**24
MOST_NAME = 4_096
NEVER_CALLED = (
    "NRT_Free",
    "numba_do_raise",
    "numba_gil_ensure",
    "numba_gil_release",
    "numba_runtime_build_excinfo_struct",
    "numba_unpickle",
)
"""Functions of Numba's that the code names for exceptions, which it never raises."""
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where the function begins, and what keeps it there."""

    address: int
    keeps: Any


def load() -> Loaded | None:
    """The code that was kept for just these sources, versions and processor; None where there is none to be trusted."""
    folder = place()
    if folder is None:
        return None
    found = _read(folder / file_name())
    if found is None:
        return None
    try:
        return _linked(*found)
    except (AttributeError, OSError, RuntimeError, ValueError):
        return None  # a system on which object files cannot be loaded so


def save(name: str, code: bytes) -> None:
    """Keep it for the next process, if there is a place for it."""
    folder = place(make=True)
    if folder is None or HEAD.size + len(name) + len(code) > MOST_BYTES:
        return
    told = name.encode("ascii")
    head = HEAD.pack(MAGIC, FILE_FORMAT, len(told), hashlib.sha256(told + code).digest())
    try:
        handle, part = tempfile.mkstemp(dir=folder, prefix=".part")
        try:
            with open(handle, "wb") as file:
                file.write(head + told + code)
            os.replace(part, folder / file_name())
        except BaseException:
            os.unlink(part)
            raise
    except OSError:
        return  # a full or a read-only disk: the next process compiles too


def place(make: bool = False) -> Path | None:
    """The folder, if it is there (or can be made) and nobody else may write in it or put another in its place."""
    if os.name != "posix":
        return None
    given = os.environ.get(PLACE)
    if given == "":
        return None
    if given is not None:
        folder = Path(given)
    else:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        folder = Path(home) / "riskrules"
    if not folder.is_absolute():
        return None
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = folder.resolve(strict=True)
        safe = all(_is_safe(x) for x in (whole, *whole.parents)) and not _others_may_write(whole.lstat())
    except (OSError, RuntimeError):
        return None
    return whole if safe else None


def _is_safe(folder: Path) -> bool:
    """Whether nobody else can put something of their own in its place: only its owner may write, or, as in `/tmp`, only
    an entry's owner may move it."""
    found = folder.lstat()
    own = found.st_uid in (0, os.getuid()) and stat.S_ISDIR(found.st_mode)
    return own and (not _others_may_write(found) or bool(found.st_mode & stat.S_ISVTX))


def _others_may_write(found: os.stat_result) -> bool:
    return bool(found.st_mode & OTHERS_MAY_WRITE)


def file_name() -> str:
    """Made of all that the code depends on."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for folder in (here, here.parent / "program", here.parent / "schema"):
        for source in sorted(folder.glob("*.py")):
            digest.update(f"{source.name}\0".encode() + source.read_bytes() + b"\0")
    versions = [metadata.version(library) for library in ("numba", "llvmlite", "numpy")]
    told = [sys.version, platform.machine(), sys.platform, *versions, *_processor()]
    digest.update("\0".join(told).encode("utf-8", "surrogateescape"))
    return f"one-{digest.hexdigest()[:40]}.code"


def _processor() -> list[str]:
    from llvmlite import binding  # type: ignore[import-untyped]  # it ships no types

    return [str(binding.get_host_cpu_name()), str(binding.get_host_cpu_features().flatten())]


def _read(path: Path) -> tuple[str, bytes] | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if found.st_uid not in (0, os.getuid()) or _others_may_write(found) or not stat.S_ISREG(found.st_mode):
            return None
        content = file.read(MOST_BYTES + 1)
    if not HEAD.size < len(content) <= MOST_BYTES:
        return None
    magic, number, length, checksum = HEAD.unpack_from(content)
    if (magic, number) != (MAGIC, FILE_FORMAT) or length > MOST_NAME:
        return None
    if hashlib.sha256(content[HEAD.size :]).digest() != checksum:
        return None
    return content[HEAD.size : HEAD.size + length].decode("ascii"), content[HEAD.size + length :]


def _linked(name: str, code: bytes) -> Loaded | None:
    """The code in memory, its calls of the interpreter's C interface resolved."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    abort = ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value
    for symbol in NEVER_CALLED:
        if binding.address_of_symbol(symbol) is None:
            binding.add_symbol(symbol, abort)
    machine = binding.Target.from_default_triple().create_target_machine()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(name)
    return Loaded(address, engine) if address else None
