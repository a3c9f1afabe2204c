"""MAP.toml: which column of a history feeds which field, stated by a person.

```toml
[payment]
id = "TRANSACTION_ID"
occurred_at = { column = "step", unit = "h", origin = "2026-01-01T00:00:00Z" }
amount = { column = "amount", currency = "CNY", round = "half even" }
"payer.account.institution" = { constant = "BANK-A" }
channel = { column = "action", values = { CASH_OUT = "atm" }, otherwise = "mobile" }

# where a history has no ids of its own: id = { numbered = "row-" } gives row-1, row-2, ...

[rows]
skip = { column = "moved_no_money", equals = 1 }

[report]
from = "TX_FRAUD"
delay = "7d"
```

A map is where a history's own habits are written down, so that nothing has to be guessed while reading: units,
origins, zones, rounding. It is checked whole before the first row is read, and every fault is told at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from ..base.times import instant_of, parse_instant, zone_of
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema, Value
from ..schema.kinds import TEXT
from ..schema.values import read_value
from .columns import TableError
from .feeds import Skip
from .lines import open_file
from .reading import MINOR, Reading, cell_text, read_cell
from .reports import REPORTED, read_report

LARGEST_MAP = 1 << 20
"""Bytes: ten thousand columns with a line each."""
LONGEST_PREFIX = 64

Word = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Scalar = str | bool | int | Decimal | datetime


class MapError(TableError):
    """A map that does not hold. `problems` has a sentence for each fault."""

    def __init__(self, name: str, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{name}: {problem}" for problem in self.problems))


class Entry(BaseModel):
    """What one field is fed from, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    column: Word | None = None
    constant: Scalar | None = None
    numbered: str | None = None
    unit: Literal["us", "ms", "s", "m", "h", "d", "minor"] | None = None
    origin: str | datetime | None = None
    currency: Word | None = None
    zone: Word | None = None
    round: Literal["half even"] | None = None
    values: dict[str, str | bool] | None = None
    otherwise: str | bool | None = None


class SkipEntry(BaseModel):
    """Rows to leave out: those whose column has the value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    column: Word
    equals: str | bool | int | list[str | bool | int]


@dataclass(frozen=True, slots=True)
class Source:
    """A checked entry: a column, a constant (held value) or a prefix for row numbers, and how cells are read."""

    column: str
    how: Reading
    constant: Value | None = None
    numbered: str | None = None


@dataclass(frozen=True)
class Map:
    """A checked map. `sources` by field name, `reported` among them where it has a `[report]`; `report_delay_us`: how
    long after its payment a report comes, None where the map has no reports."""

    name: str
    sources: dict[str, Source]
    skips: tuple[Skip, ...]
    report_delay_us: int | None = None

    @property
    def columns(self) -> set[str]:
        """Every column that the map names."""
        named = {source.column for source in self.sources.values() if source.column}
        return named | {skip.column for skip in self.skips}


def load_map(path: str | Path, schema: Schema) -> Map:
    """The map in a file. MapError with every fault."""
    with open_file(path) as stream:
        data = stream.read(LARGEST_MAP + 1)
    if len(data) > LARGEST_MAP:
        raise MapError(str(path), [f"larger than {LARGEST_MAP} bytes, so hardly a map"])
    try:
        return read_map(data.decode(), schema, str(path))
    except UnicodeDecodeError:
        raise MapError(str(path), ["not text in UTF-8"]) from None


def read_map(text: str, schema: Schema, name: str = "the map") -> Map:
    """The map that a text writes. MapError with every fault."""
    try:
        given = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        said = str(e)[:1].lower() + str(e)[1:] if isinstance(e, ValueError) else "nested too deep"
        raise MapError(name, [f"no TOML: {said}"]) from None
    problems = [
        f"no section `[{section}]`; there are `[payment]`, `[rows]` and `[report]`"
        for section in given
        if section not in _SECTIONS
    ]
    payment, rows = given.get("payment"), given.get("rows", {})
    if not isinstance(payment, dict) or not payment:
        raise MapError(name, [*problems, "the section `[payment]` is missing: it says which column feeds which field"])
    sources: dict[str, Source] = {}
    for key, entry in _entries(payment, schema, ()):
        field = schema.by_key(key)
        if field is None:
            problems.append(_no_field(key, schema))
            continue
        try:
            sources[field.name] = _source(field, _entry(key, entry), schema)
        except _Faults as e:
            problems += e.sentences
    try:
        skips = tuple(_skips(rows))
    except _Faults as e:
        problems += e.sentences
    delay = None
    if "report" in given:
        try:
            column, delay, how = read_report(given["report"])
            sources[REPORTED.name] = Source(column, how)
        except ValueError as e:
            problems += e.args
    if problems:
        raise MapError(name, problems)
    return Map(name, sources, skips, delay)


_SECTIONS = ("payment", "rows", "report")


class _Faults(Exception):
    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences


def _entries(table: dict[str, Any], schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Dotted keys and what they are given; `payer.account.id` may be written with or without quotes."""
    for key, value in table.items():
        here = (*path, key)
        dotted = ".".join(here)
        settings = schema.by_key(dotted) is not None or not isinstance(value, dict) or not value
        if settings or set(value) & {"column", "constant", "numbered"}:
            yield dotted, value
        else:
            yield from _entries(value, schema, here)


def _no_field(key: str, schema: Schema) -> str:
    named = schema.get(key)
    if named is not None and named.of is not None:
        return f"`{key}` is worked out from `{named.of[1]}`: feed that"
    if named is not None:
        return f"`{key}` is known as `{named.key}` in a map: write that"
    return f"no field `{key}`{meant(key, [f.key for f in schema if f.of is None])}"


def meant(word: str, words: Iterable[str]) -> str:
    """A question after a word that is not known, when one of like spelling is."""
    close = get_close_matches(word, list(words), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _entry(key: str, given: object) -> Entry:
    if isinstance(given, str):
        given = {"column": given}
    if not isinstance(given, dict):
        raise _Faults(f"`{key}` takes a column's name in quotes, or `{{ constant = … }}`")
    try:
        return Entry.model_validate(given)
    except ValidationError as e:
        raise _Faults(*dict.fromkeys(_sentence(key, fault, list(Entry.model_fields)) for fault in e.errors())) from None


def _sentence(key: str, fault: Any, settings: list[str]) -> str:
    """A finding of pydantic in this file's own words."""
    setting = str(fault["loc"][0]) if fault["loc"] else ""
    if fault["type"] == "extra_forbidden":
        return f"`{key}` has no setting `{setting}`{meant(setting, settings)}"
    if fault["type"] == "missing":
        return f"`{key}` needs `{setting}`"
    return f"`{setting}` of `{key}` takes {_TAKES.get(setting, 'a text')}"


_TAKES = {
    "unit": "one of us, ms, s, m, h, d, minor",
    "round": "only \"half even\"",
    "values": "a table such as { CASH_OUT = \"atm\" }, whose values are texts, true or false",
    "origin": "an instant such as 2026-01-01T00:00:00Z",
    "otherwise": "a text, true or false",
    "constant": "one value",
    "numbered": "a text to stand before the row's number",
    "equals": "a text, a whole number, true or false, or a list of these",
}


def _source(f: Field, entry: Entry, schema: Schema) -> Source:
    """The entry checked against the field's kind."""
    faults = list(_misplaced(f, entry))
    if [entry.column, entry.constant, entry.numbered].count(None) != 2:
        faults.append(f"`{f.key}` takes one of `column`, `constant` and `numbered`")
    if entry.numbered is not None and (f.kind != TEXT or len(entry.numbered) > LONGEST_PREFIX):
        faults.append(f"`numbered` gives a text of at most {LONGEST_PREFIX} letters and a number: not for `{f.key}`")
    if faults:
        raise _Faults(*faults)
    how = Reading(
        unit=entry.unit or "",
        origin_us=_origin(f, entry.origin),
        zone=_zone(f, entry.zone),
        rounding=entry.round or "",
        values=None if entry.values is None else {word: _word(f, value) for word, value in entry.values.items()},
        otherwise=None if entry.otherwise is None else _word(f, entry.otherwise),
        number_ids=True,
    )
    if entry.constant is None:
        return Source(entry.column or "", how, numbered=entry.numbered)
    try:
        return Source("", how, read_cell(f, entry.constant, how))
    except PaymentError as e:
        raise _Faults(f"the constant of `{f.key}` does not fit: {e.problem}") from None


def _misplaced(f: Field, entry: Entry) -> Iterator[str]:
    """Settings that say nothing about this kind of field."""
    kind = f.kind.name
    timed = kind in ("time", "duration")
    if entry.unit is not None and (entry.unit == MINOR) != (kind == "money"):
        yield f"`unit = \"{entry.unit}\"` does not go with `{f.key}`, which is {f.kind}"
    elif entry.unit is not None and not (timed or kind == "money"):
        yield f"`unit` does not go with `{f.key}`, which is {f.kind}"
    if entry.origin is not None and (kind != "time" or entry.unit is None):
        yield f"`origin` of `{f.key}` goes only with a time that is counted in a `unit`"
    if entry.zone is not None and (kind != "time" or entry.unit is not None):
        yield f"`zone` of `{f.key}` goes only with times that a clock showed, not with `unit`"
    if entry.round is not None and kind != "money":
        yield f"`round` of `{f.key}` goes only with money"
    if entry.currency is not None and entry.currency != f.kind.currency:
        owner = f"the ruleset's currency is {f.kind.currency}" if kind == "money" else "goes only with money"
        yield f"`currency = \"{entry.currency}\"` of `{f.key}`: {owner}"
    if entry.otherwise is not None and entry.values is None:
        yield f"`otherwise` of `{f.key}` goes only with `values`"
    if entry.values is not None and (entry.unit or entry.round or entry.zone):
        yield f"`values` of `{f.key}` goes with no `unit`, `round` or `zone`"


def _origin(f: Field, given: str | datetime | None) -> int:
    try:
        return 0 if given is None else parse_instant(given) if isinstance(given, str) else instant_of(given)
    except ValueError as e:
        raise _Faults(f"`origin` of `{f.key}`: {e}") from None


def _zone(f: Field, name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else zone_of(name)
    except ValueError as e:
        raise _Faults(f"`zone` of `{f.key}`: {e}") from None


def _word(f: Field, value: str | bool) -> str | bool:
    """A value of the table, which must fit the field. yes and no are the language's words for true and false."""
    if f.kind.name == "yes/no" and value in ("yes", "no"):
        return value == "yes"
    try:
        read_value(f, value)
    except PaymentError as e:
        raise _Faults(f"a value in the table of `{f.key}` does not fit: {e.problem}") from None
    return value


def _skips(rows: object) -> Iterator[Skip]:
    if not isinstance(rows, dict) or any(key != "skip" for key in rows):
        raise _Faults("`[rows]` takes only `skip`, such as `skip = { column = \"void\", equals = 1 }`")
    given = rows.get("skip", [])
    for one in given if isinstance(given, list) else [given]:
        try:
            entry = SkipEntry.model_validate(one)
        except ValidationError as e:
            fields = list(SkipEntry.model_fields)
            raise _Faults(*dict.fromkeys(_sentence("skip", fault, fields) for fault in e.errors())) from None
        words = entry.equals if isinstance(entry.equals, list) else [entry.equals]
        yield Skip(entry.column, tuple(text for word in words if (text := cell_text(word)) is not None))
