"""Honest people whom many pay, or who pass on what they got: like mule accounts and run-points, and neither."""

from __future__ import annotations

from typing import Any

import numpy as np

from .accounts import BANK, PAYMENT, SELF_EMPLOYED
from .cast import able, after, company, merchant, new_account, people, receiving, round_amounts, strangers
from .growing import Array, Integers
from .labels import LOOKALIKE
from .manners import MEMOS
from .plans import Story, Today
from .settings import DAY_US, SECOND_US
from .trades import BY_CODE

_RESTAURANTS = (BY_CODE["5812"],)
_GIFTS = np.array([200, 200, 300, 300, 500, 500, 600, 666, 800, 888, 1_000, 1_200, 2_000])


def tell(today: Today, name: str) -> Story:
    return Story(today, lookalike=LOOKALIKE[name])


def circle(today: Today, person: int, count: int) -> Integers:
    """Accounts of people whom a person knows, and of people whom those know."""
    p, rng = today.population, today.rng
    near = p.contacts[person]
    far = p.contacts[near].ravel()
    found = np.unique(np.concatenate([near, far]))
    found = rng.permutation(found[found != person])[:count].astype(np.int64)
    wallets = p.wallet_of[found]
    return np.where((wallets >= 0) & (rng.random(len(found)) < 0.35), wallets, found)


def words(today: Today, count: int, *choices: str) -> Array:
    """Memos, one of the choices for each payment, "" for none."""
    places = np.array([MEMOS.index(choice) if choice else -2 for choice in choices])
    return np.asarray(today.rng.choice(places, count))


def paying(
    story: Story, payers: Array, payee: int, amounts: Array, times: Array, manner: str, **more: Any
) -> tuple[int, int, int]:
    """Those who can afford it pay; what else is given is for all or an array like `payers`. Gives what came in all,
    when the last paid and that plan (-1 where nobody could)."""
    kept = np.flatnonzero(able(story.today, payers, amounts) & (payers != payee))
    if not len(kept):
        return 0, int(story.today.midnight), -1
    kept = kept[np.argsort(times[kept], kind="stable")]
    given = {name: value[kept] if np.ndim(value) else value for name, value in more.items()}
    ids = story.pay(payers[kept], payee, amounts[kept], times[kept], manner, **given)
    return int(amounts[kept].sum()), int(times[kept].max()), int(ids[-1])


def paid_on(story: Story, payer: int, shop: int, amount: int, time: int, parent: int, manner: str = "shop") -> None:
    """A merchant is paid out of what was gathered."""
    if parent >= 0 and amount > 0:
        account = int(story.today.population.merchants["account"][shop])
        story.pay(payer, account, amount, time, manner, merchant=shop, hop=1, parent=parent)


def wedding_host(today: Today) -> None:
    """Guests send their gifts on one day or the days before; the host pays the restaurant."""
    rng = today.rng
    host = int(people(today, 1, 23, 64)[0])
    payee = receiving(today, host)
    story = tell(today, "wedding_host")
    guests = np.concatenate(
        [circle(today, host, int(rng.integers(10, 45))), strangers(today, int(rng.integers(2, 14)))]
    )
    gifts = rng.choice(_GIFTS, len(guests)) * 100
    times = today.moments(len(guests)) + (rng.random(len(guests)) < 0.3) * DAY_US
    total, last, plan = paying(
        story, guests, payee, gifts, times, "collection", memo=words(today, len(guests), "", "份子钱", "恭喜", "红包")
    )
    paid_on(
        story,
        payee,
        merchant(today, _RESTAURANTS),
        int(total * rng.uniform(0.5, 0.95)),
        int(after(today, last, 200)[0]),
        plan,
    )
    story.end()


def family_pool(today: Today) -> None:
    """Relatives put money together for an operation, a roof or a debt, and one of them pays it."""
    rng = today.rng
    keeper = int(people(today, 1, 28, 70)[0])
    story = tell(today, "family_pool")
    kin = circle(today, keeper, int(rng.integers(3, 10)))
    amounts = today.amounts(len(kin), 3_000, 0.8, 100_000)
    times = today.moments(len(kin)) + rng.integers(0, 3, len(kin)) * DAY_US
    total, last, plan = paying(story, kin, keeper, amounts, times, "family")
    offices = [today.population.office(name) for name in ("hospital", "property agency", "lender")]
    if plan >= 0:
        story.pay(
            keeper,
            int(rng.choice(offices)),
            int(total * rng.uniform(0.9, 1.0)),
            after(today, last, 90),
            "first large",
            hop=1,
            parent=plan,
        )
    story.end()


def car_sale(today: Today) -> None:
    """A stranger pays for a used car; the seller clears the loan or buys the next one."""
    rng = today.rng
    seller = int(people(today, 1, 24, 70)[0])
    story = tell(today, "car_sale")
    price = int(today.amounts(1, 31_000, 0.6, 50_000)[0])
    buyer = people(today, 1, 20, 66, least=int(price * 1.4))
    deposit = min(price // 10, 200_000)
    start = int(today.moments(1, "day")[0])
    paying(story, buyer, seller, np.array([deposit]), np.array([start]), "first large")
    total, last, plan = paying(
        story, buyer, seller, np.array([price - deposit]), after(today, start, 600), "first large"
    )
    if plan >= 0 and rng.random() < 0.7:
        target = today.population.office("lender") if rng.random() < 0.5 else company(today)
        story.pay(
            seller,
            target,
            int(total * rng.uniform(0.7, 1.0)),
            after(today, last, 300, 1.3),
            "loan repayment",
            hop=1,
            parent=plan,
        )
    story.end()


def new_worker(today: Today) -> None:
    """Somebody young with an account of last week gets the first wage and sends most of it home, or to the landlord."""
    rng = today.rng
    worker = int(people(today, 1, 18, 34)[0])
    account = new_account(today, worker, (1, 25), BANK if rng.random() < 0.7 else PAYMENT)
    story = tell(today, "new_worker")
    wage = int(today.population.parties["income"][worker])
    start = int(today.moments(1, "office")[0])
    plan = int(story.pay(company(today), account, wage, start, "salary")[0])
    home = int(today.population.contacts[worker, 0])
    shares = rng.dirichlet([4, 2, 1]) * wage * rng.uniform(0.6, 0.99)
    targets = np.array([home, int(today.population.office("property agency")), int(strangers(today, 1)[0])])
    story.pay(
        account,
        targets,
        shares.astype(np.int64),
        after(today, np.full(3, start), 80, 1.1),
        "family",
        hop=1,
        parent=plan,
    )
    story.end()


def lender_among_friends(today: Today) -> None:
    """A deposit is due today: friends lend, it is paid within the hour, and the friends are repaid in time."""
    rng = today.rng
    person = int(people(today, 1, 22, 55)[0])
    story = tell(today, "lender_among_friends")
    friends = circle(today, person, int(rng.integers(3, 8)))
    amounts = today.amounts(len(friends), 2_000, 0.6, 50_000)
    times = int(today.moments(1, "day")[0]) + rng.integers(0, 5_400, len(friends)) * SECOND_US
    total, last, plan = paying(story, friends, person, amounts, times, "friend")
    if plan >= 0:
        seller = int(people(today, 1)[0])
        story.pay(
            person,
            seller,
            int(total * rng.uniform(0.92, 1.0)),
            after(today, last, 30),
            "first large",
            hop=1,
            parent=plan,
        )
        back = last + rng.integers(5, 28, len(friends)) * DAY_US
        story.pay(person, friends, amounts, back, "friend", parent=plan)
    story.end()


def market_stall(today: Today) -> None:
    """A stall sells all day by a personal code, old or of last week, and pays for its stock in the evening."""
    rng, p = today.rng, today.population
    sellers = np.flatnonzero(p.parties["role"][: p.people] == SELF_EMPLOYED)
    seller = int(rng.choice(sellers)) if len(sellers) else int(people(today, 1)[0])
    account = new_account(today, seller, (1, 40), BANK) if rng.random() < 0.3 else receiving(today, seller)
    story = tell(today, "market_stall")
    for day in range(int(rng.integers(1, 5))):
        count = int(rng.integers(12, 60))
        amounts = today.amounts(count, 17, 0.8, 50)
        times = today.moments(count, "night" if rng.random() < 0.2 else "day") + day * DAY_US
        total, last, plan = paying(story, strangers(today, count), account, amounts, times, "street seller")
        if plan >= 0:
            supplier = int(people(today, 1, 25, 70)[0])
            story.pay(
                account,
                supplier,
                int(total * rng.uniform(0.4, 0.9)),
                after(today, last, 100),
                "passing on",
                hop=1,
                parent=plan,
            )
    story.end()


def group_buy(today: Today) -> None:
    """An organiser collects the same sum from neighbours and sends nearly all of it to the supplier."""
    rng = today.rng
    organiser = int(people(today, 1, 25, 62)[0])
    account = receiving(today, organiser)
    story = tell(today, "group_buy")
    manner = "remote code" if rng.random() < 0.25 else "collection"
    for day in range(int(rng.integers(1, 3))):
        count = int(rng.integers(10, 48))
        price = int(today.amounts(1, 55, 0.6, 10)[0])
        amounts = price * rng.choice([1, 1, 1, 2, 3], count)
        times = today.moments(count, "evening") + day * DAY_US
        buyers = np.concatenate([circle(today, organiser, count // 2), strangers(today, count)])[:count]
        total, last, plan = paying(
            story,
            buyers,
            account,
            amounts[: len(buyers)],
            times[: len(buyers)],
            manner,
            memo=words(today, len(buyers), "", "", "团购", "拼单"),
        )
        if plan >= 0:
            story.pay(
                account,
                int(strangers(today, 1)[0]),
                int(total * rng.uniform(0.9, 0.99)),
                after(today, last, 45),
                "passing on",
                hop=1,
                parent=plan,
            )
    story.end()


def club_treasurer(today: Today) -> None:
    """Members pay the year's fee, all the same round sum, and the club pays its hall."""
    rng = today.rng
    treasurer = int(people(today, 1, 25, 75)[0])
    story = tell(today, "club_treasurer")
    members = np.concatenate(
        [circle(today, treasurer, int(rng.integers(8, 26))), strangers(today, int(rng.integers(3, 14)))]
    )
    fee = int(rng.choice([50, 100, 120, 200, 300, 500])) * 100
    times = today.moments(len(members)) + rng.integers(0, 4, len(members)) * DAY_US
    total, last, plan = paying(
        story,
        members,
        treasurer,
        np.full(len(members), fee),
        times,
        "collection",
        memo=words(today, len(members), "", "班费", "会费", "报名费"),
    )
    if plan >= 0:
        story.pay(
            treasurer,
            company(today),
            round_amounts(np.array([total * rng.uniform(0.6, 0.98)]), 10_000),
            after(today, last, 900),
            "first large",
            hop=1,
            parent=plan,
        )
    story.end()
