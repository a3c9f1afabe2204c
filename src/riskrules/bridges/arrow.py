"""Any table that speaks Arrow's C interface, as columns of held values.

polars, pandas, DuckDB, pyarrow and others hand their memory over through `__arrow_c_stream__`; nanoarrow (3 MB)
reads it, so none of them is needed here. Nothing is copied until a column is converted, and a column is
converted whole, in NumPy.

This file knows Arrow's layout (chunks, offsets, bitmaps, structs, dictionaries) and gives each column as a
`Raw`; `cells` chooses how a `Raw` becomes a field. A layout that is not known here is refused by name, never
read as something near it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import nanoarrow as na
import numpy as np
from numpy.typing import NDArray

from .columns import Mask, TableError

DEEPEST = 8
"""Structs within structs: `payee.merchant.acquirer` is three deep, and a deeper table has lost its way."""
MOST_COLUMNS = 10_000
LISTS = ("+l", "+L")


@dataclass(frozen=True)
class Raw:
    """A stretch of one Arrow array: rows [offset, offset + length) of `view`, of the Arrow format `format`.
    `held` bool[length], None when a struct above leaves out no row. `dictionary`: the values that a
    dictionary-encoded column points into. `inner`: what the lists of a list column hold, all rows of it. `owner`: what
    must be kept for as long as the buffers are read. `readings`: what was read of all of it, for those who come again,
    as each stretch of a column comes to the same dictionary."""

    format: str
    view: Any
    offset: int
    length: int
    held: Mask | None = None
    dictionary: Raw | None = None
    inner: Raw | None = None
    owner: object = None
    readings: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    def buffer(self, place: int, dtype: str) -> NDArray[Any]:
        """The values of a fixed-width buffer, only the rows of this stretch."""
        return self._bytes(place).view(dtype)[self.offset : self.offset + self.length]

    def whole(self, place: int) -> NDArray[np.uint8]:
        """A buffer as bytes, uncut."""
        return self._bytes(place)

    def _bytes(self, place: int) -> NDArray[np.uint8]:
        buffer = self.view.buffer(place)
        if not buffer.size_bytes:
            return np.empty(0, np.uint8)
        return np.frombuffer(buffer, np.uint8)

    @cached_property
    def complete(self) -> bool:
        """Whether every row has a value."""
        if self.format == "n" or self.held is not None:
            return self.length == 0
        return not (_has_bitmap(self.format) and len(self._bytes(0))) or bool(self.present.all())

    @cached_property
    def present(self) -> Mask:
        """bool[length]: rows that have a value. A fresh array."""
        if self.format == "n":
            return np.zeros(self.length, np.bool_)
        bitmap = self._bytes(0) if _has_bitmap(self.format) else np.empty(0, np.uint8)
        valid = bits(bitmap, self.offset, self.length) if len(bitmap) else np.ones(self.length, np.bool_)
        return valid if self.held is None else valid & self.held

    def cut(self, start: int, length: int) -> Raw:
        """Rows [start, start + length) of this stretch."""
        held = None if self.held is None else self.held[start : start + length]
        kept = self.dictionary, self.inner, self.owner, self.readings
        return Raw(self.format, self.view, self.offset + start, length, held, *kept)


def bits(packed: NDArray[np.uint8], offset: int, length: int) -> Mask:
    """Bits [offset, offset + length) of a packed buffer, least significant first."""
    first = offset // 8
    unpacked = np.unpackbits(packed[first : (offset + length + 7) // 8], bitorder="little")
    return unpacked[offset - 8 * first : offset - 8 * first + length].view(np.bool_)


def _has_bitmap(arrow_format: str) -> bool:
    return not arrow_format.startswith(("n", "+u", "+r"))  # null, unions and run-ends have none


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a table: its columns by dotted name, all of `rows` rows. Their memory is there for as long as
    `array` is."""

    rows: int
    columns: dict[str, Raw]
    array: object


class Table:
    """A stream of chunks, and the names and formats of its columns before the first is read."""

    def __init__(self, formats: dict[str, str], chunks: Callable[[], Iterator[Chunk]]) -> None:
        self.formats = formats
        self.chunks = chunks

    @property
    def columns(self) -> list[str]:
        """The dotted names of the columns that hold values; structs, which only hold columns, are left out."""
        return [name for name, form in self.formats.items() if form != "+s"]


def open_table(given: object) -> Table:
    """A table that speaks Arrow. TableError when it does not, or is no table. A stream can be read once."""
    try:
        stream = _stream(given)
        schema = stream.get_schema()
    except TableError:
        raise
    except (ValueError, TypeError, RuntimeError) as error:
        raise TableError(f"the table cannot be read: {error}") from error
    if schema.format != "+s":
        raise TableError("one column where a table is needed; give a table whose columns have names")
    formats = dict(_formats(schema, "", 0))
    return Table(formats, lambda: (_chunk(schema, array) for array in stream))


def _stream(given: object) -> Any:
    if hasattr(given, "__arrow_c_stream__"):
        return na.c_array_stream(given)
    if hasattr(given, "__arrow_c_array__"):
        array = na.c_array(given)
        return na.c_array_stream(array)
    if hasattr(given, "collect") and hasattr(given, "collect_schema"):
        raise TableError("a lazy frame holds no rows yet: call `.collect()` and give the result")
    raise TableError("not a table that speaks Arrow; polars, pandas, DuckDB and pyarrow tables do")


def _formats(schema: Any, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    """Dotted name and Arrow format of each column, those inside structs included. Names must be unique."""
    if depth > DEEPEST:
        raise TableError(f"columns nested more than {DEEPEST} deep")
    if schema.n_children > MOST_COLUMNS:
        raise TableError(f"more than {MOST_COLUMNS} columns")
    seen = set()
    for child in schema.children:
        name = prefix + (child.name or "")
        if name in seen:
            raise TableError(f"two columns named `{name}`")
        seen.add(name)
        yield name, child.format
        if child.format == "+s":
            yield from _formats(child, name + ".", depth + 1)


def _chunk(schema: Any, array: Any) -> Chunk:
    view = array.view()
    whole = Raw("+s", view, view.offset, view.length)
    held = None if whole.complete else whole.present
    columns = _columns(schema, view, view.offset, view.length, held, "")
    return Chunk(view.length, {name: replace(raw, owner=array) for name, raw in columns}, array)


def _columns(
    schema: Any, view: Any, offset: int, length: int, held: Mask | None, prefix: str
) -> Iterator[tuple[str, Raw]]:
    """Columns of a struct. A struct's own offset and gaps hold for everything inside it."""
    for child_schema, child in zip(schema.children, view.children, strict=True):
        name = prefix + (child_schema.name or "")
        start = child.offset + offset
        inside_lists = _inner(child_schema, child) if child_schema.format in LISTS else None
        raw = Raw(child_schema.format, child, start, length, held, _dictionary(child_schema, child), inside_lists)
        yield name, raw
        if child_schema.format == "+s":
            inside = None if raw.complete else raw.present
            yield from _columns(child_schema, child, start, length, inside, name + ".")


def _inner(schema: Any, view: Any) -> Raw:
    """What the lists of a column hold."""
    (inner_schema,), (inner,) = schema.children, view.children
    return Raw(inner_schema.format, inner, inner.offset, inner.length, None, _dictionary(inner_schema, inner))


def _dictionary(schema: Any, view: Any) -> Raw | None:
    """The values that a dictionary-encoded column points into."""
    if schema.dictionary is None:
        return None
    words = view.dictionary
    return Raw(schema.dictionary.format, words, words.offset, words.length)
