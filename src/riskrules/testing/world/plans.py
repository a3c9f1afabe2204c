"""What will happen: payments planned for later, and the day that they come up.

A story plans all its payments when it begins, some of them days ahead. They wait here by day, so memory holds what is
under way and never what is past. A payment may hang on another (`parent`): when that one did not go through, neither
does this.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .growing import Array, Integers
from .manners import PLACE
from .population import Population
from .rows import Rows, chosen, joined, make_rows
from .settings import DAY_US, SECOND_US, Season, Setting
from .trades import CLOCKS, HOURS

LONGEST_STORY_DAYS = 120
"""A plan that failed is forgotten after this: nothing hangs on a payment for longer."""


@dataclass
class Plans:
    """Payments by the day they are due; numbers for plans and chains; the plans that came to nothing; the accounts that
    criminals have at hand, by what for, with the day since which they have them; how often each deceit was tried; the
    number of each payment that is to be paid back, by its plan, -1 while it has none."""

    start_us: int
    pending: dict[int, list[Rows]] = field(default_factory=lambda: defaultdict(list))
    lost: dict[int, set[int]] = field(default_factory=dict)
    plans: int = 0
    chains: int = 0
    scams: list[int] = field(default_factory=list)
    in_use: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[int, int] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """Keep rows for their days."""
        days = (rows["time"] - self.start_us) // DAY_US
        for day in np.unique(days).tolist():
            self.pending[day].append(chosen(rows, days == day))

    def due(self, day: int) -> list[Rows]:
        """The rows of a day, without those that hang on what has failed before; they are forgotten here."""
        parts = self.pending.pop(day, [])
        self.lost = {then: ids for then, ids in self.lost.items() if then >= day - LONGEST_STORY_DAYS}
        gone = set().union(*self.lost.values())
        if not parts or not gone:
            return parts
        rows = joined(parts)
        orphan = np.isin(rows["parent"], np.fromiter(gone, np.int64, len(gone))) & (rows["parent"] >= 0)
        self._lose(day, rows["plan"][orphan & (rows["plan"] >= 0)])
        return [chosen(rows, ~orphan)]

    def at_hand(self, purpose: str, since: int, chance: np.random.Generator) -> int | None:
        """One of the accounts that criminals have had since a day, or None."""
        kept = [held for held in self.in_use[purpose] if held[0] >= since]
        self.in_use[purpose] = kept
        return kept[int(chance.integers(len(kept)))][1] if kept else None

    def happened(self, day: int, rows: Rows, moved: Array, numbers: Integers) -> None:
        """Note which plans of the day came to nothing, and what those are called that are to be paid back. Write down
        of what the day's refunds are."""
        if self.numbers:
            awaited = np.isin(rows["plan"], np.fromiter(self.numbers, np.int64, len(self.numbers)))
            self.numbers.update(zip(rows["plan"][awaited].tolist(), numbers[awaited].tolist(), strict=True))
        for row in np.flatnonzero(rows["refunds_parent"]).tolist():
            rows["refund_of"][row] = self.numbers.pop(int(rows["parent"][row]), -1)
        lost = rows["plan"][~moved & (rows["plan"] >= 0)]
        if len(lost):
            self._lose(day, lost)

    def _lose(self, day: int, plans: Array) -> None:
        gone = plans.tolist()
        self.lost.setdefault(day, set()).update(gone)
        for plan in gone:
            self.numbers.pop(plan, None)


@dataclass
class Today:
    """One day, as those see it who act in it: its number, the midnight it begins at, and a source of chance."""

    number: int
    midnight: int
    population: Population
    plans: Plans
    rng: np.random.Generator

    @property
    def setting(self) -> Setting:
        return self.population.setting

    @property
    def season(self) -> Season:
        return self.setting.season(self.number)

    @property
    def weekday(self) -> int:
        """Monday 0."""
        return int((self.midnight // SECOND_US // 3_600 + 8) // 24 + 3) % 7

    def moments(self, count: int, hours: str = "waking") -> Integers:
        """Instants of the day by a profile of hours, to the millisecond."""
        return self.moments_by(np.full(count, HOURS.index(hours)))

    def moments_by(self, profiles: Array) -> Integers:
        places = self.rng.random(len(profiles)) * 999.0
        low = places.astype(np.int64)
        minutes = CLOCKS[profiles, low] + (places - low) * (CLOCKS[profiles, low + 1] - CLOCKS[profiles, low])
        return np.asarray(self.midnight + np.minimum((minutes * 60_000).astype(np.int64) * 1_000, DAY_US - 1_000))

    def amounts(self, count: int, median: float, spread: float, step: int = 1) -> Integers:
        """Minor units around a median in whole units of the city, in steps of so many minor units and never nothing."""
        drawn = np.exp(self.rng.normal(np.log(median * self.setting.wealth * 100), spread, count))
        return np.maximum(step, (drawn / step).astype(np.int64) * step)


class Story:
    """One chain of payments with its label: who paid whom, hop by hop. Payments are planned as it is told."""

    def __init__(self, today: Today, typology: int = -1, lookalike: int = -1, scam: int = -1) -> None:
        self.today = today
        self.typology, self.lookalike, self.scam = typology, lookalike, scam
        self.chain = today.plans.chains
        today.plans.chains += 1
        self._parts: list[Rows] = []

    def pay(self, payer: Any, payee: Any, amount: Any, time: Any, manner: str, **more: Any) -> Integers:
        """Plan payments, one or many; none where any of the arrays is empty. Gives the number of each plan, for others
        to hang on."""
        given = {"typology": self.typology, "lookalike": self.lookalike, "scam": self.scam, "hop": 0} | more
        given |= {"payer": payer, "payee": payee, "amount": np.maximum(1, amount), "time": time}
        sizes = [np.size(value) for value in given.values()]
        count = max(sizes) if min(sizes) else 0
        plans = self.today.plans
        ids = np.arange(plans.plans, plans.plans + count)
        plans.plans += count
        if np.any(given.get("refunds_parent", False)):
            back = np.broadcast_to(given["parent"], count)[np.broadcast_to(given["refunds_parent"], count)]
            plans.numbers.update(dict.fromkeys(back.tolist(), -1))
        if count:
            self._parts.append(make_rows(count, manner=PLACE[manner], chain=self.chain, plan=ids, **given))
        return ids

    def end(self) -> None:
        """Hand the payments over. What would be before today's first moment is left out."""
        rows = joined(self._parts)
        self.today.plans.add(chosen(rows, (rows["time"] >= self.today.midnight) & (rows["payer"] != rows["payee"])))
