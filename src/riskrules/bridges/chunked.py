"""A table in chunks, for any Arrow reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nanoarrow.c_array_stream import CArrayStream


class ChunkedTable:
    """It has `__arrow_c_stream__`, as often as it is asked, and `metadata`, which stands in the schema too."""

    def __init__(self, schema: Any, chunks: Sequence[Any], metadata: Mapping[str, str]) -> None:
        """`schema`: of a chunk, with its metadata. `chunks`: arrays of that schema."""
        self.metadata = dict(metadata)
        self._schema = schema
        self._chunks = list(chunks)

    def __len__(self) -> int:
        return sum(chunk.length for chunk in self._chunks)

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return CArrayStream.from_c_arrays(self._chunks, self._schema).__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        return self._schema.__arrow_c_schema__()
