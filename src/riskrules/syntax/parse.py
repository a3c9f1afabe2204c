"""A file → its blocks and all of its mistakes.

Every limit is checked before the work that it bounds, and each block is parsed by itself, so a mistake
in one says nothing of the others. Nothing here raises on any text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..base.diagnostics import Diagnostic, Label
from ..base.source import Source, Span
from . import limits, mistakes, slips
from .automaton import Failure, run
from .layout import BYTE_ORDER_MARK, Cut, cut
from .lexer import RawToken, lex
from .quoting import closest
from .recovery import Budget, Recovery
from .tables import Tables, tables
from .tree import Node
from .wanted import COMPARISONS
from .words import BLOCKS, NAMELESS

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LONE_RETURN = re.compile("\r(?!\n)")
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(slots=True)
class Parsed:
    """`blocks`: those without a mistake, in file order. `broken`: (kind, name) of the others, as far as their first two
    words say; the name is "" for a kind that has none. `mended`: those that could be read with stand-ins
    for what is at fault, each with the places where stand-ins begin. `refused`: a limit on the whole file was passed,
    and nothing of it was read. Diagnostics are in order of place."""

    source: Source
    blocks: list[Node] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)
    mended: list[tuple[Node, frozenset[int]]] = field(default_factory=list)
    refused: bool = False


def parse_bytes(name: str, raw: bytes) -> Parsed:
    """A file as it lies on a disk: strict UTF-8, a byte order mark allowed at its start."""
    if len(raw) > limits.MOST_CHARACTERS:
        return _too_long(Source(name, ""), len(raw), "bytes")
    try:
        return parse(Source(name, raw.decode("utf-8")))
    except UnicodeDecodeError as wrong:
        good = raw[: wrong.start].decode("utf-8")
        source = Source(name, good + "\ufffd" + raw[wrong.end :].decode("utf-8", "replace"))
        message = f"byte {raw[wrong.start]:#04x} is no part of a UTF-8 text"
        help_ = "save the file as UTF-8"
        label = Label(Span(len(good), len(good) + 1))
        return Parsed(source, [], [Diagnostic("wrong-encoding", message, source, (label,), (help_,))], refused=True)


def parse(source: Source) -> Parsed:
    """Never raises. Near one second for the worst text that the limits let through."""
    if len(source.text) > limits.MOST_CHARACTERS:
        return _too_long(source, len(source.text), "characters")
    return _File(source).parsed()


def _too_long(source: Source, length: int, unit: str) -> Parsed:
    message = f"the file has {length:_} {unit}; at most {limits.MOST_CHARACTERS:_} are read"
    label = Label(Span(0, min(1, len(source.text))))
    help_ = "part it into several rulesets, and move long choices into lists"
    return Parsed(source, [], [Diagnostic("too-long", message, source, (label,), (help_,))], refused=True)


class _File:
    """The parsing of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.tables: Tables = tables()
        self.out = Parsed(source)
        self.budget = Budget()
        self.tokens_left = limits.MOST_TOKENS

    def parsed(self) -> Parsed:
        self._clean()
        first, cuts = cut(self.text, limits.MOST_BLOCKS)
        if len(cuts) > limits.MOST_BLOCKS:
            return self._refuse(
                "too-many-blocks", f"more than {limits.MOST_BLOCKS:_} blocks in one file", cuts[-1].start
            )
        if not self._before_first(first, cuts):
            return self._finished()
        for piece in cuts:
            if len(self.out.diagnostics) > limits.MOST_DIAGNOSTICS:
                tokens, _ = lex(self.text, piece.start, piece.end, self.tables.words, 1)
                self._broken(piece.word, tokens)
            elif not self._block(piece):
                message = f"more than {limits.MOST_TOKENS:_} words and signs in one file"
                return self._refuse("too-many-words", message, piece.start)
        return self._finished()

    # -- the whole file ------------------------------------------------------------------------------
    def _clean(self) -> None:
        """Report characters that no file may hold, and read on as if each were a space."""
        begin = 1 if self.text.startswith(BYTE_ORDER_MARK) else 0
        for pattern in (_FORBIDDEN, _LONE_RETURN) if "\r" in self.text else (_FORBIDDEN,):
            for number, m in enumerate(pattern.finditer(self.text, begin)):
                if number == limits.MOST_BLOCK_DIAGNOSTICS:
                    break
                self.out.diagnostics.append(_forbidden(self.source, m.start()))
        if self.out.diagnostics:
            mark, rest = self.text[:begin], self.text[begin:]
            self.text = mark + _LONE_RETURN.sub(" ", _FORBIDDEN.sub(" ", rest))

    def _refuse(self, code: str, message: str, place: int) -> Parsed:
        label = Label(Span(place, min(place + 1, len(self.text))))
        help_ = "part it into several rulesets, and move long choices into lists"
        self.out.diagnostics = [Diagnostic(code, message, self.source, (label,), (help_,))]
        self.out.blocks, self.out.broken, self.out.mended, self.out.refused = [], [], [], True
        return self.out

    def _before_first(self, first: int, cuts: Sequence[Cut]) -> bool:
        """What stands before the first block. False when there is nothing else to read."""
        begin = 1 if self.text.startswith(BYTE_ORDER_MARK) else 0
        tokens, _ = lex(self.text, begin, first, self.tables.words, limits.MOST_BLOCK_TOKENS)
        if not tokens and not cuts:
            message = "the file holds no rules"
            label = Label(Span(0, min(1, len(self.text))))
            help_ = "begin with `ruleset my_rules version 2026.1`"
            self._say(Diagnostic("empty-file", message, self.source, (label,), (help_,)))
            return False
        if tokens:
            _, word, start, end = tokens[0]
            label = Label(Span(start, end))
            if word in BLOCKS:
                self._say(mistakes.indented_block(self.source, start, end))
                self._block(Cut(start, first, word), already_broken=True)
            else:
                help_ = "begin with a word in column one such as `ruleset`, or put `#` before a comment"
                self._say(
                    Diagnostic(
                        "text-before-first-block", "this stands before the first block", self.source, (label,), (help_,)
                    )
                )
        return bool(cuts)

    def _finished(self) -> Parsed:
        found = self.out.diagnostics
        found.sort(key=lambda d: d.labels[0].span.start)
        if len(found) > limits.MOST_DIAGNOSTICS:
            del found[limits.MOST_DIAGNOSTICS :]
            message = f"more than {limits.MOST_DIAGNOSTICS} mistakes in one file; the others are left out"
            found.append(
                Diagnostic("more-mistakes", message, self.source, (found[-1].labels[0],), ("mend these first",))
            )
        return self.out

    def _say(self, diagnostic: Diagnostic) -> None:
        self.out.diagnostics.append(diagnostic)

    # -- one block -----------------------------------------------------------------------------------
    def _block(self, piece: Cut, already_broken: bool = False) -> bool:
        """False when the file has too many tokens."""
        most = min(limits.MOST_BLOCK_TOKENS, self.tokens_left)
        tokens, wrong = lex(self.text, piece.start, piece.end, self.tables.words, most)
        self.tokens_left -= len(tokens)
        if self.tokens_left < 0:
            return False
        for slip in wrong[: limits.MOST_BLOCK_DIAGNOSTICS]:
            self._say(slips.diagnostic(self.source, slip))
        for start, end in piece.strays[: limits.MOST_BLOCK_DIAGNOSTICS]:
            self._say(mistakes.stray_clause(self.source, start, end))
        word = piece.word
        broken = already_broken or bool(wrong or piece.strays)
        if word not in BLOCKS:
            guess = closest(slips.ascii_of(word), BLOCKS)
            end = piece.start + len(word)
            if not any(slip.start == piece.start for slip in wrong):
                self._say(mistakes.unknown_block(self.source, piece.start, end, guess))
            if guess is None or not tokens:
                return True
            tokens[0] = (self.tables.words[guess], guess, piece.start, end)
            word, broken = guess, True
        known = frozenset(x.start for x in wrong) | {start for start, _ in piece.strays}
        self._tokens(word, tokens, broken, known)
        return True

    def _tokens(self, word: str, tokens: list[RawToken], already_broken: bool, known: frozenset[int]) -> None:
        """Parse one block, and any indented block found in it."""
        while tokens:
            refusal = self._over_limit(tokens)
            if refusal is not None:
                self._say(refusal)
                self._broken(word, tokens)
                return
            result = run(self.tables, tokens)
            if not isinstance(result, Failure):
                if already_broken:
                    self._broken(word, tokens)
                    self._mended(tokens, known, known)
                else:
                    self.out.blocks.append(result)
                return
            recovery = Recovery(self.source, self.tables, word, tokens, self.budget, known)
            recovery.go(result)
            self.out.diagnostics += recovery.diagnostics
            if recovery.mended:
                self._mended(recovery.mended, known, recovery.stand_ins() | known)
            self._broken(word, tokens)
            tokens = recovery.rest
            if len(self.out.diagnostics) > limits.MOST_DIAGNOSTICS:
                return
            if tokens:
                word, already_broken = tokens[0][1], True

    def _mended(self, tokens: list[RawToken], slips: frozenset[int], places: frozenset[int]) -> None:
        """Keep the tree of a block whose mistakes stand-ins were put for; what was misspelt becomes harmless too."""
        sound = [(k, _STAND_INS.get(k, w) if start in slips else w, start, end) for k, w, start, end in tokens]
        result = run(self.tables, sound)
        if not isinstance(result, Failure):
            self.out.mended.append((result, places))

    def _broken(self, word: str, tokens: list[RawToken]) -> None:
        name = tokens[1][1] if len(tokens) > 1 and tokens[1][1][:1].isalpha() and word not in NAMELESS else ""
        self.out.broken.append((word, name))

    def _over_limit(self, tokens: list[RawToken]) -> Diagnostic | None:
        """What bounds the work of every later stage on one block."""
        if len(tokens) > limits.MOST_BLOCK_TOKENS:
            return self._too(
                "too-many-words", f"more than {limits.MOST_BLOCK_TOKENS:_} words and signs in one block", tokens[0]
            )
        depth = signs = conditions = 0
        for token in tokens:
            kind = token[0]
            if kind == "LPAR":
                depth += 1
                if depth > limits.MOST_BRACKETS:
                    return self._too("too-deep", f"brackets nested more than {limits.MOST_BRACKETS} deep", token)
            elif kind == "RPAR":
                depth -= 1
            elif kind in _SIGNS:
                signs += 1
                if signs > limits.MOST_SIGNS:
                    return self._too(
                        "too-many-terms", f"more than {limits.MOST_SIGNS} arithmetic signs in one block", token
                    )
            elif token[1] in _CONDITIONS:
                conditions += 1
                if conditions > limits.MOST_CONDITIONS:
                    message = f"more than {limits.MOST_CONDITIONS} conditions in one block"
                    return self._too("too-many-conditions", message, token)
        return None

    def _too(self, code: str, message: str, token: RawToken) -> Diagnostic:
        help_ = {
            "too-deep": "name parts of it with `let`",
            "too-many-terms": "name parts of it with `let`, or sum with a `window`",
            "too-many-conditions": "part the rule into several, or use a `list`",
        }.get(code, "part it into several blocks, and move long choices into a `list`")
        return Diagnostic(code, message, self.source, (Label(Span(token[2], token[3])),), (help_,))


_STAND_INS = {
    "NUMBER": "1", "PERCENT": "1%", "BPS": "1bps", "DURATION": "1d", "DATE": "2000-01-01",
    "INSTANT": "2000-01-01T00:00", "TEXT": '"x"', "NAME": "x", "PATH": "x.x",
}  # fmt: skip
_SIGNS = frozenset({"PLUS", "MINUS", "TIMES", "SLASH", "NEGATIVE"})
_CONDITIONS = frozenset({"and", "is", "in", "starts", "contains", *COMPARISONS})


def _forbidden(source: Source, place: int) -> Diagnostic:
    character = source.text[place]
    label = (Label(Span(place, place + 1)),)
    shown = f"`U+{ord(character):04X}`"
    if character in _BIDIRECTIONAL:
        message = f"{shown} makes a line read otherwise than it is, and is allowed nowhere"
        return Diagnostic("bidi-control", message, source, label, ("delete it",))
    return Diagnostic("control-character", f"{shown} is an invisible control character", source, label, ("delete it",))
