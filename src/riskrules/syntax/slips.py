"""Diagnostics for mistakes inside one token: signs of other languages, full-width punctuation, numbers, quotes."""

from __future__ import annotations

import re

from ..base.diagnostics import Diagnostic, Label
from ..base.source import Source, Span
from . import limits
from .lexer import WIDE, Slip
from .quoting import quoted


def diagnostic(source: Source, slip: Slip) -> Diagnostic:
    words = source.text[slip.start : slip.end]
    code, message, label, *help_ = _MAKERS[slip.kind](words, slip)
    return Diagnostic(code, message, source, (Label(Span(slip.start, slip.end), label),), tuple(help_))


def _wide(words: str, slip: Slip) -> tuple[str, ...]:
    message = f"full-width {quoted(words)} is not a sign of the language"
    if words.strip("\u3000") == "":
        return "full-width-punctuation", "a full-width space between words", "", "type an ordinary space"
    if slip.instead.startswith('"'):
        message = 'a text stands between `"`, not between full-width quotes'
    if not slip.instead:
        return "full-width-punctuation", message, "", "leave it out: a line needs no sign at its end"
    return "full-width-punctuation", message, "", f"type {quoted(slip.instead)}"


def _sign(words: str, slip: Slip) -> tuple[str, ...]:
    instead = slip.instead
    reason = {
        "==": "one `=` compares",
        "&&": "write the word `and`",
        "&": "write the word `and`",
        "[": "a list of choices stands in round brackets: `in (atm, pos)`",
        "]": "a list of choices stands in round brackets: `in (atm, pos)`",
    }
    return "unknown-sign", f"{quoted(words)} is not a sign of the language", "", reason.get(words, f"write `{instead}`")


def _comma_number(words: str, _: Slip) -> tuple[str, ...]:
    whole = words.replace(",", "").replace("\uff0c", "").replace("_", "")
    m = re.match(r"(-?)([0-9]+)(.*)", whole)
    assert m is not None
    fixed = f"{m[1]}{int(m[2]):_}{m[3]}"
    apart = words.replace("\uff0c", ",").replace(",", ", ")
    return (
        "comma-in-number",
        f"a number holds no comma: {quoted(words)}",
        "",
        f"write {quoted(fixed)}",
        f"if these are several numbers, put a space after each comma: {quoted(apart)}",
    )


def _number(words: str, _: Slip) -> tuple[str, ...]:
    help_ = "write a number as `50_000.00`, a share as `80%`, a duration as `24h`, a date as `2026-12-01`"
    plain = words.replace("_", "")
    if re.fullmatch(r"-?\.[0-9]+%?", words):
        help_ = f"write {quoted(words.replace('.', '0.', 1))}"
    elif re.fullmatch(r"[0-9]+(w|min|mo|y|yr|hr|sec|day|days|hours?)", words):
        help_ = "durations are written `30s`, `15m`, `24h`, `90d`, `6 months`, `2 years`, `5 business days`"
    elif re.fullmatch(r"-[0-9]+(\.[0-9]+)?([a-z]+|%)", words):
        help_ = f"a share or a duration has no sign: {quoted(words[1:])}"
    elif re.fullmatch(r"-?[0-9]+", plain) and len(plain) > 1:
        help_ = f"`_` parts groups of three digits: {quoted(f'{int(plain):_}')}"
    elif re.fullmatch(r"[0-9]+(\.[0-9]+)?[A-Z]{3}", words):
        help_ = f"put a space before the currency: {quoted(words[:-3] + ' ' + words[-3:])}"
    elif re.fullmatch(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*", words):
        help_ = "a date is written `2026-12-01`, an instant `2026-12-01T09:30`"
    elif words.endswith("."):
        help_ = f"write {quoted(words.rstrip('.'))}"
    return "bad-number", f"{quoted(words)} is not a number", "", help_


def _long_number(words: str, _: Slip) -> tuple[str, ...]:
    return (
        "bad-number",
        f"a number of {len(words):_} characters",
        f"at most {limits.LONGEST_NUMERAL} are allowed",
        "no amount or count is that large; write what was meant",
    )


def _quotes(words: str, _: Slip) -> tuple[str, ...]:
    inner = words[1:-1].replace('"', "'")
    return (
        "wrong-quotes",
        f"a text stands between double quotes, not as {quoted(words)}",
        "",
        "write " + quoted(f'"{inner}"'),
    )


def _unclosed(words: str, _: Slip) -> tuple[str, ...]:
    return (
        "unclosed-text",
        "this text is not closed on its line",
        "",
        'end it with `"` on the same line; a text holds no line end and no `"`',
    )


def _long_name(words: str, _: Slip) -> tuple[str, ...]:
    return (
        "long-name",
        f"a name of {len(words)} characters",
        f"at most {limits.LONGEST_NAME} are allowed",
        "choose a shorter name",
    )


def _long_text(words: str, _: Slip) -> tuple[str, ...]:
    return (
        "long-text",
        f"a text of {len(words) - 2:_} characters",
        f"at most {limits.LONGEST_TEXT:_} are allowed",
        "shorten it, or cite a source that holds it",
    )


_MAKERS = {
    "wide": _wide,
    "sign": _sign,
    "comma-number": _comma_number,
    "number": _number,
    "long-number": _long_number,
    "quotes": _quotes,
    "unclosed": _unclosed,
    "long-name": _long_name,
    "long-text": _long_text,
}


def ascii_of(word: str) -> str:
    """A word with its full-width letters and digits made ordinary ones."""
    return word.translate(WIDE)
