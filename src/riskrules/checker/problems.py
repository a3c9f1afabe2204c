"""The findings of one run, collected as they are met.

A stage that meets a mistake reports it and hands back None (or a harmless value), so that what follows is
still looked at; a part built on a None says nothing more, so that one mistake gives one message.

Author's words stand in a message only through `quoted`: a text may hold anything, backticks among it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ..base.diagnostics import ERROR, WARNING, Diagnostic, Label
from ..base.source import Source, Span
from ..syntax.quoting import closest, quoted
from ..syntax.tree import Node, Token

MOST_NAMES_COMPARED = 20_000
"""Names that all `did you mean` of one run may look at (some 60 µs each): a file with thousands of names, each
misspelt, shall not take minutes to say so."""

MOST_CHOICES_SHOWN = 12
_TEXT_OR_COMMENT = re.compile(r'"[^"\n]*"|#[^\n]*')
_LIKENESS = 0.75
"""Below this a name is another name, and not a slip."""


class Problems:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.errors = 0
        self._names_left = MOST_NAMES_COMPARED

    def error(
        self,
        code: str,
        message: str,
        at: Node | Token | Span,
        text: str = "",
        *others: tuple[Node | Token | Span, str],
        help: Iterable[str] = (),
    ) -> None:
        self.errors += 1
        self._add(ERROR, code, message, at, text, others, help)

    def warning(
        self,
        code: str,
        message: str,
        at: Node | Token | Span,
        text: str = "",
        *others: tuple[Node | Token | Span, str],
        help: Iterable[str] = (),
    ) -> None:
        self._add(WARNING, code, message, at, text, others, help)

    def _add(
        self,
        severity: str,
        code: str,
        message: str,
        at: Node | Token | Span,
        text: str,
        others: tuple[tuple[Node | Token | Span, str], ...],
        help: Iterable[str],
    ) -> None:
        labels = (Label(span_of(at), text), *(Label(span_of(a), t) for a, t in others))
        self.found.append(Diagnostic(code, message, self.source, labels, tuple(help), severity))

    def another_currency(self, what: str, currency: str, own: str, at: Node | Token | Span) -> None:
        """`what` is in a currency that is not the ruleset's own."""
        self.error(
            "unlike-currencies",
            f"this ruleset counts in {own}, and {what} is in {currency}",
            at,
            help=(f"write the amount in {own}",),
        )

    def taken_back(self, first: int) -> list[Diagnostic]:
        """The findings from the `first` on, which are no longer among those found."""
        taken = self.found[first:]
        del self.found[first:]
        self.errors -= sum(d.severity == ERROR for d in taken)
        return taken

    def put_back(self, taken: list[Diagnostic]) -> None:
        self.found += taken
        self.errors += sum(d.severity == ERROR for d in taken)

    def words(self, at: Node | Token | Span) -> str:
        """The author's own text, on one line and without comments."""
        span = span_of(at)
        text = self.source.text[span.start : span.end]
        if "#" in text:
            text = _TEXT_OR_COMMENT.sub(lambda m: " " if m[0][0] == "#" else m[0], text)
        return " ".join(text.split())

    def shown(self, at: Node | Token | Span) -> str:
        """The author's own text as a message shows it: in backticks, cut where it is long."""
        return quoted(self.words(at))

    def did_you_mean(self, word: str, among: Collection[str]) -> tuple[str, ...]:
        """A help line with the name that was probably meant, or none."""
        if len(among) > self._names_left:
            return ()
        self._names_left -= len(among)
        near = _same_end(word, among) or _closest(word, among)
        return (f"did you mean {quoted(near)}?",) if near else ()


def span_of(at: Node | Token | Span) -> Span:
    return at if isinstance(at, Span) else Span(at.start, at.end)


def choices_shown(words: Iterable[str]) -> str:
    """``a`, `b`, `c` …`: as many as fit a message."""
    several = list(words)
    shown = ", ".join(quoted(x) for x in several[:MOST_CHOICES_SHOWN])
    return shown + (" …" if len(several) > MOST_CHOICES_SHOWN else "")


def _closest(word: str, among: Collection[str]) -> str | None:
    """The nearest name; of a dotted one the last part has to be near too, since what stands before it is long."""
    lower = {x.lower(): x for x in among}
    near = closest(word, lower, _LIKENESS)
    if near is None or ("." in word and not closest(word.rsplit(".", 1)[-1], [near.rsplit(".", 1)[-1]])):
        return None
    return lower[near]


def _same_end(word: str, among: Collection[str]) -> str | None:
    """`payee.account.age` for `payee.age`."""
    if "." not in word:
        return None
    first, last = word.split(".", 1)[0], word.rsplit(".", 1)[-1]
    found = [x for x in among if x.rsplit(".", 1)[-1] == last and x.split(".", 1)[0] == first]
    return found[0] if len(found) == 1 else None
