"""`riskrules trace`: where stolen money went, as a table, a page, a file of entries or JSON.

Arguments are looked at before the history is read, so that a slip is told in a moment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import FINDINGS, FINE, Stop
from .outside import is_outside, outside_option
from .terminal import say, show

if TYPE_CHECKING:
    from ..funds.result import Limits, Trace

PAGE_ENDINGS = (".html", ".htm")
METHODS = ("direct", "fifo", "lifo", "pro_rata", "poison", "pari_passu", "cn_article_8")


@click.command()
@click.argument("history")
@click.option("--from", "payments", multiple=True, required=True, metavar="PAYMENT",
              help="The id of a stolen payment; PAYMENT=VICTIM names whose it was. Give it once for each.")  # fmt: skip
@click.option("--method", type=click.Choice(METHODS), default="fifo", show_default=True,
              help="Which money leaves first.")  # fmt: skip
@click.option("--map", "map_file", metavar="MAP.toml", help="Which column feeds which field of a transfer.")
@click.option("--currency", default="CNY", show_default=True, metavar="CODE", help="The currency of every amount.")
@outside_option
@click.option("--until", metavar="TIME", help="Read no later transfers, such as 2026-06-15T10:00:00Z.")
@click.option("--hops", type=click.IntRange(1), default=64, show_default=True, help="Follow no further than this.")
@click.option("--smallest", metavar="AMOUNT", help="Do not follow smaller parts of a payment, such as 1.00.")
@click.option("--balances", type=click.Choice(["check", "adjust", "ignore"]), default="check", show_default=True,
              help="If a stated balance does not follow: an error, money moved unseen, or not looked at.")  # fmt: skip
@click.option("--sort", is_flag=True, help="Put the history in order of time first.")
@click.option("--pool", type=click.Choice(["victims", "all"]), default="victims", show_default=True,
              help="Who shares a pool: the victims, or the account's own money too.")  # fmt: skip
@click.option("--lowest-balance", is_flag=True, help="Cap every claim by the lowest balance since the money came.")
@click.option("--page", metavar="FILE.html", help="Write a picture and tables to read; it needs no network.")
@click.option("--out", metavar="FILE", help="Write the journal of the trace: .parquet, .csv or .jsonl.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def trace(
    ctx: click.Context,
    history: str,
    payments: tuple[str, ...],
    method: str,
    map_file: str | None,
    currency: str,
    outside: tuple[str, ...],
    until: str | None,
    hops: int,
    smallest: str | None,
    balances: str,
    sort: bool,
    pool: str,
    lowest_balance: bool,
    page: str | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Follow stolen money through a history of transfers, hop by hop.

    HISTORY is Parquet, CSV or JSON lines, a transfer a row in order of time: id, occurred_at, amount,
    payer.account.id, payee.account.id (an empty one is cash), and where known moved, payer.balance_before,
    payer.balance_after, payee.balance_before, payee.balance_after. A map says which column is which.

    \b
    direct        only while an account holds nothing else
    fifo, lifo    the oldest, or the newest, money leaves first
    pro_rata      every payment takes its part of all that is there
    poison        all that stolen money touched is tainted: for screening
    pari_passu    balances are shared in proportion to what was brought in
    cn_article_8  China: direct, else by time stamps, else in proportion

    What the history did not say is assumed, and told. Exit code 1 where the trace had to be cut short.

    With --json: {"method", "currency", "at", "victims", "where", "edges", "cut", "assumptions"}, in minor units.
    """
    from ..bridges.columns import TableError
    from ..funds.result import Theft, TraceError
    from ..funds.tracing import trace as follow

    _check_places(history, page, out)
    limits = _limits(until, hops, smallest, currency)
    thefts = [Theft(*_named(payment)) for payment in payments]
    if Path(history).is_dir():
        raise Stop(f"`{history}` is a folder; name a file in it")
    try:
        found = follow(
            history, thefts, currency=currency, method=method, map=map_file,  # type: ignore[arg-type]  # one of METHODS
            outside=is_outside(outside), balances=balances, sort=sort, limits=limits,  # type: ignore[arg-type]  # a choice
            pool=pool, lowest_balance=lowest_balance,  # type: ignore[arg-type]  # a choice
        )  # fmt: skip
    except (TraceError, TableError) as error:
        raise Stop(str(error)) from error
    _write(found, page, out)
    if as_json:
        say(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        from .trace_text import drawn

        show(drawn(found, Path(history).name))
    ctx.exit(FINE if found.cut is None else FINDINGS)


def _named(payment: str) -> tuple[str, str | None]:
    name, equals, victim = payment.partition("=")
    return (name, victim) if equals and victim else (payment, None)


def _limits(until: str | None, hops: int, smallest: str | None, currency: str) -> Limits:
    from ..base.money import minor_digits, parse_minor
    from ..base.times import parse_instant
    from ..funds.result import Limits

    try:
        minor_digits(currency)
    except ValueError as error:
        raise Stop(f"`--currency {currency}`: {error}") from error
    try:
        until_us = None if until is None else parse_instant(until)
    except ValueError as error:
        raise Stop(f"`--until {until}`: {error}") from error
    try:
        least = 1 if smallest is None else parse_minor(smallest, currency)
    except ValueError as error:
        raise Stop(f"`--smallest {smallest}`: {error}") from error
    if least < 1:
        raise Stop(f"`--smallest {smallest}`: give an amount above zero")
    return Limits(smallest_minor=least, hops=hops, until_us=until_us)


def _check_places(history: str, page: str | None, out: str | None) -> None:
    from .decision_files import check_places

    check_places(out, None, (history,))
    if page is None:
        return
    if Path(page).suffix.lower() not in PAGE_ENDINGS:
        raise Stop(f"`--page {page}`: its ending must be one of {', '.join(PAGE_ENDINGS)}")
    if not Path(page).resolve().parent.is_dir():
        raise Stop(f"`--page {page}`: there is no folder `{Path(page).parent}`")


def _write(found: Trace, page: str | None, out: str | None) -> None:
    if page:
        from ..funds.trace_page import page_of
        from .replacing import replacing

        with replacing(page) as file:
            file.write(page_of(found).encode())
    if out:
        from ..bridges.writing import write_table

        write_table(out, [found.to_arrow()])
