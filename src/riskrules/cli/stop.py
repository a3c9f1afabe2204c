"""`riskrules stop`: from a stolen payment, the accounts to stop now, the most urgent first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .exits import Stop
from .giveback import moment
from .outside import is_outside, outside_option
from .rulesets import load_lists, load_rules
from .terminal import plain, say, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..funds.freezing import Plan
    from ..funds.order_book import Outcome

MOST_SHOWN = 40


@click.command()
@click.argument("history")
@click.option("--from", "thefts", multiple=True, required=True, metavar="PAYMENT", help="Id of a stolen payment.")
@click.option("--currency", default="CNY", show_default=True, metavar="CODE", help="The currency of the history.")
@click.option("--method", default="fifo", show_default=True, metavar="METHOD", help="As `riskrules trace` has them.")
@click.option("--map", "map_file", metavar="MAP.toml", help="Which column feeds which field; `map` drafts one.")
@outside_option
@click.option("--balances", default="check", show_default=True, metavar="HOW", help="check, adjust or ignore.")
@click.option("--rules", default="cn/orders", show_default=True, metavar="RULESET", help="Rules on orders: the clock.")
@click.option("--at", metavar="TIME", help="What was known at that moment, such as 2026-06-15T04:00:00Z; else now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, account numbers and messages in full.")
def stop(
    history: str,
    thefts: tuple[str, ...],
    currency: str,
    method: str,
    map_file: str | None,
    outside: tuple[str, ...],
    balances: str,
    rules: str,
    at: str | None,
    as_json: bool,
) -> None:
    """List the accounts to stop now, so that stolen money is kept: how much, at which institution, how urgent.

    HISTORY is Parquet, CSV or JSON lines; `--map` says which column is what. The money is traced from the stolen
    payments until the moment. Urgency is stolen money in the account over the time it is likely to stay: how long
    money lay in this account on this trace, else in the others, else a day; 15 minutes are added for the call.

    With --json: {"at", "currency", "recoverable_minor", "targets": [{"account", "institution", "amount_minor",
    "victims", "balance_minor", "arrival", "residence_us", "seen", "left_us", "urgency_minor_an_hour", "message",
    "by_the_rules"}], "beyond"}.
    """
    from ..bridges.columns import TableError
    from ..bridges.maps import MapError
    from ..funds.freezing import stop_plan
    from ..funds.result import TraceError
    from ..funds.tracing import trace

    at_us = moment(at)
    try:
        found = trace(
            history, thefts, currency=currency, method=method,  # type: ignore[arg-type]  # trace says which there are
            map=map_file, outside=is_outside(outside), balances=balances,  # type: ignore[arg-type]  # the same
        )  # fmt: skip
    except (MapError, TableError, TraceError) as error:
        raise Stop(str(error)) from error
    plan = stop_plan(found, at_us)
    outcomes = _tried(plan, rules)
    if as_json:
        told = plan.to_dict()
        for target, line in zip(plan.targets, told["targets"], strict=True):
            outcome = outcomes[target.account]
            line["message"], line["by_the_rules"] = target.message(currency, outcome), outcome.feedback()
        say(json.dumps(told, ensure_ascii=False))
    else:
        show(_drawn(plan, outcomes))


def _tried(plan: Plan, rules: str) -> dict[str, Outcome]:
    """What an order to stop each account would come to by the rules, if all particulars fit; nothing is kept."""
    from ..engine.engine import Engine
    from ..funds.order_book import OrderBook
    from ..funds.orders import FITS

    loaded = load_rules(rules)
    if "order" not in loaded.events:
        raise Stop(f"`{rules}` has no rules on orders")
    if loaded.meaning.currency != plan.currency:
        raise Stop(f"`{rules}` is about {loaded.meaning.currency}, and the history about {plan.currency}")
    book = OrderBook(Engine(loaded, lists=load_lists(loaded, None)[0]), plan.currency)
    return {
        target.account: book.give(
            target.order(id=f"stop-{place}", case="plan", issuer="plan", issuer_level="county", at_us=plan.at_us),
            plan.at_us,
            fit=FITS,
        )
        for place, target in enumerate(plan.targets, 1)
    }


def _drawn(plan: Plan, outcomes: dict[str, Outcome]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    from ..base.money import format_minor
    from ..base.times import format_instant
    from ..engine.shown import masked, shown_duration
    from ..funds.freezing import ASSUMED, ELSEWHERE, HERE

    seen = {HERE: "as before", ELSEWHERE: "as elsewhere", ASSUMED: "assumed"}

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("account", "institution"):
        table.add_column(column)
    for column in ("stolen money", "urgency"):
        table.add_column(column, justify="right")
    for column in ("likely to stay", "came by", "stop until"):
        table.add_column(column, overflow="fold")
    for target in plan.targets[:MOST_SHOWN]:
        until = outcomes[target.account].until_us
        came = f"{target.arrival.payment}, {_short(target.arrival.at_us)}" if target.arrival else ""
        minutes = target.left_us - target.left_us % 60_000_000
        table.add_row(
            masked(target.account),
            plain(target.institution) or "unknown",
            format_minor(target.amount_minor, plan.currency),
            format_minor(target.urgency, plan.currency),
            f"{shown_duration(minutes) if minutes else 'no longer'}, {seen[target.seen]}",
            plain(came),
            "not by the rules" if until is None else _short(until),
        )
    more = [f"and {len(plan.targets) - MOST_SHOWN:_} more; --json has all"] if len(plan.targets) > MOST_SHOWN else []
    kept = format_minor(plan.recoverable_minor, plan.currency)
    accounts = f"{len(plan.targets)} account{'' if len(plan.targets) == 1 else 's'}"
    head = (
        f"{kept} can be kept in {accounts}, as of {format_instant(plan.at_us)}. Times are UTC; urgency is money "
        "an hour over the time that it is likely to stay."
    )
    return Group(head, "", table, *more, *(plain(x) for x in plan.beyond))


def _short(at_us: int) -> str:
    """`2026-06-15 04:45`."""
    from ..base.times import format_instant

    return format_instant(at_us)[:16].replace("T", " ")
