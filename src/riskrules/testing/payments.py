"""Made-up payments: ordinary life, and a few planted habits that rules look for.

A demonstration and nothing more: what share of these a ruleset stops says nothing about any real bank. Rows come in
blocks, each from the seed and its own number alone, so a history of any length takes the memory of one block
and row i is the same in every length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.money import write_decimal
from ..base.times import MICROSECOND_UNITS, format_instant
from ..bridges.columns import UNKNOWN, Column, Flags, Numbers, Words
from ..schema.limits import MISSING
from . import population as world
from .habits import HABITS, SHARES, Draft
from .population import Population

ROWS_A_BLOCK = 50_000
ROWS_A_DAY = 30_000
_DAY_US = MICROSECOND_UNITS["d"]
_BUSY = np.array([1, 0.6, 0.4, 0.3, 0.3, 0.6, 1.5, 3, 4, 4.5, 5, 6, 6.5, 5, 4.5, 4.5, 5, 6, 7, 6.5, 6, 5, 3.5, 2])
_CLOCK = np.concatenate([[0.0], np.cumsum(_BUSY / _BUSY.sum())])

MONEY = frozenset({"amount", "payer.account.balance"})
TIMES = frozenset({"occurred_at", "payer.reverify_asked_at"}) | {
    f"{owner}_at" for owner in ("payer.account.opened", "payee.account.opened", "payee.merchant.onboarded")
}


@dataclass(frozen=True)
class MadeUpPayments:
    """`rows` payments of one seed, in order of time, with the lists that belong to them."""

    rows: int
    seed: int

    @cached_property
    def population(self) -> Population:
        return Population.of(self.seed)

    @property
    def lists(self) -> dict[str, list[str]]:
        """Lists by the names that the shipped rulesets give them."""
        return self.population.lists

    def blocks(self) -> Iterator[dict[str, Column]]:
        """The payments, a column a field, keyed by the field's path in an event (`payer.account.id`)."""
        for number in range(-(-self.rows // ROWS_A_BLOCK)):
            yield self.block(number)

    def block(self, number: int) -> dict[str, Column]:
        """One block: ROWS_A_BLOCK payments, fewer in the last."""
        first = number * ROWS_A_BLOCK
        rows = min(ROWS_A_BLOCK, self.rows - first)
        rng = np.random.default_rng([self.seed, 1 + number])
        draft = Draft(self.population, rng, _times(first, ROWS_A_BLOCK))
        which = rng.choice(len(HABITS), ROWS_A_BLOCK, p=SHARES)
        for habit, plant in enumerate(HABITS):
            plant(draft, np.flatnonzero(which == habit))
        ids = Words(np.arange(ROWS_A_BLOCK, dtype=np.int32), [id_of(first + i) for i in range(ROWS_A_BLOCK)])
        whole: dict[str, Column] = {"id": ids, **_columns(draft)}
        return whole if rows == ROWS_A_BLOCK else {k: c.take(np.arange(rows)) for k, c in whole.items()}

    def event(self, row: int) -> dict[str, object]:
        """One payment as a gateway would hand it over: nested, amounts and times as text."""
        columns = self.block(row // ROWS_A_BLOCK)
        event: dict[str, object] = {}
        for key, column in columns.items():
            value = given(key, column, row % ROWS_A_BLOCK)
            if value is None:
                continue
            here = event
            *path, last = key.split(".")
            for part in path:
                here = here.setdefault(part, {})  # type: ignore[assignment]  # every inner value is a dict
            here[last] = value
        return event


def id_of(row: int) -> str:
    return f"P{row:09d}"


def row_of(payment: str) -> int:
    """The row of a payment's id."""
    return int(payment[1:])


def given(key: str, column: Column, row: int) -> object:
    """One cell as an event has it."""
    value = column[row]
    if value is None or isinstance(value, bool | str):
        return value
    if key in MONEY:
        return write_decimal(value, 2)
    return format_instant(value) if key in TIMES else value


def _times(first: int, rows: int) -> NDArray[np.int64]:
    """Instants that never fall, in whole seconds, more of them by day than by night."""
    day, part = np.divmod(np.arange(first, first + rows), ROWS_A_DAY)
    hours = np.interp((part + 0.5) / ROWS_A_DAY, _CLOCK, np.arange(25))
    seconds = (hours * MICROSECOND_UNITS["h"] / MICROSECOND_UNITS["s"]).astype(np.int64)
    return world.START_US + day * _DAY_US + seconds * MICROSECOND_UNITS["s"]


def _columns(d: Draft) -> dict[str, Column]:
    """What the draft says of each row, and what follows from who pays whom."""
    accounts, shops = d.population.accounts, d.population.shops
    known = d.shop != UNKNOWN

    def word(codes: NDArray[Any], words: list[str]) -> Words:
        return Words(codes.astype(np.int32), words)

    def of_shop(codes: NDArray[np.int32], words: list[str]) -> Words:
        return word(np.where(known, codes[d.shop], UNKNOWN), words)

    found: dict[str, Column] = {
        "occurred_at": Numbers(d.times),
        "amount": Numbers(d.amount),
        "currency": word(np.zeros(d.rows, np.int32), ["CNY"]),
        **{key: Words(codes, words) for key, (codes, words) in d.words.items()},
        **{key: Flags(values) for key, values in d.flags.items()},
        "factors": Numbers(d.factors),
    }
    for side, index in (("payer", d.payer), ("payee", d.payee)):
        ages = np.where(accounts.party_type[index] == world.PERSON, accounts.age_years[index], MISSING)
        found |= {
            f"{side}.party.id": word(accounts.party[index], accounts.parties),
            f"{side}.party.type": word(accounts.party_type[index], world.PARTY_TYPES),
            f"{side}.party.age": Numbers(ages),
            f"{side}.account.id": word(index.astype(np.int32), accounts.ids),
            f"{side}.account.institution": word(accounts.institution[index], world.INSTITUTIONS),
            f"{side}.account.opened_at": Numbers(accounts.opened_at[index]),
            f"{side}.account.class": word(accounts.account_class[index], world.CLASSES),
            f"{side}.account.kind": word(accounts.kind[index], world.ACCOUNT_KINDS),
        }
    found |= {
        "payer.account.status": word(accounts.status[d.payer], world.STATUSES),
        "payer.account.balance": Numbers(accounts.balance[d.payer]),
        "payer.reverify_asked_at": Numbers(d.reverify_asked_at),
        "payee.account.same_phone_holders": Numbers(accounts.same_phone[d.payee]),
        "payee.name": word(np.where(known & ~d.nameless, d.shop, UNKNOWN), shops.names),
        "payee.merchant.id": word(d.shop, shops.ids),
        "payee.merchant.acquirer": of_shop(shops.acquirer, world.ACQUIRERS),
        "payee.merchant.category": of_shop(shops.category, world.CATEGORIES),
        "payee.merchant.onboarded_at": Numbers(np.where(known, shops.onboarded_at[d.shop], MISSING)),
    }
    return found
