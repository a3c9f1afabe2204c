"""The stores that are compared with the reference, each made fresh for a history.

What a store may let go is set wide open here (keys, ids, the lag of a server's clock), so that whatever it does not
know is a fault; what small stores do is tested apart.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from agreement_run import LATENESS, Make
from direct import DirectWindows
from redis_server import NAMES, Server

from riskrules.state.memory import MemoryWindows
from riskrules.state.redis import RedisWindows
from riskrules.state.store import WindowStore

FOR_EVER = timedelta(days=40 * 365)
PATIENCE = timedelta(seconds=10)
"""A machine that is busy with other tests is not a store that is down."""


@contextmanager
def memory() -> Iterator[WindowStore]:
    """In memory."""
    yield MemoryWindows(lateness=LATENESS, remember_ids=FOR_EVER)


@contextmanager
def direct() -> Iterator[WindowStore]:
    """In memory, by the way that an engine takes."""
    yield DirectWindows(MemoryWindows(lateness=LATENESS, remember_ids=FOR_EVER))


@contextmanager
def kept_direct() -> Iterator[WindowStore]:
    """The same with a journal in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield DirectWindows(MemoryWindows(lateness=LATENESS, remember_ids=FOR_EVER, folder=Path(folder)))


@contextmanager
def kept_memory() -> Iterator[WindowStore]:
    """In memory, with a journal in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield MemoryWindows(lateness=LATENESS, remember_ids=FOR_EVER, folder=Path(folder))


_SERVERS = ExitStack()
_RUNNING: list[Server] = []


@contextmanager
def redis() -> Iterator[WindowStore]:
    """On a server of our own, which is started once and emptied after each history."""
    if not _RUNNING:
        _RUNNING.append(_SERVERS.enter_context(Server()))
    server = _RUNNING[0]
    store = RedisWindows(server.url, timeout=PATIENCE, lag=FOR_EVER, lateness=LATENESS, remember_ids=FOR_EVER)
    try:
        yield store
    finally:
        store.close()
        server.command("FLUSHALL")


def redis_is_here() -> bool:
    """There is a server to be started."""
    return any(shutil.which(name) for name in NAMES)


def stop_servers() -> None:
    _SERVERS.close()
    _RUNNING.clear()


KINDS: dict[str, Make] = {
    "memory": memory,
    "direct": direct,
    "kept memory": kept_memory,
    "kept direct": kept_direct,
    "redis": redis,
}
