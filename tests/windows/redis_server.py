"""A Redis or Valkey server for the tests, and a proxy in front of it that misbehaves when told to."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

START_SECONDS = 20.0
NAMES = ("redis-server", "valkey-server")
CHOSEN = "RISKRULES_REDIS_SERVER"
"""An environment variable that names the program to test against where both are there."""


def server_program() -> str:
    """The server's program; without one the test is skipped by name, but in CI it fails."""
    names = (os.environ[CHOSEN],) if CHOSEN in os.environ else NAMES
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        assert os.environ.get("CI") != "true", "CI needs a redis-server or valkey-server on the path"
        pytest.skip("there is no redis-server or valkey-server on the path")
    return found


class Server:
    """A server on a unix socket of its own, for `with`. Nothing of it is left behind."""

    def __init__(self, *options: str) -> None:
        self._program = server_program()
        self._options = options
        self.folder = Path(tempfile.mkdtemp(prefix="riskrules-redis-"))
        self.socket = self.folder / "socket"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.__exit__, None, None, None)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        atexit.unregister(self.__exit__)
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        command = [self._program, "--port", "0", "--unixsocket", str(self.socket), "--save", "", *self._options]
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_until(self._answers, START_SECONDS)

    def kill(self) -> None:
        """As a power cut would: nothing is saved."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def stop_for_now(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Any:
        import redis

        return redis.Redis(unix_socket_path=str(self.socket), protocol=2)

    def command(self, *pieces: Any) -> Any:
        with self.client() as client:
            return client.execute_command(*pieces)

    def _answers(self) -> bool:
        import redis

        try:
            return bool(self.command("PING"))
        except redis.RedisError:
            return False


class Proxy:
    """A TCP port in front of a server's socket, for `with`.

    `drop_replies` swallows what the server says, `cut_replies` closes after half of it, `drip_seconds` sends it a byte
    at a time, `refuse` closes each new connection. `requests` counts what clients sent, in pieces as they came: a small
    request is one piece.
    """

    def __init__(self, server: Server) -> None:
        self._target = str(server.socket)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"
        self.drop_replies = False
        self.cut_replies = False
        self.refuse = False
        self.drip_seconds = 0.0
        self.requests = 0
        self.connections = 0
        self._open: list[socket.socket] = []

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Closes all connections."""
        while self._open:
            _shut(self._open.pop())

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuse:
                _shut(client)
                continue
            self.connections += 1
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._target)
            except OSError:
                _shut(client)
                _shut(server)
                continue
            self._open += [client, server]
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            threading.Thread(target=self._replies, args=(server, client), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        for piece in _pieces(client):
            self.requests += 1
            if not _sent(server, piece):
                break
        _shut(client)
        _shut(server)

    def _replies(self, server: socket.socket, client: socket.socket) -> None:
        for piece in _pieces(server):
            if self.drop_replies:
                continue
            if self.cut_replies:
                _sent(client, piece[: len(piece) // 2])
                break
            if self.drip_seconds:
                if not all(_sent(client, piece[i : i + 1], self.drip_seconds) for i in range(len(piece))):
                    break
            elif not _sent(client, piece):
                break
        _shut(client)
        _shut(server)


def _pieces(source: socket.socket) -> Any:
    while True:
        try:
            piece = source.recv(65_536)
        except OSError:
            return
        if not piece:
            return
        yield piece


def _sent(to: socket.socket, piece: bytes, after_seconds: float = 0.0) -> bool:
    if after_seconds:
        time.sleep(after_seconds)
    try:
        to.sendall(piece)
    except OSError:
        return False
    return True


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    """How long it took. AssertionError when it does not hold in time."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began
