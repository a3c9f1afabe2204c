"""The scores of a ruleset's models, worked out after the windows and before the rules.

A model sees a number for each of its columns: money in its currency, ratios and numbers as they are, durations in
seconds, yes as 1 and no as 0, and NaN where there is no value. What it gives is a ratio, to the billionth. Where it
fails, or gives no number, the score is missing, the decision says so, and the rules say what happens then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..base.money import minor_digits
from ..bridges.columns import Batch, Column, Flags, Numbers
from ..bridges.onnx import ModelError, Session
from ..meaning import nodes as n
from ..schema.kinds import BILLIONTH_DIGITS, SECOND, Kind
from ..schema.limits import MISSING
from .before import Before
from .history import Unread

if TYPE_CHECKING:
    from .rules import Rules

NO_NUMBER = "it gave no number between -1,000 and 1,000"


class Models:
    """The models of one ruleset, loaded. ModelError names the one that cannot be used."""

    def __init__(self, rules: Rules) -> None:
        self._models = [(m, _session(m, rules.models)) for m in rules.frame.models]
        self.names = tuple(m.name for m, _ in self._models)

    def filled(self, values: Mapping[str, n.Value | None], before: Before) -> Before:
        """`before` with every score that it lacks. `values`: all inputs by name."""
        held, unscored = list(before.held), dict(before.unscored)
        places = {name: i for i, name in enumerate(before.names)}
        for model, session in self._models:
            if held[places[model.name]] != MISSING:
                continue
            row = np.array([[_number(values, column) for column in model.reads]], np.float64)
            try:
                score = float(session.scores(row)[0])
            except ModelError as error:
                unscored[model.name] = str(error)
                continue
            if math.isnan(score):
                unscored[model.name] = NO_NUMBER
            else:
                held[places[model.name]] = round(score * 10**BILLIONTH_DIGITS)
        return Before(before.names, held, before.unread, before.because, unscored)

    def of_row(self, batch: Batch, row: int, windows: Mapping[str, int]) -> list[int]:
        """The scores of one row, in the order of `names`, MISSING where there is none. `windows`: its own."""
        known = {name: None if x == MISSING else x for name, x in windows.items()}
        empty = Before(self.names, [MISSING] * len(self.names))
        return list(self.filled({**batch.values(row), **known}, empty).held)

    def batches(self, batches: Iterable[Batch], unread: Unread) -> Iterator[Batch]:
        """The batches, each with a column for every score."""
        for batch in batches:
            columns: dict[str, Column] = dict(batch.columns)
            for model, session in self._models:
                columns[model.name] = Numbers(self._of(model, session, batch, unread))
            yield replace(batch, columns=columns)

    def _of(self, model: n.Model, session: Session, batch: Batch, unread: Unread) -> NDArray[np.int64]:
        rows = np.stack([numbers(batch, column) for column in model.reads], axis=1)
        try:
            scores = session.scores(rows) if len(rows) else np.zeros(0)
        except ModelError:
            scores = np.full(len(rows), math.nan)
        missing = np.isnan(scores)
        unread.no_score(model.name, int(np.count_nonzero(missing & batch.good)))
        held = np.rint(np.where(missing, 0.0, scores) * 10**BILLIONTH_DIGITS).astype(np.int64)
        return np.where(missing, MISSING, held)


def _session(model: n.Model, files: Mapping[str, bytes]) -> Session:
    try:
        return Session(files[model.file], len(model.reads))
    except ModelError as error:
        raise ModelError(f"model `{model.name}` (`{model.file}`): {error}") from None


def _unit(kind: Kind) -> float:
    """Held units in one unit as the model sees it."""
    if kind.name == "money":
        return float(10 ** minor_digits(kind.currency))
    return float(SECOND if kind.name == "duration" else 10**kind.digits)


def _number(values: Mapping[str, n.Value | None], column: n.Read | n.Average) -> float:
    """the same as `numbers`, of one payment."""
    if isinstance(column, n.Average):
        total, count = values.get(column.total.name), values.get(column.count.name)
        return math.nan if total is None or not count else float(total) / float(count) / _unit(column.total.kind)
    value = values.get(column.name)
    return math.nan if value is None else float(value) / _unit(column.kind)


def numbers(batch: Batch, column: n.Read | n.Average) -> NDArray[np.float64]:
    """float64[rows]: a column of a model, NaN where a value is missing."""
    if isinstance(column, n.Average):
        with np.errstate(divide="ignore", invalid="ignore"):
            total, count = _plain(batch, column.total.name), _plain(batch, column.count.name)
            shared: NDArray[np.float64] = total / np.where(count == 0, math.nan, count) / _unit(column.total.kind)
        return shared
    return _plain(batch, column.name) / _unit(column.kind)


def _plain(batch: Batch, name: str) -> NDArray[np.float64]:
    """The held values as floats, NaN where missing."""
    found = batch.columns.get(name)
    if isinstance(found, Numbers):
        return np.where(found.values == MISSING, math.nan, found.values.astype(np.float64))
    if isinstance(found, Flags):
        return np.where(found.values < 0, math.nan, found.values.astype(np.float64))
    return np.full(batch.rows, math.nan)
