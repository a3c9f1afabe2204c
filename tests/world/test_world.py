"""The world as a whole: the same for the same seed, in order, whole in every kind of file, readable by a ruleset."""

from __future__ import annotations

import hashlib
import json
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.bridges.columns import Flags, TableError
from riskrules.bridges.maps import read_map
from riskrules.bridges.reports import REPORTED
from riskrules.bridges.tables import file_batches
from riskrules.cli.main import main
from riskrules.schema.payment import payment_schema
from riskrules.testing.world import DECLARATIONS, SETTINGS, World, world
from riskrules.testing.world.files import events, write_world

from .made import elsewhere, made

FORMATS = ("parquet", "csv", "jsonl")


def small(seed: int = 1, days: int = 3, setting: str = "city") -> World:
    return world(seed=seed, people=300, days=days, setting=setting)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_seed_gives_the_same_bytes(ending: str, tmp_path: Path) -> None:
    """Of the history and of the reports; another seed gives others."""
    files = [tmp_path / f"{name}.{ending}" for name in "abc"]
    reports = [tmp_path / f"{name}.reports.jsonl" for name in "abc"]
    rows = [write_world(small(seed), file, told) for seed, file, told in zip((1, 1, 2), files, reports, strict=True)]
    assert rows[0] == rows[1] > 1_000
    assert digest(files[0]) == digest(files[1]) != digest(files[2])
    assert digest(reports[0]) == digest(reports[1])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in files + reports)


def test_a_longer_history_begins_with_the_shorter_one() -> None:
    """So a payment that a long run found can be looked at in a short one."""
    short = [event for batch in small(days=2).batches() for event in events(batch)]
    long = [event for batch in small(days=4).batches(1_000) for event in events(batch)]
    assert len(long) > len(short) > 500
    assert long[: len(short)] == short


def test_payments_are_in_order_of_time_with_ids_of_their_own() -> None:
    whole = made()
    assert (np.diff(whole.integers("occurred_at")) >= 0).all()
    ids = whole.words("id").tolist()
    assert ids == sorted(set(ids))
    days = (whole.integers("occurred_at")[[0, -1]] - whole.world.setting.start_us) // 86_400_000_000
    assert days.tolist() == [0, whole.world.days - 1]


@pytest.mark.parametrize("ending", FORMATS)
def test_every_payment_is_valid_for_the_schema(ending: str, tmp_path: Path) -> None:
    """Read as any history is, with every field of the schema: no row is refused, nothing required is missing."""
    path = tmp_path / f"w.{ending}"
    rows = write_world(small(setting="coast"), path)
    schema = payment_schema("CNY")
    read = list(file_batches(path, schema, [f.name for f in schema], ZoneInfo("Asia/Shanghai")))
    assert [str(error) for batch in read for _, error in batch.bad()] == []
    assert sum(batch.rows for batch in read) == rows


def test_all_three_kinds_of_file_hold_the_same_events(tmp_path: Path) -> None:
    whole = small(days=1)
    paths = {ending: tmp_path / f"w.{ending}" for ending in FORMATS}
    for path in paths.values():
        write_world(whole, path)
    lines = [json.loads(line) for line in paths["jsonl"].read_text("utf-8").splitlines()]
    assert lines == [event for batch in whole.batches() for event in events(batch)]
    table = parquet.read_table(paths["parquet"]).to_pylist()
    text = paths["csv"].read_text("utf-8").splitlines()
    assert len(lines) == len(table) == len(text) - 1
    assert [row["id"] for row in table] == [event["id"] for event in lines]
    assert [str(row["amount"]) for row in table] == [event["amount"] for event in lines]


def test_settings_differ_in_what_a_rule_could_lean_on() -> None:
    """Amounts, ages, banks and how common fraud is."""
    worlds = [elsewhere(setting) for setting in SETTINGS]
    medians = [float(np.median(whole.integers("amount"))) for whole in worlds]
    ages = [float(np.mean(whole.integers("payer.party.age")[whole.known("payer.party.age")])) for whole in worlds]
    banks = [frozenset(whole.words("payer.account.institution")) for whole in worlds]
    assert len(set(medians)) == len(set(ages)) == len(set(banks)) == len(SETTINGS)


def test_memory_does_not_grow_with_the_days() -> None:
    """Three times the days take a little more, for the accounts opened meanwhile, and not three times as much."""
    peaks = []
    for days in (9, 27):
        tracemalloc.start()
        for _ in small(days=days).batches():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.4 * peaks[0]


def test_a_setting_of_ones_own_has_more_fraud() -> None:
    """How much there is of it is the setting's to say."""
    shares = []
    for times in (1, 4):
        setting = replace(SETTINGS["city"], fraud=SETTINGS["city"].fraud * times)
        flags = [batch["label.fraud"] for batch in world(seed=3, people=1_000, days=10, setting=setting).batches()]
        values = np.concatenate([flag.values for flag in flags if isinstance(flag, Flags)])
        shares.append(values.mean())
    assert shares[1] > 2 * shares[0] > 0


def test_life_has_its_rhythm() -> None:
    """Nights are quiet, wages come by month, some payments fail and some purchases are paid back."""
    whole = made()
    hours = whole.integers("occurred_at") // 3_600_000_000 % 24  # eight hours behind the local clock
    by_hour = np.bincount(hours, minlength=24)
    assert by_hour[(3 - 8) % 24] * 8 < by_hour[(18 - 8) % 24]
    status = whole.words("status")
    assert 0.002 < (status == "failed").mean() < 0.03
    assert (status == "cancelled").any()
    assert whole.known("refund_of").sum() > 50
    paid = set(whole.words("id")[: whole.rows])
    assert set(whole.words("refund_of")[whole.known("refund_of")]) <= paid
    assert (whole.words("purpose") == "salary").sum() > 500


def test_what_cannot_be_made_is_said() -> None:
    for wrong in ({"setting": "moon"}, {"people": 3}, {"days": 0}):
        with pytest.raises(ValueError, match=r"moon|3 people|0 days"):
            world(**wrong)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(TableError, match="ends in none of"):
        write_world(small(), Path("w.xls"))


def test_the_command_writes_a_history_and_its_reports(tmp_path: Path) -> None:
    out, reports = tmp_path / "w.csv", tmp_path / "r.jsonl"
    size = ["--people", "300", "--days", "3", "--seed", "1"]
    result = CliRunner().invoke(main, ["world", *size, "--out", str(out), "--reports", str(reports)])
    assert result.exit_code == 0
    assert "made-up payments of 300 people in 3 days (city, seed 1)" in result.stdout
    assert len(out.read_text("utf-8").splitlines()) > 1_000
    assert all(json.loads(line)["payment_id"] for line in reports.read_text("utf-8").splitlines())
    for wrong in (
        ["--setting", "moon", "--out", str(out)],
        ["--out", "w.xls"],
        ["--out", str(out), "--reports", str(out)],
    ):
        refused = CliRunner().invoke(main, ["world", *wrong])
        assert refused.exit_code == 2
        assert "Traceback" not in refused.output


READS_ALL = """
ruleset reads_all version 2026.11
  title "reads all"
  currency CNY
  timezone Asia/Shanghai
source HERE "a test"
{fields}
window reported = count on report by payee.account over 30d
rule asks
  "What a gateway may add"
  cites HERE "whole"
  when any of (
    {conditions}
  )
  then warn
  tell payer "wait"
rule knows
  "The payee was reported"
  cites HERE "whole"
  when reported >= 1
  then warn
  tell payer "wait"
"""


def test_a_ruleset_reads_every_column_and_knows_of_reports(tmp_path: Path) -> None:
    """The lines of `--fields` check and name every column beside the schema's; through a map with `[report]`, the
    history says what was reported."""
    shown = CliRunner().invoke(main, ["world", "--fields"]).stdout
    assert shown == DECLARATIONS
    names = re.findall(r"^field +(\S+)", shown, re.MULTILINE)
    conditions = ",\n    ".join(f"{name} is known" for name in names)
    rules = rr.loads(READS_ALL.format(fields=shown, conditions=conditions))
    whole = world(seed=2, people=1_000, days=8)
    path = tmp_path / "w.parquet"
    rows = write_world(whole, path)
    columns = [name for name in parquet.read_schema(path).names if not name.startswith(("label.", "ledger."))]
    assert set(columns) <= {f.key for f in rules.schema}
    text = "[payment]\n" + "".join(f'"{name}" = "{name}"\n' for name in columns)
    given = read_map(text + '[report]\nfrom = "label.reported"\ndelay = "2d"\n', rules.schema)
    wanted = [*(f.name for f in rules.schema), REPORTED.name]
    schema = rules.schema.with_field(REPORTED)
    read = list(file_batches(path, schema, wanted, ZoneInfo("Asia/Shanghai"), given))
    assert [str(error) for batch in read for _, error in batch.bad()] == []
    assert sum(batch.rows for batch in read) == rows
    flags = [batch.columns[REPORTED.name] for batch in read]
    reported = sum(int((flag.values == 1).sum()) for flag in flags if isinstance(flag, Flags))
    assert reported == sum(1 for _ in whole.reports()) > 0
