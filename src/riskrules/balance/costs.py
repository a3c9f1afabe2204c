"""What a ruleset costs a gateway: decisions a second, and what each rule adds to one.

The kernel's time goes by fields and not by rules, so most rules cost next to nothing, and one that alone reads a field,
a window or a model costs what reading it does. That is measured and not worked out: the ruleset is run with and
without each rule on the same payments, in turns, and the median of the differences counts. Payments are those that laws
are tried with, near what the rules compare with; times are of the processor, so that other work disturbs them less.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..engine.engine import Engine
from ..engine.parts import part_of, with_only
from ..engine.rules import Rules
from ..engine.serving import Serving
from ..meaning import nodes as n
from ..meaning.averages import name_of
from .law_drafts import Draft
from .law_events import carried, event_of, fields_of
from .law_outcomes import Memory
from .law_payments import Payments, Seeded, plots_of
from .law_space import NOW, Space
from .law_windows import relations

PAYMENTS = 256
"""Different payments that are decided over and over."""
REPEATS = 15
FEWEST_REPEATS = 5
MOST_RULES = 1_000
"""Rules whose own cost is measured."""
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What one rule adds to a decision: nanoseconds, median of the repeats, and half of the range in which the middle
    half of them lies. `alone`: fields, windows and models that no other rule reads."""

    rule: str
    added_ns: float
    spread_ns: float
    alone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Costs:
    """`decide_us`: one decision, the payment's windows being known; `process_us`: reading the windows, deciding and
    recording, in memory; None for rules without windows. `repeats`: of each rule's measurement; 0 where the time was
    up before there were enough, and `rules` is empty then."""

    payments: int
    repeats: int
    decide_us: float
    process_us: float | None
    rules: tuple[RuleCost, ...]

    @property
    def decisions_a_second(self) -> int:
        """On one core, with all that a decision takes."""
        return int(SECOND_US / (self.process_us or self.decide_us))


def costs(
    rules: Rules,
    lists: Mapping[str, frozenset[str]] | None = None,
    *,
    seed: int = 1,
    seconds: float = 30.0,
    clock: Callable[[], float] = time.thread_time,
) -> Costs:
    """Measure a ruleset. `seconds`: about how long it may take, kernels apart. ListError when a list is not given."""
    held = dict(lists or {})
    drafts = _drafts(rules, held, seed)
    names = [f.name for f in carried(rules)]
    events = [{**event_of(rules.schema, fields_of(draft, names)), "id": f"p{i}"} for i, draft in enumerate(drafts)]
    windows = [draft.values for draft in drafts]
    whole = Serving(rules, held).prepare()

    def run(serving: Serving) -> float:
        """Microseconds a decision."""
        decide = serving.decide_with
        began = clock()
        for event, known in zip(events, windows, strict=True):
            decide(event, known)
        return (clock() - began) * SECOND_US / len(events)

    run(whole)
    until = time.monotonic() + seconds
    decided = statistics.median(run(whole) for _ in range(REPEATS))
    measured, repeats = _by_rule(rules, held, whole, run, until)
    return Costs(len(events), repeats, decided, _processed(rules, held, events, clock), measured)


def _by_rule(
    rules: Rules, lists: Mapping[str, frozenset[str]], whole: Serving, run: Callable[[Serving], float], until: float
) -> tuple[tuple[RuleCost, ...], int]:
    meaning = rules.meaning
    chosen = meaning.rules[:MOST_RULES]
    without = []
    for rule in chosen:
        others = [r for r in meaning.rules if r is not rule]
        without.append(Serving(with_only(rules, others, meaning.exempts, meaning.bands), lists).prepare())
        run(without[-1])
        if time.monotonic() > until:
            return (), 0
    found: list[list[float]] = [[] for _ in chosen]
    for repeat in range(REPEATS):
        if repeat >= FEWEST_REPEATS and time.monotonic() > until:
            break
        for place, serving in enumerate(without):
            first, second = (whole, serving) if repeat % 2 else (serving, whole)
            difference = run(first) - run(second)
            found[place].append(1_000 * (difference if repeat % 2 else -difference))
    if not chosen:
        return (), REPEATS
    made = [
        RuleCost(rule.name, statistics.median(times), _spread(times), _alone(meaning, rule))
        for rule, times in zip(chosen, found, strict=True)
    ]
    return tuple(sorted(made, key=lambda c: (-c.added_ns, c.rule))), len(found[0])


def _spread(times: list[float]) -> float:
    first, _, third = statistics.quantiles(times, n=4)
    return (third - first) / 2


def _alone(meaning: n.Ruleset, rule: n.Rule) -> tuple[str, ...]:
    """What only this rule reads, as its author calls it."""
    rest = part_of(meaning, [r for r in meaning.rules if r is not rule], meaning.exempts)
    others = {name_of(i.name) if i.origin == "window" else i.name for i in rest.inputs}
    own = [name_of(i.name) if i.origin == "window" else i.name for i in meaning.inputs]
    return tuple(dict.fromkeys(name for name in own if name not in others))


def _processed(
    rules: Rules, lists: Mapping[str, frozenset[str]], events: list[dict[str, Any]], clock: Callable[[], float]
) -> float | None:
    """Microseconds to read the windows, decide and record, by the median of the repeats. Every payment has an id and a
    time of its own, as each is recorded once."""
    if not rules.meaning.windows:
        return None
    engine = Engine(rules, lists=lists, on_error="hold")
    latest = max(event[NOW] for event in events)
    step = timedelta(milliseconds=1)
    number = itertools.count()
    found = []
    for _ in range(REPEATS):
        made = []
        for event in events:
            i = next(number)
            made.append({**event, "id": f"b{i}", NOW: latest + i * step})
        began = clock()
        for event in made:
            engine.process(event)
        found.append((clock() - began) * SECOND_US / len(made))
    return statistics.median(found[1:])


def _drafts(rules: Rules, lists: Mapping[str, frozenset[str]], seed: int) -> list[Draft]:
    space = Space(rules)
    fixed = {name: tuple(sorted(lists.get(name, ()))) for name in rules.lists}
    source = Payments(space, Memory(), Seeded(f"costs {seed}"), relations(space), fixed)
    return [source.payment(plot) for plot in itertools.islice(source.following(plots_of(space)), PAYMENTS)]
