"""The quick way reads a payment as the careful way does, or leaves it to that.

Values of every kind, good and odd and wrong, are put into payments; the columns that the kernel makes of Python's own
objects must be those that the careful way makes, and whatever that refuses the kernel must not take.
"""

from __future__ import annotations

import sys
import weakref
from collections import Counter, OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any

import numpy as np
import pytest

import riskrules as rr
from riskrules.engine.before import NOTHING
from riskrules.engine.desk import Desk
from riskrules.engine.serving import Serving
from riskrules.kernel import deciding, desks
from riskrules.program.layout import EVENT, PLAIN
from riskrules.schema.errors import PaymentError

TEXT = """
ruleset plain version 2026.1
  currency CNY
  timezone UTC

list watched of account

field house_number number, from -5 to 2_000, optional "A number"
field house_count count, optional "A count"

rule a "a"
  when amount > 100 CNY
  and  payee.account.age < 30d
  and  channel in (mobile, online)
  then warn
  tell payer "?"

rule b "b"
  when payee.account is not in watched
  and  payer.party.country else "XX" in ("CN", "HK")
  and  payment.in_call is known
  and  payment.in_call
  then warn
  tell payer "?"

rule c "c"
  when house_number else 0 > 0.25
  and  house_count else 0 >= 3
  and  payment.memo is known
  and  payment.memo = "rent"
  and  payment.risk_score else 0% >= 80%
  then warn
  tell payer "?"
"""


class Word(str, Enum):  # noqa: UP042  # the older way to write it, which hosts still have
    MOBILE = "mobile"


class Text(str):
    pass


class Whole(int):
    pass


ODD: tuple[object, ...] = (
    *(None, True, False, 0, 1, -1, 3, 2**31, 2**53 + 1, 2**63, -(2**63), 10**15, 10**19, 10**400),
    *(0.0, -0.0, 0.1, 0.25, 0.1234567895, 0.3000000005, 999.9999999996, 1e3, 1000.5, 1e-12, -4.5, 1e300),
    *(float("nan"), float("inf"), -float("inf"), 12.5, 12.345, 0.1 + 0.2),
    *("0", "12", "12.", ".5", "12.5", "12.50", "12.505", "-12.50", "+1", "1e3", " 1", "1 ", "１２", "1_000", "0012.30"),
    *("9" * 15, "9" * 16, "9" * 13 + ".99", "9" * 14 + ".99", "0" * 29 + "1", "0" * 31, "1." + "0" * 30),
    *("mobile", "online", "counter", "Mobile", "mobile\0", "rent", "Rent", "", " ", "租金", "租\ud800金", "x" * 64),
    *("x" * 256, "x" * 257, "租" * 256, "租" * 257, "x" * 4096, "x" * 4097, "租" * 4096, "a\0b", "\0", "\x7f", "\n"),
    *("CN", "HK", "DE", "cn", "CHN", "C", "C1", "ＣＮ", "watched-account", "other-account"),
    *("2026-06-15T04:00:00Z", "2026-06-15T04:00:00z", "2026-06-15t04:00:00Z", "2026-06-15 04:00:00Z"),
    *("2026-06-15T12:00:00+08:00", "2026-06-15T12:00:00-08:00", "2026-06-15T12:00:00+24:00"),
    *("2026-06-15T12:00:00+0800", "2026-06-15T12:00:00+08:60"),
    *("2026-06-15T04:00:00.5Z", "2026-06-15T04:00:00.123456Z", "2026-06-15T04:00:00.1234567Z", "2026-06-15T04:00:00.Z"),
    *("2026-06-15T04:00:00.123456+05:30", "2026-06-15T04:00:00.000000000Z", "2026-06-15T04:00:00,5Z"),
    *("2026-02-29T04:00:00Z", "2024-02-29T04:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z"),
    *("2026-06-31T00:00:00Z", "2026-06-15T24:00:00Z", "2026-06-15T23:60:00Z", "2026-06-15T23:59:60Z"),
    *("1900-02-29T04:00:00Z", "2000-02-29T04:00:00Z", "1969-12-31T23:59:59Z", "1870-01-01T00:00:00Z"),
    *("0000-06-15T04:00:00Z", "9999-12-31T23:59:59Z", "2026-06-00T00:00:00Z"),
    *("2026-06-15T04:00:00", "２026-06-15T04:00:00Z", "2026-06-15T04:00:00Z ", "2026-06-15T04:00:00+08:0x"),
    *(datetime(2026, 6, 15, 4, tzinfo=UTC), datetime(2026, 6, 15, 4, 0, 0, 7, tzinfo=UTC), datetime(2026, 6, 15, 4)),  # noqa: DTZ001  # a time without a zone is what is wrong with it
    *(datetime(2026, 6, 15, 4, tzinfo=timezone(timedelta(hours=8))),),
    *(datetime(2026, 6, 15, 4, tzinfo=timezone(timedelta(seconds=61))),),
    *(Decimal("12.5"), Decimal("12.50"), Decimal("1E+2"), Decimal("NaN"), Decimal("0.001"), Decimal("-0")),
    *(np.float64(0.25), np.int64(3), np.bool_(True), np.str_("mobile"), Word.MOBILE, Text("mobile"), Whole(3)),
    *(b"mobile", [], {}, (), object()),
)  # fmt: skip
PATHS = (
    ("id",), ("occurred_at",), ("amount",), ("channel",), ("house_number",), ("house_count",), ("memo",), ("in_call",),
    ("risk_score",), ("payee", "account", "id"), ("payee", "account", "opened_at"), ("payer", "party", "country"),
    ("currency",), ("payment", "memo"),
)  # fmt: skip


def good(r: Random) -> dict[str, Any]:
    """A payment that is plainly good, with some of its optional fields."""
    made: dict[str, Any] = {
        "id": f"p{r.randrange(10**6)}",
        "occurred_at": r.choice(("2026-06-15T04:00:00Z", "2026-06-15T12:00:00.25+08:00")),
        "amount": r.choice(("12.50", "1000.00", "7", 300)),
        "channel": r.choice(("mobile", "counter")),
        "payee": {"account": {"id": r.choice(("watched-account", "账户")), "opened_at": "2026-06-01T00:00:00Z"}},
    }
    for key, value in (("house_number", r.random()), ("house_count", 3), ("memo", "rent"), ("in_call", True)):
        if r.random() < 0.7:
            made[key] = value
    if r.random() < 0.7:
        made["payer"] = {"party": {"country": r.choice(("CN", "DE"))}}
    if r.random() < 0.5:
        made["risk_score"] = r.choice((0.8, 1, 0.123456789))
    return made


def put(event: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        event = event.setdefault(key, {})
    event[path[-1]] = value


@pytest.fixture(scope="module")
def serving() -> Serving:
    return Serving(rr.loads(TEXT), rr.Lists({"watched": ["watched-account"]})).prepare()


def quick(serving: Serving, raw: Any) -> list[int] | None:
    """The columns by the kernel, None where it leaves the payment to the careful way."""
    desk = serving._desk()
    for given in (raw, serving._plain.rewritten(raw)):
        if given is not None and desk.enter(PLAIN, desk.at, id(given), 0) >= 0:
            return list(desk.columns)
    return None


def gathered(desk: Desk, event: dict[str, Any]) -> tuple[Any, ...] | None:
    """What the kernel takes out of a dict."""
    return desk.take(EVENT, desk.at, event, 0)


def careful(serving: Serving, raw: Any) -> list[int] | None:
    """The same by a coder a column, None where the payment is refused."""
    try:
        question = serving._question(raw, None)
        return serving.coder.integers(raw, question[0], NOTHING)
    except PaymentError:
        return None


def compare(serving: Serving, event: dict[str, Any], seen: Counter[str]) -> None:
    try:
        raw = serving.reader.raw(event)
    except PaymentError:
        seen["refused before"] += 1
        return
    one, other = quick(serving, raw), careful(serving, raw)
    seen["quick" if one is not None else "careful" if other is not None else "refused"] += 1
    assert one is None or one == other, event


def test_the_quick_way_works_here(serving: Serving) -> None:
    """Objects are read rightly by this interpreter, and such a ruleset needs nothing else."""
    assert deciding.works()
    assert serving._plain.has_all


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_an_odd_value_is_read_alike_or_left_alone(serving: Serving, path: tuple[str, ...]) -> None:
    """Each value at each field of some payments."""
    seen: Counter[str] = Counter()
    for value in ODD:
        for seed in range(8):
            event = good(Random(seed))
            put(event, path, value)
            compare(serving, event, seen)
    assert seen["refused"] + seen["refused before"] > 100
    assert seen["quick"] >= 8


def test_made_up_values_are_read_alike(serving: Serving) -> None:
    """Times, amounts and numbers at random, in all the ways in which they are written."""
    r = Random(5)
    seen: Counter[str] = Counter()
    for _ in range(10_000):
        event = good(r)
        moment = datetime(1850, 1, 1, tzinfo=UTC) + timedelta(microseconds=r.randrange(370 * 365 * 86_400 * 10**6))
        moment = moment.astimezone(timezone(timedelta(minutes=r.randrange(-900, 900))))
        event["occurred_at"] = r.choice((moment, moment.isoformat(), moment.replace(microsecond=0).isoformat()))
        if r.random() < 0.9:
            event["payee"]["account"]["opened_at"] = (moment - timedelta(days=r.randrange(-3, 90))).isoformat()
        minor = r.choice((r.randrange(10**4), r.randrange(10**18)))
        ways = (f"{minor / 100:.2f}", str(minor), minor, Decimal(minor) / 100, minor / 100, minor / 7)
        event["amount"] = r.choice(ways)
        event["house_number"] = r.choice((r.random(), r.uniform(-6, 2100), r.randrange(-6, 2100), round(r.random(), 9)))
        compare(serving, event, seen)
    assert seen["quick"] > 2_500
    assert seen["refused"] > 1_000


ACCOUNT = {"id": "x", "more": 1}
PARTS: tuple[object, ...] = (None, {}, {"account": None}, {"account": {}}, {"account": ACCOUNT}, 5, "text", [])


def test_values_are_taken_out_of_dicts_as_python_does(serving: Serving) -> None:
    """The same tuple of the same objects, whatever is there and whatever is not, and left to Python where a mapping is
    no dict."""
    desk = serving._desk()
    seen: Counter[str] = Counter()
    for seed in range(1_000):
        r = Random(seed)
        event = good(r)
        for key in ("payer", "payee"):
            if r.random() < 0.5:
                event[key] = r.choice((*PARTS, OrderedDict(event.get(key) or {})))
        for key in r.sample(sorted(event), r.randrange(3)):
            del event[key]
        found = gathered(desk, event)
        try:
            expected = serving.reader.raw(event)
        except PaymentError:
            seen["refused"] += 1
            assert found is None
            continue
        seen["left" if found is None else "taken"] += 1
        if found is not None:
            assert len(found) == len(expected)
            assert all(a is b for a, b in zip(found, expected, strict=True))
    assert min(seen[x] for x in ("refused", "left", "taken")) > 20


def test_objects_are_held_for_as_long_as_needed_and_no_longer(serving: Serving) -> None:
    """After thousands of payments, taken and left, each object is held as often as before."""
    desk = serving._desk()
    things = [object() for _ in range(3)]
    event: dict[str, Any] = {"amount": things[0], "payee": {"account": {"id": things[1]}}, "payer": None}
    bad = {"amount": things[2], "payee": {"account": [things[0]]}}
    kept = gathered(desk, event)
    assert kept is not None
    before = [sys.getrefcount(x) for x in (*things, None, kept, event)]
    for _ in range(5_000):
        assert gathered(desk, event) == kept
        assert gathered(desk, bad) is None
    after = [sys.getrefcount(x) for x in (*things, None, kept, event)]
    assert [b - a for a, b in zip(before[:3] + before[4:], after[:3] + after[4:], strict=True)] == [0] * 5
    assert abs(after[3] - before[3]) < 1_000
    gone = {1}
    watched = weakref.ref(gone)
    found = gathered(desk, {"amount": gone})
    assert found is not None
    del gone
    assert watched() is not None
    del found
    assert watched() is None


def test_other_mappings_are_read_too(serving: Serving) -> None:
    """What is no plain dict is asked politely: nothing is added to one that makes up what it lacks."""
    event = good(Random(1))
    assert serving.decide(OrderedDict(event)).act == serving.decide(event).act

    class Generous(dict[str, Any]):
        def __missing__(self, key: str) -> Any:
            self[key] = {}
            return self[key]

    generous = Generous(event)
    assert serving.decide(generous).act == serving.decide(event).act
    assert generous == event


def test_without_the_quick_way_the_same_is_decided(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an interpreter's objects cannot be read, everything goes the careful way."""
    monkeypatch.setattr(deciding, "works", lambda: False)
    other = Serving(serving.rules, serving.lists).prepare()
    for seed in range(200):
        event = good(Random(seed))
        told = [(d.fired, d.act, d.score, d.facts.values) for d in (serving.decide(event), other.decide(event))]
        assert told[0] == told[1]
    assert not other._desk().reads
    assert serving._desk().reads


def test_an_interpreter_whose_objects_are_otherwise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial on known objects fails when what is read is not what is there."""
    true_plan_of = desks.plan_of

    def swapped(*given: Any, **more: Any) -> Any:
        plan = true_plan_of(*given, **more)
        plan[desks.FLOAT], plan[desks.INT] = plan[desks.INT], plan[desks.FLOAT]
        return plan

    assert deciding.works.__wrapped__()
    monkeypatch.setattr(desks, "plan_of", swapped)
    assert not deciding.works.__wrapped__()


def test_a_key_that_cannot_be_compared_is_passed_over(serving: Serving) -> None:
    """A dict may hold such a key; it is none that a field has, and the failure is nobody's."""

    class Bad:
        def __hash__(self) -> int:
            return hash("memo")

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no")

    others = good(Random(3))
    others.pop("memo", None)
    event: dict[Any, Any] = {Bad(): 1, **others}
    found = gathered(serving._desk(), event)
    assert found is not None
    assert found[serving.reader.slots["payment.memo"]] is None
