"""Redis' protocol (RESP 2), as much of it as a command and its reply need, under a deadline.

A reply is parsed anew from its beginning whenever more of it has come. Ours come in one piece; a server that sends one
byte by byte costs work that the limit on a reply's length and the deadline bound.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

MOST_REPLY_BYTES = 1 << 20
"""No reply of ours comes near; what is longer is not ours."""
MOST_DEPTH = 3
"""Of lists in lists. Ours are two deep."""
RECEIVED_BYTES = 65_536

Reply = int | bytes | list["Reply"] | None
Piece = str | bytes | int
NULL: Reply = None
"""A reply that is there and says nothing, apart from no reply yet."""


class ErrorReply(bytes):
    """An error reply."""


def packed(pieces: Sequence[Piece]) -> bytes:
    """A command as it is sent."""
    parts = [b"*%d\r\n" % len(pieces)]
    for piece in pieces:
        raw = piece if isinstance(piece, bytes) else str(piece).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(parts)


def exchange(sock: socket.socket, request: bytes, deadline: float) -> Reply | ErrorReply:
    """Sends and reads one reply. TimeoutError, OSError, EOFError, ValueError for what is no reply."""
    sock.settimeout(_left(deadline))
    sock.sendall(request)  # its timeout holds for the whole of it
    held = b""
    while True:
        sock.settimeout(_left(deadline))
        more = sock.recv(RECEIVED_BYTES)
        if not more:
            raise EOFError("the server closed it")
        held += more
        if len(held) > MOST_REPLY_BYTES:
            raise ValueError("the reply is too long")
        parsed = _parsed(held, 0, 0)
        if parsed is not None:
            if parsed[1] != len(held):
                raise ValueError("more came than was asked for")
            return parsed[0]


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _parsed(held: bytes, at: int, depth: int) -> tuple[Reply, int] | None:
    """(reply, where it ends), or None while a part of it is still to come."""
    end = held.find(b"\r\n", at)
    if end < 0:
        return None
    mark, head = held[at : at + 1], held[at + 1 : end]
    end += 2
    if mark == b"+":
        return head, end
    if mark == b"-":
        return ErrorReply(head), end
    if mark == b":":
        return int(head), end
    if mark == b"$":
        size = int(head)
        if size < 0:
            return NULL, end
        return (held[end : end + size], end + size + 2) if len(held) >= end + size + 2 else None
    if mark != b"*" or depth > MOST_DEPTH:
        raise ValueError("this is not a reply of a Redis server")
    items: list[Reply] = []
    for _ in range(int(head)):
        item = _parsed(held, end, depth + 1)
        if item is None:
            return None
        items.append(item[0])
        end = item[1]
    return items, end
