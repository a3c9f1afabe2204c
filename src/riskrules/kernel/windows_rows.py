"""Reading and recording, one row at a time, and the two kernels that a store calls.

`read_row` and `record_row` work on rows of words whose texts are digests already, so a loop over a history can call
them from a kernel of its own; `digest_column` makes the digests of a column. Rows are laid out in `windows_layout`.
Whoever calls holds the store's lock.
"""

from __future__ import annotations

import numpy as np

from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from . import windows_keys as keys
from . import windows_layout as w
from . import windows_reads as reads
from . import windows_tables as tables
from .compiled import Integer, inner, kernel
from .windows_compiled import apart
from .windows_digest import Bytes, digest

MISSING = MISSING_VALUE
KEYS, IDS = np.int64(w.KEYS), np.int64(w.IDS)  # a plain constant would have each function compiled for each of them
START, NO_GROUP = np.int64(0), np.int64(0)
CAPACITY, COUNT, OLDEST, USED = w.CAPACITY, w.COUNT, w.OLDEST, w.USED
ARRIVALS, NEWEST, REMEMBER, SERIES_WIDTH = w.ARRIVALS, w.NEWEST, w.REMEMBER, w.SERIES_WIDTH
S_KNOWN, S_DISTINCT = w.S_KNOWN, w.S_DISTINCT
HELD, KEY_NEWEST, KNOWN, FREED, GROUP = w.HELD, w.KEY_NEWEST, w.KNOWN, w.FREED, w.GROUP
CONTENT_HIGH, CONTENT_LOW, ID_TIME, ID_ARRIVAL = w.CONTENT_HIGH, w.CONTENT_LOW, w.ID_TIME, w.ID_ARRIVAL
P_LOOKUPS, P_READINGS, P_BODY = w.P_LOOKUPS, w.P_READINGS, w.P_BODY
M_TIME, M_ID_HIGH, M_ID_LOW, M_ID_LENGTH, M_BODY = w.M_TIME, w.M_ID_HIGH, w.M_ID_LOW, w.M_ID_LENGTH, w.M_BODY
L_HIGH, L_LOW, L_LENGTH, LOOKUP_WIDTH = w.L_HIGH, w.L_LOW, w.L_LENGTH, w.LOOKUP_WIDTH
FINE, NOTHING, FORGOT, PURGED, UNSEEN = w.FINE, w.NOTHING, w.FORGOT, w.PURGED, w.UNSEEN
ANY_NOTHING, ANY_UNAVAILABLE = w.ANY_NOTHING, w.ANY_UNAVAILABLE
SUM_OF, DISTINCT_OF, COUNT_OF = w.SUM_OF, w.DISTINCT_OF, w.COUNT_OF
E_TIME, E_ID_HIGH, E_ID_LOW, E_ID_LENGTH = w.E_TIME, w.E_ID_HIGH, w.E_ID_LOW, w.E_ID_LENGTH
E_CONTENT_HIGH, E_CONTENT_LOW, E_ENTRIES, E_GAPS, E_BODY = (
    w.E_CONTENT_HIGH,
    w.E_CONTENT_LOW,
    w.E_ENTRIES,
    w.E_GAPS,
    w.E_BODY,
)
V_SERIES, V_HIGH, V_LOW, V_LENGTH, V_VALUE, V_VALUE_LOW, V_VALUE_LENGTH, ENTRY_WIDTH = (
    w.V_SERIES,
    w.V_HIGH,
    w.V_LOW,
    w.V_LENGTH,
    w.V_VALUE,
    w.V_VALUE_LOW,
    w.V_VALUE_LENGTH,
    w.ENTRY_WIDTH,
)
RECORDED, SAME, CONFLICT = w.RECORDED, w.SAME, w.CONFLICT
EXPIRED_A_RECORD = 2
HONESTLY, SILENTLY = keys.HONESTLY, keys.SILENTLY


@kernel
def read(memory: Integers, plan: Integers, moment: Integers, texts: Bytes, out: Integers) -> Integer:
    """`read_row` for a moment whose texts lie in `texts`: its id, then the keys that there are."""
    moment[M_ID_HIGH], moment[M_ID_LOW] = digest(memory, texts, START, moment[M_ID_LENGTH])
    start = moment[M_ID_LENGTH]
    for i in range(plan[P_LOOKUPS]):
        at = M_BODY + i * LOOKUP_WIDTH
        if moment[at + L_LENGTH] >= 0:
            moment[at + L_HIGH], moment[at + L_LOW] = digest(memory, texts, start, moment[at + L_LENGTH])
            start += moment[at + L_LENGTH]
    return read_row(memory, plan, moment, START, out, START)


@inner
def read_row(
    memory: Integers, plan: Integers, moments: Integers, at: Integer, out: Integers, out_at: Integer
) -> Integer:
    """Answer the moment at `moments[at]` into `out[out_at]`; gives ANY_NOTHING | ANY_UNAVAILABLE. Changes nothing
    but words to work in."""
    apart()
    lookups, readings = plan[P_LOOKUPS], plan[P_READINGS]
    places = out_at + 2 * readings
    for i in range(lookups):
        key = at + M_BODY + i * LOOKUP_WIDTH
        place = MISSING
        if moments[key + L_LENGTH] >= 0:
            place = tables.find(memory, KEYS, moments[key + L_HIGH], moments[key + L_LOW], plan[P_BODY + i])
        out[places + i] = place
    until = moments[at + M_TIME]
    skip, own_time = reads.NO_ARRIVAL, MISSING
    own = tables.find(memory, IDS, moments[at + M_ID_HIGH], moments[at + M_ID_LOW], NO_GROUP)
    if own != 0:
        own_at = tables.place(memory, IDS, own)
        skip, own_time = memory[own_at + ID_ARRIVAL], memory[own_at + ID_TIME]
    any_of = 0
    for i in range(readings):
        lookup = plan[P_BODY + lookups + 2 * i]
        aggregate = plan[P_BODY + lookups + 2 * i + 1]
        since = moments[at + M_BODY + lookups * LOOKUP_WIDTH + i]
        key = at + M_BODY + lookup * LOOKUP_WIDTH
        not_this = skip if since <= own_time <= until else reads.NO_ARRIVAL
        value, state = _one(
            memory,
            plan[P_BODY + lookup],
            out[places + lookup],
            moments[key + L_HIGH],
            aggregate,
            since,
            until,
            not_this,
        )
        out[out_at + i] = value
        out[out_at + readings + i] = state
        if state != FINE:
            any_of |= ANY_NOTHING if state == NOTHING else ANY_UNAVAILABLE
    return any_of


@inner
def _one(
    memory: Integers,
    group: Integer,
    entry: Integer,
    high: Integer,
    aggregate: Integer,
    since: Integer,
    until: Integer,
    skip: Integer,
) -> tuple[Integer, Integer]:
    """(value, state) of one reading of the key whose entry it is: 0 for no such key, MISSING for no key at all."""
    apart()
    if entry == MISSING:
        return MISSING, NOTHING
    series = keys.series_at(memory, group)
    if since < memory[series + S_KNOWN]:
        return MISSING, UNSEEN
    if entry == 0:
        if since < memory[keys.forgotten(memory, high, group)]:
            return MISSING, FORGOT
        if aggregate in (COUNT_OF, SUM_OF, DISTINCT_OF):
            return 0, FINE
        return MISSING, NOTHING
    at = tables.place(memory, KEYS, entry)
    if since < memory[at + KNOWN]:
        return MISSING, PURGED
    value, state = reads.answer(memory, at, aggregate, memory[series + S_DISTINCT], since, until, skip)
    return value, state


@kernel
def digest_event(memory: Integers, event: Integers, texts: Bytes) -> Integer:
    """Write the digests of an event's texts (its id, then of each entry the key and a text value) into it, and say
    what would become of it: RECORDED, SAME or CONFLICT."""
    event[E_ID_HIGH], event[E_ID_LOW] = digest(memory, texts, START, event[E_ID_LENGTH])
    start = event[E_ID_LENGTH]
    for i in range(event[E_ENTRIES]):
        at = E_BODY + i * ENTRY_WIDTH
        event[at + V_HIGH], event[at + V_LOW] = digest(memory, texts, start, event[at + V_LENGTH])
        start += event[at + V_LENGTH]
        if event[at + V_VALUE_LENGTH] >= 0:
            event[at + V_VALUE], event[at + V_VALUE_LOW] = digest(memory, texts, start, event[at + V_VALUE_LENGTH])
            start += event[at + V_VALUE_LENGTH]
    return known_row(memory, event, START)


@kernel
def record(memory: Integers, event: Integers) -> Integer:
    """`record_row` for one event, whose digests are there."""
    return record_row(memory, event, START)


@inner
def known_row(memory: Integers, events: Integers, at: Integer) -> Integer:
    """SAME or CONFLICT for an id that is remembered, else RECORDED."""
    apart()
    entry = tables.find(memory, IDS, events[at + E_ID_HIGH], events[at + E_ID_LOW], NO_GROUP)
    if entry == 0:
        return RECORDED
    place = tables.place(memory, IDS, entry)
    same = (
        memory[place + CONTENT_HIGH] == events[at + E_CONTENT_HIGH]
        and memory[place + CONTENT_LOW] == events[at + E_CONTENT_LOW]
    )
    return SAME if same else CONFLICT


@inner
def record_row(memory: Integers, events: Integers, at: Integer) -> Integer:
    """Record the event at `events[at]`, unless its id is remembered: RECORDED, SAME or CONFLICT."""
    apart()
    known = known_row(memory, events, at)
    if known != RECORDED:
        return known
    time = events[at + E_TIME]
    memory[ARRIVALS] += 1
    memory[NEWEST] = max(memory[NEWEST], time)
    _remember(memory, events, at, time)
    entries = events[at + E_ENTRIES]
    for i in range(entries):
        _enter(memory, events, at + E_BODY + i * ENTRY_WIDTH, time)
    gaps = at + E_BODY + entries * ENTRY_WIDTH
    for i in range(events[at + E_GAPS]):
        known_from = keys.series_at(memory, events[gaps + i]) + S_KNOWN
        memory[known_from] = max(memory[known_from], time + 1)
    return RECORDED


@inner
def _remember(memory: Integers, events: Integers, at: Integer, time: Integer) -> None:
    """The event's id, and forget those whose time has come. At most two, so that one event with a wrong clock does not
    empty the table."""
    apart()
    for _ in range(EXPIRED_A_RECORD):
        oldest = memory[IDS + OLDEST]
        if oldest != 0 and memory[tables.place(memory, IDS, oldest) + ID_TIME] < time - memory[REMEMBER]:
            tables.remove(memory, IDS, oldest)
    if memory[IDS + COUNT] == memory[IDS + CAPACITY]:
        tables.remove(memory, IDS, memory[IDS + OLDEST])
    entry = tables.add(memory, IDS, events[at + E_ID_HIGH], events[at + E_ID_LOW], NO_GROUP)
    place = tables.place(memory, IDS, entry)
    memory[place + CONTENT_HIGH] = events[at + E_CONTENT_HIGH]
    memory[place + CONTENT_LOW] = events[at + E_CONTENT_LOW]
    memory[place + ID_TIME] = time
    memory[place + ID_ARRIVAL] = memory[ARRIVALS]


@inner
def _enter(memory: Integers, events: Integers, at: Integer, time: Integer) -> None:
    """One entry of an event."""
    apart()
    high, low, group = events[at + V_HIGH], events[at + V_LOW], events[at + V_SERIES]
    entry = tables.find(memory, KEYS, high, low, group)
    if entry != 0:
        tables.touch(memory, KEYS, entry)
        place = tables.place(memory, KEYS, entry)
    else:
        if memory[KEYS + COUNT] == memory[KEYS + CAPACITY]:
            keys.let_go(memory, memory[KEYS + OLDEST], HONESTLY)
        entry = tables.add(memory, KEYS, high, low, group)
        place = tables.place(memory, KEYS, entry)
        memory[place + HELD] = 0
        memory[place + KEY_NEWEST] = time
        memory[place + KNOWN] = memory[keys.forgotten(memory, high, group)]
    keys.make_room(memory, entry)
    keys.add_event(memory, place, time, memory[ARRIVALS], events[at + V_VALUE], events[at + V_VALUE_LOW])


@kernel
def sweep(memory: Integers, group: Integer, start: Integer, steps: Integer) -> Integer:
    """Let go of a series that nobody reads: of its keys among the entries [start, start + steps). Where to go on, 0 at
    the end."""
    for entry in range(start, min(start + steps, memory[KEYS + USED] + 1)):
        at = tables.place(memory, KEYS, entry)
        if memory[at + GROUP] == group and memory[at + HELD] != FREED:
            keys.let_go(memory, entry, SILENTLY)
    return start + steps if start + steps <= memory[KEYS + USED] else 0
