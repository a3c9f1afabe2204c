"""`riskrules bench`: how many decisions a second a ruleset allows, and what each rule adds to one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .rulesets import load_lists, load_rules, said_empty, waiting
from .terminal import plain, say, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..balance.costs import Costs
    from ..engine.rules import Rules

MOST_LINES = 25
"""Of rules on a terminal; --json gives all."""
NOTHING_NS = 50.0
"""What a rule adds below this is noise on any machine."""


@click.command()
@click.argument("ruleset", metavar="RULESET")
@click.option("--lists", "lists_folder", metavar="FOLDER", help="One file a list; those that are absent are empty.")
@click.option("--seconds", type=click.FloatRange(1, 3_600), default=30.0, show_default=True,
              help="About how long to measure.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which payments are made up.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
def bench(ruleset: str, lists_folder: str | None, seconds: float, seed: int, as_json: bool) -> None:
    """Measure what decisions by a ruleset cost on this machine, and what each rule adds to one.

    RULESET is a rule file, or a shipped one by its name. Payments are made up near what its rules compare with. What a
    rule adds is measured by running the ruleset with and without it, in turns: most add next to nothing, and one that
    alone reads a window or a model adds what reading it costs.

    With --json: {"ruleset": {name, version, fingerprint}, "payments", "decide_us", "process_us", "decisions_a_second",
    "repeats", "rules": [{rule, added_ns, spread_ns, alone}]}, times being of the processor.
    """
    from ..balance.costs import costs

    rules = load_rules(ruleset)
    lists, empty = load_lists(rules, lists_folder)
    with waiting("measuring"):
        found = costs(rules, lists, seed=seed, seconds=seconds)
    if as_json:
        say(json.dumps(_described(rules, found), ensure_ascii=False))
        return
    show(_drawn(rules, found))
    if empty:
        say(said_empty(empty))


def _described(rules: Rules, found: Costs) -> dict[str, object]:
    return {
        "ruleset": {"name": rules.name, "version": rules.version, "fingerprint": rules.fingerprint},
        "payments": found.payments,
        "decide_us": round(found.decide_us, 3),
        "process_us": None if found.process_us is None else round(found.process_us, 3),
        "decisions_a_second": found.decisions_a_second,
        "repeats": found.repeats,
        "rules": [
            {"rule": c.rule, "added_ns": round(c.added_ns), "spread_ns": round(c.spread_ns), "alone": list(c.alone)}
            for c in found.rules
        ],
    }


def _drawn(rules: Rules, found: Costs) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text.assemble((f"{rules.name} {rules.version}", "bold"), (f"  fingerprint {rules.fingerprint[:16]}", "dim"))
    count = len(rules.meaning.rules)
    lines = [f"{found.decide_us:.1f} µs a decision by {count} {'rule' if count == 1 else 'rules'}"]
    if found.process_us is not None:
        lines[0] += ", its windows being known"
        lines.append(f"{found.process_us:.1f} µs with its windows read from memory and the payment recorded")
    lines.append(f"so {found.decisions_a_second:_} a second on one core of this machine")
    parts: list[RenderableType] = [head, *map(Text, lines), Text()]
    if not found.rules:
        return Group(*parts, Text("the time was up before each rule could be measured; give more with --seconds"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("what the rule adds")
    for column in ("ns", "±"):
        table.add_column(column, justify="right")
    table.add_column("what no other rule reads")
    shown = [c for c in found.rules if c.added_ns >= max(NOTHING_NS, 2 * c.spread_ns)][:MOST_LINES]
    for cost in shown:
        table.add_row(cost.rule, f"{cost.added_ns:.0f}", f"{cost.spread_ns:.0f}", plain(", ".join(cost.alone)))
    rest = len(found.rules) - len(shown)
    if shown:
        parts += [table, Text()]
    if rest:
        others = "the other " if shown else ""
        add = "rule adds" if rest == 1 else "rules add"
        parts.append(Text(f"{others}{rest} {add} nothing that can be told from noise"))
    return Group(*parts)
