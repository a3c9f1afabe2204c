"""Random rulesets, and payments that stand exactly at, one below and one above what the rules speak of.

Rulesets are made as nodes, not as text: every shape that the checker may hand over, and some that no author would
write. Numbers are drawn from what the rules themselves name, because two random numbers of 64 bits are never equal
and never near. Everything follows from one seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from riskrules.meaning import nodes as n
from riskrules.meaning.frames import around
from riskrules.meaning.lowering import MOST_BITS, TooLarge, bounds_of
from riskrules.schema.kinds import COUNT, DAY, DURATION, NUMBER, RATIO, TEXT, TIME, YES_NO, Kind

MONEY = Kind("money", currency="CNY")
CHOICE = Kind("one of", ("a", "b", "c"))
LARGEST = 2**63 - 1

NUMBERS = (
    n.Input("amount", MONEY, False, "field", 0, 10**15),
    n.Input("few", COUNT, False, "window", 0, 12),
    n.Input("few_signed", MONEY, True, "window", -7, 7),
    n.Input("received", MONEY, True, "window", 0, 10**15),
    n.Input("rate", RATIO, True, "field", 0, 10**9),
    n.Input("number", NUMBER, True, "field", -(10**18), 10**18),
    n.Input("age", DURATION, True, "derived", 0, 10**15),
    n.Input("opened", TIME, True, "field", -(10**15), 10**15),
    n.Input("extreme", MONEY, True, "field", -LARGEST, LARGEST),
    n.Input("below", MONEY, True, "field", -LARGEST, -1),
)
OTHERS = (
    n.Input("occurred_at", TIME, False, "field", -(10**15), 10**15),
    n.Input("channel", CHOICE, False, "field"),
    n.Input("payer", TEXT, True, "field"),
    n.Input("payee", TEXT, True, "field"),
    n.Input("memo", TEXT, True, "field"),
    n.Input("shared", YES_NO, True, "field"),
    n.Input("known", YES_NO, True, "field"),
)
INPUTS = (*NUMBERS, *OTHERS)
BY_NAME = {i.name: i for i in INPUTS}
TEXTS = ("a", "b", "c", "", "ab", "a?", "d1", "银行", "x" * 30)
LISTS = (("involved", TEXT), ("devices", TEXT))
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
ACTS = (
    n.Act(n.ALLOW),
    n.Act(n.WARN),
    n.Act(n.VERIFY),
    n.Act(n.DELAY, DAY),
    n.Act(n.DELAY, 2 * DAY),
    n.Act(n.HOLD, DAY),
    n.Act(n.HOLD),
    n.Act(n.REJECT),
)


@dataclass
class Maker:
    """Makes one ruleset and payments for it. `points`: by input, the numbers that the rules name."""

    random: random.Random
    large: bool = False
    refused: int = 0
    points: dict[str, set[int]] = field(default_factory=lambda: {i.name: set() for i in INPUTS})
    params: list[n.Dated] = field(default_factory=list)

    # -- quantities ----------------------------------------------------------------------------
    def read(self, name: str) -> n.Read:
        return n.Read(name, BY_NAME[name].kind)

    def number(self) -> n.Read:
        weights = [3, 6, 6, 3, 2, 1, 1, 1, 1, 1]
        return self.read(self.random.choices(NUMBERS, weights)[0].name)

    def const(self) -> n.Const:
        r = self.random
        value, digits = r.choice(
            [(r.randint(-3, 12), 0), (8, 1), (5, 1), (15, 2), (1, 9), (r.randint(1, 10**9), 0), (13, 4), (0, 0)]
            + [(r.choice((LARGEST, -LARGEST, 10**15)), 0)] * self.large
        )
        return n.Const(value, COUNT, digits)

    def dated(self) -> n.Dated:
        r = self.random
        if self.params and r.random() < 0.6:
            return r.choice(self.params)
        days = sorted(r.sample(range(-20, 20), r.choice((1, 1, 2, 3, 20))))
        ends = [None, *(d * DAY for d in days), None]
        self.points["occurred_at"].update(d * DAY for d in days)
        values = tuple(
            n.DatedValue(a, b, self.const().value if self.large else r.randint(-3, 12), r.choice((0, 0, 1)))  # type: ignore[arg-type]  # constants here are whole numbers
            for a, b in pairwise(ends)
        )
        self.params.append(n.Dated(f"param_{len(self.params)}", COUNT, values))
        return self.params[-1]

    def quantity(self, depth: int) -> n.Quantity:
        r = self.random
        roll = r.random()
        if depth == 0 or roll < 0.3:
            return r.choices((self.number, self.const, self.dated), (6, 3, 1))[0]()
        if roll < 0.6:
            return n.Arithmetic(r.choice("+-*"), self.quantity(depth - 1), self.quantity(depth - 1), COUNT)
        if roll < 0.8:
            return n.Quotient(self.quantity(depth - 1), self.quantity(depth - 1), self.const(), COUNT)
        return n.Default(self.quantity(depth - 1), self.const(), COUNT)

    # -- atoms ---------------------------------------------------------------------------------
    def compare(self) -> n.Compare:
        r = self.random
        while True:
            roll = r.random()
            if roll < 0.45:
                c = self.simple()
            else:
                c = n.Compare(r.choice(OPERATORS), self.quantity(2), self.quantity(r.choice((0, 0, 1))))
            try:
                assert bounds_of(c, BY_NAME) <= MOST_BITS
            except TooLarge:
                self.refused += 1
                continue
            return c

    def simple(self) -> n.Compare:
        """One input, perhaps scaled or with a default, and a number written out, now and then at its bounds."""
        r = self.random
        read = self.number() if r.random() < 0.9 else self.read("occurred_at")
        i = BY_NAME[read.name]
        held = r.choice((i.lowest, i.highest, r.randint(i.lowest, i.highest), r.randint(-9, 12), r.randint(-9, 12)))
        self.points[read.name].add(held)
        left: n.Quantity = read
        right: n.Quantity = n.Const(held, i.kind, i.kind.digits)
        roll = r.random()
        if roll < 0.2:
            left = n.Default(left, self.const(), i.kind)
        elif roll < 0.4:
            times = n.Const(r.choice((-3, 2, 7, -1)), COUNT)
            left = n.Arithmetic("*", times, left, i.kind)
            right = n.Const(held * int(times.value) + r.choice((-1, 0, 0, 1)), i.kind, i.kind.digits)
        elif roll < 0.5:
            left = n.Quotient(left, n.Const(r.choice((3, -2, 0)), COUNT), self.const(), i.kind)
            right = n.Const(held, i.kind, i.kind.digits + 1)
        elif roll < 0.6:
            right = self.dated()
        return n.Compare(r.choice(OPERATORS), *((left, right) if r.random() < 0.8 else (right, left)))

    def word(self, name: str) -> n.Word:
        read = self.read(name)
        return n.Default(read, n.Const(self.random.choice(TEXTS), TEXT), TEXT) if self.random.random() < 0.3 else read

    def atom(self) -> n.Condition:
        r = self.random
        name = r.choice(("channel", "payer", "payee"))
        match r.randrange(12):
            case 0 | 1 | 2 | 3 | 4:
                return self.compare()
            case 5:
                return n.Equal(self.word(name), n.Const(r.choice(TEXTS), TEXT), r.random() < 0.4)
            case 6:
                among = tuple(r.sample(TEXTS, r.randint(1, 4)))
                if self.large and r.random() < 0.2:
                    among = tuple(f"t{k:03}" for k in range(r.randrange(3), 700, r.choice((2, 3))))
                return n.Member(self.word(name), among, r.random() < 0.4)
            case 7:
                return self.yes_no()
            case 8:
                return n.InList(self.word(name), r.choice(LISTS)[0], r.random() < 0.4)
            case 9:
                return r.choice((n.Starts, n.Contains))(self.word("memo"), r.choice(TEXTS))
            case 10:
                return n.Equal(self.word("payer"), self.word("payee"), r.random() < 0.4)
        return n.Known(self.read(r.choice(INPUTS).name))

    def yes_no(self) -> n.Equal:
        r = self.random
        left: n.Word = self.read("shared")
        if r.random() < 0.3:
            left = n.Default(left, n.Const(r.random() < 0.5, YES_NO), YES_NO)
        right: n.Word = n.Const(r.random() < 0.5, YES_NO) if r.random() < 0.6 else self.read("known")
        return n.Equal(left, right, r.random() < 0.4)

    def condition(self, depth: int) -> n.Condition:
        r = self.random
        roll = r.random()
        if depth == 0 or roll < 0.4:
            return self.atom()
        if roll < 0.5:
            return n.Not(self.condition(depth - 1))
        most = 7 if self.large and r.random() < 0.3 else 3
        parts = tuple(self.condition(depth - 1) for _ in range(r.choice((0, *range(1, most + 1), *range(1, most + 1)))))
        return n.Any(parts) if roll < 0.75 else n.All(parts)

    # -- rules ---------------------------------------------------------------------------------
    def dates(self) -> n.InForce:
        r = self.random
        if r.random() < 0.8:
            return n.InForce()
        a, b = sorted((r.randint(-20, 20) * DAY, r.randint(-20, 20) * DAY))
        self.points["occurred_at"].update((a, b))
        return n.InForce(r.choice((a, None)), r.choice((b, None)))

    def unless(self) -> tuple[n.Condition, ...]:
        return tuple(self.condition(1) for _ in range(self.random.choice((0, 0, 0, 1, 2))))

    def ruleset(self) -> n.Ruleset:
        r = self.random
        count = r.choice((0, 1, 3, 6, 10, *((70, 130) if self.large else ())))
        depth = 1 if count > 20 else r.choice((1, 2, 3))
        rules = tuple(
            n.Rule(
                f"rule_{k:03}",
                "",
                self.condition(depth),
                self.unless(),
                action=r.choice((None, *ACTS)),
                score=r.choice((None, None, 0, 10, 35, 40, -5)),
                in_force=self.dates(),
            )
            for k in range(count)
        )
        names = [x.name for x in rules] + ["nobody"]
        exempts = tuple(
            n.Exempt(
                f"exempt_{k:03}",
                "",
                self.condition(1),
                self.unless(),
                lifts=tuple(r.sample(names, min(len(names), r.choice((0, 1, 3))))),
                below=r.choice((None, *range(6))),
                in_force=self.dates(),
            )
            for k in range(r.choice((0, 0, 1, 3)) if not self.large or r.random() < 0.9 else 70)
        )
        bands = tuple(n.Band(r.choice((-5, 0, 10, 40, 80)), r.choice(ACTS)) for _ in range(r.choice((0, 1, 2))))
        in_force = self.dates()
        frame = n.Frame("made", "1", "", "CNY", "UTC", "en", in_force, INPUTS, bands, LISTS)
        return around(frame, rules, exempts)

    # -- payments ------------------------------------------------------------------------------
    def lists(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(self.random.sample(TEXTS, 4)) for name, _ in LISTS}

    def payments(self, count: int) -> Iterator[dict[str, n.Value | None]]:
        choices = {i.name: sorted(self._numbers(i)) for i in (*NUMBERS, BY_NAME["occurred_at"])}
        r = self.random
        for _ in range(count):
            values: dict[str, n.Value | None] = {name: r.choice(c) for name, c in choices.items()}
            for name in ("channel", "payer", "payee", "memo"):
                values[name] = r.choice((*TEXTS, f"t{r.randrange(702):03}"))
            values |= {"shared": r.random() < 0.5, "known": r.random() < 0.5}
            missing = r.choice((0, 0.1, 0.3, 1))
            yield {k: None if k != "occurred_at" and r.random() < missing else v for k, v in values.items()}

    def _numbers(self, i: n.Input) -> set[int]:
        """At, one below and one above each number that is named, both bounds, and small numbers; all within bounds."""
        named = {p + d for p in self.points[i.name] for d in (-1, 0, 1)}
        small = range(-3, 13) if i.kind.digits == 0 else [k * 10**8 for k in range(-3, 13)]
        named |= {i.lowest, i.lowest + 1, i.highest - 1, i.highest, *small}
        return {v for v in named if i.lowest <= v <= i.highest}
