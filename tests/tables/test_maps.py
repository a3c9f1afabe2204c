"""Maps: what feeds what, checked whole before a row is read."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskrules.base.times import format_instant, parse_instant, zone_of
from riskrules.bridges.drafts import draft_map
from riskrules.bridges.maps import MapError, load_map, read_map
from riskrules.bridges.tables import file_batches, table_batches
from riskrules.schema.payment import payment_schema

SCHEMA = payment_schema("CNY")
TEXT = """
[payment]
id          = { numbered = "row-" }
occurred_at = { column = "step", unit = "h", origin = "2026-01-01T00:00:00Z" }
amount      = { column = "sum", currency = "CNY", round = "half even" }
payer.account.id = "from"
"payer.account.institution" = { constant = "BANK-A" }
"payer.account.opened_at" = { column = "since", zone = "Asia/Shanghai" }
channel     = { column = "action", values = { CASH_OUT = "atm", TRANSFER = "mobile" } }
on_us       = { column = "own", values = { 1 = "yes", 0 = false } }

[rows]
skip = { column = "void", equals = 1 }
"""
NAMES = (
    "amount", "payer.account", "payer.account.institution", "payer.account.age", "channel", "payment.on_us", "hour",
)  # fmt: skip
TABLE = pa.table(
    {
        "step": [0, 5, 6, 7, 8],
        "sum": [1.005, 2.675, 0.1 + 0.2, 4.0, float("nan")],
        "from": [17, 17, 18, None, 19],
        "since": pa.array([0, 3_600, 7_200, 0, 0]).cast(pa.timestamp("s")),
        "action": ["CASH_OUT", "DEBIT", "TRANSFER", "CASH_OUT", "CASH_OUT"],
        "own": [1, 0, None, 1, 1],
        "void": [0, 0, 1, 0, None],
    }
)


def faults(text: str, **more: Any) -> tuple[str, ...]:
    with pytest.raises(MapError) as e:
        read_map(text, more.get("schema", SCHEMA))
    return e.value.problems


@pytest.mark.parametrize("ending", ["table", ".parquet", ".csv", ".jsonl"])
def test_a_map_feeds_each_field_from_any_source(tmp_path: Path, ending: str) -> None:
    """Units, zones, rounding, tables of values, constants, numbers and skipped rows mean the same for each source."""
    given_map = read_map(TEXT, SCHEMA)
    zone = zone_of("Asia/Shanghai")
    if ending == "table":
        (batch,) = table_batches(TABLE, SCHEMA, NAMES, zone, given_map)
    else:
        path = tmp_path / f"h{ending}"
        write(path)
        (batch,) = file_batches(path, SCHEMA, NAMES, zone, given_map)
    assert batch.rows == 4 and batch.numbers.tolist() == [n + (ending == ".csv") for n in (1, 2, 4, 5)]
    first = batch.values(0)
    age = int(first["occurred_at"] or 0) - parse_instant("1969-12-31T16:00:00Z")
    assert format_instant(int(first["occurred_at"] or 0)) == "2026-01-01T00:00:00Z"
    assert first == {
        "id": f"row-{batch.numbers[0]}", "occurred_at": first["occurred_at"], "amount": 100, "payer.account": "17",
        "payer.account.institution": "BANK-A", "channel": "atm", "payment.on_us": True, "hour": 8,
        "payer.account.age": age,
    }  # fmt: skip
    told = [(int(batch.numbers[row]) - (ending == ".csv"), e.field, e.kind) for row, e in batch.bad()]
    nan = ("row", "not-an-event") if ending == ".jsonl" else ("amount", "wrong-kind")
    assert told == [(2, "channel", "not-a-choice"), (4, "payer.account.id", "missing"), (5, *nan)]
    assert batch.values(1)["amount"] == (267 if ending in ("table", ".parquet") else 268)  # the float is less


def write(path: Path) -> None:
    if path.suffix == ".parquet":
        pq.write_table(TABLE, path)
        return
    rows = TABLE.set_column(3, "since", TABLE["since"].cast(pa.string())).to_pylist()
    rows = [{**row, "since": row["since"].replace(" ", "T")} for row in rows]
    if path.suffix == ".csv":
        lines = [",".join(rows[0])] + [",".join("" if v is None else str(v) for v in row.values()) for row in rows]
    else:
        import json

        lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('amout = "x"', "no field `amout`; did you mean `amount`?"),
        ('hour = "x"', "`hour` is worked out from `occurred_at`: feed that"),
        ('payer.account = "x"', "`payer.account` is known as `payer.account.id` in a map: write that"),
        ('channel = { colum = "x" }', "`channel` has no setting `colum`; did you mean `column`?"),
        ('amount = { column = "x", round = "up" }', '`round` of `amount` takes only "half even"'),
        ("amount = 5", "`amount` takes a column's name in quotes, or `{ constant = … }`"),
        ("amount = {}", "`amount` takes one of `column`, `constant` and `numbered`"),
        ('amount = { column = "x", constant = 1 }', "`amount` takes one of `column`, `constant` and `numbered`"),
        ('amount = { column = "x", unit = "h" }', '`unit = "h"` does not go with `amount`, which is money in CNY'),
        ('amount = { column = "x", currency = "USD" }', "the ruleset's currency is CNY"),
        ("amount = { constant = 1.005 }", "the constant of `amount` does not fit: more decimals"),
        ('amount = { column = "x", otherwise = "1" }', "`otherwise` of `amount` goes only with `values`"),
        ('amount = { numbered = "x" }', "not for `amount`"),
        ('occurred_at = { column = "x", zone = "Mars" }', "no such time zone"),
        ('occurred_at = { column = "x", unit = "h", origin = "2026-01-01" }', "not an instant such as"),
        ('occurred_at = { column = "x", unit = "h", origin = 2026-01-01T00:00:00 }', "add the zone"),
        ('occurred_at = { column = "x", origin = "2026-01-01T00:00:00Z" }', "goes only with a time that is counted"),
        ('channel = { column = "x", values = { A = "fax" } }', "not one of counter"),
        ('channel = { column = "x", values = { A = "atm" }, otherwise = "fax" }', "not one of counter"),
        ('[foo]\nx = 1', "no section `[foo]`"),
        ('[rows]\nskp = 1', "`[rows]` takes only `skip`"),
        ('[rows]\nskip = { column = "x" }', "`skip` needs `equals`"),
        ('[rows]\nskip = { column = "x", equals = 1.5 }', "`equals` of `skip` takes"),
        ("x = ", "no TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_a_sentence(line: str, words: str) -> None:
    """Each fault of a map names the key and what to write."""
    (problem,) = faults(f'[payment]\nid = "a"\n{line}\n')
    assert words in problem
    assert problem[0].islower() or problem[0] == "`"
    assert not problem.endswith(".")


def test_every_fault_is_told_in_one_run() -> None:
    """A map with several faults is not mended one run at a time."""
    assert len(faults('[payment]\namout = "x"\nhour = "y"\nchannel = { colum = "x" }\n[foo]\n')) == 4


def test_a_map_without_payments_is_none() -> None:
    """A map must say what feeds the payment."""
    for text in ("", "[payment]", "payment = 3", '[rows]\nskip = { column = "x", equals = 1 }'):
        assert "the section `[payment]` is missing" in faults(text)[-1]


def test_an_absent_column_is_told_with_those_that_are_there() -> None:
    """A map names columns of the table, also where rows are skipped by one."""
    given_map = read_map('[payment]\nid = "frm"\noccurred_at = { column = "step", unit = "h" }\n', SCHEMA)
    with pytest.raises(MapError, match=r"no column `frm`; did you mean `from`\?\n.*the columns are `step`"):
        table_batches(TABLE, SCHEMA, (), zone_of("UTC"), given_map)


def test_a_required_field_that_nothing_feeds_is_told() -> None:
    """What a ruleset reads must come from somewhere."""
    given_map = read_map(TEXT, SCHEMA)
    with pytest.raises(MapError, match=r"nothing feeds `payee\.device`, which the ruleset reads: feed it"):
        table_batches(TABLE, SCHEMA, ("payee.device",), zone_of("UTC"), given_map)


def test_rows_are_skipped_only_by_texts_and_whole_numbers() -> None:
    """A float is equal to nothing that can be written down, so no row is skipped by one."""
    given_map = read_map(TEXT.replace('"void"', '"sum"'), SCHEMA)
    with pytest.raises(ValueError, match="no row can be skipped by it"):
        list(table_batches(TABLE, SCHEMA, NAMES, zone_of("UTC"), given_map))


def test_a_map_is_a_small_text_file(tmp_path: Path) -> None:
    """What is no text in UTF-8, or far too large, is no map."""
    path = tmp_path / "MAP.toml"
    for data in (b"\xff", b"#" * (2 << 20)):
        path.write_bytes(data)
        with pytest.raises(MapError, match=r"MAP\.toml"):
            load_map(path, SCHEMA)


HISTORIES: list[dict[str, list[Any]]] = [
    {"TRANSACTION_ID": [1], "TX_DATETIME": ["2026-01-01T00:00:00"], "TX_AMOUNT": [1.005], "CUSTOMER_ID": [5]},
    {"step": [1], "action": ["CASH_OUT"], "amount": [1.5], "nameOrig": ["C1"], "nameDest": ["C2"], "isFraud": [0]},
    {"id": ["1"], "timestamp": [1_781_496_000_000], "channel": ["atm"], "payer.account.id": ["A"]},
    {'a "quoted" \\ name\n': [1], "": [2], "数": [3]},
    {},
]


@pytest.mark.parametrize("rows", HISTORIES)
def test_a_draft_loads(rows: dict[str, list[Any]]) -> None:
    """A draft is a map already, mentions every column, and says of each guess that it is one."""
    text = draft_map(list(rows), SCHEMA, rows)
    given_map = read_map(text, SCHEMA)
    assert given_map.columns <= set(rows)
    body = text.split("# Required")[0].splitlines()[2:]
    sure = [line for line in body if line and "guess" not in line]
    assert all(line.split(" = ")[0].strip('"') in rows for line in sure)
    unused = text.split("# Columns that feed nothing yet:")[1]
    assert len(given_map.columns) + sum(line.startswith('# "') for line in unused.splitlines()) == len(rows)


def test_a_draft_guesses_what_histories_are_like() -> None:
    """Common names are found, and the guesses feed a batch."""
    rows = HISTORIES[1]
    given_map = read_map(draft_map(list(rows), SCHEMA, rows), SCHEMA)
    (batch,) = table_batches(pa.table(rows), SCHEMA, ("amount", "payer.account", "channel"), zone_of("UTC"), given_map)
    assert batch.good.all() and batch.values(0)["payer.account"] == "C1"
