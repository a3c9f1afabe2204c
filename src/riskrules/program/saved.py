"""A program on a disk: one file, plain data, believed in nothing.

magic · format number · lengths · SHA-256 of all the rest · JSON (the meaning, and the names that the code speaks of by
number) · the code as little-endian integers. The checksum finds accidents. Against a file written on purpose to do harm
there is the codec, which takes nothing that is not a ruleset, `verify`, which takes no code that leads outside itself,
and compiling anew, so that what decides is what the fingerprint names. Nothing in the file is ever run. A file of
another format number is refused: compile the rules again.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..meaning import nodes as n
from ..meaning.codec import MeaningError, atom_from_json, from_json, to_json
from ..meaning.lowering import NOW
from ..schema.kinds import TIME, Kind
from . import layout
from .compile import acts_of, from_meaning
from .conditions import coding_of, host_column, reads_of
from .layout import Integers
from .model import HOST, NUMBER, WORD, Column, Program
from .verify import UnsoundProgram, verify

MAGIC = b"riskprog"
FILE_FORMAT = 6
HEAD = struct.Struct("<8sIIQQ32s")
"""magic, format number, zero, bytes of JSON, integers of code, checksum"""
MOST_BYTES = 2**30
"""A file larger than this is not read at all. The largest code is half of it."""
MOST_JSON = 2**28


class SavedProgramError(ValueError):
    """A file that is not a saved program, or not one that this release can trust. The message is one sentence."""


def save(program: Program, path: str | os.PathLike[str]) -> None:
    """Write the program to a file, whole or not at all. Raises `SavedProgramError` if it could not be loaded again,
    `OSError` if the disk refuses."""
    content = to_bytes(program)
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


def load(path: str | os.PathLike[str], *, tables: bool = False) -> Program:
    """The program in a file. Its meaning is compiled again, since tables that somebody changed would decide otherwise
    than the fingerprint says; with `tables` they are taken as they are, which is quick and right only for a file whose
    origin is proven. Raises `SavedProgramError` for whatever is not a program, `OSError` if it cannot be read."""
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    program = from_bytes(content)
    if tables:
        return program
    try:
        return from_meaning(program.ruleset)
    except (ArithmeticError, AssertionError, LookupError, StopIteration, TypeError, ValueError) as problem:
        raise SavedProgramError("the saved program's meaning is none that the checker makes") from problem


def to_bytes(program: Program) -> bytes:
    """What `save` writes. Raises `SavedProgramError` if `from_bytes` would not take it."""
    told = {
        "columns": [
            [c.name, c.coding, list(c.words), None if c.atom is None else to_json(c.atom)] for c in program.columns
        ],
        "rules": list(program.rules),
        "ruleset": to_json(program.ruleset),
    }
    text = json.dumps(told, separators=(",", ":")).encode("ascii")
    code = program.code.astype("<i8").tobytes()
    content = _sealed(text, code)
    from_bytes(content)
    return content


def _sealed(text: bytes, code: bytes) -> bytes:
    """Head and checksum put before the two."""
    head = (MAGIC, FILE_FORMAT, 0, len(text), len(code) // 8)
    checksum = hashlib.sha256(HEAD.pack(*head, bytes(32)) + text + code).digest()
    return HEAD.pack(*head, checksum) + text + code


def from_bytes(content: bytes) -> Program:
    """The program that `to_bytes` was given. Raises `SavedProgramError`."""
    if len(content) > MOST_BYTES:
        raise SavedProgramError(f"a saved program has at most {MOST_BYTES} bytes")
    if content[: len(MAGIC)] != MAGIC:
        raise SavedProgramError("this is not a saved program")
    if len(content) < HEAD.size:
        raise SavedProgramError("the saved program ends too early")
    _, number, zero, text_length, code_length, checksum = HEAD.unpack_from(content)
    if number != FILE_FORMAT or zero:
        raise SavedProgramError(
            f"the saved program has format {number}, and this release reads {FILE_FORMAT}: save again"
        )
    if HEAD.size + text_length + 8 * code_length != len(content):
        raise SavedProgramError("the saved program is not as long as it says")
    if text_length > MOST_JSON or code_length > layout.MOST_LENGTH:
        raise SavedProgramError("the saved program is longer than any program can be")
    head = HEAD.pack(MAGIC, number, zero, text_length, code_length, bytes(32))
    if hashlib.sha256(head + content[HEAD.size :]).digest() != checksum:
        raise SavedProgramError("the saved program is damaged: its checksum does not fit")
    code = np.frombuffer(content, "<i8", offset=HEAD.size + text_length).astype(np.int64)
    code.flags.writeable = False
    try:
        verify(code)
        return _program(_told(content[HEAD.size : HEAD.size + text_length]), code)
    except (UnsoundProgram, MeaningError) as problem:
        raise SavedProgramError(f"the saved program does not hold together: {problem}") from problem
    except (ArithmeticError, AssertionError, LookupError, StopIteration, TypeError, ValueError) as problem:
        raise SavedProgramError("the saved program's meaning is none that the checker makes") from problem


def _told(text: bytes) -> dict[str, Any]:
    """The JSON of the file."""
    try:
        told = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise MeaningError("its JSON cannot be read") from problem
    if not isinstance(told, dict) or told.keys() != {"columns", "rules", "ruleset"}:
        raise MeaningError("its JSON is not that of a program")
    return told


def _refuse(numeral: str) -> None:
    raise ValueError(numeral)


def _program(told: dict[str, Any], code: Integers) -> Program:
    ruleset = from_json(told["ruleset"])
    columns, rules = told["columns"], told["rules"]
    if not isinstance(columns, list) or len(columns) != code[layout.COLUMNS]:
        raise MeaningError("it has not as many columns as its code")
    if not isinstance(rules, list) or not all(isinstance(r, str) for r in rules):
        raise MeaningError("its rules are not named")
    if sorted(rules) != sorted(r.name for r in ruleset.rules) or len(rules) != code[layout.RULES]:
        raise MeaningError("its rules are not those of its code")
    if len(ruleset.exempts) != code[layout.EXEMPTS]:
        raise MeaningError("its exempts are not those of its code")
    acts = acts_of(ruleset)
    if len(acts) != code[layout.ACTS]:
        raise MeaningError("its actions are not those of its code")
    return Program(
        ruleset=ruleset,
        columns=_columns(columns, ruleset, code),
        rules=tuple(rules),
        exempts=tuple(e.name for e in ruleset.exempts),
        acts=acts,
        code=code,
    )


def _columns(told: list[Any], ruleset: n.Ruleset, code: Integers) -> tuple[Column, ...]:
    """The columns, each of an input that the ruleset has, in the coding that its kind asks for."""
    kinds = {NOW: TIME} | {i.name: i.kind for i in ruleset.inputs}
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
