"""A history in a table is decided as a gateway would have decided it, payment by payment."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import riskrules as rr

from .window_samples import RULES, START, payment

ROWS = 600
MAP = """
[payment]
id = "id"
occurred_at = "occurred_at"
amount = "amount"
currency = "currency"
channel = "channel"
status = "status"
"payer.account.id" = "payer"
"payer.account.institution" = {{ constant = "BANK-A" }}
"payee.account.id" = "payee"
"payee.account.institution" = {{ constant = "BANK-B" }}

[report]
from = "fraud"
delay = "{delay}"
"""


def history(seed: int, shuffled: bool = False) -> list[dict[str, Any]]:
    """Payments among few accounts, many at the same instant, some failed, some reported; in order of time, or not."""
    r = random.Random(seed)
    now, rows = 0, []
    for i in range(ROWS):
        now += r.choice([0, 0, 1, 7, 60, 60, 3_600, 3_600 - 1, 3_600 + 1]) if r.random() < 0.97 else 86_400
        rows.append(
            {
                "id": f"p{i}", "occurred_at": START + timedelta(seconds=now),
                "amount": f"{r.randrange(1, 300_000) / 100:.2f}", "currency": "CNY", "channel": "mobile", "payer":
                f"a{r.randrange(6)}", "payee": f"a{r.randrange(6)}", "status": r.choice([None, "settled", "settled",
            "failed", "cancelled"]), "fraud": int(r.random() < 0.1), }
        )  # fmt: skip
    if shuffled:
        for _ in range(ROWS // 10):
            i = r.randrange(ROWS - 40)
            j = i + r.randrange(40)
            rows[i], rows[j] = rows[j], rows[i]
    return rows


def event(row: dict[str, Any]) -> dict[str, Any]:
    made = payment(0, row["payer"], row["payee"], row["amount"])
    return {**made, **{k: row[k] for k in ("id", "occurred_at", "status") if row[k] is not None}}


def online(rows: list[dict[str, Any]], delay: timedelta, as_decided: bool = False) -> list[tuple[str, tuple[str, ...]]]:
    """What an engine that sees one payment after another answers; reports come when they are due."""
    e = rr.Engine(rr.loads(RULES), windows=rr.MemoryWindows(lateness=timedelta(days=60)))
    answers, recorded = [], set()
    waiting: list[dict[str, Any]] = []
    for row in rows:
        now = row["occurred_at"]
        for report in [x for x in waiting if x["occurred_at"] <= now and x["id"] not in recorded]:
            recorded.add(report["id"])
            e.record(report, event="report")
        decision = e.decide(event(row))
        answers.append((str(decision.action), decision.fired))
        stopped = as_decided and decision.action >= rr.Action.HOLD
        e.record({**event(row), "status": "cancelled"} if stopped else event(row))
        if row["fraud"] and not stopped:
            waiting.append({**event(row), "id": f"r-{row['id']}", "occurred_at": now + delay})
    return answers


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows)


def read_map(tmp_path: Path, delay: str) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(MAP.format(delay=delay))
    return path


def replayed(rows: list[dict[str, Any]], map: Path, **how: Any) -> list[tuple[str, tuple[str, ...]]]:
    decisions = rr.Engine(rr.loads(RULES)).decide_many(table(rows), map=map, **how)
    assert not decisions.errors
    assert not decisions.degraded
    return [(x["action"], tuple(x["fired"])) for x in pa.table(decisions).to_pylist()]


def as_sets(answers: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, list[str]]]:
    return [(action, sorted(fired)) for action, fired in answers]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("delay", ["0s", "1h", "2d"])
def test_a_history_in_order_of_time(seed: int, delay: str, tmp_path: Path) -> None:
    """Row by row what the engine answered, with ties, failed payments and reports that come later."""
    rows = history(seed)
    waited = {"0s": timedelta(0), "1h": timedelta(hours=1), "2d": timedelta(days=2)}[delay]
    expected = online(rows, waited)
    assert as_sets(replayed(rows, read_map(tmp_path, delay))) == as_sets(expected)
    fired = {rule for _, rules in expected for rule in rules}
    assert len(fired) >= 7, fired


@pytest.mark.parametrize("seed", range(3))
def test_a_history_in_order_of_arrival(seed: int, tmp_path: Path) -> None:
    """Late rows land where they belong, and each row sees what had arrived by then."""
    rows = history(seed, shuffled=True)
    map = read_map(tmp_path, "1h")
    with pytest.raises(rr.TableError, match=r"row [0-9_]+ is earlier than the one before it.*by_arrival=True"):
        replayed(rows, map)
    assert as_sets(replayed(rows, map, by_arrival=True)) == as_sets(online(rows, timedelta(hours=1)))


@pytest.mark.parametrize("seed", range(3))
def test_a_history_as_decided(seed: int, tmp_path: Path) -> None:
    """What the rules stop does not count as done, and nobody reports it."""
    rows = history(seed)
    found = replayed(rows, read_map(tmp_path, "1h"), as_decided=True)
    assert as_sets(found) == as_sets(online(rows, timedelta(hours=1), as_decided=True))
    assert found != replayed(rows, read_map(tmp_path, "1h"))


def test_the_size_of_batches_makes_no_difference(tmp_path: Path) -> None:
    """The history whole, and in tables of a few rows."""
    rows = history(9)
    map = read_map(tmp_path, "1h")
    pieces = [table(rows[i : i + 7]) for i in range(0, ROWS, 7)]
    whole = rr.Engine(rr.loads(RULES)).decide_many(table(rows), map=map)
    parts = rr.Engine(rr.loads(RULES)).decide_many(pieces, map=map)
    assert pa.table(whole).equals(pa.table(parts))


@pytest.mark.parametrize("by_arrival", [False, True])
def test_a_payment_that_is_there_twice(by_arrival: bool, tmp_path: Path) -> None:
    """It is decided and counted once; under the same id another payment is an error of its row."""
    rows = history(5)
    map = read_map(tmp_path, "1h")
    e = rr.Engine(rr.loads(RULES))
    once = e.decide_many(table(rows), map=map, by_arrival=by_arrival)
    for row, said in (
        (rows[99], "the same payment as an earlier row, which is decided and counted"),
        (
            {**rows[99], "amount": "1.23"},
            "an earlier payment with the same id has another time, amount, status or party",
        ),
    ):
        decisions = e.decide_many(table([*rows[:100], row, *rows[100:]]), map=map, by_arrival=by_arrival)
        assert [str(x) for x in decisions.errors] == [f"row 101: at id: {said}"]
        assert pa.table(decisions).equals(pa.table(once))


def test_reports_that_nothing_feeds_are_told(tmp_path: Path) -> None:
    """A window of reports without a `[report]` in the map is not zero but unread."""
    path = tmp_path / "map.toml"
    path.write_text(MAP.split("[report]")[0].replace("{{", "{").replace("}}", "}"))
    decisions = rr.Engine(rr.loads(RULES)).decide_many(table(history(1)), map=path)
    assert decisions.degraded == (f"window `reported` was not available for {ROWS} payments",)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[report]\ndelay = '7d'", "`[report]` needs `from`"),
        ("[report]\nfrom = 'fraud'", "`[report]` needs `delay`"),
        ("[report]\nfrom = 'fraud'\ndelay = 'a week'", 'such as "7d"'),
        ("[report]\nfrom = 'fraud'\ndelay = '7d'\nafter = 1", "no setting `after`"),
        ("[report]\nfrom = 'frud'\ndelay = '7d'", "no column `frud`; did you mean `fraud`"),
        ("[report]\nfrom = 'fraud'\ndelay = '7d'\nequals = []", "`equals` of `[report]` takes"),
    ],
)
def test_a_map_whose_reports_do_not_hold(section: str, said: str, tmp_path: Path) -> None:
    """Each fault is told in a sentence, before the first row."""
    path = tmp_path / "map.toml"
    path.write_text(MAP.split("[report]")[0].replace("{{", "{").replace("}}", "}") + section)
    with pytest.raises(rr.MapError) as found:
        rr.Engine(rr.loads(RULES)).decide_many(table(history(1)), map=path)
    assert said in str(found.value)
