"""Reading ahead: the same things in the same order, the same errors at the same place, one thing too many at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import riskrules as rr
from riskrules.base.ahead import ahead

RULES = """
ruleset often version 2026.1
  currency CNY
  appeal   "Call 95588, at any time."

window payments_1d = count by payer.account over 1d

rule too_often
  "Many payments of one account in a day"
  when payments_1d is known and payments_1d > 3
  then hold
  responsible payer.account
"""
MAKERS = "riskrules-ahead"


def makers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(MAKERS)]


def test_the_same_things_in_the_same_order() -> None:
    assert list(ahead(iter(range(1000)))) == list(range(1000))
    assert list(ahead(iter(()))) == []
    assert not makers()


def test_one_too_many_at_most() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    for number in ahead(making()):
        time.sleep(0.01)
        assert number in made
        assert len(made) <= number + 2
    assert len(made) == 10


def test_it_is_made_meanwhile() -> None:
    """Each of two threads waits for the other: one alone would wait for ever."""
    asked, made = threading.Event(), threading.Event()

    def making() -> Iterator[str]:
        yield "first"
        assert asked.wait(10)
        made.set()
        yield "second"

    things = ahead(making())
    assert next(things) == "first"
    asked.set()
    assert made.wait(10)
    assert list(things) == ["second"]


def test_an_error_comes_in_its_place() -> None:
    def making() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    things = ahead(making())
    assert [next(things), next(things)] == [1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(things)
    assert not makers()


def test_who_stops_early_leaves_no_thread() -> None:
    ended = threading.Event()

    def making() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            ended.set()

    things = ahead(making())
    assert next(things) == 0
    (maker,) = makers()
    things.close()  # type: ignore[attr-defined]  # a generator
    assert ended.wait(10)
    maker.join(10)
    assert not makers()


def test_who_stops_early_does_not_wait() -> None:
    """For a source that gives nothing more, or not for a long while."""
    let_go = threading.Event()

    def making() -> Iterator[int]:
        yield 0
        let_go.wait(30)
        yield 1

    things = ahead(making())
    assert next(things) == 0
    (maker,) = makers()
    began = time.monotonic()
    things.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - began < 5
    assert maker.is_alive()
    let_go.set()
    maker.join(10)
    assert not makers()


def test_a_backtest_goes_through_tables_in_its_own_thread(engine: rr.Engine) -> None:
    """What gives them may be bound to the caller's thread, as a cursor is."""
    seen: set[int] = set()

    def tables() -> Iterator[pa.Table]:
        for start in range(0, 1000, 250):
            seen.add(threading.get_ident())
            part = history(1000).slice(start, 250)
            yield part.append_column("is_fraud", pa.array([i % 9 == 0 for i in range(250)]))

    found = rr.backtest(engine.rules, tables(), label="is_fraud")
    assert found.decided == 1000
    assert seen == {threading.get_ident()}


@pytest.fixture(scope="module")
def engine() -> rr.Engine:
    return rr.Engine(rr.loads(RULES, "often.risk"))


def history(rows: int, spoil: Callable[[int, dict[str, Any]], None] | None = None) -> pa.Table:
    made = []
    for i in range(rows):
        payment = {
            "id": f"P-{i}",
            "occurred_at": f"2026-11-{1 + i * 20 // rows:02}T{i * 480 // rows % 24:02}:00:00Z",
            "amount": "10.00",
            "currency": "CNY",
            "payer.account.id": f"A-{i % 7}",
            "payer.account.institution": "BANK-A",
        }
        if spoil is not None:
            spoil(i, payment)
        made.append(payment)
    return pa.Table.from_pylist(made)


def cut(table: pa.Table, rows: int) -> pa.Table:
    return pa.Table.from_batches(table.to_batches(max_chunksize=rows))


@pytest.mark.parametrize("as_decided", [False, True])
def test_a_history_is_decided_alike(engine: rr.Engine, as_decided: bool) -> None:
    def spoil(i: int, payment: dict[str, Any]) -> None:
        if i % 50 == 7:
            payment["amount"] = "a lot"

    table = cut(history(1000, spoil), 64)
    plain = engine.decide_many(table, as_decided=as_decided)
    sooner = engine.decide_many(table, as_decided=as_decided, read_ahead=True)
    assert pa.table(sooner).equals(pa.table(plain))
    assert list(map(str, sooner.errors)) == list(map(str, plain.errors))
    assert len(plain.errors) == 20
    assert {len(fired) for fired in pa.table(plain)["fired"].to_pylist()} == {0, 1}
    assert not makers()


def test_rows_out_of_order_are_told_alike(engine: rr.Engine) -> None:
    def spoil(i: int, payment: dict[str, Any]) -> None:
        if i == 500:
            payment["occurred_at"] = "2026-10-01T00:00:00Z"

    table = cut(history(1000, spoil), 64)
    told = []
    for read_ahead in (False, True):
        with pytest.raises(rr.TableError) as error:
            engine.decide_many(table, read_ahead=read_ahead)
        told.append(str(error.value))
    assert told[0] == told[1]
    assert told[0].startswith("row 501 ")


def test_the_command_line_reads_ahead(engine: rr.Engine, tmp_path: Path) -> None:
    """And gives what the library gives."""
    from click.testing import CliRunner

    from riskrules.cli.main import main

    rules, given, out = tmp_path / "often.risk", tmp_path / "history.csv", tmp_path / "out.csv"
    rules.write_text(RULES, "utf-8")
    history(1000).to_pandas().to_csv(given, index=False)
    done = CliRunner().invoke(main, ["decide", str(rules), str(given), "--batch", "64", "--out", str(out)])
    assert done.exit_code == 0, done.output
    held = sum(",hold," in line for line in out.read_text("utf-8").splitlines())
    assert held == pa.table(engine.decide_many(history(1000)))["action"].to_pylist().count("hold") > 0
