"""Reading and recording, one row at a time, and the two kernels that a store calls.

`read_row` and `record_row` work on rows of words whose texts are digests already, so a loop over a history can call
them from a kernel of its own. Rows are laid out in `windows_layout`.
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
from .compiled import Integer, kernel
from .windows_compiled import address, apart
from .windows_digest import digest

MISSING = MISSING_VALUE
KEYS, IDS = np.int64(w.KEYS), np.int64(w.IDS)  # as in `windows_keys`
NO_GROUP = 0
CAPACITY, COUNT, OLDEST, USED = w.CAPACITY, w.COUNT, w.OLDEST, w.USED
ARRIVALS, NEWEST, REMEMBER, SERIES_WIDTH = w.ARRIVALS, w.NEWEST, w.REMEMBER, w.SERIES_WIDTH
S_KNOWN, S_DISTINCT = w.S_KNOWN, w.S_DISTINCT
HELD, KEY_NEWEST, KNOWN, FREED, GROUP = w.HELD, w.KEY_NEWEST, w.KNOWN, w.FREED, w.GROUP
CONTENT_HIGH, CONTENT_LOW, ID_TIME, ID_ARRIVAL = w.CONTENT_HIGH, w.CONTENT_LOW, w.ID_TIME, w.ID_ARRIVAL
P_LOOKUPS, P_READINGS, P_BODY = w.P_LOOKUPS, w.P_READINGS, w.P_BODY
M_TIME, M_ID_LENGTH, M_BODY = w.M_TIME, w.M_ID_LENGTH, w.M_BODY
FINE, NOTHING, FORGOT, PURGED, UNSEEN = w.FINE, w.NOTHING, w.FORGOT, w.PURGED, w.UNSEEN
ANY_NOTHING, ANY_UNAVAILABLE = w.ANY_NOTHING, w.ANY_UNAVAILABLE
SUM_OF, DISTINCT_OF, COUNT_OF = w.SUM_OF, w.DISTINCT_OF, w.COUNT_OF
E_TIME, E_ID_LENGTH, E_ENTRIES, E_GAPS, E_BODY = w.E_TIME, w.E_ID_LENGTH, w.E_ENTRIES, w.E_GAPS, w.E_BODY
E_CONTENT_HIGH, E_CONTENT_LOW, E_COLUMNS = w.E_CONTENT_HIGH, w.E_CONTENT_LOW, w.E_COLUMNS
ID_DIGEST, ENTRY_DIGESTS, WORD_BYTES = w.ID_DIGEST, w.ENTRY_DIGESTS, w.WORD_BYTES
RECORDED, SAME, CONFLICT = w.RECORDED, w.SAME, w.CONFLICT
EXPIRED_A_RECORD = 2
HONESTLY, SILENTLY = keys.HONESTLY, keys.SILENTLY


@kernel
def read(store: Integers, request: Integers) -> Integer:
    """`read_row` for a request: a plan, a moment, room for answers, and the bytes of the moment's texts (its id, then
    the keys that there are), with a word to spare behind them."""
    memory, desk = address(store), address(request)
    lookups, readings = desk[P_LOOKUPS], desk[P_READINGS]
    moment = P_BODY + lookups + 2 * readings
    lengths = moment + M_BODY
    digests = lengths + lookups + readings
    out = digests + ID_DIGEST * (1 + lookups)
    start = WORD_BYTES * (out + 2 * readings + lookups)
    desk[digests], desk[digests + 1] = digest(memory, desk, start, desk[moment + M_ID_LENGTH])
    start += desk[moment + M_ID_LENGTH]
    for i in range(lookups):
        digests += ID_DIGEST
        length = desk[lengths + i]
        if length >= 0:
            desk[digests], desk[digests + 1] = digest(memory, desk, start, length)
            start += length
    return read_row(memory, desk, desk, moment, desk, out)


@apart
def read_row(
    memory: Integers, plan: Integers, moments: Integers, at: Integer, out: Integers, out_at: Integer
) -> Integer:
    """Answer the moment at `moments[at]`, whose digests are there, into `out[out_at]`; gives ANY_NOTHING |
    ANY_UNAVAILABLE. Changes nothing but words to work in. The arrays are addresses."""
    lookups, readings = plan[P_LOOKUPS], plan[P_READINGS]
    places = out_at + 2 * readings
    lengths = at + M_BODY
    digests = lengths + lookups + readings
    until = moments[at + M_TIME]
    skip, own_time = reads.NO_ARRIVAL, MISSING
    own = tables.find(memory, IDS, moments[digests], moments[digests + 1], NO_GROUP)
    if own != 0:
        own_at = tables.place(memory, IDS, own)
        skip, own_time = memory[own_at + ID_ARRIVAL], memory[own_at + ID_TIME]
    digests += ID_DIGEST
    for i in range(lookups):
        place = MISSING
        if moments[lengths + i] >= 0:
            key = digests + ID_DIGEST * i
            place = tables.find(memory, KEYS, moments[key], moments[key + 1], plan[P_BODY + i])
        out[places + i] = place
    any_of = 0
    for i in range(readings):
        lookup = plan[P_BODY + lookups + 2 * i]
        aggregate = plan[P_BODY + lookups + 2 * i + 1]
        since = moments[lengths + lookups + i]
        not_this = skip if since <= own_time <= until else reads.NO_ARRIVAL
        value, state = _one(
            memory,
            plan[P_BODY + lookup],
            out[places + lookup],
            moments[digests + ID_DIGEST * lookup],
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


@apart
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
def record(store: Integers, request: Integers, told: Integer, moves: Integer) -> Integer:
    """`record_row` for one event; when it is not `moves`, only what would become of it. Unless it is `told`, the
    digests are made from the bytes of its texts (its id, the keys, the values that are texts), which lie behind it with
    a word to spare."""
    memory, event = address(store), address(request)
    if not told:
        _digest_event(memory, event)
    return record_row(memory, event, 0) if moves else known_row(memory, event, 0)


@apart
def _digests(events: Integers, at: Integer) -> Integer:
    """Where an event's digests begin."""
    return at + E_BODY + E_COLUMNS * events[at + E_ENTRIES] + events[at + E_GAPS]


@apart
def _digest_event(memory: Integers, event: Integers) -> None:
    """Write the digests of an event's texts behind it."""
    entries = event[E_ENTRIES]
    digests = _digests(event, 0)
    start = WORD_BYTES * (digests + ID_DIGEST + ENTRY_DIGESTS * entries)
    event[digests], event[digests + 1] = digest(memory, event, start, event[E_ID_LENGTH])
    start += event[E_ID_LENGTH]
    for i in range(entries):
        own = digests + ID_DIGEST + ENTRY_DIGESTS * i
        length = event[E_BODY + entries + i]
        event[own], event[own + 1] = digest(memory, event, start, length)
        event[own + 2] = 0
        start += length
    for i in range(entries):
        length = event[E_BODY + 3 * entries + i]
        if length >= 0:
            low = digests + ID_DIGEST + ENTRY_DIGESTS * i + 2
            event[E_BODY + 2 * entries + i], event[low] = digest(memory, event, start, length)
            start += length


@apart
def known_row(memory: Integers, events: Integers, at: Integer) -> Integer:
    """SAME or CONFLICT for an id that is remembered, else RECORDED."""
    digests = _digests(events, at)
    entry = tables.find(memory, IDS, events[digests], events[digests + 1], NO_GROUP)
    if entry == 0:
        return RECORDED
    place = tables.place(memory, IDS, entry)
    same = (
        memory[place + CONTENT_HIGH] == events[at + E_CONTENT_HIGH]
        and memory[place + CONTENT_LOW] == events[at + E_CONTENT_LOW]
    )
    return SAME if same else CONFLICT


@apart
def record_row(memory: Integers, events: Integers, at: Integer) -> Integer:
    """Record the event at `events[at]`, whose digests are there, unless its id is remembered: RECORDED, SAME or
    CONFLICT. The arrays are addresses."""
    known = known_row(memory, events, at)
    if known != RECORDED:
        return known
    time = events[at + E_TIME]
    memory[ARRIVALS] += 1
    memory[NEWEST] = max(memory[NEWEST], time)
    digests = _digests(events, at)
    _remember(memory, events, at, digests, time)
    entries = events[at + E_ENTRIES]
    columns = at + E_BODY
    for i in range(entries):
        own = digests + ID_DIGEST + ENTRY_DIGESTS * i
        value = events[columns + 2 * entries + i]
        _enter(memory, events[own], events[own + 1], events[columns + i], time, value, events[own + 2])
    gaps = columns + E_COLUMNS * entries
    for i in range(events[at + E_GAPS]):
        known_from = keys.series_at(memory, events[gaps + i]) + S_KNOWN
        memory[known_from] = max(memory[known_from], time + 1)
    return RECORDED


@apart
def _remember(memory: Integers, events: Integers, at: Integer, digests: Integer, time: Integer) -> None:
    """The event's id, and forget those whose time has come. At most two, so that one event with a wrong clock does not
    empty the table."""
    for _ in range(EXPIRED_A_RECORD):
        oldest = memory[IDS + OLDEST]
        if oldest != 0 and memory[tables.place(memory, IDS, oldest) + ID_TIME] < time - memory[REMEMBER]:
            tables.remove(memory, IDS, oldest)
    if memory[IDS + COUNT] == memory[IDS + CAPACITY]:
        tables.remove(memory, IDS, memory[IDS + OLDEST])
    entry = tables.add(memory, IDS, events[digests], events[digests + 1], NO_GROUP)
    place = tables.place(memory, IDS, entry)
    memory[place + CONTENT_HIGH] = events[at + E_CONTENT_HIGH]
    memory[place + CONTENT_LOW] = events[at + E_CONTENT_LOW]
    memory[place + ID_TIME] = time
    memory[place + ID_ARRIVAL] = memory[ARRIVALS]


@apart
def _enter(
    memory: Integers,
    high: Integer,
    low: Integer,
    group: Integer,
    time: Integer,
    value: Integer,
    value_low: Integer,
) -> None:
    """One entry of an event."""
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
    keys.add_event(memory, place, time, memory[ARRIVALS], value, value_low)


@kernel
def sweep(store: Integers, group: Integer, start: Integer, steps: Integer) -> Integer:
    """Let go of a series that nobody reads: of its keys among the entries [start, start + steps). Where to go on, 0 at
    the end."""
    memory = address(store)
    for entry in range(start, min(start + steps, memory[KEYS + USED] + 1)):
        at = tables.place(memory, KEYS, entry)
        if memory[at + GROUP] == group and memory[at + HELD] != FREED:
            keys.let_go(memory, entry, SILENTLY)
    return start + steps if start + steps <= memory[KEYS + USED] else 0
