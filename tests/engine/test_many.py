"""Tables: any that speaks Arrow, decided as each payment would be alone."""

from __future__ import annotations

import gc
import resource
import time
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import riskrules as rr

from .samples import RULES, payment

AMOUNTS = ("5.00", "10.00", "10.01", "100.00", "2000.00", "2000.01", "60000.00")
PAYEES = ("6228480000002222", "6228480000009999")


def events() -> list[dict[str, Any]]:
    """Payments on both sides of every limit of the sample ruleset."""
    made = []
    for day in ("2025-12-31T23:59:59+08:00", "2026-01-01T00:00:00+08:00"):
        for amount in AMOUNTS:
            for payee in PAYEES:
                for balance in ("100.00", None):
                    for shared in (True, False, None):
                        changes = {"payer__account__balance": balance, "screen_shared": shared}
                        event = payment(occurred_at=day, amount=amount, payee__account__id=payee, **changes)
                        event["id"] = f"P-{len(made)}"
                        made.append(event)
    return made


@pytest.fixture(scope="module")
def engine() -> rr.Engine:
    return rr.Engine(rr.loads(RULES, "sample.risk"), lists={"involved": ["6228480000009999"]})


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The payments as columns named by path."""
    paths = ["id", "occurred_at", "amount", "currency", "channel", "screen_shared", "payer.account.id"]
    paths += ["payer.account.institution", "payer.account.balance", "payee.account.id", "payee.account.institution"]

    def at(row: dict[str, Any], path: str) -> Any:
        part: Any = row
        for key in path.split("."):
            part = None if part is None else part.get(key)
        return part

    return {path: [at(row, path) for row in rows] for path in paths}


def tables(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "pyarrow": pa.table(columns(rows)),
        "nested pyarrow": pa.Table.from_pylist(rows),
        "polars": pl.DataFrame(columns(rows)),
        "pandas": pd.DataFrame(columns(rows)),
        "several tables": [pa.table(columns(rows[:50])), pa.table(columns(rows[50:]))],
    }


@pytest.mark.parametrize("kind", ["pyarrow", "nested pyarrow", "polars", "pandas", "several tables"])
def test_a_table_is_decided_as_its_payments_are(engine: rr.Engine, kind: str) -> None:
    """Every kind of table gives, row for row, what `decide` gives for the payment alone."""
    rows = events()
    decisions = engine.decide_many(tables(rows)[kind])
    assert decisions.errors == []
    told = pa.table(decisions).to_pylist()
    assert len(told) == len(rows) == len(decisions)
    seen = set()
    for event, row in zip(rows, told, strict=True):
        alone = engine.decide(event)
        assert row["id"] == event["id"]
        assert (row["action"], row["score"], row["until"]) == (str(alone.action), alone.score, alone.until)
        assert sorted(row["fired"]) == sorted(alone.fired)
        assert tuple(row["responsible"]) == alone.responsible
        assert row["measures"] == [f"{m.verb} {m.instrument}" for m in alone.measures]
        seen.add(row["action"])
    assert seen == {"allow", "verify", "delay", "reject"}


def test_the_table_says_which_version_decided(engine: rr.Engine) -> None:
    """The fingerprint travels with the decisions, and other libraries read them."""
    decisions = engine.decide_many(tables(events())["pyarrow"])
    metadata = pa.table(decisions).schema.metadata
    assert metadata[b"riskrules.fingerprint"].decode() == engine.rules.fingerprint
    assert pl.DataFrame(decisions).columns == ["id", "action", "until", "score", "fired", "responsible", "measures"]


def test_bad_rows_are_told_and_the_others_decided(engine: rr.Engine) -> None:
    """A row that does not fit is listed with its number, its field and the reason; no other row is touched."""
    rows = events()[:10]
    rows[3]["amount"] = "1.005"
    rows[7]["occurred_at"] = "2026-06-15T10:00:00"
    decisions = engine.decide_many(pa.table(columns(rows)))
    assert [(e.number, e.field) for e in decisions.errors] == [(4, "amount"), (8, "occurred_at")]
    assert [r["id"] for r in pa.table(decisions).to_pylist()] == [f"P-{i}" for i in range(10) if i not in (3, 7)]


def test_a_lazy_frame_is_told_what_to_do(engine: rr.Engine) -> None:
    """What is no table yet is refused with the call that makes it one."""
    with pytest.raises(rr.TableError, match="collect"):
        engine.decide_many(pl.LazyFrame(columns(events())))


def test_a_table_without_a_field_is_refused(engine: rr.Engine) -> None:
    """A table that cannot feed a required field is refused as a whole, naming it."""
    table = pa.table(columns(events())).drop_columns(["payee.account.id"])
    with pytest.raises(rr.TableError, match=r"payee\.account\.id"):
        engine.decide_many(table)


def test_predicate_of_a_table(engine: rr.Engine) -> None:
    """A rule as a function of a table is the same rule of each payment."""
    rows = events()
    holds = engine.predicate("drained")
    of_table = holds(pa.table(columns(rows)))
    assert list(of_table) == [holds(row) for row in rows]  # type: ignore[call-overload]  # an array for a table


def big_rules(count: int, version: int) -> str:
    rules = "\n".join(
        f'rule r{i} "rule {i}" when amount > {i + 100}.{version % 100:02} CNY and channel = mobile '
        f"then hold responsible payee.account\n"
        for i in range(count)
    )
    return f"ruleset big version 2026.{version}\n  currency CNY\n\n{rules}"


def test_a_thousand_rules_are_ready_soon() -> None:
    """1,000 rules: text to ready in about a second of one core, a swap in milliseconds; bounds suit slow machines."""
    started = time.process_time()
    rules = rr.loads(big_rules(1_000, 1), "big.risk")
    engine = rr.Engine(rules)
    assert time.process_time() - started < 5
    engine.decide(payment())
    started = time.process_time()
    for _ in range(20):
        engine.swap(rules)
    assert (time.process_time() - started) / 20 < 0.02


def test_a_thousand_swaps_grow_nothing() -> None:
    """Memory after 1,000 swaps between two versions is what it was after the first few."""
    versions = [rr.loads(big_rules(50, v), "big.risk") for v in (1, 2)]
    engine = rr.Engine(versions[0])

    def turn(times: int) -> int:
        for i in range(times):
            engine.swap(versions[i % 2])
            engine.decide(payment())
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = turn(100)
    assert turn(1_000) - before < 4_096  # kilobytes
