"""Trade that is none: card cash-out and split orders, goods sent back to another account, companies that pay each other
in circles, and merchants who clear for others without a licence."""

from __future__ import annotations

import numpy as np

from .cast import (
    able,
    after,
    balance,
    company,
    laundering_account,
    merchant,
    new_company,
    new_merchant,
    people,
    round_amounts,
    strangers,
)
from .growing import Array
from .labels import CUSTOMER, FAKE_TRADE, HOLDER, MERCHANT, OPERATOR, SECOND_CLEARING, TRADE_HEDGING, TRADER, VICTIM
from .plans import Story, Today
from .scams import report_after
from .settings import DAY_US, SECOND_US
from .trades import BY_CODE, TRADES

_SMALL_SHOPS = tuple(BY_CODE[code] for code in ("5499", "5651", "5732", "5200", "7299", "5812", "5944", "5300"))
_OLD_OR_NEW = 0.5


def _front(today: Today) -> int:
    """A merchant that lends itself: a new one as often as one that has been there for long."""
    trade = int(today.rng.choice(_SMALL_SHOPS))
    if today.rng.random() < _OLD_OR_NEW:
        return new_merchant(today, trade, (1, 120))
    return merchant(today, _SMALL_SHOPS)


def _account_of(today: Today, shop: int) -> int:
    return int(today.population.merchants["account"][shop])


def fake_trade(today: Today) -> None:
    """A front sells nothing: holders cash their cards, stakes pass as goods, or goods go back to another account."""
    kind = today.rng.random()
    story = Story(today, FAKE_TRADE)
    shop = _front(today)
    if kind < 0.45:
        _cards_cashed(story, shop)
    elif kind < 0.75:
        _stakes_as_goods(story, shop)
    else:
        _sent_back_elsewhere(story, shop)
    story.end()


def _cards_cashed(story: Story, shop: int) -> None:
    """Holders pay for nothing, often in parts, and get it back in money the same day, less a fee."""
    today, rng = story.today, story.today.rng
    for holder in people(today, int(rng.integers(2, 7)), 20, 62, least=300_000).tolist():
        total = min(int(today.amounts(1, 3_800, 0.7, 10_000)[0]), int(balance(today, holder) * 0.8))
        parts = int(rng.integers(2, 6)) if rng.random() < 0.5 else 1
        shares = rng.dirichlet(np.full(parts, 40.0)) * total
        amounts = shares.astype(np.int64) if rng.random() < 0.6 else round_amounts(shares, 10_000)
        time = int(today.moments(1)[0]) + int(rng.integers(0, 3)) * DAY_US
        times = time + np.cumsum(rng.integers(40, 900, parts)) * SECOND_US
        paid = story.pay(
            holder,
            _account_of(today, shop),
            amounts,
            times,
            "card at a terminal",
            merchant=shop,
            role=HOLDER,
            payer_region=today.population.merchants["region"][shop],
        )
        back = int(amounts.sum() * (1 - rng.uniform(0.006, 0.03)))
        _pays_out(story, shop, holder, back, after(today, times[-1], 90), paid[-1])


def _pays_out(story: Story, shop: int, to: int, amount: int, times: Array, paid: int) -> None:
    """The front's account hands on what it was paid by the plan `paid`."""
    story.pay(_account_of(story.today, shop), to, amount, times, "payout", hop=1, role=MERCHANT, parent=paid)


def _stakes_as_goods(story: Story, shop: int) -> None:
    """Gamblers' stakes, sold as whatever the front is said to sell; the takings go on to those who run it."""
    today, rng = story.today, story.today.rng
    behind = laundering_account(today)
    for night in range(int(rng.integers(1, 4))):
        count = int(rng.integers(8, 22))
        payers = strangers(today, count)
        amounts = rng.choice([50, 100, 100, 200, 200, 500, 500, 1_000], count) * 100
        amounts += np.where(rng.random(count) < 0.25, rng.integers(1, 99, count), 0)
        kept = able(today, payers, amounts)
        payers, amounts = payers[kept], amounts[kept]
        times = np.sort(today.moments(len(payers), "night" if rng.random() < 0.5 else "online")) + night * DAY_US
        if not len(payers):
            continue
        paid = story.pay(payers, _account_of(today, shop), amounts, times, "order", merchant=shop, role=CUSTOMER)
        takings = int(amounts.sum() * rng.uniform(0.8, 0.97))
        _pays_out(story, shop, behind, takings, after(today, times[-1], 300), paid[-1])


def _sent_back_elsewhere(story: Story, shop: int) -> None:
    """Bought with one account, sent back to another: stolen money changes its name at a till."""
    today, rng = story.today, story.today.rng
    source = laundering_account(today)
    victims = people(today, int(rng.integers(1, 4)), 18, 70, least=500_000)
    amounts = np.minimum(today.amounts(len(victims), 3_500, 0.7), (balance(today, victims) * 0.6).astype(np.int64))
    times = today.moments(len(victims))
    lost = story.pay(
        victims, source, amounts, times, "persuaded", role=VICTIM, report_after=report_after(rng, len(victims), 0.6)
    )
    for amount, time, parent in zip(amounts.tolist(), times.tolist(), lost.tolist(), strict=True):
        parts = int(rng.integers(1, 4))
        sizes = np.maximum(1, (rng.dirichlet(np.full(parts, 8.0)) * amount * 0.98).astype(np.int64))
        when = after(today, np.full(parts, time), 60)
        bought = story.pay(
            source,
            _account_of(today, shop),
            sizes,
            when,
            "order",
            merchant=shop,
            hop=1,
            role=HOLDER,
            parent=parent,
        )
        other = laundering_account(today)
        story.pay(
            _account_of(today, shop),
            other,
            sizes,
            when + rng.integers(1, 60) * 3_600 * SECOND_US,
            "refund",
            hop=2,
            role=MERCHANT,
            parent=bought,
            refunds_parent=rng.random(parts) < 0.75,
            refund_elsewhere=True,
        )


def trade_hedging(today: Today) -> None:
    """Companies pay each other there and back, or round a circle, for goods that nobody moves."""
    rng = today.rng
    story = Story(today, TRADE_HEDGING)
    size = int(rng.choice([2, 2, 3, 4]))
    ring = [
        new_company(today, today.midnight - int(rng.integers(10, 900)) * DAY_US) if rng.random() < 0.5
        else company(today) for _ in range(size)
    ]  # fmt: skip
    if len(set(ring)) < size:
        return
    backer = company(today, 20_000_000)
    amount = int(today.amounts(1, 42_000, 0.8, 100_000 if rng.random() < 0.4 else 1)[0])
    time = int(today.moments(1, "office")[0])
    paid = int(story.pay(backer, ring[0], int(amount * rng.uniform(1.0, 1.2)), time, "invoice", role=TRADER)[0])
    for step in range(size * int(rng.integers(2, 5))):
        source, target = ring[step % size], ring[(step + 1) % size]
        time = int(after(today, time, 420, 0.9)[0])
        amount = max(1, int(amount * rng.uniform(0.985, 1.0)))
        paid = int(story.pay(source, target, amount, time, "invoice", hop=step + 1, role=TRADER, parent=paid)[0])
    story.end()


def second_clearing(today: Today) -> None:
    """A merchant takes in for many others who have no contract of their own, and pays them out the day after."""
    rng = today.rng
    story = Story(today, SECOND_CLEARING)
    trade = int(rng.choice([BY_CODE[code] for code in ("5999", "7299", "5300", "5499", "8299")]))
    shop = new_merchant(today, trade, (10, 500)) if rng.random() < 0.6 else merchant(today, (trade,))
    account = _account_of(today, shop)
    served = strangers(today, int(rng.integers(10, 26)))
    served = served[served != account]
    name = int(today.population.merchants["name"][shop]) if rng.random() < 0.6 else -2
    for day in range(int(rng.integers(2, 5))):
        count = int(rng.integers(10, 26))
        payers, amounts = strangers(today, count), today.amounts(count, TRADES[trade].median * 2.0, 0.9, 10)
        kept = able(today, payers, amounts)
        payers, amounts = payers[kept], amounts[kept]
        times = np.sort(today.moments(len(payers), "day")) + day * DAY_US
        if not len(payers):
            continue
        reported = np.where(rng.random(len(payers)) < 0.1, report_after(rng, len(payers), 0.5, 200), -1)
        paid = story.pay(
            payers,
            account,
            amounts,
            times,
            "order" if rng.random() < 0.5 else "shop",
            merchant=shop,
            role=CUSTOMER,
            seller=name,
            report_after=reported,
        )
        among = rng.choice(served, min(len(served), int(rng.integers(6, 16))), replace=False)
        _paid_out(story, account, among, int(amounts.sum() * rng.uniform(0.94, 0.995)), times[-1], int(paid[-1]))
    story.end()


def _paid_out(story: Story, account: int, among: Array, total: int, last: int, parent: int) -> None:
    rng = story.today.rng
    shares = np.maximum(1, (rng.dirichlet(np.full(len(among), 3.0)) * total).astype(np.int64))
    morning = last // DAY_US * DAY_US + DAY_US + int(rng.integers(0, 6 * 3_600)) * SECOND_US
    times = np.maximum(last + SECOND_US, morning + rng.integers(0, 1_800, len(among)) * SECOND_US)
    story.pay(account, among, shares, times, "payout", hop=1, role=OPERATOR, parent=parent)
