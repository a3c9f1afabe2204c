"""People who live abroad and have an account with a bank from here, and the shops abroad.

Money comes into these accounts from outside, so they may be overdrawn. How they were opened tells nothing: most are
years old, as accounts at home are.
"""

from __future__ import annotations

import numpy as np

from .accounts import BANK, ENTITY, OFFICE, STUDENT, add_accounts, add_company_accounts, opened_days_ago, within_a_day
from .growing import Growing, Integers
from .settings import DAY_US, Setting
from .trades import BY_CODE

COUNTRIES = ("CN", "AU", "HK", "JP", "SG", "TH", "US", "GB")
SHOPS = 28


def make_people_abroad(
    setting: Setting, people: int, parties: Growing, accounts: Growing, rng: np.random.Generator
) -> Integers:
    """Accounts of people who live abroad: for every ten families with somebody there, eight people."""
    return open_abroad(setting, parties, accounts, max(12, int(people * setting.abroad * 0.8)), setting.start_us, rng)


def open_abroad(
    setting: Setting, parties: Growing, accounts: Growing, count: int, by_us: int, rng: np.random.Generator
) -> Integers:
    """People abroad, young ones before all, with accounts opened before a moment."""
    who = parties.add(
        count,
        age=np.clip(rng.gamma(3.5, 7.0, count) + 17, 18, 88).astype(np.int64),
        role=np.where(rng.random(count) < 0.35, STUDENT, 0),
        country=rng.integers(1, len(COUNTRIES), count),
        name=rng.integers(2**40, size=count),
        income=(setting.income * 100 * np.exp(rng.normal(0.2, 0.6, count))).astype(np.int64),
        region=rng.integers(len(setting.regions), size=count),
    )
    opened = add_accounts(setting, accounts, who, BANK, rng, opened_at=0)
    ago = opened_days_ago(count, rng, recent=0.04)
    accounts["opened_at"][opened] = by_us - ago * DAY_US - within_a_day(count, rng)
    accounts["overdraft"][opened] = True
    return opened


def make_shops_abroad(
    setting: Setting, parties: Growing, accounts: Growing, merchants: Growing, rng: np.random.Generator
) -> Integers:
    """Shops, inns and restaurants abroad: merchants that nobody passes by at home."""
    who = parties.add(
        SHOPS,
        type=ENTITY,
        role=OFFICE,
        name=rng.integers(2**40, size=SHOPS),
        country=rng.integers(1, len(COUNTRIES), SHOPS),
        region=rng.integers(len(setting.regions), size=SHOPS),
        income=setting.income * 5_000,
    )
    trades = np.array([BY_CODE[code] for code in ("5999", "5651", "5812", "5814", "7011", "5411", "5732", "4121")])
    return merchants.add(
        SHOPS,
        account=add_company_accounts(setting, parties, accounts, who, rng),
        acquirer=rng.integers(len(setting.acquirers), size=SHOPS),
        trade=trades[np.arange(SHOPS) % len(trades)],
        onboarded_at=setting.start_us - opened_days_ago(SHOPS, rng, recent=0.05) * DAY_US - within_a_day(SHOPS, rng),
        region=rng.integers(len(setting.regions), size=SHOPS),
        name=rng.integers(2**40, size=SHOPS),
        price=setting.prices * 1.3,
        abroad=True,
        sellers=rng.integers(0, 3, SHOPS),
    )
