"""Honest merchants, traders and companies that look like fake trade, dealers, underground banks or second clearing."""

from __future__ import annotations

import numpy as np

from .accounts import BANK
from .cast import (
    able,
    after,
    company,
    merchant,
    new_account,
    new_company,
    new_merchant,
    people,
    person_abroad,
    round_amounts,
    strangers,
)
from .gatherings import circle, paying, tell
from .growing import Array
from .plans import Story, Today
from .settings import DAY_US, SECOND_US
from .trades import BY_CODE, TRADES


def _account_of(today: Today, shop: int) -> int:
    return int(today.population.merchants["account"][shop])


def _sells(
    story: Story, shop: int, count: int, amounts: Array, hours: str, manner: str, day: int
) -> tuple[int, int, int]:
    times = story.today.moments(count, hours) + day * DAY_US
    region = story.today.population.merchants["region"][shop] if manner != "shop online" else -1
    return paying(
        story,
        strangers(story.today, count),
        _account_of(story.today, shop),
        amounts,
        times,
        manner,
        merchant=shop,
        payer_region=region,
    )


def grand_opening(today: Today) -> None:
    """A shop of last week opens with round prices and a crowd, and pays for its stock at once."""
    rng = today.rng
    trade = int(rng.choice([BY_CODE[code] for code in ("5812", "5651", "5499", "5732", "7299", "5813")]))
    shop = new_merchant(today, trade, (0, 15))
    story = tell(today, "grand_opening")
    for day in range(int(rng.integers(2, 5))):
        count = int(rng.integers(15, 60))
        amounts = round_amounts(
            today.amounts(count, TRADES[trade].median * 0.8, 0.7), 1_000 if rng.random() < 0.6 else 10
        )
        total, last, plan = _sells(story, shop, count, amounts, "day", "shop", day)
        if plan >= 0 and rng.random() < 0.7:
            story.pay(
                _account_of(today, shop),
                company(today),
                int(total * rng.uniform(0.6, 0.95)),
                after(today, last, 500),
                "invoice",
                hop=1,
                parent=plan,
            )
    story.end()


def evening_bar(today: Today) -> None:
    """A bar, a card room, a karaoke: round sums between eight and two."""
    rng = today.rng
    shop = merchant(today, (BY_CODE["5813"], BY_CODE["7832"]))
    story = tell(today, "evening_bar")
    count = int(rng.integers(15, 50))
    amounts = rng.choice([100, 100, 200, 200, 300, 500, 1_000], count) * 100
    _sells(story, shop, count, amounts, "night", "shop" if rng.random() < 0.7 else "card at a terminal", 0)
    story.end()


def returned_goods(today: Today) -> None:
    """A sale of clothes of which a third comes back, some of it paid to another account of the buyer."""
    rng, p = today.rng, today.population
    shop = merchant(today, (BY_CODE["5651"], BY_CODE["5999"]))
    story = tell(today, "returned_goods")
    count = int(rng.integers(10, 40))
    buyers = strangers(today, count)
    amounts = today.amounts(count, 190, 0.7, 100)
    kept = able(today, buyers, amounts) & (buyers != _account_of(today, shop))
    buyers, amounts = buyers[kept], amounts[kept]
    times = today.moments(len(buyers), "online")
    if len(buyers):
        ids = story.pay(buyers, _account_of(today, shop), amounts, times, "shop online", merchant=shop)
        back = rng.random(len(buyers)) < 0.35
        other = p.accounts["party"][buyers[back]]
        elsewhere = (rng.random(int(back.sum())) < 0.25) & (other < p.people) & (other != buyers[back])
        story.pay(
            _account_of(today, shop),
            np.where(elsewhere, other, buyers[back]),
            amounts[back],
            times[back] + rng.integers(2, 9, int(back.sum())) * DAY_US,
            "refund",
            hop=1,
            parent=ids[back],
            refunds_parent=rng.random(len(elsewhere)) < 0.93,
            refund_elsewhere=elsewhere,
        )
    story.end()


def gift_cards(today: Today) -> None:
    """Round cards for employees and customers: a few firms and people buy many, one after the other."""
    rng = today.rng
    shop = merchant(today, (BY_CODE["5947"], BY_CODE["5411"]))
    story = tell(today, "gift_cards")
    for _ in range(int(rng.integers(2, 7))):
        buyer = np.array([company(today) if rng.random() < 0.3 else int(people(today, 1, 20, 70, least=600_000)[0])])
        parts = int(rng.integers(2, 8))
        amounts = np.full(parts, int(rng.choice([200, 500, 1_000, 1_000])) * 100)
        times = int(today.moments(1, "evening")[0]) + np.cumsum(rng.integers(40, 600, parts)) * SECOND_US
        paying(
            story,
            np.repeat(buyer, parts),
            _account_of(today, shop),
            amounts,
            times,
            "card at a terminal",
            merchant=shop,
        )
    story.end()


def _trader(today: Today, name: str, median: float, days: int) -> None:
    """A private trader: strangers buy over some days, and the stock is bought from another private person."""
    rng = today.rng
    trader = int(people(today, 1, 18, 60)[0])
    account = new_account(today, trader, (5, 900), BANK) if rng.random() < 0.3 else trader
    story = tell(today, name)
    count = int(rng.integers(4, 18))
    buyers = strangers(today, count)
    amounts = today.amounts(count, median, 1.0, 100)
    times = today.moments(count) + rng.integers(0, days, count) * DAY_US
    manner = "remote code" if rng.random() < 0.25 else "sale between strangers"
    total, last, plan = paying(story, buyers, account, amounts, times, manner)
    if plan >= 0 and rng.random() < 0.8:
        story.pay(
            account,
            int(strangers(today, 1)[0]),
            int(total * rng.uniform(0.5, 0.98)),
            after(today, last, 150, 1.3),
            "passing on",
            hop=1,
            parent=plan,
        )
    story.end()


def card_trader(today: Today) -> None:
    _trader(today, "card_trader", 420, 4)


def game_trader(today: Today) -> None:
    _trader(today, "game_trader", 180, 3)


def coin_collector(today: Today) -> None:
    _trader(today, "coin_collector", 1_900, 5)


def student_abroad(today: Today) -> None:
    """Relatives each send a part to the parents, or straight to the child abroad; the parents pay the fees there, the
    rent to a landlord there, and what the child lives on."""
    rng, p = today.rng, today.population
    parent = int(people(today, 1, 40, 62)[0])
    story = tell(today, "student_abroad")
    kin = circle(today, parent, int(rng.integers(2, 8)))
    amounts = today.amounts(len(kin), 7_000, 0.7, 100_000)
    times = today.moments(len(kin)) + rng.integers(0, 3, len(kin)) * DAY_US
    child = person_abroad(today, 0.3)
    if rng.random() < 0.3:
        paying(story, kin, child, amounts // 2, times, "tuition" if rng.random() < 0.4 else "family")
        story.end()
        return
    total, last, plan = paying(story, kin, parent, amounts, times, "family")
    if plan >= 0:
        fee = int(total * rng.uniform(0.85, 1.0))
        parts = int(rng.integers(1, 5))
        payees = rng.choice([p.office("overseas university"), person_abroad(today, 0.2), child], parts)
        story.pay(
            parent,
            payees,
            np.full(parts, fee // parts),
            after(today, last, 700) + np.arange(parts) * DAY_US,
            "tuition",
            hop=1,
            parent=plan,
        )
    story.end()


def payroll(today: Today) -> None:
    """An employer, or an agency for it, pays wages into many personal accounts, some of them opened for the job."""
    rng = today.rng
    payer = company(today, 10_000_000)
    story = tell(today, "payroll")
    workers = strangers(today, int(rng.integers(8, 40)))
    new = [new_account(today, int(person), (1, 20), BANK) for person in people(today, int(rng.integers(1, 6)), 18, 50)]
    targets = np.concatenate([workers, np.array(new)])
    amounts = today.amounts(len(targets), 5_700, 0.35, 100)
    story.pay(
        payer,
        targets,
        amounts,
        int(today.moments(1, "office")[0]) + rng.integers(0, 1_200, len(targets)) * SECOND_US,
        "payout",
    )
    story.end()


def small_exporter(today: Today) -> None:
    """Paid from abroad, a small firm pays its workshop, its owner and the carrier, most of them private accounts."""
    rng, p = today.rng, today.population
    firm = new_company(today, today.midnight - int(rng.integers(100, 3_000)) * DAY_US)
    story = tell(today, "small_exporter")
    for _ in range(int(rng.integers(1, 4))):
        amount = int(today.amounts(1, 30_000, 0.7)[0])
        time = int(today.moments(1, "office")[0]) + int(rng.integers(0, 4)) * DAY_US
        plan = int(story.pay(p.office("overseas supplier"), firm, amount, time, "invoice")[0])
        targets = np.append(strangers(today, int(rng.integers(2, 5))), company(today))
        shares = (rng.dirichlet(np.full(len(targets), 4.0)) * amount * rng.uniform(0.6, 0.97)).astype(np.int64)
        story.pay(
            firm, targets, shares, after(today, np.full(len(targets), time), 400, 1.0), "payout", hop=1, parent=plan
        )
    story.end()


def trading_partners(today: Today) -> None:
    """Two firms sell to each other: invoices go both ways in much the same sums."""
    rng = today.rng
    first, second = company(today), company(today)
    story = tell(today, "trading_partners")
    if first != second:
        time, amount = int(today.moments(1, "office")[0]), int(today.amounts(1, 40_000, 0.8)[0])
        for step in range(int(rng.integers(3, 9))):
            pair = (first, second) if step % 2 == 0 else (second, first)
            size = int(amount * (rng.uniform(0.5, 1.6) if rng.random() < 0.75 else rng.uniform(0.99, 1.01)))
            story.pay(*pair, size, time, "invoice")
            time = int(after(today, time, 1_200, 0.8)[0])
    story.end()


def deposit_returned(today: Today) -> None:
    """A deposit for a hall, a bid or a lease, returned whole some hours or days later."""
    rng = today.rng
    holder = company(today)
    payer = company(today) if rng.random() < 0.5 else int(people(today, 1, 22, 70, least=1_000_000)[0])
    story = tell(today, "deposit_returned")
    if payer != holder:
        amount = round_amounts(today.amounts(1, 9_000, 1.0), 10_000)
        time = today.moments(1, "office")
        _, _, plan = paying(story, np.array([payer]), holder, amount, time, "first large")
        if plan >= 0:
            story.pay(holder, payer, amount, after(today, time, 2_400, 0.9), "payout", hop=1, parent=plan)
    story.end()


def brothers_lending(today: Today) -> None:
    """Two people lend each other the same sum back and forth."""
    rng = today.rng
    first = int(people(today, 1, 20, 70, least=500_000)[0])
    second = int(today.population.contacts[first, 0])
    story = tell(today, "brothers_lending")
    amount, time = round_amounts(today.amounts(1, 2_500, 0.8), 50_000), today.moments(1)
    for step in range(int(rng.integers(2, 7))):
        pair = (first, second) if step % 2 == 0 else (second, first)
        story.pay(*pair, amount, time, "friend")
        time = after(today, time, 900, 0.9)
    story.end()
