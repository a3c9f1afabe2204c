"""Whom a story needs: honest people of some age and means, accounts to launder through, shops, dealers, strangers.

Accounts for laundering come as they do in life: some opened for it last week, some bought that slept for a year, some
lent by their holders, who go on using them. So no single thing about an account tells what it is for.
"""

from __future__ import annotations

import numpy as np

from .accounts import BANK, COMPANY, ENTITY, NONE, PAYMENT, add_accounts, add_company_accounts
from .firms import sellers_named
from .foreigners import open_abroad
from .growing import Array, Integers
from .plans import Today
from .settings import DAY_US, SECOND_US
from .trades import TRADES

_TRIES = 24


def people(today: Today, count: int, low: int = 18, high: int = 95, least: int = 0) -> Integers:
    """Main accounts of people of an age, with at least so much in them where that can be had. None comes twice;
    of a small world there may be fewer than were asked for."""
    p, rng = today.population, today.rng
    drawn = np.unique(rng.integers(p.people, size=max(_TRIES * 8, _TRIES * count)))
    rng.shuffle(drawn)
    ages = p.parties["age"][drawn]
    fit = (ages >= low) & (ages <= high)
    rich = p.accounts["balance"][drawn] >= least
    order = np.argsort(~(fit & rich) * 2 + ~fit, kind="stable")
    return np.asarray(drawn[order][:count])


def strangers(today: Today, count: int) -> Integers:
    """Accounts of anybody, wallets and second accounts among them; the same may come twice."""
    p, rng = today.population, today.rng
    found = rng.integers(p.people, size=count)
    wallets, seconds = p.wallet_of[found], p.second_of[found]
    u = rng.random(count)
    found = np.where((wallets != NONE) & (u < 0.35), wallets, found)
    return np.where((seconds != NONE) & (u > 0.93), seconds, found)


def receiving(today: Today, account: int) -> int:
    """The account by which a person would be paid: the wallet now and then."""
    wallet = int(today.population.wallet_of[account]) if account < today.population.people else NONE
    return wallet if wallet != NONE and today.rng.random() < 0.3 else account


def new_account(today: Today, holder: int, days: tuple[int, int], kind: int = BANK) -> int:
    """An empty account that a person opened so many days ago."""
    ago = int(today.rng.integers(days[0], days[1] + 1))
    at = today.midnight - ago * DAY_US - int(today.rng.integers(1, 50_000)) * SECOND_US
    opened = add_accounts(today.setting, today.population.accounts, np.array([holder]), kind, today.rng, opened_at=at)
    return int(opened[0])


USED_AGAIN = 0.45
"""How often criminals take an account that they have at hand, and for how many days they keep one."""
KEPT_DAYS = 8


def laundering_account(today: Today) -> int:
    """An account that somebody gave away: at hand already, or a fresh one."""
    found = None
    if today.rng.random() < USED_AGAIN:
        found = today.plans.at_hand("laundering", today.number - KEPT_DAYS, today.rng)
    if found is None:
        found = _given_away(today)
        today.plans.in_use["laundering"].append((today.number, found))
    return found


def _given_away(today: Today) -> int:
    """Opened for it, asleep until now, or lent and still in use."""
    p, rng = today.population, today.rng
    u = rng.random()
    young = rng.random() < 0.6
    holder = int(people(today, 1, 18, 35 if young else 80)[0])
    kind = PAYMENT if rng.random() < 0.35 else BANK
    if u < 0.3:
        account = new_account(today, holder, (1, 28), kind)
    elif u < 0.6:
        account = new_account(today, holder, (40, 1_500), kind)
    else:
        spare = int(p.second_of[holder]) if rng.random() < 0.5 else int(p.wallet_of[holder])
        account = spare if spare != NONE else holder
    if u < 0.6:
        p.accounts["same_phone"][account] = 1 if rng.random() < 0.7 else rng.integers(2, 8)
        p.accounts["class"][account] = 0 if kind == BANK and rng.random() < 0.6 else p.accounts["class"][account]
    return account


def one_hand(today: Today, accounts: Array, chance: float = 0.4) -> None:
    """Sometimes one telephone holds several accounts; a lent account that is still in use keeps its own."""
    column = today.population.accounts["device"]
    if today.rng.random() < chance:
        own = accounts >= today.population.people
        device = (1 << 42) + int(today.rng.integers(1 << 40))
        column[accounts[own]] = device


def merchant(today: Today, trades: tuple[int, ...] = (), days: tuple[int, int] | None = None) -> int:
    """A merchant that is there already, of one of the trades if there is one."""
    m = today.population.merchants
    found = np.flatnonzero(np.isin(m["trade"], trades or np.arange(len(TRADES))) & ~m["abroad"])
    if days is not None:
        age = (today.midnight - m["onboarded_at"][found]) // DAY_US
        fit = found[(age >= days[0]) & (age <= days[1])]
        found = fit if len(fit) else found
    return int(today.rng.choice(found))


def new_merchant(today: Today, trade: int, days: tuple[int, int], account: int | None = None) -> int:
    """A merchant taken on so many days ago, of a company opened not long before unless an account is given."""
    p, rng = today.population, today.rng
    taken_on = today.midnight - int(rng.integers(days[0], days[1] + 1)) * DAY_US - int(rng.integers(50_000)) * SECOND_US
    if account is None:
        account = new_company(today, taken_on - int(rng.integers(5, 400)) * DAY_US)
    party = p.accounts["party"][account]
    found = p.merchants.add(
        1,
        account=account,
        trade=trade,
        onboarded_at=taken_on,
        region=p.parties["region"][party],
        acquirer=rng.integers(len(today.setting.acquirers)),
        same_name=rng.random() < 0.85,
        name=rng.integers(2**40),
        price=today.setting.prices,
        static=today.setting.static_codes,
        sellers=sellers_named(np.array([trade]), rng),
    )
    return int(found[0])


def new_company(today: Today, opened_at: int) -> int:
    """The account of a small company."""
    p, rng = today.population, today.rng
    who = p.parties.add(
        1,
        type=ENTITY,
        role=COMPANY,
        name=rng.integers(2**40),
        income=today.setting.income * 600,
        region=rng.integers(len(today.setting.regions)),
    )
    account = int(add_company_accounts(today.setting, p.parties, p.accounts, who, rng)[0])
    p.accounts["opened_at"][account] = opened_at
    p.accounts["balance"][account] = 0
    p.accounts["overdraft"][account] = False
    return account


def company(today: Today, least: int = 0) -> int:
    """A company that is there already, with at least so much in its account where that can be had."""
    p = today.population
    rich = p.companies[p.accounts["balance"][p.companies] >= least]
    return int(today.rng.choice(rich if len(rich) else p.companies))


def cash_of(today: Today, account: Array | int) -> Array:
    """The cash counterparty of an account's bank; a payment institution's cash goes through a bank."""
    p = today.population
    return np.asarray(p.cash[np.minimum(p.accounts["institution"][account], len(p.cash) - 1)])


def balance(today: Today, account: Array | int) -> Array:
    return np.asarray(today.population.accounts["balance"][account])


def able(today: Today, accounts: Array, amounts: Array) -> Array:
    """bool: whose account would bear the amount and something over."""
    return np.asarray(balance(today, accounts) > amounts * 1.25)


def round_amounts(amounts: Array, step: int) -> Integers:
    """Amounts in whole steps of minor units, at least one step."""
    return np.maximum(step, np.asarray(amounts).astype(np.int64) // step * step)


def after(today: Today, times: Array | int, median_minutes: float, spread: float = 0.9) -> Array:
    """Instants some time after others, by the logarithm of the wait, in whole seconds."""
    waits = np.exp(today.rng.normal(np.log(median_minutes * 60), spread, np.size(times))).astype(np.int64) + 1
    found = np.asarray(times) + waits * SECOND_US
    return np.asarray(found)


def person_abroad(today: Today, new: float = 0.4) -> int:
    """The account of somebody who lives abroad: one that is there already, or of late."""
    p, rng = today.population, today.rng
    if rng.random() >= new:
        return int(rng.choice(p.abroad))
    return int(open_abroad(today.setting, p.parties, p.accounts, 1, today.midnight, rng)[0])
