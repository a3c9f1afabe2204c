"""`riskrules suggest`: rules proposed from a labelled history, as a draft to be read and signed by an analyst."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from .backtest_options import check_outputs, label_asked, labelled_options, write_text
from .exits import FINDINGS, FINE, Stop
from .terminal import plain, say, tinted
from .tune import RISK_ENDINGS, a_share, ruleset_text, telling

if TYPE_CHECKING:
    from ..balance.suggesting_history import Suggested


@click.command()
@click.argument("history")
@click.option("--ruleset", "base", required=True, metavar="BASE", help="Its windows, `let`s and fields may be read.")
@labelled_options
@click.option("--stop-at-most", required=True, metavar="SHARE", help="Of honest payments, such as 0.1%.")
@click.option("--most-rules", type=click.IntRange(1, 200), default=30, show_default=True, metavar="N")
@click.option("--most-conditions", type=click.IntRange(1, 4), default=4, show_default=True, metavar="N",
              help="Of one rule, beside what must be known.")  # fmt: skip
@click.option("--from", "since", metavar="DATE", help="Search from this day on; windows see what came before.")
@click.option("--until", metavar="DATE", help="Search until this day, which is included.")
@click.option("--report-from", metavar="DATE", help="Count from this day on how good the proposals are.")
@click.option("--then", default="hold up to 24h", show_default=True, metavar="ACTION", help="What each rule does.")
@click.option("--responsible", default="payer.account", show_default=True, metavar="WHO", help="Whose duty it is.")
@click.option("--seconds", type=click.FloatRange(1), default=900, show_default=True, metavar="N",
              help="The search ends then, with what it has.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed, the same proposals.")
@click.option("--out", required=True, metavar="NEW.risk", help="Where the draft is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def suggest(
    ctx: click.Context,
    history: str,
    base: str,
    label: str | None,
    fraud_is: tuple[str, ...],
    map_file: str | None,
    folder: str | None,
    stop_at_most: str,
    most_rules: int,
    most_conditions: int,
    since: str | None,
    until: str | None,
    report_from: str | None,
    then: str,
    responsible: str,
    seconds: float,
    seed: int,
    out: str,
    as_json: bool,
) -> None:
    """Propose rules from a history whose outcome is known.

    BASE says what a rule may read: the amount, its windows and `let`s, and the fields that its rules read. Its rules
    themselves are not taken over. Each proposal is a few conditions with round limits; which of them together catch
    most fraud, by number and by money, while they stop at most SHARE of honest payments, is searched in the first
    part of HISTORY (three fifths of its time, or what --from and --until say) and counted in what comes a week later.

    NEW.risk is a draft: each rule says that nobody has read it yet, with its figures and with tests on both sides of
    its limits. Nothing applies it by itself.

    Exit code 1 when rows of the history do not fit; the search is made with all others.

    With --json: {"rules": [{"name", "conditions", "found", "later", "alone"}], "searched", "later", "curve", "in_time",
    "bad_rows", "notes"}; money in minor units.
    """
    from ..balance.suggesting_draft import name_from
    from ..balance.suggesting_history import suggest as search
    from ..base.diagnostics import RulesetError
    from . import findings

    column = label_asked(label)
    check_outputs({"--out": (out, RISK_ENDINGS)}, (history, base, map_file))
    text, lists, beside = ruleset_text(base, folder)
    try:
        found = search(
            text, history, column, stop_at_most=a_share(stop_at_most), most_rules=most_rules,
            most_conditions=most_conditions, map=map_file, lists=lists, since=since, until=until,
            report_from=report_from, name=name_from(out), then=then, responsible=responsible, seconds=seconds,
            seed=seed, fraud_is=fraud_is, beside=beside, told=telling(as_json),
        )  # fmt: skip
    except RulesetError as error:
        raise findings.refuse(error.diagnostics, base) from error
    except ValueError as error:
        raise Stop(str(error)) from error
    write_text(out, found.text)
    if as_json:
        say(json.dumps(_described(found), ensure_ascii=False))
    else:
        _tell(found, out)
    ctx.exit(FINDINGS if found.skipped else FINE)


def _described(found: Suggested) -> dict[str, object]:
    rules = []
    for rule in found.rules:
        told = found.told[rule.name]
        rules.append({
            "name": rule.name,
            "conditions": rule.when(),
            "found": told.found.described(),
            "later": told.later and told.later.described(),
            "alone": told.alone and told.alone.described(),
        })  # fmt: skip
    return {
        "rules": rules,
        "searched": {"span": str(found.spans.training), **found.found.described()},
        "later": found.later and {"span": str(found.spans.report), **found.later.described()},
        "curve": [p.described() for p in found.curve],
        "in_time": found.in_time,
        "bad_rows": found.skipped,
        "notes": list(found.notes),
    }


def _tell(found: Suggested, out: str) -> None:
    from ..balance.curve import drawn
    from ..balance.suggesting_history import told_of

    for rule in found.rules:
        told = found.told[rule.name].later or found.told[rule.name].found
        say(f"{tinted(rule.name, 'strong')}: {plain('; '.join(s.spoken(level) for s, level in rule.conditions))}")
        fraud = f"{told.caught:_} of them fraud ({_percent(told.precision)})"
        say(tinted(f"  fires {told.stopped:_} times, {fraud}", "quiet"))
    say()
    for line in drawn(found.curve):
        say(line)
    say()
    say(f"searched: {told_of(found.found)}")
    if found.later is not None:
        say(f"later:    {told_of(found.later)}")
    for note in (*found.notes, *_also(found)):
        say(plain(note))
    say(f"{out}: {len(found.rules)} proposals, to be read and signed by an analyst")


def _also(found: Suggested) -> list[str]:
    lines = [] if found.in_time else ["the search ended with its time; with more of it (`--seconds`) more may be found"]
    return lines + ([f"{found.skipped:_} rows do not fit and were left out"] if found.skipped else [])


def _percent(share: Fraction) -> str:
    return f"{float(share):.1%}"


