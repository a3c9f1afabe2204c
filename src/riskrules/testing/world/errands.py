"""Money that honest people take in and send on the same day, because somebody asked them to pay.

A mother sends her son what the landlord wants, a friend pays for both, a colleague orders for the office, a wife moves
to the savings account what her husband has sent. Most people have more in their account than that; students do not.
"""

from __future__ import annotations

import numpy as np

from .growing import Integers
from .manners import PLACE
from .plans import Today
from .rows import Rows, chosen, make_rows
from .settings import SECOND_US

A_DAY = 0.0016
"""How many of the people run such an errand on a day."""


def errands(today: Today) -> Rows:
    """What they are given for it; what they pay with it follows within hours, and only if it came."""
    p, rng = today.population, today.rng
    who = np.flatnonzero(rng.random(p.people) < A_DAY)
    n = len(who)
    asks = p.contacts[who, (rng.random(n) ** 2 * p.contacts.shape[1]).astype(np.int64)].astype(np.int64)
    amount = today.amounts(n, 900, 1.0, 1_000)
    plan = np.arange(today.plans.plans, today.plans.plans + n)
    today.plans.plans += n
    given = make_rows(n, time=today.moments(n), payer=asks, payee=who, amount=amount, manner=PLACE["friend"], plan=plan)
    given = chosen(given, (asks != who) & (amount < p.accounts["balance"][asks] * 0.7))
    _paid_with_it(today, given)
    return given


def _paid_with_it(today: Today, given: Rows) -> None:
    p, rng = today.population, today.rng
    n = len(given["plan"])
    u = rng.random(n)
    who: Integers = given["payee"]
    payee = np.select(
        [u < 0.45, u < 0.6, (u < 0.7) & (p.landlord[who] >= 0), (u < 0.8) & (p.second_of[who] >= 0)],
        [rng.integers(p.people, size=n), p.companies[rng.integers(len(p.companies), size=n)], p.landlord[who],
         p.second_of[who]],
        p.contacts[who, rng.integers(p.contacts.shape[1], size=n)],
    ).astype(np.int64)  # fmt: skip
    part = np.where(rng.random(n) < 0.5, 1.0, rng.uniform(0.4, 1.05, n))
    minutes = np.exp(rng.normal(np.log(55), 1.2, n))
    rows = make_rows(
        n,
        time=given["time"] + (minutes * 60).astype(np.int64) * SECOND_US + SECOND_US,
        payer=who,
        payee=payee,
        amount=np.maximum(100, (given["amount"] * part).astype(np.int64) // 100 * 100),
        manner=np.where(u < 0.6, PLACE["acquaintance"], PLACE["friend"]),
        parent=given["plan"],
    )
    today.plans.add(chosen(rows, payee != who))
