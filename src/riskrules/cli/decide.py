"""`riskrules decide`: every payment of a history, a batch at a time, and what came of it.

Arguments are looked at before anything is read, so that a slip is told in a moment and not after an hour.
"""

from __future__ import annotations

import json
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import FINDINGS, FINE, Stop
from .explain import EVENTS
from .rulesets import load_lists, load_rules, make_ready
from .terminal import console, on_terminal, say, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..engine.rules import Rules
    from ..engine.tables import BadRow, DecidedBatch
    from .tally import Tally

ROWS_A_BATCH = 65_536
"""Also the most that one batch may have: the kernels' own limit."""


@click.command()
@click.argument("ruleset")
@click.argument("history")
@click.option("--map", "map_file", metavar="MAP.toml", help="Which column feeds which field; `map` drafts one.")
@click.option("--lists", "folder", metavar="FOLDER", help="Read NAME.txt and NAME.csv in FOLDER as the list NAME.")
@click.option("--out", metavar="FILE", help="Write the decisions: .parquet, .csv or .jsonl.")
@click.option("--errors", metavar="FILE", help="Write every row that was not decided: .csv or .jsonl.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Decide the first N payments only.")
@click.option("--batch", type=click.IntRange(1, ROWS_A_BATCH), default=ROWS_A_BATCH, show_default=True, metavar="N",
              help="Rows read and decided at a time.")  # fmt: skip
@click.option("--as-decided", is_flag=True, help="Windows leave out what the rules hold or reject; slower.")
@click.option("--by-arrival", is_flag=True, help="Rows are in order of arrival, some late, not of time; slower.")
@click.option("--event", type=click.Choice(EVENTS), default="payment", show_default=True,
              help="What HISTORY holds; only payments are decided by the file.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def decide(
    ctx: click.Context,
    ruleset: str,
    history: str,
    map_file: str | None,
    folder: str | None,
    out: str | None,
    errors: str | None,
    limit: int | None,
    batch: int,
    as_decided: bool,
    by_arrival: bool,
    event: str,
    as_json: bool,
) -> None:
    """Decide every payment of a history by a ruleset.

    RULESET is a rule file or the name of a shipped one, such as cn/whose_account. HISTORY is Parquet, CSV or JSON lines
    (.parquet, .csv, .jsonl). Rows that do not fit are told by their line or row, and exit code is then 1; all
    others are decided.

    The history is replayed: a payment's windows cover the payments before it in the file, whose rows must be in order
    of time. Those whose status is failed or cancelled do not count, unless a window says so.

    FILE of --out has a row a payment in the order read: id, action, until, score, fired, responsible, measures. In
    CSV the last three are JSON lists. The same input gives the same bytes. Parquet needs pyarrow.

    With --json: {"ruleset", "history", "decided", "bad_rows", "seconds", "per_second", "currency", "actions", "rules",
    "institutions": [{"institution", "payments", "amount_minor"}], "errors", "degraded", "empty_lists"}. "errors" holds
    the first ten.
    """
    from .decision_files import check_places, error_writer, write_decisions
    from .summary import described, drawn
    from .tally import Tally

    check_places(out, errors, (ruleset, history, map_file))
    rules = load_rules(ruleset)
    if event != "payment" or (len(rules.events) > 1 and not rules.meaning.rules):
        raise Stop(elsewhere(ruleset, rules, event))
    lists, absent = load_lists(rules, folder)

    from ..bridges.columns import TableError
    from ..engine.history import Replaying
    from ..engine.serving import Serving
    from ..engine.tables import decide_file

    serving = Serving(rules, lists)
    tally = Tally(serving, Path(history).name, absent)
    try:
        if Path(history).is_dir():
            raise Stop(f"`{history}` is a folder; name a file in it")
        how = Replaying(by_arrival=by_arrival, as_decided=as_decided, read_ahead=True)
        batches = decide_file(serving, history, map_file, batch, how, tally.unread, limit)
        make_ready(serving)
        with ExitStack() as open_files:
            report = open_files.enter_context(error_writer(errors)) if errors else None
            counted = followed(batches, tally, total_rows(history, limit), report)
            if out:
                write_decisions(out, counted, rules)
            else:
                deque(counted, maxlen=0)
    except TableError as error:
        raise Stop(str(error)) from error
    if as_json:
        say(json.dumps(described(tally), ensure_ascii=False))
    else:
        show(drawn(tally, errors, out))
    ctx.exit(FINDINGS if tally.bad_rows else FINE)


def elsewhere(ruleset: str, rules: Rules, event: str) -> str:
    """Which command decides what this one does not, in a sentence."""
    about = rules.events[1] if event == "payment" and len(rules.events) > 1 else event
    if about not in rules.events:
        return f"`{ruleset}` decides {', '.join(rules.events)}, and nothing about {about}s"
    first = f"`{ruleset}` has no rule about payments" if event == "payment" else "`decide` is for payments"
    if rules.on(about).meaning.liabilities:
        return f"{first}; for a file of claims run `riskrules liability {ruleset} CLAIMS`"
    return f"{first}; for one {about} run `riskrules explain {ruleset} FILE.json --event {about}`"


def total_rows(history: str, limit: int | None) -> int | None:
    """About how many rows a progress bar has to expect; None where nobody looks at one, or it cannot be known."""
    if not on_terminal(err=True):
        return None
    if Path(history).suffix.lower() == ".parquet":
        from ..bridges.files import pyarrow_and_parquet

        _, parquet = pyarrow_and_parquet()
        rows = int(parquet.read_metadata(history).num_rows)
    else:
        with Path(history).open("rb") as file:
            rows = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return min(rows, limit) if limit else rows


def followed(
    batches: Iterator[DecidedBatch],
    tally: Tally,
    total: int | None,
    report: Callable[[Iterable[BadRow]], None] | None = None,
) -> Iterator[DecidedBatch]:
    """The batches, counted and timed, with a progress bar on standard error where a person looks.

    `report` is handed the rows of each that were not decided.
    """
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:_} payments"),
        BarColumn(bar_width=40),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=console(err=True),
        disable=not on_terminal(err=True),
        transient=True,
    )
    started = time.perf_counter()
    with bar:
        task = bar.add_task("", total=total, speed="")
        for decided in batches:
            tally.add(decided)
            if report:
                report(decided.errors)
            yield decided
            tally.seconds = time.perf_counter() - started
            bar.update(task, completed=tally.decided + tally.bad_rows, speed=f"{tally.per_second:_} a second")
