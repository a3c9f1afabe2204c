"""`riskrules giveback`: a case of frozen money, who gets how much back, and what each part is waiting for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import FINDINGS, FINE, Stop, read_bytes
from .rulesets import load_lists, load_rules
from .terminal import plain, say, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..funds.return_facts import Part

MOST_BYTES = 64 << 20
"""A case of a hundred thousand victims has some 20 MB."""
MOST_SHOWN = 40


@click.command()
@click.argument("case")
@click.option("--rules", default="cn/returns", show_default=True, metavar="RULESET",
              help="What a return must have, and by when it is paid.")  # fmt: skip
@click.option(
    "--at", metavar="TIME", help="How the case stands at that moment, such as 2026-07-01T00:00:00Z; else now."
)
@click.option("--page", metavar="FILE.html", help="Write a page to read and to hand on; it needs no network.")
@click.option("--json", "as_json", is_flag=True, help="The whole paper trail as JSON, account numbers in full.")
@click.pass_context
def giveback(ctx: click.Context, case: str, rules: str, at: str | None, page: str | None, as_json: bool) -> None:
    """Say who gets how much of frozen money back, and what each part is waiting for.

    \b
    CASE is a JSON file; amounts are text, such as "1200.00", times such as 2026-06-15T04:00:00Z:
    {"case", "currency",
     "victims":  [{"id", "loss", "account", "institution", "returned" (has back from elsewhere),
                   "original_closed" (true: "account" is another account of the victim's)}],
     "accounts": [{"account", "institution", "frozen", "order", "opening",
                   "records": [{"at", "amount" (below zero: out), "victim" (whose money came in)}]}]
                 or, where a trace has said it, "basis", "into": {VICTIM: AMOUNT}, "because" for the last two,
    and as they come about, each about the division of that fingerprint:
     "approval": {"of", "at", "served_at", "level", "officers"}, "notices": [{"of", "began_at"}],
     "objections": [{"id", "at", "account", "victim", "text", "reviewed_at", "upheld"}],
     "paid": [{"reference", "account", "victim", "to_account", "amount", "at"}]}

    Whose money is in an account is told by the first that can: one credit record (direct), records out matched with
    records in (time stamps), else division in proportion among the victims. What is given and what stays frozen add
    up to what is frozen, to the minor unit.

    A decision and a notice are about one division: its fingerprint stands above the table. Exit code 1 when a part is
    overdue or refused.

    With --json: {"case", "at", "currency", "division", "frozen_minor", "given_minor", "paid_minor", "residue_minor",
    "accounts", "victims", "parts": [{"account", "victim", "to_account", "amount_minor", "basis", "state", …}],
    "approval", "notices", "objections", "payments"}.
    """
    from ..engine.engine import Engine
    from ..funds.return_file import case_of
    from ..funds.return_page import page_of
    from ..funds.returns import ReturnError
    from ..schema.errors import PaymentError
    from .replacing import replacing

    given = read_json(case)
    loaded = load_rules(rules)
    if "return" not in loaded.events:
        raise Stop(f"`{rules}` has no rules on returns")
    engine = Engine(loaded, lists=load_lists(loaded, None)[0])
    try:
        at_us = moment(at)
        told = case_of(given)
        parts = told.parts(engine, at_us)
        if page:
            check_page(page, case)
            with replacing(page) as file:
                file.write(page_of(told, engine, at_us).encode())
        if as_json:
            say(json.dumps(told.paper_trail(engine, at_us), ensure_ascii=False))
        else:
            show(_drawn(told, parts, at_us))
    except (ReturnError, PaymentError) as error:
        raise Stop(f"`{case}`: {error}") from error
    ctx.exit(FINDINGS if any(part.state in ("overdue", "refused") for part in parts) else FINE)


def read_json(path: str) -> Any:
    """A JSON document. Stop when it is none, or too large."""
    content = read_bytes(path)
    if len(content) > MOST_BYTES:
        raise Stop(f"`{path}` has more than {MOST_BYTES >> 20} MiB")
    try:
        return json.loads(content, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise Stop(f"`{path}` is no JSON that can be read: {str(error).lower()}") from error


def _no_float(text: str) -> object:
    raise ValueError(f'{text} is no whole number; write amounts as text, such as "{text}"')


def moment(at: str | None) -> int:
    """Microseconds; now where nothing was said. Stop for a text that is no time."""
    from datetime import UTC, datetime

    from ..base.times import instant_of, parse_instant

    if at is None:
        return instant_of(datetime.now(UTC))
    try:
        return parse_instant(at)
    except ValueError as error:
        raise Stop(f"`--at {at}`: {error}") from error


def check_page(page: str, read: str) -> None:
    """Stop when the page would be no page, or would overwrite what is read."""
    if Path(page).suffix.lower() not in (".html", ".htm"):
        raise Stop(f"`--page {page}`: its ending must be .html")
    if Path(page).exists() and Path(page).resolve() == Path(read).resolve():
        raise Stop(f"`--page {page}` would overwrite what is read; name another file")


def _drawn(case: Any, parts: tuple[Part, ...], at_us: int) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    from ..base.money import format_minor
    from ..base.times import format_instant
    from ..engine.shown import masked

    def money(minor: int) -> str:
        return format_minor(minor, case.currency)

    division = case.division
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, justify in (("victim", "left"), ("from", "left"), ("amount", "right"), ("basis", "left")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # two of rich's words for it
    table.add_column("state", overflow="fold")
    for part in parts[:MOST_SHOWN]:
        line, times = part.line, []
        times += [f"until {format_instant(part.until_us)}"] if part.until_us is not None else []
        times += [f"before {format_instant(part.due_us)}"] if part.due_us is not None else []
        said = "; ".join([*part.because, *times])
        table.add_row(plain(line.victim), masked(line.account), money(line.amount_minor), line.basis,
                      plain(f"{part.state}: {said}"))  # fmt: skip
    frozen, residue = sum(a.frozen_minor for a in case.accounts), sum(division.residue.values())
    paid = sum(p.amount_minor for p in (*case.earlier, *case.paid) if p.at_us <= at_us)
    lines = [
        f"case {plain(case.id)}, division {division.fingerprint}",
        f"{money(frozen)} frozen, {money(division.given_minor)} to give back, {money(paid)} paid, "
        f"{money(residue)} stays frozen",
        "",
    ]
    more = [f"and {len(parts) - MOST_SHOWN:_} more; --json has all"] if len(parts) > MOST_SHOWN else []
    return Group(*lines, table, *more)
