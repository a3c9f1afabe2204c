"""`riskrules diff`: what changed from one version to another, and on a history whose payments change their action."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .backtest_options import Asked, history_options, measured, ready_rules
from .exits import FINDINGS, FINE, Stop
from .rulesets import load_rules, said_empty
from .terminal import plain, say, show, tinted

if TYPE_CHECKING:
    from ..balance.backtest import Backtest
    from ..balance.differing import Differences


@click.command()
@click.argument("old")
@click.argument("new")
@click.argument("history", required=False)
@history_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def diff(
    ctx: click.Context, /, old: str, new: str, history: str | None, as_json: bool, **options: object
) -> None:
    """Say what changed from one version of a ruleset to another.

    Compared is what the rules mean: rules, thresholds, dates, params, lists, windows, effects and texts; comments,
    layout, order and the names of `let`s are no difference. Promises and laws, which change no decision, come last.

    With a HISTORY and --label both versions decide the same payments, and it is told which change their action: from
    which to which, by segment, with the money, and ten of them.

    Exit code 1 when anything differs, as `diff` has it.

    With --json: {"old", "new", "same_meaning", "differences": [{"what", "name", "how", "lines"}]}, and with a history
    "changes" as `backtest --against` gives them.
    """
    from ..balance.differing import differences

    found: Backtest | None = None
    empty: tuple[str, ...] = ()
    if history is None:
        if options["label"] is not None:
            raise Stop("`--label` is a column of a history, and no HISTORY is given")
        rules, other = load_rules(new), load_rules(old)
    else:
        rules, before = ready_rules(new, old)
        assert before is not None
        other = before
    changed = differences(other, rules)
    if history is not None:
        found, empty = measured(rules, other, Asked(history=history, **options))  # type: ignore[arg-type]  # click made them
    if as_json:
        changes = {} if found is None else {"changes": found.to_dict()["changes"]}
        say(json.dumps({**changed.to_dict(), **changes}, ensure_ascii=False))
    else:
        _tell(changed)
        if found is not None:
            _tell_changes(found, empty)
    ctx.exit(FINE if changed.same and not changed.items else FINDINGS)


def _tell(changed: Differences) -> None:
    old, new = changed.old, changed.new
    say(f"{old.name} {old.version} → {new.name} {new.version}")
    if changed.same:
        say(f"same meaning: both have the fingerprint {old.fingerprint[:16]}, so they decide every payment alike")
    if not changed.items:
        return
    styles = {"added": "good", "removed": "error", "changed": "warning", "renamed": "place"}
    for item in changed.items:
        say()
        say(tinted(plain(str(item)), styles[item.how]))
        for line in item.lines:
            say(f"  {plain(line)}")


def _tell_changes(found: Backtest, empty: tuple[str, ...]) -> None:
    from .backtest_summary import changed as drawn

    assert found.changes is not None
    say()
    show(drawn(found.changes, found.currency))
    for note in (*found.notes, *([said_empty(empty)] if empty else [])):
        say(tinted(plain(note), "warning"))
