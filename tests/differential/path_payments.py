"""Payments for a ruleset, as a gateway would send them: nested mappings of values of many types.

A payment is drawn in held units, at, one below and one above what the rules compare, and then written in one of the
types that a host may have: a held value and what is given for it are kept apart, so that a table can be written
of the same payments in other types.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from path_thresholds import Thresholds, difference, zero_of
from rulefile_values import COUNTRIES, CURRENCIES, DAY, IDS, TEXTS, decimal

from riskrules.meaning import nodes as n
from riskrules.meaning.walk import reads_in
from riskrules.schema.fields import Field, Schema
from riskrules.schema.values import FAR_AWAY, decimals_of
from riskrules.state.plan import from_meaning as plan_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = DAY // 24
Held = dict[str, n.Value | None]
HOST_ZONES = (
    UTC,
    timezone(timedelta(hours=8)),
    timezone(-timedelta(hours=3, minutes=30)),
    ZoneInfo("America/New_York"),
)


@dataclass
class Payment:
    """`held`: by given field, in held units (None: missing). `event`: what the gateway sends. `windows`: what the host
    worked out, by name. `fault`: the name of what is wrong with it, and the field, if anything was put in."""

    held: Held
    event: Any
    windows: dict[str, Any] | None
    fault: str = ""
    faulty: str = ""
    cells: dict[str, Any] = field(default_factory=dict)


class Payments:
    """Draws payments for one ruleset."""

    def __init__(
        self,
        ruleset: n.Ruleset,
        schema: Schema,
        lists: dict[str, tuple[str, ...]],
        r: random.Random,
        seen: Counter[str],
    ) -> None:
        self.ruleset, self.schema, self.lists, self.random, self.seen = ruleset, schema, lists, r, seen
        self.zone = ZoneInfo(ruleset.timezone)
        self.thresholds = Thresholds.of(ruleset)
        self.inputs = {i.name: i for i in ruleset.inputs}
        self.windows = {i.name: given_window(i) for i in ruleset.inputs if i.origin == "window"}
        given = ["id", "occurred_at", *(i.name for i in ruleset.inputs if i.origin == "field")]
        self.derived = [schema[i.name] for i in ruleset.inputs if i.origin == "derived"]
        given += [f.of[1] for f in self.derived if f.of]
        given += keys_of(ruleset, schema)
        self.fields = [schema[name] for name in dict.fromkeys(given)]
        self.paths = {f.name: f.path for f in self.fields}
        self.edges = clock_edges(self.zone)
        self.pools = {f.name: self._pool(f) for f in (*self.fields, *self.windows.values()) if f.kind.numeric}
        self.words = {f.name: self._words(f) for f in self.fields if not f.kind.numeric and f.kind.name != "yes/no"}

    # -- what may stand in a field -----------------------------------------------------------------
    def _pool(self, f: Field) -> list[tuple[int, str]]:
        """Held numbers, each with what it is: at, under or over a threshold, a bound, or plain."""
        r = self.random
        found: list[tuple[int, str]] = []
        points = set(self.thresholds.points.get(f.name, ()))
        if f.name == "occurred_at":
            points |= self.thresholds.nows
        for p in sorted(points):
            found += [(p - 1, "under"), (p, "at"), (p + 1, "over")] * 2
        found += [(f.lowest, "bound"), (f.lowest + 1, "bound"), (f.highest - 1, "bound"), (f.highest, "bound")]
        if f.kind.name == "time":
            recent = [1_780_000_000_000_000 + r.randint(-(10**14), 10**14) for _ in range(8)]
            found += [(x - x % r.choice((1, 1_000, 10**6)), "plain") for x in recent] * 3
            if f.name == "occurred_at":
                found = [x for x in found if x[1] != "bound"] + [
                    (e + d, "edge") for e in self.edges for d in (-1, 0, 1)
                ]
        else:
            unit = 10 ** decimals_of(f) if f.kind.name != "duration" else DAY
            small = [k * unit for k in range(-3, 13)] + [r.randint(0, 200) * unit for _ in range(4)]
            found += [(x, "plain") for x in (*small, 1, -1, r.randint(f.lowest, f.highest))]
        found = [x for x in found if f.lowest <= x[0] <= f.highest]
        whole = [x for x in found if x[0] % 10 ** decimals_of(f) == 0]
        return whole if whole and f.kind.name in ("money", "number") and r.random() < 0.15 else found

    def _words(self, f: Field) -> list[str]:
        kind = f.kind.name
        if f.kind.choices:
            return list(f.kind.choices)
        named = set(self.thresholds.words.get(f.name, ()))
        for name in self.thresholds.lists.get(f.name, ()):
            named |= {variant for word in self.lists[name] for variant in (word, word.capitalize(), word + " ")}
        if kind in ("country", "currency"):
            codes = COUNTRIES if kind == "country" else CURRENCIES
            return [*codes, *(w for w in named if w in codes)]
        plain = TEXTS if kind == "text" else IDS
        named |= set(self.random.sample(plain, 4))
        return sorted(w for w in named if 0 < len(w) <= f.longest and "\0" not in w) or ["x"]

    # -- one payment -------------------------------------------------------------------------------
    def payment(self) -> Payment:
        """A payment that fits. Sometimes one comparison of several inputs is met exactly, or missed by one."""
        held, given_windows = self._drawn()
        if self.random.random() < 0.5:
            self._aim(held, given_windows)
        self._consistent(held)
        event = self._event(held)
        windows: dict[str, Any] | None = {
            name: self.given(self.windows[name], v) for name, v in given_windows.items() if v is not None
        }
        if self.windows and self.random.random() < 0.4:
            windows = None
        return Payment(held, event, windows or None)

    def _drawn(self) -> tuple[Held, Held]:
        r = self.random
        share = r.choice((0, 0.1, 0.3, 0.9))
        held: Held = {}
        for f in self.fields:
            if f.optional and r.random() < share:
                held[f.name] = None
                self.seen["missing optional"] += 1
            else:
                held[f.name] = self._draw(f)
        if "currency" in held and held["currency"] is not None:
            held["currency"] = self.ruleset.currency
        windows: Held = {name: None if r.random() < share / 2 else self._draw(f) for name, f in self.windows.items()}
        self.seen["missing window"] += sum(value is None for value in windows.values())
        return held, windows

    def _draw(self, f: Field) -> n.Value:
        r = self.random
        if f.kind.name == "yes/no":
            return r.random() < 0.5
        if not f.kind.numeric:
            word = r.choice(self.words[f.name])
            for name in self.thresholds.lists.get(f.name, ()):
                self.seen["list member" if word in self.lists[name] else "not a list member"] += 1
            return word
        value, what = r.choice(self.pools[f.name])
        self.seen[f"{what}"] += 1
        return value

    def _aim(self, held: Held, windows: Held) -> None:
        """Move one input so that a comparison, or the age of something, lies at a threshold or beside it."""
        r = self.random
        if self.thresholds.dated and r.random() < 0.3:
            self._aim_dated(held, windows)
            return
        if self.derived and r.random() < 0.5:
            self._aim_derived(held)
            return
        if not self.thresholds.several:
            return
        c = r.choice(self.thresholds.several)
        values = {**held, **windows}
        self._derive(values)
        name = r.choice(sorted({x.name for x in reads_in(c)}))
        start = values.get(name)
        root = zero_of(c, values, name, start) if isinstance(start, int) else None
        i = self.inputs[name]
        if root is None or i.origin == "derived":
            return
        moved = root + r.choice((-1, 0, 0, 1))
        if not i.lowest <= moved <= i.highest or (name == "occurred_at" and abs(moved) > 4 * 10**15):
            return
        (windows if name in windows else held)[name] = moved
        values[name] = moved
        apart = difference(c, values)
        before, after = difference(c, {**values, name: moved - 1}), difference(c, {**values, name: moved + 1})
        if apart is not None and before is not None and after is not None:
            if apart == 0:
                self.seen["two inputs at"] += 1
            elif (apart < 0) != (before < 0) or (apart < 0) != (after < 0):
                self.seen["two inputs near"] += 1

    def _aim_dated(self, held: Held, windows: Held) -> None:
        """Close to the day on which a param changes, an input at its old value or at its new one."""
        r = self.random
        c, name, changes = r.choice(self.thresholds.dated)
        change = r.choice(changes)
        point = zero_of(c, {"occurred_at": change - r.choice((0, 1))}, name, 0)
        i = self.inputs[name]
        if point is None or i.origin == "derived" or not i.lowest < point < i.highest:
            return
        held["occurred_at"] = change + r.choice((-1, 0, 1, r.randrange(-DAY, DAY)))
        (windows if name in windows else held)[name] = point + r.choice((-1, 0, 1))
        self.seen["beside a change of a param"] += 1

    def _aim_derived(self, held: Held) -> None:
        r = self.random
        f = r.choice(self.derived)
        points = sorted(self.thresholds.points.get(f.name, ()))
        now = held["occurred_at"]
        if not points or f.of is None or f.of[0] == "weekday":
            return
        assert isinstance(now, int)
        point, step = r.choice(points), r.choice((-1, 0, 1))
        if f.of[0] == "age" and f.lowest <= point + step <= f.highest:
            held[f.of[1]] = now - point - step
            self.seen[("at", "over", "under")[step]] += 1
        elif f.of[0] == "hour" and 0 <= point <= 24:
            local = EPOCH.astimezone(self.zone) + timedelta(microseconds=now)
            sharp = local.replace(hour=point % 24, minute=0, second=0, microsecond=0)
            held["occurred_at"] = (sharp - EPOCH) // timedelta(microseconds=1) + r.choice((-1, 0, 1))
            self.seen["hour edge"] += 1

    def _consistent(self, held: Held) -> None:
        """What belongs together: an instrument with its institution, a beginning before the payment."""
        for f in self.fields:
            if f.partner and f.partner in held and held[f.name] is not None and held[f.partner] is None:
                held[f.partner] = self._draw(self.schema[f.partner])
        now = held["occurred_at"]
        assert isinstance(now, int)
        for f in self.derived:
            if f.of is None or f.of[0] != "age":
                continue
            since = held[f.of[1]]
            base = self.schema[f.of[1]]
            if isinstance(since, int) and not 0 <= now - since <= f.highest:
                age = self.random.choice((0, 1, DAY, 90 * DAY, self.random.randint(0, 5_000 * DAY)))
                held[f.of[1]] = min(max(now - age, base.lowest), base.highest, now)

    def _derive(self, values: Held) -> None:
        """Ages, hours and weekdays, for aiming alone."""
        now = values["occurred_at"]
        assert isinstance(now, int)
        for f in self.derived:
            assert f.of is not None
            since = values[f.of[1]]
            local = (EPOCH + timedelta(microseconds=now)).astimezone(self.zone)
            if f.of[0] == "age":
                values[f.name] = now - since if isinstance(since, int) else None
            else:
                values[f.name] = local.hour if f.of[0] == "hour" else local.strftime("%a").lower()

    # -- as a host gives it ------------------------------------------------------------------------
    def _event(self, held: Held) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for f in self.fields:
            value = held[f.name]
            if value is not None:
                put(event, self.paths[f.name], self.given(f, value))
            elif self.random.random() < 0.3:
                put(event, self.paths[f.name], None)
        if self.random.random() < 0.2:
            event["currency"] = self.ruleset.currency
        if self.random.random() < 0.1:
            put(event, ("unread", "thing"), object())
        return event

    def given(self, f: Field, held: n.Value) -> Any:
        """One of the ways in which a host may hold the value; all of them mean exactly it."""
        r = self.random
        match f.kind.name:
            case "money" | "number" | "ratio" | "count":
                assert isinstance(held, int)
                return self._number(f, held)
            case "time":
                assert isinstance(held, int)
                return self._time(held)
            case "duration":
                assert isinstance(held, int)
                size, unit = r.choice(
                    [(s, u) for s, u in ((DAY, "d"), (HOUR, "h"), (1_000, "ms"), (1, "us")) if held % s == 0]
                )
                return f"{held // size}{unit}" if r.random() < 0.5 else timedelta(microseconds=held)
        return held

    def _number(self, f: Field, held: int) -> Any:
        r = self.random
        digits = decimals_of(f)
        text = decimal(held, digits, shortest=r.random() < 0.4)
        ways: list[Any] = [Decimal(text), text, text]
        if held % 10**digits == 0:
            ways += [held // 10**digits, held // 10**digits]
        near = held / 10**digits
        exact = (
            Decimal(repr(near)) * 10**digits == held
            if f.kind.name in ("money", "count")
            else round(Fraction(near) * 10**digits) == held
        )
        if exact and abs(near) < 10**11:
            ways += [near, near]
        chosen = r.choice(ways)
        self.seen[f"given as {type(chosen).__name__}"] += 1
        return chosen

    def _time(self, held: int) -> Any:
        r = self.random
        moment = EPOCH + timedelta(microseconds=held)
        zone = r.choice((*HOST_ZONES, self.zone))
        if r.random() < 0.5:
            self.seen["given as datetime"] += 1
            return moment.astimezone(zone)
        self.seen["given as RFC 3339 text"] += 1
        local = moment.astimezone(zone if r.random() < 0.5 else UTC)
        offset = local.utcoffset()
        if offset is None or offset.total_seconds() % 60:
            local = moment
        text = local.isoformat()
        if r.random() < 0.5:
            text = text.replace("+00:00", "Z")
        return text.replace("T", r.choice(("T", "T", "T", "t", " ")))


def keys_of(ruleset: n.Ruleset, schema: Schema) -> list[str]:
    """The fields of the event that the ruleset's windows are kept by; the weekday is worked out from its time."""
    keys = (key for lookup in plan_of(ruleset, schema).lookups for key in lookup.keys)
    return list(dict.fromkeys(key for key in keys if schema[key].of is None))


def given_window(i: n.Input) -> Field:
    """The window as a field, as large as a host may give it; a store may answer more."""
    most = FAR_AWAY * 10 ** decimals_of(Field("", i.kind, ""))
    return Field(i.name, i.kind, "", True, max(i.lowest, -most), min(i.highest, most))


def put(event: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        event = event.setdefault(key, {})
    event[path[-1]] = value


@cache
def clock_edges(zone: ZoneInfo) -> list[int]:
    """The instants of 2025 and 2026 at which the zone's clocks move; for a zone that does not, its midnights."""
    edges = []
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for day in range(2 * 365):
        a, b = start + timedelta(days=day), start + timedelta(days=day + 1)
        if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset():
            low, high = (a - EPOCH) // timedelta(microseconds=1), (b - EPOCH) // timedelta(microseconds=1)
            before = (EPOCH + timedelta(microseconds=low)).astimezone(zone).utcoffset()
            while high - low > 1:
                middle = (low + high) // 2
                same = (EPOCH + timedelta(microseconds=middle)).astimezone(zone).utcoffset() == before
                low, high = (middle, high) if same else (low, middle)
            edges.append(high)
    midnight = datetime(2026, 6, 15, tzinfo=zone)
    return edges or [(midnight - EPOCH) // timedelta(microseconds=1)]
