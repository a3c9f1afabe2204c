"""The shared workload as columns: the fields of many payments in NumPy, and what a contestant answered, as one digest.

Numbers are doubles from 0 to 1, texts are codes from 0 to 49 and yes/nos Booleans, from a seed; each contestant makes
them for itself, in a process of its own, so that none disturbs another's threads or memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from workload import BEGAN, WORDS, Names, fields

Columns = dict[str, NDArray[Any]]
Bits = NDArray[np.bool_]
LISTED = [f"word{i}" for i in range(WORDS)]
ROWS_A_DIGEST = 65_536
SECOND_US = 1_000_000


def make_columns(rows: int, seed: int = 1, names: Names | None = None) -> Columns:
    """float64, int32 and bool by the name of a field, all of so many rows."""
    random = np.random.default_rng(seed)
    numbers, texts, yes_nos = names or fields()
    columns: Columns = {x: random.random(rows) for x in numbers}
    columns |= {x: random.integers(0, WORDS, rows, dtype=np.int32) for x in texts}
    return columns | {x: random.random(rows) < 0.1 for x in yes_nos}


def frame(columns: Columns, texts: str) -> pl.DataFrame:
    """The same for Polars. `texts`: "integers", the codes; "dictionary", encoded; "plain", a string a row."""
    made = {}
    for name, column in columns.items():
        made[name] = pl.Series(name, column)
        if column.dtype == np.int32 and texts != "integers":
            coded = made[name].cast(pl.UInt32).cat.to(pl.Enum(LISTED))
            made[name] = coded if texts == "dictionary" else coded.cast(pl.String)
    return pl.DataFrame(made)


def payments(columns: Columns, texts: str) -> pl.DataFrame:
    """The same with what makes each a payment, its id and its time; half a minute apart."""
    made = frame(columns, texts)
    number = pl.int_range(made.height, dtype=pl.Int64)
    began = int(BEGAN.timestamp()) * SECOND_US
    time = (began + number * (30 * SECOND_US)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    identified = made.with_columns(pl.format("payment-{}", number).alias("id"), time.alias("occurred_at"))
    return identified.rechunk()


def pieces(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS_A_DIGEST, rows)) for start in range(0, rows, ROWS_A_DIGEST))


def digest(rows: int, bits_of: Callable[[slice], Bits]) -> str:
    """Of all answers. `bits_of` gives, for some rows, bool[rules, rows]: which rules fire on which."""
    summed = hashlib.sha256()
    for piece in pieces(rows):
        summed.update(np.packbits(bits_of(piece), axis=1).tobytes())
    return summed.hexdigest()
