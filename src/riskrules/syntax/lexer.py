"""Text → tokens, with one regular expression for the whole language.

One expression costs a third of what a lexer with an expression a token does. The price is that it cannot
know what the parser wants, so a few words leave here undecided (`title` may be a word or a name, `CNY` a currency or a
source) and `automaton` settles them by its state.

A sign that the author surely meant as another (`==`, a full-width comma, `50,000`) is noted as a mistake and replaced,
so that the rest of the clause is still read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from . import limits

RawToken: TypeAlias = tuple[str, str, int, int]
"""(terminal, text, start, end). Undecided terminals: a word's own terminal (perhaps a name), UPPER, NUMBER (perhaps a
version), NEGATIVE (perhaps a minus and a number); UNKNOWN is what no clause can hold."""

_NUMBER = r"(?:[0-9]{1,3}(?:_[0-9]{3})++|[0-9]++)(?:\.[0-9]++)?+"
_AFTER_NUMBER = r"(?![\w.%]|[,\uff0c][0-9]|-[0-9])"
_WIDE_TO_ASCII = {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)} | {
    "\u3001": ",",  # the enumeration comma
    "\u3002": "",  # the ideographic full stop
    "\u3010": "(",
    "\u3011": ")",
    "\u3000": " ",  # the ideographic space
    "\uff1a": "",  # a colon and
    "\uff1b": "",  # a semicolon have no use in the language
}
WIDE = str.maketrans({**_WIDE_TO_ASCII, **dict.fromkeys("\u201c\u201d\u300c\u300d\uff02", '"')})
_WIDE_CLASS = "[" + "".join(sorted(set(_WIDE_TO_ASCII) - {"\uff02"})) + "]"

MASTER = re.compile(
    rf"""(?:[ \t\r\n]++|\#[^\n]*+)*+(?:
  (?P<YESNO>yes/no(?!\w))
 |(?P<WORD>[a-z][a-z0-9_]*+(?:\.[a-z][a-z0-9_]*+)*+(?![\w.]))
 |(?P<SIGN>(?:<=|>=|!=|[<>=])(?![<>=\uff1d])|[+*/(),]|-(?!\.?[0-9]))
 |(?P<NUMBER>{_NUMBER}{_AFTER_NUMBER})
 |(?P<TEXT>"[^"\n]*+")
 |(?P<UPPER>[A-Z][A-Za-z0-9_/+-]*+(?![\w.]))
 |(?P<DURATION>[0-9]++(?:ms|s|m|h|d)(?!\w))
 |(?P<PERCENT>[0-9]++(?:\.[0-9]++)?+%(?!\w))
 |(?P<DATE>[0-9]{{4}}-[0-9][0-9]-[0-9][0-9](?![\w-]))
 |(?P<INSTANT>[0-9]{{4}}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9](?::[0-9][0-9])?(?![\w:]))
 |(?P<BPS>[0-9]++(?:\.[0-9]++)?+bps(?!\w))
 |(?P<NEGATIVE>-{_NUMBER}{_AFTER_NUMBER})
 |(?P<ODD>[^ \t\r\n])
 |(?P<DONE>\Z)
)""",
    re.VERBOSE,
)

_ODD = re.compile(
    rf"""(?P<number>-?\.?[0-9](?:[\w.%]|[,\uff0c:](?=[0-9])|-(?=[0-9]))*)
 |(?P<wide>\u201c[^\u201c\u201d"\n]*[\u201d"]|\u300c[^\u300c\u300d\n]*\u300d|\uff02[^\uff02\n]*\uff02
   |[\uff1e\uff1c\uff01\uff1d][\uff1d=]|[<>!=]\uff1d|{_WIDE_CLASS}+)
 |(?P<quoted>'[^'"\n]*'|\u2018[^\u2018\u2019\n]*\u2019)
 |(?P<unclosed>["'\u201c\u2018\u300c\uff02][^\n]*)
 |(?P<sign><>|==+|=>|=<|&&|&|\|\|?|!(?!=)|[\u2265\u2264\u2260\u00d7\u00f7\u2013\u2014\u2212]|%|\[|\]|[<>=!]{{2,}})
 |(?P<name>\w[\w.]*)
 |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_REPLACED = {
    "<>": "!=", "==": "=", "===": "=", "=>": ">=", "=<": "<=", "&&": "and", "&": "and", "[": "(", "]": ")",
    "\u2265": ">=", "\u2264": "<=", "\u2260": "!=", "\u00d7": "*", "\u00f7": "/",
    "\u2013": "-", "\u2014": "-", "\u2212": "-",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake inside one token: its kind (see `slips`), its place, what was read in its stead ("" for nothing)."""

    kind: str
    start: int
    end: int
    instead: str = ""


def lex(text: str, start: int, end: int, words: Mapping[str, str], most: int) -> tuple[list[RawToken], list[Slip]]:
    """The tokens of text[start:end], at most `most` and one (the caller looks at the length), and the slips in them."""
    tokens: list[RawToken] = []
    slips: list[Slip] = []
    append = tokens.append
    place = start
    while True:
        for m in MASTER.finditer(text, place, end):
            kind = m.lastgroup
            assert kind is not None
            a, b = m.span(kind)
            if kind == "WORD":
                word = text[a:b]
                found = words.get(word)
                if found is None:
                    found = "PATH" if "." in word else "NAME"
                    if b - a > limits.LONGEST_NAME:
                        slips.append(Slip("long-name", a, b))
                append((found, word, a, b))
            elif kind == "SIGN":
                word = text[a:b]
                append((words[word], word, a, b))
            elif kind == "DONE":
                return tokens, slips
            elif kind == "ODD":
                place = _odd(text, a, end, words, tokens, slips)
                break
            else:
                append((kind, text[a:b], a, b))
                if b - a > limits.LONGEST_NUMERAL:
                    _check_length(kind, a, b, slips)
            if len(tokens) > most:
                return tokens, slips
        if len(tokens) > most or len(slips) > most:
            return tokens, slips


def _check_length(kind: str, a: int, b: int, slips: list[Slip]) -> None:
    if kind == "TEXT":
        if b - a - 2 > limits.LONGEST_TEXT:
            slips.append(Slip("long-text", a, b))
    elif kind == "UPPER":
        if b - a > limits.LONGEST_NAME:
            slips.append(Slip("long-name", a, b))
    else:
        slips.append(Slip("long-number", a, b))


def _odd(text: str, a: int, end: int, words: Mapping[str, str], tokens: list[RawToken], slips: list[Slip]) -> int:
    """What is no token: note why, add what it most likely stands for, and say where to go on."""
    m = _ODD.match(text, a, end)
    assert m is not None
    kind, b = m.lastgroup, m.end()
    found = m.group()
    if kind == "number":
        if b - a > limits.LONGEST_NUMERAL:
            tokens.append(("NUMBER", found, a, b))
            slips.append(Slip("long-number", a, b))
        else:
            tokens.append((_meant(found), found, a, b))
            slips.append(Slip("comma-number" if _grouped(found) else "number", a, b))
    elif kind == "wide":
        if found[0] == "\uff03":
            newline = text.find("\n", a, end)
            slips.append(Slip("wide", a, b, "#"))
            return end if newline < 0 else newline
        instead = found.translate(WIDE)
        slips.append(Slip("wide", a, b, instead.strip()))
        tokens += _read_again(instead, a, b, words)
    elif kind == "quoted":
        slips.append(Slip("quotes", a, b))
        tokens.append(("TEXT", found, a, b))
    elif kind == "unclosed":
        slips.append(Slip("unclosed", a, a + len(found.rstrip())))
        tokens.append(("TEXT", found, a, b))
    elif kind == "sign":
        instead = _REPLACED.get(found, "")
        if instead:
            slips.append(Slip("sign", a, b, instead))
            tokens.append((words[instead], instead, a, b))
        else:
            tokens.append(("UNKNOWN", found, a, b))
    else:
        tokens.append(("UNKNOWN", found, a, b))
        if b - a > limits.LONGEST_NAME:
            slips.append(Slip("long-name", a, b))
    return b


def _grouped(found: str) -> bool:
    return re.fullmatch(r"-?[0-9][0-9_]*([,\uff0c][0-9]+)+(\.[0-9]+)?\w*%?", found) is not None


def _meant(found: str) -> str:
    """The terminal that a malformed number most likely was."""
    if re.match(r"[0-9]{4}-[0-9]", found):
        return "INSTANT" if "T" in found else "DATE"
    if found.endswith("%"):
        return "PERCENT"
    return "DURATION" if re.fullmatch(r"[0-9]+[a-z]+", found) else "NUMBER"


def _read_again(instead: str, a: int, b: int, words: Mapping[str, str]) -> list[RawToken]:
    """The tokens of a replaced sign, all at the place of what was replaced."""
    if not instead.strip():
        return []
    if len(instead) > 2 and instead.startswith('"') and instead.endswith('"'):
        return [("TEXT", instead, a, b)]
    if len(instead) > limits.LONGEST_NAME:
        return [("UNKNOWN", instead, a, b)]
    out: list[RawToken] = []
    for m in MASTER.finditer(instead):
        kind, word = m.lastgroup, m.group(m.lastgroup or 0)
        if kind == "DONE":
            break
        if kind in ("WORD", "SIGN"):
            out.append((words.get(word, "NAME"), word, a, b))
        else:
            out.append((("UNKNOWN" if kind == "ODD" else kind or "UNKNOWN"), word, a, b))
    return out
