"""An order of an authority about an account, and whether it fits the books.

A stop rests on four particulars: account number, account name, amount and time of the transfer. Each is compared by
itself, so that the feedback can say which does not fit. Names are compared after Unicode's compatibility forms, letter
case and runs of spaces are evened out, and in no other way; times by the second, in which orders are written; amounts
and numbers exactly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..base.money import minor_digits, parse_minor, write_decimal
from ..base.times import MICROSECOND_UNITS, format_instant, parse_instant
from ..schema.limits import LONGEST_ID
from .printed import Printed

STOP, FREEZE, TEMPORARY_FREEZE, EXTEND, LIFT, QUERY = "stop", "freeze", "temporary_freeze", "extend", "lift", "query"
KINDS = (STOP, FREEZE, TEMPORARY_FREEZE, EXTEND, LIFT, QUERY)
"""The orders that a book keeps; a rule may be about others, which move no money."""
LEVELS = ("county", "prefecture", "province", "national", "court")
MOST_AMOUNT_MINOR = 10**17
"""Far above any account, and far below 64 bits."""
_TIMES = ("starts_at_us", "transfer_at_us", "ends_at_us", "unrelated_since_us")


class OrderError(ValueError):
    """An order that cannot be understood; it is not recorded. One sentence that says what to change."""


@dataclass(frozen=True, slots=True, repr=False)
class Order(Printed):
    """An order as it came. Times are microseconds UTC, amounts minor units of the book's currency.

    `of`: the order that an extension or a lift is about. `amount_minor`: what is to be kept in place; where a trace was
    made, never more than what it found. `account_name`, `transfer_minor`, `transfer_at_us`: with the account's number,
    the four particulars of a stop. `ends_at_us`: where the order itself ends sooner than the law would."""

    id: str
    kind: str
    account: str
    institution: str
    issuer: str
    issuer_level: str
    starts_at_us: int
    case: str
    of: str | None = None
    amount_minor: int | None = None
    account_name: str | None = None
    transfer_minor: int | None = None
    transfer_at_us: int | None = None
    ends_at_us: int | None = None
    officers: int | None = None
    documents: bool | None = None
    major_case: bool | None = None
    approval_level: str | None = None
    unrelated_since_us: int | None = None

    def __post_init__(self) -> None:
        for name in ("id", "account", "institution", "issuer", "case"):
            _id_text(name, getattr(self, name))
        if self.of is not None:
            _id_text("of", self.of)
        if self.kind not in KINDS:
            raise OrderError(f"`kind` is one of {', '.join(KINDS)}, not `{self.kind}`")
        for name in ("issuer_level", "approval_level"):
            level = getattr(self, name)
            if level not in LEVELS and not (level is None and name == "approval_level"):
                raise OrderError(f"`{name}` is one of {', '.join(LEVELS)}, not `{level}`")
        if (self.kind in (EXTEND, LIFT)) != (self.of is not None):
            about = "says by `of` which order it is about" if self.of is None else f"of kind {self.kind} has no `of`"
            raise OrderError(f"an order of kind {self.kind} {about}" if self.of is None else f"an order {about}")
        for name in ("amount_minor", "transfer_minor"):
            amount = getattr(self, name)
            if amount is not None and not 0 < amount <= MOST_AMOUNT_MINOR:
                raise OrderError(f"`{name}` is above zero and at most {MOST_AMOUNT_MINOR:_}, not {amount}")
        if self.ends_at_us is not None and self.ends_at_us <= self.starts_at_us:
            raise OrderError("the order ends before it starts")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, those that are absent left out; `order_of_record` reads them."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def _id_text(name: str, text: object) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_ID or not text.isprintable():
        raise OrderError(f"`{name}` is a text of 1 to {LONGEST_ID} printable characters")


def order_of_record(record: Mapping[str, Any]) -> Order:
    """The order that `to_dict` gave."""
    known = {f.name for f in fields(Order)}
    if not set(record) <= known:
        raise OrderError(f"an order has no `{min(set(record) - known)}`")
    try:
        return Order(**record)
    except TypeError as error:
        raise OrderError("an order lacks what it needs") from error


def order_of(given: Mapping[str, Any], currency: str) -> Order:
    """An order as people write it: times as `2026-06-15T04:00:00Z` (`starts_at`, `ends_at`, `transfer_at`,
    `unrelated_since`), amounts as `"1200.00"` (`amount`, `transfer`), the other fields by their names. OrderError."""
    taken: dict[str, Any] = {}
    for name, value in given.items():
        if f"{name}_us" in _TIMES:
            taken[f"{name}_us"] = _read(name, value, parse_instant)
        elif name in ("amount", "transfer"):
            taken[f"{name}_minor"] = _read(name, value, lambda text: parse_minor(text, currency))
        elif name.endswith(("_us", "_minor")) or name not in {f.name for f in fields(Order)}:
            raise OrderError(f"an order has no `{name}`")
        else:
            taken[name] = value
    for needed in ("id", "kind", "account", "institution", "issuer", "issuer_level", "starts_at_us", "case"):
        if needed not in taken:
            raise OrderError(f"the order lacks `{needed.removesuffix('_us')}`")
    for name, kind in (("officers", int), ("documents", bool), ("major_case", bool)):
        if taken.get(name) is not None and type(taken[name]) is not kind:
            raise OrderError(f"`{name}` is {'a whole number' if kind is int else 'true or false'}")
    return Order(**taken)


def _read(name: str, value: object, read: Any) -> Any:
    try:
        if not isinstance(value, str) or len(value) > LONGEST_ID:
            raise ValueError("write it as text")
        return read(value)
    except ValueError as error:
        raise OrderError(f"`{name}`: {error}") from error


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that the institution's books have on an account."""

    amount_minor: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Fit:
    """Which of the four particulars of an order the books confirm."""

    number: bool
    name: bool
    amount: bool
    time: bool

    @property
    def whole(self) -> bool:
        return self.number and self.name and self.amount and self.time


FITS = Fit(True, True, True, True)
"""What an institution says that has compared the four by other means."""


def fit_of(order: Order, holder: str | None, transfers: Iterable[Transfer]) -> Fit:
    """An order against the books: the name in which the account is kept (None: there is no such account) and its
    transfers. Amount and time must be those of one and the same transfer; where no transfer has both, each says
    whether some transfer has it."""
    known = list(transfers) if holder is not None else []
    time_s = None if order.transfer_at_us is None else order.transfer_at_us // MICROSECOND_UNITS["s"]
    by_amount = [t for t in known if t.amount_minor == order.transfer_minor]
    by_time = [t for t in known if t.at_us // MICROSECOND_UNITS["s"] == time_s]
    both = any(t.at_us // MICROSECOND_UNITS["s"] == time_s for t in by_amount)
    name = holder is not None and order.account_name is not None and evened(holder) == evened(order.account_name)
    return Fit(holder is not None, name, bool(by_amount), both or (bool(by_time) and not by_amount))


def evened(name: str) -> str:
    """A name without the differences that keyboards make."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def event_of(
    order: Order, fit: Fit, currency: str, at_us: int, stops_before: int, earlier: tuple[str, int] | None
) -> dict[str, Any]:
    """The order as the event that rules decide; `earlier`: kind and end of what is extended or lifted."""
    event: dict[str, Any] = {
        "id": order.id,
        "occurred_at": format_instant(at_us),
        "currency": currency,
        "kind": order.kind,
        "issuer": order.issuer,
        "issuer_level": order.issuer_level,
        "account": {"id": order.account, "institution": order.institution},
        "matches": fit.whole,
        "number_matches": fit.number,
        "name_matches": fit.name,
        "amount_matches": fit.amount,
        "time_matches": fit.time,
        "starts_at": format_instant(order.starts_at_us),
        "stops_before": stops_before,
        "case": order.case,
        "officers": order.officers,
        "documents": order.documents,
        "major_case": order.major_case,
        "approval_level": order.approval_level,
    }
    if order.amount_minor is not None:
        event["amount"] = write_decimal(order.amount_minor, minor_digits(currency))
    if order.ends_at_us is not None:
        event["ends_at"] = format_instant(order.ends_at_us)
    if order.unrelated_since_us is not None:
        event["unrelated_since"] = format_instant(order.unrelated_since_us)
    if earlier is not None:
        event["earlier_kind"], event["earlier_ends_at"] = earlier[0], format_instant(earlier[1])
    return {name: value for name, value in event.items() if value is not None}
