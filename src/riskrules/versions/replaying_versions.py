"""One version of the rules, made ready to decide again what a log says it decided.

The columns of a log and those of the program are held against each other first: a program that reads other columns
must not be fed these. A few versions are kept ready, since a log mostly alternates between two.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.logged import act_of, columns_told, until_us
from ..engine.serving import Serving
from ..engine.shown import shown_act
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from ..schema.limits import MISSING
from .log_records import losses_told, outcome_told
from .tokens import Tokens

if TYPE_CHECKING:
    from ..engine.rules import Rules
    from ..kernel.chunk import Chunk, Lists

MOST_READY = 8
"""Versions kept ready, each with 12 MiB of room for its payments."""
ROWS = 65_536


class CannotReplay(ValueError):
    """Decisions that cannot be decided again. The message is the rest of a sentence about them."""


class Replayer:
    """Decides again by versions that `find` gives."""

    def __init__(self, find: Callable[[str], Rules | None]) -> None:
        self._find = find
        self._ready: OrderedDict[tuple[object, ...], _Version] = OrderedDict()

    def by_columns(self, basis: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What comes of the columns of some records (at most 65,536): the fields that are compared. CannotReplay when
        the version is not known or reads other columns."""
        return self._version(basis).by_columns(records)

    def by_values(self, basis: Mapping[str, Any], sealed: Mapping[str, Any], tokens: Tokens) -> dict[str, Any]:
        """The same of one event's values, as they were sealed."""
        return self._version(basis).by_values(sealed, tokens)

    def _version(self, basis: Mapping[str, Any]) -> _Version:
        off = tuple(basis.get("switched_off") or ())
        key = (basis.get("fingerprint"), basis.get("event"), off, str(basis.get("columns")))
        found = self._ready.pop(key, None)
        if found is None:
            found = _Version(self._rules(basis), basis, off)
        self._ready[key] = found
        if len(self._ready) > MOST_READY:
            self._ready.popitem(last=False)
        return found

    def _rules(self, basis: Mapping[str, Any]) -> Rules:
        fingerprint, event = str(basis.get("fingerprint")), str(basis.get("event"))
        named = f"{basis.get('ruleset')} {basis.get('version')}, fingerprint {fingerprint[:12]}"
        rules = self._find(fingerprint)
        if rules is None:
            raise CannotReplay(f"nobody has their ruleset: {named}")
        if rules.fingerprint != fingerprint:
            raise CannotReplay(f"another ruleset was given than theirs: {named}")
        if event not in rules.events:
            raise CannotReplay(f"their ruleset decides no {event}: {named}")
        return rules.on(event)


class _Version:
    def __init__(self, rules: Rules, basis: Mapping[str, Any], off: tuple[str, ...]) -> None:
        self._serving = Serving(rules, {name: frozenset() for name in rules.lists})
        self._chunk: Chunk | None = None
        whole = basis.get("columns") is not None
        if whole:
            self._serving.prepare()
        if off:
            self._serving = self._serving.without(frozenset(off))
        if whole and list(columns_told(self._serving)) != basis["columns"]:
            raise CannotReplay(f"{rules.name} {rules.version} reads other columns here than when they were logged")

    def by_columns(self, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        from ..kernel.chunk import Chunk

        if not hasattr(self._serving, "program"):
            raise CannotReplay("their columns are not told in the log")
        if self._chunk is None:
            self._chunk = Chunk(self._serving.program, rows=ROWS)
        width = len(self._serving.program.columns)
        outcomes: list[dict[str, Any]] = [_NOT_POSSIBLE] * len(records)
        rows = [i for i, r in enumerate(records) if _is_possible(r, width)]
        given = [[MISSING if x is None else x for x in records[i]["columns"]] for i in rows]
        columns: NDArray[np.int64] = np.array(given, np.int64).reshape(-1, width)
        rows, columns = self._fed(self._chunk, rows, columns)
        if rows:
            times = [int(records[i]["occurred_us"]) for i in rows]
            for i, outcome in zip(rows, self._outcomes(self._chunk, times), strict=True):
                outcomes[i] = outcome
        return outcomes

    def _fed(self, chunk: Chunk, rows: list[int], columns: NDArray[np.int64]) -> tuple[list[int], NDArray[np.int64]]:
        """Feed all columns; rows with a value that no such decision can have had are left out."""
        from ..kernel.chunk import OutOfBounds

        place = 0
        while rows and place < columns.shape[1]:
            try:
                chunk.feed(place, np.ascontiguousarray(columns[:, place]))
                place += 1
            except OutOfBounds as error:
                rows = rows[: error.row] + rows[error.row + 1 :]
                columns = np.delete(columns, error.row, axis=0)
                place = 0
        return rows, columns

    def _outcomes(self, chunk: Chunk, times: list[int]) -> list[dict[str, Any]]:
        program = self._serving.program
        decided = chunk.decide(len(times))
        fired, lifted = (_names(x, program.rules) for x in (decided.fired, decided.lifted))
        exempts = _names(decided.exempts, program.exempts)
        words = [(act, n.LEVELS[act.level], shown_act(act)) for act in program.acts]
        made = []
        for k, (act_index, score) in enumerate(zip(decided.acts.tolist(), decided.scores.tolist(), strict=True)):
            act, action, shown = words[act_index]
            made.append(
                {
                    "action": action, "act": shown, "until_us": until_us(act, times[k]), "score": score,
                    "fired": fired[k], "lifted": lifted[k], "exempts": exempts[k],
                }
            )  # fmt: skip
        return made

    def by_values(self, sealed: Mapping[str, Any], tokens: Tokens) -> dict[str, Any]:
        values, lists = sealed.get("values"), sealed.get("lists")
        if not isinstance(values, dict) or not isinstance(lists, dict) or "occurred_at" not in values:
            raise CannotReplay("their sealed values are not those of an event")
        self._serving.lists = {name: frozenset(lists.get(name, ())) for name in self._serving.lists}
        try:
            decision = self._serving.interpret_values(values)
        except PaymentError as error:
            raise CannotReplay(f"their event is refused now: {error}") from error
        until = until_us(act_of(decision), values["occurred_at"])
        told = {**outcome_told(decision), "score": decision.score, "until_us": until}
        return {**told, **losses_told(decision, tokens)}


_NOT_POSSIBLE: dict[str, Any] = {"columns": "values that no payment has"}


def _is_possible(record: Mapping[str, Any], width: int) -> bool:
    """Whether a record's columns are integers that a payment can have had."""
    columns = record.get("columns")
    if not isinstance(columns, list) or len(columns) != width or type(record.get("occurred_us")) is not int:
        return False
    return all(x is None or (type(x) is int and MISSING < x < -MISSING) for x in columns)


def _names(lists: Lists, names: tuple[str, ...]) -> list[list[str]]:
    """The names of each row's list."""
    starts, indices = lists.starts.tolist(), [names[i] for i in lists.indices.tolist()]
    if not indices:
        return [_EMPTY] * (len(starts) - 1)
    return [indices[a:b] for a, b in pairwise(starts)]


_EMPTY: list[str] = []
