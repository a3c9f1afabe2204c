"""Which column of a table feeds each field that a ruleset reads: by a map, or by the columns' own names.

All that can be known before the first row is checked here, so that a history of ten million rows is not refused
for a misspelt column after an hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from ..schema.fields import Field, Schema
from .columns import TableError
from .feeds import Feed, needed_fields
from .maps import Map, MapError, Source, meant
from .reading import Reading

MOST_COLUMNS_SHOWN = 60


def mapped_feeds(
    given: Map, schema: Schema, names: Iterable[str], columns: Collection[str] | None, plain_text: bool
) -> tuple[Feed, ...]:
    """A feed for each field that must be read. `columns`: those of the table, None when they cannot be known
    before its rows. MapError for a column that is not there, or a required field that nothing feeds."""
    problems = []
    if columns is not None:
        problems = [f"no column `{c}`{meant(c, columns)}" for c in sorted(given.columns) if c not in columns]
        if problems:
            problems.append(f"the columns are {shown(columns)}")
    feeds = []
    fields = needed_fields(schema, names)
    if "currency" in given.sources and all(f.name != "currency" for f in fields):
        fields = (*fields, schema["currency"])
    for f in fields:
        source = given.sources.get(f.name)
        if source is None and not f.optional:
            problems.append(
                f"nothing feeds `{f.key}`, which the ruleset reads: feed it, or declare it optional in the ruleset"
            )
        feeds.append(_feed(f, source, plain_text))
    if problems:
        raise MapError(given.name, problems)
    return tuple(feeds)


def _feed(f: Field, source: Source | None, plain_text: bool) -> Feed:
    if source is None:
        return Feed(f, "")
    return Feed(f, source.column, replace(source.how, plain_text=plain_text), source.constant, source.numbered)


def plain_feeds(
    schema: Schema, names: Iterable[str], columns: Collection[str] | None, plain_text: bool
) -> tuple[Feed, ...]:
    """Feeds for a table that names its columns as an event names its values, `payer.account.id`, or as the language
    does, `payer.account`. TableError when a required field has no column, or two."""
    how = Reading(plain_text=plain_text)
    fields = needed_fields(schema, names)
    if "currency" in schema and (columns is None or "currency" in columns):
        fields = tuple(dict.fromkeys((*fields, schema["currency"])))
    feeds = []
    for f in fields:
        if columns is None:
            feeds.append(Feed(f, f.key, how))
            continue
        own = [name for name in dict.fromkeys((f.key, f.name)) if name in columns]
        if len(own) > 1:
            raise TableError(f"both `{own[0]}` and `{own[1]}` are columns for one field: leave one out")
        if not own and not f.optional:
            raise TableError(
                f"no column `{f.key}`, which the ruleset reads{meant(f.key, columns)}; "
                f"the columns are {shown(columns)}"
            )
        feeds.append(Feed(f, own[0] if own else "", how))
    return tuple(feeds)


def shown(columns: Collection[str]) -> str:
    """Column names in backticks, not without end."""
    names = [f"`{name}`" for name in list(columns)[:MOST_COLUMNS_SHOWN]]
    more = len(columns) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "") if names else "none"
