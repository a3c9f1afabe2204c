"""One clause → its lines: a single one where it fits, else broken where a reader would pause.

Where a line breaks depends on its words alone, never on how the author had broken it, so that there is one
canonical text. A clause breaks at `and`, at the commas of a list (as many items a line as fit), at the commas of
`any of (` (one condition a line, under the first), and before `in` where a notice changes its language.
"""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 100
_QUANTITIES = ("any", "all", "none")


def joined(words: Sequence[str]) -> str:
    """The words on one line: no space inside brackets or before a comma."""
    out: list[str] = []
    for i, word in enumerate(words):
        if i and word not in (")", ",") and words[i - 1] != "(":
            out.append(" ")
        out.append(word)
    return "".join(out)


def wrapped(words: Sequence[str], column: int, notice: bool = False) -> list[str]:
    """Lines for words that begin in this column and are continued in it. The first line comes without an indent,
    the others with theirs. `notice`: the words are those of a text for people, perhaps in several languages."""
    flat = joined(words)
    if column + len(flat) <= WIDTH:
        return [flat]
    ands = _splits_before(words, "and")
    if len(ands) > 1:
        return _stacked(ands, column)
    if notice:
        spoken = _notices(words)
        if len(spoken) > 1:
            return _stacked(spoken, column)
    items = _splits_after_commas(words)
    if len(items) > 1:
        return _filled(items, column)
    return _group_broken(words, column) or [flat]


def _depths(words: Sequence[str]) -> list[int]:
    """How many brackets stand open before each word."""
    depth, out = 0, []
    for word in words:
        depth -= word == ")"
        out.append(depth)
        depth += word == "("
    return out


def _splits_before(words: Sequence[str], mark: str) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for word, depth in zip(words, _depths(words), strict=True):
        if word == mark and depth == 0 and pieces[-1]:
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _splits_after_commas(words: Sequence[str]) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for i, (word, depth) in enumerate(zip(words, _depths(words), strict=True)):
        pieces[-1].append(word)
        if word == "," and depth == 0 and i + 1 < len(words):
            pieces.append([])
    return pieces


def _notices(words: Sequence[str]) -> list[list[str]]:
    """`payer in zh "…"`, `in en "…"`."""
    pieces: list[list[str]] = [[]]
    for i, word in enumerate(words):
        if word == "in" and i > 1:
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _stacked(pieces: Sequence[Sequence[str]], column: int) -> list[str]:
    lines: list[str] = []
    for piece in pieces:
        first, *others = wrapped(piece, column)
        lines += [(" " * column if lines else "") + first, *others]
    return lines


def _filled(items: Sequence[Sequence[str]], column: int) -> list[str]:
    lines = [""]
    room = WIDTH - column
    for item in items:
        flat = joined(item)
        if lines[-1] and len(lines[-1]) + 1 + len(flat) > room:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + flat
    return [lines[0], *(" " * column + line for line in lines[1:])]


def _group_broken(words: Sequence[str], column: int) -> list[str]:
    """Broken inside the longest of its outermost brackets that hold commas; empty when there is none."""
    depths = _depths(words)
    best: tuple[int, int] | None = None
    opened = 0
    for i, (word, depth) in enumerate(zip(words, depths, strict=True)):
        if word == "(" and depth == 0:
            opened = i
        elif word == ")" and depth == 0 and (best is None or i - opened > best[1] - best[0]):
            best = (opened, i)
    if best is None:
        return []
    opened, closed = best
    before, inner, after = words[: opened + 1], words[opened + 1 : closed], words[closed:]
    items = _splits_after_commas(inner)
    head = joined(before)
    inside = column + len(head)
    conditions = opened > 1 and words[opened - 1] == "of" and words[opened - 2] in _QUANTITIES
    if len(items) > 1:
        lines = _stacked(items, inside) if conditions else _filled(items, inside)
    else:
        lines = wrapped(inner, inside)
    lines[0] = head + lines[0]
    lines[-1] += joined(["(", *after])[1:]
    return lines
