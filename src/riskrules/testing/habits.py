"""What people do with money: a habit is a way to fill in some rows of a block.

The first few are ordinary life and make up nearly all rows; the others are planted, each the plain form of something
that a rule of the shipped ruleset describes. None was learned from data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..base.times import MICROSECOND_UNITS
from ..bridges.columns import UNKNOWN
from ..schema.limits import MISSING
from . import population as world
from .population import PEOPLE, Population, code_of

Rows = NDArray[np.int64]
Habit = Callable[["Draft", Rows], None]

CHANNELS = ["counter", "atm", "online", "mobile", "pos", "code_static", "code_dynamic", "api"]
FUNDINGS = ["bank_account", "wallet_balance"]
CHECKS = ["match", "close_match", "no_match"]
PURPOSES = ["工资", "goods", "rent"]
KINDS_OF_CODE = ["static", "dynamic"]
OWNERS_OF_CODE = ["person", "merchant"]
WORDS = {
    "channel": CHANNELS,
    "funding": FUNDINGS,
    "purpose": PURPOSES,
    "payee_check": CHECKS,
    "payee.code_kind": KINDS_OF_CODE,
    "payee.code_owner": OWNERS_OF_CODE,
    "payee.code": [code_of(i) for i in range(PEOPLE)],
}
FLAGS = (
    "certificate", "face_to_face", "in_call", "screen_shared", "atm_notice_confirmed", "to_bound_account",
    "payee_is_saved", "payee.terminal_moved", "payee.code_is_picture",
)  # fmt: skip
_CNY = 100  # minor units


@dataclass
class Draft:
    """A block being filled: who pays whom (indices of accounts; of a shop, UNKNOWN where none), how much and how."""

    population: Population
    rng: np.random.Generator
    times: NDArray[np.int64]
    payer: Rows = field(init=False)
    payee: Rows = field(init=False)
    shop: Rows = field(init=False)
    amount: Rows = field(init=False)
    factors: Rows = field(init=False)
    reverify_asked_at: Rows = field(init=False)
    nameless: NDArray[np.bool_] = field(init=False)
    words: dict[str, tuple[NDArray[np.int32], list[str]]] = field(init=False)
    flags: dict[str, NDArray[np.int8]] = field(init=False)

    def __post_init__(self) -> None:
        self.payer = self.rng.integers(PEOPLE, size=self.rows)
        self.payee = (self.payer + 1 + self.rng.integers(PEOPLE - 1, size=self.rows)) % PEOPLE
        self.shop = np.full(self.rows, UNKNOWN, np.int64)
        self.amount = np.full(self.rows, 100 * _CNY, np.int64)
        self.factors = np.full(self.rows, 2, np.int64)
        self.reverify_asked_at = np.full(self.rows, MISSING, np.int64)
        self.nameless = np.zeros(self.rows, np.bool_)
        self.words = {key: (np.full(self.rows, UNKNOWN, np.int32), words) for key, words in WORDS.items()}
        self.flags = {key: np.full(self.rows, UNKNOWN, np.int8) for key in FLAGS}

    @property
    def rows(self) -> int:
        return len(self.times)

    def pays(self, rows: Rows, median: float, spread: float) -> None:
        """Amounts around a median in whole CNY, most of them within a factor of e**spread."""
        amounts = np.exp(self.rng.normal(np.log(median * _CNY), spread, len(rows)))
        self.amount[rows] = np.clip(amounts, 1, 20_000_000 * _CNY).astype(np.int64)

    def word(self, key: str, rows: Rows, word: str) -> None:
        codes, words = self.words[key]
        codes[rows] = words.index(word)

    def choose(self, key: str, rows: Rows, shares: dict[str, float]) -> None:
        """One of several words for each row."""
        codes, words = self.words[key]
        places = np.array([words.index(word) for word in shares])
        codes[rows] = places[self.rng.choice(len(places), len(rows), p=list(shares.values()))]

    def flag(self, key: str, rows: Rows, share: float = 1.0) -> None:
        """Yes in a share of the rows, no in the others."""
        self.flags[key][rows] = self.rng.random(len(rows)) < share

    def some(self, rows: Rows, share: float) -> Rows:
        return rows[self.rng.random(len(rows)) < share]

    def pick(self, among: Rows, rows: Rows) -> Rows:
        return among[self.rng.integers(len(among), size=len(rows))]


# -- ordinary life -----------------------------------------------------------------------------
def shopping(d: Draft, rows: Rows) -> None:
    """Purchases with a shop's code, a terminal or in an app."""
    shops = d.population.shops
    d.shop[rows] = np.minimum(d.rng.integers(world.SHOPS, size=len(rows)), d.rng.integers(world.SHOPS, size=len(rows)))
    d.payee[rows] = shops.account[d.shop[rows]]
    d.pays(rows, 38, 1.0)
    d.choose("channel", rows, {"code_dynamic": 0.55, "code_static": 0.12, "pos": 0.18, "mobile": 0.15})
    d.word("payee.code_owner", rows, "merchant")
    d.choose("payee.code_kind", rows, {"static": 0.2, "dynamic": 0.8})
    d.flag("face_to_face", rows, 0.85)
    d.flag("payee.terminal_moved", rows, 0)
    d.nameless[d.some(rows, 0.003)] = True
    wallet = rows[d.population.accounts.kind[d.payer[rows]] == world.PAYMENT]
    d.word("funding", rows, "bank_account")
    d.word("funding", d.some(wallet, 0.7), "wallet_balance")
    d.factors[d.some(rows, 0.3)] = 1


def transfer(d: Draft, rows: Rows) -> None:
    """Money between people who mostly know each other."""
    d.pays(rows, 260, 1.3)
    d.choose("channel", rows, {"mobile": 0.93, "online": 0.06, "counter": 0.01})
    d.flag("payee_is_saved", rows, 0.6)
    d.choose("payee_check", rows, {"match": 0.985, "close_match": 0.012, "no_match": 0.003})
    d.flag("in_call", rows, 0.01)
    large = rows[d.amount[rows] > 50_000 * _CNY]
    d.flag("certificate", large, 0.9)
    classed = rows[d.population.accounts.account_class[d.payer[rows]] > 0]
    d.amount[classed] = np.minimum(d.amount[classed], 1_900 * _CNY)


def own_accounts(d: Draft, rows: Rows) -> None:
    """From one account of a person to another."""
    second = PEOPLE * 4 // 5 + d.rng.integers(PEOPLE // 5, size=len(rows))
    d.payer[rows], d.payee[rows] = second, second - PEOPLE * 4 // 5
    d.pays(rows, 1_500, 1.2)
    d.word("channel", rows, "mobile")
    d.flag("to_bound_account", rows)
    d.flag("certificate", rows)


def salary(d: Draft, rows: Rows) -> None:
    d.payer[rows] = PEOPLE + d.rng.integers(world.COMPANIES, size=len(rows))
    d.pays(rows, 7_800, 0.5)
    d.word("channel", rows, "api")
    d.word("purpose", rows, "工资")


def company_payment(d: Draft, rows: Rows) -> None:
    d.payer[rows] = PEOPLE + d.rng.integers(world.COMPANIES, size=len(rows))
    d.payee[rows] = PEOPLE + (d.payer[rows] - PEOPLE + 1) % world.COMPANIES
    d.pays(rows, 16_000, 1.4)
    d.word("channel", rows, "online")
    d.word("purpose", rows, "goods")
    d.flag("certificate", rows)


def at_the_machine(d: Draft, rows: Rows) -> None:
    """Transfers at an ATM; most payers saw who is paid, and agreed."""
    d.pays(rows, 900, 0.8)
    d.word("channel", rows, "atm")
    d.flag("atm_notice_confirmed", rows, 0.75)


def street_seller(d: Draft, rows: Rows) -> None:
    """A person's own code, scanned face to face."""
    d.payee[rows] = d.pick(d.population.sellers, rows)
    d.words["payee.code"][0][rows] = d.payee[rows]
    d.pays(rows, 22, 0.7)
    d.word("channel", rows, "code_static")
    d.word("payee.code_owner", rows, "person")
    d.word("payee.code_kind", rows, "static")
    d.flag("face_to_face", rows)


# -- planted -----------------------------------------------------------------------------------
def guided_by_phone(d: Draft, rows: Rows) -> None:
    """Somebody keeps the payer on the phone until most of the account has gone to a young one."""
    transfer(d, rows)
    d.payee[rows] = d.pick(d.population.mules, rows)
    balance = d.population.accounts.balance[d.payer[rows]]
    d.amount[rows] = np.maximum(1, (balance * d.rng.uniform(0.55, 1, len(rows))).astype(np.int64))
    d.flag("in_call", rows, 0.7)
    d.flag("screen_shared", rows, 0.6)
    d.word("payee_check", d.some(rows, 0.6), "no_match")


def to_a_mule(d: Draft, rows: Rows) -> None:
    """Strangers pay a young account whose telephone stands behind several."""
    transfer(d, rows)
    d.payee[rows] = d.pick(d.population.mules, rows)
    d.pays(rows, 3_000, 0.9)
    d.flag("payee_is_saved", rows, 0)


def to_a_listed_account(d: Draft, rows: Rows) -> None:
    to_a_mule(d, rows)
    d.payee[rows] = d.pick(d.population.listed, rows)


def by_a_restrained_holder(d: Draft, rows: Rows) -> None:
    transfer(d, rows)
    d.payer[rows] = d.pick(d.population.restrained, rows)


def for_virtual_currency(d: Draft, rows: Rows) -> None:
    transfer(d, rows)
    d.payee[rows] = d.pick(d.population.services, rows)
    d.pays(rows, 6_000, 0.8)


def code_from_afar(d: Draft, rows: Rows) -> None:
    """A person's static code, sent as a picture and paid from a distance."""
    street_seller(d, rows)
    d.pays(rows, 240, 0.8)
    d.flag("face_to_face", rows, 0)
    d.flag("payee.code_is_picture", rows, 0.5)


def moved_terminal(d: Draft, rows: Rows) -> None:
    shopping(d, rows)
    d.pays(rows, 900, 0.7)
    d.word("channel", rows, "pos")
    d.flag("payee.terminal_moved", rows)


def over_the_class_limit(d: Draft, rows: Rows) -> None:
    """More than an account of class II or III may pay."""
    transfer(d, rows)
    classed = np.flatnonzero(d.population.accounts.account_class[:PEOPLE] > 0)
    d.payer[rows] = d.pick(classed, rows)
    d.pays(rows, 15_000, 0.3)


def wallet_with_one_factor(d: Draft, rows: Rows) -> None:
    transfer(d, rows)
    d.payer[rows] = d.pick(np.flatnonzero(d.population.accounts.kind[:PEOPLE] == world.PAYMENT), rows)
    d.pays(rows, 2_400, 0.6)
    d.word("funding", rows, "wallet_balance")
    d.factors[rows] = 1


def large_without_certificate(d: Draft, rows: Rows) -> None:
    """A flat, a car, a company's plant: far more than usual, and nothing but a password."""
    d.word("channel", rows, "online")
    d.pays(rows, 150_000, 0.9)
    d.flag("certificate", rows, 0)
    companies = d.some(rows, 0.2)
    d.payer[companies] = PEOPLE + d.rng.integers(world.COMPANIES, size=len(companies))
    d.pays(companies, 1_500_000, 0.5)


def asked_and_silent(d: Draft, rows: Rows) -> None:
    """Asked days ago to prove who they are, and has not."""
    transfer(d, rows)
    d.reverify_asked_at[rows] = d.times[rows] - d.rng.integers(1, 9, len(rows)) * MICROSECOND_UNITS["d"]


MIX: dict[Habit, float] = {
    transfer: 0.248,
    own_accounts: 0.03,
    salary: 0.03,
    company_payment: 0.02,
    at_the_machine: 0.004,
    street_seller: 0.06,
    guided_by_phone: 0.0004,
    to_a_mule: 0.001,
    to_a_listed_account: 0.0003,
    by_a_restrained_holder: 0.0002,
    for_virtual_currency: 0.0003,
    code_from_afar: 0.0006,
    moved_terminal: 0.0003,
    over_the_class_limit: 0.0004,
    wallet_with_one_factor: 0.0006,
    large_without_certificate: 0.0004,
    asked_and_silent: 0.0002,
}
"""Habits and the share of payments that each has; shopping is the rest."""

HABITS: tuple[Habit, ...] = (shopping, *MIX)
SHARES = [1 - sum(MIX.values()), *MIX.values()]
