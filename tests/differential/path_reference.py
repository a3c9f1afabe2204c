"""The reference path: an event read one field at a time, decided by the interpreter, and what follows from it.

It is written to be obviously right: every field through `read_value`, derived fields by the standard library's own
calendar, all errors collected and none first. It shares with the library the reading of a single value and the
meaning; not the coding, nor the program, nor the kernels, nor the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from riskrules.meaning import interpreter
from riskrules.meaning import nodes as n
from riskrules.schema.errors import PaymentError
from riskrules.schema.fields import Field, Schema
from riskrules.schema.values import read_value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Errors = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A decision as plain values, all sorted. `measures`: (verb, instrument, its id, scope, limit, rule);
    `responsible`: (instrument, its id, institution, rules, the moments that are too late for each of these)."""

    level: int
    until_us: int | None
    score: int
    fired: tuple[str, ...]
    lifted: tuple[str, ...]
    exempts: tuple[str, ...]
    measures: tuple[tuple[str, str, str | None, str | None, int | None, str], ...]
    responsible: tuple[tuple[str, str | None, str | None, tuple[str, ...], tuple[int | None, ...]], ...]


class Reference:
    """The reference path for one ruleset and its lists."""

    def __init__(
        self, ruleset: n.Ruleset, schema: Schema, lists: Mapping[str, frozenset[str]], keys: Iterable[str] = ()
    ) -> None:
        """`keys`: fields that windows are kept by, where they are looked up."""
        self.ruleset, self.schema, self.lists = ruleset, schema, lists
        self.zone = ZoneInfo(ruleset.timezone)
        self.derived = [schema[i.name] for i in ruleset.inputs if i.origin == "derived"]
        fields = ["id", "occurred_at", *(i.name for i in ruleset.inputs if i.origin == "field"), *keys]
        self.fields = [schema[x] for x in dict.fromkeys([*fields, *(f.of[1] for f in self.derived if f.of)])]
        self.paths = [(f, f.path) for f in self.fields]
        self.partners = [(f, schema[f.partner]) for f in self.fields if f.partner and schema[f.partner] in self.fields]
        self.windows = [
            Field(i.name, i.kind, "", True, i.lowest, i.highest) for i in ruleset.inputs if i.origin == "window"
        ]
        self.rules = {r.name: r for r in ruleset.rules}

    def answer(self, event: Any, windows: Mapping[str, Any] | None) -> Answer | Errors:
        """The decision, or every error (field, kind) that the event has."""
        return self.answers(event, windows)[0]

    def answers(self, event: Any, windows: Mapping[str, Any] | None) -> tuple[Answer | Errors, Answer | Errors]:
        """The answer with the windows, and the one without them."""
        values, errors = self.read(event)
        bare = {**values, **dict.fromkeys((f.name for f in self.windows), None)}
        without = self._answer(bare, errors)
        if not windows or (values == {} and errors):
            return without, without
        more: list[tuple[str, str]] = []
        for f in self.windows:
            bare[f.name] = self._value(f, windows.get(f.name), more)
        return self._answer(bare, errors + more), without

    def _answer(self, values: dict[str, n.Value | None], errors: list[tuple[str, str]]) -> Answer | Errors:
        return (
            frozenset(errors) if errors else self.decided(values, interpreter.decide(self.ruleset, values, self.lists))
        )

    # -- reading -------------------------------------------------------------------------------------
    def read(self, event: Any) -> tuple[dict[str, n.Value | None], list[tuple[str, str]]]:
        errors: list[tuple[str, str]] = []
        if not isinstance(event, Mapping):
            return {}, [("payment", "not-an-event")]
        values: dict[str, n.Value | None] = {}
        currency = event.get("currency")
        if currency is not None:
            code = self._value(self.schema["currency"], currency, errors)
            if code is not None and code != self.ruleset.currency:
                errors.append(("currency", "wrong-currency"))
        refused, carried = set(), set()
        for f, path in self.paths:
            before = len(errors)
            given = self._found(event, path, errors)
            values[f.name] = self._value(f, given, errors)
            if given is None and not f.optional and len(errors) == before:
                errors.append((f.key, "missing"))
            if len(errors) > before:
                refused.add(f.name)
            if given is not None:
                carried.add(f.name)
        for f, partner in self.partners:
            if f.name in carried and partner.name not in carried | refused:
                errors.append((partner.key, "missing"))
        self._derive(values, errors)
        return values, errors

    def _found(self, event: Any, path: tuple[str, ...], errors: list[tuple[str, str]]) -> Any:
        here = event
        for k, key in enumerate(path):
            if type(here) is not dict and not isinstance(here, Mapping):
                errors.append((".".join(path[:k]), "wrong-kind"))
                return None
            here = here.get(key)
            if here is None:
                return None
        return here

    def _value(self, f: Field, given: Any, errors: list[tuple[str, str]]) -> n.Value | None:
        if given is None:
            return None
        try:
            return read_value(f, given)
        except PaymentError as e:
            errors.append((e.field, e.kind))
            return None

    def _derive(self, values: dict[str, n.Value | None], errors: list[tuple[str, str]]) -> None:
        now = values["occurred_at"]
        for f in self.derived:
            assert f.of is not None
            since = values[f.of[1]]
            if not isinstance(since, int) or not isinstance(now, int):
                values[f.name] = None
            elif f.of[0] == "age":
                values[f.name] = now - since
                if not f.lowest <= now - since <= f.highest:
                    errors.append((f.key, "out-of-range"))
            else:
                local = (EPOCH + timedelta(microseconds=now)).astimezone(self.zone)
                values[f.name] = local.hour if f.of[0] == "hour" else WEEKDAYS[local.weekday()]

    # -- what follows from the outcome ---------------------------------------------------------------
    def decided(self, values: dict[str, n.Value | None], outcome: interpreter.Outcome) -> Answer:
        now = values["occurred_at"]
        assert isinstance(now, int)
        measures = []
        duties: dict[tuple[str, str], set[tuple[str, int | None]]] = {}
        for name in outcome.fired:
            for m in self.rules[name].measures:
                measures.append((m.verb, m.instrument, _text(values, m.instrument), m.scope, m.limit_minor, name))
            for named in self.rules[name].responsible:
                one = next((o for o in named.options if values[o.path] is not None), named.options[-1])
                spans = [s.amount for s in (named.within.span, named.within.at_most) if s] if named.within else []
                due = now + min(spans) if spans else None
                duties.setdefault((one.path, one.institution), set()).add((name, due))
        length = outcome.action.duration_us
        return Answer(
            outcome.action.level,
            None if length is None else now + length,
            outcome.score,
            outcome.fired,
            outcome.lifted,
            outcome.exempts,
            tuple(sorted(measures, key=repr)),
            tuple(sorted((p, _text(values, p), _text(values, i), *apart(said)) for (p, i), said in duties.items())),
        )


def apart(said: set[tuple[str, int | None]]) -> tuple[tuple[str, ...], tuple[int | None, ...]]:
    """The rules and their moments, in one order."""
    ordered = sorted(said, key=repr)
    return tuple(name for name, _ in ordered), tuple(due for _, due in ordered)


def _text(values: Mapping[str, n.Value | None], path: str) -> str | None:
    value = values[path]
    assert value is None or isinstance(value, str), path
    return value
