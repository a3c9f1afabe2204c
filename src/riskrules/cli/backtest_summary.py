"""A backtest as tables on a terminal. Each figure that is an estimate has its 95% interval below it in grey."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..balance.intervals import Rate, Share
from ..balance.saying import between, money, number, percent, rate_between, rate_words
from .reasons import action_style
from .rulesets import said_empty
from .terminal import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from ..balance.backtest import Backtest
    from ..balance.examples import Example
    from ..balance.figures import Figures, Group
    from ..balance.pairing import Changes

_NARROWEST = {"payments": 5, "fired": 5, "of all fraud": 6, "alone: honest": 6, "people per fraud": 6, "": 3}
"""Of columns without an interval; one is at most 10 wide, such as `98.3–99.3%`, or nearly always."""
MOST_LINES = 25
"""Of one table on a terminal; --json and --report give all."""


def drawn(found: Backtest, empty: tuple[str, ...] = (), page: str | None = None) -> RenderableType:
    """The whole of it."""
    from rich.console import Group as Drawn
    from rich.text import Text

    version = found.ruleset
    head = Text.assemble(
        (f"{version.name} {version.version}", "bold"), (f"  fingerprint {version.fingerprint[:16]}", "dim")
    )
    whole = found.all
    about = (
        f"{whole.payments:_} payments of {plain(found.history)} measured, {whole.fraud.part:_} of them fraud by "
        f"`{plain(found.label)}` ({percent(whole.fraud.value)}); {money(whole.fraud_minor, found.currency)} of "
        f"{money(whole.amount_minor, found.currency)}"
    )
    parts: list[RenderableType] = [head, Text(about), Text(), _all(found), Text()]
    for title, groups in (("action", found.actions), ("segment", found.segments), ("month", found.months)):
        if groups:
            parts += [_groups(title, groups), Text()]
    parts += [_rules(found), Text()]
    if found.never_fired:
        parts += [Text(f"never fired: {', '.join(found.never_fired)}"), Text()]
    if found.changes is not None:
        parts += [changed(found.changes, found.currency), Text()]
    parts += _bad_rows(found)
    notes = [*found.notes, *([said_empty(empty)] if empty else [])]
    parts += [Text(plain(note), style="yellow") for note in notes]
    parts.append(Text("stopped: delayed, held or rejected; grey: the 95% interval", style="dim"))
    parts += [Text(f"the report is in {plain(page)}")] if page else []
    return Drawn(*parts)


def table(*columns: str, words: int = 1) -> Table:
    """A table whose first columns are words and whose others are numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        if place < words:
            made.add_column(name, overflow="fold", no_wrap=True)
        else:
            made.add_column(name, justify="right", overflow="fold", min_width=_NARROWEST.get(name, 10))
    return made


def _with(value: str, below: str) -> Text:
    from rich.text import Text

    return Text.assemble(value, ("\n" + below, "dim")) if below != "-" else Text(value)


def shown(share: Share) -> Text:
    """A share, and its interval below it."""
    return _with(percent(share.value), between(share.low, share.high))


def _rate(rate: Rate) -> Text:
    return _with(rate_words(rate), rate_between(rate))


def _all(found: Backtest) -> Table:
    whole = found.all
    made = table("in all", "", "", "")
    rows: Iterable[tuple[str, str, Share]] = (
        ("payments stopped", f"{whole.stopped.part:_}", whole.stopped),
        ("money stopped", money(whole.stopped_money.part, found.currency), whole.stopped_money),
        ("fraud payments caught", f"{whole.caught.part:_} of {whole.caught.whole:_}", whole.caught),
        ("fraud money caught", money(whole.caught_money.part, found.currency), whole.caught_money),
        ("fraud among what is stopped", f"{whole.precision.part:_}", whole.precision),
        ("honest payments stopped", f"{whole.friction.part:_}", whole.friction),
    )
    for name, count, share in rows:
        made.add_row(name, count, percent(share.value), between(share.low, share.high))
    made.add_row("honest people stopped", f"{whole.people:_}", "", "")
    rate = whole.people_per_fraud
    made.add_row("  for each fraud caught", "", rate_words(rate), rate_between(rate))
    return made


def _groups(title: str, groups: tuple[Group, ...]) -> Table:
    made = table(title, "payments", "stopped", "honest stopped", "fraud caught", "its money", "precision",
                 "people per fraud")  # fmt: skip
    for group in groups[:MOST_LINES]:
        f = group.figures
        if title == "action":
            from rich.text import Text

            made.add_row(Text(group.name, action_style(group.name)), f"{f.payments:_}", *_cells(f))
        else:
            made.add_row(group.name, f"{f.payments:_}", *_cells(f))
    if len(groups) > MOST_LINES:
        made.add_row(f"and {len(groups) - MOST_LINES:_} more")
    return made


def _cells(f: Figures) -> tuple[Text, ...]:
    return (shown(f.stopped), shown(f.friction), shown(f.caught), shown(f.caught_money), shown(f.precision),
            _rate(f.people_per_fraud))  # fmt: skip


def _rules(found: Backtest) -> Table:
    from rich.text import Text

    made = table("rule that fired", "action", "fired", "fraud in it", "of all fraud", "alone: fraud", "alone: honest",
                 "people per fraud", words=2)  # fmt: skip
    for rule in found.rules[:MOST_LINES]:
        f, alone = rule.figures, rule.alone
        word = Text(rule.action, action_style(rule.action)) if rule.action else Text(f"score {rule.score or 0}", "dim")
        fraud = Share(f.fraud.part, found.all.fraud.part)
        made.add_row(
            rule.name, word, f"{f.payments:_}", shown(f.fraud), percent(fraud.value),
            _with(f"{alone.fraud:_}", money(alone.fraud_minor, found.currency)), f"{alone.honest:_}",
            rate_words(f.people_per_fraud),
        )  # fmt: skip
    if len(found.rules) > MOST_LINES:
        made.add_row(f"and {len(found.rules) - MOST_LINES:_} more")
    return made


def changed(changes: Changes, currency: str) -> RenderableType:
    """From which action to which, by segment, and ten payments."""
    from rich.console import Group as Drawn
    from rich.text import Text

    share = percent(changes.changed / changes.payments if changes.payments else None)
    lines = f"{changes.changed:_} of {changes.payments:_} payments change their action ({share})"
    if changes.left_out:
        lines += f"; {changes.left_out:_} that only one version could decide are compared by none"
    if not changes.moves:
        return Text(lines)
    made = table("segment", "before", "now", "payments", "fraud", "money", "fraud money", words=3)
    for move in changes.moves[: 2 * MOST_LINES]:
        name = f"{move.segment}{' (old)' if move.old else ''}" or "all"
        made.add_row(
            name, move.before, move.after, f"{move.payments:_}", f"{move.fraud:_}", money(move.amount_minor, currency),
            money(move.fraud_minor, currency),
        )  # fmt: skip
    sides = table("segment", "honest now stopped", "no longer", "fraud now caught", "no longer", "money now caught",
                  "no longer")  # fmt: skip
    for side in changes.sides:
        sides.add_row(
            side.words, f"{side.honest_now:_}", f"{side.honest_no_more:_}", f"{side.fraud_now:_}",
            f"{side.fraud_no_more:_}", money(side.fraud_now_minor, currency), money(side.fraud_no_more_minor, currency),
        )  # fmt: skip
    return Drawn(Text(lines, "bold"), made, Text(), sides, Text(), _examples(changes.examples, currency))


def _examples(examples: tuple[Example, ...], currency: str) -> Table:
    from ..base.times import format_instant
    from ..engine.shown import shown_act

    made = table("such as", "day", "amount", "in truth", "before", "now", "because")
    for column in made.columns[1:]:
        column.justify, column.min_width = "left", 6
    made.columns[2].justify = "right"
    for e in examples:
        amount = "-" if e.amount_minor is None else money(e.amount_minor, currency)
        before = shown_act(e.action_before) if e.action_before else ""
        day = format_instant(e.occurred_at_us)[: len("2026-06-15")]
        because = e.because.replace(", ", "\n")
        truth = "fraud" if e.fraud else "honest"
        made.add_row(plain(e.id), day, amount, truth, before, shown_act(e.action), because)
    return made


def _bad_rows(found: Backtest) -> list[RenderableType]:
    from rich.text import Text

    if not found.bad_rows:
        return []
    parts: list[RenderableType] = [Text(f"{found.bad_rows:_} rows were not decided:", style="bold red")]
    parts += [Text(f"  {plain(str(e))}") for e in found.errors]
    more = found.bad_rows - len(found.errors)
    return [*parts, Text(f"  and {number(more)} more"), Text()] if more else [*parts, Text()]
