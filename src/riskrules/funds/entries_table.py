"""The journal of a trace as a table for any Arrow reader."""

from __future__ import annotations

from typing import Any

import nanoarrow as na
import numpy as np
from numpy.typing import NDArray

from ..bridges.chunked import ChunkedTable
from ..bridges.decisions import text_array
from .result import WAYS, Trace

ENTRIES_A_CHUNK = 1 << 20
_FIELDS = {
    "payment": na.string(),
    "at": na.timestamp("us", "UTC"),
    "from": na.string(),
    "to": na.string(),
    "victim": na.string(),
    "amount_minor": na.int64(),
    "hop": na.int32(),
    "way": na.string(),
}


class EntriesTable(ChunkedTable):
    """Columns `payment, at, from, to, victim, amount_minor, hop, way`, an entry a row; the method and the currency
    stand in the schema's metadata. `from` and `to` are missing for the world outside."""

    def __init__(self, trace: Trace) -> None:
        metadata = {"riskrules.method": trace.method, "riskrules.currency": trace.currency}
        schema = na.c_schema(na.struct(_FIELDS))
        schema = schema.modify(metadata={k.encode(): v.encode() for k, v in metadata.items()})
        size = len(trace.entries)
        starts = range(0, max(size, 1), ENTRIES_A_CHUNK)
        chunks = [_chunk(trace, start, min(start + ENTRIES_A_CHUNK, size), schema) for start in starts]
        super().__init__(schema, chunks, metadata)


def _chunk(trace: Trace, start: int, end: int, schema: Any) -> Any:
    ledger, entries = trace.ledger, trace.entries
    rows = entries.row[start:end]
    names, codes = np.unique(ledger.ids[ledger.row[rows]].astype(str), return_inverse=True)
    accounts = [*ledger.accounts, ""]
    children = [
        text_array(codes.astype(np.int32), names.tolist()),
        _fixed(na.timestamp("us", "UTC"), ledger.at[rows], np.int64),
        text_array(_inside(entries.source[start:end], ledger.world), accounts),
        text_array(_inside(entries.target[start:end], ledger.world), accounts),
        text_array(entries.victim[start:end], trace.victims),
        _fixed(na.int64(), entries.amount[start:end], np.int64),
        _fixed(na.int32(), entries.hop[start:end], np.int32),
        text_array(entries.way[start:end].astype(np.int32), WAYS),
    ]
    return na.c_array_from_buffers(schema, end - start, [None], null_count=0, children=children)


def _inside(accounts: NDArray[np.int32], world: int) -> NDArray[np.int32]:
    return np.where(accounts == world, -1, accounts).astype(np.int32)


def _fixed(kind: Any, values: NDArray[Any], dtype: type[np.generic]) -> Any:
    held = na.c_buffer(np.ascontiguousarray(values, dtype))
    return na.c_array_from_buffers(kind, len(values), [None, held], null_count=0)
