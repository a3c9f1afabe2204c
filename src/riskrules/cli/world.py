"""`riskrules world`: a made-up history of payments with its labels, for trying rules on."""

from __future__ import annotations

from pathlib import Path

import click

from .exits import Stop
from .terminal import console, on_terminal, say

MOST_PEOPLE = 2_000_000
MOST_DAYS = 3_660


def _show_fields(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from ..testing.world.declaring import DECLARATIONS

    say(DECLARATIONS.rstrip("\n"))
    ctx.exit()


@click.command("world")
@click.option("--out", required=True, metavar="FILE", help="Where the history goes: .parquet, .csv or .jsonl.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=7, show_default=True, metavar="N",
              help="The same seed gives the same bytes.")  # fmt: skip
@click.option("--people", type=click.IntRange(200, MOST_PEOPLE), default=10_000, show_default=True, metavar="N",
              help="People; each makes about two payments a day.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=30, show_default=True, metavar="N", help="Days.")
@click.option("--setting", default="city", show_default=True, metavar="NAME", help="city, county or coast.")
@click.option("--reports", metavar="FILE", help="Also write what was reported as fraud, and when: .jsonl.")
@click.option("--fields", is_flag=True, is_eager=True, expose_value=False, callback=_show_fields,
              help="Show the lines by which a ruleset reads the columns beside the schema's.")  # fmt: skip
def world_command(out: str, seed: int, people: int, days: int, setting: str, reports: str | None) -> None:
    """Make up a history of payments: ordinary life, fraud, and honest people who look like it.

    Columns have the names of the fields, so `riskrules decide RULESET FILE` reads the file without a map. What each
    payment truly was stands in columns that no rule reads: label.fraud, label.typology, label.chain, label.hop,
    label.role, label.lookalike, label.scam, label.reported, label.reported_at and label.segment.*; ledger.* has the
    balances after it. Nothing in it was measured on any real bank.
    """
    from ..bridges.columns import TableError
    from ..testing.world import SETTINGS, world
    from ..testing.world.files import ENDINGS, REPORT_ENDINGS, write_world

    if setting not in SETTINGS:
        raise Stop(f"no setting `{setting}`; there are {', '.join(SETTINGS)}")
    for option, path, endings in (("--out", out, ENDINGS), ("--reports", reports, REPORT_ENDINGS)):
        if path is not None and Path(path).suffix.lower() not in endings:
            raise Stop(f"`{option} {path}`: its ending must be one of {', '.join(endings)}")
        if path is not None and not Path(path).resolve().parent.is_dir():
            raise Stop(f"`{option} {path}`: there is no folder `{Path(path).parent}`")
    if reports and Path(reports).resolve() == Path(out).resolve():
        raise Stop("`--out` and `--reports` name one file; name two")

    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    bar = Progress(
        SpinnerColumn(), TextColumn("{task.completed:_} of {task.total:_} days"), BarColumn(bar_width=40),
        console=console(err=True), disable=not on_terminal(err=True), transient=True,
    )  # fmt: skip
    try:
        with bar:
            task = bar.add_task("", total=days)
            made = world(seed=seed, people=people, days=days, setting=setting)
            payments = write_world(made, Path(out), Path(reports) if reports else None, lambda _: bar.advance(task))
    except TableError as error:
        raise Stop(str(error)) from error
    say(f"{payments:_} made-up payments of {people:_} people in {days:_} days ({setting}, seed {seed}): {out}")
