"""What is wrong with a rule file, said so that its author can mend it.

A diagnostic has a word for a code, one sentence, the places it speaks of and help that is something to
type. The style is held by assertions, so that a message which breaks it fails in the tests and not in
front of an analyst: lower case, no final period, the author's words in backticks, no name of a class.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from .source import Source, Span

ERROR, WARNING = "error", "warning"
MOST_SHOWN_COLUMNS = 160  # a longer source line is cut around the place, or a 10 MiB line fills the screen

_CODE = re.compile(r"[a-z]+(-[a-z]+)*\Z")
_CLASS_NAME = re.compile(r"(?<![`\w])[A-Z][a-z]+[A-Z]\w*|\b\w+Error\b|\bNone\b|\bTrue\b|\bFalse\b")


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said of it (may be empty). The first label of a diagnostic is its place."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` and label texts follow the house style; `help` lines are things to type."""

    code: str
    message: str
    source: Source
    labels: tuple[Label, ...]
    help: tuple[str, ...] = ()
    severity: str = ERROR

    def __post_init__(self) -> None:
        assert _CODE.match(self.code), self.code
        assert self.labels, self.code
        for text in (self.message, *(x.text for x in self.labels), *self.help):
            plain = re.sub(r"`[^`]*`", "``", text)
            assert not plain.endswith("."), text
            assert not plain[:1].isupper(), text
            assert not _CLASS_NAME.search(plain), text

    @property
    def line(self) -> int:
        return self.source.line_and_column(self.labels[0].span.start)[0]

    def to_json(self) -> dict[str, object]:
        """Places as line and column (from one), the end exclusive."""
        labels = []
        for label in self.labels:
            (line, column), (end_line, end_column) = (
                self.source.line_and_column(label.span.start),
                self.source.line_and_column(label.span.end),
            )
            labels.append(
                {"line": line, "column": column, "end_line": end_line, "end_column": end_column, "text": label.text}
            )
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "file": self.source.name,
            "labels": labels,
            "help": list(self.help),
        }

    def __str__(self) -> str:
        return render(self)


class RulesetError(Exception):
    """A ruleset that does not hold. `diagnostics` has every finding, errors and warnings, in order of place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(render(d) for d in self.diagnostics))


def render(d: Diagnostic) -> str:
    """The diagnostic as shown on a terminal, without colour."""
    shown = []
    for label in d.labels:
        line, column = d.source.line_and_column(label.span.start)
        shown.append((line, column, label))
    line, column, _ = shown[0]
    width = len(str(max(x[0] for x in shown)))
    bar = " " * width + " |"
    out = [f"{d.severity}[{d.code}]: {d.message}", f"{' ' * width}--> {d.source.name}:{line}:{column}", bar]
    last = 0
    for number, column, label in sorted(shown, key=lambda x: (x[0], x[1])):
        text = d.source.line(number)
        start = column - 1
        length = max(1, min(label.span.end - label.span.start, len(text) - start))
        cut = max(0, start - MOST_SHOWN_COLUMNS // 2)
        piece = text[cut : cut + MOST_SHOWN_COLUMNS]
        if number != last:
            out.append(f"{number:>{width}} | {_visible(piece)}")
            last = number
        before = _columns(piece[: start - cut])
        carets = "^" * max(1, _columns(piece[start - cut : start - cut + length]))
        out.append(f"{bar} {' ' * before}{carets} {label.text}".rstrip())
    out.append(bar)
    out += [f"{' ' * width} = help: {h}" for h in d.help]
    out.append(f"{' ' * width} = more: riskrules explain {d.code}")
    return "\n".join(out)


def _visible(text: str) -> str:
    """Control and bidirectional characters shown as their code, so that a line cannot lie about itself."""
    return "".join(_shown(c) for c in text)


def _shown(c: str) -> str:
    if c == "\t":
        return " "
    return f"<U+{ord(c):04X}>" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else c


def _columns(text: str) -> int:
    """Terminal columns: wide East Asian characters take two."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else len(_shown(c)) for c in text if not unicodedata.combining(c)
    )
