"""One rule by itself, as a function of one event or of a table."""

from __future__ import annotations

from collections.abc import Callable

from ..meaning import nodes as n
from .parts import with_only
from .rules import Rules
from .serving import Serving


def predicate_of(serving: Serving, rule: str) -> Callable[[object], object]:
    """`Engine.predicate`. KeyError when the ruleset has no such rule."""
    from .tables import is_table, rule_holds

    if serving.rules.frame.event != "payment":
        return one_by_one(serving, rule)
    only = alone(serving, rule)

    def holds(event: object) -> object:
        if is_table(event):
            return rule_holds(only, event)
        return bool(only.decide_with(event, serving.before(event).values).fired)

    return holds


def one_at_a_time(event: str) -> str:
    """What to do with many events that are no payments, in a sentence."""
    file = "; a file of claims is shared by `riskrules liability`" if event == "claim" else ""
    return f"tables are of payments: decide each {event} by itself, with decide(…, event={event!r}){file}"


def one_by_one(serving: Serving, rule: str) -> Callable[[object], object]:
    """A rule on another event than the payment, as a function of one event."""
    from .tables import is_table

    only = Serving(_alone_rules(serving, rule), serving.lists)

    def holds(event: object) -> object:
        if is_table(event):
            raise ValueError(one_at_a_time(serving.rules.frame.event))
        return bool(only.interpret(event).fired)

    return holds


def alone(serving: Serving, name: str) -> Serving:
    """The rule by itself, as a version of its own without a store."""
    return Serving(_alone_rules(serving, name), serving.lists).prepare()


def _alone_rules(serving: Serving, name: str) -> Rules:
    rule = serving.rules.by_name[name]
    bare = n.Rule(name, rule.text, rule.when, rule.unless, n.Act(n.ALLOW), in_force=rule.in_force)
    return with_only(serving.rules, [bare])
