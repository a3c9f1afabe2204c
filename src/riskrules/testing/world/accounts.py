"""Parties, accounts and merchants as columns, and how accounts are opened: before the first day, or later.

Most accounts are years old and a few of last week, of honest people as of others; how an account was opened says little
about whose it is.
"""

from __future__ import annotations

import numpy as np

from .growing import Array, Growing, Integers
from .settings import DAY_US, HOUR_US, SECOND_US, Setting

PARTY_TYPES = ["person", "entity", "sole_trader", "micro", "charity"]
PERSON, ENTITY, SOLE_TRADER, MICRO, CHARITY = range(5)
ROLES = ["worker", "pensioner", "student", "self_employed", "at_home", "company", "office"]
WORKER, PENSIONER, STUDENT, SELF_EMPLOYED, AT_HOME, COMPANY, OFFICE = range(7)
BANK, PAYMENT = 0, 1
NO_NAME, OWN_NAME, MANY_NAMES = range(3)
"""Whom a merchant names as the seller: nobody, itself, or each of many who sell by it."""
NONE = -1
PARTY_COLUMNS = {
    "type": ("i1", PERSON),
    "age": ("i2", NONE),
    "country": ("i1", 0),
    "vulnerable": ("i1", 0),
    "name": ("i8", 0),
    "region": ("i1", 0),
    "income": ("i8", 0),
    "role": ("i1", WORKER),
}
ACCOUNT_COLUMNS = {
    "party": ("i8", 0),
    "kind": ("i1", BANK),
    "institution": ("i1", 0),
    "opened_at": ("i8", 0),
    "class": ("i1", NONE),
    "level": ("i1", NONE),
    "balance": ("i8", 0),
    "overdraft": ("?", 0),
    "same_phone": ("i4", 1),
    "device": ("i8", NONE),
    "merchant": ("i4", NONE),
}
MERCHANT_COLUMNS = {
    "account": ("i4", 0),
    "acquirer": ("i1", 0),
    "trade": ("i1", 0),
    "onboarded_at": ("i8", 0),
    "price": ("f8", 1),
    "region": ("i1", 0),
    "weight": ("f8", 0),
    "same_name": ("i1", 1),
    "name": ("i8", 0),
    "static": ("f8", 0.1),
    "sellers": ("i1", 1),
    "abroad": ("?", 0),
}


def open_main_accounts(
    setting: Setting, parties: Growing, accounts: Growing, who: Integers, rng: np.random.Generator
) -> Integers:
    """A main bank account for each of the parties, most of them opened years ago."""
    n = len(who)
    bank = rng.choice(len(setting.banks), n, p=np.array([share for _, _, share in setting.banks]))
    months = np.exp(rng.normal(0.3, 1.1, n))
    return accounts.add(
        n,
        party=who,
        institution=bank,
        opened_at=setting.start_us - opened_days_ago(n, rng, recent=0.012) * DAY_US - within_a_day(n, rng),
        balance=(parties["income"][who] * months).astype(np.int64) // 100 * 100 + rng.integers(100, size=n),
        same_phone=_holders_of_a_phone(n, rng),
        **{"class": rng.choice(3, n, p=[0.9, 0.08, 0.02])},
    )


def _holders_of_a_phone(n: int, rng: np.random.Generator) -> Integers:
    """How many holders gave the same telephone: mostly one, a couple now and then, seldom a family, a shop's helpers
    or whoever a village's agent signed up."""
    u = rng.random(n)
    return np.select([u < 0.965, u < 0.993, u < 0.998], [1, 2, rng.integers(3, 5, n)], rng.integers(5, 9, n))


def opened_days_ago(n: int, rng: np.random.Generator, recent: float) -> Integers:
    """How long ago accounts were opened, in days: a share `recent` within two months, the others within years."""
    long_ago = np.clip(np.exp(rng.normal(7.0, 0.9, n)), 61, 6_000)
    return np.where(rng.random(n) < recent, rng.integers(1, 61, n), long_ago).astype(np.int64)


def within_a_day(n: int, rng: np.random.Generator) -> Integers:
    """A moment of banking hours, as what has to be taken from the midnight after."""
    return rng.integers(4 * HOUR_US // SECOND_US, 16 * HOUR_US // SECOND_US, n) * SECOND_US


def open_more(
    setting: Setting, parties: Growing, accounts: Growing, holds: Array, kind: int, rng: np.random.Generator
) -> Array:
    """A wallet or a second bank account for those people who have one."""
    who = np.flatnonzero(holds)
    opened = add_accounts(setting, accounts, who, kind, rng)
    n = len(who)
    accounts["opened_at"][opened] = (
        setting.start_us - opened_days_ago(n, rng, recent=0.02) * DAY_US - within_a_day(n, rng)
    )
    months = np.exp(rng.normal(-2.4 if kind == PAYMENT else -0.9, 1.0, n))
    accounts["balance"][opened] = (parties["income"][who] * months).astype(np.int64)
    found = np.full(len(holds), NONE)
    found[who] = opened
    return found


def add_accounts(
    setting: Setting, accounts: Growing, parties: Integers, kind: int, rng: np.random.Generator, opened_at: object = 0
) -> Integers:
    """Empty accounts, in the usual banks or with the usual payment institutions."""
    n = len(parties)
    if kind == PAYMENT:
        choice = rng.choice(len(setting.wallets), n, p=np.array([share for _, share in setting.wallets]))
        return accounts.add(
            n,
            party=parties,
            kind=PAYMENT,
            institution=len(setting.banks) + choice,
            opened_at=opened_at,
            level=rng.choice(4, n, p=[0.06, 0.44, 0.45, 0.05]),
            same_phone=_holders_of_a_phone(n, rng),
        )
    return accounts.add(
        n,
        party=parties,
        opened_at=opened_at,
        institution=rng.choice(len(setting.banks), n, p=np.array([share for _, _, share in setting.banks])),
        same_phone=_holders_of_a_phone(n, rng),
        **{"class": rng.choice(3, n, p=[0.25, 0.6, 0.15])},
    )


def add_company_accounts(
    setting: Setting, parties: Growing, accounts: Growing, who: Integers, rng: np.random.Generator
) -> Integers:
    n = len(who)
    bank = rng.choice(len(setting.banks), n, p=np.array([share for _, _, share in setting.banks]))
    return accounts.add(
        n,
        party=who,
        institution=bank,
        overdraft=True,
        opened_at=setting.start_us - opened_days_ago(n, rng, recent=0.02) * DAY_US - within_a_day(n, rng),
        balance=(parties["income"][who] * np.exp(rng.normal(0.2, 0.6, n))).astype(np.int64),
    )
