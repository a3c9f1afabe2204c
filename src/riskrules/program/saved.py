"""A ruleset on a disk: one file, plain data, believed in nothing.

magic · format number · lengths · SHA-256 of all the rest · JSON (what there is to read, and the names that the code
speaks of by number) · each rule and exempt by itself, and the tests, JSON too · the code as little-endian integers. So
whoever serves a ruleset reads the first part and the code, and a rule when somebody asks what it says.

The checksum finds accidents. Against a file written on purpose to do harm there is the codec, which takes nothing that
is not a ruleset, and `verify`, which takes no code that leads outside itself. That the code is that of the rules beside
it is another matter: either the file's origin is proven, or the rules are compiled again (`compiled_anew`), so that
what decides is what the fingerprint names. Nothing in the file is ever run. A file of another format number is refused:
compile the rules again.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ..meaning import nodes as n
from ..meaning.codec import MeaningError, atom_from_json, node_from_json, to_json
from ..meaning.deadlines import is_dated
from ..meaning.fingerprint import fingerprint
from ..meaning.frames import around, bare
from ..meaning.lowering import NOW
from ..schema.kinds import TIME, Kind
from . import layout
from .compile import from_meaning
from .conditions import coding_of, host_column, reads_of
from .layout import Integers
from .model import HOST, NUMBER, WORD, Column, Program
from .verify import UnsoundProgram, verify

MAGIC = b"riskprog"
FILE_FORMAT = 8
HEAD = struct.Struct("<8sIIQQQ32s")
"""magic, format number, zero, bytes of JSON, bytes of the pieces, integers of code, checksum"""
MOST_BYTES = 2**30
"""A file larger than this is not read at all. The largest code is half of it."""
MOST_JSON = 2**28
KEYS = {"acts", "columns", "dated", "exempts", "fingerprint", "frame", "rules", "strongest", "text"}
SHA256_DIGITS = 64

Piece = TypeVar("Piece", n.Rule, n.Exempt)


class SavedProgramError(ValueError):
    """A file that is not a saved ruleset, or not one that this release can trust. The message is one sentence."""


class Pieces(Mapping[str, Piece], Generic[Piece]):
    """Rules or exempts by name, in order, each read when it is first asked for. SavedProgramError then, for one that
    is none."""

    def __init__(self, kind: type[Piece], content: bytes, places: Mapping[str, tuple[int, int]]) -> None:
        """`places`: where each lies in `content`."""
        self._kind: type[Piece] = kind
        self._content, self._places = content, places
        self._read: dict[str, Piece] = {}

    def __getitem__(self, name: str) -> Piece:
        found = self._read.get(name)
        if found is None:
            begins, ends = self._places[name]
            with _refusing():
                found = node_from_json(self._kind, _json(self._content[begins:ends]))
                if found.name != name:
                    raise MeaningError(f"`{name}` is called otherwise")
            self._read[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places


@dataclass(frozen=True, eq=False)
class Saved:
    """What a file holds, its rules as yet unread. `text`: SHA-256, in hexadecimal, of the text that the ruleset was
    made of, "" where that is not told. `dated`: the rules with a duty that a calendar may lack a day for."""

    program: Program
    frame: n.Frame
    fingerprint: str
    text: str
    dated: frozenset[str]
    rules: Pieces[n.Rule]
    exempts: Pieces[n.Exempt]
    tests: bytes

    @cached_property
    def ruleset(self) -> n.Ruleset:
        """The whole. Raises `SavedProgramError`."""
        with _refusing():
            tests = [node_from_json(n.Test, x) for x in _json(self.tests)]
            return around(self.frame, self.rules.values(), self.exempts.values(), tests)


def save(program: Program, ruleset: n.Ruleset, path: str | os.PathLike[str]) -> str:
    """Write a ruleset and its program to a file, whole or not at all. The file's SHA-256, in hexadecimal. Raises
    `SavedProgramError` if it could not be loaded again, `OSError` if the disk refuses."""
    content = to_bytes(program, ruleset)
    target = Path(path)
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        os.unlink(part)
        raise
    return hashlib.sha256(content).hexdigest()


def to_bytes(program: Program, ruleset: n.Ruleset, text: str = "") -> bytes:
    """What `save` writes. `text`: SHA-256 of what the ruleset was made of, in hexadecimal. Raises `SavedProgramError`
    if `from_bytes` would not take it."""
    rules = [(x.name, _encoded(to_json(x))) for x in ruleset.rules]
    exempts = [(x.name, _encoded(to_json(x))) for x in ruleset.exempts]
    tests = _encoded(to_json(ruleset.tests))
    told = {
        "acts": [to_json(act) for act in program.acts],
        "columns": [
            [c.name, c.coding, list(c.words), None if c.atom is None else to_json(c.atom)] for c in program.columns
        ],
        "dated": [r.name for r in ruleset.rules if is_dated(r)],
        "exempts": [[name, len(piece)] for name, piece in exempts],
        "fingerprint": fingerprint(ruleset),
        "frame": to_json(bare(ruleset)),
        "rules": [[name, len(piece)] for name, piece in rules],
        "strongest": list(program.rules),
        "text": text,
    }
    pieces = b"".join((*(piece for _, piece in (*rules, *exempts)), tests))
    content = sealed(_encoded(told), pieces, program.code.astype("<i8").tobytes())
    if from_bytes(content).ruleset != ruleset:
        raise SavedProgramError("the rules cannot be read back as they are")
    return content


def sealed(told: bytes, pieces: bytes, code: bytes) -> bytes:
    """Head and checksum put before the three."""
    head = (MAGIC, FILE_FORMAT, 0, len(told), len(pieces), len(code) // 8)
    checksum = hashlib.sha256(HEAD.pack(*head, bytes(32)) + told + pieces + code).digest()
    return b"".join((HEAD.pack(*head, checksum), told, pieces, code))


def read(path: str | os.PathLike[str]) -> bytes:
    """The content of a file, or as much of it as shows that it is too long. OSError if it cannot be read."""
    with open(path, "rb") as file:
        return file.read(MOST_BYTES + 1)


def from_bytes(content: bytes) -> Saved:
    """What `to_bytes` was given. The code leads nowhere outside itself, and whether it is that of the rules is not
    known yet. Raises `SavedProgramError`."""
    if len(content) > MOST_BYTES:
        raise SavedProgramError(f"a saved ruleset has at most {MOST_BYTES} bytes")
    if content[: len(MAGIC)] != MAGIC:
        raise SavedProgramError("this is not a saved ruleset")
    if len(content) < HEAD.size:
        raise SavedProgramError("the saved ruleset ends too early")
    _, number, zero, told_bytes, piece_bytes, integers, checksum = HEAD.unpack_from(content)
    if number != FILE_FORMAT or zero:
        raise SavedProgramError(
            f"the saved ruleset has format {number}, and this release reads {FILE_FORMAT}: save again"
        )
    if HEAD.size + told_bytes + piece_bytes + 8 * integers != len(content):
        raise SavedProgramError("the saved ruleset is not as long as it says")
    if told_bytes + piece_bytes > MOST_JSON or integers > layout.MOST_LENGTH:
        raise SavedProgramError("the saved ruleset is longer than any can be")
    whole = hashlib.sha256(HEAD.pack(MAGIC, number, zero, told_bytes, piece_bytes, integers, bytes(32)))
    whole.update(memoryview(content)[HEAD.size :])
    if whole.digest() != checksum:
        raise SavedProgramError("the saved ruleset is damaged: its checksum does not fit")
    begins, ends = HEAD.size + told_bytes, HEAD.size + told_bytes + piece_bytes
    code = np.frombuffer(content, "<i8", offset=ends).astype(np.int64)
    code.flags.writeable = False
    with _refusing():
        verify(code)
        return _saved(_json(content[HEAD.size : begins]), content[begins:ends], code)


def compiled_anew(saved: Saved) -> Program:
    """The program of the rules that a file holds: tables that somebody changed would decide otherwise than the
    fingerprint says. Raises `SavedProgramError` where the file says of the rules what is not so."""
    ruleset = saved.ruleset
    with _refusing():
        program = from_meaning(ruleset)
        if saved.fingerprint != fingerprint(ruleset):
            raise MeaningError("its rules have another fingerprint than it says")
        if saved.dated != {r.name for r in ruleset.rules if is_dated(r)}:
            raise MeaningError("its deadlines are not those of its rules")
    return program


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever goes wrong with a file is that file's fault."""
    try:
        yield
    except SavedProgramError:
        raise
    except (UnsoundProgram, MeaningError) as problem:
        raise SavedProgramError(f"the saved ruleset does not hold together: {problem}") from problem
    except (ArithmeticError, AssertionError, LookupError, StopIteration, TypeError, ValueError) as problem:
        raise SavedProgramError("the saved ruleset's meaning is none that the checker makes") from problem


def _encoded(told: object) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode("ascii")


def _json(text: bytes) -> Any:
    try:
        return json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise MeaningError("its JSON cannot be read") from problem


def _refuse(numeral: str) -> None:
    raise ValueError(numeral)


def _saved(told: Any, pieces: bytes, code: Integers) -> Saved:
    if not isinstance(told, dict) or told.keys() != KEYS:
        raise MeaningError("its JSON is not that of a ruleset")
    frame = node_from_json(n.Frame, told["frame"])
    rules = _places(told["rules"], 0)
    end = sum(size for _, size in told["rules"])
    exempts = _places(told["exempts"], end)
    end += sum(size for _, size in told["exempts"])
    strongest = _names(told["strongest"], "its rules are not named")
    if sorted(strongest) != sorted(rules) or len(strongest) != code[layout.RULES]:
        raise MeaningError("its rules are not those of its code")
    if len(exempts) != code[layout.EXEMPTS]:
        raise MeaningError("its exempts are not those of its code")
    program = Program(
        columns=_columns(told["columns"], frame, code),
        rules=strongest,
        exempts=tuple(exempts),
        acts=_acts(told["acts"], code),
        code=code,
    )
    return Saved(
        program=program,
        frame=frame,
        fingerprint=_digest(told["fingerprint"]),
        text=_digest(told["text"]) if told["text"] != "" else "",
        dated=frozenset(_names(told["dated"], "its deadlines are of no rule", rules.__contains__)),
        rules=Pieces(n.Rule, pieces, rules),
        exempts=Pieces(n.Exempt, pieces, exempts),
        tests=pieces[end:],
    )


def _places(told: Any, at: int) -> dict[str, tuple[int, int]]:
    """Where each piece lies among the pieces, by name; the first begins at `at`."""
    if not isinstance(told, list) or not all(_is_place(x) for x in told):
        raise MeaningError("its rules are not named")
    ends = list(accumulate((size for _, size in told), initial=at))
    found = {name: place for (name, _), place in zip(told, pairwise(ends), strict=True)}
    if len(found) < len(told):
        raise MeaningError("two of its rules have one name")
    return found


def _is_place(x: object) -> bool:
    return isinstance(x, list) and len(x) == 2 and isinstance(x[0], str) and type(x[1]) is int and 0 < x[1] <= MOST_JSON


def _names(told: Any, otherwise: str, fits: Callable[[str], bool] = bool) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(x, str) and fits(x) for x in told):
        raise MeaningError(otherwise)
    return tuple(told)


def _digest(told: Any) -> str:
    if not isinstance(told, str) or len(told) != SHA256_DIGITS or not set(told) <= set("0123456789abcdef"):
        raise MeaningError("a SHA-256 was expected")
    return told


def _acts(told: Any, code: Integers) -> tuple[n.Act, ...]:
    if not isinstance(told, list) or len(told) != code[layout.ACTS]:
        raise MeaningError("its actions are not those of its code")
    acts = tuple(node_from_json(n.Act, x) for x in told)
    if acts[0] != n.Act(n.ALLOW) or any(a.strength >= b.strength for a, b in pairwise(acts)):
        raise MeaningError("its actions are not in order")
    return acts


def _columns(told: Any, frame: n.Frame, code: Integers) -> tuple[Column, ...]:
    """The columns, each of an input that the ruleset has, in the coding that its kind asks for."""
    if not isinstance(told, list) or len(told) != code[layout.COLUMNS]:
        raise MeaningError("it has not as many columns as its code")
    kinds = {NOW: TIME} | {i.name: i.kind for i in frame.inputs}
    modes = code[int(code[layout.DIRECTORY]) :][layout.MODE :: layout.DIRECTORY_WIDTH]
    columns = []
    for each, mode in zip(told, modes, strict=False):
        if not isinstance(each, list) or len(each) != 4:
            raise MeaningError("a column is not told in full")
        column = _host(each) if each[1] == HOST else _column(each, kinds)
        if any(r.name not in kinds for r in (reads_of(column.atom) if column.atom else ())):
            raise MeaningError("a column is of no input")
        if (column.coding == NUMBER) != (mode == layout.RANK):
            raise MeaningError("a column is not coded as its code says")
        columns.append(column)
    if columns[0].name != NOW or columns[0].coding != NUMBER:
        raise MeaningError("its first column is not the time")
    return tuple(columns)


def _host(told: list[Any]) -> Column:
    column = host_column(atom_from_json(told[3]))
    if not isinstance(column.atom, n.InList | n.Starts | n.Contains | n.Equal) or told[:3] != [column.name, HOST, []]:
        raise MeaningError("a column of the host's is not that of its atom")
    return column


def _column(told: list[Any], kinds: dict[str, Kind]) -> Column:
    name, coding, words, atom = told
    if not isinstance(words, list) or not all(isinstance(w, str) for w in (name, coding, *words)):
        raise MeaningError("a column is not told in texts")
    if name not in kinds:
        raise MeaningError("a column is of no input")
    if coding != coding_of(kinds[name]) or atom is not None or (words and coding != WORD):
        raise MeaningError("a column is not coded as its input asks")
    if len(set(words)) != len(words):
        raise MeaningError("a column has one word twice")
    return Column(name, coding, tuple(words))
