"""What can be wrong with a payment: one fault put into a payment that was good.

Each fault belongs to kinds of field and says what the gateway sends instead. What error it deserves is not said here:
the reference reader says that, and all ways through the library must say the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from path_payments import EPOCH, Payment, Payments, put
from rulefile_values import CURRENCIES, decimal

from riskrules.schema.fields import Field
from riskrules.schema.kinds import NUMERIC, WORDS
from riskrules.schema.values import decimals_of

Faulty = Callable[[Field, random.Random], Any]
SCALED = frozenset({"money", "number", "ratio", "count"})
FREE = WORDS - {"one of", "country", "currency"}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def _below(f: Field, r: random.Random) -> Any:
    return _out(f, f.lowest - r.choice((1, 1, 10**6)), r)


def _above(f: Field, r: random.Random) -> Any:
    return _out(f, f.highest + r.choice((1, 1, 10**6)), r)


def _out(f: Field, held: int, r: random.Random) -> Any:
    if f.kind.name == "time":
        return EPOCH + timedelta(microseconds=held)
    if f.kind.name == "duration":
        return timedelta(microseconds=held) if held < 0 or r.random() < 0.5 else f"{held}us"
    text = decimal(held, decimals_of(f))
    return Decimal(text) if r.random() < 0.4 else text


FAULTS: dict[str, tuple[frozenset[str], Faulty]] = {
    "nan": (NUMERIC, lambda f, r: r.choice((float("nan"), "NaN", Decimal("NaN"), "nan"))),
    "infinity": (NUMERIC, lambda f, r: r.choice((float("inf"), float("-inf"), "Infinity", Decimal("-Infinity")))),
    "1e400": (SCALED, lambda f, r: r.choice(("1e400", Decimal("1e400"), 10**400, 1e300, "1" + "0" * 38))),
    "true for a number": (NUMERIC, lambda f, r: r.choice((True, False))),
    "naive time": (
        frozenset({"time"}),
        lambda f, r: r.choice((datetime(2026, 6, 15, 4), "2026-06-15T04:00:00")),  # noqa: DTZ001  # without a zone is the fault
    ),
    "no such time": (
        frozenset({"time"}),
        lambda f, r: r.choice(
            (
                "2026-02-30T04:00:00Z",
                "2026-06-15T24:00:00Z",
                "2026-06-15",
                1_780_000_000,
                date(2026, 6, 15),
                "2026-06-15T04:00:00.1234567Z",
                "2026-06-15T23:59:60Z",
                "2026-06-15T04:00:00+24:00",
                "2026-06-15T04:00:00+0800",
                "2026-W25-1T04:00:00Z",
                "20260615T040000Z",
            )
        ),
    ),
    "no such duration": (
        frozenset({"duration"}),
        lambda f, r: r.choice(("24", "1 day", "-1h", "1.5h", 24, 3.0, "24H", "1w")),
    ),
    "full-width digits": (
        NUMERIC,
        lambda f, r: r.choice(("12", "１２.50", "2026-06-15T04:00:00Z")).translate(FULL_WIDTH),
    ),
    "over-long": (NUMERIC | FREE, lambda f, r: r.choice("19") * ((f.longest or 40) + 1)),
    "not a plain number": (
        SCALED,
        lambda f, r: r.choice(("1,000", " 1", "+1", "1_000", "1.", ".5", "0x10", "", "1e3", "--1", "٣")),
    ),
    "wrong type": (
        NUMERIC | WORDS | {"yes/no"},
        lambda f, r: r.choice((["x"], b"12", {"a": 1}, object(), ("1",))),
    ),
    "number for a text": (WORDS, lambda f, r: r.choice((12, 1.5, True, Decimal(3)))),
    "not yes or no": (frozenset({"yes/no"}), lambda f, r: r.choice((1, 0, "true", "yes", "", 1.0))),
    "too many decimals": (
        SCALED,
        lambda f, r: r.choice((str, Decimal))("0." + "0" * decimals_of(f) + "1"),
    ),
    "below the bounds": (NUMERIC, _below),
    "above the bounds": (NUMERIC, _above),
    "unknown choice": (frozenset({"one of"}), lambda f, r: r.choice(("neither", f.kind.choices[0].upper() + "!", ""))),
    "not a code": (frozenset({"country", "currency"}), lambda f, r: r.choice(("cn", "C1", "XXXX", "", "ＣＮ", "QQQ"))),
    "empty text": (FREE, lambda f, r: ""),
    "no character": (FREE, lambda f, r: r.choice(("a\0b", "a\ud800b"))),
}
STRUCTURE = ("missing", "missing", "later than the payment", "another currency", "not an event", "part is no mapping")


def spoil(payment: Payment, payments: Payments, seen: Counter[str]) -> None:
    """Put one fault into the payment."""
    r = payments.random
    if r.random() < 0.3 and _spoil_structure(payment, payments, r.choice(STRUCTURE)):
        seen[f"fault: {payment.fault}"] += 1
        return
    among = list(payments.fields)
    numbers = [f for f in among if f.kind.name in SCALED]
    if numbers and r.random() < 0.2:
        f = r.choice(numbers)
        held = r.choice((f.lowest - 1, f.highest + 1, f.highest + 1))
        payment.fault, payment.faulty = "one beyond a bound", f.name
        payment.cells[f.name] = payments.given(f, held)
        put(payment.event, f.path, payment.cells[f.name])
        seen["fault: one beyond a bound"] += 1
        return
    if payment.windows and r.random() < 0.2:
        among = [payments.windows[name] for name in payment.windows]
    f = r.choice(among)
    name = r.choice([name for name, (kinds, _) in FAULTS.items() if f.kind.name in kinds])
    given = FAULTS[name][1](f, r)
    payment.fault, payment.faulty = name, f.name
    seen[f"fault: {name}"] += 1
    if f.name in payments.windows:
        assert payment.windows is not None
        payment.windows[f.name] = given
        return
    put(payment.event, f.path, given)
    payment.cells[f.name] = given


def _spoil_structure(payment: Payment, payments: Payments, fault: str) -> bool:
    """Faults of the whole. False where the payment gives no occasion for it."""
    r = payments.random
    payment.fault = fault
    match fault:
        case "missing":
            partners = {f.partner for f in payments.fields if f.partner}
            f = r.choice([f for f in payments.fields if not f.optional or f.name in partners])
            put(payment.event, f.path, None)
            payment.held[f.name], payment.faulty = None, f.name
            return True
        case "later than the payment":
            bases = [f.of[1] for f in payments.derived if f.of and f.of[0] == "age"]
            now = payment.held["occurred_at"]
            if bases and isinstance(now, int):
                f = payments.schema[r.choice(bases)]
                payment.held[f.name], payment.faulty = now + r.choice((1, 10**6, 10**12)), f.name
                put(payment.event, f.path, payments.given(f, payment.held[f.name] or 0))
                return True
        case "another currency":
            payment.event["currency"] = r.choice([c for c in (*CURRENCIES, "xyz") if c != payments.ruleset.currency])
            payment.cells["currency"], payment.faulty = payment.event["currency"], "currency"
            return True
        case "not an event":
            payment.event = r.choice(([payment.event], "payment", None, 3))
            return True
        case "part is no mapping":
            parts = sorted({f.path[0] for f in payments.fields if len(f.path) > 1})
            if parts:
                payment.faulty = r.choice(parts)
                payment.event[payment.faulty] = r.choice(("a1", 3, ["a1"]))
                return True
    return False
