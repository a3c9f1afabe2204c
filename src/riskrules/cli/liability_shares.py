"""The shares of many claims as a file: a row a share, in the order read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .replacing import replacing

if TYPE_CHECKING:
    from ..engine.decision import Decision
    from ..engine.rules import Rules

COLUMNS = ("claim", "liability", "party", "id", "amount", "because", "due")
ROWS_A_GROUP = 65_536
_DECIMAL_DIGITS = 20
"""Digits of an amount in Parquet: more than any loss has."""


def rows_of(decision: Decision) -> Iterator[tuple[str, str | None, str, str | None, Decimal, str, str | None]]:
    """A row a share. `id` in full: the file is for a ledger, which has to post it."""
    due = next((f"{d.due:%Y-%m-%dT%H:%M:%SZ}" for d in decision.deadlines), None)
    for s in decision.shares:
        yield decision.id, s.rule, s.party, s.id, s.amount, s.because, due


@contextmanager
def share_writer(path: str, rules: Rules) -> Iterator[Callable[[Decision], None]]:
    """A function that writes a claim's shares. The file appears whole or not at all."""
    ending = Path(path).suffix.lower()
    with replacing(path) as out:
        if ending == ".parquet":
            with _parquet(out, rules) as write:
                yield write
            return
        text = io.TextIOWrapper(out, "utf-8", errors="backslashreplace", newline="")
        if ending == ".csv":
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(COLUMNS)
            yield lambda decision: writer.writerows(rows_of(decision))
        else:
            yield lambda decision: text.writelines(f"{_object(row)}\n" for row in rows_of(decision))
        text.flush()
        text.detach()


def _object(row: tuple[Any, ...]) -> str:
    values = (str(x) if isinstance(x, Decimal) else x for x in row)
    return json.dumps(dict(zip(COLUMNS, values, strict=True)), ensure_ascii=False)


@contextmanager
def _parquet(out: Any, rules: Rules) -> Iterator[Callable[[Decision], None]]:
    from ..base.money import minor_digits
    from ..bridges.files import pyarrow_and_parquet

    pyarrow, parquet = pyarrow_and_parquet()
    amount = pyarrow.decimal128(_DECIMAL_DIGITS, minor_digits(rules.meaning.currency))
    schema = pyarrow.schema([(name, amount if name == "amount" else pyarrow.string()) for name in COLUMNS])
    schema = schema.with_metadata({"fingerprint": rules.fingerprint, "currency": rules.meaning.currency})
    waiting: list[tuple[Any, ...]] = []
    with parquet.ParquetWriter(out, schema) as writer:

        def flush() -> None:
            columns = [pyarrow.array([row[i] for row in waiting], schema.field(i).type) for i in range(len(COLUMNS))]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
            waiting.clear()

        def write(decision: Decision) -> None:
            waiting.extend(rows_of(decision))
            if len(waiting) >= ROWS_A_GROUP:
                flush()

        yield write
        flush()
