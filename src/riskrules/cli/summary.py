"""What came of a history, drawn as tables or described for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.money import format_minor
from ..meaning import nodes as n
from .findings import counted
from .reasons import action_style
from .rulesets import said_empty
from .tally import Tally
from .terminal import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MOST_LINES = 25
"""Of one table on a terminal; --json gives all."""


def described(tally: Tally) -> dict[str, object]:
    """The summary as plain values."""
    return {
        "ruleset": {
            "name": tally.rules.name, "version": tally.rules.version, "fingerprint": tally.rules.fingerprint
        },
        "history": tally.history,
        "decided": tally.decided,
        "bad_rows": tally.bad_rows,
        "seconds": round(tally.seconds, 3),
        "per_second": tally.per_second,
        "currency": tally.rules.meaning.currency,
        "actions": {word: tally.actions[word] for word in n.LEVELS if tally.actions[word]},
        "rules": dict(_largest(tally.fired)),
        "institutions": [
            {"institution": name, "payments": payments, "amount_minor": amount}
            for name, (payments, amount) in _by_payments(tally)
        ],
        "errors": [
            {"place": e.place, "number": e.number, "field": e.field, "problem": e.problem} for e in tally.errors
        ],
        "degraded": list(tally.degraded()),
        "empty_lists": list(tally.empty_lists),
    }  # fmt: skip


def drawn(tally: Tally, errors_file: str | None = None, out: str | None = None) -> RenderableType:
    """The summary as a person reads it."""
    from rich.console import Group
    from rich.text import Text

    rules = tally.rules
    head = Text.assemble((f"{rules.name} {rules.version}", "bold"), (f"  fingerprint {rules.fingerprint[:16]}", "dim"))
    speed = f"{tally.decided:_} payments of {plain(tally.history)} decided in {tally.seconds:.1f} s"
    parts: list[RenderableType] = [head, Text(f"{speed}, {tally.per_second:_} a second"), Text(), *tables(tally)]
    parts += _bad_rows(tally, errors_file)
    notes = [*tally.degraded(), *([said_empty(tally.empty_lists)] if tally.empty_lists else [])]
    parts += [Text(plain(note), style="yellow") for note in notes]
    parts += [Text(f"the decisions are in {plain(out)}")] if out else []
    return Group(*parts)


def tables(tally: Tally) -> list[RenderableType]:
    """Payments by action, by rule and by responsible institution."""
    from rich.text import Text

    parts: list[RenderableType] = [_actions(tally), Text()]
    parts += [_fired(tally), Text()] if tally.fired else [Text("no rule fired"), Text()]
    parts += [_institutions(tally), Text()] if tally.institutions else []
    return parts


def _table(*columns: str) -> Table:
    """A table whose first column is words and whose others are numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column(columns[0], overflow="fold")
    for name in columns[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _actions(tally: Tally) -> Table:
    from rich.text import Text

    table = _table("action", "payments", "share")
    for word in n.LEVELS:
        if amount := tally.actions[word]:
            table.add_row(Text(word, action_style(word)), f"{amount:_}", f"{100 * amount / tally.decided:.2f}%")
    return table


def _fired(tally: Tally) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    table = _table("rule that fired", "payments")
    table.add_column("action")
    for name, amount in _largest(tally.fired)[:MOST_LINES]:
        act = tally.rules.by_name[name].action
        word = Text(n.LEVELS[act.level], action_style(n.LEVELS[act.level])) if act else Text("score", "dim")
        table.add_row(name, f"{amount:_}", word)
    rest = [f"and {counted(len(tally.fired) - MOST_LINES, 'more rule')}"] if len(tally.fired) > MOST_LINES else []
    silent = len(tally.rules.by_name) - len(tally.fired)
    rest += [f"{counted(silent, 'rule')} did not fire"] if silent else []
    return Group(table, Text(", ".join(rest), style="dim")) if rest else table


def _institutions(tally: Tally) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    table = _table("responsible institution", "payments stopped", "money stopped")
    ordered = _by_payments(tally)
    for name, (payments, amount) in ordered[:MOST_LINES]:
        table.add_row(Text(plain(name)), f"{payments:_}", format_minor(amount, tally.rules.meaning.currency))
    rest = [f"and {counted(len(ordered) - MOST_LINES, 'more institution')}"] if len(ordered) > MOST_LINES else []
    stopped = sum(amount for word, amount in tally.actions.items() if n.LEVELS.index(word) >= n.DELAY)
    if sum(payments for payments, _ in tally.institutions.values()) > stopped:
        rest.append("a payment counts for each institution that has a duty")
    return Group(table, Text(", ".join(rest), style="dim")) if rest else table


def _bad_rows(tally: Tally, errors_file: str | None) -> list[RenderableType]:
    from rich.text import Text

    if not tally.bad_rows:
        return []
    verb = "was" if tally.bad_rows == 1 else "were"
    parts: list[RenderableType] = [Text(f"{counted(tally.bad_rows, 'row')} {verb} not decided:", style="bold red")]
    parts += [Text(f"  {plain(str(e))}") for e in tally.errors]
    more = tally.bad_rows - len(tally.errors)
    if errors_file:
        parts += [Text(f"  all of them are in {plain(errors_file)}")]
    elif more:
        parts += [Text(f"  and {more:_} more; `--errors FILE` writes all of them")]
    return [*parts, Text()]


def _largest(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _by_payments(tally: Tally) -> list[tuple[str, tuple[int, int]]]:
    stopped = ((name, totals) for name, totals in tally.institutions.items() if totals[0])
    return sorted(stopped, key=lambda item: (-item[1][0], item[0]))
