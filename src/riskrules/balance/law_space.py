"""What may stand in a payment that a ruleset decides: for each thing that it reads, the values worth trying.

A value is worth trying where a decision can change: at each number that the rules compare with, one unit below and one
above, at each word, on each day on which a param or a rule changes, and where an optional field is missing. One unit is
the smallest that can be written in a rule file, so that every payment can be pasted as a `test`. Windows are inputs
like the others; none is unread, because a law is about payments whose past is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cached_property

from ..base.clocks import Clock
from ..base.times import local_instant, local_time, zone_of
from ..engine.inline_tests import harmless
from ..engine.rules import Rules
from ..meaning import nodes as n
from ..meaning.averages import averages_of, inputs_of
from ..meaning.promises import LAW, watched
from ..meaning.walk import found_in, reads_in
from ..schema import kinds as k
from ..schema.kinds import Kind
from ..schema.limits import HIGHEST_MONEY_MINOR
from ..schema.values import decimals_of
from . import law_points as points

NOW, HOUR, WEEKDAY = "occurred_at", "hour", "weekday"
MILLISECOND_US = 1_000
MOST_VALUES = 400
"""Values that are tried of one input. A ruleset that compares it with more is tried at as many of them, spread out."""
PLAIN_WORDS = {"country": ("CN", "US"), "text": ("x", "y")}


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a payment brings, in the held unit of its kind. `average`: it is given as one value and read as
    two. `base`: it is the age of something that began then, and that time is what an event carries. `partner`: the
    institution that an instrument has."""

    name: str
    kind: Kind
    optional: bool
    lowest: int
    highest: int
    unit: int
    sample: n.Value | None
    average: n.Average | None = None
    base: str = ""
    partner: str = ""


class Space:
    """Everything that one ruleset, and the conditions of its laws, read."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        watch = rules.promises.watch
        laws = replace(watch, rules=tuple(r for r in watch.rules if r.name.startswith(LAW))) if watch else None
        self.meaning = rules.meaning if laws is None else watched(rules.meaning, laws)
        self.conditions: dict[str, n.Condition] = {r.name: r.when for r in laws.rules} if laws else {}
        self.whole = Rules(self.meaning)
        self.schema = self.whole.schema
        self.inputs = {i.name: i for i in self.meaning.inputs}
        self.zone = zone_of(self.meaning.timezone)
        self.clock = Clock(self.zone)
        self.benign = harmless(self.whole)
        self.changes = sorted(points.changes((self.meaning.in_force, self.meaning.rules, self.meaning.exempts)))
        self.slots = {s.name: s for s in self._slots()}
        self.slot_of = {i: s.name for s in self.slots.values() for i in _inputs(s)}
        for clock in (HOUR, WEEKDAY):
            self.slot_of[clock] = NOW
        self.ages = {s.base: s.name for s in self.slots.values() if s.base}

    # -- what there is ---------------------------------------------------------------------------
    def _slots(self) -> list[Slot]:
        averages = averages_of(self.meaning)
        parts = {x.name for a in averages.values() for x in (a.total, a.count)}
        made = [self._now()]
        for i in self.meaning.inputs:
            if i.name not in (NOW, HOUR, WEEKDAY, "id", "currency") and i.name not in parts:
                made.append(self._slot(i))
        for average in averages.values():
            most = HIGHEST_MONEY_MINOR // 10**3
            made.append(Slot(average.name, average.kind, True, 0, most, _unit(average.kind), None, average=average))
        return made

    def _now(self) -> Slot:
        field = self.schema[NOW]
        return Slot(NOW, field.kind, False, field.lowest, field.highest, k.SECOND, self.benign[NOW])

    def _slot(self, i: n.Input) -> Slot:
        field = self.schema.get(i.name)
        sample = self.benign[i.name]
        base = partner = ""
        optional = i.optional if i.origin != "window" else sample is None
        unit = _unit(i.kind)
        if i.origin == "derived" and field is not None and field.of is not None:
            base = field.of[1]
            unit = k.SECOND
            now, since = self.benign[NOW], self.since(base)
            assert isinstance(now, int)
            sample = max(0, now - since) if since is not None else None
            optional = self.schema[base].optional
        if field is not None and field.partner in self.inputs:
            partner = field.partner
        return Slot(i.name, i.kind, optional, i.lowest, i.highest, unit, sample, base=base, partner=partner)

    def since(self, base: str) -> int | None:
        """When something began that a test says nothing about."""
        sample = self.schema[base].sample
        return sample if isinstance(sample, int) else None

    # -- values worth trying ---------------------------------------------------------------------
    @cached_property
    def pools(self) -> dict[str, tuple[n.Value | None, ...]]:
        """By slot, the simplest value first, which is the harmless one."""
        pieces = (self.meaning.rules, self.meaning.exempts)
        texts = points.words(pieces)
        at: dict[str, set[int]] = {}
        for compare in found_in(pieces, n.Compare):
            names = {self.slot_of[r.name] for r in reads_in(compare) if r.name in self.slot_of}
            if len(names) == 1:
                at.setdefault(names.pop(), set()).update(self.turning(compare))
        return {s.name: self._pool(s, at.get(s.name, set()), texts.get(s.name, set())) for s in self.slots.values()}

    def turning(self, compare: n.Compare) -> set[int]:
        """The points of a comparison that reads one slot. For a slot of time that it reads as an hour, none."""
        (name,) = {self.slot_of[r.name] for r in reads_in(compare)}
        slot = self.slots[name]
        if name == NOW:
            clock = any(r.name == HOUR for r in reads_in(compare))
            return set() if clock else points.roots(compare, lambda value, now: {NOW: value}, (0,))
        nows = (0, *self.changes) if found_in(compare, n.Dated) else (0,)
        return points.roots(compare, lambda value, now: {NOW: now, **held_in(slot, value)}, nows)

    def around(self, slot: Slot, at: set[int]) -> list[int]:
        """Each point as it can be written, one unit below it and one above, within the slot's bounds."""
        found: dict[int, None] = {}
        for point in sorted(at):
            unit = MILLISECOND_US if slot.kind.name == "duration" and point % k.SECOND and not slot.base else slot.unit
            even = point - point % unit
            for value in (even, even + unit, even - unit):
                if slot.lowest <= value <= slot.highest:
                    found[value] = None
        return list(found)

    def _pool(self, slot: Slot, at: set[int], texts: set[str]) -> tuple[n.Value | None, ...]:
        found: list[n.Value | None] = [slot.sample]
        if slot.optional:
            found.append(None)
        if slot.kind.name == "yes/no":
            found += [False, True]
        elif slot.name == NOW:
            found += self._moments(at)
        elif slot.kind.numeric:
            found += _spread(self.around(slot, at), MOST_VALUES)
            found += [x for x in self._plain(slot) if slot.lowest <= x <= slot.highest]
        else:
            found += self._words(slot, texts)
        return tuple(dict.fromkeys(found))

    def _plain(self, slot: Slot) -> list[int]:
        """A few numbers of ordinary size, whatever the rules compare with."""
        if slot.kind.name == "time":
            now = self.benign[NOW]
            assert isinstance(now, int)
            return [now - age for age in (k.HOUR, k.DAY, 400 * k.DAY)]
        if slot.kind.name == "duration":
            return [0, k.SECOND, k.HOUR, k.DAY, 30 * k.DAY, 4_000 * k.DAY]
        if slot.kind.name == "ratio":
            return [x * 10**7 for x in (0, 1, 50, 100)]
        digits = slot.kind.digits if slot.kind.name != "money" else _money_digits(slot.kind)
        return [0, *(x * 10**digits for x in (1, 10, 1_000, 100_000)), slot.lowest]

    def _words(self, slot: Slot, texts: set[str]) -> list[str]:
        if slot.kind.choices:
            return list(slot.kind.choices)
        field = self.schema.get(slot.name)
        longest = field.longest if field else 0
        plain = PLAIN_WORDS.get(slot.kind.name, (f"{slot.name}-1", f"{slot.name}-2"))
        return [x for x in (*sorted(texts), *plain) if 0 < len(x) <= longest and "\0" not in x]

    def _moments(self, at: set[int]) -> list[int]:
        """The days on which something changes, the last second before and the first after; and, where the rules read
        the clock, each hour of the harmless day and each day of its week. None that a clock shows twice or never."""
        now = self.benign[NOW]
        assert isinstance(now, int)
        local = local_time(now, self.zone)
        found = [now, *_spread(self.around(self.slots[NOW], {*self.changes, *at}), MOST_VALUES)]
        hours = range(24) if HOUR in self.inputs else (local.hour,)
        for days in range(7 if WEEKDAY in self.inputs else 1):
            day = local.date() + timedelta(days=days)
            found += [local_instant(datetime.combine(day, time(hour)), self.zone) for hour in hours]
        return [x for x in dict.fromkeys(found) if self.written(x)]

    def written(self, instant_us: int) -> bool:
        """Whether a rule file can name the instant: a whole second that the zone's clocks show once."""
        if instant_us % k.SECOND:
            return False
        shown = local_time(instant_us, self.zone)
        return 1900 < shown.year < 2190 and local_instant(shown, self.zone) == instant_us


def held_in(slot: Slot, value: n.Value | None) -> dict[str, n.Value | None]:
    """The inputs that a slot's value is."""
    if slot.average is None:
        return {slot.name: value}
    assert value is None or isinstance(value, int)
    return inputs_of(slot.average, value)


def _inputs(slot: Slot) -> tuple[str, ...]:
    return (slot.name,) if slot.average is None else (slot.average.total.name, slot.average.count.name)


def _unit(kind: Kind) -> int:
    """The smallest step that a rule file can write, but for durations, which have one of a second and one of a
    thousandth of it."""
    return k.SECOND if kind.name in ("duration", "time") else 1


def _money_digits(kind: Kind) -> int:
    from ..schema.fields import Field

    return decimals_of(Field("", kind, ""))


def _spread(values: list[int], most: int) -> list[int]:
    """At most so many of them, evenly."""
    return values if len(values) <= most else [values[i * len(values) // most] for i in range(most)]
