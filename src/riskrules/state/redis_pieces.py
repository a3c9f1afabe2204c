"""What goes to Redis for a key, an id, a value.

Keys, ids and texts are BLAKE2b digests of sixteen bytes, so that the server, its dumps and its logs hold no account
number. Accounts are few enough to be tried one by one; where that matters, a secret makes the digests its own. Redis
hashes its keys with a secret of its own, so that nobody can aim at one slot.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from importlib import resources

from .redis_link import Script
from .store import Happened, Key

DIGEST_BYTES = 16
SERIES_LETTERS = 16
"""Of the identity, in hexadecimal: 64 bits tell the few hundred series of one store apart."""
LOW_BITS = 32
BEYOND = 2**63
FURTHEST_US = 2**53
"""Numbers of Lua are exact up to here."""
FIELD_BYTES = 4


class Digests:
    """Digests with one secret, which may be empty."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, purpose: bytes, parts: Iterable[str]) -> bytes:
        """`purpose` (at most 16 bytes) keeps apart what is alike but means something else."""
        digest = hashlib.blake2b(digest_size=DIGEST_BYTES, key=self._secret, person=purpose)
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(FIELD_BYTES, "little"))
            digest.update(raw)
        return digest.digest()

    def place(self, identity: str, key: Key) -> bytes:
        return self.of(b"key", (identity, *key))

    def event(self, event: str, id: str) -> bytes:
        return self.of(b"id", (event, id))

    def text(self, value: str) -> bytes:
        return self.of(b"text", (value,))


def halves(value: int) -> tuple[int, int]:
    """(high, low) with high * 2**32 + low; low is never negative. ValueError beyond 64 bits."""
    if not -BEYOND <= value < BEYOND:
        raise ValueError("a value is beyond 64 bits")
    return value >> LOW_BITS, value & (2**LOW_BITS - 1)


def whole(high: int, low: int) -> int:
    return (high << LOW_BITS) + low


def kept_number(place: bytes, high: int, low: int) -> bytes:
    """An entry as it stands under the event's id: 32 bytes."""
    return place + struct.pack("<iI8x", high, low)


def kept_event(happened: Happened, entries: Iterable[bytes]) -> bytes:
    """What stands under an event's id: content, time, entries."""
    return happened.content + struct.pack("<d", happened.time_us) + b"".join(entries)


def script(name: str) -> Script:
    """A script with the functions that all of them use."""
    folder = resources.files(__package__)
    parts = ("tree", "texts", "store", name)
    return Script("\n".join(folder.joinpath(f"redis_{part}.lua").read_text("utf-8") for part in parts))
