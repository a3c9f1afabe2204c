"""The table that deciding many payments gives: one row a payment, in the order read.

Columns `id, action, until, score, fired, responsible, measures`, handed on through Arrow's C interface, so that
polars, pandas, DuckDB and pyarrow take it without a copy. Built with nanoarrow out of NumPy buffers. The ruleset's
name and fingerprint travel in the schema's metadata: a table of decisions says which version gave them.

Texts repeat (an action, a rule's name, an institution), so each is laid down by copying the bytes of one of
few names; no Python object is made for a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import nanoarrow as na
import numpy as np
from numpy.typing import NDArray

from ..schema.limits import MISSING
from .chunked import ChunkedTable
from .columns import UNKNOWN, Mask, Words
from .texts import LaidTexts

LIST_COLUMNS = ("fired", "responsible", "measures")
MANY_TEXTS = 10_000
"""From so many on they are copied by a kernel."""
MOST_TEXT_BYTES = 2**31 - 1
"""Of one column of one chunk: Arrow's short offsets. 10 million rows are many chunks, each far below."""


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of names for each of n rows: row i has names[index[starts[i]:starts[i + 1]]]. starts int64[n + 1]."""

    starts: NDArray[np.int64]
    index: NDArray[np.int32]
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions of n rows. `action` int[n] into `actions`; `until_us` int64[n], MISSING where there is no end;
    `score` int64[n]."""

    id: Words
    action: NDArray[Any]
    actions: Sequence[str]
    until_us: NDArray[np.int64]
    score: NDArray[np.int64]
    fired: Lists
    responsible: Lists
    measures: Lists

    @property
    def rows(self) -> int:
        return len(self.score)


class DecisionTable(ChunkedTable):
    """Decisions, a row each."""

    def __init__(self, decided: Iterable[Decided], metadata: Mapping[str, str]) -> None:
        schema = decision_schema(metadata)
        super().__init__(schema, [decision_chunk(d, schema) for d in decided], metadata)


def decision_table(decided: Iterable[Decided], ruleset: str, fingerprint: str) -> DecisionTable:
    """The decisions of one or more batches as one table. `ruleset` is its name and version."""
    return DecisionTable(decided, {"riskrules.ruleset": ruleset, "riskrules.fingerprint": fingerprint})


def decision_schema(metadata: Mapping[str, str]) -> Any:
    """The Arrow schema of a table of decisions."""
    names = na.list_(na.string())
    fields = {
        "id": na.string(),
        "action": na.string(),
        "until": na.timestamp("us", "UTC"),
        "score": na.int64(),
        **dict.fromkeys(LIST_COLUMNS, names),
    }
    schema = na.c_schema(na.struct(fields))
    return schema.modify(metadata={k.encode(): v.encode() for k, v in metadata.items()}) if metadata else schema


def decision_chunk(d: Decided, schema: Any) -> Any:
    """One batch of decisions as an Arrow struct."""
    n = d.rows
    children = [
        text_array(d.id.codes, d.id.words),
        text_array(np.asarray(d.action, np.int32), d.actions),
        _until(d.until_us),
        na.c_array_from_buffers(na.int64(), n, [None, _fixed(d.score, np.int64)], null_count=0),
        *(list_array(getattr(d, name)) for name in LIST_COLUMNS),
    ]
    return na.c_array_from_buffers(schema, n, [None], null_count=0, children=children)


def _fixed(values: NDArray[Any], dtype: type[np.generic]) -> Any:
    return na.c_buffer(np.ascontiguousarray(values, dtype))


def _until(until_us: NDArray[np.int64]) -> Any:
    known = until_us != MISSING
    count = int(np.count_nonzero(known))
    bitmap = None if count == len(known) else na.c_buffer(np.packbits(known, bitorder="little"))
    values = np.where(known, until_us, 0) if count else np.zeros(len(known), np.int64)
    return na.c_array_from_buffers(
        na.timestamp("us", "UTC"), len(known), [bitmap, na.c_buffer(values)], null_count=len(known) - count
    )


def list_array(lists: Lists) -> Any:
    """list<utf8>[n]."""
    starts = _fixed(lists.starts, np.int32)
    names = text_array(lists.index, lists.names)
    return na.c_array_from_buffers(
        na.list_(na.string()), len(lists.starts) - 1, [None, starts], null_count=0, children=[names]
    )


def text_array(codes: NDArray[np.int32], words: Sequence[str]) -> Any:
    """utf8[n] with words[codes[i]] in row i; null where the code is -1."""
    if isinstance(words, LaidTexts) and _in_order(codes, len(words)):
        _check_length(int(words.bounds[-1]))
        return _texts(None, _fixed(words.bounds, np.int32), words.data)
    known = codes != UNKNOWN
    encoded = [*(word.encode() for word in words), b""]  # the last is for -1
    copied = _many_copied if len(codes) >= MANY_TEXTS else _few_copied
    bounds, data = copied(encoded, codes)
    return _texts(None if known.all() else known, na.c_buffer(bounds), data)


def _texts(known: Mask | None, bounds: Any, data: NDArray[np.uint8]) -> Any:
    bitmap = None if known is None else na.c_buffer(np.packbits(known, bitorder="little"))
    gaps = 0 if known is None else int(len(known) - np.count_nonzero(known))
    count = bounds.size_bytes // np.dtype(np.int32).itemsize - 1
    return na.c_array_from_buffers(na.string(), count, [bitmap, bounds, na.c_buffer(data)], null_count=gaps)


def _few_copied(encoded: Sequence[bytes], codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The texts by their codes, one behind the other: where each begins and, last, where they end; and their bytes."""
    texts = [encoded[code] for code in codes.tolist()]
    bounds = np.fromiter(accumulate(map(len, texts), initial=0), np.int64, len(texts) + 1)
    _check_length(int(bounds[-1]))
    return bounds.astype(np.int32), np.frombuffer(b"".join(texts), np.uint8)


def _many_copied(encoded: Sequence[bytes], codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    from ..kernel.texts import BEYOND, copy_texts, total_length  # which whoever decides a table has loaded

    begins = np.fromiter(accumulate(map(len, encoded), initial=0), np.int64, len(encoded) + 1)
    codes = np.require(codes, np.int32, ["C", "W"])
    length = total_length(begins, codes)
    _check_length(length)
    bounds, data = np.empty(len(codes) + 1, np.int32), np.empty(length + BEYOND, np.uint8)
    copy_texts(np.frombuffer(bytearray(b"".join(encoded) + bytes(BEYOND)), np.uint8), begins, codes, bounds, data)
    return bounds, data[:length]


def _in_order(codes: NDArray[np.int32], count: int) -> bool:
    """Whether row i has text i, as ids mostly do."""
    return len(codes) == count and np.array_equal(codes, np.arange(count))


def _check_length(length: int) -> None:
    if length > MOST_TEXT_BYTES:
        raise ValueError(f"more than {MOST_TEXT_BYTES} bytes of text in one column; decide in smaller batches")
