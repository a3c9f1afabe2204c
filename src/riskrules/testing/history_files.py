"""Made-up payments as a file, a block at a time: Parquet where pyarrow is installed, else CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..base.money import write_decimal
from ..base.times import format_instant
from ..bridges.columns import UNKNOWN, Column, Flags, Numbers, Words
from ..bridges.files import pyarrow_and_parquet
from ..schema.limits import MISSING
from .payments import MONEY, TIMES, MadeUpPayments


def write_history(payments: MadeUpPayments, folder: Path, written: Callable[[int], object] = lambda _: None) -> Path:
    """Write the payments to `folder` and give the file. `written` is told the rows of each block as it is done."""
    if find_spec("pyarrow"):
        return _write_parquet(payments, folder / "made_up_payments.parquet", written)
    return _write_csv(payments, folder / "made_up_payments.csv", written)


def _write_csv(payments: MadeUpPayments, path: Path, written: Callable[[int], object]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, block in enumerate(payments.blocks()):
            if number == 0:
                writer.writerow(block)
            columns = [_texts(key, column) for key, column in block.items()]
            writer.writerows(zip(*columns, strict=True))
            written(len(columns[0]))
    return path


def _texts(key: str, column: Column) -> list[str]:
    """A cell's text for each row, "" where there is none."""
    if isinstance(column, Words):
        words = [*column.words, ""]
        return [words[code] for code in column.codes.tolist()]  # UNKNOWN is -1: the last
    if isinstance(column, Flags):
        words = ["false", "true", ""]
        return [words[value] for value in column.values.tolist()]
    write = _written(key)
    distinct, places = np.unique(column.values, return_inverse=True)
    texts = ["" if v == MISSING else write(v) for v in distinct.tolist()]
    return [texts[place] for place in places.tolist()]


def _written(key: str) -> Callable[[int], str]:
    if key in MONEY:
        return lambda v: write_decimal(v, 2)
    return format_instant if key in TIMES else str


def _write_parquet(payments: MadeUpPayments, path: Path, written: Callable[[int], object]) -> Path:
    arrow, parquet = pyarrow_and_parquet()
    writer = None
    try:
        for block in payments.blocks():
            table = arrow.table({key: _array(arrow, key, column) for key, column in block.items()})
            writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            written(table.num_rows)
    finally:
        if writer is not None:
            writer.close()
    return path


def _array(arrow: Any, key: str, column: Column) -> Any:
    if isinstance(column, Words):
        codes = arrow.array(column.codes, mask=column.codes == UNKNOWN)
        words = arrow.DictionaryArray.from_arrays(codes, arrow.array(column.words))
        return words.cast(arrow.string()) if key == "id" else words
    if isinstance(column, Flags):
        return arrow.array(column.values == 1, mask=column.values == UNKNOWN)
    assert isinstance(column, Numbers)
    absent = column.values == MISSING
    if key in MONEY:
        halves = np.stack([column.values, column.values >> 63], axis=1)  # decimal128: low, then high, 64 bits each
        return arrow.Array.from_buffers(arrow.decimal128(18, 2), len(column.values), [None, arrow.py_buffer(halves)])
    kind = arrow.timestamp("us", "UTC") if key in TIMES else arrow.int64()
    return arrow.array(np.where(absent, 0, column.values), mask=absent).cast(kind)
