"""Reading and recording for one payment of an engine: it gives each text once, and its plan knows what each is for.

The rows that `read_row` and `record_row` work on are laid out here from that, where Python would take as long as for
all the rest of a decision. Layouts are in `windows_layout`. Whoever calls holds the store's lock.
"""

from __future__ import annotations

from typing import Any

from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from . import windows_layout as w
from .compiled import Integer, inner, kernel, pointed
from .objects import further, words_at
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
ASK, ASKED = w.ASK, w.ASKED
E_TIME, E_ID_LENGTH, E_ENTRIES, E_GAPS, E_BODY = w.E_TIME, w.E_ID_LENGTH, w.E_ENTRIES, w.E_GAPS, w.E_BODY
E_CONTENT_HIGH, E_CONTENT_LOW, E_COLUMNS = w.E_CONTENT_HIGH, w.E_CONTENT_LOW, w.E_COLUMNS


@kernel
def read(store: Integers, request: Integers) -> Integer:
    """`read_row` for a payment, whose texts (the id, then each that there is) lie behind the request with a word to
    spare."""
    memory, desk = address(store), address(request)
    given, _, digest_of, out = _places(desk)
    lengths = given + G_LENGTHS
    texts = _texts(desk)
    start = WORD_BYTES * (out + 2 * desk[P_READINGS] + desk[P_LOOKUPS])
    _digest_texts(memory, desk, texts, given + G_ID_LENGTH, lengths, start, digest_of)
    return _asked(memory, desk, desk[given + G_TIME], further(desk, lengths), further(desk, digest_of))


@inner
def _texts(desk: Integers) -> Integer:
    """How many texts a payment is asked by."""
    return desk[P_BODY + desk[P_LOOKUPS] + 2 * desk[P_READINGS] + G_TEXTS]


@inner
def _places(desk: Integers) -> Any:
    """Where in a question what is given begins, the moment, the digests of the texts, and the answers."""
    lookups, readings = desk[P_LOOKUPS], desk[P_READINGS]
    head = P_BODY + lookups + 2 * readings
    given = head + G_LOOKUPS + lookups + readings
    moment = given + G_LENGTHS + desk[head + G_TEXTS] + desk[head + G_TIMES]
    digest_of = moment + M_BODY + lookups + readings + ID_DIGEST * (1 + lookups)
    return given, moment, digest_of, digest_of + ID_DIGEST * (1 + desk[head + G_TEXTS])


@apart
def _asked(memory: Integers, desk: Integers, time: Integer, lengths: Integers, digest_of: Integers) -> Integer:
    """`read_row` for a payment of this time, whose texts have these lengths, and these digests behind that of its
    id."""
    lookups, readings = desk[P_LOOKUPS], desk[P_READINGS]
    given, moment, _, out = _places(desk)
    spans = given - readings
    text_of = spans - lookups
    times = given + G_LENGTHS + _texts(desk)
    digests = moment + M_BODY + lookups + readings
    desk[moment + M_TIME] = time
    desk[digests], desk[digests + 1] = digest_of[0], digest_of[1]
    for i in range(lookups):
        text = desk[text_of + i]
        desk[moment + M_BODY + i] = lengths[text]
        desk[digests + ID_DIGEST * (i + 1)] = digest_of[ID_DIGEST * (text + 1)]
        desk[digests + ID_DIGEST * (i + 1) + 1] = digest_of[ID_DIGEST * (text + 1) + 1]
    for i in range(readings):
        span = desk[spans + i]
        desk[moment + M_BODY + lookups + i] = time - span if span >= 0 else desk[times - 1 - span]
    return read_row(memory, desk, desk, moment, desk, out)


@apart
def _digest_texts(
    memory: Integers,
    desk: Integers,
    texts: Integer,
    id_length: Integer,
    lengths: Integer,
    start: Integer,
    out: Integer,
) -> None:
    """Two words of the id, whose length stands at `id_length`, then of each text that there is."""
    desk[out], desk[out + 1] = digest(memory, desk, start, desk[id_length])
    start += desk[id_length]
    for i in range(texts):
        length = desk[lengths + i]
        if length >= 0:
            out_at = out + ID_DIGEST * (1 + i)
            desk[out_at], desk[out_at + 1] = digest(memory, desk, start, length)
            start += length


@kernel
def record(store: Integers, request: Integers, told: Integer, moves: Integer) -> Integer:
    """`record_row` for an event, whose texts (the id, each that there is, the content) lie behind the request with a
    word to spare; when it is not `moves`, only what would become of it. `told`: the event is laid out already."""
    memory, desk = address(store), address(request)
    row = _row(desk)
    if not told:
        _digest_event(memory, desk, row)
        _lay(memory, desk, row)
    return record_row(memory, desk, row) if moves else known_row(memory, desk, row)


@inner
def _given(desk: Integers) -> Integer:
    """Where in an event what is given begins."""
    return T_BODY + T_COLUMNS * desk[T_SERIES] + desk[T_GAPS]


@inner
def _row(desk: Integers) -> Integer:
    """Where the event's row begins."""
    return _given(desk) + T_GIVEN + desk[T_TEXTS] + desk[T_NUMBERS]


@inner
def _digest_of(desk: Integers, row: Integer) -> Integer:
    """Where the digests of an event's id and texts begin."""
    return row + E_BODY + E_COLUMNS * desk[T_SERIES] + desk[T_GAPS] + ID_DIGEST + ENTRY_DIGESTS * desk[T_SERIES]


@inner
def _texts_of_event(desk: Integers, row: Integer) -> Integer:
    """Where, in bytes, its texts begin."""
    return WORD_BYTES * (_digest_of(desk, row) + ID_DIGEST * (1 + desk[T_TEXTS]))


@apart
def _digest_event(memory: Integers, desk: Integers, row: Integer) -> None:
    """Of its id and its texts."""
    given, start = _given(desk), _texts_of_event(desk, row)
    _digest_texts(memory, desk, desk[T_TEXTS], given + T_ID_LENGTH, given + T_GIVEN, start, _digest_of(desk, row))


@apart
def _lay(memory: Integers, desk: Integers, row: Integer) -> None:
    """The event's row, of the series that it enters, its texts having their digests."""
    series, gaps = desk[T_SERIES], desk[T_GAPS]
    given = _given(desk)
    lengths = given + T_GIVEN
    numbers = lengths + desk[T_TEXTS]
    content_at = _texts_of_event(desk, row) + desk[given + T_ID_LENGTH]
    for i in range(desk[T_TEXTS]):
        content_at += max(desk[lengths + i], 0)
    of_id = _digest_of(desk, row)
    digest_of = of_id + ID_DIGEST
    entries = 0
    for i in range(series):
        entries += _enters(desk, T_BODY + T_COLUMNS * i, desk[given + T_BITS], lengths, numbers)
    desk[row + E_TIME] = desk[given + T_TIME]
    desk[row + E_ID_LENGTH] = desk[given + T_ID_LENGTH]
    content = digest(memory, desk, content_at, desk[given + T_CONTENT_LENGTH])
    desk[row + E_CONTENT_HIGH], desk[row + E_CONTENT_LOW] = content
    desk[row + E_ENTRIES] = entries
    desk[row + E_GAPS] = gaps
    columns = row + E_BODY
    behind = columns + E_COLUMNS * entries
    for i in range(gaps):
        desk[behind + i] = desk[T_BODY + T_COLUMNS * series + i]
    digests = behind + gaps
    desk[digests], desk[digests + 1] = desk[of_id], desk[of_id + 1]
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


@pointed
def enter(which: Integer, memory_at: Integer, question_at: Integer, event_at: Integer) -> Integer:
    """For a payment that is laid out once, as it is told: ASK, `read` for its texts, which gives ASKED more; and then
    TELL, `record`, where it need not be laid out again. All but `which` are addresses."""
    memory, event = words_at(memory_at), words_at(event_at)
    row = _row(event)
    given = _given(event)
    if which == ASK:
        _digest_event(memory, event, row)
        lengths = further(event, given + T_GIVEN)
        digests = further(event, _digest_of(event, row))
        return ASKED + _asked(memory, words_at(question_at), event[given + T_TIME], lengths, digests)
    _lay(memory, event, row)
    return record_row(memory, event, row)
