"""The quick ways from one given value to one of the kernel's integers.

A coder looks at a value's exact type and takes it when it is plainly good; everything else goes to
`schema.values.read_value`, which alone decides what is refused and in which words. So the quick way and the
careful one cannot disagree on what an event means, only on how long it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

from ..meaning import nodes as n
from ..program.model import WORD, YES_NO, Column
from ..schema.fields import Field
from ..schema.kinds import WORDS
from ..schema.limits import MISSING
from ..schema.values import decimals_of, missing, read_value

Coder: TypeAlias = Callable[[Any], int]

_PLAIN_TEXT = 64  # a short printable ASCII text is a good text of every kind that is not a choice or a code
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SURE_FLOAT = 1e3
"""Up to this, a float times 10**9 is off by under 0.0001, so what is within 0.499 of a whole number rounds to it."""


def coder_of(column: Column, field: Field) -> Coder:
    """One value → the column's integer; MISSING for None where the field is optional. PaymentError otherwise."""
    if column.coding == WORD:
        return word_coder(column.words, field)
    if column.coding == YES_NO:
        return _yes_no_coder(field)
    return _number_coder(field)


def _number_coder(field: Field) -> Coder:
    quick = {
        "number": _scaled_coder,
        "ratio": _scaled_coder,
        "count": _count_coder,
        "money": _money_coder,
        "time": time_coder,
    }
    return quick.get(field.kind.name, _plain_coder)(field)


def absent_value(field: Field) -> n.Value | None:
    """What a missing value is held as. PaymentError where the field must be there."""
    if not field.optional:
        raise missing(field)
    return None


def absent(field: Field) -> int:
    if not field.optional:
        raise missing(field)
    return MISSING


def _plain_coder(field: Field) -> Coder:
    def code(given: Any) -> int:
        return absent(field) if given is None else int(read_value(field, given))

    return code


def _count_coder(field: Field) -> Coder:
    lowest, highest = field.lowest, field.highest

    def code(given: Any) -> int:
        if type(given) is int and lowest <= given <= highest:
            return given
        return absent(field) if given is None else int(read_value(field, given))

    return code


def _scaled_coder(field: Field) -> Coder:
    lowest, highest = max(field.lowest / 1e9, -_SURE_FLOAT), min(field.highest / 1e9, _SURE_FLOAT)

    def code(given: Any) -> int:
        if type(given) is float and lowest <= given <= highest:
            scaled = given * 1e9
            nearest = round(scaled)
            if -0.499 < scaled - nearest < 0.499:
                return nearest
        return absent(field) if given is None else int(read_value(field, given))

    return code


def _money_coder(field: Field) -> Coder:
    """Plain decimal text with all of the currency's minor digits, as gateways mostly write it."""
    digits = decimals_of(field)
    point = digits + 1
    lowest, highest = field.lowest, field.highest

    def code(given: Any) -> int:
        if type(given) is str and given.isascii() and digits < len(given) - 1 < 18 and digits and given[-point] == ".":
            figures = given[:-point] + given[-digits:]
            if figures.isdigit():
                minor = int(figures)
                if lowest <= minor <= highest:
                    return minor
        return absent(field) if given is None else int(read_value(field, given))

    return code


def time_coder(field: Field) -> Coder:
    """RFC 3339 to the second, with Z or an offset, and aware datetimes of the standard library."""
    lowest, highest = field.lowest, field.highest

    def code(given: Any) -> int:
        moment = None
        if type(given) is datetime:
            moment = given
        elif type(given) is str and len(given) in (20, 25) and given[10:11] == "T" and given[4] == given[7] == "-":
            try:
                moment = datetime.fromisoformat(given) if given[13] == given[16] == ":" else None
            except ValueError:
                moment = None
        if moment is not None and moment.utcoffset() is not None:
            since = moment - _EPOCH
            instant = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
            if lowest <= instant <= highest:
                return instant
        return absent(field) if given is None else int(read_value(field, given))

    return code


def _yes_no_coder(field: Field) -> Coder:
    def code(given: Any) -> int:
        if given is True:
            return 1
        if given is False:
            return 0
        return absent(field) if given is None else int(read_value(field, given))

    return code


def word_coder(words: tuple[str, ...], field: Field) -> Coder:
    """The index among `words`, `len(words)` for any other text."""
    known = {word: i for i, word in enumerate(words)}
    other = len(words)
    text = text_of(field)

    def code(given: Any) -> int:
        if type(given) is str:
            found = known.get(given)
            if found is not None:
                return found
        if given is None:
            return absent(field)
        return known.get(text(given), other)

    return code


def plain_length(field: Field) -> int:
    """Up to how many characters any printable ASCII text is a good value of the field; 0 where none is for being so."""
    if field.kind.name not in WORDS or field.kind.choices or field.kind.name in ("country", "currency"):
        return 0
    return min(_PLAIN_TEXT, field.longest)


def text_of(field: Field) -> Callable[[Any], str]:
    """One value → its text."""
    longest = plain_length(field)

    def text(given: Any) -> str:
        if type(given) is str and 0 < len(given) <= longest and given.isascii() and given.isprintable():
            return given
        return str(read_value(field, given))

    return text


def held_of(field: Field) -> Callable[[Any], n.Value | None]:
    """One value → its held value; None where there is none and the field is optional."""
    if field.kind.name in WORDS:
        text = text_of(field)

        def held_text(given: Any) -> n.Value | None:
            return absent_value(field) if given is None else text(given)

        return held_text
    if field.kind.name == "yes/no":

        def held_truth(given: Any) -> n.Value | None:
            return absent_value(field) if given is None else bool(read_value(field, given))

        return held_truth
    code = _number_coder(field)

    def held_number(given: Any) -> n.Value | None:
        return absent_value(field) if given is None else code(given)

    return held_number


def member_coder(field: Field, items: frozenset[str], negated: bool) -> Coder:
    """Whether a text is in a list: 1 or 0, and 0 where there is none."""
    text = text_of(field)

    def code(given: Any) -> int:
        if given is None:
            absent(field)
            return 0
        return int((text(given) in items) != negated)

    return code
