"""The calendar of money: wages, pensions, rent, bills, savings, cash, and what companies owe each other and the state.

A month has thirty days here, so that each day of it comes up once in any thirty.
"""

from __future__ import annotations

import numpy as np

from .accounts import ENTITY, PENSIONER, SELF_EMPLOYED, STUDENT
from .manners import PLACE
from .plans import Today
from .rows import Rows, chosen, make_rows
from .settings import DAY_US, SECOND_US

DAYS_A_MONTH = 30


def day_of_month(today: Today) -> int:
    return today.number % DAYS_A_MONTH + 1


def wages(today: Today) -> Rows:
    """Every worker's wage on the employer's day, and what the self-employed draw from their trade."""
    p, rng = today.population, today.rng
    paid = np.flatnonzero((p.employer >= 0) & (p.payday == day_of_month(today)))
    amount = (p.parties["income"][paid] * rng.normal(1, 0.04, len(paid)).clip(0.7, 1.6)).astype(np.int64)
    extra = np.flatnonzero((p.employer >= 0) & (rng.random(p.people) < 0.0012))
    bonus = (p.parties["income"][extra] * rng.uniform(0.1, 0.9, len(extra))).astype(np.int64) // 1_000 * 1_000 + 1_000
    who = np.concatenate([paid, extra])
    return make_rows(
        len(who),
        time=today.moments(len(who), "office"),
        payer=p.employer[who],
        payee=who,
        amount=np.concatenate([amount, bonus]),
        manner=PLACE["salary"],
    )


def pensions(today: Today) -> Rows:
    p, rng = today.population, today.rng
    role = p.parties["role"][: p.people]
    day = day_of_month(today)
    who = np.flatnonzero((role == PENSIONER) & (day == 12 + p.rent_day % 4))
    trade = np.flatnonzero((role == SELF_EMPLOYED) & (p.rent_day % 10 == day % 10))
    own = (p.parties["income"][trade] * rng.uniform(0.15, 0.6, len(trade))).astype(np.int64) // 100 * 100 + 100
    customers = p.companies[rng.integers(len(p.companies), size=len(trade))]
    return make_rows(
        len(who) + len(trade),
        time=today.moments(len(who) + len(trade), "office"),
        payer=np.concatenate([np.full(len(who), p.office("pension fund")), customers]),
        payee=np.concatenate([who, trade]),
        amount=np.concatenate([p.parties["income"][who], own]),
        manner=np.concatenate([np.full(len(who), PLACE["pension"]), np.full(len(trade), PLACE["invoice"])]),
    )


def rents(today: Today) -> Rows:
    p = today.population
    who = np.flatnonzero((p.landlord >= 0) & (p.rent_day == day_of_month(today)))
    amount = (p.parties["income"][who] * (0.18 + (who * 7 % 13) / 100)).astype(np.int64) // 5_000 * 5_000 + 5_000
    rows = make_rows(
        len(who), time=today.moments(len(who)), payer=who, payee=p.landlord[who], amount=amount, manner=PLACE["rent"]
    )
    return chosen(rows, amount < p.accounts["balance"][who])


_BILLS = (("water", 45, 0.4), ("power", 130, 0.6), ("gas", 70, 0.5), ("telephone", 68, 0.4), ("insurer", 190, 0.8))


def bills(today: Today) -> Rows:
    """Each household's bills, every kind on its own day of the month; loans paid off; savings set aside."""
    p, rng = today.population, today.rng
    day, people = day_of_month(today), np.arange(p.people)
    who, payee, amount, manner = [], [], [], []
    for place, (office, median, spread) in enumerate(_BILLS):
        due = people[(people * 31 + place * 11) % DAYS_A_MONTH + 1 == day]
        due = due[rng.random(len(due)) < 0.55]
        who.append(due)
        payee.append(np.full(len(due), p.office(office)))
        amount.append(today.amounts(len(due), median, spread))
        manner.append(np.full(len(due), PLACE["utility"]))
    for office, of, share, low, high in (("lender", 4, 0.3, 0.1, 0.35), ("fund house", 3, 0.4, 0.05, 0.3)):
        due = people[(people % of == 0) & (people * 17 % DAYS_A_MONTH + 1 == day)]
        due = due[(rng.random(len(due)) < share * 2) & (p.parties["role"][due] != STUDENT)]
        who.append(due)
        payee.append(np.full(len(due), p.office(office)))
        part = p.parties["income"][due] * rng.uniform(low, high, len(due))
        amount.append(part.astype(np.int64) // 10_000 * 10_000 + 10_000)
        manner.append(np.full(len(due), PLACE["loan repayment" if office == "lender" else "saving"]))
    payers, amounts = np.concatenate(who), np.concatenate(amount)
    rows = make_rows(
        len(payers),
        time=today.moments(len(payers)),
        payer=payers,
        payee=np.concatenate(payee),
        amount=amounts,
        manner=np.concatenate(manner),
    )
    return chosen(rows, amounts < p.accounts["balance"][payers])


def savings_back(today: Today) -> Rows:
    """Now and then somebody takes savings back, or a loan is paid out."""
    p, rng = today.population, today.rng
    who = np.flatnonzero(rng.random(p.people) < 0.0016)
    amount = (p.parties["income"][who] * rng.uniform(0.3, 3, len(who))).astype(np.int64) // 100_00 * 100_00 + 100_00
    source = np.where(rng.random(len(who)) < 0.6, p.office("fund house"), p.office("lender"))
    return make_rows(
        len(who),
        time=today.moments(len(who), "office"),
        payer=source,
        payee=who,
        amount=amount,
        manner=np.where(source == p.office("lender"), PLACE["payout"], PLACE["saving"]),
    )


def cash(today: Today) -> Rows:
    """Cash taken from machines and paid in over the counter. Old people and the self-employed use more of it."""
    p, rng, setting = today.population, today.rng, today.setting
    role = p.parties["role"][: p.people]
    more = np.where((role == PENSIONER) | (role == SELF_EMPLOYED), 2.0, 0.7)
    out = np.flatnonzero(rng.random(p.people) < setting.cash_share * more)
    into = np.flatnonzero(rng.random(p.people) < setting.cash_share * 0.35 * more)
    amount = np.concatenate(
        [
            np.minimum(today.amounts(len(out), 800, 0.9, 10_000), 2_000_000),
            today.amounts(len(into), 1_500, 1.0, 10_000),
        ]
    )
    out_cash, in_cash = (p.cash[p.accounts["institution"][who]] for who in (out, into))
    rows = make_rows(
        len(amount),
        time=today.moments(len(amount), "day"),
        payer=np.concatenate([out, in_cash]),
        payee=np.concatenate([out_cash, into]),
        amount=amount,
        manner=np.concatenate([np.full(len(out), PLACE["cash out"]), np.full(len(into), PLACE["cash in"])]),
    )
    return chosen(rows, np.concatenate([amount[: len(out)] < p.accounts["balance"][out], np.ones(len(into), np.bool_)]))


def companies(today: Today) -> Rows:
    """Suppliers paid, taxes paid, goods bought abroad; little of it at weekends and in holidays."""
    p, rng = today.population, today.rng
    busy = today.season.work * (1.0 if today.weekday < 5 else 0.12)
    size = p.parties["income"][p.accounts["party"][p.companies]] / (today.setting.income * 100)
    payer = np.repeat(p.companies, rng.poisson(busy * np.minimum(12, 0.25 * size**0.7 + 0.2)))
    n = len(payer)
    u = rng.random(n)
    owners = p.merchants["account"][rng.integers(p.merchants.rows, size=n)]
    payee = np.where(u < 0.55, p.companies[rng.integers(len(p.companies), size=n)], owners)
    payee = np.where(u > 0.93, p.office("tax office"), payee)
    payee = np.where((u > 0.9) & (u <= 0.93), p.office("overseas supplier"), payee)
    kinds = np.where(p.parties["type"][p.accounts["party"][payee]] == ENTITY, 14_000, 3_500)
    amount = np.exp(rng.normal(np.log(kinds * 100), 1.3)).astype(np.int64)
    amount = np.where(rng.random(n) < 0.45, np.maximum(1, amount // 10_000) * 10_000, amount)
    rows = make_rows(
        n,
        time=today.moments(n, "office"),
        payer=payer,
        payee=payee,
        amount=amount,
        manner=np.where(u > 0.93, PLACE["tax"], PLACE["invoice"]),
    )
    return chosen(rows, payer != payee)


def handed_over(today: Today) -> Rows:
    """On payday some give most of the wage to whoever keeps the household, or send it to their parents."""
    p, rng = today.population, today.rng
    gives = (np.arange(p.people) * 7_919 + 31) % 100 < 7
    who = np.flatnonzero((p.employer >= 0) & (p.payday == day_of_month(today)) & gives)
    amount = (p.parties["income"][who] * rng.uniform(0.45, 0.97, len(who))).astype(np.int64)
    amount = np.where(rng.random(len(who)) < 0.6, amount // 10_000 * 10_000, amount)
    return make_rows(
        len(who),
        time=np.minimum(today.moments(len(who), "evening"), today.midnight + DAY_US - SECOND_US),
        payer=who,
        payee=p.contacts[who, 0].astype(np.int64),
        amount=np.maximum(100, amount),
        manner=PLACE["family"],
    )


def shared_rents(today: Today) -> Rows:
    """Those who share a flat send their parts to the one of them who pays the rent."""
    p, rng = today.population, today.rng
    tenant = np.flatnonzero((p.landlord >= 0) & (p.rent_day == day_of_month(today)) & (p.rent_day % 3 == 0))
    count = rng.integers(1, 4, len(tenant))
    keeper = np.repeat(tenant, count)
    mate = p.contacts[keeper, rng.integers(3, p.contacts.shape[1], len(keeper))].astype(np.int64)
    share = p.parties["income"][keeper] * 0.22 / np.repeat(count + 1, count)
    amount = share.astype(np.int64) // 5_000 * 5_000 + 5_000
    rows = make_rows(
        len(keeper), time=today.moments(len(keeper)), payer=mate, payee=keeper, amount=amount, manner=PLACE["rent"]
    )
    return chosen(rows, (amount < p.accounts["balance"][mate] * 0.8) & (mate != keeper))
