"""Values as an author writes them: literals, names, sums, products, quotients, each with its kind.

Every value knows which inputs it reads that may be missing (`needs`), so that a condition can say what happens then,
and about how many bits its exact working takes, so that no comparison is refused for its size. Nothing here asks the
checker: what is made must check because of how it is made.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log2

DAY = 86_400_000_000
BILLION = 10**9
MOST_BITS = 112
"""Under the 127 that the kernels hold: the estimate here is a rough one."""
SCALARS = ("count", "number")
NUMERIC = ("money", "count", "number", "ratio", "duration", "time")
TEXTS = ("gift", "gift card", "Gift", "a", "b", "a?b", "银行", "d1", "d2", "x" * 80, "re: gift", "né", "CN")
IDS = ("a1", "a2", "a3", "a1-old", "账户7", "acc-" + "7" * 90, "b", "gift")
COUNTRIES = ("CN", "GB", "US", "SG", "JP")
CURRENCIES = ("CNY", "JPY", "EUR", "KWD", "GBP")
UNITS_US = (("d", DAY), ("h", DAY // 24), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000))


@dataclass(frozen=True)
class Input:
    """Something that rules read: a field or a window. Numbers lie in [low, high], in held units."""

    name: str
    kind: str
    optional: bool
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    window: bool = False
    keys: tuple[str, ...] = ()
    derived: bool = False
    average: bool = False
    unless_known: frozenset[str] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        """What must be known before this may be read."""
        return self.unless_known if self.window else frozenset({self.name} if self.optional else ())

    @property
    def bottom(self) -> float:
        """Bits of what it is divided by: an average by its count."""
        return log2(10**12) if self.average else 0

    @property
    def bits(self) -> float:
        return log2(10**18) if self.average else log2(max(abs(self.low), abs(self.high)) + 1)


@dataclass(frozen=True)
class Value:
    """`form` is atom, product, sum or else: where it needs brackets. `reads`: at least one input."""

    text: str
    form: str
    needs: frozenset[str] = frozenset()
    reads: bool = True
    top: float = 1.0
    bottom: float = 0.0
    stands_for: str = ""

    @property
    def meant(self) -> str:
        """The text without the name that a `let` gives it."""
        return self.stands_for or self.text

    def atom(self) -> str:
        return self.text if self.form == "atom" else f"({self.text})"

    def term(self) -> str:
        return self.text if self.form in ("atom", "product") else f"({self.text})"


@dataclass
class Names:
    """All that one file declares so far."""

    random: random.Random
    currency: str
    digits: int
    zone: str
    inputs: dict[str, Input] = field(default_factory=dict)
    params: dict[str, tuple[str, float]] = field(default_factory=dict)
    values: dict[str, tuple[str, Value]] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    lists: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Input]:
        return [i for i in self.inputs.values() if i.kind == kind]


def words_of(kind: str, choices: Iterable[str] = ()) -> tuple[str, ...]:
    """Texts that a payment may well carry in a field of the kind."""
    several = tuple(choices)
    return several or {"country": COUNTRIES, "currency": CURRENCIES, "text": TEXTS}.get(kind, IDS)


# -- literals ------------------------------------------------------------------------------------
def decimal(units: int, digits: int, shortest: bool = True) -> str:
    sign, whole = ("-" if units < 0 else ""), str(abs(units)).rjust(digits + 1, "0")
    if not digits:
        return sign + whole
    fraction = whole[-digits:].rstrip("0") if shortest else whole[-digits:]
    return sign + whole[:-digits] + ("." + fraction if fraction else "")


def grouped(text: str, r: random.Random) -> str:
    """Now and then with underscores between thousands."""
    whole, point, fraction = text.partition(".")
    if r.random() < 0.5:
        return text
    return f"{int(whole):_}{point}{fraction}" if whole not in ("-0", "0") else text


def day(r: random.Random) -> str:
    return f"20{r.choice((24, 25, 26))}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"


def literal(names: Names, kind: str, low: int = 0, high: int = 10**6) -> Value:
    """A literal of the kind between the bounds (held units), where that can be written at all."""
    r = names.random
    most = {"count": 10**12, "money": 10**15}.get(kind, 10**18)
    low, high = max(low, -most), min(high, most)
    near = [
        low,
        high,
        low + 1,
        high - 1,
        0,
        1,
        100,
        2,
        10 ** r.randint(0, 12),
        r.randint(low, high),
        r.randint(low, high),
    ]
    held = r.choice([v for v in near if low <= v <= high])
    match kind:
        case "money":
            text = grouped(decimal(held, names.digits, r.random() < 0.5), r) + " " + names.currency
        case "count":
            text = grouped(str(held), r)
        case "number":
            held = round(held, -r.choice((0, 7, 8, 9, 9)))
            held = held if low <= held <= high else low
            text = grouped(decimal(held, 9), r)
        case "ratio":
            held = min(max(round(max(held, 0), -r.choice((0, 5, 7, 7))), 0), max(high, 0))
            text = decimal(held, 7) + "%" if r.random() < 0.7 else decimal(held, 5) + "bps"
        case "duration":
            held = min(max(held, 0), 100 * 366 * DAY)
            unit, size = r.choice([(u, s) for u, s in UNITS_US if held - held % s >= low] or UNITS_US[-1:])
            held -= held % size
            text = f"{held // size}{unit}"
        case _:
            text = day(r) + r.choice(("", "", "T08:30", "T23:59:59", "T02:30", "T00:00"))
            return Value(text, "atom", reads=False, top=51)
    return Value(text, "atom", reads=False, top=log2(abs(held) + 1))


def word_literal(names: Names, kind: str, choices: tuple[str, ...] = ()) -> str:
    return '"' + names.random.choice(words_of(kind, choices)) + '"'


# -- values --------------------------------------------------------------------------------------
class Values:
    """Makes values. `optional_reads`: whether reads may be left without a default."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.random = names.random

    def read(self, kind: str, only: list[Input] | None = None) -> Value:
        """One input of the kind, with or without a default."""
        r = self.random
        found = only if only is not None else self.names.of_kind(kind)
        i = r.choice(found)
        name, bits = i.name, i.bits
        may_miss = i.optional or i.window
        if may_miss and r.random() < 0.35:
            low, high = max(i.low, -(10**9)), min(i.high, 10**12)
            plain = literal(self.names, kind, low, max(low, high))
            return Value(f"{name} else {plain.text}", "else", top=max(bits, plain.top) + 1, bottom=i.bottom)
        return Value(name, "atom", i.needs, top=bits, bottom=i.bottom)

    def constant(self, kind: str) -> Value:
        r = self.random
        params = [name for name, (k, _) in self.names.params.items() if k == kind]
        if params and r.random() < 0.4:
            name = r.choice(params)
            return Value(name, "atom", reads=False, top=self.names.params[name][1])
        if kind == "number" and r.random() < 0.3:
            return literal(self.names, "count", -5, 1_000)
        low = {"money": -10_000, "number": -5 * BILLION}.get(kind, 0)
        return literal(
            self.names, kind, low, {"ratio": 2 * BILLION, "duration": 400 * DAY, "count": 1_000}.get(kind, 10**8)
        )

    def named(self, kind: str) -> Value | None:
        """A `let` of the kind, if there is one."""
        found = [name for name, (k, _) in self.names.values.items() if k == kind]
        if not found:
            return None
        name = self.random.choice(found)
        value = self.names.values[name][1]
        return Value(name, "atom", value.needs, True, value.top, value.bottom, value.stands_for)

    def value(self, kind: str, depth: int) -> Value:
        """A value of the kind that reads at least one input."""
        r = self.random
        roll = r.random()
        if roll < 0.1 and (named := self.named(kind)) is not None:
            return named
        if depth == 0 or roll < 0.35:
            return self.read(kind)
        if kind == "time":
            return self.sum([self.read("time"), self.scalar_or("duration", depth)], ("+", "-"))
        if kind == "duration" and roll < 0.6:
            return self.sum([self.read("time"), self.read("time")], ("-",))
        if roll < 0.55:
            return self.sum(
                [self.value(kind, depth - 1), *(self.scalar_or(kind, depth) for _ in range(r.choice((1, 1, 2))))]
            )
        if roll < 0.85:
            return self.product(kind, depth)
        return self.quotient(kind, depth)

    def scalar_or(self, kind: str, depth: int) -> Value:
        return self.value(kind, depth - 1) if self.random.random() < 0.6 else self.constant(kind)

    def sum(self, parts: list[Value], signs: tuple[str, ...] = ("+", "-")) -> Value:
        text = parts[0].term()
        for part in parts[1:]:
            text += f" {self.random.choice(signs)} {part.term()}"
        bottom = sum(p.bottom for p in parts)
        top = max(p.top for p in parts) + bottom + len(parts) + (30 if any(p.bottom for p in parts) else 0)
        needs = frozenset[str]().union(*(p.needs for p in parts))
        return self.fitting(Value(text, "sum", needs, True, top, bottom), parts[0])

    def fitting(self, made: Value, instead: Value) -> Value:
        return made if made.top + made.bottom <= MOST_BITS else instead

    def product(self, kind: str, depth: int) -> Value:
        """`left * right`. A ratio times a count is a number in this order only, so that is how it is written."""
        r = self.random
        if kind == "number" and r.random() < 0.3:
            parts = [self.constant("ratio") if r.random() < 0.6 else self.read("ratio"), self.value("count", depth - 1)]
        else:
            other = {"count": "count", "ratio": "ratio"}.get(kind, r.choice(("count", "number", "ratio")))
            other = r.choice(SCALARS) if kind == "number" else other
            parts = [self.value(kind, depth - 1), self.constant(other) if r.random() < 0.6 else self.value(other, 0)]
            parts = parts if r.random() < 0.5 else parts[::-1]
            if r.random() < 0.15 and kind not in ("count", "ratio"):
                parts.append(self.constant("count"))
        text = " * ".join(p.term() if p is parts[0] else p.atom() for p in parts)
        needs = frozenset[str]().union(*(p.needs for p in parts))
        made = Value(text, "product", needs, True, sum(p.top for p in parts) + 1, sum(p.bottom for p in parts))
        return made if made.top + made.bottom <= MOST_BITS else self.read(kind)

    def quotient(self, kind: str, depth: int) -> Value:
        """`(a / b) else default`, in brackets where it stands beside something."""
        r = self.random
        if kind == "ratio":
            of = r.choice(("money", "count", "duration", "ratio", "money"))
            top, bottom = self.value(of, depth - 1), self.value(of, 0)
        elif kind in ("money", "duration", "number"):
            by = "ratio" if kind == "number" else r.choice(("count", "number", "ratio"))
            top = self.value(kind, depth - 1)
            bottom = self.value(by, 0) if r.random() < 0.6 else self.constant(by)
        else:
            return self.read(kind)
        default = literal(self.names, kind, 0, 2 * BILLION)
        left = top.term()
        if r.random() < 0.3 and (kind != "ratio" or of != "ratio"):
            left = f"{top.atom()} * {r.randint(1, 9)}"
        made = Value(
            f"({left} / {bottom.atom()}) else {default.text}", "else", frozenset(), True,
            top.top + bottom.bottom + 5, bottom.top + top.bottom + default.top,
        )  # fmt: skip
        return made if made.top + made.bottom <= MOST_BITS else self.read(kind)
