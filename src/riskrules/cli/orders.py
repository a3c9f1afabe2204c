"""`riskrules orders`: give orders to stop and to freeze to a book that keeps them, and see how accounts stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .exits import FINDINGS, FINE, Stop, read_bytes
from .giveback import moment
from .rulesets import load_lists, load_rules
from .terminal import plain, say

if TYPE_CHECKING:
    from ..funds.order_book import OrderBook, Outcome
    from ..funds.restraints import Restraint, Standing

MOST_BYTES = 64 << 20
MOST_LINES = 100_000
"""Orders in one file; a book keeps more."""


@click.group()
def orders() -> None:
    """Orders to stop and to freeze accounts: carried out once, kept, extended, lifted, run out."""


_book = click.option(
    "--book", required=True, metavar="FOLDER", help="Where the orders are kept; made if it is not there."
)
_rules = click.option("--rules", default="cn/orders", show_default=True, metavar="RULESET", help="Rules on orders.")
_at = click.option("--at", metavar="TIME", help="The moment, such as 2026-06-15T04:00:00Z; else now.")


@orders.command()
@click.argument("file")
@_book
@_rules
@_at
@click.option("--json", "as_json", is_flag=True, help="The feedback for each order as a line of JSON.")
@click.pass_context
def give(ctx: click.Context, file: str, book: str, rules: str, at: str | None, as_json: bool) -> None:
    """Give the orders of FILE (JSON lines, or - for standard input) to a book.

    \b
    An order: {"id", "kind": stop | freeze | temporary_freeze | extend | lift | query, "account", "institution",
     "issuer", "issuer_level", "starts_at", "case", "of" (what an extend or a lift is about), "amount",
     "account_name", "transfer", "transfer_at", "ends_at", "officers", "documents", "major_case",
     "approval_level", "unrelated_since"}
    beside it, if known: {"order": {...}, "books": {"holder", "transfers": [{"amount", "at"}]}, "confirmed": true,
     "traced": "70.00"}

    A stop needs its four particulars compared: with the `books`, or `confirmed` by whoever gives it. `traced`: how much
    of the account is stolen money of the case; a freeze keeps no more. The same order once more gets the same answer.
    Exit code 1 when an order was not carried out.

    With --json: {"order", "result", "because", "at", "from", "until", "held_minor", "left_free_minor"}.
    """
    from ..funds.journal import JournalError
    from ..funds.orders import OrderError

    at_us = moment(at)
    kept = open_book(book, rules)
    refused = 0
    try:
        for number, given in _lines(file):
            try:
                outcome = _give(kept, given, at_us)
            except OrderError as error:
                raise Stop(f"`{file}` line {number}: {error}; the orders before it were carried out") from error
            refused += not outcome.carried_out
            say(json.dumps(outcome.feedback(), ensure_ascii=False) if as_json else _told(outcome))
    except JournalError as error:
        raise Stop(str(error)) from error
    finally:
        kept.close()
    ctx.exit(FINDINGS if refused else FINE)


@orders.command()
@click.argument("account")
@_book
@_rules
@_at
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(account: str, book: str, rules: str, at: str | None, as_json: bool) -> None:
    """Say how ACCOUNT stands: whether it is stopped, what is frozen, by which orders and until when.

    With --json: {"account", "at", "stopped_until", "frozen_minor", "frozen_until", "restraints": [{"order", "kind",
    "case", "issuer", "institution", "held_minor", "from", "until", "lifted_by", "in_force"}]}.
    """
    from ..base.money import format_minor
    from ..base.times import format_instant

    at_us = moment(at)
    kept = open_book(book, rules)
    try:
        now, ever = kept.standing(account, at_us), kept.restraints(account)
        currency = kept.currency
    finally:
        kept.close()
    if as_json:
        say(json.dumps(_standing(now, ever), ensure_ascii=False))
        return
    until = now.stopped_until_us
    say("not stopped" if until is None else f"stopped until {format_instant(until)}: takes money in, lets none out")
    frozen = format_minor(now.frozen_minor, currency)
    say(f"{frozen} frozen" + (f" until {format_instant(now.frozen_until_us)}" if now.frozen_until_us else ""))
    for r in ever:
        state = "in force" if r.in_force(at_us) else "yet to begin" if r.ahead(at_us) else "over"
        how = f", lifted by {plain(r.lifted_by)}" if r.lifted_by else ""
        say(f"  {plain(r.order)} {r.kind}, case {plain(r.case)}, until {format_instant(r.ends_us)}: {state}{how}")


def _standing(now: Standing, ever: tuple[Restraint, ...]) -> dict[str, Any]:
    from ..base.times import format_instant

    def when(us: int | None) -> str | None:
        return None if us is None else format_instant(us)

    return {
        "account": now.account,
        "at": when(now.at_us),
        "stopped_until": when(now.stopped_until_us),
        "frozen_minor": now.frozen_minor,
        "frozen_until": when(now.frozen_until_us),
        "restraints": [
            {
                "order": r.order, "kind": r.kind, "case": r.case, "issuer": r.issuer, "institution": r.institution,
                "held_minor": r.held_minor, "from": when(r.terms[0].begins_us), "until": when(r.ends_us),
                "lifted_by": r.lifted_by, "in_force": r.in_force(now.at_us),
            }
            for r in ever
        ],
    }  # fmt: skip


def open_book(folder: str, rules: str) -> OrderBook:
    """The book in a folder, by a ruleset. Stop when either cannot be used."""
    from ..engine.engine import Engine
    from ..funds.journal import JournalError
    from ..funds.order_book import OrderBook

    loaded = load_rules(rules)
    if "order" not in loaded.events:
        raise Stop(f"`{rules}` has no rules on orders")
    try:
        return OrderBook(Engine(loaded, lists=load_lists(loaded, None)[0]), loaded.meaning.currency, folder)
    except JournalError as error:
        raise Stop(str(error)) from error


def _lines(file: str) -> list[tuple[int, dict[str, Any]]]:
    content = read_bytes(file)
    if len(content) > MOST_BYTES:
        raise Stop(f"`{file}` has more than {MOST_BYTES >> 20} MiB")
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Stop(f"`{file}` line {number} is no JSON that can be read") from error
        if not isinstance(given, dict):
            raise Stop(f"`{file}` line {number} is no order: an object belongs there")
        found.append((number, given))
        if len(found) > MOST_LINES:
            raise Stop(f"`{file}` has more than {MOST_LINES:_} orders; give them in several files")
    return found


def _give(book: OrderBook, given: dict[str, Any], at_us: int) -> Outcome:
    from ..base.money import parse_minor
    from ..base.times import parse_instant
    from ..funds.orders import FITS, OrderError, Transfer, fit_of, order_of

    beside = ("books", "confirmed", "traced")
    plainly = {name: value for name, value in given.items() if name not in beside}
    order = order_of(given.get("order", plainly), book.currency)
    fit = FITS if given.get("confirmed") is True else None
    try:
        if "books" in given:
            books = given["books"]
            transfers = [
                Transfer(parse_minor(t["amount"], book.currency), parse_instant(t["at"])) for t in books["transfers"]
            ]
            fit = fit_of(order, books.get("holder"), transfers)
        traced = parse_minor(given["traced"], book.currency) if "traced" in given else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OrderError("`books` and `traced` cannot be read; see --help") from error
    return book.give(order, at_us, fit=fit, traced_minor=traced)


def _told(outcome: Outcome) -> str:
    told = outcome.feedback()
    until = f", until {told['until']}" if told["until"] else ""
    return plain(f"{outcome.order}: {told['result']}{until}. " + " ".join(f"{x}." for x in outcome.because))
