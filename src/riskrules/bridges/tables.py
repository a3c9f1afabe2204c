"""Payments in a table or a file, as batches for a ruleset: the one way in for the engine and for a replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from ..base.clocks import Clock
from ..schema.fields import Schema
from .arrow import open_table
from .columns import Batch
from .feeds import ALWAYS, ROWS_A_BATCH, Feed, Plan, batches, cut_chunks
from .files import open_history
from .maps import Map
from .wiring import mapped_feeds, plain_feeds


def table_batches(
    table: object,
    schema: Schema,
    names: Iterable[str],
    zone: ZoneInfo,
    given_map: Map | None = None,
    rows: int = ROWS_A_BATCH,
) -> Iterator[Batch]:
    """Batches of a table that speaks Arrow. `names`: the fields wanted, worked-out ones among them; `zone`: the
    ruleset's. TableError (MapError) at once when the table cannot feed them; a bad row is told in its batch."""
    opened = open_table(table)
    names = tuple(names)
    plan = _plan(schema, names, zone, given_map, opened.columns, plain_text=False)
    return batches(cut_chunks(opened.chunks(), rows), plan)


def file_batches(
    path: str | Path,
    schema: Schema,
    names: Iterable[str],
    zone: ZoneInfo,
    given_map: Map | None = None,
    rows: int = ROWS_A_BATCH,
) -> Iterator[Batch]:
    """Batches of a Parquet, CSV or JSON lines file; errors as for a table."""
    history = open_history(path)
    names = tuple(names)
    plan = _plan(schema, names, zone, given_map, history.columns, history.plain_text)
    columns = {feed.column for feed in plan.feeds} | {skip.column for skip in plan.skips}
    return batches(history.pieces(columns, rows), plan)


def _plan(
    schema: Schema,
    names: tuple[str, ...],
    zone: ZoneInfo,
    given_map: Map | None,
    columns: list[str] | None,
    plain_text: bool,
) -> Plan:
    feeds: tuple[Feed, ...]
    if given_map is None:
        feeds = plain_feeds(schema, names, columns, plain_text)
    else:
        feeds = mapped_feeds(given_map, schema, names, columns, plain_text)
    wanted = tuple(dict.fromkeys((*ALWAYS, *names)))
    return Plan(schema, wanted, feeds, Clock(zone), given_map.skips if given_map else ())
