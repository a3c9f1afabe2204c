"""`riskrules recall`: ask for payments back (camt.056), and tie what comes back (camt.029, pacs.004) to them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .exits import FINDINGS, FINE, Stop, unreadable
from .giveback import moment
from .terminal import plain, say

if TYPE_CHECKING:
    from ..bridges.iso20022_parts import Answered, Paid, Recalled, Returned

MOST_FILES = 10_000


@click.group()
def recall() -> None:
    """Ask for payments back by ISO 20022, and read what institutions answer. Needs riskrules[iso20022]."""


@recall.command()
@click.argument("payments", nargs=-1, required=True)
@click.option("--uetr", "uetrs", multiple=True, metavar="UETR", help="Recall this payment of the files; else all.")
@click.option("--id", "id_", required=True, metavar="ID", help="The message's own id; recalls are ID-1, ID-2, …")
@click.option("--case", metavar="CASE", help="The number of the case.")
@click.option("--reason", default="FRAD", show_default=True, metavar="CODE", help="The standard's reason code.")
@click.option("--text", default="", metavar="TEXT", help="What the reader should know, at most 105 characters.")
@click.option("--out", required=True, metavar="FILE.xml", help="Where the message is written.")
@click.option("--at", metavar="TIME", help="When it was made, such as 2026-06-15T04:00:00Z; else now.")
def write(
    payments: tuple[str, ...],
    uetrs: tuple[str, ...],
    id_: str,
    case: str | None,
    reason: str,
    text: str,
    out: str,
    at: str | None,
) -> None:
    """Write a recall (camt.056.001.08) of payments in pacs.008 files.

    It goes to the institution that received the payments; those of several institutions take a message each.
    """
    from ..bridges.iso20022_writing import Recall, recall_message
    from ..bridges.iso20022_xml import Iso20022Error
    from .replacing import replacing

    at_us = moment(at)
    paid = _payments(payments)
    wanted = {uetr.lower() for uetr in uetrs}
    absent = sorted(wanted - {p.reference.uetr for p in paid})
    if absent:
        raise Stop(f"no payment of these files has the UETR `{absent[0]}`")
    chosen = [p for p in paid if not wanted or p.reference.uetr in wanted]
    recalls = [Recall(f"{id_}-{place}", p, reason, text) for place, p in enumerate(chosen, 1)]
    try:
        message = recall_message(recalls, id=id_, made_at_us=at_us, case=case)
    except Iso20022Error as error:
        raise Stop(str(error)) from error
    with replacing(out) as file:
        file.write(message)
    say(f"{len(recalls)} {'payment' if len(recalls) == 1 else 'payments'} recalled in `{plain(out)}`")


@recall.command()
@click.argument("messages", nargs=-1, required=True)
@click.option(
    "--payment", "payments", multiple=True, required=True, metavar="FILE.xml", help="The payments (pacs.008)."
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each answer, return and recall.")
@click.pass_context
def read(ctx: click.Context, messages: tuple[str, ...], payments: tuple[str, ...], as_json: bool) -> None:
    """Read recalls, answers and returns (camt.056, camt.029, pacs.004) and tie each to its payment.

    By UETR and amount; by message id and the payment's own ids where there is no UETR. Exit code 1 when a message
    cannot be read, or its payment is not among those given.

    With --json: {"file", "what", "payment", "differs", "part"}, or {"file", "error"} where there is no payment.
    """
    from ..bridges.iso20022_matching import PaymentIndex
    from ..bridges.iso20022_parts import Paid
    from ..bridges.iso20022_xml import Iso20022Error

    index = PaymentIndex(_payments(payments))
    wrong = 0
    for path in _bounded(messages):
        try:
            parts = _read(path).parts
        except Iso20022Error as error:
            wrong += 1
            say(_line(path, {"error": str(error)}, as_json))
            continue
        for part in parts:
            if isinstance(part, Paid):
                continue
            try:
                tied = index.tie(part)
                told: dict[str, Any] = {"payment": asdict(tied.payment.reference), "differs": list(tied.differs)}
            except Iso20022Error as error:
                wrong += 1
                told = {"error": str(error)}
            say(_line(path, {"what": _what(part), **told, "part": asdict(part)}, as_json))
    ctx.exit(FINDINGS if wrong else FINE)


def _what(part: Recalled | Answered | Returned) -> str:
    from ..base.money import format_minor
    from ..bridges.iso20022_parts import Answered, Recalled

    if isinstance(part, Recalled):
        return f"recall {part.id or ''} for {part.reason or 'no reason'}"
    if isinstance(part, Answered):
        return f"recall {part.outcome} ({part.code})"
    return f"{format_minor(part.amount_minor, part.currency)} returned, {part.reason or 'no reason'}"


def _line(path: str, told: dict[str, Any], as_json: bool) -> str:
    if as_json:
        return json.dumps({"file": path, **told}, ensure_ascii=False)
    if "error" in told:
        return plain(f"{path}: {told.get('what', '')}{': ' if 'what' in told else ''}{told['error']}")
    differs = f" (differs in {', '.join(told['differs'])})" if told["differs"] else ""
    payment = told["payment"]
    return plain(f"{path}: {told['what']}, payment {payment['uetr'] or payment['message_id']}{differs}")


def _payments(paths: tuple[str, ...]) -> list[Paid]:
    from ..bridges.iso20022_parts import Paid
    from ..bridges.iso20022_xml import Iso20022Error

    found: list[Paid] = []
    for path in _bounded(paths):
        try:
            message = _read(path)
        except Iso20022Error as error:
            raise Stop(f"`{path}`: {error}") from error
        paid = [part for part in message.parts if isinstance(part, Paid)]
        if not paid:
            raise Stop(f"`{path}` is a {message.name}, which holds no payment; give a pacs.008")
        found += paid
    return found


def _read(path: str) -> Any:
    from ..bridges.iso20022 import read as read_message

    try:
        return read_message(path)
    except OSError as error:
        raise Stop(unreadable(path, error)) from error


def _bounded(paths: tuple[str, ...]) -> tuple[str, ...]:
    if len(paths) > MOST_FILES:
        raise Stop(f"at most {MOST_FILES:_} files at a time")
    return paths
