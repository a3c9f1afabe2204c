"""The chain of a log: each line carries a hash of itself and of the line before, and some of them are signed for.

A line is a JSON object whose last member is `hash`: SHA-256 of the hash before it and of the line's bytes up to there.
So an edit, a line more, less or elsewhere breaks the chain at that place; and whoever works out all hashes anew from
there on meets a head: the hash at one line, signed. What comes after the last head is chained and not yet signed for,
so nobody can prove that nothing was cut off there; that is the price of not signing each record (80 µs).

Heads are chained too, and each states how many lines the log had. `HEAD` is the last of them in a file of its own, for
whoever keeps a copy elsewhere: against a log that was put back as a whole, only a copy elsewhere helps.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from .keys import SigningKey, is_signed

FORMAT_NUMBER = 1
PURPOSE = "log head"
START = b"\0" * 32
"""The hash before the first line."""
MOST_LINE_BYTES = 1 << 22
"""A decision of a thousand columns and a hundred notices needs far less."""
MOST_HEAD_BYTES = 4096
_FIELDS = {"log": str, "lines": int, "number": int, "hash": str, "signed_us": int, "before": str, "closed": bool}
"""Of a head, with their types."""
_KEY = b',"hash":"'
_TAIL_BYTES = len(_KEY) + 64 + len(b'"}\n')
_SIGNATURE = b',"signature":"'


def linked(before: bytes, body: bytes) -> tuple[bytes, bytes]:
    """A line and its hash. `body`: the object's text without its closing brace."""
    digest = sha256(before + body).digest()
    return b'%b,"hash":"%b"}\n' % (body, digest.hex().encode()), digest


def parted(line: bytes) -> tuple[bytes, bytes] | None:
    """The body of a line and the hash that it states; None when it is no line of a log."""
    tail = line[-_TAIL_BYTES:]
    if len(tail) < _TAIL_BYTES or not tail.startswith(_KEY) or not tail.endswith(b'"}\n'):
        return None
    try:
        return line[:-_TAIL_BYTES], bytes.fromhex(tail[len(_KEY) : -3].decode("ascii"))
    except ValueError:
        return None


def follows(before: bytes, line: bytes) -> bool:
    """Whether a line is whole, byte for byte, and comes after the one with that hash."""
    body = line[:-_TAIL_BYTES]
    return linked(before, body)[0] == line


@dataclass(frozen=True, slots=True)
class Head:
    """What was signed: log `log` had `lines` lines, `number` decisions, and `hash` (hexadecimal) at the last, at
    `signed_us`. `before`: hash of the line of the head before it. `closed`: the writer closed the log with it."""

    log: str
    lines: int
    number: int
    hash: str
    signed_us: int
    before: str
    closed: bool
    line: bytes = b""

    @property
    def digest(self) -> str:
        """What the next head has as `before`."""
        return sha256(self.line).hexdigest()

    def is_by(self, public: str) -> bool:
        """Whether the holder of the key signed it."""
        content, _, rest = self.line.rpartition(_SIGNATURE)
        signature = rest[:-3].decode("ascii", "replace")
        return _is_canonical(signature) and is_signed(public, PURPOSE, content, signature)


def _is_canonical(text: str) -> bool:
    """Whether base64 is written in the one way that a writer has, so that no bit of it can be changed unseen."""
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode("ascii") == text
    except (binascii.Error, ValueError):
        return False


def signed_head(key: SigningKey, unsigned: Head) -> Head:
    """The head with the line that says so, signed."""
    fields = {"format": FORMAT_NUMBER, **{name: getattr(unsigned, name) for name in _FIELDS}, "signer": key.public}
    content = json.dumps(fields, separators=(",", ":"))[:-1].encode()
    return replace(unsigned, line=b'%b,"signature":"%b"}\n' % (content, key.sign(PURPOSE, content).encode()))


def head_of(line: bytes) -> Head | None:
    """The head of a line; None when it is none. Whether it is signed `Head.is_by` says."""
    if len(line) > MOST_HEAD_BYTES or not line.endswith(b'"}\n') or _SIGNATURE not in line:
        return None
    given = object_of(line)
    if given is None or given.get("format") != FORMAT_NUMBER:
        return None
    fields: dict[str, Any] = {name: given.get(name) for name in _FIELDS}
    if any(type(fields[name]) is not kind for name, kind in _FIELDS.items()):
        return None
    return Head(line=line, **fields)


def object_of(line: bytes) -> dict[str, Any] | None:
    """A line's JSON object; None when it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
