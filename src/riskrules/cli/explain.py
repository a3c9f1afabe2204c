"""`riskrules explain`: why a payment is decided as it is, or what a finding's code means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import Found, Stop
from .pages import find_page, shown_page
from .payment_json import read_payment
from .reasons import drawn
from .rulesets import load_lists, load_rules, said_empty
from .terminal import say, show, tinted

if TYPE_CHECKING:
    from ..engine.rules import Rules

EVENTS = ("payment", "claim", "report", "order", "return")
MOST_DIGITS = 18
"""A longer number is left as text, and the window's kind says what is wrong with it."""


@click.command()
@click.argument("what", metavar="RULESET|CODE")
@click.argument("payment", required=False, metavar="[PAYMENT.json]")
@click.option("--rule", metavar="NAME", help="Explain this rule, also if it did not fire.")
@click.option("--lists", "folder", metavar="FOLDER", help="Read NAME.txt and NAME.csv in FOLDER as the list NAME.")
@click.option("--window", "given", multiple=True, metavar="NAME=VALUE",
              help="What happened before, such as payers_1d=25: one payment has no history.")  # fmt: skip
@click.option("--event", type=click.Choice(EVENTS), help="What the file holds, where the ruleset decides several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
def explain(
    what: str,
    payment: str | None,
    rule: str | None,
    folder: str | None,
    given: tuple[str, ...],
    event: str | None,
    as_json: bool,
) -> None:
    """Say why a payment is decided as it is, or what a finding's code means.

    RULESET is a rule file or the name of a shipped one, such as cn/whose_account. PAYMENT.json holds one payment as a
    gateway would hand it over; - is standard input. CODE is what stands in a finding's brackets: error[CODE].

    With --json: the decision ({"action", "act", "until", "score", "fired", "responsible", …}) with its "why"; for a
    code {"code", "page"}.
    """
    if payment is not None:
        _explain_payment(_rules(what, event), payment, rule, folder, given, as_json)
    elif rule or folder or given or event or what.endswith(".risk") or Path(what).exists():
        raise Stop(f"name the payment too: `riskrules explain {what} payment.json`")
    else:
        page = find_page(what)
        say(json.dumps({"code": what, "page": page}, ensure_ascii=False) if as_json else shown_page(page))


def _explain_payment(
    rules: Rules, payment: str, rule: str | None, folder: str | None, given: tuple[str, ...], as_json: bool
) -> None:
    from dataclasses import asdict

    if rule is not None and rule not in rules.by_name and rule not in rules.exempt_by_name:
        raise Stop(_no_such_rule(rule, [*rules.by_name, *rules.exempt_by_name]))
    windows = _windows(given, rules)
    event = read_payment(payment)
    lists, absent = load_lists(rules, folder)

    from ..engine.serving import Serving
    from ..schema.errors import PaymentError

    try:
        decision = Serving(rules, lists).interpret(event, windows)
    except PaymentError as error:
        raise Found(f"the {rules.meaning.event} does not fit: {error}") from error
    why = decision.why(rule)
    if as_json:
        say(json.dumps({**decision.to_dict(), "why": asdict(why)}, ensure_ascii=False))
        return
    show(drawn(decision, why))
    if decision.facts.before.unread:
        hint = "one payment has no history: give what happened before with --window NAME=VALUE"
        say(tinted(hint, "warning", err=True), err=True)
    if absent:
        say(tinted(said_empty(absent), "warning", err=True), err=True)


def _rules(ruleset: str, event: str | None) -> Rules:
    """The rules about the event; where none is named about payments, or about all that the file is about."""
    rules = load_rules(ruleset)
    if event is None:
        event = rules.events[0] if rules.meaning.rules or len(rules.events) == 1 else rules.events[1]
    try:
        return rules.on(event)
    except ValueError as error:
        raise Stop(str(error)) from error


def _windows(given: tuple[str, ...], rules: Rules) -> dict[str, object]:
    """The windows' values by name. A number is read as the window's kind reads it."""
    from ..meaning.averages import name_of

    known = list(dict.fromkeys(name_of(i.name) for i in rules.meaning.inputs if i.origin == "window"))
    windows: dict[str, object] = {}
    for each in given:
        name, equals, value = (part.strip() for part in each.partition("="))
        if not equals or not value:
            raise Stop(f"`{each}` gives no window its value; write it as `payers_1d=25`")
        if name not in known:
            raise Stop(_no_such_window(name, known))
        windows[name] = int(value) if value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS else value
    return windows


def _no_such_window(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    more = f"; did you mean `{near[0]}`?" if near else f"; it reads {', '.join(f'`{x}`' for x in known) or 'none'}"
    return f"the ruleset reads no window `{name}`{more}"


def _no_such_rule(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"the ruleset has no rule `{name}`" + (f"; did you mean `{near[0]}`?" if near else "")
