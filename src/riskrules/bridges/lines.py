"""A text file line by line, and rows of it as a piece: the part that CSV and JSON lines share.

Python's own readers are used, one row at a time: they are slower than a table library (about a million cells a
second) and let every bad row be told by its line while all others are read. A file comes from outside, so no
line and no batch may grow without bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..schema.errors import PaymentError
from ..schema.fields import Field
from .cells import Read, read_objects
from .columns import TableError
from .reading import Reading

LONGEST_LINE = 1 << 20
"""Bytes. A payment is a few thousand; a longer line is refused and skipped, never held."""

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
ROW = "row"
"""Where an error is that concerns a row as a whole."""


class TextLines:
    """The lines of a binary stream, decoded, ends kept. A line that is too long is given as an empty one and its
    number (from one) kept in `too_long`. Bytes that are no UTF-8 become lone surrogates, which no field takes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.number = 0
        self.too_long: set[int] = set()

    def __iter__(self) -> Iterator[str]:
        while line := self.stream.readline(LONGEST_LINE + 1):
            self.number += 1
            if self.number == 1:
                if line.startswith(_UTF16_BOMS):
                    raise TableError("text in UTF-16; save the file as UTF-8")
                line = line.removeprefix(_UTF8_BOM)
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                self._skip_rest()
                self.too_long.add(self.number)
                line = b"\n"
            yield line.decode("utf-8", "surrogateescape")

    def _skip_rest(self) -> None:
        while (rest := self.stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass


def too_long_line() -> PaymentError:
    return PaymentError(ROW, f"a line of more than {LONGEST_LINE} bytes", "too-long")


def open_file(path: str | Path) -> BinaryIO:
    """The file for reading. TableError when that cannot be."""
    try:
        return Path(path).open("rb")
    except OSError as e:
        raise TableError(f"cannot read `{path}`: {(e.strerror or 'no reason given').lower()}") from None


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Rows of a text file: `cells(column)` gives a column's values. `numbers`: the line each row starts at."""

    rows: int
    numbers: NDArray[np.int64]
    spoiled: Sequence[tuple[int, PaymentError]]
    cells: Callable[[str], Sequence[object]]
    place: str = "line"

    def read(self, f: Field, column: str, how: Reading) -> Read:
        return read_objects(f, self.cells(column), how)
