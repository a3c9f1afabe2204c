"""A recall as ISO 20022 writes it: camt.056.001.08, one message to the institution that received the payment.

The elements stand in the standard's order and only those that a recall needs are written; of the people behind the
payment nothing is told, since the institution knows them by the payment. A text that the standard would not take is
refused with its place, never cut: a shortened id is another id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.money import minor_digits, write_decimal
from ..base.times import format_instant
from .iso20022 import NAMESPACE
from .iso20022_parts import Agent, Paid, Reference
from .iso20022_xml import Iso20022Error

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

RECALL_NAME = "camt.056.001.08"
REASONS = ("FRAD", "DUPL", "TECH", "CUST", "AM09", "AC03", "UPAY", "CUTA", "AGNT", "CURR", "SVNR")
"""The standard's codes for a recall: fraudulent origin, duplicate, technical problem, asked for by the customer, wrong
amount, wrong account, undue payment, cannot be applied, wrong agent, wrong currency, service not rendered."""
MOST_RECALLS = 1_000
"""Payments in one message: what a person still answers one by one."""
LONGEST_ID, LONGEST_TEXT, LONGEST_NAME = 35, 105, 140
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recall:
    """One payment to be recalled: `id` of this recall, `reason` one of REASONS, `text` what the reader should know."""

    id: str
    payment: Paid
    reason: str = "FRAD"
    text: str = ""


def recall_message(
    recalls: Sequence[Recall], *, id: str, made_at_us: int, case: str | None = None, by: Agent | None = None,
    to: Agent | None = None,
) -> bytes:  # fmt: skip
    """The message as UTF-8 bytes. `by` asks and `to` is asked; by default those that sent and received the first
    payment, and all payments must then agree. Iso20022Error names what the standard would not take."""
    from xml.etree.ElementTree import Element, indent, tostring

    if not 0 < len(recalls) <= MOST_RECALLS:
        raise Iso20022Error(f"a message recalls from 1 to {MOST_RECALLS:_} payments, not {len(recalls):_}")
    if len({recall.id for recall in recalls}) < len(recalls):
        raise Iso20022Error("two recalls of one message have the same id")
    by, to = by or _one(recalls, "sender"), to or _one(recalls, "receiver")
    document = Element("Document", xmlns=NAMESPACE + RECALL_NAME)
    body = _below(document, "FIToFIPmtCxlReq")
    assignment = _below(body, "Assgnmt")
    _text(assignment, "Id", id)
    _agent(_below(assignment, "Assgnr"), by)
    _agent(_below(assignment, "Assgne"), to)
    _text(assignment, "CreDtTm", format_instant(made_at_us))
    if case is not None:
        told = _below(body, "Case")
        _text(told, "Id", case)
        _agent(_below(told, "Cretr"), by)
    _text(_below(body, "CtrlData"), "NbOfTxs", str(len(recalls)))
    underlying = _below(body, "Undrlyg")
    for recall in recalls:
        _recall(_below(underlying, "TxInf"), recall)
    indent(document)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(document, encoding="unicode").encode() + b"\n"


def _recall(place: Element, recall: Recall) -> None:
    reference = recall.payment.reference
    if recall.reason not in REASONS:
        raise Iso20022Error(f"`{recall.reason}` is no reason for a recall; write one of {', '.join(REASONS)}")
    if reference.uetr is None and reference.transaction_id is None and reference.end_to_end_id is None:
        raise Iso20022Error(f"the payment of the recall `{recall.id}` has no UETR and no id by which it could be found")
    _text(place, "CxlId", recall.id)
    _group(place, reference)
    _text(place, "OrgnlInstrId", reference.instruction_id)
    _text(place, "OrgnlEndToEndId", reference.end_to_end_id)
    _text(place, "OrgnlTxId", reference.transaction_id)
    _text(place, "OrgnlUETR", reference.uetr, longest=36)
    amount = _text(place, "OrgnlIntrBkSttlmAmt", amount_text(recall.payment.amount_minor, recall.payment.currency))
    assert amount is not None
    amount.set("Ccy", recall.payment.currency)
    if reference.settled_on is not None and not _DATE.fullmatch(reference.settled_on):
        raise Iso20022Error(f"`{reference.settled_on}` is no date such as 2026-06-15")
    _text(place, "OrgnlIntrBkSttlmDt", reference.settled_on)
    why = _below(place, "CxlRsnInf")
    _text(_below(why, "Rsn"), "Cd", recall.reason)
    _text(why, "AddtlInf", recall.text or None, longest=LONGEST_TEXT)


def _group(place: Element, reference: Reference) -> None:
    if reference.message_id is None:
        return
    group = _below(place, "OrgnlGrpInf")
    _text(group, "OrgnlMsgId", reference.message_id)
    _text(group, "OrgnlMsgNmId", reference.message_name or "pacs.008")
    _text(group, "OrgnlCreDtTm", reference.message_at)


def amount_text(amount_minor: int, currency: str) -> str:
    """`1510000.74`, with the currency's own digits."""
    if not 0 < amount_minor < 10**18:
        raise Iso20022Error("an amount in a message is above zero and has at most 18 digits")
    return write_decimal(amount_minor, minor_digits(currency))


def _one(recalls: Sequence[Recall], role: str) -> Agent:
    agents = {getattr(recall.payment, role) for recall in recalls}
    agent = next(iter(agents))
    if len(agents) > 1:
        raise Iso20022Error(f"the payments do not have one {role}; write a message to each institution")
    if agent is None:
        raise Iso20022Error(f"the payment names no {role}; say which institution it is")
    assert isinstance(agent, Agent)
    return agent


def _agent(above: Element, agent: Agent) -> None:
    place = _below(_below(above, "Agt"), "FinInstnId")
    if agent.bic is not None and not _BIC.fullmatch(agent.bic):
        raise Iso20022Error(f"`{agent.bic}` is no BIC such as DEUTDEFF")
    if agent.bic is None and agent.member is None:
        raise Iso20022Error("an institution needs a BIC or a clearing system's member id")
    _text(place, "BICFI", agent.bic)
    if agent.member is not None:
        member = _below(place, "ClrSysMmbId")
        if agent.system is not None:
            _text(_below(member, "ClrSysId"), "Cd", agent.system, longest=5)
        _text(member, "MmbId", agent.member)
    _text(place, "Nm", agent.name, longest=LONGEST_NAME)


def _text(above: Element, name: str, text: str | None, longest: int = LONGEST_ID) -> Element | None:
    """An element with a text; nothing where there is none."""
    if text is None:
        return None
    if not 0 < len(text) <= longest or text.strip() != text or not text.isprintable():
        raise Iso20022Error(
            f"`{name}` takes from 1 to {longest} printable characters without space around them; "
            f"`{text[:60]}` has {len(text)}"
        )
    element = _below(above, name)
    element.text = text
    return element


def _below(above: Element, name: str) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(above, name)
