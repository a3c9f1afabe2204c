"""Who lives in the world on its first day: people, companies, offices, their accounts, and the shops.

A person's place among the parties is also the place of the person's main account. Wallets, second accounts and
what companies hold come after. People, accounts and merchants that appear later are appended by the days that bring
them, so the memory of a world grows with the accounts opened in it and never with its payments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...bridges.columns import Words
from .accounts import (
    ACCOUNT_COLUMNS,
    AT_HOME,
    BANK,
    MERCHANT_COLUMNS,
    NONE,
    PARTY_COLUMNS,
    PAYMENT,
    PENSIONER,
    SELF_EMPLOYED,
    STUDENT,
    WORKER,
    open_main_accounts,
    open_more,
)
from .acquaintance import Acquaintance
from .firms import falling, make_companies, make_offices, make_shops
from .foreigners import make_people_abroad, make_shops_abroad
from .growing import Array, Growing, Integers
from .naming import Ids
from .settings import Setting
from .trades import ONLINE

FAVOURITES = 14
CONTACTS = 9


@dataclass
class Population:
    """`people` and `companies` count; `favourites` int32[people, FAVOURITES] of merchants, `contacts` int32[people,
    CONTACTS] of people, the first of them kin; `activity` float64[people] how often each buys; the other arrays are
    accounts by person, NONE where there is none. `abroad` are accounts, `shops_abroad` merchants."""

    setting: Setting
    people: int
    parties: Growing
    accounts: Growing
    merchants: Growing
    wallet_of: Array
    second_of: Array
    companies: Integers
    cash: Integers
    offices: dict[str, int]
    employer: Array
    payday: Array
    landlord: Array
    rent_day: Array
    contacts: Array
    favourites: Array
    static_seller: Integers
    activity: Array
    abroad: Integers
    kin_abroad: Array
    shops_abroad: Integers
    acquaintance: Acquaintance
    ids: dict[str, Ids]

    def written(self, prefix: str, numbers: Array, known: Array | None = None) -> Words:
        """A column of ids: accounts 62, parties U, wallets W, merchants M, terminals T, codes C."""
        return self.ids.setdefault(prefix, Ids(prefix, 43)).column(numbers, known)

    def office(self, name: str) -> int:
        """The account of an office."""
        return self.offices[name]

    def age_of(self, accounts: Array) -> Array:
        return np.asarray(self.parties["age"][self.accounts["party"][accounts]])


def make_population(setting: Setting, people: int, rng: np.random.Generator) -> Population:
    """The world before its first payment."""
    parties, accounts, merchants = Growing(PARTY_COLUMNS), Growing(ACCOUNT_COLUMNS), Growing(MERCHANT_COLUMNS)
    _people(setting, people, parties, rng)
    everybody = np.arange(people)
    open_main_accounts(setting, parties, accounts, everybody, rng)
    wallet_of = open_more(setting, parties, accounts, rng.random(people) < setting.wallet_share, PAYMENT, rng)
    second_of = open_more(setting, parties, accounts, rng.random(people) < 0.3, BANK, rng)
    companies = make_companies(setting, parties, accounts, max(16, people // 45), rng)
    cash, offices = make_offices(setting, parties, accounts, rng)
    make_shops(setting, people, parties, accounts, merchants, companies, rng)
    shops_abroad = make_shops_abroad(setting, parties, accounts, merchants, rng)
    abroad = make_people_abroad(setting, people, parties, accounts, rng)
    kin_abroad = np.where(rng.random(people) < setting.abroad, abroad[rng.integers(len(abroad), size=people)], NONE)
    role = parties["role"][:people]
    contacts = _contacts(setting, parties, people, rng)
    shares = rng.random(people) < np.where(role == PENSIONER, 0.12, 0.015)
    accounts["device"][:people] = np.where(
        shares, contacts[:, 0].astype(np.int64) * 4, NONE
    )  # a telephone of the kin's
    big = companies[np.minimum(len(companies) - 1, (len(companies) * rng.random(people) ** 2.2).astype(int))]
    days = rng.choice([5, 8, 10, 15, 25, 28], len(companies), p=[0.15, 0.1, 0.3, 0.25, 0.1, 0.1])
    tenants = (rng.random(people) < 0.22) & (role != PENSIONER)
    hosts = rng.integers(people, size=people)
    hosts[rng.random(people) < 0.3] = offices["property agency"]
    return Population(
        setting,
        people,
        parties,
        accounts,
        merchants,
        wallet_of,
        second_of,
        companies,
        cash,
        offices,
        employer=np.where(role == WORKER, big, NONE),
        payday=days[(big - companies[0])],
        landlord=np.where(tenants & (hosts != everybody), hosts, NONE),
        rent_day=rng.integers(1, 29, people),
        contacts=contacts,
        favourites=_favourites(setting, parties, merchants, people, rng),
        static_seller=rng.permutation(np.flatnonzero(role == SELF_EMPLOYED))[: max(3, int(people * 0.02))],
        activity=np.exp(rng.normal(-0.2, 0.62, people)) * np.where(role == PENSIONER, 0.7, 1.0),
        abroad=abroad,
        kin_abroad=kin_abroad,
        shops_abroad=shops_abroad,
        acquaintance=Acquaintance(),
        ids={},
    )


def _people(setting: Setting, people: int, parties: Growing, rng: np.random.Generator) -> None:
    ages = np.clip(rng.normal(*setting.ages, people), 16, 94).astype(np.int64)
    draw = rng.random(people)
    role = np.select(
        [
            ages >= 62,
            (ages < 24) & (draw < setting.students * 6),
            draw < 0.09,
            draw < 0.17,
        ],
        [PENSIONER, STUDENT, SELF_EMPLOYED, AT_HOME],
        WORKER,
    )
    scale = np.array([1.0, 0.55, 0.28, 1.1, 0.3])[role]
    income = setting.income * 100 * scale * np.exp(rng.normal(0, 0.5, people))
    parties.add(
        people,
        age=ages,
        role=role,
        name=rng.integers(2**40, size=people),
        region=rng.choice(len(setting.regions), people, p=falling(len(setting.regions))),
        income=income.astype(np.int64),
        vulnerable=rng.random(people) < np.where(ages >= 75, 0.12, 0.012),
    )


def _contacts(setting: Setting, parties: Growing, people: int, rng: np.random.Generator) -> Array:
    """Whom each person pays now and then: kin first, most of them of the same region."""
    region = parties["region"][:people]
    order = np.argsort(region, kind="stable")
    start = np.searchsorted(region[order], np.arange(len(setting.regions) + 1))
    low, high = start[region][:, None], start[region + 1][:, None]
    near = order[low + (rng.random((people, CONTACTS)) * (high - low)).astype(np.int64)]
    anywhere = rng.integers(people, size=(people, CONTACTS))
    found = np.where(rng.random((people, CONTACTS)) < 0.75, near, anywhere)
    own = np.arange(people)[:, None]
    return np.where(found == own, (found + 1) % people, found).astype(np.int32)


def _favourites(setting: Setting, parties: Growing, merchants: Growing, people: int, rng: np.random.Generator) -> Array:
    """Shops where each person is a regular: two in three of the own region or online."""
    weight, region, online = merchants["weight"], merchants["region"], ONLINE[merchants["trade"]]
    found = np.empty((people, FAVOURITES), np.int32)
    for place in range(len(setting.regions)):
        here = np.flatnonzero(parties["region"][:people] == place)
        near = weight * np.where((region == place) & ~online, 1.0, np.where(online, setting.online_share, 0.05))
        cumulative = np.cumsum(near) / near.sum()
        draws = rng.random((len(here), FAVOURITES))
        found[here] = np.minimum(np.searchsorted(cumulative, draws), merchants.rows - 1)
    return found
