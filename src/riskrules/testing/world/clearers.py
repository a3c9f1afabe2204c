"""Honest firms and people through whom much passes: like clearing without a licence, and none of it."""

from __future__ import annotations

import numpy as np

from .cast import after, company, merchant, people, strangers
from .gatherings import paying, tell
from .plans import Today
from .settings import DAY_US, SECOND_US
from .trades import BY_CODE, TRADES


def licensed_agency(today: Today) -> None:
    """A payment agency with a licence takes in for small sellers, names each, and pays them out the next day."""
    rng, p = today.rng, today.population
    agency = p.office("payment agency")
    shop = merchant(today, (BY_CODE["5999"], BY_CODE["7299"]))
    story = tell(today, "licensed_agency")
    sellers = strangers(today, int(rng.integers(8, 30)))
    for day in range(int(rng.integers(2, 5))):
        count = int(rng.integers(15, 50))
        amounts = today.amounts(count, 120, 0.9, 10)
        times = today.moments(count, "online") + day * DAY_US
        which = rng.integers(len(sellers), size=count)
        payers = strangers(today, count)
        named = p.parties["name"][p.accounts["party"][sellers]][which]
        seller = np.where(rng.random(count) < 0.95, named, -2)
        total, last, plan = paying(story, payers, agency, amounts, times, "shop online", merchant=shop, seller=seller)
        if plan >= 0:
            shares = (rng.dirichlet(np.bincount(which, minlength=len(sellers)) + 0.5) * total * 0.985).astype(np.int64)
            morning = last // DAY_US * DAY_US + DAY_US + rng.integers(0, 7_200, len(sellers)) * SECOND_US
            story.pay(agency, sellers, shares, np.maximum(morning, last + SECOND_US), "payout", hop=1, parent=plan)
    story.end()


def landlord(today: Today) -> None:
    """Tenants of one house pay within three days, and the owner pays the bank and the builder."""
    rng = today.rng
    owner = int(people(today, 1, 35, 80)[0])
    story = tell(today, "landlord")
    tenants = strangers(today, int(rng.integers(5, 24)))
    amounts = today.amounts(len(tenants), 1_800, 0.3, 5_000)
    times = today.moments(len(tenants)) + rng.integers(0, 3, len(tenants)) * DAY_US
    total, last, plan = paying(story, tenants, owner, amounts, times, "rent")
    if plan >= 0:
        story.pay(
            owner,
            today.population.office("lender"),
            int(total * rng.uniform(0.4, 0.9)),
            after(today, last, 1_200),
            "loan repayment",
            hop=1,
            parent=plan,
        )
    story.end()


def concession_store(today: Today) -> None:
    """A department store sells for the counters in it and pays each its part the next morning."""
    rng, p = today.rng, today.population
    shop = merchant(today, (BY_CODE["5651"], BY_CODE["5411"], BY_CODE["5200"]))
    account = int(p.merchants["account"][shop])
    trade = int(p.merchants["trade"][shop])
    story = tell(today, "concession_store")
    counters = strangers(today, int(rng.integers(5, 14)))
    counters = counters[counters != account]
    for day in range(int(rng.integers(1, 4))):
        count = int(rng.integers(15, 60))
        amounts = today.amounts(count, TRADES[trade].median * 1.3, 0.8, 10)
        times = today.moments(count, "evening") + day * DAY_US
        total, last, plan = paying(
            story,
            strangers(today, count),
            account,
            amounts,
            times,
            "shop",
            merchant=shop,
            payer_region=p.merchants["region"][shop],
        )
        if plan >= 0:
            shares = np.maximum(
                1, (rng.dirichlet(np.full(len(counters), 3.0)) * total * rng.uniform(0.65, 0.85)).astype(np.int64)
            )
            morning = last // DAY_US * DAY_US + DAY_US + rng.integers(0, 7_200, len(counters)) * SECOND_US
            story.pay(account, counters, shares, np.maximum(morning, last + SECOND_US), "payout", hop=1, parent=plan)
    story.end()


def prompt_payer(today: Today) -> None:
    """A firm that pays its suppliers on the day it is paid."""
    rng = today.rng
    firm = company(today)
    story = tell(today, "prompt_payer")
    amount = int(today.amounts(1, 60_000, 0.8)[0])
    time = int(today.moments(1, "office")[0])
    customer = company(today)
    if customer != firm:
        plan = int(story.pay(customer, firm, amount, time, "invoice")[0])
        targets = np.append(strangers(today, int(rng.integers(1, 4))), [company(today), company(today)])
        shares = (rng.dirichlet(np.full(len(targets), 5.0)) * amount * rng.uniform(0.85, 0.99)).astype(np.int64)
        story.pay(
            firm,
            targets,
            np.maximum(1, shares),
            after(today, np.full(len(targets), time), 100),
            "invoice",
            hop=1,
            parent=plan,
        )
    story.end()
