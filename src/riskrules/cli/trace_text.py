"""A trace as a person reads it on a terminal: the victims, where the money is, the first steps, what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..base.money import format_minor
from ..base.times import format_instant
from .terminal import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..funds.result import Trace

MOST_SHOWN = 20
"""Rows of one table: a screen."""


def drawn(trace: Trace, name: str) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    stolen = sum(t.stolen_minor for t in trace.totals())
    head = Text.assemble((f"{trace.method}", "bold"), f"  {plain(name)}, {_money(trace, stolen)} stolen")
    parts: list[RenderableType] = [head, Text()]
    parts += [Text(f"not whole: {plain(reason)}", "bold red") for reason in (trace.cut.because if trace.cut else ())]
    rows = [
        (t.victim, *(_money(trace, m) for m in (t.stolen_minor, t.held_minor, t.left_minor, t.returned_minor,
                                                  t.stolen_again_minor, t.lost_minor)))
        for t in trace.totals()
    ]  # fmt: skip
    parts += _table(("victim", "stolen", "still there", "left", "came back", "taken again", "not followed"), rows, 1)
    held = [
        (h.account, h.victim, _money(trace, h.amount_minor), _money(trace, h.balance_minor), h.why)
        for h in trace.where()
    ]
    parts += _table(("where it is", "victim", "amount", "balance", "how"), held, 2, 4)
    steps = []
    for place, edge in enumerate(trace.edges()):
        if place == MOST_SHOWN:
            break
        steps.append(
            (format_instant(edge.at_us), edge.from_account or "outside", edge.to_account or "outside",
             _money(trace, edge.amount_minor), f"{edge.hop} {edge.way}")
        )  # fmt: skip
    parts += _table(("time", "from", "to", "amount", "hop"), steps, 3, 4, len(trace.entries))
    parts += [Text(f"assumed: {plain(text)}") for text in trace.assumptions]
    return Group(*parts)


def _money(trace: Trace, minor: int) -> str:
    return format_minor(minor, trace.currency)


def _table(
    names: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    first: int,
    end: int | None = None,
    count: int | None = None,
) -> list[RenderableType]:
    """`first` and `end`: the columns that hold amounts."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return []
    table = Table(*names, box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in table.columns[first:end]:
        column.justify = "right"
    for row in rows[:MOST_SHOWN]:
        table.add_row(*(Text(plain(cell)) for cell in row))
    more = (len(rows) if count is None else count) - min(len(rows), MOST_SHOWN)
    told = [Text(f"and {more:_} more; `--json` and `--out FILE` give all of them", "dim")] if more else []
    return [table, *told, Text()]
