"""The words of a file with the comments that stand beside them, for the formatter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..base.source import Source
from . import limits
from .layout import BYTE_ORDER_MARK
from .lexer import lex
from .tables import tables
from .tree import Node, Token, walk

_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """`column` counts from zero; `blank_before`: an empty line stood before it."""

    text: str
    column: int
    blank_before: bool


@dataclass(slots=True)
class Piece:
    """One word: comments on lines of their own before it (`parted` from it by an empty line), the one that ends its
    line, and, for the last word of a block, the indented ones below it."""

    text: str
    start: int
    before: list[Comment] = field(default_factory=list)
    after: list[Comment] = field(default_factory=list)
    below: list[Comment] = field(default_factory=list)
    parted: bool = False


def pieces_of(source: Source, blocks: Sequence[Node]) -> tuple[list[list[Piece]], list[Comment]]:
    """The words of each block, and the comments after the last."""
    text = source.text
    place = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    out: list[list[Piece]] = []
    last: Piece | None = None
    for block in blocks:
        pieces = _words(text, block)
        for i, piece in enumerate(pieces):
            found = _comments(text, place, piece.start)
            if last is not None and found:
                found = _after(last, found, text, place)
                found = found if i else _below(last, found)
            piece.before = found
            piece.parted = bool(found) and text.count("\n", text.rfind("#", place, piece.start), piece.start) > 1
            place = piece.start + len(piece.text)
            last = piece
        out.append(pieces)
    found = _comments(text, place, len(text))
    return out, (_below(last, _after(last, found, text, place)) if last is not None else found)


def _words(text: str, block: Node) -> list[Piece]:
    """The words of a block; `-5` is two where the tree has a minus there."""
    minuses = {t.start for t in walk(block) if isinstance(t, Token) and t.type == "MINUS"}
    tokens, _ = lex(text, block.start, block.end, tables().words, limits.MOST_BLOCK_TOKENS)
    pieces = []
    for kind, word, start, _ in tokens:
        if kind == "NEGATIVE" and start in minuses:
            pieces += [Piece("-", start), Piece(word[1:], start + 1)]
        else:
            pieces.append(Piece(word, start))
    return pieces


def _comments(text: str, start: int, end: int) -> list[Comment]:
    out = []
    for m in _COMMENT.finditer(text, start, end):
        line = text.rfind("\n", 0, m.start()) + 1
        gap = text[max(start, text.rfind("\n", 0, max(0, line - 1)) + 1) : line] if line > start else "x"
        out.append(Comment(m.group().rstrip(), m.start() - line, line > 0 and not gap.strip()))
    return out


def _after(piece: Piece, found: list[Comment], text: str, place: int) -> list[Comment]:
    """Give a word the comment on its own line; return the others."""
    if found and "\n" not in text[place : text.index("#", place)]:
        piece.after = found[:1]
        return found[1:]
    return found


def _below(piece: Piece, found: list[Comment]) -> list[Comment]:
    """Give a block's last word the indented comments below it; return those of the next block."""
    count = next((i for i, c in enumerate(found) if c.column == 0), len(found))
    piece.below = found[:count]
    return found[count:]
