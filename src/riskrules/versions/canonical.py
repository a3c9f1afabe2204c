"""JSON that has one spelling: what is signed and hashed is read back only if it is written exactly so.

Keys in order, no spaces, UTF-8, whole numbers only, no key twice. A file that was edited, doubled or rewritten by
another tool is refused even where its hash is not known yet. The price is that nobody mends such a file by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from ..base.times import format_instant, parse_instant
from ..engine.source import RefusedError

LONGEST_INSTANT = 40
RESTORE = "put it back from a copy of the registry"
"""What to do about a file that is not as it was written."""


def encoded(value: Any) -> bytes:
    """The one spelling."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def decoded(raw: bytes, what: str) -> Any:
    """What `encoded` was given. RefusedError, in which `what` names the file."""
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_without_twice
        )
        same = encoded(value) == raw
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{what} is damaged, no JSON that can be read: {RESTORE}") from error
    if not same:
        raise RefusedError(f"{what} is damaged, not spelt as it was written: {RESTORE}")
    return value


def digest_of(raw: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(raw).hexdigest()


def _refuse(numeral: str) -> None:
    raise ValueError(numeral)


def _without_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise ValueError("a key twice")
    return held


# -- shapes: each takes the value and the name of its place, and gives the value or raises `_Misfit` -------------------
Shape = Callable[[Any, str], Any]


class _Misfit(ValueError):
    """A value that is not of its shape; the message names its place."""


def taken(value: Any, shape: Shape, what: str) -> Any:
    """The value, if it is of the shape. RefusedError, in which `what` names the file."""
    try:
        return shape(value, "")
    except _Misfit as error:
        raise RefusedError(f"{what} is damaged, {error}: {RESTORE}") from error


def members(shapes: Mapping[str, Shape]) -> Shape:
    """An object with exactly these keys."""

    def shape(value: Any, place: str) -> Any:
        if not isinstance(value, dict) or value.keys() != shapes.keys():
            raise _Misfit(f"`{place or 'all of it'}` does not hold {', '.join(shapes)} and nothing else")
        return {key: inner(value[key], key) for key, inner in shapes.items()}

    return shape


def by_name(is_name: Callable[[str], bool], inner: Shape, most: int) -> Shape:
    """An object whose keys are all names of one sort."""

    def shape(value: Any, place: str) -> Any:
        if not isinstance(value, dict) or len(value) > most or not all(is_name(key) for key in value):
            raise _Misfit(f"`{place}` holds a name that is none, or more than {most}")
        return {key: inner(each, key) for key, each in value.items()}

    return shape


def many(inner: Shape, most: int) -> Shape:
    """A list of at most so many."""

    def shape(value: Any, place: str) -> Any:
        if not isinstance(value, list) or len(value) > most:
            raise _Misfit(f"`{place}` is no list of at most {most}")
        return [inner(each, place) for each in value]

    return shape


def whole(lowest: int, highest: int) -> Shape:
    """A whole number between the two."""

    def shape(value: Any, place: str) -> Any:
        if type(value) is not int or not lowest <= value <= highest:
            raise _Misfit(f"`{place}` is no whole number from {lowest} to {highest}")
        return value

    return shape


def text(fits: Callable[[str], bool]) -> Shape:
    """A text that fits."""

    def shape(value: Any, place: str) -> Any:
        if not isinstance(value, str) or not fits(value):
            raise _Misfit(f"`{place}` is not what it should be")
        return value

    return shape


def or_none(inner: Shape) -> Shape:
    """The inner shape, or null."""
    return lambda value, place: None if value is None else inner(value, place)


def instant(value: Any, place: str) -> int:
    """A moment as `format_instant` writes it, in microseconds."""
    moment_us = _moment_us(value) if isinstance(value, str) and len(value) <= LONGEST_INSTANT else None
    if moment_us is None:
        raise _Misfit(f"`{place}` is no moment such as 2026-06-15T04:00:00Z")
    return moment_us


@lru_cache(maxsize=4_096)  # a pointer has thousands, and the next one nearly all of them again
def _moment_us(text: str) -> int | None:
    try:
        moment_us = parse_instant(text)
    except ValueError:
        return None
    return moment_us if format_instant(moment_us) == text else None
