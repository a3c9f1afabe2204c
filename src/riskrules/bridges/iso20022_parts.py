"""What a message of ISO 20022 says about payments, in this library's words: payer and payee, not debtor and creditor.

Each part names one payment by a `Reference`. Amounts are whole minor units of a currency with that currency's own
digits; texts are as the message has them. A message that is well-formed and known, but says nothing here, has no parts.
"""

from __future__ import annotations

from dataclasses import dataclass

ACCEPTED, REFUSED, PENDING, PARTLY, OTHER = "accepted", "refused", "pending", "partly", "other"
"""What an institution answers to a recall."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An institution: by its BIC, or as a member of a clearing system (`system` is its code, as USABA), or both."""

    bic: str | None = None
    system: str | None = None
    member: str | None = None
    name: str | None = None

    @property
    def id(self) -> str | None:
        return self.bic or self.member


@dataclass(frozen=True, slots=True)
class Reference:
    """How a message names a payment. `amount_minor` and `currency` are both there or neither; `settled_on` is a day."""

    uetr: str | None = None
    message_id: str | None = None
    message_name: str | None = None
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    transaction_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    settled_on: str | None = None
    message_at: str | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment between institutions (pacs.008). Its reference has an amount."""

    reference: Reference
    sender: Agent | None
    receiver: Agent | None
    payer_institution: Agent | None
    payer_account: str | None
    payer_name: str | None
    payee_institution: Agent | None
    payee_account: str | None
    payee_name: str | None

    @property
    def amount_minor(self) -> int:
        assert self.reference.amount_minor is not None
        return self.reference.amount_minor

    @property
    def currency(self) -> str:
        assert self.reference.currency is not None
        return self.reference.currency


@dataclass(frozen=True, slots=True)
class Recalled:
    """A request to give a payment back (camt.056). `reason` is the standard's code, such as FRAD."""

    reference: Reference
    id: str | None
    case: str | None
    reason: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a recall (camt.029). `outcome` is one of ACCEPTED, REFUSED, PENDING, PARTLY, OTHER; `code` is the
    standard's own (CNCL, RJCR, …). `reference` names the payment as far as the answer does."""

    reference: Reference
    case: str | None
    outcome: str
    code: str
    reason: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Money that came back (pacs.004): `amount_minor` of it. `reference` names the payment that it belongs to; its
    amount is there only where the message repeats it."""

    reference: Reference
    id: str | None
    amount_minor: int
    currency: str
    settled_on: str | None
    reason: str | None
    text: str


Part = Paid | Recalled | Answered | Returned


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its name (`pacs.008.001.08`), its id and its time as it states them, and its parts in order."""

    name: str
    id: str | None
    made_at: str | None
    parts: tuple[Part, ...]
