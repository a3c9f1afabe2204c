"""The log that a host keeps of its decisions: each one appended, chained to the one before, and signed for in time.

An append is one write of whole lines, before it returns, so the end of the process loses nothing that was appended;
`sync="always"` waits for the disk as well, which a power cut asks for, and costs a thousand times as much. A head is
signed every so many records or seconds, and when the log is opened, goes on in another file, or is closed: what came
after the last head is chained and not signed for yet. Where the disk is full, LogError says so, the line is taken back
and the decision stands: whether it may go out without a record is the host's to say.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ..base.forks import ForkLock
from ..engine.decision import Decision
from .keys import SigningKey
from .log_chain import Head, linked, signed_head
from .log_files import append_head, cannot_be_used, owned, replace_whole
from .log_folder import HEAD, MOST_SEGMENTS, LogError, segment_path
from .log_opening import Found, found_in, header
from .log_records import Basis, Records
from .tokens import SecretError, read_secret

if TYPE_CHECKING:
    from ..engine.serving import Serving

SEGMENT_BYTES = 64 * 1024 * 1024
"""Of one file, some 150,000 decisions: what is read again when a log is opened, in about a second."""
SIGN_EVERY = 1_000
SIGN_SECONDS = 5.0
"""After so many records, or so long after the last head, the next append signs one: 0.2 ms."""


class DecisionLog:
    """A log in a folder, for one process. Safe from threads; `with` closes it.

    `key` signs the heads. `secret` makes the tokens that stand for accounts: 32 bytes or more, or the file that holds
    them in base64 and that only the host may read (`riskrules log secret FILE` makes one). `sync`: "process" or
    "always". `segment_bytes`: after so many the log goes on in another file. `sign_every`, `sign_seconds`: when a head
    is due. LogError when the folder cannot be written, another process has it open, it holds another key's log, or its
    end is damaged.
    """

    _segment: int
    _size: int
    _lines: int
    _number: int
    _hash: bytes
    _before: str
    _head: Head
    _tried: int
    _due: float

    def __init__(
        self,
        folder: str | Path,
        *,
        key: SigningKey,
        secret: bytes | str | Path,
        sync: str = "process",
        segment_bytes: int = SEGMENT_BYTES,
        sign_every: int = SIGN_EVERY,
        sign_seconds: float = SIGN_SECONDS,
    ) -> None:
        if sync not in ("process", "always"):
            raise ValueError(f'`sync` is "process" or "always", not {sync!r}')
        if segment_bytes < 1 or sign_every < 1 or not sign_seconds > 0:
            raise ValueError("`segment_bytes`, `sign_every` and `sign_seconds` are above zero")
        self.folder = Path(folder)
        self._key, self._always = key, sync == "always"
        self._segment_bytes, self._sign_every, self._sign_seconds = segment_bytes, sign_every, sign_seconds
        self._pid = os.getpid()
        self._lock = ForkLock()
        self._making = ForkLock()
        self._broken = ""
        self._file = -1
        self._told: set[int] = set()
        self._owned = owned(self.folder)
        try:
            found = found_in(self.folder, key.public)
            self.id = found.id
            self._records = Records(secret if isinstance(secret, bytes) else read_secret(secret), found.id)
            self._go_on(found)
        except LogError:
            self._let_go()
            raise
        except (OSError, SecretError) as error:
            self._let_go()
            raise cannot_be_used(self.folder, error) from error

    @property
    def number(self) -> int:
        """Decisions in the log."""
        return self._number

    @property
    def unsigned(self) -> int:
        """Decisions after the last head."""
        return self._number - self._head.number

    @property
    def head(self) -> Head:
        """The last signed head. A copy of it elsewhere shows later whether the log was put back."""
        return self._head

    def append(self, decision: Decision) -> int:
        """Write a decision down; its number, counted from one. LogError when it cannot be written: then it is not in
        the log, and the next may be tried."""
        try:
            basis = self._basis(decision.facts.serving)
            rest = self._records.body(decision, basis)
        except SecretError as error:
            raise LogError(str(error)) from error
        with self._lock.held:
            self._check()
            if self._size >= self._segment_bytes:
                self._next_segment()
            number = self._number + 1
            bodies = [b'{"kind":"decision","number":%d,%b' % (number, rest)]
            if basis.number not in self._told:
                bodies.insert(0, basis.body)
            self._write(bodies)
            self._number = number
            self._told.add(basis.number)
            if number - self._tried >= self._sign_every or time.monotonic() >= self._due:
                self._try_to_sign()
            return number

    def sign(self) -> Head:
        """Sign for all that was appended. LogError when the head cannot be written."""
        with self._lock.held:
            self._check()
            if self._head.lines != self._lines:
                self._sign()
            return self._head

    def close(self) -> None:
        """Sign, and let go of the folder; again is fine. LogError when the last head cannot be written: the records
        are there, and the next who opens the log signs for them."""
        with self._lock.held:
            if self._file < 0:
                return
            try:
                if os.getpid() == self._pid and not self._broken:
                    self._sign(closed=True)
            finally:
                self._let_go()

    def __enter__(self) -> DecisionLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<DecisionLog {self.folder}, {self._number} decisions>"

    # -- within the lock -----------------------------------------------------------------------
    def _check(self) -> None:
        if os.getpid() != self._pid:
            raise LogError("this log was opened before a fork: let each process open one of its own, in its own folder")
        if self._broken:
            raise LogError(self._broken)
        if self._file < 0:
            raise LogError("this log is closed")

    def _basis(self, serving: Serving) -> Basis:
        with self._making.held:
            return self._records.basis(serving)

    def _write(self, bodies: list[bytes]) -> None:
        """Lines, all or none."""
        digest, lines = self._hash, []
        for body in bodies:
            line, digest = linked(digest, body)
            lines.append(line)
        content = b"".join(lines)
        problem = ""
        try:
            if os.write(self._file, content) != len(content):
                problem = "the disk is full"
            elif self._always:
                os.fsync(self._file)
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
        if problem:
            self._undo()
            raise LogError(f"the log in `{self.folder}` cannot be written: {problem}")
        self._size += len(content)
        self._lines += len(lines)
        self._hash = digest

    def _undo(self) -> None:
        try:
            os.ftruncate(self._file, self._size)
        except OSError as error:
            self._broken = f"the log in `{self.folder}` cannot be mended: {error.strerror}; open it again"

    def _try_to_sign(self) -> None:
        """What cannot be signed for now is tried again later, and by `close` at the latest; the records are there."""
        self._tried, self._due = self._number, time.monotonic() + self._sign_seconds
        try:
            self._sign()
        except LogError:
            return

    def _sign(self, closed: bool = False) -> None:
        now = time.time_ns() // 1_000
        told = Head(self.id, self._lines, self._number, self._hash.hex(), now, self._before, closed)
        head = signed_head(self._key, told)
        try:
            if self._always:
                os.fsync(self._file)
            append_head(self.folder, head.line, self._always)
            self._before = head.digest
            replace_whole(self.folder / HEAD, head.line, self._always)
            self._head = head
        except OSError as error:
            raise cannot_be_used(self.folder, error) from error
        self._tried, self._due = self._number, time.monotonic() + self._sign_seconds

    # -- segments ------------------------------------------------------------------------------
    def _go_on(self, found: Found) -> None:
        """Begin a segment of this process's own behind what is there, and sign for all of it."""
        self._hash, self._lines, self._number = found.hash, found.lines, found.number
        self._before, self._segment = found.heads_digest, found.segment
        self._tried = found.number
        self._begin(found.told)
        self._sign()

    def _next_segment(self) -> None:
        """The file before is signed for, and whole on the disk, before the next begins."""
        self._try_to_sign()
        before = self._file
        try:
            os.fsync(before)
            self._begin({})
        except OSError as error:
            segment_path(self.folder, self._segment + 1).unlink(missing_ok=True)  # this one goes on first
            raise cannot_be_used(self.folder, error) from error
        os.close(before)

    def _begin(self, told: dict[str, object]) -> None:
        number = self._segment + 1
        if number > MOST_SEGMENTS:
            raise LogError(f"a log has at most {MOST_SEGMENTS:_} files; begin another in a new folder")
        body = header(self.id, number, self._lines + 1, self._number, self._hash, self._key.public, told)
        line, digest = linked(self._hash, body)
        path = segment_path(self.folder, number)
        replace_whole(path, line, self._always)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._segment, self._size, self._hash = number, len(line), digest
        self._lines += 1
        self._told = set()

    def _let_go(self) -> None:
        for handle in (self._file, self._owned):
            if handle >= 0:
                os.close(handle)
        self._file = self._owned = -1
