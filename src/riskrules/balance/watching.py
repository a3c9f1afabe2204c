"""One ruleset that decides as the author's does and also tells what a backtest must know of each payment.

Segments are conditions, and the kernel decides conditions: they ride along as rules without an effect, with the same
windows and in the same pass. So do the exempts that lift whole actions, since without one rule the bands would still
be kept from acting below them. Names with a space keep all these apart from the author's rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..engine.parts import part_of
from ..engine.rules import Rules
from ..engine.serving import Serving
from ..meaning import nodes as n
from ..meaning.promises import watched

SEGMENT = "segment "
EXEMPT = "exempt "


@dataclass(frozen=True)
class Watched:
    """A version that is measured. `rules`: the author's; `serving`: decides as they do, and tells of its segments and
    exempts too, by rules named with SEGMENT and EXEMPT before their own."""

    rules: Rules
    serving: Serving

    @property
    def names(self) -> tuple[str, ...]:
        """What `fired.index` of a decided batch points into."""
        return tuple(self.serving.program.rules)


def told_of(rules: Rules, as_if_in_force: bool = False) -> Rules:
    """The rules that decide as these do and tell more. `as_if_in_force`: as if the ruleset had been in force at all
    times; the dates of its rules and params still count."""
    meaning = replace(rules.meaning, in_force=n.InForce()) if as_if_in_force else rules.meaning
    names = {s.name for s in rules.promises.segments}
    watch = rules.promises.watch
    made = meaning
    if watch is not None and names:  # what only a law reads is not asked for
        made = watched(meaning, part_of(watch, [r for r in watch.rules if r.name in names]), SEGMENT)
    return Rules(watched(made, _exempts(meaning), EXEMPT), models=rules.models)


def watching(rules: Rules, told: Rules, lists: Mapping[str, frozenset[str]]) -> Watched:
    """Made ready to decide. ListError when a list that is read is not given."""
    return Watched(rules, Serving(told, lists).prepare())


def segment_conditions(rules: Rules) -> dict[str, n.Rule]:
    """The rule that each segment is, by its name."""
    watch = rules.promises.watch
    names = {s.name for s in rules.promises.segments}
    return {r.name: r for r in watch.rules if r.name in names} if watch is not None else {}


def _exempts(meaning: n.Ruleset) -> n.Ruleset:
    """The exempts that lift all below an action, as rules."""
    rules = tuple(
        n.Rule(e.name, e.text, e.when, e.unless, in_force=e.in_force) for e in meaning.exempts if e.below is not None
    )
    return replace(meaning, rules=rules if meaning.bands else (), exempts=(), bands=())
