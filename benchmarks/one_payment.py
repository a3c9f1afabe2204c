"""What does the decision of one payment cost, beside every engine that can be asked the same?

    python benchmarks/one_payment.py [--repeats 7] [--json] [--quick]

A payment is a dict of 42 fields; what comes out is, here, a `Decision`, of a peer the list of rules that fire. All give
the same answers to 300 payments before anything is timed. `pydantic` does less: it only validates the dict, and is here
because a gateway pays for that anyway. Times are of the processor, by one thread; a peer that is slow is called less
often. Peers: pip install datalogic-py zen-engine rule-engine common-expression-language
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictStr, create_model
from timing import Row, Timed, in_turn, ratio_row, resident_mb, say
from workload import Condition, Event, Rule, fields, fired, make_events, make_rules, ruleset

import riskrules as rr

COUNTS = (50, 200, 1000)
PAYMENTS, CHECKED, CALLS = 1000, 300, 4000
Answer = Callable[[Event], Sequence[bool]]


def model() -> type[BaseModel]:
    """The same payment for pydantic, with the same bounds."""
    numbers, texts, yes_nos = fields()
    number = (Annotated[StrictFloat, Field(ge=0, le=1)], ...)
    text = (Annotated[StrictStr, Field(min_length=1, max_length=4096)], ...)
    kinds: dict[str, Any] = {"id": text, "occurred_at": (datetime, ...)}
    kinds |= dict.fromkeys(numbers, number) | dict.fromkeys(texts, text) | dict.fromkeys(yes_nos, (StrictBool, ...))
    return create_model("PaymentModel", **kinds)


def python(rules: Sequence[Rule]) -> Answer:
    """One generated function of plain Python, which believes what it is given."""

    def condition(c: Condition) -> str:
        if c.sign:
            return f"{c.field} {c.sign} {c.bound}"
        if len(c.words) == 1:
            return f"{c.field} == {c.words[0]!r}"
        return f"{c.field} in {set(c.words)!r}" if c.words else c.field

    used = sorted({c.field for rule in rules for c in rule})
    taken = "\n".join(f"    {name} = event[{name!r}]" for name in used)
    tests = ",\n        ".join(" and ".join(map(condition, rule)) for rule in rules)
    made: dict[str, Any] = {}
    exec(f"def answer(event):\n{taken}\n    return [\n        {tests}\n    ]", made)  # noqa: S102  # text made above
    answer: Answer = made["answer"]
    return answer


def datalogic(rules: Sequence[Rule]) -> Answer:
    """datalogic-py: one combined rule in a session, which is its fastest way."""
    from datalogic_py import Engine

    def condition(c: Condition) -> object:
        value = {"var": c.field}
        if c.sign:
            return {c.sign: [value, c.bound]}
        if len(c.words) == 1:
            return {"==": [value, c.words[0]]}
        return {"in": [value, list(c.words)]} if c.words else value

    engine = Engine()
    session = engine.session()
    compiled = engine.compile([{"and": [condition(c) for c in rule]} for rule in rules])
    return lambda event: session.evaluate(compiled, event)


def _expression(c: Condition, lists: str = "[]") -> str:
    if c.sign:
        return f"{c.field} {c.sign} {c.bound}"
    quoted = ", ".join(f'"{word}"' for word in c.words)
    if len(c.words) == 1:
        return f"{c.field} == {quoted}"
    return f"{c.field} in {lists[0]}{quoted}{lists[1]}" if c.words else f"{c.field} == true"


def zen(rules: Sequence[Rule]) -> Answer:
    """ZEN: all rules as one compiled expression, faster than its decision table."""
    from zen import compile_expression

    compiled = compile_expression("[" + ", ".join(" and ".join(map(_expression, rule)) for rule in rules) + "]")
    return lambda event: compiled.evaluate(event)


def rule_engine(rules: Sequence[Rule]) -> Answer:
    """rule-engine: a rule each."""
    from rule_engine import Rule as Made

    made = [Made(" and ".join(map(_expression, rule))) for rule in rules]
    return lambda event: [rule.matches(event) for rule in made]


def cel(rules: Sequence[Rule]) -> Answer:
    """CEL (common-expression-language, Rust): a program each."""
    import cel as language

    made = [language.compile(" && ".join(f"({_expression(c)})" for c in rule)) for rule in rules]
    return lambda event: [program.execute(event) for program in made]


PEERS: dict[str, tuple[Callable[[Sequence[Rule]], Answer], int]] = {
    "generated Python": (python, CALLS),
    "datalogic-py": (datalogic, 1000),
    "ZEN expression": (zen, 300),
    "rule-engine": (rule_engine, 20),
    "CEL": (cel, 10),
}
"""Each with how often it is called a repeat."""
ENGINES = tuple(PEERS)[1:]


def contestants(count: int, quick: bool) -> dict[str, tuple[Callable[[Event], object], int]]:
    """All that answers by so many rules. AssertionError when one answers wrongly."""
    rules = make_rules(count)
    events = make_events(CHECKED, seed=2)
    right = [fired(rules, event) for event in events]
    engine = rr.Engine(rr.loads(ruleset(rules), "bench.risk"))
    names = [f"r{j}" for j in range(count)]
    ours = [set(engine.decide(event).fired) for event in events]
    assert ours == [{name for name, it in zip(names, r, strict=True) if it} for r in right]
    validate = model().model_validate
    calls: dict[str, tuple[Callable[[Event], object], int]] = {
        "riskrules": (engine.decide, CALLS),
        "pydantic": (validate, CALLS),
    }
    for name, (make, times) in PEERS.items():
        if quick and times < CALLS:
            continue
        answer = make(rules)
        few = CHECKED if times >= CALLS else 20
        assert [list(answer(e)) for e in events[:few]] == right[:few], name
        calls[name] = (answer, times)
    return calls


def timed(count: int, repeats: int, quick: bool) -> Timed:
    events = make_events(PAYMENTS)

    def over(call: Callable[[Event], object]) -> Callable[[int], object]:
        return lambda i: call(events[i % PAYMENTS])

    return in_turn({name: (over(call), n) for name, (call, n) in contestants(count, quick).items()}, repeats)


def measure(repeats: int, quick: bool = False) -> list[Row]:
    """The lines of the table."""
    found = {count: timed(count, repeats, quick) for count in COUNTS}
    rows = []
    for count in COUNTS[1:]:
        one = found[count]
        told = {f"{name}, us": one.median(name) for name in one.us}
        question, memory = f"one payment, {count:,} rules", resident_mb()
        to, reach = ("pydantic", 1.0) if count == 200 else ("generated Python", 1 / 5)
        ratios = one.ratios("riskrules", to)
        rows.append(ratio_row(question, f"x {to}", ratios, reach, "less", told=told, memory_mb=memory))
        present = [name for name in ENGINES if name in one.us]
        if present:
            ratios = one.ratios("riskrules", min(present, key=one.median))
            reach = 1 / 5 if count == 200 else 1 / 30
            rows.append(ratio_row(question, "x the best engine", ratios, reach, "less", memory_mb=memory))
    ratios = [a / b for a, b in zip(found[1000].us["riskrules"], found[50].us["riskrules"], strict=True)]
    rows.append(ratio_row("one payment, from 50 to 1,000 rules", "x", ratios, 1.3, "less"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="without the peers that are far slower")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    say(measure(asked.repeats, asked.quick), asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
