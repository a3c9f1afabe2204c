"""`riskrules trace`, the page it writes, and the journal as a table: what a person and a program are given."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

import riskrules as rr
from riskrules.cli.main import main
from riskrules.funds.trace_page import page_of
from riskrules.funds.trace_picture import MOST_DRAWN

HISTORY = """\
id,occurred_at,amount,payer.account.id,payee.account.id,payee.account.institution
p1,2026-06-15T08:00:00Z,300.00,,6222000000000003,BANK-M
p2,2026-06-15T08:55:00Z,1000.00,6222000000001001,6222000000000003,BANK-M
p3,2026-06-15T09:01:00Z,500.00,6222000000001002,6222000000000003,BANK-M
p4,2026-06-15T09:04:10Z,1200.00,6222000000000003,6222000000000017,BANK-N
p5,2026-06-15T09:06:00Z,350.00,6222000000000017,,
p6,2026-06-15T11:30:00Z,700.00,6222000000001003,6222000000000003,BANK-M
p7,2026-06-16T10:00:00Z,900.00,6222000000000003,6222000000000017,BANK-N
p8,2026-06-16T10:30:00Z,150.00,6222000000000017,6222000000001001,BANK-V
"""
THEFTS = ("--from", "p2", "--from", "p3", "--from", "p6=Ms Chen")
MOST_PAGE_BYTES = 400_000


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["trace", *map(str, arguments)])


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.csv"
    path.write_text(HISTORY, "utf-8")
    return path


def test_json_is_the_trace(history: Path) -> None:
    """The JSON document has the same numbers as the library's own result, and conserves."""
    done = run(history, *THEFTS, "--method", "pro_rata", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    thefts = ["p2", "p3", rr.funds.Theft("p6", "Ms Chen")]
    assert said == rr.funds.trace(history, thefts, currency="CNY", method="pro_rata").to_dict()
    for victim in said["victims"]:
        kept = sum(victim[f"{name}_minor"] for name in ("returned", "stolen_again", "held", "left", "lost"))
        assert victim["stolen_minor"] == kept
    assert [v["victim"] for v in said["victims"]] == ["6222000000001001", "6222000000001002", "Ms Chen"]
    assert {w["institution"] for w in said["where"]} == {"BANK-M", "BANK-N", "BANK-V"}


def test_text_and_exit_codes(history: Path) -> None:
    """Text for a person; 1 where the trace was cut short, with the reason; 2 for what cannot be done."""
    assert "1_000.00 CNY" in run(history, *THEFTS).output
    cut = run(history, *THEFTS, "--hops", "1")
    assert cut.exit_code == 1
    assert "no longer followed" in cut.output
    until = run(history, "--from", "p2", "--until", "2026-06-15T09:00:00Z")
    assert until.exit_code == 1
    assert "come after the time limit" in until.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "p99"), "no transfer has the id `p99`"),
        (("--from", "p2", "--currency", "XYZ"), "not an ISO 4217 currency code"),
        (("--from", "p2", "--smallest", "1.234"), "`--smallest 1.234`"),
        (("--from", "p2", "--until", "yesterday"), "`--until yesterday`"),
        (("--from", "p2", "--page", "x.pdf"), "its ending must be one of .html, .htm"),
        (("--from", "p2", "--out", "x.pdf"), "its ending must be one of .parquet"),
        (("--from", "p2", "--map", "none.toml"), "none.toml"),
    ],
)
def test_slips_are_sentences(history: Path, arguments: tuple[str, ...], said: str) -> None:
    """Each ends with code 2 and a sentence that names the place."""
    done = run(history, *arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_out_is_the_journal(history: Path, tmp_path: Path) -> None:
    """The file of --out has an entry a row, in full: it is for a program."""
    out = tmp_path / "journal.parquet"
    assert run(history, *THEFTS, "--out", out).exit_code == 0
    table = pl.read_parquet(out)
    assert table.columns == ["payment", "at", "from", "to", "victim", "amount_minor", "hop", "way"]
    edges = list(rr.funds.trace(history, ["p2", "p3", rr.funds.Theft("p6", "Ms Chen")], currency="CNY").edges())
    assert table["amount_minor"].to_list() == [e.amount_minor for e in edges]
    assert table["to"].to_list() == [e.to_account for e in edges]
    assert table["way"].to_list() == [e.way for e in edges]


class Read(HTMLParser):
    """Tags that are left open, what would be fetched or run, and the text."""

    EMPTY = frozenset({"meta", "line", "rect", "circle", "path", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bad: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "object", "image", "use"):
            self.bad.append(tag)
        self.bad += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href", "xlink:href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bad += [tag] if tag in ("script", "image", "use") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_page_stands_alone_and_masks(history: Path, tmp_path: Path) -> None:
    """No script, nothing fetched, well formed, no account number in full; every amount of the trace is on it."""
    page = tmp_path / "page.html"
    assert run(history, *THEFTS, "--method", "pro_rata", "--page", page).exit_code == 0
    text = page.read_text("utf-8")
    read = Read()
    read.feed(text)
    assert read.open == []
    assert read.bad == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []
    assert "url(" not in text
    assert not re.search(r"\d{12}", text)
    assert "Ms Chen" not in text
    found = rr.funds.trace(history, ["p2", "p3", "p6"], currency="CNY", method="pro_rata")
    for edge in found.edges():
        shown = f"{edge.amount_minor // 100:_}.{edge.amount_minor % 100:02d}".replace("_", "\u2009")
        assert shown in read.said
    assert "What had to be assumed" in read.said


def test_the_page_is_bounded() -> None:
    """Of a tangle the largest entries are drawn, the thefts first, the rest is counted; and hostile names stay text."""
    rows = [rr.funds.Transfer("s", 0, "<script>alert(1)</script>", "A0", 1 << 20, payee_institution="<b>&\"'</b>")]
    rows += [rr.funds.Transfer(f"t{n}", n, f"A{n % 40}", f"A{(n * 7 + 1) % 40}", 1 + n % 90) for n in range(1, 4000)]
    found = rr.funds.trace(rows, "s", currency="CNY", method="pro_rata")
    page = page_of(found)
    assert len(page.encode()) < MOST_PAGE_BYTES
    assert page.count('class="money"') <= MOST_DRAWN * 2
    assert "smaller ones" in page
    read = Read()
    read.feed(page)
    assert read.bad == []
    assert "<b>" not in page


def test_arrow_in_and_out() -> None:
    """A table in minor units, a table in whole units and rows of mappings give one trace; what goes out comes in."""
    minor = pl.DataFrame(
        {
            "id": ["s", "t"],
            "occurred_at": ["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"],
            "amount_minor": [12345, 12345],
            "payer.account": ["V", "M"],
            "payee.account": ["M", None],
        }
    )
    whole = minor.with_columns(pl.Series("amount", ["123.45", "123.45"])).drop("amount_minor")
    ways = (minor, whole, minor.to_arrow(), whole.to_dicts())
    traces = [rr.funds.trace(given, "s", currency="CNY") for given in ways]
    assert len({json.dumps(t.to_dict()) for t in traces}) == 1
    table = pa.table(traces[0].to_arrow())
    assert table.column("amount_minor").to_pylist() == [12345, 12345]
    assert table.column("to").to_pylist() == ["M", None]
    assert table.schema.metadata[b"riskrules.method"] == b"fifo"


def test_reversed_rows_go_the_other_way() -> None:
    """A row marked as reversed moves money from payee to payer, balances with it."""
    rows = [
        {"id": "in", "occurred_at": "2026-01-01T00:00:00Z", "amount": "5.00", "payer.account": "M", "reversed": True,
         "payer.balance_before": "1.00", "payer.balance_after": "6.00"},
        {"id": "s", "occurred_at": "2026-01-01T00:00:00Z", "amount": "2.00", "payer.account": "V", "payee.account": "M",
         "payee.balance_before": "6.00", "payee.balance_after": "8.00"},
    ]  # fmt: skip
    (held,) = rr.funds.trace(rows, "s", currency="CNY").where()
    assert (held.account, held.amount_minor, held.balance_minor) == ("M", 200, 800)
