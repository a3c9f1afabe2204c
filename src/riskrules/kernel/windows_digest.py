"""SipHash-2-4 with 128 bits, the keyed hash of the store.

Whoever does not know the secret can neither aim at one place of a table nor make two texts meet, and it takes some
twenty nanoseconds where a call of `hashlib` takes a microsecond. After Aumasson and Bernstein, "SipHash: a fast
short-input PRF"; the tests hold the vectors that they published.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program.layout import Integers
from . import windows_layout as w
from .compiled import Integer, inner
from .windows_compiled import apart, word_at

U = np.uint64
TWO, FOUR = np.int64(2), np.int64(4)
SECRET, SECRET_LOW = w.SECRET, w.SECRET_LOW
I0, I1, I2, I3 = U(0x736F6D6570736575), U(0x646F72616E646F6D), U(0x6C7967656E657261), U(0x7465646279746573)
EE, DD, FF, ONE, S3 = U(0xEE), U(0xDD), U(0xFF), U(1), U(3)
S13, S16, S17, S21, S32, S56 = U(13), U(16), U(17), U(21), U(32), U(56)
BACK13, BACK16, BACK17, BACK21 = U(51), U(48), U(47), U(43)


@inner
def _rounds(a: Any, b: Any, c: Any, d: Any, count: Integer) -> Any:
    for _ in range(count):
        a += b
        b = ((b << S13) | (b >> BACK13)) ^ a
        a = (a << S32) | (a >> S32)
        c += d
        d = ((d << S16) | (d >> BACK16)) ^ c
        a += d
        d = ((d << S21) | (d >> BACK21)) ^ a
        c += b
        b = ((b << S17) | (b >> BACK17)) ^ c
        c = (c << S32) | (c >> S32)
    return a, b, c, d


@apart
def digest(memory: Integers, texts: Integers, start: Integer, length: Integer) -> Any:
    """(high, low) of the bytes [start, start + length) from `texts` on. Up to seven bytes behind them are read, and do
    not count."""
    k0, k1 = np.uint64(memory[SECRET]), np.uint64(memory[SECRET_LOW])
    a, b, c, d = I0 ^ k0, I1 ^ k1 ^ EE, I2 ^ k0, I3 ^ k1
    whole = length >> 3
    for i in range(whole):
        word = np.uint64(word_at(texts, start + 8 * i))
        d ^= word
        a, b, c, d = _rounds(a, b, c, d, TWO)
        a ^= word
    rest = np.uint64(length & 7) << S3
    last = np.uint64(word_at(texts, start + 8 * whole)) & ((ONE << rest) - ONE)
    last |= (np.uint64(length) & FF) << S56
    d ^= last
    a, b, c, d = _rounds(a, b, c, d, TWO)
    a ^= last
    c ^= EE
    a, b, c, d = _rounds(a, b, c, d, FOUR)
    high = np.int64(a ^ b ^ c ^ d)
    b ^= DD
    a, b, c, d = _rounds(a, b, c, d, FOUR)
    return high, np.int64(a ^ b ^ c ^ d)
