"""Where `decide` writes: the decisions, and the rows that were not decided.

Decisions go through the library's own writer of tables. Rows that were not decided are told as CSV or JSON lines by the
ending. Either file appears whole or not at all, and the same input gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Stop
from .replacing import replacing

if TYPE_CHECKING:
    from ..engine.rules import Rules
    from ..engine.tables import BadRow, DecidedBatch

ERROR_COLUMNS = ("place", "number", "field", "problem")
DECISION_ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")
ERROR_ENDINGS = (".csv", ".jsonl", ".ndjson")


def check_places(out: str | None, errors: str | None, read: Iterable[str | None]) -> None:
    """Stop when a file to write has an unknown ending, or is one of those that are read, or both are one."""
    for option, path, endings in (("--out", out, DECISION_ENDINGS), ("--errors", errors, ERROR_ENDINGS)):
        if path is None:
            continue
        if Path(path).suffix.lower() not in endings:
            raise Stop(f"`{option} {path}`: its ending must be one of {', '.join(endings)}")
        if any(other and Path(other).exists() and Path(path).resolve() == Path(other).resolve() for other in read):
            raise Stop(f"`{option} {path}` would overwrite what is read; name another file")
        if not Path(path).resolve().parent.is_dir():
            raise Stop(f"`{option} {path}`: there is no folder `{Path(path).parent}`")
    if out and errors and Path(out).resolve() == Path(errors).resolve():
        raise Stop("`--out` and `--errors` name one file; name two")


def write_decisions(path: str, batches: Iterable[DecidedBatch], rules: Rules) -> None:
    """Write every batch's decisions as it comes. A history without payments gives a table without rows."""
    from ..bridges.decisions import decision_table
    from ..bridges.writing import write_table

    none = decision_table([], f"{rules.name} {rules.version}", rules.fingerprint)
    write_table(path, chain([none], (batch.table for batch in batches)))


@contextmanager
def error_writer(path: str) -> Iterator[Callable[[Iterable[BadRow]], None]]:
    """A function that writes rows that were not decided."""
    with replacing(path) as out:
        text = io.TextIOWrapper(out, "utf-8", errors="backslashreplace", newline="")
        if path.lower().endswith(".csv"):
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(ERROR_COLUMNS)
            yield lambda rows: writer.writerows((r.place, r.number, r.field, r.problem) for r in rows)
        else:
            yield lambda rows: text.writelines(f"{_object(row)}\n" for row in rows)
        text.flush()
        text.detach()


def _object(row: BadRow) -> str:
    values = (row.place, row.number, row.field, row.problem)
    return json.dumps(dict(zip(ERROR_COLUMNS, values, strict=True)), ensure_ascii=False)
