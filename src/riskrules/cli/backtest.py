"""`riskrules backtest`: what a ruleset would have stopped of a history whose outcome is known, and whom with it."""

from __future__ import annotations

import json

import click

from .backtest_options import PAGE_ENDINGS, Asked, check_outputs, history_options, measured, ready_rules, write_text
from .exits import FINDINGS, FINE
from .terminal import say, show


@click.command()
@click.argument("ruleset")
@click.argument("history")
@history_options
@click.option("--against", metavar="RULESET", help="Another version, decided on the same payments.")
@click.option("--report", "page", metavar="FILE.html", help="Write a page for people: one file, nothing fetched.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def backtest(
    ctx: click.Context, /, ruleset: str, history: str, against: str | None, page: str | None, as_json: bool,
    **options: object,
) -> None:  # fmt: skip
    """Measure a ruleset on a history whose outcome is known.

    HISTORY is Parquet, CSV or JSON lines, replayed as `decide` replays it; --label names the column that says which
    payments were fraud. No rule and no window sees it, but for reports, which come as late as the map's `[report]`
    says.

    Stopped means delayed, held or rejected; a warning and a question stop nobody. By rule, action, segment of the
    ruleset's `balance` block and month: payments and money stopped, fraud caught by count and by amount, how much of
    what was stopped was fraud, and how many honest people were stopped for each fraud caught, each with a 95% interval;
    what only one rule stops; rules that never fired.

    Exit code 1 when rows of the history do not fit; all others are measured.

    With --json: {"confidence", "ruleset", "history", "label", "currency", "span", "decided", "bad_rows", "errors",
    "all", "actions", "segments", "months", "rules", "never_fired", "curve", "curve_of", "notes", "stopped_honest",
    "missed_fraud", "against", "changes"}; money in minor units, a share as {"part", "whole", "low", "high", "value"}.
    """
    from .backtest_summary import drawn

    check_outputs({"--report": (page, PAGE_ENDINGS)}, (ruleset, history, against))
    rules, other = ready_rules(ruleset, against)
    found, empty = measured(rules, other, Asked(history=history, **options))  # type: ignore[arg-type]  # click made them
    if page:
        from ..balance.differing import differences
        from ..balance.report_page import page_of

        write_text(page, page_of(found, differences(other, rules) if other else None))
    if as_json:
        say(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        show(drawn(found, empty, page))
    ctx.exit(FINDINGS if found.bad_rows else FINE)
