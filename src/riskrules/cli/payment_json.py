"""One payment as JSON, read without loss: numbers with a point stay decimal, and what JSON leaves open is refused."""

from __future__ import annotations

import json
from decimal import Decimal

from .exits import Stop, read_bytes

LONGEST_PAYMENT_BYTES = 1 << 20
"""A payment is a few thousand bytes; what is longer is another file, named by mistake."""


def read_payment(path: str) -> dict[str, object]:
    """The event in a file, or on standard input for `-`. Stop, with line and column, when it is no JSON object."""
    raw = read_bytes(path)
    name = "standard input" if path == "-" else f"`{path}`"
    if len(raw) > LONGEST_PAYMENT_BYTES:
        raise Stop(f"{name} has {len(raw):_} bytes, and one payment has at most {LONGEST_PAYMENT_BYTES:_}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Stop(f"{name} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from error
    try:
        event = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Stop(f"{name} is no JSON: {place}: {error.msg[:1].lower()}{error.msg[1:]}") from error
    except RecursionError as error:
        raise Stop(f"{name} is nested too deep for a payment") from error
    except ValueError as error:
        raise Stop(f"{name} is no payment: {error}") from error
    if not isinstance(event, dict):
        raise Stop(f'{name} holds no JSON object; a payment is written {{"id": …, "amount": …}}')
    return event


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no JSON number")


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise ValueError(f"`{key}` is given twice in one object")
        seen.add(key)
    return dict(pairs)
