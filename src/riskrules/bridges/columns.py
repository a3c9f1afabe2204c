"""A column of held values, and a batch of payments as columns.

The kernels want plain arrays and the interpreter plain values; a column gives both. A missing value is a
mark in the array, because a second array of flags would cost as much again to read. Words are a code a row
and the distinct words once, so that a comparison looks at each word once and not at each row.

What does not fit is kept as refusals: the rows, and the one error that they share. Messages never repeat a
value, so a million bad rows of one kind are one error and one array, and nothing has to be cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..schema.errors import PaymentError
from ..schema.fields import Field, Value
from ..schema.limits import MISSING
from ..schema.values import in_bounds

Mask: TypeAlias = NDArray[np.bool_]
UNKNOWN = -1
"""The mark of a missing word or yes/no."""


class TableError(ValueError):
    """A table or file that cannot be read at all: no such column, not a table, damaged."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """money, number, ratio, count, time, duration: int64[n] in held units, MISSING where there is none."""

    values: NDArray[np.int64]

    def __getitem__(self, row: int) -> Value | None:
        value = int(self.values[row])
        return None if value == MISSING else value

    def take(self, rows: NDArray[np.int64]) -> Numbers:
        return Numbers(self.values[rows])

    def known(self) -> Mask | None:
        """bool[n]: rows that have a value; None where all have."""
        return _some(self.values != MISSING)

    def alone(self) -> Numbers:
        """The same without the table that it came from."""
        return Numbers(self.values)


class Floats(Numbers):
    """Numbers that came as floats, all there and within their field's bounds: `floats` float64[n], each to be rounded
    to units of 10**-`digits`. They are, when somebody asks for `values`; rules mostly compare them as they are."""

    __slots__ = ("_keeps", "_rounded", "_values", "digits", "floats")

    floats: NDArray[np.float64]
    digits: int
    _rounded: Callable[[], NDArray[np.int64]]
    _values: NDArray[np.int64] | None

    def __init__(
        self, floats: NDArray[np.float64], digits: int, rounded: Callable[[], NDArray[np.int64]], keeps: object
    ) -> None:
        """`rounded` works the values out. `keeps`: what the memory of `floats` belongs to."""
        for name, value in (("floats", floats), ("digits", digits), ("_rounded", rounded), ("_keeps", keeps)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_values", None)

    @property
    def values(self) -> NDArray[np.int64]:
        if self._values is None:
            object.__setattr__(self, "_values", self._rounded())
        assert self._values is not None
        return self._values

    def known(self) -> Mask | None:
        return None


@dataclass(frozen=True, slots=True)
class Flags:
    """yes/no: int8[n], 1 yes, 0 no, -1 missing."""

    values: NDArray[np.int8]

    def __getitem__(self, row: int) -> Value | None:
        value = int(self.values[row])
        return None if value == UNKNOWN else bool(value)

    def take(self, rows: NDArray[np.int64]) -> Flags:
        return Flags(self.values[rows])

    def known(self) -> Mask | None:
        """As of numbers."""
        return _some(self.values != UNKNOWN)

    def alone(self) -> Flags:
        """As of numbers."""
        return self


@dataclass(frozen=True, slots=True)
class Words:
    """All other kinds: codes int32[n] into `words`, -1 missing. Each word stands once."""

    codes: NDArray[np.int32]
    words: Sequence[str]

    def __getitem__(self, row: int) -> Value | None:
        code = int(self.codes[row])
        return None if code == UNKNOWN else self.words[code]

    def take(self, rows: NDArray[np.int64]) -> Words:
        return Words(self.codes[rows], self.words)

    def known(self) -> Mask | None:
        """As of numbers."""
        return _some(self.codes != UNKNOWN)

    def alone(self) -> Words:
        """As of numbers."""
        return Words(self.codes, self.words)


class Placed(Words):
    """Words that came as places in a dictionary, none of them missing: row i has words[own[places[i]]]. `places`
    uint8[n] or int32[n], `own` int32[dictionary]; `codes` are worked out when somebody asks for them."""

    __slots__ = ("_codes", "_keeps", "own", "places")

    places: NDArray[Any]
    own: NDArray[np.int32]
    _codes: NDArray[np.int32] | None

    def __init__(self, places: NDArray[Any], own: NDArray[np.int32], words: Sequence[str], keeps: object) -> None:
        """`keeps`: what the memory of `places` belongs to."""
        for name, value in (("places", places), ("own", own), ("words", words), ("_keeps", keeps), ("_codes", None)):
            object.__setattr__(self, name, value)

    @property
    def codes(self) -> NDArray[np.int32]:
        if self._codes is None:
            object.__setattr__(self, "_codes", self.own[self.places])
        assert self._codes is not None
        return self._codes

    def known(self) -> Mask | None:
        return None


def _some(known: Mask) -> Mask | None:
    return None if known.all() else known


Column: TypeAlias = Numbers | Flags | Words


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows of a batch (int64, ascending) that share one error."""

    rows: NDArray[np.int64]
    error: PaymentError


@dataclass(frozen=True, slots=True)
class Batch:
    """`rows` payments. `columns` by field name; a refused cell is missing in them.

    `numbers` int64[rows]: where each came from, counted from one: the line of a text file (`place` "line"), else
    the row of the table ("row"). `good` bool[rows]: no cell was refused and nothing required is missing."""

    rows: int
    first_row: int
    columns: dict[str, Column]
    refusals: tuple[Refusal, ...]
    good: Mask
    numbers: NDArray[np.int64]
    place: str = "row"

    @property
    def bad_count(self) -> int:
        return self.rows - int(np.count_nonzero(self.good))

    def bad(self) -> Iterator[tuple[int, PaymentError]]:
        """Each refused row, in order, with the first error that was found in it."""
        first: dict[int, PaymentError] = {}
        for refusal in self.refusals:
            for row in refusal.rows.tolist():
                first.setdefault(row, refusal.error)
        yield from sorted(first.items(), key=lambda item: item[0])

    def values(self, row: int) -> dict[str, Value | None]:
        """One payment as plain held values by field name."""
        return {name: column[row] for name, column in self.columns.items()}


@dataclass(slots=True)
class Cells:
    """The rows of one column while it is being read: which still stand, and which were refused and why."""

    target: Field
    present: Mask
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, where: Mask, error: Callable[[], PaymentError]) -> None:
        """Take the rows of the mask that still stand out, with one error for all."""
        rows = np.flatnonzero(where & self.present)
        if len(rows):
            self.refusals.append(Refusal(rows, error()))
            self.present[rows] = False

    def refuse_each(self, failed: Iterable[tuple[int, PaymentError]]) -> None:
        """Take single rows out (ascending). Rows whose errors say the same share one."""
        groups: dict[tuple[str, str], tuple[list[int], PaymentError]] = {}
        for row, error in failed:
            groups.setdefault((error.kind, error.problem), ([], error))[0].append(row)
        for rows, error in groups.values():
            self.refusals.append(Refusal(np.array(rows, np.int64), error))
            self.present[rows] = False

    def refuse_all(self, error: Callable[[], PaymentError]) -> None:
        self.refuse(self.present.copy(), error)

    def bound(self, units: NDArray[np.int64]) -> Numbers:
        """The column, with what lies outside the field's bounds refused. `units` is changed in place."""
        f = self.target
        if len(units) and not (f.lowest <= units.min() and units.max() <= f.highest):
            for outside, bound in ((units < f.lowest, f.lowest - 1), (units > f.highest, f.highest + 1)):
                self.refuse(outside, lambda bound=bound: out_of_bounds(f, bound))  # type: ignore[misc]  # called at once
        if not self.present.all():
            units[~self.present] = MISSING
        return Numbers(units)


def out_of_bounds(f: Field, units: int) -> PaymentError:
    """The very error that a single value outside the bounds gives."""
    try:
        in_bounds(f, units)
    except PaymentError as e:
        return e
    raise AssertionError(f.name)


def empty_column(f: Field, rows: int) -> Column:
    """Nothing known, for `rows` rows."""
    if f.kind.numeric:
        return Numbers(np.full(rows, MISSING, np.int64))
    if f.kind.name == "yes/no":
        return Flags(np.full(rows, UNKNOWN, np.int8))
    return Words(np.full(rows, UNKNOWN, np.int32), [])
