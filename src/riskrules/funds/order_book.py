"""Orders to stop and to freeze, given, extended, lifted and run out, each once.

Whether an order is carried out, by which measure and for how long is what the rules on orders say; no legal figure
stands here. The book adds what only it knows: how often the account was stopped, what an extension is of and when that
ends, how much of the traced money is frozen already. So a freeze never takes more than a trace found.

Every answer is in the journal before it is given, the refusals too: the same order once more gets the same answer and
changes nothing, and the same id with other content is an error. What the rules said is kept with it and is not asked
again, so a book reads the same after the rules have changed. Orders come in order of their arrival.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from ..base.money import format_minor
from ..base.times import format_instant, zone_of
from ..engine.decision import Action, Decision
from ..meaning import nodes as n
from ..meaning.deadlines import due_us
from ..schema.errors import PaymentError
from .journal import JournalError, Records
from .orders import EXTEND, FITS, FREEZE, LIFT, QUERY, STOP, Fit, Order, OrderError, event_of, order_of_record
from .restraints import Restraint, Standing, Term, standing

MOST_TERMS = 1_000
"""Renewals of one freeze: centuries."""


class Decides(Protocol):
    """An `Engine` whose ruleset has rules on orders."""

    def decide(self, happened: object, /, *, event: str = ...) -> Decision: ...


class OrderConflict(OrderError):
    """The id was given before to an order with other content: one of the two is wrong, and neither is guessed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to an order, which is also the feedback that is owed for it at once.

    `carried_out`, and `because` in sentences, whichever it is. `from_us` and `until_us`: the time for which the account
    is kept (None where nothing is). `held_minor`: what a freeze keeps; `left_free_minor`: what of the ordered amount
    it does not, being above the traced money. `decision`: what the rules said, account numbers masked."""

    order: str
    at_us: int
    carried_out: bool
    because: tuple[str, ...]
    from_us: int | None = None
    until_us: int | None = None
    held_minor: int | None = None
    left_free_minor: int | None = None
    decision: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "because": list(self.because)}

    def feedback(self) -> dict[str, Any]:
        """What goes back to the authority."""
        return {
            "order": self.order,
            "result": "carried out" if self.carried_out else "not carried out",
            "because": list(self.because),
            "at": format_instant(self.at_us),
            "from": None if self.from_us is None else format_instant(self.from_us),
            "until": None if self.until_us is None else format_instant(self.until_us),
            "held_minor": self.held_minor,
            "left_free_minor": self.left_free_minor,
        }


class OrderBook:
    """The orders of one institution in one currency. `folder`: where its journal is, None for memory alone (which
    ends with the process). Safe from threads; one process at a time. JournalError where the folder cannot be used."""

    def __init__(self, engine: Decides, currency: str, folder: Path | str | None = None) -> None:
        self._engine = engine
        self.currency = currency
        self._lock = threading.Lock()
        self._orders: dict[str, tuple[Order, Outcome]] = {}
        self._restraints: dict[str, Restraint] = {}
        self._of_account: dict[str, list[str]] = {}
        self._latest_us: int | None = None
        about = {"about": "orders", "currency": currency}
        self._records = Records(None if folder is None else Path(folder), about)
        try:
            for record in self._records.found:
                self._apply(*_read(record))
        except (KeyError, TypeError, ValueError) as error:
            self._records.close()
            raise JournalError(f"`{folder}` holds a record that this version cannot read: {error}") from error
        self._records.found.clear()

    def give(self, order: Order, at_us: int, *, fit: Fit | None = None, traced_minor: int | None = None) -> Outcome:
        """Carry out an order that arrived at `at_us`, or say why not.

        `fit`: which particulars the books confirm; a stop, and what extends one, cannot do without. `traced_minor`: how
        much of the account is traced money of the order's case; the freezes of a case never hold more of an account.
        OrderConflict and OrderError as their names say, JournalError where the answer cannot be kept; then nothing has
        changed."""
        with self._lock:
            before = self._orders.get(order.id)
            if before is not None:
                if before[0] != order:
                    raise OrderConflict(f"the order `{order.id}` was given before with other content")
                return before[1]
            if self._latest_us is not None and at_us < self._latest_us:
                raise OrderError(f"the order `{order.id}` arrived before one that is in the book already")
            outcome = self._outcome(order, at_us, fit, traced_minor)
            self._records.append({"order": order.to_dict(), "outcome": outcome.to_dict()})
            self._apply(order, outcome)
            return outcome

    def standing(self, account: str, at_us: int) -> Standing:
        """What holds the account at a moment."""
        with self._lock:
            return standing(account, self._of(account), at_us)

    def restraints(self, account: str) -> tuple[Restraint, ...]:
        """All that the account ever had, in order of arrival."""
        with self._lock:
            return self._of(account)

    def outcome(self, order: str) -> Outcome | None:
        """The answer that an order got; None where there was no such order."""
        with self._lock:
            found = self._orders.get(order)
        return found[1] if found else None

    def ending(self, from_us: int, until_us: int) -> tuple[Restraint, ...]:
        """What runs out within [from_us, until_us) unless somebody renews it, the first first."""
        with self._lock:
            due = [r for r in self._restraints.values() if r.lifted_at_us is None and from_us <= r.ends_us < until_us]
        return tuple(sorted(due, key=lambda r: (r.ends_us, r.order)))

    def close(self) -> None:
        """Let go of the folder."""
        self._records.close()

    def _of(self, account: str) -> tuple[Restraint, ...]:
        return tuple(self._restraints[order] for order in self._of_account.get(account, ()))

    def _outcome(self, order: Order, at_us: int, fit: Fit | None, traced_minor: int | None) -> Outcome:
        of = self._restraints.get(order.of) if order.of else None
        wrong = self._wrong_reference(order, of, at_us)
        if wrong:
            return Outcome(order.id, at_us, False, (wrong,))
        verb = STOP if STOP in (order.kind, of.kind if of else "") else FREEZE
        if fit is None and verb == STOP and order.kind != LIFT:
            raise OrderError(
                f"the order `{order.id}` stops an account: compare its four particulars with the books first"
            )
        earlier = None if of is None else (of.kind, of.ends_us)
        stops = sum(len(r.terms) for r in self._of(order.account) if r.measure == STOP)
        event = event_of(order, fit or FITS, self.currency, at_us, stops, earlier)
        try:
            decision = self._engine.decide(event, event="order")
        except PaymentError as error:
            raise OrderError(f"the order `{order.id}` does not fit: {error}") from error
        said = json.loads(decision.to_json())  # as it will be read back
        if decision.action > Action.WARN:
            texts = tuple(r.text for r in decision.rules_fired if r.action and r.action.level > n.WARN)
            return Outcome(order.id, at_us, False, texts or (f"the rules say {decision.act}",), decision=said)
        texts = tuple(r.text for r in decision.rules_fired)
        if order.kind == QUERY:
            return Outcome(order.id, at_us, True, texts or ("a question changes nothing",), decision=said)
        if order.kind == LIFT:
            return Outcome(order.id, at_us, True, texts or ("the account is released",), at_us, at_us, decision=said)
        span = _span(decision, verb)
        if span is None:
            because = f"no rule of `{decision.ruleset.name}` has a measure `{verb} order.account` for this order"
            return Outcome(order.id, at_us, False, (because,), decision=said)
        outcome = Outcome(order.id, at_us, True, texts, decision=said)
        zone = zone_of(decision.facts.serving.rules.frame.timezone)
        return self._kept(order, of, (span, zone), traced_minor, outcome)

    def _wrong_reference(self, order: Order, of: Restraint | None, at_us: int) -> str:
        """Why an extension or a lift is about nothing; "" where it is about something."""
        if order.of is None:
            return ""
        if of is None or (of.account, of.institution) != (order.account, order.institution):
            return f"the order `{order.of}` keeps nothing in this account"
        if of.lifted_at_us is not None:
            return f"the order `{order.of}` was lifted on {format_instant(of.lifted_at_us)}"
        if order.kind == LIFT and not of.ahead(at_us):
            return f"the order `{order.of}` ended by itself on {format_instant(of.ends_us)}"
        if order.kind == EXTEND and of.measure == FREEZE and at_us < of.terms[-1].begins_us:
            begun = len(of.terms) > 1
            until = f"is renewed already, until {format_instant(of.ends_us)}"
            return f"the order `{order.of}` {until if begun else 'has not begun, so there is nothing to renew'}"
        if order.kind == EXTEND and len(of.terms) >= MOST_TERMS:
            return f"the order `{order.of}` was renewed {MOST_TERMS:_} times"
        return ""

    def _kept(
        self,
        order: Order,
        of: Restraint | None,
        lasting: tuple[n.Span, ZoneInfo],
        traced_minor: int | None,
        outcome: Outcome,
    ) -> Outcome:
        """The outcome with the time and the amount that it keeps."""
        begins = order.starts_at_us if of is None or of.measure == STOP else max(of.ends_us, order.starts_at_us)
        ends = due_us(n.Within(lasting[0]), {"occurred_at": begins}, lasting[1], None, "order")
        ends = ends if order.ends_at_us is None else min(ends, order.ends_at_us)
        if ends <= max(begins, outcome.at_us):
            because = f"it ended on {format_instant(ends)}, before it arrived or could begin"
            return replace(outcome, carried_out=False, because=(because,))
        if of is not None and of.measure == FREEZE and begins > of.ends_us:
            because = f"the freeze ends on {format_instant(of.ends_us)}, before the renewal begins"
            return replace(outcome, carried_out=False, because=(because,))
        outcome = replace(outcome, from_us=begins, until_us=ends)
        if STOP in (order.kind, of.kind if of else ""):
            return outcome
        if of is not None:
            return replace(outcome, held_minor=of.held_minor, left_free_minor=0)
        return self._held(order, traced_minor, outcome)

    def _held(self, order: Order, traced_minor: int | None, outcome: Outcome) -> Outcome:
        if order.amount_minor is None and traced_minor is None:
            raise OrderError(
                f"the freeze `{order.id}` names no amount and there is no trace, so it would take everything"
            )
        held = order.amount_minor if order.amount_minor is not None else traced_minor
        assert held is not None
        ordered = held
        if traced_minor is not None:
            frozen = [r for r in self._of(order.account) if r.case == order.case and r.measure == FREEZE]
            taken = sum(r.held_minor or 0 for r in frozen if r.ahead(outcome.at_us))
            held = min(held, max(0, traced_minor - taken))
            if held == 0:
                because = f"all the traced money in the account, {self._money(traced_minor)}, is frozen already"
                because = because if taken else "no traced money is in the account"
                return Outcome(order.id, outcome.at_us, False, (because,), decision=outcome.decision)
        return replace(outcome, held_minor=held, left_free_minor=ordered - held)

    def _money(self, amount_minor: int) -> str:
        return format_minor(amount_minor, self.currency)

    def _apply(self, order: Order, outcome: Outcome) -> None:
        self._orders[order.id] = (order, outcome)
        self._latest_us = outcome.at_us
        if not outcome.carried_out or order.kind == QUERY:
            return
        if order.kind == LIFT:
            assert order.of is not None
            lifted = self._restraints[order.of]
            self._restraints[order.of] = replace(lifted, lifted_at_us=outcome.at_us, lifted_by=order.id)
            return
        assert outcome.from_us is not None and outcome.until_us is not None
        term = Term(order.id, outcome.from_us, outcome.until_us)
        of = self._restraints[order.of] if order.of is not None else None
        if of is not None and of.measure == FREEZE:
            self._restraints[of.order] = replace(of, terms=(*of.terms, term))
            return
        kind = STOP if of is not None else order.kind
        self._restraints[order.id] = Restraint(
            order.id, kind, order.account, order.institution, order.case, order.issuer, outcome.held_minor, (term,)
        )
        self._of_account.setdefault(order.account, []).append(order.id)


def _read(record: dict[str, Any]) -> tuple[Order, Outcome]:
    outcome = dict(record["outcome"])
    return order_of_record(record["order"]), Outcome(**{**outcome, "because": tuple(outcome["because"])})


def _span(decision: Decision, verb: str) -> n.Span | None:
    """The longest time for which a rule that fired keeps the account that way. One in business days is none."""
    spans = [
        m.lasting
        for rule in decision.rules_fired
        for m in rule.measures
        if m.verb == verb
        and m.instrument == "order.account"
        and m.lasting is not None
        and m.lasting.unit != "business days"
    ]
    months = {"years": 12, "months": 1}
    return max(spans, key=lambda s: (s.unit in months, s.amount * months.get(s.unit, 1)), default=None)
