"""A history of transfers as arrays: from a table that speaks Arrow, a file, or rows.

A transfer is read by the same readers as a payment is (maps, units, refusals), so that a history which is decided can
be traced with one map, and with the same words: `payer.account.id`, `payee.account.id`. A side without an account is
outside: cash paid in or out. A history with one bad row is refused whole, since every later sum would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..base.clocks import Clock
from ..base.money import minor_digits
from ..bridges.cells import Read, read_objects
from ..bridges.columns import Batch, Column, Flags, Numbers, TableError, Words
from ..bridges.feeds import Plan, batches
from ..bridges.maps import Map, Source, load_map
from ..bridges.reading import MINOR, Reading
from ..bridges.tables import file_batches, table_batches
from ..bridges.wiring import plain_feeds
from ..schema import limits
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema
from ..schema.kinds import TEXT, TIME, YES_NO, Kind
from ..schema.limits import MISSING
from ..schema.payment import ACCOUNT, CURRENCY, INSTITUTION, plain_field
from .printed import Printed
from .result import TraceError

ROWS_A_BATCH = 1 << 18
"""A quarter of a million: large enough that the accounts of a batch are looked up once and not for each row."""
MOST_TOLD = 5
MOST_ROWS = 2**31 - 1
_MONEY = limits.HIGHEST_MONEY_MINOR
_UTC = ZoneInfo("UTC")
_SIDES = ("payer", "payee")
_BALANCES = tuple(f"{side}.balance_{when}" for side in _SIDES for when in ("before", "after"))


@dataclass(frozen=True, slots=True, repr=False)
class Transfer(Printed):
    """One transfer, for those who have no table. Amounts in minor units, the time in microseconds since 1970. An
    account that is None is outside (cash). `moved`: False for one that failed or was cancelled."""

    id: str
    at_us: int
    payer: str | None
    payee: str | None
    amount_minor: int
    moved: bool = True
    payer_before: int | None = None
    payer_after: int | None = None
    payee_before: int | None = None
    payee_after: int | None = None
    payer_institution: str | None = None
    payee_institution: str | None = None
    currency: str | None = None


@dataclass(frozen=True, repr=False)
class Transfers(Printed):
    """Arrays of one length, a transfer a row, in the order of arrival. `payer` and `payee`: places in `accounts`, -1
    outside. `stated`: the payer's balance before and after, the payee's before and after, MISSING where not known;
    four empty arrays where no row states any. `institutions`: of an account, where known."""

    ids: NDArray[np.object_]
    at: NDArray[np.int64]
    payer: NDArray[np.int32]
    payee: NDArray[np.int32]
    amount: NDArray[np.int64]
    moved: NDArray[np.bool_]
    stated: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    accounts: list[str]
    institutions: dict[str, str]

    def __len__(self) -> int:
        return len(self.at)


@lru_cache(maxsize=512)
def transfer_schema(currency: str) -> Schema:
    """What a transfer may carry. ValueError for a code without minor units."""
    minor_digits(currency)
    money, may = Kind("money", currency=currency), {"optional": True}
    fields = [
        plain_field("id", TEXT, "the payment's own id", longest=limits.LONGEST_ID),
        plain_field("occurred_at", TIME, "when it was booked"),
        plain_field("amount", money, "how much", lowest=0, highest=_MONEY),
        plain_field("currency", CURRENCY, "the currency of every amount", **may),
        plain_field("moved", YES_NO, "the money moved: no for a failed or cancelled payment", **may),
        plain_field("reversed", YES_NO, "the money went from the payee to the payer", **may),
    ]
    for side in _SIDES:
        fields += [
            plain_field(f"{side}.account", ACCOUNT, "missing: cash, outside the history", **may),
            plain_field(f"{side}.account.institution", INSTITUTION, "who keeps the account", **may),
        ]
    fields += [
        plain_field(name, money, "the account's balance", lowest=-_MONEY, highest=_MONEY, **may) for name in _BALANCES
    ]
    return Schema("payment", fields)


def read_transfers(given: object, currency: str, map: str | Path | Map | None = None) -> Transfers:
    """A table that speaks Arrow, a file's path, or rows (`Transfer`, or mappings with the schema's names). TraceError
    for a bad row, TableError (MapError) for a table that cannot be read at all."""
    if isinstance(given, Transfers):
        return given
    gathered = _Gathered(currency)
    for batch in _batches(given, currency, map):
        gathered.add(batch)
    return gathered.transfers()


def _batches(given: object, currency: str, map: str | Path | Map | None) -> Iterator[Batch]:
    schema = transfer_schema(currency)
    chosen = load_map(map, schema) if isinstance(map, str | Path) else map
    names = [f.name for f in schema]
    if isinstance(given, str | Path):
        yield from file_batches(given, schema, names, _UTC, chosen, ROWS_A_BATCH)
    elif hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__"):
        columns = _columns_of(given)
        if chosen is None and "amount_minor" in columns:
            chosen = Map("the table", dict(_minor_sources(columns, schema)), ())
        yield from table_batches(given, schema, names, _UTC, chosen, ROWS_A_BATCH)
    elif isinstance(given, Iterable) and not isinstance(given, Mapping | bytes):
        yield from _rows_batches([_mapping(number, row) for number, row in enumerate(given, 1)], schema)
    else:
        raise TableError("not a history: give a table that speaks Arrow, a file's path, or a list of transfers")


def _columns_of(given: object) -> list[str]:
    names = getattr(given, "column_names", None) or getattr(given, "columns", None)
    return [str(name) for name in names] if names is not None else []


def _minor_sources(columns: Sequence[str], schema: Schema) -> Iterator[tuple[str, Source]]:
    """A table with `amount_minor`: every amount in it is in minor units, and its column says so."""
    for f in schema:
        money = f.kind.name == "money"
        for name in (f"{f.key}_minor",) if money else dict.fromkeys((f.key, f.name)):
            if name in columns:
                yield f.name, Source(name, Reading(unit=MINOR) if money else Reading(number_ids=True))
                break


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows given as mappings, by the schema's names with dots or nested."""

    given: Sequence[Mapping[str, object]]
    spoiled: Sequence[tuple[int, PaymentError]] = ()
    place: str = "row"

    @property
    def rows(self) -> int:
        return len(self.given)

    @property
    def numbers(self) -> NDArray[np.int64]:
        return np.arange(1, self.rows + 1, dtype=np.int64)

    def read(self, f: Field, column: str, how: Reading) -> Read:
        end = "_minor" if how.unit == MINOR else ""
        return read_objects(f, [_cell(row, f, end) for row in self.given], how)


def _cell(row: Mapping[str, object], f: Field, end: str) -> object:
    for name in (f.key + end, f.name + end):
        if name in row:
            return row[name]
    found: object = row
    for key in f.path:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def _rows_batches(given: list[Mapping[str, object]], schema: Schema) -> Iterator[Batch]:
    names = tuple(f.name for f in schema)
    feeds = plain_feeds(schema, names, None, plain_text=False)
    if any("amount_minor" in row for row in given):
        counted = Reading(unit=MINOR)
        feeds = tuple(replace(feed, how=counted) if feed.field.kind.name == "money" else feed for feed in feeds)
    yield from batches([_Piece(given)], Plan(schema, names, feeds, Clock(_UTC)))


def _mapping(number: int, row: object) -> Mapping[str, object]:
    if isinstance(row, Mapping):
        return row
    if not isinstance(row, Transfer):
        raise TraceError(f"row {number} is neither a `Transfer` nor a mapping of names to values")
    return {
        "id": row.id,
        "occurred_at": _instant(row.at_us),
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "moved": row.moved,
        "payer.account": row.payer,
        "payee.account": row.payee,
        "payer.account.institution": row.payer_institution,
        "payee.account.institution": row.payee_institution,
        "payer.balance_before_minor": row.payer_before,
        "payer.balance_after_minor": row.payer_after,
        "payee.balance_before_minor": row.payee_before,
        "payee.balance_after_minor": row.payee_after,
    }


def _instant(at_us: int) -> object:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    except OverflowError:
        return str(at_us)


class _Gathered:
    """Batches on their way to one set of arrays."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.places: dict[str, int] = {}
        self.institutions: dict[str, str] = {}
        self.parts: list[tuple[NDArray[np.generic], ...]] = []
        self.stated = False
        self.rows = 0

    def add(self, batch: Batch) -> None:
        refuse(batch)
        self.rows += batch.rows
        if self.rows > MOST_ROWS:
            raise TraceError(f"more than {MOST_ROWS} transfers; trace a part of the history")
        payer, payee = (self._accounts(batch, side) for side in _SIDES)
        before = [_numbers(batch.columns[name]) for name in _BALANCES]
        moved = _flags(batch.columns["moved"], True)
        back = _flags(batch.columns["reversed"], False)
        if back.any():
            payer, payee = np.where(back, payee, payer), np.where(back, payer, payee)
            before = [np.where(back, before[(i + 2) % 4], before[i]) for i in range(4)]
        self.stated |= any(bool((column != MISSING).any()) for column in before)
        ids = batch.columns["id"]
        assert isinstance(ids, Words)
        names = np.array(ids.words, np.object_)[ids.codes]
        at, amount = _numbers(batch.columns["occurred_at"]), _numbers(batch.columns["amount"])
        self.parts.append((names, at, payer, payee, amount, moved, *before))

    def _accounts(self, batch: Batch, side: str) -> NDArray[np.int32]:
        words, kept = batch.columns[f"{side}.account"], batch.columns[f"{side}.account.institution"]
        assert isinstance(words, Words)
        assert isinstance(kept, Words)
        own = np.array([*(self.places.setdefault(w, len(self.places)) for w in words.words), -1], np.int32)
        if kept.words:
            pairs = np.unique(np.stack([words.codes, kept.codes]), axis=1)
            for account, institution in pairs.T.tolist():
                if account >= 0 and institution >= 0:
                    self._keep(words.words[account], kept.words[institution])
        return own[words.codes]

    def _keep(self, account: str, institution: str) -> None:
        if self.institutions.setdefault(account, institution) != institution:
            raise TraceError(
                f"account `{account}` is kept by two institutions, `{self.institutions[account]}` and `{institution}`: "
                "give accounts ids that are theirs alone, such as the institution's code and the number"
            )

    def transfers(self) -> Transfers:
        if not self.parts:
            raise TraceError("the history has no transfers")
        columns: list[Any] = [np.concatenate(column) for column in zip(*self.parts, strict=True)]
        none = np.empty(0, np.int64)
        ids, at, payer, payee, amount, moved, first, second, third, fourth = columns
        stated = (first, second, third, fourth) if self.stated else (none, none, none, none)
        return Transfers(ids, at, payer, payee, amount, moved, stated, list(self.places), self.institutions)


def _numbers(column: Column) -> NDArray[np.int64]:
    assert isinstance(column, Numbers)
    return column.values


def _flags(column: Column, otherwise: bool) -> NDArray[np.bool_]:
    assert isinstance(column, Flags)
    marked: NDArray[np.bool_] = column.values != 0 if otherwise else column.values == 1
    return marked


def refuse(batch: Batch) -> None:
    """TraceError with the first bad rows, if there are any."""
    if not batch.bad_count:
        return
    told: list[str] = []
    for row, error in batch.bad():
        if len(told) == MOST_TOLD:
            break
        told.append(f"{batch.place} {batch.numbers[row]}: {error}")
    more = f" and {batch.bad_count - len(told)} more" if batch.bad_count > len(told) else ""
    raise TraceError("the history cannot be traced: " + "; ".join(told) + more)
