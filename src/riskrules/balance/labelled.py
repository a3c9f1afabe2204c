"""Payments of a history with their labels beside them, as batches to decide.

The label is one more column of each batch, under a name that no rule can have. A column that rules read through a
field, or that feeds one, is no label: figures measured with the answer in hand would hold nowhere else. Reports are the
one way of the label into a window, and only as late as the map says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.clocks import Clock
from ..base.times import zone_of
from ..bridges.arrow import open_table
from ..bridges.columns import Batch
from ..bridges.feeds import ALWAYS, ROWS_A_BATCH, Feed, Piece, Plan, batches, cut_chunks
from ..bridges.files import open_history
from ..bridges.maps import Map, load_map
from ..bridges.reports import REPORTED
from ..bridges.wiring import mapped_feeds, plain_feeds
from ..engine.tables import table_schema, wanted_fields
from ..schema.fields import Schema
from .labels import LABEL, Label, LabelError, LabelledPiece, checked, tables_of

if TYPE_CHECKING:
    from ..engine.serving import Serving

PAYER = "payer.account"
"""Whose payments belong together: people are counted by it."""


def labelled_batches(
    serving: Serving,
    history: object,
    label: Label,
    given_map: Map | str | Path | None = None,
    fields: Iterable[str] = (),
    rows: int = ROWS_A_BATCH,
) -> Iterator[Batch]:
    """Batches for `decide_batches`, each with what the rules read, the payer's account and the amount where the history
    has them, `fields`, and the label as the column `LABEL.name` (`labels.fraud_of`). `history`: a path, a table that
    speaks Arrow, or an iterable of tables. LabelError, TableError or MapError at the first step."""
    return labelled_streams([serving], history, label, [map_of(serving, given_map)], fields, rows)[0]


def labelled_streams(
    servings: Sequence[Serving],
    history: object,
    label: Label,
    maps: Sequence[Map | None],
    fields: Iterable[str] = (),
    rows: int = ROWS_A_BATCH,
) -> list[Iterator[Batch]]:
    """The same for several versions of a ruleset, each with its map: a stream for each, whose batches are of the same
    rows. The history is read once, so go through them side by side."""
    also = tuple(fields)
    copies = tee(_pieces(servings, history, label, maps, also, rows), len(servings))

    def stream(place: int) -> Iterator[Batch]:
        for piece, plans in copies[place]:
            yield from checked(batches([LabelledPiece(piece, label)], plans[place]), label)

    return [stream(place) for place in range(len(servings))]


def _pieces(
    servings: Sequence[Serving],
    history: object,
    label: Label,
    maps: Sequence[Map | None],
    fields: tuple[str, ...],
    rows: int,
) -> Iterator[tuple[Piece, list[Plan]]]:
    """Each piece of the history, and how each version reads it."""
    if isinstance(history, str | Path):
        opened = open_history(history)
        plans = _plans(servings, label, maps, fields, opened.columns, opened.plain_text)
        columns = {feed.column for plan in plans for feed in plan.feeds}
        columns |= {skip.column for plan in plans for skip in plan.skips}
        for piece in opened.pieces(columns, rows):
            yield piece, plans
        return
    for one in tables_of(history):
        table = open_table(one)
        plans = _plans(servings, label, maps, fields, table.columns, plain_text=False)
        for piece in cut_chunks(table.chunks(), rows):
            yield piece, plans


def _plans(
    servings: Sequence[Serving],
    label: Label,
    maps: Sequence[Map | None],
    fields: tuple[str, ...],
    columns: list[str] | None,
    plain_text: bool,
) -> list[Plan]:
    return [_plan(s, fields, label, m, columns, plain_text) for s, m in zip(servings, maps, strict=True)]


def map_of(serving: Serving, given: Map | str | Path | None, also: Schema | None = None) -> Map | None:
    """A map, read for the ruleset's schema where a path is given. `also`: another version's, whose fields the map may
    feed as well. MapError when it does not hold."""
    if not isinstance(given, str | Path):
        return given
    schema = serving.rules.schema
    for field in also or ():
        if field.name not in schema:
            schema = schema.with_field(field)
    return load_map(given, schema)


def _schema(serving: Serving) -> Schema:
    """The rules' schema. A payer that no rule or window reads is counted where there is one, and is not asked for."""
    schema = table_schema(serving)
    return schema if PAYER in wanted_fields(serving) else schema.with_field(replace(schema[PAYER], optional=True))


def _plan(
    serving: Serving,
    fields: tuple[str, ...],
    label: Label,
    chosen: Map | None,
    columns: list[str] | None,
    plain_text: bool,
) -> Plan:
    label.check_column(columns)
    schema = _schema(serving).with_field(LABEL)
    names = tuple(dict.fromkeys((*wanted_fields(serving, chosen), PAYER, *fields)))
    feeds = (
        plain_feeds(schema, names, columns, plain_text)
        if chosen is None
        else mapped_feeds(chosen, schema, names, columns, plain_text)
    )
    read = {name for name in wanted_fields(serving) if name not in ALWAYS}
    read |= {f.of[1] for name in tuple(read) if (f := schema[name]).of}
    for feed in feeds:
        if feed.column == label.column and feed.field.name != REPORTED.name and feed.field.name in read:
            raise LabelError(
                f"`{label.column}` is the label, and the rules read it as `{feed.field.name}`: figures measured "
                "with the answer in hand would hold nowhere else, so leave it out of the map (a report is told by "
                "`[report]`)"
            )
    feeds = (*feeds, Feed(LABEL, label.column))
    wanted = tuple(dict.fromkeys((*ALWAYS, *names, LABEL.name)))
    clock = Clock(zone_of(serving.rules.meaning.timezone))
    return Plan(schema, wanted, feeds, clock, chosen.skips if chosen else ())
