"""`riskrules demo`: made-up payments, decided by a shipped ruleset, with nothing to prepare.

It shows what the library does, and no more: the payments are made up, so the numbers say nothing about any bank.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .decide import followed
from .rulesets import load_rules, make_ready
from .tally import Tally
from .terminal import console, on_terminal, say, show

if TYPE_CHECKING:
    from ..engine.decision import Decision
    from ..testing.payments import MadeUpPayments

RULESET = "cn/whose_account"
PARQUET_ROWS = 200_000
CSV_ROWS = 50_000
"""Rows unless said otherwise, by what they are written to: some seconds of work for either."""
MOST_ROWS = 100_000_000
"""Some 4 GB of Parquet in the temporary folder; more is no demonstration."""


@click.command()
@click.option(
    "--rows",
    type=click.IntRange(1, MOST_ROWS),
    metavar="N",
    help=f"Payments to make up: {PARQUET_ROWS:_}, or {CSV_ROWS:_} where pyarrow is not installed.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=7, show_default=True, metavar="N",
              help="The same seed gives the same payments.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
def demo(rows: int | None, seed: int, as_json: bool) -> None:
    """Decide made-up payments by a shipped ruleset, and show what came of it.

    The payments are made up by a seeded generator, written to a temporary folder and read from there as `decide` reads
    any history. They resemble nobody's, so what is shown is how the library answers and how fast.

    With --json: the document of `decide --json`, with "strongest": the decisions that are explained.
    """
    from ..engine.serving import Serving
    from ..engine.tables import decide_file
    from ..state.lists import Lists
    from ..testing.payments import MadeUpPayments, row_of
    from .strongest import Strongest

    rules = load_rules(RULESET)
    payments = MadeUpPayments(rows or (PARQUET_ROWS if find_spec("pyarrow") else CSV_ROWS), seed)
    lists = Lists({name: payments.lists.get(name, []) for name, _ in rules.meaning.lists})
    serving = Serving(rules, lists)
    strongest = Strongest()
    with tempfile.TemporaryDirectory(prefix="riskrules-demo-") as folder:
        path = _written(payments, Path(folder))
        make_ready(serving)
        tally = Tally(serving, path.name)
        for decided in followed(decide_file(serving, path, unread=tally.unread), tally, payments.rows):
            strongest.add(decided)
    explained = [
        serving.decide_with(payments.event(row_of(payment)), windows)
        for payment, windows in strongest.found
    ]
    if as_json:
        _tell_json(tally, explained)
    else:
        _tell(tally, explained, payments)


def _written(payments: MadeUpPayments, folder: Path) -> Path:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    from ..testing.history_files import write_history

    bar = Progress(
        SpinnerColumn(),
        TextColumn("making up payments"),
        BarColumn(bar_width=40),
        console=console(err=True),
        disable=not on_terminal(err=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=payments.rows)
        advance: Callable[[int], object] = lambda rows: bar.advance(task, rows)  # noqa: E731  # one use, with its type
        return write_history(payments, folder, advance)


def _tell(tally: Tally, explained: list[Decision], payments: MadeUpPayments) -> None:
    from rich.panel import Panel
    from rich.text import Text

    from .reasons import brief
    from .summary import drawn

    made = f"{payments.rows:_} made-up payments (seed {payments.seed}): a demonstration, no evidence"
    show(Text(made, "italic"))
    say()
    show(drawn(tally))
    say()
    show(Text("The strongest decisions, each led by another rule", "bold"))
    for decision in explained:
        title = Text.assemble("payment ", (decision.id, "bold"))
        show(Panel(brief(decision), title=title, title_align="left", border_style="dim"))
    say("\nYour own payments:")
    say(f"  riskrules map HISTORY > map.toml\n  riskrules decide {RULESET} HISTORY --map map.toml")


def _tell_json(tally: Tally, explained: list[Decision]) -> None:
    from .summary import described

    say(json.dumps({**described(tally), "strongest": [d.to_dict() for d in explained]}, ensure_ascii=False))
