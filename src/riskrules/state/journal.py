"""A journal of frames and snapshots beside it, from which a store comes back as it was.

A frame is written with one call before the store changes, so what survives the end of the process is exactly a
prefix of what was recorded. A frame's head has a checksum of its own, so a last frame that was cut short (which a
kill may do) is told from one that was damaged (which it cannot): the first is dropped, the second refused, with the
byte at which it lies. `sync="always"` waits for the disk at every frame, which a power cut asks for; the price is a
thousand times the time.

Files are numbered by generation. Taking a snapshot begins the next journal first, so at every instant the newest
snapshot and the journals from its number on are the whole. A checksum finds damage, not malice: whoever may write in
the folder may write anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import arena
from .arena import Integers
from .store import WindowStoreError

if sys.platform != "win32":
    import fcntl

FORMAT_NUMBER = 2
JOURNAL_MAGIC, SNAPSHOT_MAGIC = b"RRWINJNL", b"RRWINSNP"
JOURNAL_HEAD = struct.Struct("<8sIQQ16sI")
"""Magic, format, generation, first sequence number, secret, checksum of these."""
FRAME_HEAD = struct.Struct("<IQII")
"""Bytes of the payload, sequence number, checksum of the payload, checksum of these."""
SNAPSHOT_HEAD = struct.Struct("<8sIQQII")
"""Magic, format, generation, next sequence number, bytes of the description, number of runs."""
MOST_FRAME_BYTES = 1 << 20
"""A thousand series, each entry of 56 bytes, need far less."""
MOST_DESCRIPTION_BYTES = 1 << 20
MOST_RUNS = 64
DIGEST_BYTES = 16
TEMPORARY = ".unfinished"
_NAME = re.compile(r"windows-(\d{8,12})\.(journal|snapshot)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store held when frame `sequence` was yet to come."""

    generation: int
    sequence: int
    description: Any
    runs: Sequence[Integers] = field(repr=False)


class Journal:
    """The open journal of a folder. Not safe from threads by itself: its store has a lock."""

    def __init__(self, folder: Path, always_sync: bool) -> None:
        """Takes the folder for this process. WindowStoreError when another has it or it cannot be written."""
        self.folder = folder
        self._always_sync = always_sync
        self._file = -1
        self.secret = b""
        self.generation = 0
        self.sequence = 0
        self.size = 0
        self.broken = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "windows.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise WindowStoreError(f"`{folder}` cannot be used for windows: {error}") from error
        if sys.platform != "win32":
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(self._lock)
                raise WindowStoreError(f"another process has the windows in `{folder}` open") from error

    def recover(self, load: Callable[[Snapshot | None, bytes], bytes], apply: Callable[[bytes], None]) -> None:
        """Give what the folder holds to `load`, once, and then each frame's payload to `apply`. A new folder gets a
        new secret. ValueError from either means damage. WindowStoreError names the file and the byte."""
        found: dict[str, set[int]] = {"journal": set(), "snapshot": set()}
        for path in self.folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match:
                found[match[2]].add(int(match[1]))
            elif path.name.startswith("windows-") and path.name.endswith(TEMPORARY):
                path.unlink()
        if not found["journal"] and not found["snapshot"]:
            self.secret = arena.new_secret()
            load(None, self.secret)
            self._begin(0)
            return
        first = max(found["snapshot"], default=0)
        last = max(found["journal"], default=-1)
        for generation in range(first, max(first, last) + 1):
            if generation not in found["journal"]:
                raise WindowStoreError(f"{self._path(generation, 'journal')}: the file is missing")
        if first in found["snapshot"]:
            path = self._path(first, "snapshot")
            snapshot = _read_snapshot(path, first)
            self.sequence = snapshot.sequence
            with _damage_at(path, 0):
                self.secret = load(snapshot, b"")
        for generation in range(first, last + 1):
            self._replay(generation, generation == last, load if generation == first == 0 else None, apply)
        self.generation = last
        self._file = os.open(self._path(last, "journal"), os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self._file, self.size)
        self._forget_before(first)

    def _replay(
        self,
        generation: int,
        may_be_torn: bool,
        load: Callable[[Snapshot | None, bytes], bytes] | None,
        apply: Callable[[bytes], None],
    ) -> None:
        path = self._path(generation, "journal")
        with path.open("rb") as file:
            head = file.read(JOURNAL_HEAD.size)
            if len(head) < JOURNAL_HEAD.size or zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "little"):
                raise WindowStoreError(f"{path}: the file is damaged at byte 0")
            magic, number, named, sequence, secret, _ = JOURNAL_HEAD.unpack(head)
            if magic != JOURNAL_MAGIC or number != FORMAT_NUMBER:
                raise WindowStoreError(f"{path}: this is not a journal of format {FORMAT_NUMBER}")
            if named != generation or sequence != self.sequence or (self.secret and secret != self.secret):
                raise WindowStoreError(f"{path}: it does not belong with the other files of its folder (byte 12)")
            self.secret = secret
            if load is not None:
                load(None, secret)
            self.size = len(head)
            for payload in _frames(path, file, may_be_torn, self.sequence):
                with _damage_at(path, self.size):
                    apply(payload)
                self.sequence += 1
                self.size += FRAME_HEAD.size + len(payload)

    def append(self, payload: bytes) -> None:
        """One frame. WindowStoreError, and then nothing has been written."""
        if self.broken:
            raise WindowStoreError(self.broken)
        head = struct.pack("<IQI", len(payload), self.sequence, zlib.crc32(payload))
        frame = head + zlib.crc32(head).to_bytes(4, "little") + payload
        try:
            written = os.write(self._file, frame)
            if written == len(frame) and self._always_sync:
                os.fsync(self._file)
        except OSError as error:
            self._undo()
            raise WindowStoreError(f"the journal in `{self.folder}` cannot be written: {error}") from error
        if written != len(frame):
            self._undo()
            raise WindowStoreError(f"the journal in `{self.folder}` cannot be written: the disk is full")
        self.size += len(frame)
        self.sequence += 1

    def _undo(self) -> None:
        try:
            os.ftruncate(self._file, self.size)
        except OSError as error:
            self.broken = f"the journal in `{self.folder}` cannot be mended: {error}; open the folder again"

    def rotate(self) -> None:
        """Begin the next generation's journal; the one before is whole on disk first."""
        os.fsync(self._file)
        before = self._file
        try:
            self._begin(self.generation + 1)
        except OSError:
            self._path(self.generation + 1, "journal").unlink(missing_ok=True)  # or a start would find two that go on
            raise
        os.close(before)

    def _begin(self, generation: int) -> None:
        head = JOURNAL_HEAD.pack(JOURNAL_MAGIC, FORMAT_NUMBER, generation, self.sequence, self.secret, 0)[:-4]
        path = self._path(generation, "journal")
        self._write(path, [head + zlib.crc32(head).to_bytes(4, "little")])
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self.generation = generation
        self.size = JOURNAL_HEAD.size

    def write(self, snapshot: Snapshot) -> int:
        """Put a snapshot on disk, then remove what came before it. Needs no lock. Gives its bytes."""
        parts: list[bytes | memoryview] = []
        description = json.dumps(snapshot.description).encode()
        head = SNAPSHOT_HEAD.pack(
            SNAPSHOT_MAGIC,
            FORMAT_NUMBER,
            snapshot.generation,
            snapshot.sequence,
            len(description),
            len(snapshot.runs),
        )
        head += struct.pack(f"<{len(snapshot.runs)}Q", *(run.nbytes for run in snapshot.runs)) + description
        parts += [head, _digest(head)]
        for run in snapshot.runs:
            held = run.data.cast("B")
            parts += [held, _digest(held)]
        self._write(self._path(snapshot.generation, "snapshot"), parts)
        self._forget_before(snapshot.generation)
        return sum(len(part) for part in parts)

    def _write(self, path: Path, parts: Sequence[bytes | memoryview]) -> None:
        """A whole file or none: written beside, and then given its name."""
        beside = path.with_name(path.name + TEMPORARY)
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(file, "wb") as out:
            for part in parts:
                out.write(part)
            out.flush()
            os.fsync(file)
        os.replace(beside, path)
        if sys.platform != "win32":
            directory = os.open(self.folder, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)

    def _forget_before(self, generation: int) -> None:
        for path in self.folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match and int(match[1]) < generation:
                path.unlink()

    def _path(self, generation: int, kind: str) -> Path:
        return self.folder / f"windows-{generation:08d}.{kind}"

    def close(self) -> None:
        """Let go of the files, in this process only."""
        for file in (self._file, self._lock):
            if file >= 0:
                os.close(file)
        self._file = self._lock = -1


def _digest(held: bytes | memoryview) -> bytes:
    return hashlib.blake2b(held, digest_size=DIGEST_BYTES).digest()


@contextlib.contextmanager
def _damage_at(path: Path, byte: int) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise WindowStoreError(f"{path}: the file cannot be used, at byte {byte}: {error}") from error


def _frames(path: Path, file: Any, may_be_torn: bool, sequence: int) -> Iterator[bytes]:
    at = JOURNAL_HEAD.size
    length_of_file = os.fstat(file.fileno()).st_size
    while True:
        head = file.read(FRAME_HEAD.size)
        if not head:
            return
        if len(head) == FRAME_HEAD.size and any(head):
            length, number, checksum, own = FRAME_HEAD.unpack(head)
            if zlib.crc32(head[:-4]) != own or length > MOST_FRAME_BYTES or number != sequence:
                raise WindowStoreError(f"{path}: the file is damaged at byte {at}")
            if at + len(head) + length <= length_of_file:
                payload = file.read(length)
                if zlib.crc32(payload) != checksum:
                    raise WindowStoreError(f"{path}: the file is damaged at byte {at}")
                yield payload
                at += len(head) + length
                sequence += 1
                continue
        elif len(head) == FRAME_HEAD.size and not _only_zeros(file):
            raise WindowStoreError(f"{path}: the file is damaged at byte {at}")
        if not may_be_torn:
            raise WindowStoreError(f"{path}: the file ends too early, at byte {at}")
        return


def _only_zeros(file: Any) -> bool:
    """What a power cut may leave at the end of a file: room that was never written."""
    while piece := file.read(1 << 16):
        if any(piece):
            return False
    return True


def _read_snapshot(path: Path, generation: int) -> Snapshot:
    """All of it is read and found sound before any of it is used."""
    length_of_file = path.stat().st_size
    with path.open("rb") as file:

        def checked(length: int, before: bytes = b"") -> bytes:
            at = file.tell()
            if at + length + DIGEST_BYTES > length_of_file:
                raise WindowStoreError(f"{path}: the file ends too early, at byte {length_of_file}")
            held: bytes = file.read(length)
            if _digest(before + held) != file.read(DIGEST_BYTES):
                raise WindowStoreError(f"{path}: the file is damaged at byte {at}")
            return held

        head = file.read(SNAPSHOT_HEAD.size)
        if len(head) < SNAPSHOT_HEAD.size:
            raise WindowStoreError(f"{path}: the file ends too early, at byte {length_of_file}")
        magic, number, named, sequence, description, count = SNAPSHOT_HEAD.unpack(head)
        if magic != SNAPSHOT_MAGIC or number != FORMAT_NUMBER:
            raise WindowStoreError(f"{path}: this is not a snapshot of format {FORMAT_NUMBER}")
        if description > MOST_DESCRIPTION_BYTES or count > MOST_RUNS or named != generation:
            raise WindowStoreError(f"{path}: the file is damaged at byte 0")
        rest = checked(8 * count + description, head)
        lengths = struct.unpack_from(f"<{count}Q", rest)
        held = [np.frombuffer(checked(length), np.int64) if length % 8 == 0 else None for length in lengths]
        if any(run is None for run in held) or file.tell() != length_of_file:
            raise WindowStoreError(f"{path}: the file is damaged at byte {file.tell()}")
    return Snapshot(generation, sequence, json.loads(rest[8 * count :]), [run for run in held if run is not None])
