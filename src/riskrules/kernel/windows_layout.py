"""Where everything lies in the one array of a window store, and in the rows it is asked with.

One array of 64-bit integers holds the whole store, so that a kernel is handed few arguments, memory has one bound, and
a snapshot is a handful of runs of words. Nothing in it is a position: keys, ids and nodes are numbers from one (0 is
none), so a saved store fits an array of another size.

The array: control words, words to work in, series, what was forgotten, then heads and entries of the keys, heads and
entries of the ids, and nodes. Memory that was never written is not taken from the system, so a store grows as it is
used.

Texts reach the kernel as bytes and live in the store as keyed 128-bit digests: two words, high and low.
"""

from __future__ import annotations

WORD_BYTES = 8
NEVER = -(2**62)
"""Earlier than any time that a payment can have."""

# Control words: counters and settings.
ARRIVALS, NEWEST, EVICTED, EVENTS, LATENESS, REMEMBER, SECRET, SECRET_LOW = range(8)
SERIES, FORGOTTEN, WORK = range(8, 11)

# Control words: the tables of keys and of ids, each this many words from its start; then the nodes.
KEYS, IDS, NODES = 16, 32, 48
HEADS, ENTRIES, WIDTH, CAPACITY, SIZE, SPLIT, USED, FREE, COUNT, OLDEST, LATEST = range(11)
CONTROL_WORDS = 64

# Words to work in: the results of a pass, then two stacks.
R_COUNT, R_HIGH, R_LOW, R_MIN, R_MAX, R_DISTINCT, R_LATEST = range(7)
STACK, PATH = 8, 520
WORK_WORDS = 704
"""A stack holds at most eight children a level, two words each, and no tree here has more than 31 levels."""

SERIES_WIDTH = 4
S_KNOWN, S_KEEP, S_DISTINCT = range(3)
MOST_SERIES = 1024
"""Series in one store at a time. A ruleset has some tens."""
FORGOTTEN_WORDS = 2**17
"""Buckets for keys that were let go of; each holds the earliest time from which all of its keys are known."""

# An entry of a table: first what both kinds have.
NEXT, HIGH, LOW, GROUP, OLDER, NEWER = range(6)
HELD, KEY_NEWEST, KNOWN, INLINE = range(6, 10)
INLINE_WORDS = 12
"""Four events, or three where values are digests: most keys never have more."""
ROOT, VALUES = INLINE, INLINE + 1
KEY_WIDTH = INLINE + INLINE_WORDS
IN_NODES, FREED = -1, -2
"""In place of the number of events held inline: they are in nodes; the entry is not in use."""
CONTENT_HIGH, CONTENT_LOW, ID_TIME, ID_ARRIVAL = range(6, 10)
ID_WIDTH = 10

# A node: a count, a level (0 holds events), then events or children.
N_COUNT, N_LEVEL, N_NEXT, BODY = 0, 1, 2, 4
NODE_WIDTH = 64
BODY_WORDS = NODE_WIDTH - BODY
A, B, C, D = range(4)
"""An event: time, arrival, value. Where values are texts: time, arrival, high, low, and the lowest bit of the low word
says that no later event of the key has the value. In a tree of values: high, low, time, arrival."""
CHILD_NODE, CHILD_COUNT, CHILD_A, CHILD_HIGH, CHILD_LOW, CHILD_MIN, CHILD_MAX = range(7)
CHILD_B, CHILD_LAST = CHILD_LOW, CHILD_HIGH
CHILD_WIDTH = 7
MOST_CHILDREN = BODY_WORDS // CHILD_WIDTH
SPARE_NODES = 80
"""Free before an event is added, so that no insertion stops half way: a split a level, in two trees."""
FEWEST_NODES = 512

# A plan: counts, then the series of each lookup, then (lookup, aggregate) of each reading.
P_LOOKUPS, P_READINGS, P_BODY = range(3)
AGGREGATES = ("count", "sum", "min", "max", "distinct", "since")
COUNT_OF, SUM_OF, MIN_OF, MAX_OF, DISTINCT_OF, SINCE_OF = range(6)

# A moment: then the lengths of the texts of its keys (-1: there is no key), then since of each reading; behind them the
# kernel writes digests: two words of the id, and of each key.
M_TIME, M_ID_LENGTH, M_BODY = range(3)

# Answers: a value a reading, a state a reading, a key a lookup.
FINE, NOTHING, FORGOT, PURGED, UNSEEN, BEYOND = range(6)
"""States: the last four are unavailable, because the key was let go of, because the store keeps no longer, because
the series was not recorded then, and because the sum is beyond what a store answers."""
ANY_NOTHING, ANY_UNAVAILABLE = 1, 2
HIGHEST_SUM = 10**18

# An event to record: then of all entries the series, the lengths of the keys' texts, the values, the lengths of the
# values' texts (-1: an integer), then the series that it does not speak of (see `record_row`); behind them the kernel
# writes digests: two words of the id, then of each entry two of its key and the low one of its value.
E_TIME, E_ID_LENGTH, E_CONTENT_HIGH, E_CONTENT_LOW, E_ENTRIES, E_GAPS, E_BODY = range(7)
E_COLUMNS, ID_DIGEST, ENTRY_DIGESTS = 4, 2, 3
RECORDED, SAME, CONFLICT = 1, 2, 3
"""What becomes of an event. None is what a kernel gives that ran out of memory, which is zero."""

# A payment as a store's `Direct` is asked of it. Behind the plan: how many texts and how many times are given, then of
# each lookup its text, and of each reading its span in microseconds, or -1 - n where the n-th given time is its since.
# Then what is given: time, length of the id, the lengths of the texts (-1: there is none), times. Behind these the
# kernel writes the moment, digests of the id and the texts, and the answers.
G_TEXTS, G_TIMES, G_LOOKUPS = range(3)
G_TIME, G_ID_LENGTH, G_LENGTHS = range(3)

# An event as a `Direct` is told of it: how many texts, numbers, series and gaps, then of each series its slot, the text
# of its key, its value (n: the n-th number; -1: none; -2 - n: the n-th text) and its bit, then the gaps. Then what is
# given: time, the bits (may it enter the series?), the lengths of the content, of the id and of the texts, the numbers
# (MISSING: there is none). Behind these the kernel writes the event and digests of the id and the texts.
T_TEXTS, T_NUMBERS, T_SERIES, T_GAPS, T_BODY = range(5)
T_SLOT, T_KEY, T_VALUE, T_BIT, T_COLUMNS = range(5)
T_TIME, T_BITS, T_CONTENT_LENGTH, T_ID_LENGTH, T_GIVEN = range(5)
NO_VALUE = -1
MOST_BITS = 62

# What the kernel for one payment is handed to ask and tell a store itself, the payment laid out once, as it is told:
# the address of the store's kernel (`windows_direct.enter`), and those that it wants; of the question where, in words,
# the given times and the answers are; of the event where what is given is, and in bytes where its texts are, with room
# for how many.
W_KERNEL, W_MEMORY, W_QUESTION, W_EVENT, W_TIMES, W_ANSWERS, W_GIVEN, W_TEXTS, W_ROOM = range(9)
W_WORDS = 9
ASK, TELL = range(2)
ASKED = 4
"""Added to the kinds of answer, so that they are not zero either."""


def moment_words(lookups: int, readings: int) -> tuple[int, int]:
    """Words of a moment that are given, and with its digests."""
    given = M_BODY + lookups + readings
    return given, given + ID_DIGEST * (1 + lookups)


def event_words(entries: int, gaps: int) -> tuple[int, int]:
    """Words of an event that are given, and with its digests."""
    given = E_BODY + E_COLUMNS * entries + gaps
    return given, given + ID_DIGEST + ENTRY_DIGESTS * entries


def direct_moment(lookups: int, readings: int, texts: int, times: int) -> tuple[int, int, int]:
    """Where, in words, what is given of a moment begins, the answers, and the texts."""
    given = P_BODY + lookups + 2 * readings + G_LOOKUPS + lookups + readings
    answers = given + G_LENGTHS + texts + times + moment_words(lookups, readings)[1] + ID_DIGEST * (1 + texts)
    return given, answers, answers + 2 * readings + lookups


def direct_event(texts: int, numbers: int, series: int, gaps: int) -> tuple[int, int, int]:
    """Where, in words, what is given of an event begins, the event as it is recorded, and the texts."""
    given = T_BODY + T_COLUMNS * series + gaps
    row = given + T_GIVEN + texts + numbers
    return given, row, row + event_words(series, gaps)[1] + ID_DIGEST * (1 + texts)
