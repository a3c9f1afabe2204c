"""Honest people who for once pay much to somebody new: what a victim's payment looks like, without the victim."""

from __future__ import annotations

import numpy as np

from .cast import balance, company, people, round_amounts
from .gatherings import paying, tell
from .plans import Today
from .settings import DAY_US


def _once(
    today: Today,
    name: str,
    ages: tuple[int, int],
    of_balance: tuple[float, float],
    median: float,
    payments: tuple[int, int],
    manner: str,
    payee: int | None = None,
    days: float = 1.0,
) -> None:
    """One payer, a payee never paid before, one payment or a few, out of much of what the payer has."""
    rng = today.rng
    payer = int(people(today, 1, *ages, least=int(median * today.setting.wealth * 90))[0])
    if payee is None:
        payee = company(today) if rng.random() < 0.45 else int(people(today, 1, 22, 65)[0])
    story = tell(today, name)
    count = int(rng.integers(payments[0], payments[1] + 1))
    sizes = np.exp(rng.normal(np.log(median * today.setting.wealth * 100), 0.8, count))
    sizes *= min(1.0, int(balance(today, payer)) * rng.uniform(*of_balance) / sizes.sum())
    amounts = round_amounts(sizes, 10_000) if rng.random() < 0.6 else np.maximum(100, sizes.astype(np.int64))
    times = (
        int(today.moments(1, "day")[0])
        + np.cumsum(rng.exponential(days, count) * DAY_US).astype(np.int64) // 1_000_000 * 1_000_000
    )
    paying(story, np.full(count, payer), payee, amounts, times, manner)
    story.end()


def builder(today: Today) -> None:
    """An elderly couple pays a builder for the first time."""
    _once(today, "builder", (58, 90), (0.2, 0.8), 11_000, (1, 3), "first large", days=4)


def car_purchase(today: Today) -> None:
    _once(today, "car_purchase", (22, 66), (0.4, 0.9), 34_000, (1, 2), "first large", days=0.3)


def house_deposit(today: Today) -> None:
    _once(
        today,
        "house_deposit",
        (24, 60),
        (0.5, 0.95),
        30_000,
        (1, 3),
        "first large",
        today.population.office("property agency") if today.rng.random() < 0.5 else None,
        days=0.3,
    )


def hospital(today: Today) -> None:
    """A bill paid from the bedside, with a daughter on the phone."""
    _once(
        today,
        "hospital",
        (35, 90),
        (0.2, 0.9),
        9_000,
        (1, 3),
        "first large",
        today.population.office("hospital") if today.rng.random() < 0.6 else None,
        days=0.8,
    )


def helped_by_phone(today: Today) -> None:
    """A son on the phone, the screen shared, shows how to pay a first bill, a fee, a tradesman."""
    _once(today, "helped_by_phone", (50, 92), (0.05, 0.6), 2_600, (1, 2), "helped", days=0.05)


def tuition(today: Today) -> None:
    office = str(today.rng.choice(["university", "college"]))
    payee = today.population.office(office) if today.rng.random() < 0.6 else None
    _once(today, "tuition", (19, 58), (0.2, 0.8), 6_000, (1, 2), "tuition", payee, days=0.2)


def new_investor(today: Today) -> None:
    """Somebody begins to save with a fund, or with a friend's shop, in rising sums."""
    payee = today.population.office("fund house") if today.rng.random() < 0.5 else None
    _once(today, "new_investor", (25, 75), (0.2, 0.9), 8_000, (2, 6), "persuaded", payee, days=4)
