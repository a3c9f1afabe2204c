"""Victims who pay under guidance or persuasion, and where their money goes next.

Each deceit has its own victims, pace and amounts, and all of them overlap with what honest people pay to a builder, a
seller of a car or a fund. What the victim was told is the label `scam`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .cast import balance, laundering_account, one_hand, people
from .growing import Integers
from .labels import SCAM, SCAMS, VICTIM
from .laundering import Route
from .plans import Story, Today
from .settings import DAY_US, HOUR_US, SECOND_US


class Script(NamedTuple):
    """How a scam goes: its share, the victims' ages, the manner of paying, the least and most payments, the days
    between them, what part of the balance is lost in all, the median of a payment in whole units, and whether the
    amounts rise."""

    share: float
    ages: tuple[int, int]
    manner: str
    payments: tuple[int, int]
    days_between: float
    of_balance: tuple[float, float]
    median: float
    rising: bool


SCRIPTS = {
    "impersonated_police": Script(0.13, (22, 90), "guided", (1, 4), 0.1, (0.45, 0.98), 16_000, False),
    "investment": Script(0.17, (26, 75), "persuaded", (2, 6), 4.0, (0.35, 0.95), 13_000, True),
    "romance": Script(0.07, (25, 80), "persuaded", (2, 6), 6.0, (0.2, 0.7), 5_000, True),
    "refund": Script(0.12, (18, 70), "guided", (1, 3), 0.02, (0.2, 0.9), 5_000, False),
    "family_emergency": Script(0.07, (50, 92), "guided", (1, 2), 0.3, (0.3, 0.9), 14_000, False),
    "loan_fee": Script(0.11, (19, 50), "guided", (1, 4), 0.3, (0.2, 0.8), 3_500, False),
    "task_rebate": Script(0.18, (17, 45), "persuaded", (2, 6), 0.4, (0.3, 0.9), 2_500, True),
    "fake_shop": Script(0.11, (17, 70), "persuaded", (1, 2), 0.3, (0.05, 0.4), 900, False),
    "impersonated_employer": Script(0.06, (24, 60), "guided", (1, 2), 0.05, (0.4, 0.95), 30_000, False),
}
_SHARES = np.array([SCRIPTS[name].share for name in SCAMS]) / sum(SCRIPTS[name].share for name in SCAMS)
REPORTED = 0.72
MEDIAN_HOURS = 34


def report_after(
    rng: np.random.Generator, count: int, share: float = REPORTED, hours: float = MEDIAN_HOURS
) -> Integers:
    """Microseconds until each payment is reported, -1 for never: most come after a day or more, some after weeks."""
    delay = np.exp(rng.normal(np.log(hours), 1.5, count)).clip(0.2, 80 * 24) * HOUR_US
    return np.where(rng.random(count) < share, delay.astype(np.int64) // SECOND_US * SECOND_US, -1)


def scam(today: Today) -> None:
    """One deceit with up to three victims, who pay into one account or two."""
    rng = today.rng
    kind = _turn(today)
    script = SCRIPTS[SCAMS[kind]]
    story = Story(today, SCAM, scam=kind)
    route = Route(story)
    first = [laundering_account(today) for _ in range(int(rng.integers(1, 3)))]
    one_hand(today, np.array([*first, *route.second]), 0.3)
    least = int(script.median * today.setting.wealth * 100)
    for victim in people(today, int(rng.integers(1, 4)), *script.ages, least=least).tolist():
        _victim(story, script, victim, int(rng.choice(first)), route)
    story.end()


def _turn(today: Today) -> int:
    """The next deceit: the one furthest behind its share, with some chance, so that a small world sees them all."""
    tried = today.plans.scams or [0] * len(SCAMS)
    behind = _SHARES * (sum(tried) + 1) - tried + today.rng.random(len(SCAMS)) * 0.6
    kind = int(np.argmax(behind))
    today.plans.scams = [count + (place == kind) for place, count in enumerate(tried)]
    return kind


def _victim(story: Story, script: Script, victim: int, account: int, route: Route) -> None:
    """What one victim pays, and one attempt that a warning may have stopped for a while."""
    today, rng = story.today, story.today.rng
    if victim == account:
        return
    count = int(rng.integers(script.payments[0], script.payments[1] + 1))
    sizes = np.exp(rng.normal(np.log(script.median * today.setting.wealth * 100), 0.85, count))
    sizes = np.sort(sizes) if script.rising else sizes
    sizes *= min(1.0, int(balance(today, victim)) * rng.uniform(*script.of_balance) / sizes.sum())
    sizes = np.where(rng.random(count) < 0.55, np.maximum(10_000, sizes // 10_000 * 10_000), np.maximum(100, sizes))
    gaps = np.concatenate([[0], rng.exponential(script.days_between, count - 1)])
    times = int(today.moments(1)[0]) + (np.cumsum(gaps) * DAY_US).astype(np.int64) // SECOND_US * SECOND_US
    told = int(report_after(rng, 1)[0])
    reported = np.where(told >= 0, told + times[-1] - times, -1)
    amounts = sizes.astype(np.int64)
    if rng.random() < 0.12:
        story.pay(victim, account, amounts[0], times[0] - 300 * SECOND_US, script.manner, role=VICTIM, cancelled=True)
    paid = story.pay(victim, account, amounts, times, script.manner, role=VICTIM, report_after=reported)
    for amount, time, plan in zip(amounts.tolist(), times.tolist(), paid.tolist(), strict=True):
        route.send(account, amount, time, plan)
