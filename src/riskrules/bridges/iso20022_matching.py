"""Which payment a recall, an answer or a return is about.

The UETR and the amount tie them; the other identifiers decide only between payments that agree in both, since a bank
that corrects a typing error in one of them must still find the payment. What differs is told. A message without a UETR
is tied by its message id and one of the payment's ids. Nothing is guessed: no payment, or several, is a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..base.money import format_minor
from .iso20022_parts import Answered, Paid, Recalled, Reference, Returned
from .iso20022_xml import Iso20022Error

_IDS = ("message_id", "transaction_id", "instruction_id", "end_to_end_id", "settled_on")


@dataclass(frozen=True, slots=True)
class Tied:
    """The payment, and in which identifiers (`message_id`, …) the message differs from it."""

    payment: Paid
    differs: tuple[str, ...]


class PaymentIndex:
    """Payments by their UETR and ids. The same payment told twice is one; memory grows with the payments given."""

    def __init__(self, payments: Iterable[Paid]) -> None:
        self._by_uetr: dict[str, dict[Paid, None]] = {}
        self._by_message: dict[str, dict[Paid, None]] = {}
        for payment in payments:
            reference = payment.reference
            if reference.uetr:
                self._by_uetr.setdefault(reference.uetr, {})[payment] = None
            if reference.message_id:
                self._by_message.setdefault(reference.message_id, {})[payment] = None

    def tie(self, part: Recalled | Answered | Returned) -> Tied:
        """The payment that the part is about. Iso20022Error when there is none, or more than one."""
        wanted = part.reference
        found = list(self._named(wanted))
        if not found:
            raise Iso20022Error(f"no payment has {_said(wanted)}")
        fits = [p for p in found if _amount_fits(part, p)]
        if not fits:
            amounts = sorted({format_minor(p.amount_minor, p.currency) for p in found})
            raise Iso20022Error(f"the payment with {_said(wanted)} is of {' or '.join(amounts)}, which {_told(part)}")
        for name in _IDS:
            agreeing = [p for p in fits if getattr(wanted, name) == getattr(p.reference, name)]
            fits = agreeing if agreeing and getattr(wanted, name) else fits
        if len(fits) > 1:
            raise Iso20022Error(f"{len(fits)} payments have {_said(wanted)}, and nothing tells which is meant")
        own = fits[0].reference
        differs = [
            name for name in _IDS if None not in (w := (getattr(wanted, name), getattr(own, name))) and w[0] != w[1]
        ]
        return Tied(fits[0], tuple(differs))

    def _named(self, wanted: Reference) -> Iterable[Paid]:
        if wanted.uetr:
            return self._by_uetr.get(wanted.uetr, ())
        ids = ("transaction_id", "instruction_id", "end_to_end_id")
        return (
            p
            for p in self._by_message.get(wanted.message_id or "", ())
            if any(getattr(wanted, x) and getattr(wanted, x) == getattr(p.reference, x) for x in ids)
        )


def _amount_fits(part: Recalled | Answered | Returned, payment: Paid) -> bool:
    stated = part.reference
    if stated.amount_minor is not None and (stated.amount_minor, stated.currency) != (
        payment.amount_minor,
        payment.currency,
    ):
        return False
    if isinstance(part, Returned):
        return part.currency == payment.currency and part.amount_minor <= payment.amount_minor
    return True


def _told(part: Recalled | Answered | Returned) -> str:
    if isinstance(part, Returned):
        return f"cannot have {format_minor(part.amount_minor, part.currency)} returned"
    stated = part.reference
    assert stated.amount_minor is not None and stated.currency is not None
    return f"is not {format_minor(stated.amount_minor, stated.currency)}"


def _said(wanted: Reference) -> str:
    if wanted.uetr:
        return f"the UETR `{wanted.uetr}`"
    return f"the message id `{wanted.message_id}` and these ids" if wanted.message_id else "neither UETR nor message id"
