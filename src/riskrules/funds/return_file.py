"""A return case as people write it: one JSON object, amounts as text (`"1200.00"`), times with their zone.

    {"case": "A-17", "currency": "CNY",
     "victims":  [{"id": "V1", "loss": "1000.00", "account": "6222…", "institution": "BANK-A", "returned": "0.00"}],
     "accounts": [{"account": "6217…", "institution": "BANK-B", "frozen": "400.00", "opening": "300.00",
                   "records": [{"at": "2026-06-01T02:00:00Z", "amount": "1000.00", "victim": "V1"},
                               {"at": "2026-06-01T03:00:00Z", "amount": "-1200.00"}]}],
     "approval": {"of": "FINGERPRINT", "at": "…", "served_at": "…", "level": "prefecture", "officers": 2},
     "notices":  [{"of": "FINGERPRINT", "began_at": "…"}],
     "objections": [{"id": "O1", "at": "…", "victim": "V2", "text": "…", "reviewed_at": "…", "upheld": false}],
     "paid":     [{"reference": "P1", "account": "6217…", "victim": "V1", "to_account": "…", "amount": "…", "at": "…"}]}

An account may have `basis`, `into` (by victim) and `because` instead of `opening` and `records`. A name that is not
known here is an error: a fact that is misspelt must not be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from ..base.money import minor_digits, parse_minor
from ..base.times import parse_instant
from ..schema.limits import LONGEST_ID
from .return_basis import Record, frozen_from_records
from .return_case import ReturnCase
from .return_facts import Approval, Notice, Objection, Payment
from .returns import Frozen, ReturnError, Victim

Fact = TypeVar("Fact")
_MOST_ITEMS = 1_000_000
_AMOUNT_DIGITS = 18
_FLAGS = ("documents", "frozen_by_police", "ownership_clear", "upheld", "original_closed")


def case_of(given: object) -> ReturnCase:
    """The case that a JSON object tells. ReturnError names the place of what is wrong."""
    whole = _object(given, "the case")
    known = {"case", "currency", "accounts", "victims", "approval", "notices", "objections", "paid", "earlier"}
    _no_other(whole, known, "the case")
    currency = _text(whole, "currency", "the case")
    try:
        minor_digits(currency)
    except ValueError as error:
        raise ReturnError(f"`currency`: `{currency}` is not known: {error}") from error
    read = _Reader(currency)
    approval = whole.get("approval")
    return ReturnCase(
        _text(whole, "case", "the case"),
        currency,
        tuple(read.account(x, place) for x, place in _items(whole, "accounts")),
        tuple(read.fact(Victim, x, place) for x, place in _items(whole, "victims")),
        None if approval is None else read.fact(Approval, approval, "approval"),
        tuple(read.fact(Notice, x, place) for x, place in _items(whole, "notices")),
        tuple(read.fact(Objection, x, place) for x, place in _items(whole, "objections")),
        tuple(read.fact(Payment, x, place) for x, place in _items(whole, "paid")),
        tuple(read.fact(Payment, x, place) for x, place in _items(whole, "earlier")),
    )


class _Reader:
    def __init__(self, currency: str) -> None:
        self.currency = currency

    def fact(self, kind: Callable[..., Fact], given: object, place: str) -> Fact:
        """A dataclass from an object: `loss` for `loss_minor`, `at` for `at_us`."""
        named = {f.name.removesuffix("_minor").removesuffix("_us"): f for f in fields(kind)}  # type: ignore[arg-type]  # each kind given here is a dataclass
        told = _object(given, place)
        _no_other(told, set(named), place)
        values: dict[str, Any] = {}
        for name, field in named.items():
            if told.get(name) is not None:
                values[field.name] = self.value(field.name, name, told, place)
            elif field.default is MISSING:
                raise ReturnError(f"at {place}: `{name}` is missing")
        return kind(**values)

    def value(self, held: str, name: str, told: Mapping[str, Any], place: str) -> Any:
        if held.endswith("_minor"):
            return self.money(told, name, place)
        if held.endswith("_us"):
            return _time(told, name, place)
        given = told[name]
        if name == "officers" or name in _FLAGS:
            if type(given) is not (int if name == "officers" else bool):
                raise ReturnError(
                    f"at {place}: `{name}` is {'a whole number' if name == 'officers' else 'true or false'}"
                )
            return given
        return _text(told, name, place)

    def money(self, told: Mapping[str, Any], name: str, place: str) -> int:
        text = told.get(name)
        try:
            if not isinstance(text, str) or len(text) > 2 * _AMOUNT_DIGITS:
                raise ValueError('write it as text, such as "1200.00"')
            return parse_minor(text, self.currency)
        except ValueError as error:
            raise ReturnError(f"at {place}: `{name}`: {error}") from error

    def account(self, given: object, place: str) -> Frozen:
        told = _object(given, place)
        names = {"account", "institution", "frozen", "order"}
        account, institution = _text(told, "account", place), _text(told, "institution", place)
        frozen, order = self.money(told, "frozen", place), _text(told, "order", place) if told.get("order") else ""
        if "records" in told:
            _no_other(told, names | {"records", "opening"}, place)
            records = tuple(self.fact(Record, x, f"{place}.{at}") for x, at in _items(told, "records"))
            opening = self.money(told, "opening", place) if told.get("opening") is not None else 0
            return frozen_from_records(account, institution, frozen, records, opening_minor=opening, order=order)
        _no_other(told, names | {"basis", "into", "because"}, place)
        into = _object(told.get("into"), f"{place}.into")
        money = {_checked_id(v, place): self.money(into, v, f"{place}.into") for v in into}
        basis: Any = _text(told, "basis", place)
        return Frozen(account, institution, frozen, basis, money, _text(told, "because", place), order)


def _object(given: object, place: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ReturnError(f"at {place}: an object with names and values belongs there")
    return given


def _items(told: Mapping[str, Any], name: str) -> list[tuple[object, str]]:
    given = told.get(name, [])
    if not isinstance(given, list) or len(given) > _MOST_ITEMS:
        raise ReturnError(f"at {name}: a list of at most {_MOST_ITEMS:_} belongs there")
    return [(item, f"{name}[{place}]") for place, item in enumerate(given)]


def _no_other(told: Mapping[str, Any], known: set[str], place: str) -> None:
    other = sorted(set(told) - known)
    if other:
        raise ReturnError(f"at {place}: there is no `{other[0]}`; there are {', '.join(sorted(known))}")


def _text(told: Mapping[str, Any], name: str, place: str) -> str:
    given = told.get(name)
    if given is None:
        raise ReturnError(f"at {place}: `{name}` is missing")
    if name in ("text", "because") and isinstance(given, str) and len(given) <= 16 * LONGEST_ID:
        return given
    return _checked_id(given, f"{place}.{name}")


def _checked_id(given: object, place: str) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST_ID or not given.isprintable():
        raise ReturnError(f"at {place}: a text of 1 to {LONGEST_ID} printable characters belongs there")
    return given


def _time(told: Mapping[str, Any], name: str, place: str) -> int:
    given = told[name]
    try:
        if not isinstance(given, str) or len(given) > LONGEST_ID:
            raise ValueError("write it as text, such as 2026-06-15T04:00:00Z")
        return parse_instant(given)
    except ValueError as error:
        raise ReturnError(f"at {place}: `{name}`: {error}") from error
