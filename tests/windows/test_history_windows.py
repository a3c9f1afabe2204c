"""The windows of the Fraud Detection Handbook, over its whole history, equal those that DuckDB works out.

The book's features are what its readers will write first: how often and how much a card paid, how often a terminal
was used, and how many of its payments have been reported. DuckDB shares no line with the replay. Its `RANGE` frames
take all rows of the same instant as one, the later in the file too, so the frames here order by instant and place in
the file together, which no two rows share.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from numpy.typing import NDArray

from riskrules.base.resources import folder
from riskrules.bridges.columns import Numbers
from riskrules.engine.history import Unread
from riskrules.engine.rules import loads
from riskrules.engine.serving import Serving
from riskrules.engine.tables import decide_file

HISTORY = Path(__file__).resolve().parents[3] / "shared" / "data" / "handbook" / "transactions.parquet"
MAP = folder("rulesets") / "examples" / "handbook.map.toml"
ROWS = 1_754_155
CARD_DAYS = (1, 7, 30)
TERMINAL_DAYS = (7, 14, 30)
DELAY_DAYS = 7
"""As the map says of reports."""

RULESET = """
ruleset the_book version 2026.1
  title    "The windows of the book"
  currency EUR
  timezone Europe/Brussels

window card_count_1d       = count by payer.account over 1d
window card_count_7d       = count by payer.account over 7d
window card_count_30d      = count by payer.account over 30d
window card_average_1d     = average amount by payer.account over 1d
window card_average_7d     = average amount by payer.account over 7d
window card_average_30d    = average amount by payer.account over 30d
window terminal_count_7d   = count by payee.merchant over 7d
window terminal_count_14d  = count by payee.merchant over 14d
window terminal_count_30d  = count by payee.merchant over 30d
window terminal_frauds_7d  = count on report by payee.merchant over 7d
window terminal_frauds_14d = count on report by payee.merchant over 14d
window terminal_frauds_30d = count on report by payee.merchant over 30d

rule reads_every_window
  "Keeps the windows"
  when    payee.merchant is known
  and     any of (
            amount > card_average_1d else 0 EUR, amount > card_average_7d else 0 EUR,
            amount > card_average_30d else 0 EUR,
            card_count_1d > 5, card_count_7d > 5, card_count_30d > 5,
            terminal_count_7d > 5, terminal_count_14d > 5, terminal_count_30d > 5,
            terminal_frauds_7d > 0, terminal_frauds_14d > 0, terminal_frauds_30d > 0)
  then    warn
  tell    payer "This payment is unlike your others."
"""

EDGES = {
    "an earlier payment of the card at the same instant": "a.card = b.card and a.s = b.s and a.n > b.n",
    "a payment of the card a day before to the second": "a.card = b.card and a.s = b.s + 86_400",
    "a payment of the terminal thirty days before": "a.terminal = b.terminal and a.s = b.s + 30 * 86_400",
    "a report due at the very instant": "a.terminal = b.terminal and a.s = b.s + 7 * 86_400 and b.fraud = 1",
}
"""What a wrong frame would get wrong, as pairs of rows."""

Integers = NDArray[np.int64]


@pytest.fixture(scope="module")
def history() -> Iterator[duckdb.DuckDBPyConnection]:
    """The history as `p`: n (the row in the file, from zero), card, terminal, s (seconds), cents, fraud, and place,
    which orders by instant and then by row."""
    if not HISTORY.is_file():
        pytest.skip("the handbook history (transactions.parquet) is not beside this checkout")
    table = pyarrow.parquet.read_table(HISTORY)
    numbers = np.arange(ROWS, dtype=np.int64)
    columns = {
        "n": numbers,
        "card": table.column("CUSTOMER_ID"),
        "terminal": table.column("TERMINAL_ID"),
        "s": table.column("TX_TIME_SECONDS"),
        "cents": cents(table.column("TX_AMOUNT").to_numpy()),
        "fraud": table.column("TX_FRAUD"),
        "place": table.column("TX_TIME_SECONDS").to_numpy() * ROWS + numbers,
    }
    with duckdb.connect() as connection:
        connection.register("p", pyarrow.table(columns))
        yield connection


def cents(amounts: NDArray[np.float64]) -> Integers:
    """Whole cents, by way of each float's exact decimal value."""
    distinct, places = np.unique(amounts, return_inverse=True)
    exact = [int((Decimal(x) * 100).to_integral_value(ROUND_HALF_EVEN)) for x in distinct.tolist()]
    return np.array(exact, np.int64)[places]


def frame(key: str, days: int) -> str:
    """The rows of [t - days, this row), in the order of the file."""
    return f"(partition by {key} order by place range between {days * 86_400 * ROWS} + n preceding and 1 preceding)"


def reports(days: int) -> str:
    """The rows whose reports arrived in [t - days, t], be they before or after this one in the file."""
    first, last = (days + DELAY_DAYS) * 86_400 * ROWS, DELAY_DAYS * 86_400 * ROWS
    return (
        f"(partition by terminal order by place range between {first} + n preceding "
        f"and {last} + n - {ROWS - 1} preceding)"
    )


def by_duckdb(history: duckdb.DuckDBPyConnection) -> dict[str, Integers]:
    """Each window of the ruleset, as the history has it."""
    chosen = {}
    for days in CARD_DAYS:
        window = frame("card", days)
        chosen[f"card_count_{days}d"] = f"count(*) over {window}"
        chosen[f"card_average_{days}d.count"] = f"count(*) over {window}"
        chosen[f"card_average_{days}d.sum"] = f"coalesce(sum(cents) over {window}, 0)"
    for days in TERMINAL_DAYS:
        chosen[f"terminal_count_{days}d"] = f"count(*) over {frame('terminal', days)}"
        chosen[f"terminal_frauds_{days}d"] = f"coalesce(sum(fraud) over {reports(days)}, 0)"
    columns = ", ".join(f'({what})::bigint "{name}"' for name, what in chosen.items())
    query = f"select * exclude (n) from (select n, {columns} from p) order by n"  # noqa: S608  # all of it stands above
    found = history.execute(query)
    return {name: np.asarray(values) for name, values in found.fetchnumpy().items()}


def by_replay() -> dict[str, Integers]:
    """Each window of the ruleset, as the rules read it."""
    serving = Serving(loads(RULESET, "the_book.risk"), {}).prepare()
    unread = Unread()
    names = [reading.name for reading in serving.plan.readings]
    parts: dict[str, list[Integers]] = {name: [] for name in names}
    for decided in decide_file(serving, HISTORY, MAP, unread=unread):
        assert decided.errors == []
        for name in names:
            column = decided.batch.columns[name]
            assert isinstance(column, Numbers)
            parts[name].append(column.values)
    assert unread.counts == {}
    return {name: np.concatenate(part) for name, part in parts.items()}


def test_the_history_has_the_edges(history: duckdb.DuckDBPyConnection) -> None:
    """Each way to get a frame wrong would show: there are rows at every edge."""
    found = {
        name: len(history.sql("from p").set_alias("a").join(history.sql("from p").set_alias("b"), edge))
        for name, edge in EDGES.items()
    }
    assert all(found.values()), found


def test_the_windows_of_the_book_equal_those_of_duckdb(history: duckdb.DuckDBPyConnection) -> None:
    """Every window of every payment is the same to the last cent: the interval is [t - span, t), of the same instant
    only what stands earlier in the file, and a report counts from the very instant that it is due."""
    replayed, expected = by_replay(), by_duckdb(history)
    assert set(replayed) == set(expected)
    different = {}
    for name, column in expected.items():
        assert len(column) == len(replayed[name]) == ROWS
        if rows := int(np.count_nonzero(column != replayed[name])):
            first = int(np.flatnonzero(column != replayed[name])[0])
            different[name] = f"{rows} rows, first {first}: {column[first]}, replayed {replayed[name][first]}"
        assert np.unique(column).size > 1, name
    assert different == {}
