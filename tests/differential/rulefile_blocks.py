"""Blocks that declare or promise something: fields, params, lists, windows, `let`s, balance and laws."""

from __future__ import annotations

from datetime import date, timedelta

from rulefile_conditions import Conditions
from rulefile_values import BILLION, DAY, Input, Names, Value, Values, decimal, literal

from riskrules.schema.fields import Field
from riskrules.schema.payment import KIND_BOUNDS, payment_schema

WORD_KINDS = ("text", "account", "merchant", "wallet", "institution", "party", "country", "currency")
NEW_KINDS = ("yes/no", "one of", "money", "money", "count", "number", "ratio", "duration", "time", *WORD_KINDS)
AGGREGATES = ("count", "sum", "average", "min", "max", "distinct", "time since last")
CHOICES = (("red", "amber", "green"), ("low", "high"), ("p1", "p2", "p3", "p4"))
PARTNERS = {"account": "institution", "merchant": "acquirer", "wallet": "operator"}
HIGHEST_DURATION = 200 * 366 * DAY


def input_of(f: Field, optional: bool) -> Input:
    return Input(f.name, f.kind.name, optional, f.lowest, f.highest, f.kind.choices, derived=f.of is not None)


class Blocks:
    """Writes the declaring blocks of one file, and enters what they declare into its names."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.random = names.random
        self.schema = payment_schema(names.currency)
        self.values = Values(names)

    # -- fields ----------------------------------------------------------------------------------
    def fields(self) -> list[str]:
        """A choice of the payment's own fields, some declared again, and new ones."""
        r, names = self.random, self.names
        whole = [f for f in self.schema if f.name != "status"]  # which no rule may read
        chosen = {
            "amount",
            "occurred_at",
            "channel",
            "payee.account.age",
            "payer.account.opened_at",
            "payment.in_call",
            "hour",
        }
        chosen |= {f.name for f in r.sample(whole, r.randint(4, 14))}
        chosen |= {"payment.memo", "payee.account", "payment.risk_score", "payment.factors", "payee.account.balance"}
        again = {
            n
            for n in sorted(chosen)
            if self.schema[n].of is None and n not in ("id", "occurred_at") and r.random() < 0.1
        }
        optional = {f.name for f in whole if f.optional}
        blocks = []
        for name in sorted(again):
            blocks.append(self._again(self.schema[name], optional))
        for name in sorted(chosen | again):
            f = self.schema[name]
            base = f.of[1] if f.of else name
            if name not in names.inputs:
                names.inputs[name] = input_of(f, base in optional)
        return blocks + [block for k in range(r.randint(4, 9)) for block in self._new(k)]

    def _again(self, f: Field, optional: set[str]) -> str:
        r = self.random
        made = input_of(f, f.optional)
        text = f"field {f.name} {self._kind(f.kind.name, f.kind.choices)}"
        if f.kind.numeric and f.kind.name != "time" and r.random() < 0.7:
            low, high = self._span(f.kind.name, f.lowest, f.highest)
            text += f", from {low[1]} to {high[1]}"
            made = Input(f.name, f.kind.name, f.optional, low[0], high[0])
        if f.optional or (f.name != "amount" and (r.random() < 0.6 or f.name.endswith("opened_at"))):
            text += ", optional"
            optional.add(f.name)
        self.names.inputs[f.name] = Input(made.name, made.kind, f.name in optional, made.low, made.high, made.choices)
        return f'{text} "declared again"'

    def _new(self, k: int) -> list[str]:
        r, names = self.random, self.names
        kind = "number" if k == 0 else r.choice(NEW_KINDS)  # the payment itself has no field that is a number
        name = r.choice((f"payment.new_{k}", f"house.new_{k}", f"new_{k}"))
        choices = r.choice(CHOICES) if kind == "one of" else ()
        optional = r.random() < 0.6
        text = f"field {name} {self._kind(kind, choices)}"
        low, high = self._default_bounds(kind)
        if kind in ("money", "count", "number", "ratio", "duration") and r.random() < 0.7:
            (low, low_text), (high, high_text) = self._span(kind, low, high)
            text += f", from {low_text} to {high_text}"
        names.inputs[name] = Input(name, kind, optional, low, high, choices)
        blocks = [f'{text}{", optional" if optional else ""} "what {name} says"']
        if kind in PARTNERS:
            partner = f"{name}.{PARTNERS[kind]}"
            blocks.append(f'field {partner} institution{", optional" if optional else ""} "who keeps it"')
            names.inputs[partner] = Input(partner, "institution", optional)
        return blocks

    def _kind(self, kind: str, choices: tuple[str, ...]) -> str:
        if kind != "one of":
            return kind
        return f"one of ({', '.join(c if c.isidentifier() else f'{chr(34)}{c}{chr(34)}' for c in choices)})"

    def _default_bounds(self, kind: str) -> tuple[int, int]:
        return KIND_BOUNDS.get(kind, (0, 0, 0))[:2]

    def _span(self, kind: str, lowest: int, highest: int) -> tuple[tuple[int, str], tuple[int, str]]:
        """Two bounds within the given ones, held and as written. Mostly narrow, so that products fit."""
        r = self.random
        step = {"number": BILLION // 10, "ratio": BILLION // 100, "duration": DAY}.get(kind, 1)
        low = max(lowest, r.choice((0, 0, step, 5 * step, -step * 100 if lowest < 0 else 0)))
        high = min(highest, low + step * r.choice((10, 100, 1_000, 10**6, 10**9)))
        low = min(low, high)
        high -= (high - low) % step
        return (low, self._held_text(kind, low)), (high, self._held_text(kind, high))

    def _held_text(self, kind: str, held: int) -> str:
        match kind:
            case "money":
                return f"{decimal(held, self.names.digits)} {self.names.currency}"
            case "number":
                return decimal(held, 9)
            case "ratio":
                return decimal(held, 7) + "%"
            case "duration":
                return f"{held // DAY}d" if held % DAY == 0 else f"{held // 1_000}ms"
        return str(held)

    # -- params ----------------------------------------------------------------------------------
    def param(self, k: int) -> str:
        """A param with one value, two or three, each boundary dated from one side or from both."""
        r = self.random
        kind = r.choice(("money", "money", "count", "number", "ratio", "duration", "time"))
        top = {"ratio": 2 * BILLION, "duration": 400 * DAY, "count": 1_000, "number": 9 * BILLION}.get(kind, 10**8)
        values = [literal(self.names, kind, 0, top) for _ in range(r.choice((1, 2, 2, 3)))]
        days = sorted(r.sample(range(-800, 400), len(values) - 1))
        starts = [date(2026, 6, 1) + timedelta(days=d) for d in days]
        clauses = [""] * len(values)
        for i, start in enumerate(starts):
            before, after = clauses[i] == "" and r.random() < 0.4, r.random() < 0.7
            if before:
                clauses[i] = f" until {start - timedelta(days=1)}"
            if after or not before:
                clauses[i + 1] = f" from {start}"
        text = ", ".join(v.text + c for v, c in zip(values, clauses, strict=True))
        if r.random() < 0.3:
            of = "count" if kind == "number" else kind
            low = literal(self.names, of, 0, 10).text if of != "time" else "2020-01-01"
            text += f" tune from {low} to {literal(self.names, of, top // 2, top).text}"
        name = f"param_{k}"
        plain = kind in ("count", "number")
        exact = plain and not any("." in v.text for v in values)
        kept = ("count" if exact else "number") if plain else kind
        self.names.params[name] = (kept, max(v.top for v in values) + 1)
        return f"param {name} = {text}"

    # -- windows ---------------------------------------------------------------------------------
    def window(self, k: int) -> str:
        r = self.random
        what = r.choice(AGGREGATES)
        fields = [i for i in self.names.inputs.values() if not i.window]
        numbers = [i for i in fields if i.kind in ("money", "count", "number", "ratio", "duration") and not i.derived]
        of = r.choice(numbers)
        text, kind, optional, low, high = what, "count", False, 0, 10**12
        match what:
            case "distinct":
                of = r.choice([i for i in fields if i.kind in (*WORD_KINDS, "one of")])
                text = f"distinct {of.name}"
            case "time since last":
                kind, optional, high = "duration", True, HIGHEST_DURATION
            case "sum" | "average" | "min" | "max":
                text, kind, optional = f"{what} {of.name}", of.kind, what != "sum"
                kind = "number" if (what, kind) == ("average", "count") else kind
                low, high = self._window_bounds(what, kind)
        pair = r.random() < 0.4
        keys = tuple(
            i.name
            for i in r.sample(
                [i for i in fields if i.kind in ("account", "text", "merchant", "wallet", "one of")], 2 if pair else 1
            )
        )
        key = f"({', '.join(keys)})" if pair else keys[0]
        over = r.choice(("24h", "1h", "90d", "15m", "30s", "500ms", "this day", "this month", "this year"))
        on = r.choice(("", "", "", " on report", " on payment"))
        where = ""
        if r.random() < 0.4:
            inner = Conditions(self.values, fields_only=True)
            where = " where " + " and ".join(inner.lines(r.randint(1, 2), 1))
        name = f"window_{k}"
        needs = frozenset({name}) if optional else self._optional(keys)
        average = what == "average"
        self.names.inputs[name] = Input(
            name, kind, optional, low, high, window=True, keys=keys, average=average, unless_known=needs
        )
        self._other_key(self.names.inputs[name])
        return f"window {name} = {text}{on} by {key} over {over}{where}"

    def _window_bounds(self, what: str, kind: str) -> tuple[int, int]:
        if what == "sum":
            return -(10**18), 10**18
        if kind == "duration":
            return 0, HIGHEST_DURATION
        highest = {"money": 10**15, "count": 10**12}.get(kind, 10**18)
        return -highest, highest

    def _other_key(self, i: Input) -> None:
        """`W of K` for other keys of the same kinds, as an input of its own."""
        r, inputs = self.random, self.names.inputs
        others = []
        for key in i.keys:
            own = inputs[key]
            others.append(
                r.choice(
                    [x.name for x in inputs.values() if (x.kind, x.choices) == (own.kind, own.choices) and not x.window]
                )
            )
        if tuple(others) != i.keys and r.random() < 0.7:
            key = others[0] if len(others) == 1 else f"({', '.join(others)})"
            name = f"{i.name} of {key}"
            needs = frozenset({name}) if i.optional else self._optional(tuple(others))
            inputs[name] = Input(
                name, i.kind, i.optional, i.low, i.high, window=True, average=i.average, unless_known=needs
            )

    def _optional(self, keys: tuple[str, ...]) -> frozenset[str]:
        """The keys that a payment may lack: a window that counts has no value then."""
        return frozenset(k for k in keys if self.names.inputs[k].optional)

    # -- lets ------------------------------------------------------------------------------------
    def let(self, k: int) -> str:
        r = self.random
        name = f"let_{k}"
        if r.random() < 0.5:
            lines = Conditions(self.values).lines(r.choice((1, 1, 2, 3)), 1)
            self.names.conditions.append(name)
            return f"let {name} when\n  " + "\n  and ".join(lines)
        kind = r.choice(("money", "count", "number", "ratio", "duration", "time"))
        value = self.values.value(kind, r.choice((1, 2)))
        self.names.values[name] = (kind, Value(name, "atom", value.needs, True, value.top, value.bottom, value.meant))
        return f"let {name} = {value.text}"

    # -- promises --------------------------------------------------------------------------------
    def balance(self) -> str:
        r = self.random
        conditions = Conditions(self.values)
        lines = [
            f"segment segment_{k} where {' and '.join(conditions.lines(r.randint(1, 2), 1))}"
            for k in range(r.randint(1, 2))
        ]
        limits = [
            f"stopped <= {r.choice(('0.5%', '13bps'))} of payments",
            "stopped <= 0.1% of segment_0",
            "caught >= 60% of fraud payments",
            "caught >= 75% of fraud amount",
            f"no segment stopped more than {r.choice(('5', '2.5'))} times the average",
        ]
        return "\n  ".join(["balance", *lines, *r.sample(limits, r.randint(1, 5))])

    def law(self, k: int) -> str:
        r = self.random
        if r.random() < 0.4:
            moves = [r.choice(("falls", "rises")) for _ in range(2)]
            body = f"action never {moves[0]} as {r.choice(('amount', 'payee.account.age'))} {moves[1]}"
        else:
            level = r.choice(("warn", "verify", "delay", "hold", "reject"))
            exact = {
                "delay": "delay 2h",
                "hold": r.choice(("hold", "hold up to 3d")),
                "warn": r.choice(("warn", "allow")),
            }
            expected = r.choice((f"at least {level}", f"at most {level}", exact.get(level, level)))
            body = f"when {' and '.join(Conditions(self.values).lines(r.randint(1, 2), 1))} expect {expected}"
        return f'law "law {k}" {body}'
