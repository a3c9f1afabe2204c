"""What each part of a return case is waiting for at one moment, by asking the rules on returns about it.

The rules say whether a return may be carried out when it is asked about. When a wait ends, and from when the time to
pay runs, is found by asking about other moments, so that no period stands here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..base.money import minor_digits, write_decimal
from ..base.times import MICROSECOND_UNITS, format_instant, instant_of
from ..engine.decision import Action, Decision
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from .order_book import Decides
from .return_facts import Notice, Objection, Part, State
from .returns import METHOD_OF, Line

if TYPE_CHECKING:
    from .return_case import ReturnCase

_SECOND_US = MICROSECOND_UNITS["s"]
_FIRST_LOOK_US, _LOOK_AHEAD_US = MICROSECOND_UNITS["d"], 256 * MICROSECOND_UNITS["d"]
"""How far ahead it is looked for the moment at which a wait ends by itself, at first and at last."""


def parts_of(case: ReturnCase, engine: Decides, at_us: int) -> tuple[Part, ...]:
    """The parts in the order of the division's lines."""
    asking = _Asking(case, engine)
    return tuple(asking.part(line, at_us) for line in case.division.lines)


class _Asking:
    """A case and the rules, with what was found for one line and holds for others."""

    def __init__(self, case: ReturnCase, engine: Decides) -> None:
        self.case = case
        self._engine = engine
        self._victims = {victim.id: victim for victim in case.victims}
        self._accounts = {account.account: account for account in case.accounts}
        self._paid = {(payment.account, payment.victim): payment for payment in case.paid}
        self._ready: dict[tuple[object, ...], int] = {}
        self._due_at: dict[tuple[object, ...], int | None] = {}

    def part(self, line: Line, at_us: int) -> Part:
        payment = self._paid.get((line.account, line.victim))
        if payment is not None and payment.at_us <= at_us:
            return Part(line, "paid", (f"paid on {format_instant(payment.at_us)}, reference {payment.reference}",))
        if self.case.approval is None or self.case.approval.at_us > at_us:
            return Part(line, "to be decided", ("no authority has decided to return it",))
        if self.case.approval.of != self.case.division.fingerprint:
            return Part(line, "to be decided", ("the decision is about another division; this one needs its own",))
        if self.case.approval.served_at_us > at_us:
            return Part(
                line, "waits", ("the papers have not reached the institution",), self.case.approval.served_at_us
            )
        upheld = [o.id for o in self._objections(line, at_us) if o.upheld]
        if upheld:
            return Part(line, "suspended", (f"the objection `{upheld[0]}` was upheld: divide anew",))
        decision = self._asked(line, at_us)
        texts = tuple(rule.text for rule in decision.rules_fired)
        held = tuple(r.text for r in decision.rules_fired if r.action and r.action.level > n.WARN)
        if decision.action == Action.REJECT:
            return Part(line, "refused", held, decision=decision)
        waiting = [o.id for o in self._objections(line, at_us) if o.reviewed_at_us is None]
        if waiting:
            because = tuple(f"the objection `{x}` is not reviewed" for x in waiting)
            return Part(line, "suspended", because, decision=decision)
        if decision.action > Action.WARN:
            return Part(line, "waits", held or texts, self._until(line, at_us), decision=decision)
        due = self._due(line, at_us)
        state: State = "to be paid" if due is None or at_us < due else "overdue"
        return Part(line, state, texts or ("no rule is against it",), due_us=due, decision=decision)

    def _objections(self, line: Line, at_us: int) -> list[Objection]:
        """Those that concern the line, as they stood at the moment."""
        known = [o for o in self.case.objections if o.at_us <= at_us and o.concerns(line)]
        return [
            o
            if o.reviewed_at_us is None or o.reviewed_at_us <= at_us
            else replace(o, reviewed_at_us=None, upheld=False)
            for o in known
        ]

    def _notice(self, at_us: int) -> Notice | None:
        own = [x for x in self.case.notices if x.of == self.case.division.fingerprint and x.began_at_us <= at_us]
        return min(own, key=lambda x: x.began_at_us, default=None)

    def _asked(self, line: Line, at_us: int) -> Decision:
        """What the rules on returns say about the line at the moment."""
        approval = self.case.approval
        assert approval is not None
        digits = minor_digits(self.case.currency)
        victim = self._victims[line.victim]
        frozen = self._accounts[line.account]
        objections = self._objections(line, at_us)
        notice = self._notice(at_us)
        event: dict[str, Any] = {
            "id": self.case.id,
            "occurred_at": format_instant(at_us),
            "currency": self.case.currency,
            "frozen": write_decimal(frozen.frozen_minor, digits),
            "loss": write_decimal(victim.loss_minor, digits),
            "amount": write_decimal(line.amount_minor, digits),
            "frozen_by_police": approval.frozen_by_police,
            "ownership_clear": approval.ownership_clear,
            "decision_level": approval.level,
            "officers": approval.officers,
            "documents": approval.documents,
            "account": {"id": line.account, "institution": line.institution},
            "method": METHOD_OF[line.basis],
            "decided_at": format_instant(approval.at_us),
            "objections": len(objections),
            "objections_reviewed": all(o.reviewed_at_us is not None for o in objections),
            "to_original_account": not victim.original_closed,
            "to_victims_account": True,
            "original_account_closed": victim.original_closed,
        }
        if notice is not None:
            event["notice_began_at"] = format_instant(notice.began_at_us)
        return self._engine.decide(event, event="return")

    def _until(self, line: Line, at_us: int) -> int | None:
        """When the wait ends if nothing else happens; None where it does not within about a year, or the calendar of
        the rules does not reach so far."""
        ahead = _FIRST_LOOK_US
        try:
            while ahead <= _LOOK_AHEAD_US:
                found = self._first(line, at_us, at_us + ahead, "until")
                if found is not None:
                    return found
                ahead *= 2
        except PaymentError:
            return None
        return None

    def _due(self, line: Line, at_us: int) -> int | None:
        """Until when the institution is to pay: from the first moment at which it might."""
        assert self.case.approval is not None
        reviewed = [o.reviewed_at_us for o in self._objections(line, at_us) if o.reviewed_at_us is not None]
        earliest = max((self.case.approval.served_at_us, self.case.approval.at_us, *reviewed))
        key = ("due", earliest, line.account, line.basis)
        if key not in self._due_at:
            ready = self._first(line, earliest, at_us, "ready")
            assert ready is not None
            dues = [duty.due for duty in self._asked(line, ready).duties if duty.due is not None]
            self._due_at[key] = instant_of(min(dues)) if dues else None
        return self._due_at[key]

    def _first(self, line: Line, low: int, high: int, what: str) -> int | None:
        """The first second in [low, high] at which the rules let the line be paid, found by halving: nothing but the
        passing of time is different, and it only lets periods end. Lines that differ in amounts only share it."""
        key = (what, low, high, line.account, line.basis, len(self._objections(line, high)))
        if key not in self._ready:
            self._ready[key] = self._searched(line, low, high)
        return self._ready[key] if self._ready[key] >= 0 else None

    def _searched(self, line: Line, low: int, high: int) -> int:
        def free(at_us: int) -> bool:
            return self._asked(line, at_us).action <= Action.WARN

        if not free(high):
            return -1
        if free(low):
            return low
        while high - low > _SECOND_US:
            middle = (low + high) // 2
            low, high = (low, middle) if free(middle) else (middle, high)
        return high - high % _SECOND_US if free(high - high % _SECOND_US) else high
