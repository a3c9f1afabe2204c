"""JSON lines: each line one event, as a gateway would hand it to `decide`.

Numbers are read without loss (a number with a point becomes a decimal), and what JSON leaves open is closed:
NaN and Infinity, a key given twice, nesting without end and anything but an object are refused by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from ..schema.errors import PaymentError
from ..schema.limits import LONGEST_NUMERAL
from .lines import ROW, TextLines, TextPiece, too_long_line

DEEPEST_JSON = 32
"""Objects and lists within each other; an event has four."""
Event = dict[str, object]


class _Refused(ValueError):
    """What is wrong with a line, in words for its reader."""


class NotAnObject:
    """Stands for a cell whose way down leads through something that is no object."""


def json_pieces(lines: TextLines, rows: int) -> Iterator[TextPiece]:
    """The events of a file in pieces of at most `rows`. Empty lines are none."""
    events: list[Event] = []
    numbers: list[int] = []
    spoiled: list[tuple[int, PaymentError]] = []
    for line in lines:
        try:
            event = {} if lines.number in lines.too_long else _event(line)
        except PaymentError as e:
            spoiled.append((len(events), e))
            event = {}
        if lines.number in lines.too_long:
            spoiled.append((len(events), too_long_line()))
        elif event is None:
            continue
        events.append(event or {})
        numbers.append(lines.number)
        if len(events) == rows:
            yield _piece(events, numbers, spoiled)
            events, numbers, spoiled = [], [], []
    if events:
        yield _piece(events, numbers, spoiled)


def _piece(events: list[Event], numbers: list[int], spoiled: list[tuple[int, PaymentError]]) -> TextPiece:
    def cells(column: str) -> list[object]:
        path = column.split(".")
        return [value_at(event, path) for event in events]

    return TextPiece(len(events), np.array(numbers, np.int64), spoiled, cells)


def value_at(event: Event, path: list[str]) -> object:
    """The value at a path of keys, None where there is none."""
    here: object = event
    for key in path:
        if here is None:
            return None
        if not isinstance(here, dict):
            return NotAnObject()
        here = here.get(key)
    return here


def _event(line: str) -> Event | None:
    """The event of a line, None for an empty one. PaymentError when the line is none."""
    text = line.strip()
    if not text:
        return None
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise PaymentError(ROW, "not text in UTF-8", "not-an-event")
    if _too_deep(text):
        raise PaymentError(ROW, f"nested more than {DEEPEST_JSON} deep", "not-an-event")
    try:
        event = _DECODER.decode(text)
    except _Refused as e:
        raise PaymentError(ROW, str(e), "not-an-event") from None
    except (ValueError, ArithmeticError):
        raise PaymentError(ROW, "no JSON", "not-an-event") from None
    if not isinstance(event, dict):
        raise PaymentError(ROW, "no JSON object", "not-an-event")
    return event


def _too_deep(text: str) -> bool:
    if text.count("{") + text.count("[") <= DEEPEST_JSON:
        return False
    depth, in_text, escaped = 0, False, False
    for c in text:
        if in_text:
            in_text = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            in_text = True
        elif c in "{[":
            depth += 1
            if depth > DEEPEST_JSON:
                return True
        elif c in "}]":
            depth -= 1
    return False


def _without_doubles(pairs: list[tuple[str, object]]) -> Event:
    event = dict(pairs)
    if len(event) < len(pairs):
        raise _Refused("a key given twice in one object")
    return event


def _no_constant(word: str) -> object:
    raise _Refused(f"{word.removeprefix('-')} is no JSON number")


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= LONGEST_NUMERAL else Decimal(digits)


_DECODER = json.JSONDecoder(
    parse_float=Decimal, parse_int=_whole, parse_constant=_no_constant, object_pairs_hook=_without_doubles
)
