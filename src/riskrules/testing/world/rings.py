"""Accounts that collect for others: mules, run-points platforms, dealers in virtual currency, underground banks."""

from __future__ import annotations

import numpy as np

from .cast import (
    able,
    after,
    company,
    laundering_account,
    one_hand,
    people,
    person_abroad,
    round_amounts,
    strangers,
)
from .labels import (
    CUSTOMER,
    DEALER,
    MULE,
    MULE_ROLE,
    OPERATOR,
    RUN_POINTS,
    RUNNER,
    SCAM,
    SCAMS,
    UNDERGROUND_BANK,
    VICTIM,
    VIRTUAL_CURRENCY,
)
from .laundering import Route, dealer_account
from .plans import Story, Today
from .scams import report_after
from .settings import DAY_US, SECOND_US


def mules(today: Today) -> None:
    """An account or two that many strangers pay for goods that never come, or for worse; emptied again and again."""
    rng = today.rng
    story = Story(today, MULE)
    route = Route(story)
    accounts = np.array([laundering_account(today) for _ in range(int(rng.integers(1, 3)))])
    one_hand(today, np.concatenate([accounts, route.second]))
    count = int(rng.integers(5, 20))
    payers = strangers(today, count)
    amounts = today.amounts(count, 850, 1.0, 100)
    kept = able(today, payers, amounts)
    payers, amounts = payers[kept], amounts[kept]
    count = len(payers)
    times = np.sort(today.moments(count) + (rng.exponential(0.7, count).clip(0, 6)).astype(np.int64) * DAY_US)
    payees = rng.choice(accounts, count)
    if count and rng.random() < 0.35:  # the account is tried out before it is used
        story.pay(
            int(people(today, 1)[0]),
            payees[0],
            int(rng.integers(1, 1_000)),
            times[0] - 1_800 * SECOND_US,
            "friend",
            role=OPERATOR,
        )
    victims = rng.random(count) < 0.6
    paid = story.pay(
        payers,
        payees,
        amounts,
        times,
        "sale between strangers",
        role=np.where(victims, VICTIM, CUSTOMER),
        typology=np.where(victims, SCAM, MULE),
        scam=np.where(victims, SCAMS.index("fake_shop"), -1),
        report_after=np.where(victims, report_after(rng, count, 0.5, 70), -1),
    )
    for account in np.unique(payees).tolist():
        mine = np.flatnonzero(payees == account)
        for group in np.array_split(mine, max(1, len(mine) // int(rng.integers(2, 6)))):
            if len(group):
                last = group[-1]
                route.send(account, int(amounts[group].sum()), int(times[last]), int(paid[last]))
    story.end()


_STAKES = np.array([50, 100, 100, 200, 200, 300, 500, 500, 800, 1_000, 2_000])


def run_points(today: Today) -> None:
    """People lend their codes to a platform: a deposit, then receipts from gamblers up to about as much, sent on."""
    rng = today.rng
    story = Story(today, RUN_POINTS)
    platform = laundering_account(today)
    for runner in people(today, int(rng.integers(2, 5)), 18, 48, least=200_000).tolist():
        wallet = int(today.population.wallet_of[runner])
        account = wallet if wallet >= 0 and rng.random() < 0.5 else runner
        if runner == platform or account == platform:
            continue
        _runner(story, runner, account, platform)
    story.end()


def _runner(story: Story, runner: int, account: int, platform: int) -> None:
    """One runner: a deposit, one to three sessions, and what is passed up, less a commission."""
    today, rng = story.today, story.today.rng
    sessions = int(rng.integers(1, 4))
    start = int(today.moments(1, "day")[0])
    deposit = round_amounts(today.amounts(1, 2_500, 0.6), 50_000)
    if able(today, np.array([runner]), deposit)[0]:
        story.pay(runner, platform, deposit, start, "passing on", role=RUNNER)
    for session in range(sessions):
        count = int(rng.integers(6, 18))
        opened = today.midnight + session * DAY_US
        hours = "night" if rng.random() < 0.4 else "waking"
        times = np.sort(today.moments(count, hours)) - today.midnight + opened
        times = np.where(times < start, times + DAY_US, times)
        payers = strangers(today, count)
        amounts = rng.choice(_STAKES, count) * 100 + np.where(rng.random(count) < 0.3, rng.integers(1, 100, count), 0)
        kept = able(today, payers, amounts)
        payers, amounts, times = payers[kept], amounts[kept], np.sort(times[kept])
        if not len(payers):
            continue
        victims = rng.random(len(payers)) < 0.2
        paid = story.pay(
            payers,
            account,
            amounts,
            times,
            "remote code",
            role=np.where(victims, VICTIM, CUSTOMER),
            report_after=np.where(victims, report_after(rng, len(payers), 0.4, 90), -1),
        )
        share = 1 - rng.uniform(0.005, 0.03)
        for group in np.array_split(np.arange(len(payers)), int(rng.integers(1, 3))):
            if len(group):
                last = group[-1]
                story.pay(
                    account,
                    platform,
                    int(amounts[group].sum() * share),
                    after(today, times[last], 35),
                    "passing on",
                    hop=1,
                    role=RUNNER,
                    parent=paid[last],
                )


def dealer(today: Today) -> None:
    """A dealer in virtual currency: buyers pay over some days, sellers are paid the same day."""
    rng = today.rng
    story = Story(today, VIRTUAL_CURRENCY)
    account = dealer_account(story)
    count = int(rng.integers(5, 16))
    buyers = strangers(today, count)
    amounts = today.amounts(count, 2_600, 1.0)
    amounts = np.where(rng.random(count) < 0.5, round_amounts(amounts, 10_000), amounts)
    kept = able(today, buyers, amounts) & (buyers != account)
    buyers, amounts = buyers[kept], amounts[kept]
    count = len(buyers)
    times = np.sort(today.moments(count) + rng.integers(0, 4, count) * DAY_US)
    victims = rng.random(count) < 0.25
    paid = story.pay(
        buyers,
        account,
        amounts,
        times,
        "currency between strangers",
        role=np.where(victims, VICTIM, CUSTOMER),
        report_after=np.where(victims, report_after(rng, count, 0.5), -1),
    )
    for group in np.array_split(np.arange(count), max(1, count // 3)):
        if len(group):
            last = group[-1]
            share = rng.uniform(0.85, 0.995)
            story.pay(
                account,
                laundering_account(today),
                int(amounts[group].sum() * share),
                after(today, times[last], 60, 1.1),
                "passing on",
                hop=1,
                role=DEALER,
                parent=paid[last],
            )
    story.end()


def underground_bank(today: Today) -> None:
    """Money stays in its country and its twin is paid abroad, or leaves in many people's names below the quota."""
    story = Story(today, UNDERGROUND_BANK)
    house = laundering_account(today)
    if today.rng.random() < 0.65:
        _mirrored(story, house)
    else:
        _split_among_names(story, house)
    story.end()


def _customer(story: Story, house: int) -> tuple[int, int]:
    """Who wants money abroad, a firm or a person, and how much."""
    today, rng = story.today, story.today.rng
    if rng.random() < 0.5:
        customer, median = company(today, 8_000_000), 28_000
    else:
        customer, median = int(people(today, 1, 25, 70, least=4_000_000)[0]), 12_000
    amount = int(today.amounts(1, median, 0.7, 10_000 if rng.random() < 0.5 else 100)[0])
    if customer < today.population.people:
        amount = min(amount, int(today.population.accounts["balance"][customer] * 0.8))
    return (customer, amount) if customer != house else (-1, 0)


def _mirrored(story: Story, house: int) -> None:
    """Customers pay a house account, which pays other people's recipients; abroad, the customers' own are paid nearly
    the same."""
    today, rng = story.today, story.today.rng
    vault = person_abroad(today)
    for _ in range(int(rng.integers(2, 6))):
        customer, amount = _customer(story, house)
        if customer < 0:
            continue
        parts = int(rng.integers(1, 4)) if amount > 4_000_000 else 1
        time = int(today.moments(1, "day")[0]) + int(rng.integers(0, 5)) * DAY_US
        sizes = round_amounts(rng.dirichlet(np.full(parts, 9.0)) * amount, 100)
        manner = "invoice" if customer >= today.population.people else "passing on"
        times = time + np.arange(parts) * 900 * SECOND_US
        paid = story.pay(customer, house, sizes, times, manner, role=CUSTOMER)
        recipients = strangers(today, int(rng.integers(1, 4)))
        share = rng.dirichlet(np.full(len(recipients), 6.0)) * amount * rng.uniform(0.97, 0.995)
        when = after(today, np.full(len(recipients), time + 3_600 * SECOND_US), 240, 1.0)
        known = {"role": DEALER, "parent": paid[-1]}
        story.pay(house, recipients, round_amounts(share, 100), when, "passing on", hop=1, **known)
        twin = int(amount * rng.uniform(0.98, 1.02))
        story.pay(vault, person_abroad(today), twin, after(today, time, 500, 1.0), "friend", **known)


def _split_among_names(story: Story, house: int) -> None:
    """A customer's money goes to several people who lend their names, and each pays the same account abroad."""
    today, rng = story.today, story.today.rng
    beneficiary = person_abroad(today)
    customer, amount = _customer(story, house)
    if customer < 0:
        return
    names = people(today, int(rng.integers(4, 10)), 19, 70)
    names = names[(names != house) & (names != customer)]
    time = int(today.moments(1, "day")[0])
    manner = "invoice" if customer >= today.population.people else "passing on"
    paid = int(story.pay(customer, house, amount, time, manner, role=CUSTOMER)[0])
    shares = round_amounts(rng.dirichlet(np.full(len(names), 25.0)) * amount * 0.98, 100)
    sent = after(today, np.full(len(names), time), 200, 0.8)
    handed = story.pay(house, names, shares, sent, "passing on", hop=1, role=DEALER, parent=paid)
    abroad = after(today, sent, 600, 0.9)
    part = np.maximum(1, (shares * rng.uniform(0.95, 0.99, len(names))).astype(np.int64))
    story.pay(names, beneficiary, part, abroad, "tuition", hop=2, role=MULE_ROLE, parent=handed)
