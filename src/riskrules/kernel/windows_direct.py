"""Reading and recording for one payment of an engine: it gives each text once, and its plan knows what each is for.

The rows that `read_row` and `record_row` work on are laid out here from that, where Python would take as long as for
all the rest of a decision. Layouts are in `windows_layout`. Whoever calls holds the store's lock.
"""

from __future__ import annotations

from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from . import windows_layout as w
from .compiled import Integer, kernel
from .windows_compiled import address, apart
from .windows_digest import digest
from .windows_rows import known_row, read_row, record_row

MISSING = MISSING_VALUE
WORD_BYTES, ID_DIGEST, ENTRY_DIGESTS = w.WORD_BYTES, w.ID_DIGEST, w.ENTRY_DIGESTS
P_LOOKUPS, P_READINGS, P_BODY = w.P_LOOKUPS, w.P_READINGS, w.P_BODY
M_TIME, M_BODY = w.M_TIME, w.M_BODY
G_TEXTS, G_TIMES, G_LOOKUPS = w.G_TEXTS, w.G_TIMES, w.G_LOOKUPS
G_TIME, G_ID_LENGTH, G_LENGTHS = w.G_TIME, w.G_ID_LENGTH, w.G_LENGTHS
T_TEXTS, T_NUMBERS, T_SERIES, T_GAPS, T_BODY = w.T_TEXTS, w.T_NUMBERS, w.T_SERIES, w.T_GAPS, w.T_BODY
T_SLOT, T_KEY, T_VALUE, T_BIT, T_COLUMNS = w.T_SLOT, w.T_KEY, w.T_VALUE, w.T_BIT, w.T_COLUMNS
T_TIME, T_BITS, T_CONTENT_LENGTH, T_ID_LENGTH = w.T_TIME, w.T_BITS, w.T_CONTENT_LENGTH, w.T_ID_LENGTH
T_GIVEN, NO_VALUE = w.T_GIVEN, w.NO_VALUE
E_TIME, E_ID_LENGTH, E_ENTRIES, E_GAPS, E_BODY = w.E_TIME, w.E_ID_LENGTH, w.E_ENTRIES, w.E_GAPS, w.E_BODY
E_CONTENT_HIGH, E_CONTENT_LOW, E_COLUMNS = w.E_CONTENT_HIGH, w.E_CONTENT_LOW, w.E_COLUMNS


@kernel
def read(store: Integers, request: Integers) -> Integer:
    """`read_row` for a payment, whose texts (the id, then each that there is) lie behind the request with a word to
    spare."""
    memory, desk = address(store), address(request)
    lookups, readings = desk[P_LOOKUPS], desk[P_READINGS]
    head = P_BODY + lookups + 2 * readings
    texts, times = desk[head + G_TEXTS], desk[head + G_TIMES]
    text_of = head + G_LOOKUPS
    spans = text_of + lookups
    given = spans + readings
    lengths = given + G_LENGTHS
    moment = lengths + texts + times
    digests = moment + M_BODY + lookups + readings
    digest_of = digests + ID_DIGEST * (1 + lookups)
    out = digest_of + ID_DIGEST * texts
    start = WORD_BYTES * (out + 2 * readings + lookups)
    time = desk[given + G_TIME]
    desk[moment + M_TIME] = time
    desk[digests], desk[digests + 1] = digest(memory, desk, start, desk[given + G_ID_LENGTH])
    _digest_texts(memory, desk, lengths, texts, start + desk[given + G_ID_LENGTH], digest_of)
    for i in range(lookups):
        text = desk[text_of + i]
        desk[moment + M_BODY + i] = desk[lengths + text]
        desk[digests + ID_DIGEST * (i + 1)] = desk[digest_of + ID_DIGEST * text]
        desk[digests + ID_DIGEST * (i + 1) + 1] = desk[digest_of + ID_DIGEST * text + 1]
    for i in range(readings):
        span = desk[spans + i]
        desk[moment + M_BODY + lookups + i] = time - span if span >= 0 else desk[lengths + texts - 1 - span]
    return read_row(memory, desk, desk, moment, desk, out)


@apart
def _digest_texts(
    memory: Integers, desk: Integers, lengths: Integer, texts: Integer, start: Integer, out: Integer
) -> Integer:
    """Two words a text, of those that there are. Gives where the last of them ends."""
    for i in range(texts):
        length = desk[lengths + i]
        if length >= 0:
            desk[out + ID_DIGEST * i], desk[out + ID_DIGEST * i + 1] = digest(memory, desk, start, length)
            start += length
    return start


@kernel
def record(store: Integers, request: Integers, told: Integer, moves: Integer) -> Integer:
    """`record_row` for an event, whose texts (the id, each that there is, the content) lie behind the request with a
    word to spare; when it is not `moves`, only what would become of it. `told`: the event is laid out already."""
    memory, desk = address(store), address(request)
    row = T_BODY + T_COLUMNS * desk[T_SERIES] + desk[T_GAPS] + T_GIVEN + desk[T_TEXTS] + desk[T_NUMBERS]
    if not told:
        _lay(memory, desk, row)
    return record_row(memory, desk, row) if moves else known_row(memory, desk, row)


@apart
def _lay(memory: Integers, desk: Integers, row: Integer) -> None:
    """The event's row, of the series that it enters."""
    series, gaps = desk[T_SERIES], desk[T_GAPS]
    given = T_BODY + T_COLUMNS * series + gaps
    lengths = given + T_GIVEN
    numbers = lengths + desk[T_TEXTS]
    digest_of = row + E_BODY + E_COLUMNS * series + gaps + ID_DIGEST + ENTRY_DIGESTS * series
    start = WORD_BYTES * (digest_of + ID_DIGEST * desk[T_TEXTS])
    id_length = desk[given + T_ID_LENGTH]
    behind_texts = _digest_texts(memory, desk, lengths, desk[T_TEXTS], start + id_length, digest_of)
    entries = 0
    for i in range(series):
        entries += _enters(desk, T_BODY + T_COLUMNS * i, desk[given + T_BITS], lengths, numbers)
    desk[row + E_TIME] = desk[given + T_TIME]
    desk[row + E_ID_LENGTH] = id_length
    content = digest(memory, desk, behind_texts, desk[given + T_CONTENT_LENGTH])
    desk[row + E_CONTENT_HIGH], desk[row + E_CONTENT_LOW] = content
    desk[row + E_ENTRIES] = entries
    desk[row + E_GAPS] = gaps
    columns = row + E_BODY
    behind = columns + E_COLUMNS * entries
    for i in range(gaps):
        desk[behind + i] = desk[T_BODY + T_COLUMNS * series + i]
    digests = behind + gaps
    desk[digests], desk[digests + 1] = digest(memory, desk, start, id_length)
    entry = 0
    for i in range(series):
        one = T_BODY + T_COLUMNS * i
        if _enters(desk, one, desk[given + T_BITS], lengths, numbers):
            key, value = desk[one + T_KEY], desk[one + T_VALUE]
            own = digests + ID_DIGEST + ENTRY_DIGESTS * entry
            desk[columns + entry] = desk[one + T_SLOT]
            desk[columns + entries + entry] = desk[lengths + key]
            desk[own] = desk[digest_of + ID_DIGEST * key]
            desk[own + 1] = desk[digest_of + ID_DIGEST * key + 1]
            desk[own + 2] = 0
            desk[columns + 2 * entries + entry] = 0
            desk[columns + 3 * entries + entry] = -1
            if value >= 0:
                desk[columns + 2 * entries + entry] = desk[numbers + value]
            elif value != NO_VALUE:
                text = NO_VALUE - 1 - value
                desk[columns + 2 * entries + entry] = desk[digest_of + ID_DIGEST * text]
                desk[columns + 3 * entries + entry] = desk[lengths + text]
                desk[own + 2] = desk[digest_of + ID_DIGEST * text + 1]
            entry += 1


@apart
def _enters(desk: Integers, one: Integer, bits: Integer, lengths: Integer, numbers: Integer) -> Integer:
    """1 when the event enters the series: its bit is set, and key and value are there; else 0."""
    value = desk[one + T_VALUE]
    there = desk[lengths + desk[one + T_KEY]] >= 0 and (bits >> desk[one + T_BIT]) & 1 == 1
    if value >= 0:
        there = there and desk[numbers + value] != MISSING
    elif value != NO_VALUE:
        there = there and desk[lengths + NO_VALUE - 1 - value] >= 0
    return 1 if there else 0
