"""The one canonical text of a file: what a formatter writes and a reviewer compares.

Only spacing and line ends change: the words and the comments stay, in their order, and that is asserted on every run.
Layout follows from the tree alone, never from how the author had laid the text out, so two authors of one rule get
one text. A comment stays after the word it followed, or on its own line before the word it preceded; a comment at the
end of a block belongs to it when indented, to the next block when in column one. Widths count characters, so a line
of Chinese text may look longer than others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..base.diagnostics import RulesetError
from ..base.source import Source
from .comments import Comment, Piece, pieces_of
from .marks import KEYWORD_WIDTH, Mark, marks_of
from .parse import parse
from .tree import Node
from .wrapping import WIDTH, joined, wrapped

_ONE_LINE = {"source": (2,), "field": (2, -1), "param": (2,), "list": (), "window": (2,), "model": (), "let_value": ()}
"""Blocks of one line, which stand together, and the words (by index) that stand under each other in a run of them;
for a field, the kind follows the name's words and the text is the last word."""
_SPOKEN = ("tell", "reason", "appeal")
_ALIGNED_ROOM = 60
"""A column starts no later than here: one long name does not push its neighbours away."""


@dataclass(slots=True)
class _Laid:
    """One block, laid out. `run`: the kind of a one-line block ("" for the others), whose `cells` are joined when the
    widths of its run are known."""

    comments: list[Comment]
    lines: list[str]
    run: str = ""
    cells: list[str] = field(default_factory=list)
    tail: str = ""
    parted: bool = False


def format_text(text: str, name: str = "text") -> str:
    """The canonical text. Raises RulesetError, with every diagnostic, for a text that does not parse."""
    source = Source(name, text)
    parsed = parse(source)
    if parsed.diagnostics:
        raise RulesetError(parsed.diagnostics)
    pieces, last = pieces_of(source, parsed.blocks)
    content = _content(pieces, last)
    laid = [_block(block, words) for block, words in zip(parsed.blocks, pieces, strict=True)]
    for block, words in zip(laid, pieces, strict=True):
        block.parted = words[0].parted
    out: list[str] = []
    for i, block in enumerate(laid):
        together = bool(i and block.run and block.run == laid[i - 1].run and not block.comments)
        if block.run and not together:
            _align(laid, i)
        if i and not together:
            out.append("")
        out += _on_lines(block.comments, 0)
        if block.parted:
            out.append("")
        out += block.lines or [_with(_row(block), block.tail)]
    if last:
        out += ["", *_on_lines(last, 0)]
    result = "\n".join(out) + "\n"
    again = parse(Source(name, result))
    assert not again.diagnostics, again.diagnostics
    assert content == _content(*pieces_of(again.source, again.blocks)), "formatting changed the words"
    return result


def _content(pieces: Sequence[Sequence[Piece]], last: Sequence[Comment]) -> list[str]:
    """Words and comments in their order: what formatting may not change."""
    out: list[str] = []
    for words in pieces:
        for piece in words:
            out += [*(c.text for c in piece.before), piece.text, *(c.text for c in (*piece.after, *piece.below))]
    return out + [c.text for c in last]


def _on_lines(comments: Sequence[Comment], indent: int) -> list[str]:
    """Comments on lines of their own; the blank lines that parted them stay, as one each."""
    out: list[str] = []
    for comment in comments:
        if comment.blank_before and out:
            out.append("")
        out.append(" " * indent + comment.text)
    return out


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line


# -- one block ---------------------------------------------------------------------------------------
def _block(block: Node, words: Sequence[Piece]) -> _Laid:
    marks = marks_of(block, words)
    comments, words[0].before = words[0].before, []
    if len(marks) == 1 and not _broken_by_comments(words) and not words[-1].below:
        laid = _one_line(block, words, comments)
        if laid is not None:
            return laid
    lines: list[str] = []
    starts = [*sorted(marks), len(words)]
    for start, end in pairwise(starts):
        mark = marks[start]
        if mark.blank:
            lines.append("")
        lines += _on_lines(words[start].before, mark.indent)
        lines += _clause(words[start:end], mark)
    lines += _on_lines(words[-1].below, 2)
    return _Laid(comments, lines)


def _clause(words: Sequence[Piece], mark: Mark) -> list[str]:
    """The lines of one clause. With a comment inside it breaks there and nowhere else."""
    texts = [p.text for p in words]
    if mark.pad_second and len(texts) > 1:
        texts[1] = texts[1].ljust(mark.pad_second)
    first = texts[0].ljust(mark.pad - 1) if len(texts) > 1 else texts[0]
    margin = " " * mark.indent
    if _broken_by_comments(words):
        return _commented(words, [first, *texts[1:]], margin)
    end = words[-1].after[0].text if words[-1].after else ""
    if mark.pad and len(texts) > 1:
        lines = wrapped(texts[1:], mark.indent + len(first) + 1, notice=texts[0] in _SPOKEN)
        lines[0] = f"{margin}{first} {lines[0]}"
    else:
        lines = wrapped([first, *texts[1:]], mark.indent or 2)
        lines[0] = margin + lines[0]
    lines[-1] = _with(lines[-1], end)
    return lines


def _broken_by_comments(words: Sequence[Piece]) -> bool:
    return any(p.after for p in words[:-1]) or any(p.before for p in words[1:])


def _commented(words: Sequence[Piece], texts: Sequence[str], margin: str) -> list[str]:
    hang = margin + " " * 4
    lines: list[str] = []
    part: list[str] = []
    for i, (piece, text) in enumerate(zip(words, texts, strict=True)):
        if i and piece.before:
            lines += [margin * (not lines) + hang * bool(lines) + joined(part)] if part else []
            lines += [hang + c.text for c in piece.before]
            part = []
        part.append(text)
        if piece.after:
            lines.append(_with((hang if lines else margin) + joined(part), piece.after[0].text))
            part = []
    if part:
        lines.append((hang if lines else margin) + joined(part))
    return lines


# -- runs of one-line blocks -------------------------------------------------------------------------
def _one_line(block: Node, words: Sequence[Piece], comments: list[Comment]) -> _Laid | None:
    kind = block.kind
    texts = [p.text for p in words]
    run = kind if kind in _ONE_LINE else "let_value" if kind == "let" else ""
    if not run:
        return None
    texts[0] = texts[0].ljust(KEYWORD_WIDTH - 1) if run != "let_value" else texts[0]
    if len(joined(texts)) > WIDTH and kind != "field":
        return None
    tail = words[-1].after[0].text if words[-1].after else ""
    bounds = [x if x > 0 else len(texts) + x for x in _ONE_LINE[run]]
    cells = [joined(texts[a:b]) for a, b in zip([0, *bounds], [*bounds, len(texts)], strict=True)]
    return _Laid(comments, [], run, cells, tail)


def _align(laid: Sequence[_Laid], first: int) -> None:
    """Give the columns of a run that starts here one width each."""
    run = [laid[first]]
    for block in laid[first + 1 :]:
        if block.run != laid[first].run or block.comments:
            break
        run.append(block)
    for column in range(len(run[0].cells) - 1):
        width = max((len(b.cells[column]) for b in run if len(b.cells[column]) <= _ALIGNED_ROOM), default=0)
        for block in run:
            block.cells[column] = block.cells[column].ljust(width)


def _row(block: _Laid) -> str:
    return ("  " if block.run == "field" else " ").join(block.cells)
