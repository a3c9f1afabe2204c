"""Which accounts to stop now, in which order, and what to tell each institution.

The order weighs how much can be kept against how soon it will be gone. Money that came to an account on this trace lay
there for some time before it went on; the middle one of those times (the lower of two) is the account's residence. An
account that has passed nothing on yet takes that of all the trace's accounts together, and where none has, a day is
assumed. What is left of the residence, counted from the latest arrival, is the time left. An institution needs some
minutes to act, so:

    urgency = stolen money in the account / (time left + REACTION)

in minor units an hour, largest first, equal ones by amount and then by account. It is a measure for the order of calls,
not a forecast: each line says which residence was used. The amount to keep is never more than the stolen money that
the trace found in the account, nor more than its balance.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..base.money import format_minor
from ..base.times import MICROSECOND_UNITS, format_instant
from ..engine.duty import UNKNOWN_INSTITUTION
from .orders import STOP, Order
from .result import Edge, Holding

if TYPE_CHECKING:
    from .order_book import Outcome
    from .result import Trace

REACTION_US = 15 * MICROSECOND_UNITS["m"]
"""From the call to the stop. It keeps money that is expected to be gone already comparable by its amount."""
UNKNOWN_RESIDENCE_US = 24 * MICROSECOND_UNITS["h"]
_HOUR_US = MICROSECOND_UNITS["h"]
HERE, ELSEWHERE, ASSUMED = "seen in this account", "seen in the other accounts", "assumed, none was seen"


@dataclass(frozen=True, slots=True)
class Arrival:
    """The transfer by which stolen money last came: what a stop order names, and what must match. `amount_minor` is
    the whole transfer, `stolen_minor` of it stolen."""

    payment: str
    at_us: int
    amount_minor: int
    stolen_minor: int
    from_account: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """An account to stop. `amount_minor`: stolen money in it that can be kept. `victims`: whose, by amount.
    `residence_us` and `seen`: how long money lay there, and where that was seen. `left_us`: time left."""

    account: str
    institution: str
    amount_minor: int
    victims: tuple[tuple[str, int], ...]
    balance_minor: int
    arrival: Arrival | None
    residence_us: int
    seen: str
    left_us: int

    @property
    def urgency(self) -> int:
        """Minor units an hour, rounded down."""
        return self.amount_minor * _HOUR_US // (self.left_us + REACTION_US)

    def order(
        self,
        *,
        id: str,
        case: str,
        issuer: str,
        issuer_level: str,
        at_us: int,
        holder: str | None = None,
        kind: str = STOP,
    ) -> Order:
        """The order to stop it, or by `kind` to freeze what is stolen in it. `holder`: the name in which the account is
        kept, one of the four particulars. Where the history does not name the institution, it is `unknown`."""
        return Order(
            id, kind, self.account, self.institution or UNKNOWN_INSTITUTION, issuer, issuer_level, at_us, case,
            amount_minor=self.amount_minor,
            account_name=holder,
            transfer_minor=self.arrival.amount_minor if self.arrival else None,
            transfer_at_us=self.arrival.at_us if self.arrival else None,
        )  # fmt: skip

    def message(self, currency: str, outcome: Outcome | None = None) -> str:
        """What to tell the institution, account numbers in full. `outcome`: what an order comes to, by the rules."""
        money = format_minor(self.amount_minor, currency)
        said = [f"To {self.institution or 'the institution that keeps the account'}: stop account {self.account}."]
        said.append(f"It holds {money} of stolen money.")
        if self.arrival is not None:
            a = self.arrival
            said.append(
                f"{format_minor(a.amount_minor, currency)} came on {format_instant(a.at_us)} by payment {a.payment}"
                + (f" from account {a.from_account}." if a.from_account else ".")
            )
        said.append(
            "Account number, account name, this amount and this time must all match; if one does not, do not stop."
        )
        if outcome is not None and outcome.until_us is not None:
            said.append(f"The stop ends on {format_instant(outcome.until_us)}.")
        elif outcome is not None and not outcome.carried_out:
            said.append(f"By the rules it would not be carried out: {'; '.join(outcome.because)}.")
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Plan:
    """All targets, the most urgent first, at one moment. `beyond`: what no order can reach, in sentences."""

    at_us: int
    currency: str
    targets: tuple[Target, ...]
    beyond: tuple[str, ...]

    @property
    def recoverable_minor(self) -> int:
        return sum(target.amount_minor for target in self.targets)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, account numbers in full."""
        return {
            "at": format_instant(self.at_us),
            "currency": self.currency,
            "recoverable_minor": self.recoverable_minor,
            "targets": [
                {**asdict(t), "urgency_minor_an_hour": t.urgency, "message": t.message(self.currency)}
                for t in self.targets
            ],
            "beyond": list(self.beyond),
        }


def stop_plan(trace: Trace, at_us: int) -> Plan:
    """The plan for a trace at a moment: by what was known then, so later rows of the history do not count."""
    edges = [edge for edge in trace.edges() if edge.at_us <= at_us]
    whole = _whole_amounts(trace, {edge.payment for edge in edges})
    beyond = []
    gone = sum(edge.amount_minor for edge in edges if edge.way == "left")
    if gone:
        beyond.append(f"{format_minor(gone, trace.currency)} has left what the history shows, as cash or to outside")
    if trace.cut is not None:
        beyond += trace.cut.because
    return replace(plan_of(trace.where(at_us), edges, whole, at_us, trace.currency), beyond=tuple(beyond))


def plan_of(
    holdings: Iterable[Holding], edges: Sequence[Edge], whole: Mapping[str, int], at_us: int, currency: str
) -> Plan:
    """The plan from where the money is and how it came. `whole`: amounts of whole payments, by id."""
    arrivals: dict[str, dict[str, list[Edge]]] = {}
    departures: dict[str, list[int]] = {}
    for edge in edges:
        if edge.way in ("theft", "moved") and edge.to_account is not None:
            arrivals.setdefault(edge.to_account, {}).setdefault(edge.payment, []).append(edge)
        if edge.way != "theft" and edge.way != "lost" and edge.from_account is not None:
            departures.setdefault(edge.from_account, []).append(edge.at_us)
    stays = {account: _stays(came, sorted(departures.get(account, ()))) for account, came in arrivals.items()}
    everywhere = _middle([stay for each in stays.values() for stay in each])
    by_account: dict[str, list[Holding]] = {}
    for holding in holdings:
        by_account.setdefault(holding.account, []).append(holding)
    targets = []
    for account, held in by_account.items():
        own = _middle(stays.get(account, []))
        residence, seen = (own, HERE) if own is not None else (everywhere, ELSEWHERE)
        if residence is None:
            residence, seen = UNKNOWN_RESIDENCE_US, ASSUMED
        arrival = _latest(arrivals.get(account, {}), whole)
        came_us = arrival.at_us if arrival else min(h.since_us for h in held)
        amount = min(sum(h.amount_minor for h in held), held[0].balance_minor)
        if amount <= 0:
            continue
        victims = tuple(
            sorted(((h.victim, h.amount_minor) for h in held if h.amount_minor), key=lambda v: (-v[1], v[0]))
        )
        left = max(0, came_us + residence - at_us)
        targets.append(
            Target(account, held[0].institution, amount, victims, held[0].balance_minor, arrival, residence, seen, left)
        )
    targets.sort(key=lambda t: (-t.urgency, -t.amount_minor, t.account))
    return Plan(at_us, currency, tuple(targets), ())


def _stays(came: Mapping[str, list[Edge]], went: Sequence[int]) -> list[int]:
    """For each payment that brought money, how long until the account next passed some on; those that wait are none."""
    stays = []
    for edges in came.values():
        place = bisect_left(went, edges[0].at_us)
        if place < len(went):
            stays.append(went[place] - edges[0].at_us)
    return stays


def _middle(values: list[int]) -> int | None:
    return sorted(values)[(len(values) - 1) // 2] if values else None


def _latest(came: Mapping[str, list[Edge]], whole: Mapping[str, int]) -> Arrival | None:
    """The last payment that brought money; of several at one time the one with the most of it."""
    if not came:
        return None
    edges = max(came.values(), key=lambda e: (e[0].at_us, sum(x.amount_minor for x in e), e[0].payment))
    stolen = sum(edge.amount_minor for edge in edges)
    first = edges[0]
    return Arrival(first.payment, first.at_us, whole.get(first.payment, stolen), stolen, first.from_account)


def _whole_amounts(trace: Trace, payments: set[str]) -> dict[str, int]:
    """The amount of each payment as the history has it."""
    ledger = trace.ledger
    found: dict[str, int] = {}
    for movement in sorted({int(row) for row in trace.entries.row}):
        payment = str(ledger.ids[ledger.row[movement]])
        if payment in payments:
            found[payment] = max(found.get(payment, 0), int(ledger.amount[movement]))
    return found
