"""What a backtest says of some payments: plain values, each with its interval. Money is in minor units."""

from __future__ import annotations

from dataclasses import dataclass

from .counting import FRAUD_PASSED, FRAUD_STOPPED, HONEST_STOPPED, KINDS, Counts
from .intervals import Rate, Share, money_share, rate, share

_ALL = range(KINDS)
_FRAUD = (FRAUD_PASSED, FRAUD_STOPPED)
_STOPPED = (HONEST_STOPPED, FRAUD_STOPPED)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the payments of a group: stopped means delayed, held or rejected; caught, fraud that was stopped.

    `stopped`: of its payments; `stopped_money`: of their money. `friction`: the share of its honest payments that was
    stopped. `caught`, `caught_money`: of its fraud, or, of a rule or an action, of all fraud that was measured.
    `precision`: how much of what was stopped was fraud; `fraud`: how much of all its payments. `people`: payers of whom
    an honest payment was stopped; `people_per_fraud`: for each fraud that was caught."""

    payments: int
    amount_minor: int
    fraud: Share
    fraud_minor: int
    stopped: Share
    stopped_money: Share
    friction: Share
    caught: Share
    caught_money: Share
    precision: Share
    people: int
    people_per_fraud: Rate

    @property
    def honest(self) -> int:
        return self.payments - self.fraud.part


def figures_of(counts: Counts, group: int, whole: tuple[Counts, int] | None = None) -> Figures:
    """A group's figures. `whole`: the group whose fraud is all fraud; its own if there is none."""
    of, place = whole or (counts, group)
    payments, fraud = counts.count(group, _ALL), counts.count(group, _FRAUD)
    stopped, caught = counts.count(group, _STOPPED), counts.count(group, (FRAUD_STOPPED,))
    amounts, caught_minor = counts.spread(group, _ALL), counts.spread(group, (FRAUD_STOPPED,))
    people = len(counts.people[group])
    return Figures(
        payments=payments,
        amount_minor=sum(amounts),
        fraud=share(fraud, payments),
        fraud_minor=sum(counts.spread(group, _FRAUD)),
        stopped=share(stopped, payments),
        stopped_money=money_share(counts.spread(group, _STOPPED), amounts),
        friction=share(stopped - caught, payments - fraud),
        caught=share(caught, of.count(place, _FRAUD)),
        caught_money=money_share(caught_minor, of.spread(place, _FRAUD)),
        precision=share(caught, stopped),
        people=people,
        people_per_fraud=rate(people, caught),
    )


@dataclass(frozen=True, slots=True)
class Alone:
    """What would no longer be stopped without a rule, less what only then would be (a rule may take from a score):
    payments, honest ones and fraud, and the money of each."""

    honest: int
    honest_minor: int
    fraud: int
    fraud_minor: int

    @property
    def payments(self) -> int:
        return self.honest + self.fraud


@dataclass(frozen=True, slots=True)
class Group:
    """A segment, a month (`2026-03`) or an action, and its figures."""

    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """`action`: the rule's own, such as `hold`; empty where it only scores or tells. `figures`: of the payments on
    which it fired, whatever stopped them. `alone`: what only this rule stops."""

    name: str
    text: str
    action: str
    score: int | None
    figures: Figures
    alone: Alone


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the curve of fraud caught against honest payments stopped: what would be stopped by `name` and by all
    points before it. `honest` and `fraud` payments, and the money of that fraud."""

    name: str
    honest: int
    fraud: int
    fraud_minor: int
