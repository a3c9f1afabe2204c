"""The people, companies and shops of the made-up payments, and the few among them that are planted.

Nothing here was measured anywhere. Numbers are round guesses whose only purpose is that ordinary life is the great
majority and that each planted habit occurs often enough to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..base.times import MICROSECOND_UNITS, parse_instant
from ..bridges.columns import UNKNOWN

Integers = NDArray[np.int64]

START_US = parse_instant("2026-11-02T00:00:00+08:00")
"""A Monday on which every rule of the shipped rulesets is in force."""

PEOPLE = 20_000
COMPANIES = 600
SERVICES = 12
MULES = 80
SHOPS = 1_500
STREET_SELLERS = 200

_DAY_US = MICROSECOND_UNITS["d"]
_BANKS = ["BANK-ALMOND", "BANK-BIRCH", "BANK-CEDAR", "BANK-DATE", "BANK-ELM", "BANK-FIG"]
_BANK_WEIGHTS = [0.3, 0.24, 0.18, 0.13, 0.1, 0.05]
_WALLETS = ["PAY-LANTERN", "PAY-MARLIN"]
ACQUIRERS = ["ACQ-NORTH", "ACQ-RIVER", "ACQ-SUMMIT", "ACQ-TIDE"]
INSTITUTIONS = _BANKS + _WALLETS
PARTY_TYPES = ["person", "entity"]
CLASSES = ["i", "ii", "iii"]
ACCOUNT_KINDS = ["bank", "payment"]
STATUSES = ["active", "credit_only", "frozen"]
CATEGORIES = ["5411", "5812", "5814", "5912", "4121", "5999", "7299"]
PERSON, ENTITY = 0, 1
BANK, PAYMENT = 0, 1


@dataclass(frozen=True)
class Accounts:
    """Every account, by index: people, then companies, then services that deal in virtual currency. Words are codes
    into the lists above, UNKNOWN where there is none; money in minor units, times in microseconds."""

    ids: list[str]
    parties: list[str]
    party: NDArray[np.int32]
    party_type: NDArray[np.int32]
    age_years: Integers
    institution: NDArray[np.int32]
    opened_at: Integers
    account_class: NDArray[np.int32]
    kind: NDArray[np.int32]
    status: NDArray[np.int32]
    balance: Integers
    same_phone: Integers


@dataclass(frozen=True)
class Shops:
    """Merchants and the company account that each settles to."""

    ids: list[str]
    names: list[str]
    acquirer: NDArray[np.int32]
    category: NDArray[np.int32]
    onboarded_at: Integers
    account: Integers


@dataclass(frozen=True)
class Population:
    """`mules`, `services`, `listed` and `restrained` are indices of accounts; `sellers` of people who sell by a code of
    their own; `lists` what a police list and a code register say of them."""

    accounts: Accounts
    shops: Shops
    mules: Integers
    services: Integers
    listed: Integers
    restrained: Integers
    sellers: Integers
    lists: dict[str, list[str]]

    @classmethod
    def of(cls, seed: int) -> Population:
        """The population that belongs to a seed."""
        rng = np.random.default_rng([seed, 0])
        mules = rng.choice(PEOPLE, MULES, replace=False).astype(np.int64)
        accounts = _accounts(rng, mules)
        others = np.setdiff1d(np.arange(PEOPLE), mules)
        picked = rng.choice(others, STREET_SELLERS + 20, replace=False).astype(np.int64)
        sellers, restrained = picked[:STREET_SELLERS], picked[STREET_SELLERS:]
        services = np.arange(PEOPLE + COMPANIES, PEOPLE + COMPANIES + SERVICES)
        listed = mules[: MULES // 4]
        lists = {
            "involved_accounts": [accounts.ids[i] for i in listed],
            "restrained_parties": [accounts.parties[accounts.party[i]] for i in restrained],
            "virtual_currency_services": [accounts.ids[i] for i in services],
            "codes_allowed_remotely": [code_of(int(i)) for i in sellers[: STREET_SELLERS // 2]],
        }
        return cls(accounts, _shops(rng), mules, services, listed, restrained, sellers, lists)


def code_of(account: int) -> str:
    """The number of a person's own payment code."""
    return f"CODE-{account:06d}"


def _accounts(rng: np.random.Generator, mules: Integers) -> Accounts:
    n = PEOPLE + COMPANIES + SERVICES
    person = np.arange(n) < PEOPLE
    kind = np.where(person & (rng.random(n) < 0.3), PAYMENT, BANK)
    institution = np.where(
        kind == BANK,
        rng.choice(len(_BANKS), n, p=_BANK_WEIGHTS),
        len(_BANKS) + rng.integers(len(_WALLETS), size=n),
    )
    account_class = np.where(person & (kind == BANK), rng.choice(3, n, p=[0.8, 0.14, 0.06]), UNKNOWN)
    opened_days = rng.integers(200, 4_000, n)
    opened_days[rng.random(n) < 0.02] = 20
    same_phone = np.where(rng.random(n) < 0.97, 1, 2)
    status = rng.choice(3, n, p=[0.9995, 0.0003, 0.0002])
    opened_days[mules] = rng.integers(3, 20, len(mules))
    same_phone[mules] = rng.integers(3, 9, len(mules))
    account_class[mules] = np.where(kind[mules] == BANK, 0, UNKNOWN)
    status[~person | np.isin(np.arange(n), mules)] = 0
    second = np.arange(n) % (PEOPLE * 4 // 5)  # every fifth account is somebody's second
    party = np.where(person, second, np.arange(n))
    ages = np.clip(rng.normal(42, 15, n), 16, 90).astype(np.int64)
    return Accounts(
        ids=[f"62{i * 7_919 % 10**10:010d}" for i in range(1, n + 1)],
        parties=[f"PARTY-{i:06d}" for i in range(n)],
        party=party.astype(np.int32),
        party_type=np.where(person, PERSON, ENTITY).astype(np.int32),
        age_years=ages[party],
        institution=institution.astype(np.int32),
        opened_at=START_US - opened_days * _DAY_US - rng.integers(0, 86_400, n) * MICROSECOND_UNITS["s"],
        account_class=account_class.astype(np.int32),
        kind=kind.astype(np.int32),
        status=status.astype(np.int32),
        balance=(np.exp(rng.normal(np.log(12_000), 1.1, n)) * np.where(person, 100, 5_000)).astype(np.int64),
        same_phone=same_phone.astype(np.int64),
    )


def _shops(rng: np.random.Generator) -> Shops:
    return Shops(
        ids=[f"SHOP-{i:05d}" for i in range(SHOPS)],
        names=[f"made-up shop {i:05d}" for i in range(SHOPS)],
        acquirer=rng.choice(len(ACQUIRERS), SHOPS, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int32),
        category=rng.integers(len(CATEGORIES), size=SHOPS).astype(np.int32),
        onboarded_at=START_US - rng.integers(30, 2_000, SHOPS) * _DAY_US,
        account=PEOPLE + rng.integers(COMPANIES, size=SHOPS),
    )
