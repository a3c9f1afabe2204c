"""What is hidden of numbers that are about to be shown: of an account's all but the end, in a text every card number.

Whoever types a card number into a memo must not find it in somebody's log. So what looks like one is hidden wherever a
text is shown: 12 to 19 digits of any script, in groups or not, whose check digit (Luhn) is right. One number in ten
of that length passes by chance; the price is that such a reference is shown short too. PCI DSS allows the last
four digits to be shown.
"""

from __future__ import annotations

import re
import unicodedata

FEWEST_DIGITS, MOST_DIGITS = 12, 19
"""Of a card number: ISO/IEC 7812 allows 19, and the shortest that were given out have 12."""
SHOWN_DIGITS = 4
_SHOWN_CHARACTERS = 4
_BETWEEN = r"[\W_]{0,3}"  # what people put between groups: a space, a dash, ` - `, characters that take no room
_RUN = re.compile(rf"[0-9](?:{_BETWEEN}[0-9]){{{FEWEST_DIGITS - 1},}}")
_GROUP = re.compile(r"[0-9]+")
_DOUBLED = dict(zip("0123456789", (0, 2, 4, 6, 8, 1, 3, 5, 7, 9), strict=True))


def masked(text: str) -> str:
    """The last four characters of an id; a short one is hidden whole."""
    return f"…{text[-_SHOWN_CHARACTERS:]}" if len(text) > 2 * _SHOWN_CHARACTERS else "…"


def without_card_numbers(text: str, fewest: int = FEWEST_DIGITS) -> str:
    """The text with every card number in it cut to `…` and its last four digits. `fewest`: digits below which nothing
    is taken for one."""
    if len(text) < fewest:
        return text
    figures = text if text.isascii() else "".join(map(_figure, text))
    hidden: list[tuple[int, int]] = []
    for run in _RUN.finditer(figures):
        hidden += _hidden_in(figures, [m.span() for m in _GROUP.finditer(figures, *run.span())], fewest)
    return _cut(text, hidden) if hidden else text


def _figure(character: str) -> str:
    """The ASCII digit of a digit in any script (full-width, Arabic, circled); any other character as it is."""
    digit = unicodedata.digit(character, -1)
    return character if digit < 0 else str(digit)


def _hidden_in(figures: str, groups: list[tuple[int, int]], fewest: int) -> list[tuple[int, int]]:
    """Where digits are to be hidden: from the first of a number to its last but four. A number begins and ends where a
    group does; one that is written with zeros before it, to fill a field, is found too."""
    found = []
    for first, (start, _) in enumerate(groups):
        digits: list[int] = []
        for begin, end in groups[first:]:
            digits += range(begin, end)
            number = _without_zeros(figures, digits) if len(digits) > MOST_DIGITS else digits
            if len(number) > MOST_DIGITS:
                break
            if len(number) >= fewest and is_luhn("".join(figures[i] for i in number)):
                found.append((start, number[-SHOWN_DIGITS]))
    return found


def _without_zeros(figures: str, digits: list[int]) -> list[int]:
    first = next((k for k, i in enumerate(digits) if figures[i] != "0"), len(digits))
    return digits[first:]


def is_luhn(digits: str) -> bool:
    """Whether the last of the digits (ASCII) is the check digit of the others."""
    return (sum(map(int, digits[::-2])) + sum(map(_DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0


def _cut(text: str, hidden: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in sorted(hidden):
        if end <= at:
            continue
        pieces += [text[at : max(start, at)], "" if pieces and start <= at else "…"]
        at = end
    return "".join((*pieces, text[at:]))
