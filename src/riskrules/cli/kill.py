"""`riskrules kill`: switch off a rule, a ruleset or everything on this machine, at once, and take it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import Stop
from .terminal import plain, say, tinted

if TYPE_CHECKING:
    from ..engine.switch_state import SwitchState, Thrown
    from ..engine.switches import KillSwitch

WHOLE = "all"


@click.command()
@click.argument("what", required=False, metavar="[all | RULESET | RULESET/RULE]")
@click.option("--switch", "path", required=True, envvar="RISKRULES_SWITCH", metavar="FILE",
              help="The switch that the engines of this machine obey; or $RISKRULES_SWITCH.")  # fmt: skip
@click.option("--answer", metavar="ACTION", help="What every payment gets instead: allow, warn, verify, 'delay 24h', "
              "hold, 'hold up to 24h' or reject.  [default: hold]")  # fmt: skip
@click.option("--because", default="", metavar="TEXT", help="Why; every decision made under the switch says it.")
@click.option("--lift", is_flag=True, help="Take it back.")
@click.option("--new", is_flag=True, help="Make a switch on which nothing is off.")
@click.option("--show", is_flag=True, help="Say what is off. Nothing changes.")
@click.option("--json", "as_json", is_flag=True, help="Say what is off as JSON, as described above.")
def kill(
    what: str | None, path: str, answer: str | None, because: str, lift: bool, new: bool, show: bool, as_json: bool
) -> None:
    """Switch off `all`, a ruleset or one rule (RULESET/RULE) for every engine on this machine that obeys the switch.

    A rule that is off is as if it were not there. A ruleset that is off, or all, is not asked any more: every payment
    gets --answer. It is in effect for the next payment of every process, with nothing published and no server, and
    stays until it is lifted; windows go on counting. Each machine has a switch of its own. Names are not checked here:
    an engine that lacks a rule that is off says so in its log.

    \b
    riskrules kill --new --switch /etc/gateway/switch.json
    riskrules kill whose_account/too_eager --because "stops salaries" --switch /etc/gateway/switch.json
    riskrules kill all --answer hold --switch /etc/gateway/switch.json
    riskrules kill all --lift --switch /etc/gateway/switch.json

    With --json: {"number", "all": {"answer", "because", "at"} or null, "rulesets": {NAME: {"answer", "because",
    "at"}}, "rules": {"RULESET/RULE": {"because", "at"}}}.
    """
    from ..engine.switch_state import KillSwitchError
    from ..engine.switches import KillSwitch

    _check(what, answer, because, lift, new, show)
    try:
        switch = KillSwitch.new(Path(path)) if new else KillSwitch(Path(path))
        if what is not None and not show:
            _change(switch, what, answer, because, lift)
        state = switch.state
    except KillSwitchError as error:
        raise Stop(str(error)) from error
    if switch.problem:
        raise Stop(switch.problem)
    if as_json:
        say(json.dumps(_told(state), ensure_ascii=False))
    else:
        _show(state)


def _check(what: str | None, answer: str | None, because: str, lift: bool, new: bool, show: bool) -> None:
    if what is None and not (new or show):
        raise Stop("say what: `all`, a ruleset, a rule as RULESET/RULE, or --show or --new")
    if (new or show) and ((new and show) or what is not None or answer or because or lift):
        raise Stop("--new and --show stand by themselves")
    if lift and (answer or because):
        raise Stop("--lift takes neither --answer nor --because")
    if what and "/" in what and answer:
        raise Stop("a rule that is off answers nothing: leave out --answer, or switch off its ruleset")


def _change(switch: KillSwitch, what: str, answer: str | None, because: str, lift: bool) -> None:
    ruleset, slash, rule = what.partition("/")
    named = None if what == WHOLE else ruleset
    if lift:
        if not _thrown(switch.state, named, rule):
            raise Stop(f"`{what}` is not off, so there is nothing to lift; see --show")
        switch.lift(named, rule or None)
    elif slash:
        switch.kill_rule(ruleset, rule, because=because)
    elif named is None:
        switch.kill_all(answer or "hold", because=because)
    else:
        switch.kill_ruleset(named, answer or "hold", because=because)


def _thrown(state: SwitchState, ruleset: str | None, rule: str) -> bool:
    if ruleset is None:
        return state.all is not None
    return (ruleset, rule) in state.rules if rule else ruleset in state.rulesets


def _entry(thrown: Thrown) -> dict[str, object]:
    from ..base.times import format_instant
    from ..engine.shown import shown_act

    answer = {} if thrown.answer is None else {"answer": shown_act(thrown.answer)}
    return {**answer, "because": thrown.because, "at": format_instant(thrown.at_us)}


def _told(state: SwitchState) -> dict[str, object]:
    return {
        "number": state.number,
        "all": None if state.all is None else _entry(state.all),
        "rulesets": {name: _entry(x) for name, x in sorted(state.rulesets.items())},
        "rules": {f"{of}/{rule}": _entry(x) for (of, rule), x in sorted(state.rules.items())},
    }


def _show(state: SwitchState) -> None:
    from ..engine.shown import shown_act

    lines = [("everything", state.all)] if state.all is not None else []
    lines += [(f"ruleset {name}", x) for name, x in sorted(state.rulesets.items())]
    lines += [(f"rule {of}/{rule}", x) for (of, rule), x in sorted(state.rules.items())]
    for what, thrown in lines:
        does = "left out" if thrown.answer is None else f"every payment gets `{shown_act(thrown.answer)}`"
        say(f"{tinted('off', 'error')}  {plain(f'{what}: {does}, {thrown.told()}')}")
    if not lines:
        say(tinted("nothing is off", "good"))
