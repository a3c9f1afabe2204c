"""Inline tests, run: the harmless payment, changed as the test says, decided and compared with what is expected.

An author waits for these, so they are decided by the reference interpreter, which is ready at once. With
`kernel=True` each is decided by the kernel too, and a difference is a failure of its own: the engine's fault, not the
author's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..base.clocks import Clock
from ..base.money import format_minor
from ..base.times import MICROSECOND_UNITS, zone_of
from ..meaning import nodes as n
from ..meaning.averages import window_of
from ..meaning.interpreter import in_force
from ..schema.errors import PaymentError
from .decision import Decision
from .duty import instrument_of
from .rules import Rules
from .serving import Serving
from .shown import shown_act, shown_within


@dataclass(frozen=True, slots=True)
class TestResult:
    """One inline test. `failures` are sentences, none when it passed; `line` is where it stands in the file."""

    __test__ = False  # not a test of pytest's

    name: str
    of: str
    line: int
    failures: tuple[str, ...]
    decision: Decision

    @property
    def passed(self) -> bool:
        return not self.failures


def run_tests(rules: Rules, *, kernel: bool = False) -> list[TestResult]:
    """Every inline test of the ruleset, in the order of the file."""
    every = [_run(rules.on(event), test, kernel) for event in rules.events for test in rules.on(event).meaning.tests]
    return sorted(every, key=lambda result: result.line)


def _run(rules: Rules, test: n.Test, kernel: bool) -> TestResult:
    lists = {name: frozenset[str]() for name in rules.lists}
    lists |= {name: frozenset(items) for name, items in test.lists if name in lists}
    values = {**harmless(rules, test.of), **dict(test.given)}
    _name_institutions(rules, values, dict(test.given))
    _derive(rules, values, dict(test.given))
    serving = Serving(rules, lists)
    try:
        decision = serving.interpret_values(values)
    except PaymentError as error:
        decision = serving.refused({"id": values.get("id")}, error, n.Act(n.ALLOW))
        return TestResult(test.name, test.of, test.line, decision.degraded, decision)
    failures = [f for e in test.expect if (f := _unmet(e, decision))]
    if kernel and rules.meaning.event == "payment":
        other = serving.prepare().decide_values(values)
        if (other.act, other.score, other.fired) != (decision.act, decision.score, decision.fired):
            failures.append(
                f"the kernel says {other.act} ({_list(other.fired)}) and the language means {decision.act} "
                f"({_list(decision.fired)}); please report this"
            )
    return TestResult(test.name, test.of, test.line, tuple(failures), decision)


def tried_out(rules: Rules) -> None:
    """Decide a payment that nobody minds, and every rule's say in it: fails where a meaning does not hold together."""
    lists = {name: frozenset[str]() for name in rules.lists}
    values = harmless(rules)
    _derive(rules, values, {})
    try:
        _every_say(rules, Serving(rules, lists).prepare().interpret_values(values))
    except PaymentError as error:  # of a year that a calendar lacks no ruleset is guilty
        if error.kind != "no-calendar":
            raise
    for event in rules.events[1:]:
        _tried_out(rules.on(event))


def _every_say(rules: Rules, decision: Decision) -> None:
    """What any of the rules, and any action, would make of the decision."""
    decision.to_dict()
    every = tuple(r.name for r in rules.meaning.rules)
    all_fired = Decision(decision.facts.serving, None, n.Act(n.ALLOW), 0, None, decision.facts, names=(every, (), ()))
    all_fired.to_dict()
    str(all_fired.why())
    for act in rules.program.acts:
        Decision(decision.facts.serving, None, act, 0, None, decision.facts).to_dict()


def _tried_out(rules: Rules) -> None:
    """The same for the rules about another event, which no program holds. That two blocks both share one loss is for
    their author to mend."""
    values = harmless(rules)
    _derive(rules, values, {})
    serving = Serving(rules, {name: frozenset[str]() for name in rules.lists})
    try:
        decision = serving.interpret_values(values)
    except PaymentError:
        return
    decision.to_dict()
    str(decision.why())


def harmless(rules: Rules, rule: str | None = None) -> dict[str, n.Value | None]:
    """The inputs of a payment that nobody minds, when the ruleset (and the rule) is in force. Windows are empty."""
    meaning = rules.meaning
    values: dict[str, n.Value | None] = {}
    for i in meaning.inputs:
        if i.origin == "model":
            values[i.name] = None
        elif i.origin == "window":
            aggregate = next(w.aggregate for w in meaning.windows if w.name == window_of(i.name))
            values[i.name] = 0 if aggregate in ("count", "sum", "distinct", "average") else None
        else:
            values[i.name] = rules.schema[i.name].sample
    cases = [c for x in meaning.liabilities for c in x.cases]
    bearers = {p.bearer for c in cases for p in c.parts} | {r.bearer for c in cases for r in c.reductions}
    for bearer in bearers - {""}:
        values[bearer] = values[bearer] or bearer  # somebody of that name
    values["occurred_at"] = _moment(rules, rule)
    return values


def _name_institutions(rules: Rules, values: dict[str, n.Value | None], given: Mapping[str, object]) -> None:
    """An instrument that a test gives has somebody for its institution, as every payment's has."""
    for name in given:
        field = rules.schema.get(name)
        partner = field.partner if field else ""
        if partner in values and partner not in given and values[name] is not None:
            values[partner] = values[partner] or partner


def _moment(rules: Rules, rule: str | None) -> int:
    """The schema's sample time if everything is in force then; else noon of the first day on which it is."""
    sample = rules.schema["occurred_at"].sample
    assert isinstance(sample, int)
    spans = [rules.meaning.in_force]
    found = (x.get(rule or "") for x in (rules.by_name, rules.exempt_by_name, rules.liability_by_name))
    named = next((x for x in found if x is not None), None)
    spans += [named.in_force] if named else []
    if all(in_force(s, sample) for s in spans):
        return sample
    starts = [s.from_us for s in spans if s.from_us is not None]
    ends = [s.until_us for s in spans if s.until_us is not None]
    half_day = 12 * MICROSECOND_UNITS["h"]
    return max(starts) + half_day if starts else min(ends) - half_day


def _derive(rules: Rules, values: dict[str, n.Value | None], given: Mapping[str, object]) -> None:
    """What follows from other fields, unless the test gives it."""
    now = values["occurred_at"]
    assert isinstance(now, int)
    clock = Clock(zone_of(rules.meaning.timezone))
    for i in rules.meaning.inputs:
        field = rules.schema.get(i.name)
        if i.origin != "derived" or i.name in given or field is None or field.of is None:
            continue
        what, base = field.of
        since = values.get(base, rules.schema[base].sample)
        if what == "age":
            values[i.name] = max(0, now - since) if isinstance(since, int) else None
        else:
            values[i.name] = clock.hour(now) if what == "hour" else clock.weekday(now)


def _unmet(expected: n.Expectation, decision: Decision) -> str | None:
    """What is wrong, in a sentence; None where the decision is as expected."""
    if expected.what.startswith("no "):
        return _unwanted(expected, decision)
    match expected.what:
        case "action":
            assert isinstance(expected.value, n.Act)
            wanted = shown_act(expected.value)
            return None if decision.act == wanted else f"expected {wanted}, got {decision.act}"
        case "responsible":
            found = {" ".join(x) for x in _responsible(decision)}
            wanted = _shown_duty(expected.value)
            return None if wanted in found else f"expected responsible {wanted}, got {_list(found)}"
        case "measure":
            taken = {(m.verb, m.instrument) for m in decision.measures}
            assert isinstance(expected.value, tuple)
            wanted = _words(expected.value)
            return (
                None
                if expected.value in taken
                else f"expected measure {wanted}, got {_list(' '.join(t) for t in taken)}"
            )
        case "share":
            return _unlike(expected, decision)
    told = {s.to for s in decision.notices}
    return None if expected.value in told else f"expected to tell the {expected.value}, told {_list(told)}"


def _responsible(decision: Decision) -> set[tuple[str, ...]]:
    """Each duty as (instrument,) and, where it has one, (instrument, time); by the rule's own word for it too."""
    named = {
        (name, shown_within(r.within) if r.within else "")
        for rule in decision.rules_fired
        for r in rule.responsible
        for name in (r.name, instrument_of(r, decision.facts.values).path)
    }
    return {(name,) for name, _ in named} | {x for x in named if x[1]}


def _shown_duty(value: object) -> str:
    if isinstance(value, tuple):
        path, within = value
        return f"{path} {shown_within(within)}"
    return str(value)


def _unwanted(expected: n.Expectation, decision: Decision) -> str | None:
    """What should not be there and is."""
    every = {
        "no responsible": {" ".join(x) for x in _responsible(decision)},
        "no measure": {f"{m.verb} {m.instrument}" for m in decision.measures},
        "no tell": {s.to for s in decision.notices},
    }[expected.what]
    if not expected.value:
        return f"expected {expected.what}, got {_list(every)}" if every else None
    unwanted = _shown_duty(expected.value) if expected.what == "no responsible" else _words(expected.value)
    return f"expected {expected.what} {unwanted}, and there is one" if unwanted in every else None


def _words(value: object) -> str:
    return " ".join(str(x) for x in value) if isinstance(value, tuple) else str(value)


def _unlike(expected: n.Expectation, decision: Decision) -> str | None:
    """Where a party bears another amount than is expected, all its shares together."""
    assert isinstance(expected.value, tuple)
    party, wanted = expected.value
    got = sum(s.amount_minor for s in decision.shares if s.party == party)
    if got == wanted:
        return None
    assert isinstance(wanted, int)
    currency = decision.facts.serving.rules.meaning.currency
    return f"expected share {format_minor(wanted, currency)} {party}, got {format_minor(got, currency)}"


def _list(items: object) -> str:
    return ", ".join(sorted(items)) or "nobody"  # type: ignore[call-overload]  # any iterable of texts
