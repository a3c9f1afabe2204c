"""The replay beside the reference: a history in order of time, in batches of any size.

The reference takes a row at a time: it reads, then it records the row's payment, and, dated ahead, the report that
will be made of it. The replay is given whole batches of the same rows. Some rows repeat an earlier payment and move
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from reference import ListWindows
from steps import START_US, Steps
from window_plans import DEVICE, PAYEE, PAYER, PLAN, Event, entries, keys_asked, since_of

from riskrules.schema import kinds as k
from riskrules.schema.limits import MISSING
from riskrules.state import replay_keys
from riskrules.state.replay import Replay, SeriesRows, Texts
from riskrules.state.store import Answers, Happened, Moment

DELAYS_US = (0, 1, k.HOUR, k.DAY, 7 * k.DAY)
BATCHES = (1, 2, 7, 100, 1_000, 4_000)
SPARE_KEYS = (0, 20, 65_536)
"""How many keys the replay keeps beyond those that it needs: with few, it often gives their numbers to others."""
FORWARD_US = (0, 0, 0, 1, 1, k.SECOND, k.MINUTE, 20 * k.MINUTE, k.HOUR, 2 * k.HOUR)
LEAST_FOUND = {
    "replay: rows": 1_000,
    "replay: answers of something": 3_000,
    "replay: rows at a tie": 200,
    "replay: at the start of a window": 10,
    "replay: a microsecond before a window": 5,
    "replay: repeated": 15,
    "replay: reported": 30,
    "replay: no device": 30,
    "replay: beyond": 1,
    "replay: batches": 0.5,
}
"""Times in a thousand rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A payment in a history, whether it repeats one, and whether it will be reported."""

    time_us: int
    event: Event
    repeats: bool
    reported: bool


Given: TypeAlias = tuple[NDArray[np.int64], dict[str, Texts], list[SeriesRows], list[NDArray[np.int64]]]
"""What a batch hands to the replay."""


def history_of_rows(seed: int, count: int, seen: Counter[str]) -> list[Row]:
    """Rows in order of time; many at the same instant, many at the edge of another's window."""
    r = Random(seed)
    made = Steps(PLAN, k.DAY, Counter())
    spans = [reading.span for reading in PLAN.readings if isinstance(reading.span, int)]
    rows: list[Row] = []
    edges: list[tuple[int, Event]] = []
    now_us = START_US
    for _ in range(count):
        event = made.payment(r)
        if edges and edges[-1][0] >= now_us and r.random() < 0.3:
            now_us, event = edges.pop()
        elif r.random() < 0.0005:
            now_us += 60 * k.DAY
        elif r.random() < 0.01:
            now_us = (now_us // k.DAY + 1) * k.DAY
        else:
            now_us += r.choice(FORWARD_US)
        if r.random() < 0.3:
            ahead = now_us + r.choice(spans) + r.choice((-1, 0, 1))
            edges = sorted((*(edge for edge in edges if edge[0] >= now_us), (ahead, event)), key=_latest_first)[-200:]
        seen["replay: rows at a tie"] += bool(rows) and rows[-1].time_us == now_us
        rows.append(Row(now_us, event, r.random() < 0.03, r.random() < 0.05))
        seen["replay: repeated"] += rows[-1].repeats
        seen["replay: reported"] += rows[-1].reported
        seen["replay: no device"] += event.device is None
    seen["replay: rows"] += count
    return rows


def _latest_first(edge: tuple[int, Event]) -> int:
    return -edge[0]


def replay_run(rows: int, seed: int, seen: Counter[str], spoil: Callable[[Given], Given] | None = None) -> str:
    """What the replay says otherwise than the reference over so many rows, "" for nothing. `spoil` plants a bug in
    what the replay is given."""
    r = Random(seed)
    delay_us = r.choice(DELAYS_US)
    history = history_of_rows(seed, rows, seen)
    reference = ListWindows().bind(PLAN)
    with patch.multiple(replay_keys, SPARE_NAMES=r.choice(SPARE_KEYS), SPARE_PAIRS=r.choice(SPARE_KEYS)):
        replay = Replay(PLAN)
    start = 0
    while start < len(history):
        batch = history[start : start + r.choice(BATCHES)]
        given = _given(batch, delay_us, r)
        values, beyond = replay.feed(*(spoil(given) if spoil else given))
        seen["replay: batches"] += 1
        for row, one in enumerate(batch):
            moment = Moment(f"row {start + row}", one.time_us, keys_asked(PLAN, one.event), since_of(PLAN, one.time_us))
            expected = reference.read(moment)
            _look_at(moment, expected, reference.store, seen)
            for number, reading in enumerate(PLAN.readings):
                said = None if values[number][row] == MISSING else int(values[number][row])
                lost = bool(beyond[number][row])
                if said != expected.values[number] or lost != (number in expected.unavailable):
                    return (
                        f"seed {seed}, row {start + row} (row {row} of a batch of {len(batch)}, reports after "
                        f"{delay_us} us): `{reading.name}` is {said} (beyond: {lost}), not {expected.values[number]} "
                        f"(beyond: {number in expected.unavailable})\n{one}"
                    )
            _record(reference.record, moment, one, delay_us)
        start += len(batch)
    return ""


def _record(record: Callable[[Happened], bool], moment: Moment, row: Row, delay_us: int) -> None:
    if row.repeats:
        return
    record(Happened(moment.id, "payment", row.time_us, b"", entries(PLAN, "payment", row.event)))
    if row.reported:
        record(Happened(moment.id, "report", row.time_us + delay_us, b"", entries(PLAN, "report", row.event)))


def _look_at(moment: Moment, expected: Answers, lists: ListWindows, seen: Counter[str]) -> None:
    seen["replay: answers of something"] += sum(1 for v in expected.values if v)
    seen["replay: beyond"] += len(expected.unavailable)
    for number, reading in enumerate(PLAN.readings):
        key = moment.keys[reading.lookup]
        if reading.span != k.DAY or key is None:
            continue
        events = lists.events[PLAN.series[PLAN.lookups[reading.lookup].series].identity].get(key, [])
        near = [e.time_us - moment.since_us[number] for e in events[-30:]]
        seen["replay: at the start of a window"] += 0 in near
        seen["replay: a microsecond before a window"] += -1 in near


def _given(batch: Sequence[Row], delay_us: int, r: Random) -> Given:
    times = np.array([row.time_us for row in batch], np.int64)
    events = [row.event for row in batch]
    fields = {
        PAYER: _texts([e.payer for e in events], r),
        PAYEE: _texts([e.payee for e in events], r),
        DEVICE: _texts([e.device for e in events], r),
    }
    amounts = np.array([e.amount for e in events], np.int64)
    rows = []
    moved = [_moved(row) for row in batch]
    for number, series in enumerate(PLAN.series):
        moves = np.array([number in each for each in moved], np.bool_)
        of: dict[str, NDArray[np.int64] | Texts] = {"amount": amounts, **fields}
        at = times + delay_us if series.event == "report" else times
        rows.append(SeriesRows(moves, at, of.get(series.of)))
    since = np.array([since_of(PLAN, row.time_us) for row in batch], np.int64).T.copy()
    return times, fields, rows, list(since)


def _moved(row: Row) -> set[int]:
    """The series that the row moves."""
    kinds = [] if row.repeats else ["payment", "report"] if row.reported else ["payment"]
    return {entry.series for kind in kinds for entry in entries(PLAN, kind, row.event)}


def _texts(texts: Sequence[str | None], r: Random) -> Texts:
    """Coded by words in any order, some of which no row uses."""
    words = [*{text for text in texts if text is not None}, "never used"]
    r.shuffle(words)
    code = {word: number for number, word in enumerate(words)}
    return Texts(np.array([-1 if text is None else code[text] for text in texts], np.int32), words)


def replay_not_found(seen: Counter[str]) -> list[str]:
    """What a run met too rarely."""
    rows = seen["replay: rows"]
    return [f"{name}: {seen[name]}" for name, least in LEAST_FOUND.items() if seen[name] < least * rows / 1_000]
