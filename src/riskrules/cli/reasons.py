"""Why a payment was decided so, drawn for a terminal: every condition, its value and its truth, under each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from ..engine.decision import Decision
    from ..engine.why import RuleWhy, Why

ACTION_STYLES = {
    "allow": "green",
    "warn": "yellow",
    "verify": "yellow",
    "delay": "dark_orange",
    "hold": "magenta",
    "reject": "red",
}


def action_style(words: str) -> str:
    """The style of an action, with or without its duration."""
    return f"bold {ACTION_STYLES.get(words.split(' ', 1)[0], 'default')}"


def drawn(decision: Decision, why: Why) -> RenderableType:
    """The decision's headline, its rules, and what it tells people."""
    from rich.console import Group
    from rich.text import Text

    first, _, rest = plain(why.headline).partition("\n")
    head = Text(first)
    head.stylize(action_style(decision.act), 0, len(decision.act))
    parts: list[RenderableType] = [head]
    parts += [Text(rest)] if rest else []
    for rule in why.rules:
        parts += [Text(), *_rule(rule)]
        parts += [_lines([(f"tells {s.to}", s.text) for s in decision.notices if s.rule == rule.name])]
        parts += [_lines([("cites", c) for c in rule.citations])]
    if why.notes:
        parts += [Text(), *(Text(plain(note), style="yellow") for note in why.notes)]
    return Group(*parts)


def _rule(rule: RuleWhy) -> list[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    name = Text.assemble((rule.name, "bold"), f" {rule.outcome}", f": {plain(rule.does)}" if rule.does else "")
    return [
        name,
        Padding(Text(plain(rule.text), style="italic"), (0, 0, 0, 2)),
        _conditions(rule),
        _lines([("responsible", who) for who in rule.responsible]),
    ]


def _conditions(rule: RuleWhy) -> RenderableType:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=2, overflow="fold")
    for c in rule.conditions:
        lead = "  " * c.depth + ("unless " if c.unless else "")
        values = ", ".join(f"{name} is {value}" for name, value in c.values)
        held: Text = Text("yes", style="green") if c.held else Text("no", style="red")
        table.add_row(held, Text(plain(lead + c.words)), Text(plain(values), style="cyan"))
    return Padding(table, (0, 0, 0, 2))


def _lines(rows: list[tuple[str, str]]) -> RenderableType:
    """Words of what follows, and the texts, under each other; nothing for no rows."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return Group()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim", min_width=11)
    table.add_column(overflow="fold")
    for word, text in rows:
        table.add_row(word, Text(plain(text)))
    return Padding(table, (0, 0, 0, 2))
