"""The draft: a `.risk` file of proposed rules, each with its figures, for an analyst to read, change and sign for.

It says at its head and in every rule that it is a proposal. It brings the windows and `let`s that its rules read, word
for word from the base, and no rule of the base. Its figures are comments, because they are true of one history and one
time; `riskrules backtest` says what they are elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..base.money import format_minor
from ..base.source import Source
from ..syntax.format import format_text
from ..syntax.parse import Parsed, parse
from ..syntax.tree import Node, Token, walk
from .curve import Outcome
from .suggesting_quantities import Quantity
from .suggesting_search import Rule
from .suggesting_steps import Step
from .suggesting_tests import Example
from .tuning_values import written

NAME = "proposal"
"""Rules are called `proposal_1`, `proposal_2`, …: whoever signs for one gives it a name."""
THEN = "hold up to 24h"
RESPONSIBLE = "payer.account"
NOTICE = "Your payment waits while your bank looks into it."

_DECLARES = ("field", "param", "list", "window", "let", "let_value", "model")
_A_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True)
class Proposed:
    """One proposed rule. `conditions`: steps and their levels."""

    name: str
    conditions: tuple[tuple[Step, int], ...]

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(need for step, _ in self.conditions for need in step.needs()))

    @property
    def text(self) -> str:
        return "Proposal, read and signed by nobody yet: " + "; ".join(s.spoken(level) for s, level in self.conditions)

    def when(self) -> list[str]:
        """The conditions, with what must be known or more than nothing for them."""
        words = [f"{need} is known" for need in self.needs]
        said = {s.left.name for s, _ in self.conditions if s.left and not s.right and s.op == ">=" and s.limits[-1] > 0}
        for step, level in self.conditions:
            some = step.something()
            if some is not None and some.name not in said:
                said.add(some.name)
                words.append(more_than_nothing(some))
            words.append(step.words(level))
        return words


@dataclass(frozen=True)
class Told:
    """What is said of a rule or of all: outcomes in the time that was searched and in the later one (None: there is
    none), and of the rule alone what no other rule stops there."""

    found: Outcome
    later: Outcome | None = None
    alone: Outcome | None = None


def more_than_nothing(q: Quantity) -> str:
    return f"{q.name} >= 1" if q.kind.name == "count" else f"{q.name} > {written(Fraction(0), q.kind)}"


def proposed_rules(steps: Sequence[Step], rules: Sequence[Rule]) -> tuple[Proposed, ...]:
    """Named in the order in which they were found."""
    made = []
    for number, rule in enumerate(rules, 1):
        conditions = tuple((steps[place], level) for place, level in rule)
        made.append(Proposed(f"{NAME}_{number}", conditions))
    return tuple(made)


def drafted(
    base: str,
    rules: Sequence[Proposed],
    name: str,
    head: Sequence[str] = (),
    told: Mapping[str, Told] | None = None,
    tests: Mapping[str, Sequence[Example]] | None = None,
    currency: str = "",
    then: str = THEN,
    responsible: str = RESPONSIBLE,
) -> str:
    """The text of the draft, laid out. `base`: the text of the base ruleset; `name`: of the new one; `head`: lines of
    comment at the top."""
    parsed = parse(Source("base.risk", base))
    figures, examples = told or {}, tests or {}
    bodies = [_rule(r, figures.get(r.name), examples.get(r.name, ()), currency, then, responsible) for r in rules]
    parts = ["\n".join(f"# {line}".rstrip() for line in head), _head(parsed, base, name)]
    parts += [_declared(parsed, base, "\n".join(bodies)), *bodies]
    return format_text("\n\n".join(p for p in parts if p) + "\n", f"{name}.risk")


def name_from(path: str | Path) -> str:
    """A ruleset's name from that of its file."""
    name = _NOT_IN_A_NAME.sub("_", Path(path).stem.lower()).strip("_")
    return name if name and name[0].isalpha() else f"{NAME}s_{name}".rstrip("_")


def _head(parsed: Parsed, base: str, name: str) -> str:
    block = next(b for b in parsed.blocks if b.kind == "ruleset")
    own = next(x for x in walk(block) if isinstance(x, Token) and x.text not in ("ruleset",))
    return base[block.start : own.start] + name + base[own.end : block.end]


def _declared(parsed: Parsed, base: str, bodies: str) -> str:
    """What the rules read of the base's declarations, and what these read in turn, in the base's order."""
    blocks = {_name_of(b): b for b in parsed.blocks if b.kind in _DECLARES}
    wanted: set[str] = set()
    waiting = [bodies]
    while waiting:
        for name in set(_A_NAME.findall(_without_texts(waiting.pop()))) & blocks.keys() - wanted:
            wanted.add(name)
            waiting.append(base[blocks[name].start : blocks[name].end])
    return "\n\n".join(base[b.start : b.end] for name, b in blocks.items() if name in wanted)


def _without_texts(text: str) -> str:
    return re.sub(r'"[^"]*"|#[^\n]*', "", text)


def _name_of(block: Node) -> str:
    for part in walk(block):
        if isinstance(part, Token) and part.text not in ("field", "param", "list", "window", "let", "model"):
            return part.text
    return ""


def _rule(
    rule: Proposed, told: Told | None, tests: Sequence[Example], currency: str, then: str, responsible: str
) -> str:
    lines = [f"# {line}" for line in (_figures(told, currency) if told else ())]
    lines += [f"rule {rule.name}", f'  "{rule.text}"']
    first, *others = rule.when()
    lines += [f"  when {first}", *(f"  and {x}" for x in others), f"  then {then}", f"  responsible {responsible}"]
    lines.append(f'  tell payer "{NOTICE}"')
    for test in tests:
        given = ", ".join(f"{name} = {value}" for name, value in test.given)
        lines += [f'  test "{test.name}"', f"    given {given}", f"    expect {then if test.fires else 'allow'}"]
    return "\n".join(lines)


def _figures(told: Told, currency: str) -> list[str]:
    lines = [f"searched: {said(told.found, currency)}"]
    if told.later is not None:
        lines.append(f"later:    {said(told.later, currency)}")
    if told.alone is not None:
        frauds, honest = told.alone.caught, told.alone.honest_stopped
        lines.append(f"alone:    {frauds:_} frauds and {honest:_} honest payments that no other rule stops")
    return lines


def said(o: Outcome, currency: str) -> str:
    """An outcome in a line."""
    money = format_minor(o.caught_minor, currency) if currency else f"{o.caught_minor:_}"
    fraud = f"fraud {o.caught:_} ({float(o.precision):.1%})"
    return f"fired {o.stopped:_}, {fraud}, money caught {money}, honest stopped {o.honest_stopped:_}"
