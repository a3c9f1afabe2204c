"""`riskrules demo`: a made-up world, decided by a shipped ruleset, with nothing to prepare.

The world's first days are what a bank has behind it: they fill the windows, and the accounts that victims reported in
them are the list of involved accounts. The days after are decided as they come, and since the world is labelled, what
was stopped is held against what the payments truly were. No label reaches a rule. The list is not renewed meanwhile, as
a bank's would be by each day's reports.

It shows how the library answers and how fast; the world was measured on no bank, so the numbers say nothing of any.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .decide import followed
from .rulesets import load_rules, make_ready
from .tally import Tally
from .terminal import console, on_terminal, say, show

if TYPE_CHECKING:
    from ..engine.decision import Decision
    from ..engine.history import Unread
    from ..engine.serving import Serving
    from ..engine.tables import DecidedBatch
    from ..testing.world import World
    from .truth import Truth

RULESET = "cn/whose_account"
REPORTED_LIST = "involved_accounts"
"""The list that is made of what was reported; every other list of the ruleset is empty, and the screen says so."""
PEOPLE = 5_000
CSV_PEOPLE = 1_000
"""People unless said otherwise, by what their payments are written to: some seconds of work for either."""
DAYS_BEFORE = 14
DAYS = 14
"""Whole weeks, so that both halves have the same working days."""


@dataclass(frozen=True)
class History:
    """A world as files: the payments before, those to decide, how many each has, and the accounts that victims had
    reported by the end of the first."""

    before: Path
    decided: Path
    rows_before: int
    rows: int
    reported: frozenset[str]


@click.command()
@click.option(
    "--people",
    type=click.IntRange(200, 200_000),
    metavar="N",
    help=f"People of the world: {PEOPLE:_}, or {CSV_PEOPLE:_} where pyarrow is not installed.",
)
@click.option("--days", type=click.IntRange(1, 366), default=DAYS, show_default=True, metavar="N",
              help=f"Days to decide, after {DAYS_BEFORE} that went before.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=7, show_default=True, metavar="N",
              help="The same seed gives the same world.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
def demo(people: int | None, days: int, seed: int, as_json: bool) -> None:
    """Decide the payments of a made-up world by a shipped ruleset, and show what came of it.

    `riskrules world` makes such a world too: ordinary life, fraud, and honest people who look like it, each payment
    labelled. It is written to a temporary folder and read from there as `decide` reads any history. Two weeks go
    before the payments that are decided: they fill the windows, and the accounts that victims reported in them are on
    the list of involved accounts. The ruleset's other lists are empty. The world resembles no bank, so what is shown
    is how the library answers and how fast.

    With --json: the document of `decide --json`, with "world": {"seed", "people", "days_before", "days", "setting",
    "payments_before", "reported_accounts"}, "truth": {"fraud", "typologies", "honest_people", "lookalikes",
    "stopped_payments"}, and "strongest": the decisions that are explained.
    """
    from ..engine.serving import Serving
    from ..state.lists import Lists
    from ..testing.world import world
    from .strongest import Strongest
    from .truth import Truth

    rules = load_rules(RULESET)
    made = world(seed, people or (PEOPLE if find_spec("pyarrow") else CSV_PEOPLE), DAYS_BEFORE + days)
    strongest, truth = Strongest(), Truth()
    with tempfile.TemporaryDirectory(prefix="riskrules-demo-") as folder:
        history = _written(made, Path(folder))
        lists = {name: history.reported if name == REPORTED_LIST else frozenset[str]() for name in rules.lists}
        serving = Serving(rules, Lists(lists))
        make_ready(serving)
        empty = tuple(name for name in lists if name != REPORTED_LIST)
        tally = Tally(serving, f"days {DAYS_BEFORE + 1} to {made.days}", empty)
        batches = _decided(serving, history, tally.unread)
        for batch in followed(_first(batches, history.rows_before), Tally(serving, ""), history.rows_before):
            truth.know(batch)
        for batch in followed(batches, tally, history.rows):
            truth.add(batch)
            strongest.add(batch)
    explained = [(serving.decide_values(values), values) for values in strongest.found]
    if as_json:
        _tell_json(made, history, tally, truth, [decision for decision, _ in explained])
        return
    from .truth import told

    _tell(made, history, tally, truth, [(decision, told(values)) for decision, values in explained])


def _written(made: World, folder: Path) -> History:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    from ..testing.world.files import history_writer

    bar = Progress(
        SpinnerColumn(),
        TextColumn("making up {task.completed} of {task.total} days"),
        BarColumn(bar_width=40),
        console=console(err=True),
        disable=not on_terminal(err=True),
        transient=True,
    )
    ending = "parquet" if find_spec("pyarrow") else "csv"
    paths = [folder / f"{name}.{ending}" for name in ("before", "decided")]
    rows = [0, 0]
    reported: set[str] = set()
    with bar:
        task = bar.add_task("", total=made.days)
        days = enumerate(made.history())
        for part, last in enumerate((DAYS_BEFORE, made.days)):
            with history_writer(paths[part], made.currency) as write:
                for number, day in days:
                    for batch in day.batches():
                        write(batch)
                    rows[part] += day.rows
                    if part == 0:
                        reported.update(_accounts(day.reports))
                    bar.advance(task)
                    if number + 1 == last:
                        break
    return History(paths[0], paths[1], rows[0], rows[1], frozenset(reported))


def _accounts(reports: list[dict[str, object]]) -> Iterator[str]:
    """Whom victims say that they paid. What institutions suspect puts nobody on the list of a police."""
    for report in reports:
        payee = report["payee"]
        if report["reporter"] == "victim" and isinstance(payee, dict):
            yield payee["account"]["id"]


def _decided(serving: Serving, history: History, unread: Unread) -> Iterator[DecidedBatch]:
    """All batches of both files, one history; a batch never has payments of both."""
    from ..base.times import zone_of
    from ..bridges.tables import file_batches
    from ..engine.tables import decide_batches, table_schema, wanted_fields
    from .truth import LABELS, READ

    schema = table_schema(serving)
    for label in LABELS:
        schema = schema.with_field(label)
    names = [*dict.fromkeys((*wanted_fields(serving), *READ)), *(label.name for label in LABELS)]
    zone = zone_of(serving.rules.meaning.timezone)
    files = (file_batches(path, schema, names, zone) for path in (history.before, history.decided))
    return decide_batches(serving, chain.from_iterable(files), unread=unread)


def _first(batches: Iterator[DecidedBatch], rows: int) -> Iterator[DecidedBatch]:
    """The batches of the first `rows` rows, and not one more of the iterator."""
    while rows > 0:
        batch = next(batches)
        rows -= batch.rows + len(batch.errors)
        yield batch


def _tell(made: World, history: History, tally: Tally, truth: Truth, explained: list[tuple[Decision, str]]) -> None:
    from rich.panel import Panel
    from rich.text import Text

    from .reasons import brief
    from .summary import drawn

    show(Text("A made-up world, and no bank: a demonstration, no evidence", "bold"))
    say(f"{made.people:_} people in a made-up {made.setting.name}, seed {made.seed}; no rule sees what is fraud")
    say(f"days 1 to {DAYS_BEFORE}: {history.rows_before:_} payments went before and fill the windows")
    say(f"list `{REPORTED_LIST}`: the {len(history.reported):_} accounts that victims reported in those days")
    say()
    show(drawn(tally))
    say()
    show(truth.drawn(made.currency))
    say()
    show(Text("The strongest decisions, each led by another rule", "bold"))
    for decision, truly in explained:
        title = Text.assemble("payment ", (decision.id, "bold"), f", in truth {truly}")
        show(Panel(brief(decision), title=title, title_align="left", border_style="dim"))
    say("\nYour own payments:")
    say(f"  riskrules map HISTORY > map.toml\n  riskrules decide {RULESET} HISTORY --map map.toml")


def _tell_json(made: World, history: History, tally: Tally, truth: Truth, explained: list[Decision]) -> None:
    from .summary import described

    about = {
        "seed": made.seed,
        "people": made.people,
        "days_before": DAYS_BEFORE,
        "days": made.days - DAYS_BEFORE,
        "setting": made.setting.name,
        "payments_before": history.rows_before,
        "reported_accounts": len(history.reported),
    }
    document = {**described(tally), "world": about, "truth": truth.described()}
    say(json.dumps({**document, "strongest": [d.to_dict() for d in explained]}, ensure_ascii=False))
