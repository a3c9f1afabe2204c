"""What a file says that is not wrong and yet is not what its author meant: the checker's warnings.

They are looked for only in a file without errors, so that a warning never follows from a mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..meaning import nodes as n
from ..meaning.averages import averages_of
from ..schema.fields import Schema
from ..syntax.tree import Node, Token
from .contradictions import contradiction, is_never_in_force, parts_of
from .problems import Problems
from .scope import Scope


class Findings:
    def __init__(self, ruleset: n.Ruleset, places: dict[str, Node], problems: Problems) -> None:
        self.ruleset = ruleset
        self.places = places
        self.problems = problems

    def find(self, bands: Node | None) -> None:
        if self.ruleset.event == "payment":
            self.find_silent_stops()
        self.find_idle_effects()
        self.find_dead_rules()
        self.find_covered_rules()
        self.find_scores_without_end(bands)

    def _name(self, rule: str) -> Token:
        return _name_of(self.places[rule])

    def find_unused(self, scope: Scope, used: set[str]) -> None:
        """A window nobody reads costs memory on every payment; an unused name is often a misspelt one."""
        for name, (what, at) in scope.declared.items():
            if what in ("window", "model", "list", "param", "let", "source") and name not in used:
                self.problems.warning(
                    "unused",
                    f"nobody reads the {what} `{name}`" if what != "source" else f"nothing cites the source `{name}`",
                    at,
                    help=("use it, or delete it",),
                )

    def find_unread_given(self, given: dict[str, Node], schema: Schema) -> None:
        """A test that gives what nothing reads shows less than it seems to."""
        read = {i.name for i in self.ruleset.inputs} | averages_of(self.ruleset).keys()
        read |= {f.of[1] for f in schema if f.of and f.name in read}
        for name, at in given.items():
            if name not in read:
                self.problems.warning(
                    "given-unread",
                    f"no rule reads `{name}`, so giving it changes nothing",
                    at,
                    help=("leave it out, or look for the name that the rule reads",),
                )

    def find_unused_appeal(self, appeal: Node) -> None:
        """The ruleset's appeal goes with a duty; without one nobody ever reads it."""
        self.problems.warning(
            "unused",
            "no rule says who is responsible and leaves its `appeal` to this one",
            appeal,
            help=("delete it, or add `responsible` to a rule",),
        )

    def find_silent_stops(self) -> None:
        """A payer whose payment is delayed, held or rejected should be told."""
        for rule in self.ruleset.rules:
            if rule.action is None or rule.action.level < n.DELAY:
                continue
            if not any(x.to == "payer" for x in rule.notices):
                self.problems.warning(
                    "no-notice",
                    f"`{rule.name}` can {n.LEVELS[rule.action.level]} a payment, and the payer is told nothing",
                    self._name(rule.name),
                    help=('add `tell payer "…"` with what they should know and can do',),
                )

    def find_idle_effects(self) -> None:
        """`allow` never outweighs another rule, and nothing lies below `warn` that an exempt could lift."""
        for rule in self.ruleset.rules:
            if rule.action == n.Act(n.ALLOW):
                self.problems.warning(
                    "allow-changes-nothing",
                    f"`{rule.name}` allows what nothing else stops, and stops nothing else",
                    self._name(rule.name),
                    help=("to keep a payment from other rules, write an `exempt` that lifts them",),
                )
        for exempt in self.ruleset.exempts:
            if exempt.below is not None and exempt.below <= n.WARN:
                self.problems.warning(
                    "lifts-nothing",
                    f"nothing lies below `warn` that `{exempt.name}` could lift",
                    self._name(exempt.name),
                    help=("write `lifts all below hold`, or name the rules",),
                )

    def find_dead_rules(self) -> None:
        """Rules that no payment can ever fire, as far as one input at a time shows it."""
        bounds = {i.name: (i.lowest, i.highest) for i in self.ruleset.inputs if i.kind.numeric}
        rules: list[n.Rule | n.Exempt] = [*self.ruleset.rules, *self.ruleset.exempts]
        for rule in rules:
            why = contradiction(rule, bounds)
            if is_never_in_force(rule.in_force, self.ruleset.in_force):
                why = "it is in force only when the ruleset is not"
            if why:
                self.problems.warning(
                    "never-fires",
                    f"`{rule.name}` can never fire: {why}",
                    self._name(rule.name),
                    help=("look at its conditions and its days again",),
                )

    def find_covered_rules(self) -> None:
        """A rule whose only effect is an action, when another with fewer conditions does at least as much."""
        lifted = {name for e in self.ruleset.exempts for name in e.lifts}
        conditions = {r.name: frozenset(parts_of(r.when)) for r in self.ruleset.rules}
        counts = Counter(atom for atoms in conditions.values() for atom in atoms)
        rarest: dict[n.Condition, list[n.Rule]] = {}
        for rule in self.ruleset.rules:
            if rule.action is not None and not rule.unless and rule.name not in lifted:
                rarest.setdefault(min(conditions[rule.name], key=counts.__getitem__), []).append(rule)
        for rule in self.ruleset.rules:
            if rule.action is None or rule.score is not None or rule.measures or rule.notices:
                continue
            own = conditions[rule.name]
            others = (other for atom in own for other in rarest.get(atom, ()) if conditions[other.name] <= own)
            covering = min((x.name for x in others if self._covers(x, rule, conditions)), default=None)
            if covering is not None:
                self.problems.warning(
                    "covered",
                    f"whenever `{rule.name}` fires, `{covering}` does at least as much",
                    self._name(rule.name),
                    "",
                    (self._name(covering), "this one covers it"),
                    help=("delete the covered rule, or give it a stronger action",),
                )

    def _covers(self, other: n.Rule, rule: n.Rule, conditions: dict[str, frozenset[n.Condition]]) -> bool:
        """Whether `other`, whose conditions are among the rule's, does at least as much whenever the rule fires."""
        if other.name == rule.name or other.action is None or rule.action is None:
            return False
        if other.action.strength < rule.action.strength or not set(rule.responsible) <= set(other.responsible):
            return False
        if not _within(rule.in_force, other.in_force):
            return False
        same = (conditions[other.name], other.action) == (conditions[rule.name], rule.action)
        first = self._name(other.name).start < self._name(rule.name).start
        return first or not same  # of two that cover each other the later is named

    def find_scores_without_end(self, bands: Node | None) -> None:
        """Scores that no band turns into an action, and bands that no score reaches."""
        scoring = [r for r in self.ruleset.rules if r.score is not None]
        if scoring and bands is None:
            self.problems.warning(
                "score-without-bands",
                f"`{scoring[0].name}` adds to a score, and no `bands` turn a score into an action",
                self._name(scoring[0].name),
                help=("add `bands` with a line such as `score >= 40 then verify`",),
            )
        most = sum(max(r.score or 0, 0) for r in scoring)
        for band in self.ruleset.bands:
            if band.at_least > most and bands is not None:
                self.problems.warning(
                    "band-out-of-reach",
                    f"all scores together come to {most}, so the band at {band.at_least} is never reached",
                    Node("bands", (), bands.start, bands.start + len("bands")),
                    help=("lower the band, or let a rule score more",),
                )
                break


def find_no_appeal(rulesets: Iterable[tuple[n.Ruleset, dict[str, Node]]], problems: Problems) -> None:
    """Said once a file, at the first rule that bears on a customer who is not told where to contest it."""
    bearing = [
        _name_of(places[rule.name])
        for ruleset, places in rulesets
        for rule in ruleset.rules
        if not rule.appeal and _bears_on_customers(rule, ruleset.bands)
    ]
    if bearing:
        first = min(bearing, key=lambda name: name.start)
        problems.warning(
            "no-appeal",
            f"`{first.text}` bears on a customer, and nothing says where the customer can contest it",
            first,
            help=('write `appeal "…"` at the end of the `ruleset` block, or in the rule, with whom to turn to',),
        )


def _bears_on_customers(rule: n.Rule, bands: Iterable[n.Band]) -> bool:
    """Above warn, by itself or by what it adds to a score; or with a measure."""
    acts = [rule.action] if rule.action else []
    acts += [b.action for b in bands] if (rule.score or 0) > 0 else []
    return bool(rule.measures) or any(a.level > n.WARN for a in acts)


def _name_of(block: Node) -> Token:
    name = block.parts[0]
    assert isinstance(name, Token)
    return name


def _within(inner: n.InForce, outer: n.InForce) -> bool:
    begins = outer.from_us is None or (inner.from_us is not None and inner.from_us >= outer.from_us)
    ends = outer.until_us is None or (inner.until_us is not None and inner.until_us <= outer.until_us)
    return begins and ends
