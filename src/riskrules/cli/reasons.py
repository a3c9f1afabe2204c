"""Why a payment was decided so, drawn for a terminal: every condition, its value and its truth, under each other."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from .terminal import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..engine.decision import Decision
    from ..engine.why import RuleWhy, Why

_GROUPS = ("any of", "all of", "none of")
_NO_WINDOW = re.compile(r"window (`[^`]+`) was not available(: .*)?")

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
        parts += [Text(), *(Text(plain(note), style="yellow") for note in _shortened(why.notes))]
    return Group(*parts)


def brief(decision: Decision) -> RenderableType:
    """The decision in a dozen lines: what held of each rule that fired, whose duty it is, and what people are told."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    head = Text(decision.act, action_style(decision.act))
    head.append(f", score {decision.score}" if decision.score else "", "default")
    parts: list[RenderableType] = [head]
    for rule in decision.why().rules:
        parts.append(Text.assemble((rule.name, "bold"), f": {plain(rule.does)}" if rule.does else ""))
        table = Table.grid(padding=(0, 2, 0, 0))
        for words, values in _held(rule):
            shown = ", ".join(f"{name} is {value}" for name, value in values.items())
            table.add_row(Text(plain(words)), Text(plain(shown), style="cyan"))
        parts.append(Padding(table, (0, 0, 0, 2)))
    who = dict.fromkeys(f"{d.institution}, for {d.instrument}" for d in decision.duties)
    duties = [("responsible", x) for x in who]
    told = [(f"tells {s.to}", s.text) for s in decision.notices[:1]]
    return Group(*parts, _lines([*duties, *told]))


def _held(rule: RuleWhy) -> list[tuple[str, dict[str, str]]]:
    """The rule's own conditions that held, each with the values that it and what it is made of read. That a value is
    known goes without saying."""
    found: list[tuple[str, dict[str, str]]] = []
    open_group = False
    for c in rule.conditions:
        if c.depth == 0:
            open_group = c.held and not c.unless and not c.words.endswith(" is known")
            if open_group:
                found.append((c.words, dict(c.values)))
        elif open_group and c.held:
            found[-1][1].update(c.values)
    return found


def _shortened(notes: tuple[str, ...]) -> list[str]:
    """The notes, those on windows as one."""
    found = [match for note in notes if (match := _NO_WINDOW.fullmatch(note))]
    if len(found) < 2:
        return list(notes)
    rest = [note for note in notes if not _NO_WINDOW.fullmatch(note)]
    names = ", ".join(match[1] for match in found)
    return [f"{len(found)} windows were not available: {names}{found[0][2] or ''}", *rest]


def _rule(rule: RuleWhy) -> list[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    name = Text.assemble((rule.name, "bold"), f" {rule.outcome}", f": {plain(rule.does)}" if rule.does else "")
    return [
        name,
        Padding(Text(plain(rule.text), style="italic"), (0, 0, 0, 2)),
        _conditions(rule),
        _lines(list(rule.owed)),
    ]


def _conditions(rule: RuleWhy) -> RenderableType:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=3, overflow="fold")
    table.add_column(ratio=2, overflow="fold")
    for c, following in zip_longest(rule.conditions, rule.conditions[1:]):
        lead = "  " * c.depth + ("unless " if c.unless else "")
        words = c.words
        if following is not None and following.depth > c.depth and words.startswith(_GROUPS):
            words = words.split(" (")[0]  # its parts follow
        values = ", ".join(f"{name} is {value}" for name, value in c.values)
        held = Text(c.answer, style="yellow" if c.unread else "green" if c.held is not c.unless else "red")
        table.add_row(held, Text(plain(lead + words)), Text(plain(values), style="cyan"))
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
