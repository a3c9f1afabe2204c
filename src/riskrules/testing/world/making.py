"""The days of the world, one after the other: who acts, the ledger, the columns, the reports.

Each day draws from the seed and its own number, so a longer history begins with the same payments as a shorter one. A
day is held in memory and nothing before it: memory goes by the number of people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...base.money import minor_digits, write_decimal
from ...base.times import format_instant
from ...bridges.columns import Column, Words
from . import abroad, errands, paydays, shopping
from .drawing import Drawing
from .filling import columns_of
from .growing import Integers
from .ledger import Settled, settle
from .plans import Plans, Today
from .population import make_population
from .reports import Reports, reporter_of
from .rows import Rows, chosen, joined
from .settings import DAY_US, SETTINGS, Setting
from .stories import STORIES

ROWS_A_BATCH = 65_536
FEWEST_PEOPLE = 200
"""Fewer could not play all parts."""
MOST_PEOPLE = 2_000_000
"""A day of so many people takes some 10 GB."""
MOST_DAYS = 3_660
_FEW_WORDS = 256

LIFE: tuple[Callable[[Today], Rows], ...] = (
    shopping.purchases,
    shopping.friends,
    shopping.families,
    shopping.own_accounts,
    shopping.street_sellers,
    paydays.wages,
    paydays.pensions,
    paydays.rents,
    paydays.bills,
    paydays.savings_back,
    paydays.cash,
    paydays.companies,
    paydays.handed_over,
    paydays.shared_rents,
    errands.errands,
    abroad.remittances,
    abroad.among_those_abroad,
    abroad.purchases_abroad,
)
_POPULATION, _OPENINGS, _STORIES, _DRAWING, _REFUNDS, _PHASES, _LIFE = range(7)


@dataclass(frozen=True)
class Day:
    """The payments of one day as columns keyed by paths, in order of time, and the reports that came in on it."""

    columns: dict[str, Column]
    reports: list[dict[str, object]]

    @property
    def rows(self) -> int:
        return len(self.columns["id"].codes)  # type: ignore[union-attr]  # ids are words

    def batches(self, most: int = ROWS_A_BATCH) -> Iterator[dict[str, Column]]:
        """The columns in pieces of at most `most` rows; a day without payments gives none."""
        if 0 < self.rows <= most:
            yield self.columns
            return
        for start in range(0, self.rows, most):
            places = np.arange(start, min(start + most, self.rows))
            yield {name: _narrow(column.take(places)) for name, column in self.columns.items()}


def _narrow(column: Column) -> Column:
    """Words without those that no row has."""
    if not isinstance(column, Words) or len(column.words) < _FEW_WORDS:
        return column
    used = np.zeros(len(column.words) + 1, np.bool_)
    used[column.codes] = True  # UNKNOWN is -1: the last
    used[-1] = False
    places = np.append(np.cumsum(used[:-1]) - 1, -1).astype(np.int32)
    return Words(places[column.codes], [column.words[place] for place in np.flatnonzero(used).tolist()])


@dataclass(frozen=True)
class World:
    """A made-up history of payments and its labels, the same for the same seed, people and setting; `days` only says
    where it ends. Iterating it again makes it again."""

    seed: int
    people: int
    days: int
    setting: Setting

    @property
    def currency(self) -> str:
        return self.setting.currency

    def history(self) -> Iterator[Day]:
        """Every day in turn."""
        population = make_population(self.setting, self.people, self._chance(_POPULATION, 0))
        plans, reports = Plans(self.setting.start_us), Reports()
        first = 0
        for number in range(self.days):
            today = Today(
                number, self.setting.start_us + number * DAY_US, population, plans, self._chance(_STORIES, number)
            )
            rows = self._planned(today)
            day = self._settled(today, rows, first, reports)
            first += len(rows["time"])
            yield day
        if left := list(reports.until(None)):
            yield Day(_no_rows(day.columns), left)

    def batches(self, most: int = ROWS_A_BATCH) -> Iterator[dict[str, Column]]:
        """The payments in order of time, at most `most` at once: columns keyed by paths, `payer.account.id`."""
        for day in self.history():
            yield from day.batches(most)

    def reports(self) -> Iterator[dict[str, object]]:
        """Every report, in order of time, as an event of the kind `report`; some come after the last payment."""
        for day in self.history():
            yield from day.reports

    def openings(self) -> dict[str, Column]:
        """Every account there is before the first payment, with what is in it: `account`, `institution`, `balance`,
        `overdraft`. Accounts that appear later begin with nothing."""
        from .filling import flag, number, word

        population = make_population(self.setting, self.people, self._chance(_POPULATION, 0))
        accounts = population.accounts
        return {
            "account": population.written("62", np.arange(accounts.rows)),
            "institution": word(accounts["institution"], list(self.setting.institutions)),
            "balance": number(accounts["balance"]),
            "overdraft": flag(accounts["overdraft"]),
        }

    def _chance(self, purpose: int, day: int) -> np.random.Generator:
        name = int.from_bytes(self.setting.name.encode()[:8], "big")
        return np.random.default_rng([self.seed, self.people, name, purpose, day])

    def _begins(self, day: int) -> list[int]:
        """How often each story begins on a day: as often in any stretch of days as its rate says, to within one."""
        phase = self._chance(_PHASES, 0).random(len(STORIES))
        rates = [
            story.a_day * self.setting.rate(story.name) * (self.setting.fraud if story.dishonest else 1.0)
            for story in STORIES
        ]
        a_day = np.array(rates) * self.people / 10_000
        begun = np.floor(np.outer([day, day + 1], a_day) + phase)
        return [int(count) for count in begun[1] - begun[0]]

    def _planned(self, today: Today) -> Rows:
        """All that is to happen today, in order of time."""
        for story, times in zip(STORIES, self._begins(today.number), strict=True):
            for _ in range(times):
                story.tell(today)
        parts = []
        for place, life in enumerate(LIFE):
            chance = self._chance(_LIFE + place, today.number)
            parts.append(life(Today(today.number, today.midnight, today.population, today.plans, chance)))
        rows = joined([*parts, *today.plans.due(today.number)])
        order = np.argsort(rows["time"], kind="stable")
        shopping.openings(
            Today(
                today.number + 1,
                today.midnight + DAY_US,
                today.population,
                today.plans,
                self._chance(_OPENINGS, today.number),
            )
        )
        return chosen(rows, order)

    def _settled(self, today: Today, rows: Rows, first: int, reports: Reports) -> Day:
        drawing = Drawing(today.population, rows, self._chance(_DRAWING, today.number))
        numbers = np.arange(first, first + len(rows["time"]))
        willing = ~(drawing.failed | drawing.cancelled)
        settled = settle(today.population.accounts, rows["payer"], rows["payee"], rows["amount"], willing, _needs(rows))
        today.plans.happened(today.number, rows, settled.moved, numbers)
        checked = np.flatnonzero(drawing.checked)
        today.population.acquaintance.paid(rows["payer"][checked], rows["payee"][checked], drawing.saved[checked])
        chance = self._chance(_REFUNDS, today.number)
        shopping.refunds(
            Today(today.number, today.midnight, today.population, today.plans, chance), rows, numbers, settled.moved
        )
        columns = columns_of(drawing, numbers, settled, "S")
        _report(reports, columns, rows, settled, self.currency)
        return Day(columns, list(reports.until(today.midnight + DAY_US)))


def _needs(rows: Rows) -> Integers:
    """The place of the plan that each row hangs on, -1 where it hangs on none of today's."""
    plan, parent = rows["plan"], rows["parent"]
    planned = np.flatnonzero(plan >= 0)
    order = planned[np.argsort(plan[planned])]
    places = np.searchsorted(plan[order], parent)
    found = np.full(len(plan), -1)
    if len(order):
        places = np.minimum(places, len(order) - 1)
        hit = (parent >= 0) & (plan[order][places] == parent)
        found[hit] = order[places[hit]]
    return found


def _report(reports: Reports, columns: dict[str, Column], rows: Rows, settled: Settled, currency: str) -> None:
    """Queue the reports of the day's payments."""
    digits = minor_digits(currency)
    for place in np.flatnonzero((rows["report_after"] >= 0) & settled.moved & (rows["typology"] >= 0)).tolist():
        at = int(rows["time"][place] + rows["report_after"][place])
        event: dict[str, object] = {
            "payment_id": columns["id"][place],
            "reporter": reporter_of(int(rows["typology"][place])),
            "payment_at": format_instant(int(rows["time"][place])),
            "loss": write_decimal(int(rows["amount"][place]), digits),
            "authorised": True,
            "payer": {"account": {name: columns[f"payer.account.{name}"][place] for name in ("id", "institution")}},
            "payee": {"account": {name: columns[f"payee.account.{name}"][place] for name in ("id", "institution")}},
        }
        reports.add(at, int(rows["plan"][place]), event)


def _no_rows(columns: dict[str, Column]) -> dict[str, Column]:
    nothing = np.empty(0, np.int64)
    return {name: column.take(nothing) for name, column in columns.items()}


def world(seed: int = 7, people: int = 10_000, days: int = 30, setting: str | Setting = "city") -> World:
    """A world of a seed, so many people and days, in a named setting (city, county or coast) or in one of your own.

    ```python
    for columns in world(seed=7, people=2_000, days=14, setting="county").batches():
        ...
    ```

    `replace(SETTINGS["city"], fraud=2.0)` is the city with more fraud of the same kinds.
    ValueError for an unknown setting or a size out of range.
    """
    if isinstance(setting, str) and setting not in SETTINGS:
        raise ValueError(f"no setting `{setting}`; there are {', '.join(SETTINGS)}")
    if not FEWEST_PEOPLE <= people <= MOST_PEOPLE:
        raise ValueError(f"{people} people: at least {FEWEST_PEOPLE} and at most {MOST_PEOPLE}")
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"{days} days: at least 1 and at most {MOST_DAYS}")
    return World(seed, people, days, SETTINGS[setting] if isinstance(setting, str) else setting)
