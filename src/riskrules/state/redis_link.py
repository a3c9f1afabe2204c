"""Calls to a Redis server that end in time.

A payment waits for its decision, so a call has a deadline for all of it: to get a connection, to send, and to have the
whole reply. redis-py's timeouts hold for each wait on the socket, so a reply that drips in, a slow name server or a
handshake that hangs could take many times as long. So redis-py opens and authenticates connections (it knows TLS, unix
sockets, users and Sentinel), in threads of their own; what goes over them is written and read here, under one
deadline. The price is a page that knows Redis' protocol (`redis_wire.py`).

Nothing is sent twice, but for a script that the server says it does not have: it did not run then. After a call that
did not end well its connection is closed, so a reply that comes late is never taken for another's.

A server that failed several times in a row is left alone for a second, then asked by one call; when that succeeds all
go on. So it is used again a second after it is well. Without a call nothing happens; there is no thread that pings.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import select
import socket
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from .redis_wire import ErrorReply, Piece, Reply, exchange, packed

MOST_CONNECTIONS = 64
"""Open at once in a process. More threads than these share them, and wait for one until their deadline."""
FAILURES_TO_OPEN = 5
"""In a row. Fewer, and one slow save of the server's would switch windows off."""
PAUSE_SECONDS = 1.0
"""How long a failing server is left alone: one payment a second waits in vain for it."""
OPEN_SECONDS = 2.0
"""Longest wait for a connection to open. The call that wanted it has given up long before; a later one finds it."""

_WITHIN_SCRIPT = re.compile(r"^ERR Error running script.*: -([A-Z]+) ")


class Unreachable(Exception):
    """No answer, or one that says that the server cannot serve now. The text is a sentence for people."""


class Refused(Unreachable):
    """The server answered, and would not. `word` is the first of its answer, such as OOM; Redis 6.2 puts what a script
    met behind words of its own."""

    def __init__(self, words: str) -> None:
        super().__init__(f"the server refused: {words}")
        within = _WITHIN_SCRIPT.search(words)
        self.word = within[1] if within else words.partition(" ")[0]


class Script:
    """A Lua script and the name that the server gives it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.name = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324  # Redis names scripts so, it protects nothing


class Breaker:
    """Whether to ask the server at all. Safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._asked_again_at = 0.0

    def admits(self) -> bool:
        """False while the server is left alone. True for one call a pause then, which must report how it went."""
        if self._failures < FAILURES_TO_OPEN:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._asked_again_at:
                return False
            self._asked_again_at = now + PAUSE_SECONDS
            return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._asked_again_at = time.monotonic() + PAUSE_SECONDS


class Link:
    """Connections to one server. `make` gives a redis-py connection that is not open yet."""

    def __init__(self, make: Callable[[], Any], timeout_seconds: float) -> None:
        self._make = make
        self._timeout_seconds = timeout_seconds
        self._begin()
        _links.add(self)

    def _begin(self) -> None:
        """Also in a forked child: its parent's connections are the parent's alone."""
        self._idle: list[Any] = []
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self.breaker = Breaker()

    def deadline(self) -> float:
        """When a call that begins now must have ended, on the monotonic clock."""
        return time.monotonic() + self._timeout_seconds

    def run(self, script: Script, keys: Sequence[bytes], arguments: Sequence[Piece], deadline: float) -> Reply:
        """What the script returns. Unreachable when it did not in time, and at once while the breaker is open."""
        if not self.breaker.admits():
            raise Unreachable("the store failed several times in a row and is left alone for a second")
        try:
            reply = self._run(script, [str(len(keys)), *keys, *arguments], deadline)
        except Refused as refusal:
            # A server that is full or waits for its replicas still reads.
            if refusal.word in REFUSES_WRITES:
                self.breaker.succeeded()
            else:
                self.breaker.failed()
            raise
        except Unreachable:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return reply

    def _run(self, script: Script, rest: list[Piece], deadline: float) -> Reply:
        try:
            return self.command(["EVALSHA", script.name, *rest], deadline)
        except Refused as refusal:
            if refusal.word != "NOSCRIPT":
                raise
        self.command(["SCRIPT", "LOAD", script.text], deadline)
        return self.command(["EVALSHA", script.name, *rest], deadline)

    def command(self, pieces: Sequence[Piece], deadline: float) -> Reply:
        """One command's reply. `deadline` on the monotonic clock. Unreachable, whatever went wrong."""
        room = self._room
        if not room.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise Unreachable("the store has no free connection")
        try:
            connection = self._idle_connection() or self._opened(deadline)
            try:
                reply = exchange(connection._sock, packed(pieces), deadline)
            except TimeoutError as slow:
                _close(connection)
                raise Unreachable(f"the store did not answer within {self._timeout_seconds * 1000:.0f} ms") from slow
            except (OSError, EOFError, ValueError) as broken:
                _close(connection)
                raise Unreachable(f"the connection to the store broke: {broken}") from broken
            except BaseException:  # such as an interrupt from the keyboard: a reply may still come
                _close(connection)
                raise
            if isinstance(reply, ErrorReply):
                refusal = Refused(reply.decode("utf-8", "replace"))
                self._idle.append(connection)
                if refusal.word == "READONLY":  # the primary moved: ask anew where it is
                    self.close()
                raise refusal
            self._idle.append(connection)
            return reply
        finally:
            room.release()

    def close(self) -> None:
        """Closes the connections that nobody uses now."""
        while self._idle:
            _close(self._idle.pop())

    def _idle_connection(self) -> Any:
        """One that the server did not close meanwhile, or None. The last used comes first."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if _is_quiet(connection._sock):
                return connection
            _close(connection)

    def _opened(self, deadline: float) -> Any:
        """A new connection. One that opens after the deadline is kept for the next call."""
        opening = _Opening(self._make)
        thread = threading.Thread(target=opening.run, args=(self._idle,), name="riskrules-redis-opening", daemon=True)
        try:
            thread.start()
        except RuntimeError as full:
            raise Unreachable("no thread could be started to open a connection") from full
        return opening.wait(deadline)


class _Opening:
    """A connection that a thread opens and another waits for."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._connection: Any = None
        self._problem = ""
        self._given_up = False

    def run(self, idle: list[Any]) -> None:
        connection = None
        problem = ""
        try:
            connection = self._make()
            connection.connect()
        except Exception as error:  # noqa: BLE001  # whatever redis-py, TLS or a name server raise, it is not open
            problem = f"{error}" or "no reason was given"
            connection = None
        with self._lock:
            self._connection, self._problem = connection, problem
            self._ended.set()
            if connection is not None and self._given_up:
                if len(idle) < MOST_CONNECTIONS:
                    idle.append(connection)
                else:
                    _close(connection)

    def wait(self, deadline: float) -> Any:
        self._ended.wait(max(0.0, deadline - time.monotonic()))
        with self._lock:
            if not self._ended.is_set():
                self._given_up = True
                raise Unreachable("the store did not accept a connection in time")
            if self._connection is None:
                raise Unreachable(f"the store cannot be reached: {self._problem}")
            return self._connection


REFUSES_WRITES = frozenset({"OOM", "MISCONF", "NOREPLICAS"})
"""What a server says that cannot write now and can read."""


def _is_quiet(sock: socket.socket | None) -> bool:
    """Open, and nothing to read: an end or a reply that nobody waits for would be readable."""
    if sock is None or sock.fileno() < 0:
        return False
    if not hasattr(select, "poll"):  # Windows
        return not select.select([sock], [], [], 0)[0]
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return not poll.poll(0)


def _close(connection: Any) -> None:
    with contextlib.suppress(Exception):  # it is of no use any more, whatever is wrong with it
        connection.disconnect()


_links: weakref.WeakSet[Link] = weakref.WeakSet()


def _in_forked_child() -> None:
    for link in list(_links):
        link._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_forked_child)
