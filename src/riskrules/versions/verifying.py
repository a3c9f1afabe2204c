"""Whether a log is as it was written: every line follows from the one before, and the signed heads agree.

Found is each edit, each line or file more, less or elsewhere, and each cut, up to the last signed head; also where all
hashes were worked out anew, which nobody can sign for. Two things cannot be known from the folder alone, and the
answer says so: what was done to records after the last head, and whether the whole log, heads and all, was put back to
an earlier day. A copy of `HEAD` that lies elsewhere shows the second.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.times import format_instant
from .keys import key_id
from .log_chain import FORMAT_NUMBER, MOST_HEAD_BYTES, START, Head, follows, head_of, object_of, parted
from .log_folder import HEAD, HEADS, LogError, lines_of, segment_numbers, segment_path

MOST_PROBLEMS = 100
"""Problems that are kept; the rest is counted."""
_DECISION = b'{"kind":"decision",'
_LOOK_AGAIN_S = 0.05


@dataclass
class Verified:
    """What came of it. `problems`: sentences, empty for an untouched log; `more_problems`: how many were not kept.
    `lines`, `decisions`, `segments`, `heads`: how many there are. `signed`: decisions up to the last head, at
    `signed_us`; `notes`: what is no fault, and what cannot be known. `closed_at`: the line with which it was closed."""

    log: str = ""
    segments: int = 0
    lines: int = 0
    decisions: int = 0
    heads: int = 0
    signed: int = 0
    signed_us: int | None = None
    problems: list[str] = field(default_factory=list)
    more_problems: int = 0
    notes: list[str] = field(default_factory=list)
    closed_at: int | None = None

    @property
    def ok(self) -> bool:
        return not self.problems

    def problem(self, said: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(said)
        else:
            self.more_problems += 1


def verify(folder: str | Path, public: str | Collection[str], *, head: str | Path | None = None) -> Verified:
    """Verify a log. `public`: the key (base64) that signs it, or several. `head`: a copy of `HEAD` kept elsewhere.

    Memory does not grow with the records, and with the heads by some 200 bytes each. LogError when the folder, or the
    copy, cannot be read or holds no log; KeyFileError when a key is none.
    """
    root, found = Path(folder), Verified()
    publics = (public,) if isinstance(public, str) else tuple(public)
    for key in publics:
        key_id(key)
    kept = None if head is None else _kept(Path(head), publics)
    newest = _newest(root)
    heads = _heads(root, publics, found)
    _hold_newest(root, newest, heads, publics, found)
    found.heads = len(heads)
    if heads:
        found.log, found.signed, found.signed_us = heads[-1].log, heads[-1].number, heads[-1].signed_us
        found.closed_at = heads[-1].lines if heads[-1].closed else None
    expected: dict[int, list[tuple[Head, str]]] = {}
    for one in heads:
        expected.setdefault(one.lines, []).append((one, f"the head of {format_instant(one.signed_us)}"))
    if kept is not None:
        expected.setdefault(kept.lines, []).append((kept, f"the copy `{head}`"))
        if heads and heads[-1].lines < kept.lines:
            found.problem(f"the log was put back: `{head}` was signed for {kept.number} decisions, and the last head of"
                          f" the log for {heads[-1].number}")  # fmt: skip
        found.log = found.log or kept.log
    _walk(root, found, expected, publics)
    _conclude(found, heads)
    return found


def _kept(path: Path, publics: Collection[str]) -> Head:
    lines = list(_bounded(path))
    one = head_of(lines[0]) if len(lines) == 1 else None
    if one is None or not any(one.is_by(p) for p in publics):
        raise LogError(f"`{path}` is no head of a log that this key signed")
    return one


def _bounded(path: Path) -> Iterator[bytes]:
    return (line for line in lines_of(path) if len(line) <= MOST_HEAD_BYTES)


def _heads(root: Path, publics: Collection[str], found: Verified) -> list[Head]:
    """The heads that hold. What is wrong with the others is told."""
    path = root / HEADS
    if not path.exists():
        found.problem(f"`{path}` is missing, so nothing in the log is signed for")
        return []
    heads: list[Head] = []
    before = ""
    for place, line in enumerate(lines_of(path), 1):
        if not line.endswith(b"\n"):
            found.notes.append(f"the last line of `{path}` is not whole: a writer was stopped there")
            break
        one = head_of(line)
        if one is None:
            found.problem(f"line {place} of `{path}` is no head")
            continue
        if not any(one.is_by(p) for p in publics):
            found.problem(f"line {place} of `{path}` was not signed by this key, or was changed")
            continue
        if one.before != before:
            found.problem(
                f"line {place} of `{path}` does not follow the one before: a head was taken out, added or moved"
            )
        if heads and one.lines < heads[-1].lines:
            found.problem(f"line {place} of `{path}` was signed for fewer lines than the one before")
        before = one.digest
        heads.append(one)
    return heads


def _newest(root: Path) -> bytes:
    """What stands in `HEAD`; nothing where there is no such file. It is read before the other heads, which have each
    head first: so it is one of those, also while a writer is at work."""
    path = root / HEAD
    return b"".join(_bounded(path))[:MOST_HEAD_BYTES] if path.exists() else b""


def _hold_newest(root: Path, newest: bytes, heads: list[Head], publics: Collection[str], found: Verified) -> None:
    """`HEAD` is the last of the heads, unless a writer is at work, which is seen by its being another soon after."""
    path = root / HEAD
    if heads and newest == heads[-1].line:
        return
    one = head_of(newest)
    if not newest:
        found.problem(f"`{path}` is missing or empty")
    elif one is None or not any(one.is_by(p) for p in publics):
        found.problem(f"`{path}` was not signed by this key, or was changed")
    elif all(newest != other.line for other in heads):
        found.problem(f"`{path}` is no head of `{root / HEADS}`")
    else:
        time.sleep(_LOOK_AGAIN_S)  # between a head and its copy in `HEAD` a writer needs less
        if _newest(root) == newest:
            found.problem(f"`{path}` is an older head than the last of `{root / HEADS}`: it was put back, or a writer"
                          " was stopped between the two; whoever opens the log to write mends the second")  # fmt: skip


def _walk(root: Path, found: Verified, expected: dict[int, list[tuple[Head, str]]], publics: Collection[str]) -> None:
    """Every line of every segment, against the one before it and against the heads."""
    numbers = segment_numbers(root)
    if not numbers and not expected:
        raise LogError(f"`{root}` holds no log: there is no `000001.jsonl` in it")
    before = START
    for place, number in enumerate(numbers):
        path = segment_path(root, number)
        wanted = numbers[place - 1] + 1 if place else 1
        if number != wanted:
            found.problem(f"`{segment_path(root, wanted)}` is missing: a file of the log was taken away")
        before = _segment(path, number, before, found, expected, place == len(numbers) - 1)
        found.segments += 1


def _segment(
    path: Path, number: int, before: bytes, found: Verified, expected: dict[int, list[tuple[Head, str]]], last: bool
) -> bytes:
    place = 0
    for line in lines_of(path):
        place += 1
        if not line.endswith(b"\n"):
            said = f"the last line of `{path}` is not whole"
            if last:
                found.notes.append(f"{said}: a writer was stopped there, and the next one cuts it off")
            else:
                found.problem(f"{said}, and the log goes on after it")
            break
        if place == 1:
            _first(path, number, line, before, found)
        if not follows(before, line):
            found.problem(f"line {place} of `{path}` was changed, or one before it was added, taken out or moved")
        made = parted(line)
        before = made[1] if made else before
        found.lines += 1
        found.decisions += line.startswith(_DECISION)
        if line.startswith(_DECISION) and not line.startswith(b'%b"number":%d,' % (_DECISION, found.decisions)):
            found.problem(f"line {place} of `{path}` is not decision {found.decisions} by its number")
        if place > 1 and found.closed_at is not None and found.lines > found.closed_at:
            found.problem(f"line {place} of `{path}` comes after the head with which the log was closed")
        for one, words in expected.pop(found.lines, ()):
            if one.hash != before.hex() or one.log != found.log:
                found.problem(f"line {place} of `{path}` is not what {words} was signed for")
            elif one.number != found.decisions:
                found.problem(f"up to line {place} of `{path}` there are {found.decisions} decisions, and {words} was"
                              f" signed for {one.number}")  # fmt: skip
    if not place:
        found.problem(f"`{path}` is empty")
    return before


def _first(path: Path, number: int, line: bytes, before: bytes, found: Verified) -> None:
    """The first line of a segment: which log it is of, and what it goes on from."""
    given: dict[str, Any] = object_of(line) or {}
    if given.get("kind") != "segment" or given.get("format") != FORMAT_NUMBER:
        found.problem(f"`{path}` does not begin as a log of format {FORMAT_NUMBER} does")
        return
    found.log = found.log or str(given.get("log"))
    if given.get("log") != found.log:
        found.problem(f"`{path}` is of another log")
    if given.get("segment") != number or given.get("previous") != before.hex():
        found.problem(f"`{path}` does not go on where the file before it ends")
    for name, what in (("cut_off", "the last line before it was not whole, and was cut off"),):
        if name in given:
            found.notes.append(f"`{path}` says that {what}: {given[name].get('bytes')} bytes")
    if "lost_lines" in given:
        found.problem(f"`{path}` says that {given['lost_lines']} lines were lost that had been signed for")


def _conclude(found: Verified, heads: list[Head]) -> None:
    if found.problems and not heads:
        return
    if heads and found.lines < heads[-1].lines:
        cut = heads[-1].lines - found.lines
        found.problem(f"the log was cut off: {cut} lines are missing that the last head was signed for")
    if not heads:
        found.problem("no head is signed, so whoever has the folder may have changed anything")
        return
    after = max(found.decisions - heads[-1].number, 0)
    until = format_instant(heads[-1].signed_us)
    found.notes.append(
        f"{after} decisions come after the last head, of {until}: they are chained and not signed for, and whether more"
        " came after it cannot be known"
        if after
        else f"the last head is of {until}; whether records came after it that are gone cannot be known"
    )
