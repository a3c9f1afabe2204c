"""What to say of a word that cannot stand where it stands.

Analysts come from SQL, spreadsheets and programming, and bring their habits: each habit that is likely enough has its
own message with something to type. They are tried in order; `unexpected` is left for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..base.diagnostics import Diagnostic, Label
from ..base.source import Source, Span
from .lexer import RawToken
from .quoting import closest, one_of, quoted
from .wanted import COMPARISONS, clause_words, phrase, spellings
from .words import ALL_CLAUSES, BLOCKS, CLAUSES, RESERVED


@dataclass(frozen=True, slots=True)
class Misfit:
    """`tokens[index]` cannot stand there (`index` may be the number of tokens: the block's end)."""

    source: Source
    words: Mapping[str, str]
    block: str
    clause: str
    tokens: list[RawToken]
    index: int
    wanted: frozenset[str]
    line_start: bool

    @property
    def found(self) -> str:
        return self.tokens[self.index][1] if self.index < len(self.tokens) else ""

    @property
    def kind(self) -> str:
        return self.tokens[self.index][0] if self.index < len(self.tokens) else ""

    @property
    def before(self) -> str:
        return self.tokens[self.index - 1][1] if self.index else ""

    @property
    def after_one_space(self) -> bool:
        return self.index > 2 and self.source.text[self.tokens[self.index - 1][3] : self.span().start] == " "

    def span(self) -> Span:
        """Of the word itself; of the end of the block, the place after the last word."""
        if self.index < len(self.tokens):
            _, _, start, end = self.tokens[self.index]
            return Span(start, end)
        return self.gap()

    def gap(self) -> Span:
        """The place after the word before."""
        end = self.tokens[self.index - 1][3]
        return Span(end, min(end + 1, len(self.source.text)))

    def says(self, code: str, message: str, label: str = "", *help_: str) -> Diagnostic:
        return Diagnostic(code, message, self.source, (Label(self.span(), label),), help_)


def diagnostic(misfit: Misfit) -> Diagnostic:
    for habit in _HABITS:
        said = habit(misfit)
        if said is not None:
            return said
    return unexpected(misfit)


def unexpected(m: Misfit) -> Diagnostic:
    could = phrase(m.words, m.wanted, CLAUSES.get(m.block, ()), m.line_start or not m.found)
    label = f"expected {could}" if could else ""
    if not m.found:
        place = (Label(m.gap(), label),)
        return Diagnostic("unfinished-block", f"this {quoted(m.block)} is not finished", m.source, place)
    help_: tuple[str, ...] = ()
    typed = spellings(m.words, m.wanted)
    guess = closest(m.found, typed) if m.kind in ("NAME", "UNKNOWN", "UPPER") else None
    if guess:
        help_ = (f"did you mean `{guess}`?",)
    elif "TEXT" in m.wanted and "NUMBER" not in m.wanted and m.kind in ("NAME", "PATH", "UNKNOWN", "UPPER"):
        help_ = ('put a text between double quotes: `"…"`',)
    elif m.kind == "NAME" and "OF" in m.wanted and m.tokens[m.index - 1][0] == "NAME" and m.after_one_space:
        help_ = (f"the parts of a name are joined by a dot: {quoted(m.before + '.' + m.found)}",)
    elif m.line_start and "AND" in m.wanted:
        help_ = ("begin the line with `and` to add a condition",)
    if m.line_start and m.index:
        message = f"something is missing before {quoted(m.found)}"
        return Diagnostic("unexpected-word", message, m.source, (Label(m.gap(), label),), help_)
    return m.says("unexpected-word", f"{quoted(m.found)} cannot stand here", label, *help_)


# -- habits: each gives its own diagnostic or None ---------------------------------------------------
def _or(m: Misfit) -> Diagnostic | None:
    if m.found not in ("or", "||", "|"):
        return None
    return m.says(
        "no-or",
        f"there is no {quoted(m.found)}, so that nobody has to know what binds more tightly",
        "",
        "write `any of (a, b)`, the conditions parted by commas",
    )


def _is(m: Misfit) -> Diagnostic | None:
    if m.found and m.before == "not" and m.index > 1 and m.tokens[m.index - 2][1] == "is":
        advice = {"known": "`is missing`", "missing": "`is known`"}.get(m.found, "`!=`")
        return m.says("unexpected-word", f"`is not {quoted(m.found)[1:-1]}` is not a condition", "", f"write {advice}")
    if m.found and m.before == "is":
        advice = "write `is known`, `is missing` or `is not in`"
        if m.found in ("null", "none", "empty", "unknown", "blank"):
            advice = "write `is missing`"
        elif m.found not in ("in", "not", "and"):
            advice = "to compare, write `=`; otherwise `is known`, `is missing` or `is not in`"
        return m.says("unexpected-word", f"`is` cannot be followed by {quoted(m.found)}", "", advice)
    return None


def _not(m: Misfit) -> Diagnostic | None:
    if m.found not in ("not", "!"):
        return None
    after = m.tokens[m.index + 1][1] if m.index + 1 < len(m.tokens) else ""
    if m.found == "not" and after == "in":
        return m.says("no-not", "`not` cannot stand here", "", "write `is not in`")
    help_ = "write `x = no` for a yes/no field, `!=`, `is not in`, or `none of (a, b)`"
    return m.says("no-not", f"there is no {quoted(m.found)} before a condition", "", help_)


def _unless(m: Misfit) -> Diagnostic | None:
    if m.found != "and" or m.clause != "unless":
        return None
    return m.says(
        "unless-takes-one",
        "`unless` takes one condition, and each `unless` lifts the rule by itself",
        "",
        "if both must hold, write `unless all of (a, b)`; if either is enough, begin another `unless`",
    )


def _hold(m: Misfit) -> Diagnostic | None:
    if m.before == "hold" and (m.kind in ("DURATION", "NUMBER", "PERCENT") or m.found in ("for", "until", "to")):
        length = m.found if m.kind == "DURATION" else "24h"
        return m.says(
            "hold-needs-up-to", "`hold` says how long after `up to`", "", f"write `hold up to {quoted(length)[1:-1]}`"
        )
    return None


def _chain(m: Misfit) -> Diagnostic | None:
    if m.found not in COMPARISONS:
        return None
    depth = 0
    for kind, text, *_ in reversed(m.tokens[: m.index]):
        depth += (text == ")" and kind == "RPAR") - (text == "(" and kind == "LPAR")
        if depth < 0 or (depth == 0 and (text in (",", "where") or text in ALL_CLAUSES)):
            return None
        if depth == 0 and text in COMPARISONS:
            help_ = "write two conditions: `1 < x` and, on its own, `x < 5`"
            return m.says("chained-comparison", f"a second {quoted(m.found)} in one comparison", "", help_)
    return None


def _reserved(m: Misfit) -> Diagnostic | None:
    declares = m.index == 1 or m.before in ("on", "by", "lifts", "segment", "measure")
    if m.found not in RESERVED or "NAME" not in m.wanted or not declares or m.line_start:
        return None
    help_ = f"choose another name: {quoted(m.found + '_1')}"
    return m.says("reserved-word", f"{quoted(m.found)} is a word of the language and cannot be a name", "", help_)


_COMPARED = frozenset({"=", "!=", "(", ","})
"""After these a word is as likely a text without its quotes as a name."""


def _name(m: Misfit) -> Diagnostic | None:
    """A name not spelt as names are: capitals, other scripts, a full stop at the end."""
    if "SOURCE" in m.wanted and m.kind == "NAME" and "CITES" not in m.wanted:
        help_ = f"write {quoted(m.found.upper() if len(m.found) < 6 else m.found.capitalize())}"
        return m.says(
            "bad-name", f"the name of a source begins with a capital letter, not as {quoted(m.found)}", "", help_
        )
    if m.kind not in ("UPPER", "UNKNOWN") or not re.match(r"\w", m.found) or "NAME" not in m.wanted:
        return None
    lower = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", m.found).lower().replace("-", "_").strip(".")
    if re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", lower) and m.found.lower() != m.found:
        before = m.tokens[m.index - 1][1] if m.index else ""
        in_quotes = quoted(f'"{m.found}"')
        likely = before in _COMPARED and "." not in m.found
        text = (f"if it is a text, write it in quotes: {in_quotes}",) if likely else ()
        return m.says(
            "upper-case-name", f"names have no capital letters: {quoted(m.found)}", "", *text, f"write {quoted(lower)}"
        )
    help_ = "a name has lower-case letters a to z, digits and `_`, and parts joined by single dots: `payee.account`"
    return m.says("bad-name", f"{quoted(m.found)} is not a name", "", help_)


def _few(m: Misfit) -> Diagnostic | None:
    if m.found != ")" or "COMMA" not in m.wanted:
        return None
    depth = 0
    for i in range(m.index - 1, 0, -1):
        depth += (m.tokens[i][0] == "RPAR") - (m.tokens[i][0] == "LPAR")
        if depth < 0:
            if m.tokens[i - 1][1] not in ("in", "of"):
                return None
            help_ = "write the one by itself: `x = atm`, not `x in (atm)`"
            return m.says("one-choice", "a choice between one is none", "expected `,` and another", help_)
    return None


def _unit(m: Misfit) -> Diagnostic | None:
    """`24 h`, `5 days`, `50 cny`."""
    after_number = m.index and m.tokens[m.index - 1][0] == "NUMBER"
    if "CURRENCY" in m.wanted and m.found not in RESERVED and re.fullmatch(r"[A-Za-z]{3}", m.found):
        return m.says("unexpected-word", f"{quoted(m.found)} is not a currency", "", f"write {quoted(m.found.upper())}")
    letter = _DURATION_LETTERS.get(m.found)
    if not after_number or letter is None:
        return None
    return m.says(
        "unexpected-word",
        f"{quoted(m.found)} cannot stand here",
        "",
        f"write the duration as one: {quoted(m.before + letter)}",
    )


_DURATION_LETTERS = {
    "ms": "ms", "s": "s", "m": "m", "h": "h", "d": "d", "seconds": "s", "second": "s", "minutes": "m", "minute": "m",
    "hours": "h", "hour": "h", "days": "d", "day": "d",
}  # fmt: skip


def _sign(m: Misfit) -> Diagnostic | None:
    if m.kind != "UNKNOWN" or re.match(r"\w", m.found):
        return None
    help_ = {
        "%": "write the `%` right after the number: `80%`",
        "'": 'write texts between double quotes: `"…"`',
        ";": "leave it out: a line needs no sign at its end",
        ":": "leave it out",
        "{": 'braces stand inside a text only: `tell payer "{amount} is a lot"`',
        "}": 'braces stand inside a text only: `tell payer "{amount} is a lot"`',
        "$": "write the currency after the amount: `50 USD`",
        "€": "write the currency after the amount: `50 EUR`",
        "£": "write the currency after the amount: `50 GBP`",
        "¥": "write the currency after the amount: `50 CNY`",
        "\uffe5": "write the currency after the amount: `50 CNY`",
    }.get(m.found)
    return m.says("unknown-sign", f"{quoted(m.found)} is not a sign of the language", "", *([help_] if help_ else []))


def _between(m: Misfit) -> Diagnostic | None:
    if m.found not in ("between", "like", "matches") or "EQUAL" not in m.wanted:
        return None
    advice = "`x >= 1` and, on its own, `x <= 5`" if m.found == "between" else "`starts with` or `contains`"
    return m.says("unexpected-word", f"there is no {quoted(m.found)}", "", f"write {advice}")


_HABITS: tuple[Callable[[Misfit], Diagnostic | None], ...] = (
    _or, _is, _not, _unless, _hold, _chain, _reserved, _unit, _name, _few, _sign, _between,
)  # fmt: skip


# -- whole clauses -----------------------------------------------------------------------------------
def unknown_clause(m: Misfit, guess: str | None, likely: str | None) -> Diagnostic:
    """`guess`: the clause word that was misspelt; `likely`: the one that may have been forgotten."""
    known = [x for x in CLAUSES.get(m.block, ()) if x in spellings(m.words, m.wanted)]
    help_ = f"here may stand {one_of(clause_words(known))}"
    if guess:
        help_ = f"did you mean `{guess}`?"
    elif likely:
        help_ = f"begin the line with `{likely}`" + (" to add a condition" if likely == "and" else "")
    return m.says("unknown-clause", f"no clause of a {quoted(m.block)} begins with {quoted(m.found)}", "", help_)


def misplaced_clause(m: Misfit) -> Diagnostic:
    """A clause that the block has, in the wrong place."""
    order = CLAUSES[m.block]
    if m.found == m.clause or (m.found == "when" and m.clause in ("when", "and")):
        help_ = "join conditions with `and`" if m.found == "when" else "keep one"
        return m.says("clause-out-of-order", f"a second {quoted(m.found)} cannot stand here", "", help_)
    if m.found == "and":
        return m.says(
            "clause-out-of-order",
            f"`and` cannot follow {quoted(m.clause)}",
            "",
            "it adds a condition to the `when` before it",
        )
    help_ = f"the order is {', '.join(clause_words(order))}"
    return m.says("clause-out-of-order", f"{quoted(m.found)} cannot follow {quoted(m.clause)}", "", help_)


def missing_clause(m: Misfit, missing: str) -> Diagnostic:
    could = phrase(m.words, m.wanted, CLAUSES[m.block], True)
    message = f"something is missing before {quoted(m.found)}"
    return Diagnostic(
        "missing-clause",
        message,
        m.source,
        (Label(m.gap(), f"expected {could}"),),
        (f"add a line that begins with {clause_words([missing])[0]}",),
    )


def indented_block(source: Source, start: int, end: int) -> Diagnostic:
    word = source.text[start:end]
    message = f"{quoted(word)} begins a block here, but is indented"
    return Diagnostic("indented-block", message, source, (Label(Span(start, end)),), ("begin it in column one",))


def stray_clause(source: Source, start: int, end: int) -> Diagnostic:
    word = source.text[start:end]
    return Diagnostic(
        "clause-in-column-one",
        f"{quoted(word)} begins no block",
        source,
        (Label(Span(start, end)),),
        (f"indent it: {quoted('  ' + word + ' …')}",),
    )


def unknown_block(source: Source, start: int, end: int, guess: str | None) -> Diagnostic:
    word = source.text[start:end]
    help_ = f"did you mean `{guess}`?" if guess else f"a block begins with {one_of(f'`{x}`' for x in BLOCKS)}"
    return Diagnostic(
        "unknown-block", f"no block begins with {quoted(word)}", source, (Label(Span(start, end)),), (help_,)
    )
