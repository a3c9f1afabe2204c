"""Who bears the loss of a claim, and until when, as a host and a person read it.

`meaning.allocation` says how a loss is shared; here it becomes typed results with the ids of the parties and, in
words, why. Amounts are whole minor units; `amount` is the same as an exact decimal, for a ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ..base.money import format_minor, minor_digits, write_decimal
from ..meaning import nodes as n
from ..meaning.allocation import SHARE, VICTIM, Allocation, AllocationError, Portion, allocate
from ..meaning.deadlines import counts_business_days
from ..meaning.losses import Part
from ..schema.errors import PaymentError
from ..schema.fields import Schema
from .duty import due_of
from .shown import masked, shown_text, shown_within

if TYPE_CHECKING:
    from .rules import Rules


@dataclass(frozen=True, slots=True)
class Share:
    """What one party bears of a loss. `party` as the ruleset names it (`payer.account`); `id` who that is: the
    institution of an account, merchant or wallet, else the party's own id (None where a claim does not name its
    victim). `amount` is money in the ruleset's currency. `rule`: the block that says so, None where none applies."""

    party: str
    id: str | None
    amount_minor: int
    amount: Decimal
    because: str
    rule: str | None

    def __repr__(self) -> str:
        return f"Share({self.party}: {self.amount}, {self.because})"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when the shares are to be paid: `due` is the first moment that is too late, UTC. `words`: the time that
    the ruleset gives, `calendar` whose business days it counts ("" where it counts none)."""

    rule: str
    due: datetime
    words: str
    calendar: str


def allocated(
    frame: n.Frame, schema: Schema, values: Mapping[str, n.Value | None], lists: Mapping[str, frozenset[str]]
) -> Allocation | None:
    """`allocate`, with what is wrong as PaymentError at the field that is at fault."""
    try:
        return allocate(frame, values, lists)
    except AllocationError as error:
        kind = "missing" if error.field and values.get(error.field) is None else "out-of-range"
        field = schema[error.field].key if error.field else frame.event
        raise PaymentError(field, str(error), kind if error.field else "claimed-twice") from error


def deadlines_of(
    rules: Rules, allocation: Allocation | None, values: Mapping[str, n.Value | None]
) -> tuple[Deadline, ...]:
    """The deadline of the block that was taken. PaymentError where its calendar lacks the year."""
    block = allocation.liability if allocation else None
    if block is None or block.within is None:
        return ()
    calendar = rules.frame.calendar if counts_business_days(block.within) else ""
    return (Deadline(block.name, due_of(rules, block.within, values), shown_within(block.within), calendar),)


def shares_of(
    frame: n.Frame, allocation: Allocation | None, values: Mapping[str, n.Value | None]
) -> tuple[Share, ...]:
    """In the order of the file, what stays with the victim last."""
    if allocation is None:
        return ()
    digits = minor_digits(frame.currency)
    name = allocation.liability.name if allocation.liability else None
    return tuple(
        Share(
            p.party,
            _id(values.get(p.bearer)),
            p.amount_minor,
            Decimal(write_decimal(p.amount_minor, digits)),
            _because(frame, allocation, p),
            name,
        )
        for p in allocation.portions
    )


def _id(value: n.Value | None) -> str | None:
    return value if isinstance(value, str) else None


def _because(frame: n.Frame, allocation: Allocation, portion: Portion) -> str:
    if portion.why != SHARE or portion.part is None:
        return portion.why if portion.party == VICTIM else f"{portion.why} that the victim does not bear"
    whole = format_minor(allocation.shared_minor, frame.currency)
    said = f"{shown_part(portion.part)} of {whole}"
    words = case_words(allocation)
    return f"{said}: {words}" if words and words != "otherwise" else said


def cited_by(allocation: Allocation) -> tuple[n.Citation, ...]:
    """The citations of the block that was taken, and of its case."""
    block = allocation.liability
    if block is None or allocation.case is None:
        return ()
    return (*block.citations, *block.cases[allocation.case].citations)


def case_words(allocation: Allocation) -> str:
    """The case that was taken, in the author's words; "" where the block has none."""
    block = allocation.liability
    return block.cases[allocation.case].words if block and allocation.case is not None else ""


def shown_part(part: Part) -> str:
    """`50%`, `the rest`."""
    if part.value is None:
        return "the rest"
    return f"{write_decimal(part.value, part.digits - 2, shortest=True)}%"


def shares_told(shares: tuple[Share, ...], schema: Schema) -> list[dict[str, object]]:
    """The shares as plain values, a victim's id masked."""
    return [
        {
            "party": s.party,
            "id": s.id and (masked(s.id) if _is_person(s.party, schema) else shown_text("institution", s.id)),
            "amount_minor": s.amount_minor,
            "amount": str(s.amount),
            "because": s.because,
            "rule": s.rule,
        }
        for s in shares
    ]


def _is_person(party: str, schema: Schema) -> bool:
    """Whether the id of the share is the party's own, and not that of an institution."""
    return schema[party].kind.name == "party"
