"""Arrays side by side that grow by the end: accounts, parties and merchants, some of which appear during the history.

A row is known by its place and never moves or goes. Capacity doubles, so adding a few rows a day costs next to nothing;
the price is that a view taken before rows were added does not see them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Integers = NDArray[np.int64]


class Growing:
    """Named columns of one length. `of` gives each column's type and what it holds where nothing is said."""

    def __init__(self, of: Mapping[str, tuple[str, float]]) -> None:
        self._defaults = {name: default for name, (_, default) in of.items()}
        self._columns: dict[str, Array] = {name: np.empty(16, dtype) for name, (dtype, _) in of.items()}
        self.rows = 0

    def __getitem__(self, name: str) -> Array:
        """A column, to read and to write in place."""
        return self._columns[name][: self.rows]

    def add(self, count: int, **given: Any) -> Integers:
        """Append rows, each column a number for all or an array. Gives their places."""
        first, self.rows = self.rows, self.rows + count
        for name, column in self._columns.items():
            if len(column) < self.rows:
                longer = np.empty(max(self.rows, 2 * len(column)), column.dtype)
                longer[:first] = column[:first]
                self._columns[name] = column = longer
            column[first : self.rows] = given.pop(name, self._defaults[name])
        assert not given, f"no column {', '.join(given)}"
        return np.arange(first, self.rows, dtype=np.int64)
