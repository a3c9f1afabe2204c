"""Worlds that several tests look at, each made once, and their columns put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from riskrules.bridges.columns import Column, Flags, Numbers, Words
from riskrules.schema.limits import MISSING
from riskrules.testing.world import World, world


@dataclass(frozen=True)
class Made:
    """A whole history: `columns` by path, `reports` as events."""

    world: World
    columns: dict[str, Column]
    reports: list[dict[str, object]]

    @property
    def rows(self) -> int:
        return len(self.integers("occurred_at"))

    def integers(self, name: str) -> NDArray[np.int64]:
        """int64[rows]: numbers, or the codes of words, or -1, 0 and 1."""
        column = self.columns[name]
        return np.asarray(column.codes if isinstance(column, Words) else column.values, np.int64)

    def words(self, name: str) -> NDArray[np.object_]:
        """The words of a column, None where there is none."""
        column = self.columns[name]
        assert isinstance(column, Words)
        return np.array([*column.words, None], object)[column.codes]

    def yes(self, name: str) -> NDArray[np.bool_]:
        return self.integers(name) == 1

    def known(self, name: str) -> NDArray[np.bool_]:
        missing = MISSING if isinstance(self.columns[name], Numbers) else -1
        return self.integers(name) != missing


def elsewhere(setting: str) -> Made:
    """A world in any setting, smaller where it is not the city."""
    return made() if setting == "city" else made(setting, 2_000, 26)


@cache
def made(setting: str = "city", people: int = 3_500, days: int = 30, seed: int = 5) -> Made:
    """A world, gone through once."""
    whole = world(seed=seed, people=people, days=days, setting=setting)
    past = list(whole.history())
    parts = [day.columns for day in past if day.rows]
    columns = {name: _joined([part[name] for part in parts]) for name in parts[0]}
    return Made(whole, columns, [report for day in past for report in day.reports])


def _joined(parts: list[Column]) -> Column:
    first = parts[0]
    if not isinstance(first, Words):
        kind = type(first)
        return kind(np.concatenate([part.values for part in parts if isinstance(part, Numbers | Flags)]))
    words: dict[str, int] = {}
    codes = []
    for part in parts:
        assert isinstance(part, Words)
        places = np.array([*(words.setdefault(word, len(words)) for word in part.words), -1], np.int32)
        codes.append(places[part.codes])
    return Words(np.concatenate(codes), list(words))
