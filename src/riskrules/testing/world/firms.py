"""Companies, offices, the cash counterparties of the banks, and the shops with those whom they belong to."""

from __future__ import annotations

import numpy as np

from .accounts import (
    COMPANY,
    ENTITY,
    MANY_NAMES,
    NO_NAME,
    OFFICE,
    OWN_NAME,
    SELF_EMPLOYED,
    add_company_accounts,
    opened_days_ago,
    within_a_day,
)
from .growing import Array, Growing, Integers
from .settings import DAY_US, Setting
from .trades import ONLINE, TRADES

OFFICES = (
    "pension fund",
    "tax office",
    "water",
    "power",
    "gas",
    "telephone",
    "fund house",
    "lender",
    "university",
    "college",
    "hospital",
    "property agency",
    "payment agency",
    "overseas university",
    "overseas supplier",
    "insurer",
)
_MANY_COUNTERS = ("groceries", "clothes", "wholesale", "household", "services", "education")
_OVERSEAS = ("overseas university", "overseas supplier")


def falling(count: int) -> Array:
    weights = 1 / np.arange(2, count + 2)
    return np.asarray(weights / weights.sum())


def make_companies(setting: Setting, parties: Growing, accounts: Growing, n: int, rng: np.random.Generator) -> Integers:
    """Companies, the large ones first; each may overdraw its account."""
    size = 40.0 / (1 + np.arange(n)) ** 0.7 + 1
    who = parties.add(
        n,
        type=ENTITY,
        role=COMPANY,
        name=rng.integers(2**40, size=n),
        region=rng.integers(len(setting.regions), size=n),
        income=(setting.income * 100 * 6 * size).astype(np.int64),
    )
    return add_company_accounts(setting, parties, accounts, who, rng)


def make_offices(
    setting: Setting, parties: Growing, accounts: Growing, rng: np.random.Generator
) -> tuple[Integers, dict[str, int]]:
    """A cash counterparty for each bank, through which money enters and leaves the accounts, and the offices."""
    banks = len(setting.banks)
    n = banks + len(OFFICES)
    abroad = np.array([False] * banks + [name in _OVERSEAS for name in OFFICES])
    who = parties.add(
        n,
        type=ENTITY,
        role=OFFICE,
        name=rng.integers(2**40, size=n),
        country=np.where(abroad, 1, 0),
        income=setting.income * 100 * 10_000,
    )
    opened = add_company_accounts(setting, parties, accounts, who, rng)
    accounts["opened_at"][opened] = setting.start_us - 7_000 * DAY_US
    accounts["institution"][opened[:banks]] = np.arange(banks)
    return opened[:banks], dict(zip(OFFICES, opened[banks:].tolist(), strict=True))


def sellers_named(trade: Integers, rng: np.random.Generator) -> Array:
    """Whom merchants of these trades name as the seller: markets on the net each of their shops, a kitchen nobody."""
    kinds = np.array([of.kind for of in TRADES])[trade]
    own = np.select([kinds == "online", kinds == "food", np.isin(kinds, _MANY_COUNTERS)], [0.45, 0.3, 0.4], 0.55)
    many = np.select([kinds == "online", np.isin(kinds, _MANY_COUNTERS)], [0.4, 0.12], 0.0)
    u = rng.random(len(trade))
    return np.select([u < own, u < own + many], [OWN_NAME, MANY_NAMES], NO_NAME)


def make_shops(
    setting: Setting,
    people: int,
    parties: Growing,
    accounts: Growing,
    merchants: Growing,
    companies: Integers,
    rng: np.random.Generator,
) -> None:
    """Merchants: some of companies, some of the self-employed, who become sole traders and settle to an account."""
    n = max(60, people // 16)
    shares = np.array([trade.share for trade in TRADES])
    trade = np.concatenate(
        [np.arange(len(TRADES)), rng.choice(len(TRADES), n, p=(shares + 0.01) / (shares + 0.01).sum())]
    )
    n = len(trade)
    owners = np.flatnonzero(parties["role"][:people] == SELF_EMPLOYED)
    small = (rng.random(n) < setting.sole_traders) & ~ONLINE[trade] & (len(owners) > 0)
    account = companies[rng.integers(len(companies), size=n)]
    account[small] = owners[rng.integers(max(1, len(owners)), size=int(small.sum()))]
    weight = rng.pareto(1.3, n) + 0.15
    for place in range(len(TRADES)):
        of = trade == place
        weight[of] *= shares[place] / weight[of].sum()
    merchants.add(
        n,
        account=account,
        acquirer=rng.choice(len(setting.acquirers), n, p=np.array([share for _, share in setting.acquirers])),
        trade=trade,
        onboarded_at=setting.start_us - opened_days_ago(n, rng, recent=0.05) * DAY_US - within_a_day(n, rng),
        price=np.exp(rng.normal(np.log(setting.prices), 0.35, n)),
        region=rng.choice(len(setting.regions), n, p=falling(len(setting.regions))),
        weight=weight,
        same_name=rng.random(n) < np.where(small, 0.9, 0.985),
        name=rng.integers(2**40, size=n),
        sellers=sellers_named(trade, rng),
        static=np.clip(rng.beta(1, 4, n) * 5 * setting.static_codes, 0, 1),
    )
