"""`riskrules tune`: better values for the params that may be tuned, written as a new version of the text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..base.money import is_numeral
from .backtest_options import check_outputs, label_asked, labelled_options, write_text
from .exits import FINDINGS, FINE, Stop, unreadable
from .rulesets import load_lists, load_rules, said_empty
from .terminal import on_terminal, plain, say, tinted

if TYPE_CHECKING:
    from ..balance.tuning import Tuned
    from ..checker.models import Beside

RISK_ENDINGS = (".risk",)


@click.command()
@click.argument("ruleset")
@click.argument("history")
@labelled_options
@click.option("--stop-at-most", required=True, metavar="SHARE", help="Of honest payments, such as 0.1%.")
@click.option("--from", "since", metavar="DATE", help="Search from this day on; windows see what came before.")
@click.option("--until", metavar="DATE", help="Search until this day, which is included.")
@click.option("--report-from", metavar="DATE", help="Report from this day on.")
@click.option("--most-evaluations", type=click.IntRange(1, 100_000), default=600, show_default=True, metavar="N",
              help="Settings that are tried.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1), default=600, show_default=True, metavar="N",
              help="The search ends then, with what it has.")  # fmt: skip
@click.option("--out", required=True, metavar="NEW.risk", help="Where the new version is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def tune(
    ctx: click.Context,
    ruleset: str,
    history: str,
    label: str | None,
    fraud_is: tuple[str, ...],
    map_file: str | None,
    folder: str | None,
    stop_at_most: str,
    since: str | None,
    until: str | None,
    report_from: str | None,
    most_evaluations: int,
    seconds: float,
    out: str,
    as_json: bool,
) -> None:
    """Find values for the params of a ruleset that say `tune from … to …`.

    The values that catch most fraud, by number and by money, while at most SHARE of honest payments is stopped, are
    searched in the first part of HISTORY (three fifths of its time, or what --from and --until say), and what they do
    is reported on what comes a week later. Stopped means delayed, held or rejected; what only asks is not moved by it.

    NEW.risk is the old text with other literals and nothing else; the difference is printed. Tests that guard the old
    values fail in it, and are named: whoever signs for the new values writes the tests for them.

    Exit code 1 when rows of the history do not fit; the search is made with all others.

    With --json: {"changes": [{"param", "before", "after"}], "searched", "later", "curve", "failing_tests", "untouched",
    "evaluations", "in_time", "bad_rows", "notes"}; money in minor units.
    """
    from ..balance.tuning import NothingToTune
    from ..balance.tuning import tune as search
    from ..base.diagnostics import RulesetError
    from . import findings

    column = label_asked(label)
    check_outputs({"--out": (out, RISK_ENDINGS)}, (history, ruleset, map_file))
    text, lists, beside = ruleset_text(ruleset, folder)
    try:
        found = search(
            text, history, column, stop_at_most=a_share(stop_at_most), name=ruleset, map=map_file, lists=lists,
            since=since, until=until, report_from=report_from, fraud_is=fraud_is, beside=beside,
            most_evaluations=most_evaluations, seconds=seconds, told=telling(as_json),
        )  # fmt: skip
    except RulesetError as error:
        raise findings.refuse(error.diagnostics, ruleset) from error
    except NothingToTune as error:
        raise Stop(f"`{ruleset}`: {error}") from error
    except ValueError as error:
        raise Stop(str(error)) from error
    write_text(out, found.text)
    if as_json:
        say(json.dumps(found.described(), ensure_ascii=False))
    else:
        _tell(found, text, ruleset, out)
    ctx.exit(FINDINGS if found.skipped else FINE)


def ruleset_text(name: str, folder: str | None) -> tuple[str, Mapping[str, frozenset[str]], Beside]:
    """The text of a ruleset, its lists, and what reads the files beside it. Stop when it does not hold or is none."""
    from ..base.resources import ruleset_path
    from ..checker.models import beside

    rules = load_rules(name)
    lists, absent = load_lists(rules, folder)
    if absent:
        say(said_empty(absent), err=True)
    place = Path(name) if Path(name).exists() else ruleset_path(name)
    try:
        text = place.read_text("utf-8-sig")
    except OSError as error:
        raise Stop(unreadable(name, error)) from error
    except UnicodeDecodeError as error:
        raise Stop(f"`{name}` is a saved ruleset; its text is wanted here") from error
    return text, {list_: frozenset(lists[list_]) for list_ in rules.lists}, beside(place)


def a_share(given: str) -> Fraction:
    """`0.1%` or `10bps` as a share. Stop when it is none between 0 and the whole."""
    for ending, whole in (("%", 100), ("bps", 10_000)):
        number = given.removesuffix(ending)
        if number != given and is_numeral(number) and 0 <= Fraction(number) <= whole:
            return Fraction(number) / whole
    raise Stop(f"`--stop-at-most {given}`: it takes a share of honest payments such as 0.1% or 10bps")


def telling(quiet: bool) -> Callable[[str], None]:
    """What tells on standard error how far a search is, where a person looks."""
    if quiet or not on_terminal(err=True):
        return lambda line: None
    return lambda line: say(tinted(line, "quiet", err=True), err=True)


def _tell(found: Tuned, text: str, ruleset: str, out: str) -> None:
    from ..balance.curve import drawn
    from ..balance.suggesting_history import told_of

    say(plain(found.diff(text, Path(ruleset).name)) if found.changes else "no other values are better; nothing changes")
    say()
    for line in drawn(found.curve, found.chosen):
        say(line)
    say()
    say(f"searched, before: {told_of(found.before)}")
    say(f"          after:  {told_of(found.after)}")
    if found.report_before is not None and found.report_after is not None:
        say(f"later,    before: {told_of(found.report_before)}")
        say(f"          after:  {told_of(found.report_after)}")
    for note in (*found.notes, *_also(found)):
        say(plain(note))
    say(f"{out}: {len(found.changes)} values changed, {found.evaluations:_} settings tried")


def _also(found: Tuned) -> list[str]:
    lines = [f"its value hangs on the day, so it is left as it is: `{name}`" for name in found.untouched]
    lines += [f"a test guards the old values and fails: {name}" for name in found.failing]
    if not found.in_time:
        lines.append("the search ended before it was through; with more (`--seconds`, `--most-evaluations`) it goes on")
    return lines + ([f"{found.skipped:_} rows do not fit and were left out"] if found.skipped else [])


