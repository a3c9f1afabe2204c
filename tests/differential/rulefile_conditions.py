"""Conditions as an author writes them, with what they need beside them so that nothing is decided on a missing value.

A condition that reads an optional input is settled in one of the ways that the language has: `x is known` beside it in
the same `and`, `x is missing` beside it in the same `any of`, `all of (x is known, …)` around it, or a default.
"""

from __future__ import annotations

from dataclasses import dataclass

from rulefile_values import NUMERIC, Input, Value, Values, literal, word_literal, words_of

OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
KINDS = ("money", "money", "count", "number", "ratio", "duration", "time")


@dataclass(frozen=True)
class Condition:
    text: str
    needs: frozenset[str] = frozenset()


class Conditions:
    """Makes conditions. `fields_only`: no windows, params or lets, as in the `where` of a window."""

    def __init__(self, values: Values, fields_only: bool = False) -> None:
        self.values = values
        self.names = values.names
        self.random = values.random
        self.fields_only = fields_only

    # -- whole conditions ------------------------------------------------------------------------
    def lines(self, count: int, depth: int, also: frozenset[str] = frozenset()) -> list[str]:
        """Settled conditions that `and` joins; `also` are inputs that must be known besides."""
        r = self.random
        parts: list[str] = []
        for _ in range(count):
            made = self.condition(depth)
            if made.needs and r.random() < 0.2:
                parts.append(self.one(made))
                continue
            parts.append(made.text)
            also = also | made.needs
        guards = [f"{name} is known" for name in sorted(also)]
        guards = [g for g in guards if g not in parts]
        return r.sample(parts + guards, len(parts) + len(guards))

    def one(self, made: Condition) -> str:
        """The condition, settled, as one."""
        if not made.needs:
            return made.text
        parts = [*(f"{name} is known" for name in sorted(made.needs)), made.text]
        return f"all of ({', '.join(self.random.sample(parts, len(parts)))})"

    def settled(self, depth: int) -> str:
        return self.one(self.condition(depth))

    def condition(self, depth: int) -> Condition:
        r = self.random
        if depth == 0 or r.random() < 0.6:
            return self.atom()
        word = r.choice(("any", "any", "all", "none"))
        parts = [self.condition(depth - 1) for _ in range(r.choice((2, 2, 3, 4)))]
        if word == "all":
            needs = frozenset[str]().union(*(p.needs for p in parts))
            guards = [f"{name} is known" for name in sorted(needs)]
            texts = [p.text for p in parts]
            return Condition(f"all of ({', '.join(r.sample(texts + guards, len(texts + guards)))})")
        texts = []
        for p in parts:
            if p.needs and r.random() < 0.5:
                texts += [*(f"{name} is missing" for name in sorted(p.needs)), p.text]
            else:
                texts.append(self.one(p))
        texts = list(dict.fromkeys(texts))
        if len(texts) < 2:
            return Condition(texts[0])
        return Condition(f"{word} of ({', '.join(r.sample(texts, len(texts)))})")

    # -- atoms -----------------------------------------------------------------------------------
    def atom(self) -> Condition:
        r = self.random
        roll = r.random()
        if self.fields_only and r.random() < 0.25:
            return self.status()
        if self.fields_only:
            roll = min(roll, 0.88) if roll < 0.3 else 0.3 + 0.5 * r.random()
        if roll < 0.26:
            return self.simple()
        if roll < 0.42:
            return self.numbers()
        if roll < 0.47:
            return self.among_numbers()
        if roll < 0.80:
            return self.words()
        if roll < 0.90:
            return self.known()
        if self.names.conditions and roll < 0.96:
            return Condition(r.choice(self.names.conditions))
        return self.yes_no()

    def status(self) -> Condition:
        """How a recorded payment ended, which only a window may ask."""
        r = self.random
        one, other = r.sample(("initiated", "settled", "failed", "cancelled"), 2)
        end = r.choice((f"= {one}", f'!= "{one}"', f"in ({one}, {other})", f"is not in ({one}, {other})"))
        return Condition(f"status {end}")

    def inputs(self, *kinds: str) -> list[Input]:
        found = [i for i in self.names.inputs.values() if i.kind in kinds]
        return [i for i in found if not i.window] if self.fields_only else found

    def simple(self) -> Condition:
        """One input beside a literal or a param that it may well meet."""
        r = self.random
        params = sorted(self.names.params) if not self.fields_only else []
        if params and r.random() < 0.35:
            name = r.choice(params)
            left = self.values.read(self.names.params[name][0])
            return Condition(f"{left.text} {r.choice(OPERATORS)} {name}", left.needs)
        i = r.choice(self.inputs(*NUMERIC))
        left = self.values.read(i.kind, [i])
        low, high = i.low, i.high
        if r.random() < 0.6:
            low = max(low, -(10**10))
            high = max(low, min(high, 10**11))
        right = (
            self.values.constant(i.kind)
            if r.random() < 0.4 and not self.fields_only
            else literal(self.names, i.kind, low, high)
        )
        sides = [left, right] if r.random() < 0.8 else [right, left]
        return Condition(f"{sides[0].text} {r.choice(OPERATORS)} {sides[1].text}", left.needs)

    def numbers(self) -> Condition:
        r = self.random
        if self.fields_only:
            return self.simple()
        kind = r.choice(KINDS)
        left = self.values.value(kind, r.choice((1, 1, 2)))
        room = 118 - left.top - left.bottom
        right = self.values.constant(kind) if r.random() < 0.5 else self.values.value(kind, r.choice((0, 0, 1)))
        if max(left.top + right.bottom, right.top + left.bottom) > 118 or right.bottom > room:
            right = self.values.constant(kind)
        if right.meant == left.meant:
            return self.simple()
        sides = [left, right] if r.random() < 0.7 else [right, left]
        return Condition(f"{sides[0].text} {r.choice(OPERATORS)} {sides[1].text}", left.needs | right.needs)

    def among_numbers(self) -> Condition:
        r = self.random
        i = r.choice(self.inputs(*NUMERIC))
        left = self.values.read(i.kind, [i])
        low, high = max(i.low, -(10**10)), min(i.high, 10**10)
        items = [literal(self.names, i.kind, low, max(low, high)).text for _ in range(r.randint(2, 4))]
        return Condition(f"{left.text} {r.choice(('in', 'is not in'))} ({', '.join(items)})", left.needs)

    def word(self, i: Input) -> Value:
        """A word input, with a default now and then."""
        if i.optional and self.random.random() < 0.35:
            return Value(f"{i.name} else {word_literal(self.names, i.kind, i.choices)}", "else")
        return Value(i.name, "atom", frozenset({i.name} if i.optional else ()))

    def words(self) -> Condition:
        r = self.random
        roll = r.random()
        if roll < 0.2:
            return self.yes_no()
        i = r.choice(
            self.inputs(
                "text", "account", "merchant", "wallet", "institution", "party", "country", "currency", "one of"
            )
        )
        left = self.word(i)
        if i.kind == "one of":
            return self.choice(i, left)
        if roll < 0.4 and not self.fields_only:
            return self.listed(i, left)
        if roll < 0.52:
            return self.same(i, left)
        if roll < 0.75:
            text = r.choice(words_of(i.kind))
            part = text[: r.randint(1, len(text))] if r.random() < 0.7 else text[-1]
            return Condition(f'{left.text} {r.choice(("starts with", "contains"))} "{part}"', left.needs)
        if roll < 0.9:
            items = [word_literal(self.names, i.kind) for _ in range(r.randint(2, 4))]
            return Condition(f"{left.text} {r.choice(('in', 'is not in'))} ({', '.join(items)})", left.needs)
        sides = [left.text, word_literal(self.names, i.kind)]
        sides = sides if r.random() < 0.8 else sides[::-1]
        return Condition(f"{sides[0]} {r.choice(('=', '!='))} {sides[1]}", left.needs)

    def listed(self, i: Input, left: Value) -> Condition:
        """In a list of the kind, declared where there is none yet."""
        r = self.random
        found = [name for name, (kind, _) in self.names.lists.items() if kind == i.kind]
        if not found or (len(found) < 2 and r.random() < 0.3):
            name = f"list_{len(self.names.lists)}"
            words = words_of(i.kind)
            self.names.lists[name] = (i.kind, tuple(sorted(r.sample(words, r.randint(0, len(words) - 1)))))
            found.append(name)
        return Condition(f"{left.text} {r.choice(('in', 'is not in'))} {r.choice(found)}", left.needs)

    def same(self, i: Input, left: Value) -> Condition:
        """Two fields of one kind."""
        others = [x for x in self.inputs(i.kind) if x.name != i.name and x.choices == i.choices]
        if not others:
            return Condition(f"{left.text} != {word_literal(self.names, i.kind, i.choices)}", left.needs)
        right = self.word(self.random.choice(others))
        return Condition(f"{left.text} {self.random.choice(('=', '!='))} {right.text}", left.needs | right.needs)

    def choice(self, i: Input, left: Value) -> Condition:
        r = self.random
        roll = r.random()
        if roll < 0.15:
            return self.same(i, left)
        few = r.sample(i.choices, min(len(i.choices), r.randint(2, 3)))
        written = [word if r.random() < 0.7 and word.isidentifier() else f'"{word}"' for word in few]
        if roll < 0.5:
            return Condition(f"{left.text} {r.choice(('in', 'is not in'))} ({', '.join(written)})", left.needs)
        sides = [left.text, written[0]]
        sides = sides if r.random() < 0.8 else sides[::-1]
        return Condition(f"{sides[0]} {r.choice(('=', '!='))} {sides[1]}", left.needs)

    def yes_no(self) -> Condition:
        r = self.random
        found = self.inputs("yes/no")
        i = r.choice(found)
        needs = frozenset({i.name} if i.optional else ())
        text = i.name
        if i.optional and r.random() < 0.5:
            text, needs = f"{i.name} else {r.choice(('yes', 'no'))}", frozenset()
        roll = r.random()
        if roll < 0.4:
            return Condition(text, needs)
        others = [x for x in found if x.name != i.name]
        if roll < 0.85 or not others:
            return Condition(f"{text} {r.choice(('=', '!='))} {r.choice(('yes', 'no'))}", needs)
        other = r.choice(others)
        more = frozenset({other.name} if other.optional else ())
        return Condition(f"{text} {r.choice(('=', '!='))} {other.name}", needs | more)

    def known(self) -> Condition:
        """`x is known`, of an input that may be missing, or of a sum of such."""
        r = self.random
        found = [i for i in self.names.inputs.values() if i.optional or i.window]
        if self.fields_only:
            found = [i for i in found if not i.window]
        i = r.choice(found)
        text = i.name
        alike = [x for x in found if x.kind == i.kind and x.optional]
        if i.kind in ("money", "count") and i.optional and len(alike) > 1 and r.random() < 0.2:
            text = f"{i.name} + {r.choice(alike).name}"
        return Condition(f"{text} is {r.choice(('known', 'missing'))}")
