"""Hypothesis strategies: payments and histories for a ruleset, near what its rules compare with.

The generator is the one that laws are tried with; here every choice of it is Hypothesis's, so that what fails is shrunk
towards the harmless payment. A payment is a nested event that the engine takes, with decimals and datetimes as a
gateway has them. Windows cannot be put into an event: use `histories`, record each payment, and they move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from hypothesis import strategies as st

from ..balance import law_points as points
from ..balance.law_drafts import Draft
from ..balance.law_events import carried, event_of, fields_of, with_partners
from ..balance.law_outcomes import Memory
from ..balance.law_payments import Payments, Plot, plots_of
from ..balance.law_space import NOW, Space
from ..balance.law_windows import relations
from ..engine.rules import Rules
from ..meaning import nodes as n
from ..meaning.walk import reads_in
from ..schema import kinds as k
from ..schema.fields import Field
from ..state.plan import STATUS
from ..state.plan import from_meaning as plan_of

Event: TypeAlias = dict[str, Any]
_Happening: TypeAlias = tuple[int, Draft, dict[str, n.Value | None]]
"""How long after the one before it, what is drawn, and other values of its fields."""
Draw: TypeAlias = Callable[[st.SearchStrategy[int]], int]
MOST_PAYMENTS = 200
"""Payments of one history: Hypothesis keeps every choice that it made."""
STEPS_US = (0, k.SECOND, k.MINUTE, k.HOUR, k.DAY)
"""How long after the one before it a payment may come, beside the spans of the windows. Half of them come after one of
the first `SHORT`: windows that only empty show nothing."""
SHORT = 3
MOST_RULESETS = 16
"""Rulesets of which what was worked out is kept."""
AMOUNT = "amount"
"""Every payment has one, whatever the rules read."""


class _Drawn:
    """Chance from Hypothesis."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        return self._draw(st.integers(0, count - 1)) if count > 1 else 0


class _Ruleset:
    """What is worked out once for a ruleset. `events`: the fields that an event of it carries; `free`: those among them
    that no rule reads, because windows are kept by them or count them. The status is one only where a window asks for
    it: every other payment took effect."""

    def __init__(self, rules: Rules) -> None:
        self.space = Space(rules)
        self.memory = Memory()
        self.relations = relations(self.space)
        self.plots: list[Plot | None] = [None, *plots_of(self.space)]
        meaning, schema = rules.meaning, rules.schema
        plan = plan_of(meaning, schema)
        self.keys = tuple(dict.fromkeys(key for lookup in plan.lookups for key in lookup.keys if not schema[key].of))
        self.keys += tuple(key for s in plan.series for key in s.keys if key not in self.keys and not schema[key].of)
        fields = carried(rules)
        self.events = tuple(dict.fromkeys((*(f.name for f in fields), AMOUNT)))
        counted = tuple(w.where for w in meaning.windows)
        kept = {"id", NOW} | ({STATUS} - {r.name for r in reads_in(counted)})
        self.free = tuple(f for f in fields if f.name not in self.space.slots and f.name not in kept)
        self.words = points.words(counted)
        spans = {w.span if isinstance(w.span, int) else k.DAY for w in meaning.windows}
        long = sorted({*STEPS_US, *(s + d for s in spans for d in (-k.SECOND, 0, k.SECOND) if s > k.SECOND)})
        self.steps = [*STEPS_US[:SHORT] * (1 + len(long) // SHORT), *long]


@lru_cache(maxsize=MOST_RULESETS)
def _of(rules: Rules) -> _Ruleset:
    return _Ruleset(rules)


def payments(rules: Rules, *, lists: Mapping[str, Collection[str]] | None = None) -> st.SearchStrategy[Event]:
    """Payments that fit the ruleset, as nested events. `lists`: those that the engine has, so that some accounts are in
    them and some are not; without them no field is drawn for being listed."""
    return _payment(rules, _held(rules, lists))


def histories(
    rules: Rules,
    *,
    lists: Mapping[str, Collection[str]] | None = None,
    least: int = 1,
    most: int = 20,
    keys: int = 3,
) -> st.SearchStrategy[list[Event]]:
    """Payments in order of time, from `least` to `most` of them, between so few accounts (`keys` of each kind) that
    windows fill, and with times at which they empty. Each has an id of its own."""
    if not 0 <= least <= most <= MOST_PAYMENTS:
        raise ValueError(f"a history has from 0 to {MOST_PAYMENTS} payments, the least no more than the most")
    if keys < 1:
        raise ValueError("a history needs at least one account")
    one = _happening(rules, _held(rules, lists), keys)
    return st.lists(one, min_size=least, max_size=most).map(lambda found: _one_after_another(_of(rules), found))


def _held(rules: Rules, lists: Mapping[str, Collection[str]] | None) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted((lists or {}).get(name, ()))) for name in rules.lists}


@st.composite
def _payment(draw: Any, rules: Rules, lists: dict[str, tuple[str, ...]]) -> Event:
    known = _of(rules)
    return _event(known, _draft(known, _Drawn(draw), lists), {})


@st.composite
def _happening(draw: Any, rules: Rules, lists: dict[str, tuple[str, ...]], keys: int) -> _Happening:
    known, chooser = _of(rules), _Drawn(draw)
    step = known.steps[chooser.below(len(known.steps))]
    draft = _draft(known, chooser, lists)
    values: dict[str, n.Value | None] = {f.name: _any(known, f, chooser) for f in known.free}
    for key in known.keys:
        kind = rules.schema[key].kind.name
        if kind in k.ENTITIES:
            values[key] = _named(kind, chooser.below(keys), lists)
    return step, draft, values


def _one_after_another(known: _Ruleset, happenings: list[_Happening]) -> list[Event]:
    """The events, each so long after the one before it, the first at the harmless payment's time."""
    now = known.space.benign[NOW]
    assert isinstance(now, int)
    events: list[Event] = []
    for i, (step, drawn, values) in enumerate(happenings):
        now += step if i else 0
        draft = drawn.copy()
        draft.put(NOW, now)
        events.append(_event(known, draft, {**values, "id": f"PAY-{i + 1}"}))
    return events


def _draft(known: _Ruleset, chooser: _Drawn, lists: dict[str, tuple[str, ...]]) -> Draft:
    drawing = Payments(known.space, known.memory, chooser, known.relations, lists)
    return drawing.payment(known.plots[chooser.below(len(known.plots))])


def _named(kind: str, number: int, lists: dict[str, tuple[str, ...]]) -> str:
    """One of few names of a kind, payer and payee alike, so that who receives can send. The last may be listed."""
    listed = [item for items in lists.values() for item in items]
    return listed[0] if listed and number and kind == "account" and number % 2 == 0 else f"{kind.upper()}-{number + 1}"


def _any(known: _Ruleset, field: Field, chooser: _Drawn) -> n.Value | None:
    """A value of a field that no rule reads: the harmless one first."""
    choices: list[n.Value | None] = [field.sample]
    if field.optional:
        choices.append(None)
    if field.kind.name == "yes/no":
        choices += [False, True]
    elif field.kind.choices:
        choices += field.kind.choices
    elif not field.kind.numeric:
        choices += sorted(known.words.get(field.name, ()))
    return choices[chooser.below(len(choices))]


def _event(known: _Ruleset, draft: Draft, other: Mapping[str, n.Value | None]) -> Event:
    """The draft as a host sends it, with other values in some of its fields."""
    schema = known.space.schema
    values: dict[str, n.Value] = {}
    for name, value in {**fields_of(draft, known.events), **other}.items():
        if value is not None:
            values[name] = value
    return event_of(schema, with_partners(schema, values))
