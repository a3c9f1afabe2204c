"""Payments that leave the country or come from it, of ordinary people.

Nearly all of it is a son who studies there, a mother who is sent something every month, a journey, a shop: a payment
that leaves the country says little about its payer.
"""

from __future__ import annotations

import numpy as np

from .growing import Array, Integers
from .manners import PLACE
from .paydays import day_of_month
from .plans import Today
from .rows import Rows, chosen, joined, make_rows
from .shopping import paying_account
from .trades import ONLINE, TRADES

JOURNEY_DAYS = 8
_MEDIAN = np.array([trade.median for trade in TRADES])


def remittances(today: Today) -> Rows:
    """Families send somebody abroad what they live on, mostly once a month; some are sent something home."""
    p, rng = today.population, today.rng
    kin = p.kin_abroad
    regular = (kin >= 0) & (p.rent_day == day_of_month(today)) & (rng.random(p.people) < 0.8)
    who = np.flatnonzero(regular | ((kin >= 0) & (rng.random(p.people) < 0.02)))
    home = who % 4 == 0
    amount = today.amounts(len(who), 4_200, 0.7, 10_000)
    rows = make_rows(
        len(who),
        time=today.moments(len(who)),
        payer=np.where(home, kin[who], who),
        payee=np.where(home, who, kin[who]),
        amount=amount,
        manner=np.where(rng.random(len(who)) < 0.15, PLACE["tuition"], PLACE["family"]),
    )
    return chosen(rows, home | (amount < p.accounts["balance"][who] * 0.7))


def among_those_abroad(today: Today) -> Rows:
    """Rooms shared, dinners, rent to somebody there, now and then something to a friend at home."""
    p, rng = today.population, today.rng
    payer = np.repeat(p.abroad, rng.poisson(0.14, len(p.abroad)))
    n = len(payer)
    near = (payer - p.abroad[0] + rng.integers(1, 7, n)) % len(p.abroad)
    back = rng.random(n) < 0.12
    payee = np.where(back, rng.integers(p.people, size=n), p.abroad[near])
    rent = ~back & (rng.random(n) < 0.12)
    amount = np.where(rent, today.amounts(n, 3_600, 0.4, 5_000), today.amounts(n, 260, 1.1, 10))
    rows = make_rows(
        n,
        time=today.moments(n),
        payer=payer,
        payee=payee,
        amount=amount,
        manner=np.where(rent, PLACE["rent"], PLACE["friend"]),
    )
    return chosen(rows, payer != payee)


def purchases_abroad(today: Today) -> Rows:
    """What people buy from shops abroad, from home and on journeys, and what a host or a guide there is paid."""
    p, rng = today.population, today.rng
    mean = 0.006 * today.setting.prices * today.season.shopping
    from_home = np.flatnonzero(rng.random(p.people) < mean)
    travellers = np.flatnonzero(_travel(today))
    on_journey = np.repeat(travellers, rng.poisson(1.4, len(travellers)))
    bought = [_bought(today, from_home, far=True), _bought(today, on_journey, far=False)]
    return joined([*bought, _hosts(today, travellers)])


def _travel(today: Today) -> Array:
    """bool[people]: who is abroad today, by stretches of days."""
    stretch = today.number // JOURNEY_DAYS
    drawn = (np.arange(today.population.people) * 7_919 + stretch * 104_729) % 10_007
    return np.asarray(drawn < 10_007 * 0.35 * today.setting.abroad)


def _bought(today: Today, who: Integers, far: bool) -> Rows:
    p, rng = today.population, today.rng
    shops = p.shops_abroad[ONLINE[p.merchants["trade"][p.shops_abroad]] == far]
    shop = shops[rng.integers(len(shops), size=len(who))]
    median = _MEDIAN[p.merchants["trade"][shop]] * (2.5 if far else 1.2)
    amount = (today.amounts(len(who), 1.0, 0.8) * median * today.setting.prices).astype(np.int64) + 100
    rows = make_rows(
        len(who),
        time=today.moments(len(who), "online" if far else "waking"),
        payer=paying_account(today, who, amount, 0.3),
        payee=p.merchants["account"][shop],
        amount=amount,
        merchant=shop,
        manner=PLACE["shop overseas" if far else "on a journey"],
        payer_region=-1 if far else p.merchants["region"][shop],
    )
    return chosen(rows, amount < p.accounts["balance"][who] * 0.6)


def _hosts(today: Today, travellers: Integers) -> Rows:
    p, rng = today.population, today.rng
    who = travellers[rng.random(len(travellers)) < 0.12]
    amount = today.amounts(len(who), 900, 0.9, 100)
    rows = make_rows(
        len(who),
        time=today.moments(len(who)),
        payer=who,
        payee=p.abroad[rng.integers(len(p.abroad), size=len(who))],
        amount=amount,
        manner=PLACE["acquaintance"],
    )
    return chosen(rows, amount < p.accounts["balance"][who] * 0.6)
