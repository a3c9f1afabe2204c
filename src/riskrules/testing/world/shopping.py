"""Ordinary days: shops, friends, families, wallets filled up, a street seller's code, and what is sent back."""

from __future__ import annotations

import numpy as np

from .accounts import NONE, PAYMENT, PENSIONER, STUDENT, add_accounts
from .growing import Array, Integers
from .manners import PLACE
from .plans import Today
from .rows import Rows, chosen, make_rows
from .settings import DAY_US
from .trades import BY_CODE, CLOCK_OF_TRADE, ONLINE, TRADES

_MEDIAN = np.array([trade.median for trade in TRADES])
_SPREAD = np.array([trade.spread for trade in TRADES])
_BILLS = BY_CODE["4814"]
_WEEK = np.array([0.95, 0.92, 0.95, 0.98, 1.08, 1.12, 1.0])


def appetite(today: Today) -> Array:
    """float64[people]: how freely people spend, by what they have beside what they earn."""
    p = today.population
    n = p.people
    held = p.accounts["balance"][:n] + np.where(p.wallet_of >= 0, p.accounts["balance"][p.wallet_of], 0)
    found: Array = np.clip(np.sqrt(held / (0.7 * p.parties["income"][:n] + 1)), 0.08, 1.2)
    return found


def paying_account(today: Today, people: Array, amount: Array, wallet: float) -> Array:
    """Which of their accounts people pay from: the wallet where it holds enough, for a share of them."""
    p = today.population
    wallets = p.wallet_of[people]
    usable = (wallets != NONE) & (today.rng.random(len(people)) < wallet)
    usable &= np.where(wallets != NONE, p.accounts["balance"][wallets], 0) > 2 * amount
    return np.where(usable, wallets, people)


def purchases(today: Today) -> Rows:
    """What people buy: mostly where they are regulars, else wherever they happen to be."""
    p, rng, setting = today.population, today.rng, today.setting
    mean = setting.daily_purchases * _WEEK[today.weekday] * today.season.shopping
    counts = rng.poisson(mean * p.activity * appetite(today))
    who = np.repeat(np.arange(p.people), counts)
    n = len(who)
    merchant = p.favourites[who, (rng.random(n) ** 1.5 * p.favourites.shape[1]).astype(np.int64)]
    known = len(p.merchants["weight"])
    cumulative = np.cumsum(p.merchants["weight"])
    elsewhere = np.minimum(np.searchsorted(cumulative / cumulative[-1], rng.random(n)), known - 1)
    merchant = np.where(rng.random(n) < 0.74, merchant, elsewhere)
    trade = p.merchants["trade"][merchant]
    means = (p.parties["income"][who] / (setting.income * 100)) ** 0.4 * p.merchants["price"][merchant]
    amount = np.exp(rng.normal(np.log(_MEDIAN[trade] * means * 100), _SPREAD[trade]))
    amount = _priced(amount, rng)
    payer = paying_account(today, who, amount, 0.5)
    enough = amount < p.accounts["balance"][payer] * 0.6
    kept = enough | (rng.random(n) < 0.03)
    kept &= p.merchants["account"][merchant] != payer
    online = ONLINE[trade] | ((rng.random(n) < 0.04) & (trade != _BILLS))
    manner = np.where(online, PLACE["shop online"], PLACE["shop"])
    manner[trade == _BILLS] = PLACE["utility"]
    manner[online & (rng.random(n) < 0.05)] = PLACE["subscription"]
    rows = make_rows(
        n,
        time=today.moments_by(np.where(online, CLOCK_OF_TRADE[BY_CODE["5999"]], CLOCK_OF_TRADE[trade])),
        payer=payer,
        payee=p.merchants["account"][merchant],
        amount=amount,
        merchant=merchant,
        manner=manner,
        payer_region=np.where(online, -1, p.merchants["region"][merchant]),
    )
    return chosen(rows, kept)


def _priced(amount: Array, rng: np.random.Generator) -> Integers:
    """Prices as they are written: most end in whole units, some in nines, the rest anyhow."""
    u = rng.random(len(amount))
    whole = np.maximum(100, np.round(amount / 100) * 100)
    priced = np.select([u < 0.5, u < 0.68, u < 0.8], [whole, np.round(amount / 10) * 10, whole - 10], amount)
    return np.asarray(np.maximum(50, priced), np.int64)


_GIFTS = np.array(
    [1, 5, 10, 20, 50, 66, 88, 100, 100, 200, 200, 300, 500, 520, 600, 666, 800, 888, 1_000, 1_314, 2_000]
)


def friends(today: Today) -> Rows:
    """Money among people: debts settled, meals shared, families kept, red packets."""
    p, rng, setting = today.population, today.rng, today.setting
    mean = setting.daily_transfers * today.season.gifts**0.35
    who = np.repeat(np.arange(p.people), rng.poisson(mean * np.sqrt(p.activity) * appetite(today)))
    n = len(who)
    friend = (rng.random(n) ** 1.8 * p.contacts.shape[1]).astype(np.int64)
    payee = p.contacts[who, friend].astype(np.int64)
    anybody = rng.random(n) < 0.06
    payee = np.where(anybody, rng.integers(p.people, size=n), payee)
    kin = (friend < 2) & ~anybody
    gift = rng.random(n) < np.where(kin, 0.2, 0.1) * today.season.gifts / (1 + 0.1 * today.season.gifts)
    amount = today.amounts(n, 150, 1.25)
    rounded = np.select([amount > 100_000, amount > 10_000, amount > 1_000], [10_000, 1_000, 100], 10)
    amount = np.where(rng.random(n) < 0.75, np.maximum(1, amount // rounded) * rounded, amount)
    amount = np.where(kin, amount * 3, amount)
    amount = np.where(gift, _GIFTS[rng.integers(len(_GIFTS), size=n)] * 100, amount)
    limit = p.accounts["balance"][who] // 3
    wallets = p.wallet_of[payee]
    into_wallet = (wallets != NONE) & (rng.random(n) < 0.4)
    manner = np.where(gift, PLACE["red packet"], np.where(kin, PLACE["family"], PLACE["friend"]))
    manner = np.where(anybody & ~gift, PLACE["acquaintance"], manner)
    rows = make_rows(
        n,
        time=today.moments(n),
        payer=paying_account(today, who, amount, 0.5),
        payee=np.where(into_wallet, wallets, payee),
        amount=amount,
        manner=manner,
    )
    return chosen(rows, (amount < limit) & (payee != who))


def families(today: Today) -> Rows:
    """Once a month parents send their student children what they live on, and children their old parents something."""
    p, rng = today.population, today.rng
    role = p.parties["role"][: p.people]
    needy = np.flatnonzero(
        ((role == STUDENT) | ((role == PENSIONER) & (p.rent_day % 3 == 0))) & (p.rent_day == _day(today))
    )
    giver = p.contacts[needy, 0].astype(np.int64)
    amount = today.amounts(len(needy), 1_600, 0.45, 10_000)
    rows = make_rows(
        len(needy), time=today.moments(len(needy)), payer=giver, payee=needy, amount=amount, manner=PLACE["family"]
    )
    rich = amount < p.accounts["balance"][giver] * 0.7
    return chosen(rows, rich & (rng.random(len(needy)) < 0.9))


def _day(today: Today) -> int:
    """A day of a month of thirty, by which monthly payments go."""
    return today.number % 30 + 1


def own_accounts(today: Today) -> Rows:
    """Wallets filled up, wallets emptied into the bank, money moved to the savings account and back."""
    p, rng = today.population, today.rng
    balance = p.accounts["balance"]
    people = np.arange(p.people)
    wallets = p.wallet_of
    has = wallets != NONE
    income = p.parties["income"][: p.people]
    low = has & (np.where(has, balance[wallets], 0) < income // 25) & (rng.random(p.people) < 0.45)
    high = has & (np.where(has, balance[wallets], 0) > income // 2) & (rng.random(p.people) < 0.2)
    second = (p.second_of != NONE) & (rng.random(p.people) < 0.012)
    parts = []
    for which, source, target, median in ((low, people, wallets, 400.0), (high, wallets, people, 2_000.0),
                                          (second, people, p.second_of, 2_500.0)):  # fmt: skip
        who = np.flatnonzero(which)
        payer, payee = source[who], target[who]
        if median == 2_500.0:  # half of those who use a second account take something back from it
            back = rng.random(len(who)) < 0.5
            payer, payee = np.where(back, payee, payer), np.where(back, payer, payee)
        amount = np.minimum(today.amounts(len(who), median, 0.9, 10_000), balance[payer] // 20_000 * 10_000)
        rows = make_rows(
            len(who), time=today.moments(len(who)), payer=payer, payee=payee, amount=amount, manner=PLACE["own account"]
        )
        parts.append(chosen(rows, amount > 0))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def street_sellers(today: Today) -> Rows:
    """People who sell by a code of their own, and who buys from them."""
    p, rng = today.population, today.rng
    sellers = p.static_seller
    count = rng.poisson(2.2 * today.setting.static_codes * 10 * today.season.work**0.5, len(sellers))
    payee = np.repeat(sellers, count)
    n = len(payee)
    region = p.parties["region"][payee]
    payer = rng.integers(p.people, size=(4, n))
    near = p.parties["region"][payer] == region
    payer = payer[np.argmax(near, axis=0), np.arange(n)]
    amount = today.amounts(n, 13, 0.7, 50)
    rows = make_rows(
        n,
        time=today.moments(n, "day"),
        payer=paying_account(today, payer, amount, 0.6),
        payee=payee,
        amount=amount,
        manner=PLACE["street seller"],
    )
    return chosen(rows, (payer != payee) & (amount < p.accounts["balance"][payer]))


def openings(today: Today) -> None:
    """Honest people open accounts every day; from then on they use them."""
    p, rng = today.population, today.rng
    for kind, held in ((PAYMENT, p.wallet_of), (0, p.second_of)):
        without = np.flatnonzero(held == NONE)
        who = rng.permutation(without)[: rng.poisson(0.0004 * p.people)]
        at = today.midnight - rng.integers(1, DAY_US // 1_000_000, len(who)) * 1_000_000
        held[who] = add_accounts(today.setting, p.accounts, who, kind, rng, opened_at=at)


def refunds(today: Today, rows: Rows, numbers: Integers, moved: Array) -> None:
    """Plan what shops give back for the day's purchases, one to twelve days later."""
    p, rng = today.population, today.rng
    online = (rows["manner"] == PLACE["shop online"]) | (rows["manner"] == PLACE["shop overseas"])
    likely = np.where(online, 0.035, np.where(rows["manner"] == PLACE["shop"], 0.0025, 0.0)) * (rows["merchant"] >= 0)
    back = np.flatnonzero(moved & (rng.random(len(moved)) < likely) & (rows["chain"] < 0))
    part = np.where(rng.random(len(back)) < 0.8, 1.0, rng.random(len(back)))
    amount = np.maximum(1, (rows["amount"][back] * part).astype(np.int64))
    payer = rows["payer"][back]
    main = np.where(payer < p.people, payer, 0)
    elsewhere = (payer < p.people) & (p.wallet_of[main] != NONE) & (rng.random(len(back)) < 0.06)
    later = today.moments(len(back), "office") + rng.integers(1, 13, len(back)) * DAY_US
    today.plans.add(
        make_rows(
            len(back),
            time=later,
            payer=rows["payee"][back],
            payee=np.where(elsewhere, p.wallet_of[main], payer),
            amount=amount,
            manner=PLACE["refund"],
            refund_of=np.where(rng.random(len(back)) < 0.93, numbers[back], NONE),
            refund_elsewhere=elsewhere,
        )
    )
