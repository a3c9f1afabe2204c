"""Rules, exempts and bands: from their blocks to their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from ..base.source import Span
from ..meaning import nodes as n
from ..schema.events import EVENTS
from ..schema.kinds import YES_NO
from ..syntax.tree import Node, Token
from .certainty import opposite, together
from .conditions import Conditions
from .contradictions import parts_of
from .declarations import Declarations
from .effects import Effects
from .literals import token, unquoted
from .notices import Notices
from .problems import Problems
from .scope import Built, Need

MOST_RULESET_NODES = 300_000
"""Parts of all conditions together, `let`s written out: twice what a file of the most words holds without any `let`.
What comes after the check looks at each of them."""

MATCHES = "order.matches"
"""What a stop of an account rests on: account number, name, amount and time of the order all fit."""

_TEXTS = ("reason", "reason_in", "appeal", "appeal_in")
_Effect = TypeVar("_Effect", n.Measure, n.Notice)


class Rules:
    def __init__(
        self,
        problems: Problems,
        declarations: Declarations,
        conditions: Conditions,
        effects: Effects,
        notices: Notices,
        appeal: Node | None = None,
    ) -> None:
        """`appeal`: the ruleset's, for every rule that has none of its own."""
        self.problems = problems
        self.declarations = declarations
        self.conditions = conditions
        self.effects = effects
        self.notices = notices
        self.appeal = appeal
        self.appeal_used = False
        self.rules: dict[str, n.Rule] = {}
        self.exempts: dict[str, n.Exempt] = {}
        self.places: dict[str, Node] = {}
        self.failed: set[str] = set()
        self.size = 0

    def rule(self, node: Node) -> None:
        name, on, text, *clauses = node.parts
        assert isinstance(name, Token) and isinstance(text, Token)
        nodes = [c for c in clauses if isinstance(c, Node)]
        event = token(on).text if isinstance(on, Node) else "payment"
        if event not in EVENTS:
            self.problems.error(
                "unknown-event",
                f"a rule is about a {', '.join(EVENTS[:-1])} or {EVENTS[-1]}, and `{name.text}` is about `{event}`",
                on if isinstance(on, Node) else name,
                help=self.problems.did_you_mean(event, EVENTS) or ("leave `on …` out for a rule about payments",),
            )
            self.failed.add(name.text)
            return
        said = self.declarations.said(text, "what the rule is for")
        made = self._rule(name, unquoted(text), nodes, event)
        self._keep(name, node, made if said else None)

    def _keep(self, name: Token, node: Node, made: n.Rule | n.Exempt | None) -> None:
        """A rule written twice word for word is one rule; two different ones of one name are a finding."""
        before = self.rules.get(name.text) or self.exempts.get(name.text)
        if before is not None and made is not None and before == made:
            self.problems.warning(
                "written-twice",
                f"`{name.text}` is written twice, with the same meaning",
                name,
                "",
                (_name(self.places[name.text]), "the first"),
                help=("delete one of them",),
            )
            return
        what = "exempt" if node.kind == "exempt" else "rule"
        if not self.declarations.declare(what, name):
            return
        if made is None:
            self.failed.add(name.text)
            return
        self.places[name.text] = node
        if isinstance(made, n.Rule):
            self.rules[name.text] = made
        else:
            self.exempts[name.text] = made

    def _rule(self, name: Token, text: str, nodes: Sequence[Node], event: str) -> n.Rule | None:
        before = self.problems.errors
        condition = self._condition(nodes)
        action = score = None
        needs: list[Need] = []
        measures: list[n.Measure] = []
        responsible: list[n.Responsible] = []
        notices: list[n.Notice] = []
        texts: dict[str, n.Texts] = {"reason": (), "appeal": ()}
        said = {x.kind.removesuffix("_in"): x for x in nodes if x.kind in _TEXTS}
        nobody = not any(x.kind == "responsible" for x in nodes)
        if self.appeal is not None and not nobody and "appeal" not in said:
            self.appeal_used = True
            nodes = [*nodes, self.appeal]
        for clause in nodes:
            match clause.kind:
                case "then":
                    if action is not None:
                        self._twice(clause, "a rule has one action")
                    inner = clause.parts[0]
                    assert isinstance(inner, Node)
                    action = self.effects.action(inner)
                case "score":
                    if score is not None:
                        self._twice(clause, "a rule has one score")
                    score = self.effects.score(clause)
                case "reason" | "reason_in" | "appeal" | "appeal_in":
                    what = clause.kind.removesuffix("_in")
                    if texts[what]:
                        self._twice(clause, f"a rule has one `{what}`")
                    read = self.notices.texts(clause)
                    if read is not None:
                        texts[what] = read[0]
                        needs.extend(read[1])
                case "measure" | "responsible" | "tell" | "tell_in":
                    made = self._effect(clause, event)
                    if made is not None:
                        needs.extend(made[1])
                        match made[0]:
                            case n.Measure() as effect:
                                self._once(clause, effect, measures)
                            case n.Responsible() as effect:
                                if any(x.name == effect.name for x in responsible):
                                    self._twice(clause, f"`{effect.name}` has the duty already")
                                responsible.append(effect)
                            case n.Notice() as effect:
                                self._once(clause, effect, notices)
        citations = tuple(c for c in (self.effects.citation(x) for x in nodes if x.kind == "cites") if c)
        force = self.in_force(nodes)
        proven = self._prove(condition, needs) and self.problems.errors == before
        if action is not None and action.level > n.WARN and nobody:
            self._nobody(name, f"can {n.LEVELS[action.level]} {_a(event)}")
            return None
        if nobody and measures:
            self._nobody(name, f"can {measures[0].verb} `{measures[0].instrument}`")
            return None
        if nobody and said:
            self._nobody(name, " and ".join(f"says its {x}" for x in said))
            return None
        if not proven:
            return None
        when, unless = condition or (None, ())
        assert when is not None
        if any(m.verb == "stop" for m in measures) and not _asks_for_match(when.node):
            self._unmatched(next(x for x in nodes if x.kind == "measure"), name)
            return None
        if action is None and score is None and not measures and not notices:
            self.problems.error(
                "no-effect",
                f"`{name.text}` names who is responsible and does nothing",
                name,
                help=("add `then`, `score`, `measure` or `tell`",),
            )
            return None
        return n.Rule(
            name.text, text, when.node, tuple(u.node for u in unless), action, score, tuple(measures),
            tuple(responsible), tuple(notices), citations, force, texts["reason"], texts["appeal"],
        )  # fmt: skip

    def _once(self, clause: Node, effect: _Effect, kept: list[_Effect]) -> None:
        """Keeps an effect; the same words a second time say nothing, and are a slip."""
        if effect in kept:
            self._twice(clause, "a rule says each thing once")
        kept.append(effect)

    def _unmatched(self, at: Node, name: Token) -> None:
        self.problems.error(
            "stop-without-match",
            f"`{name.text}` stops an account also where the order does not fit the books",
            at,
            help=(f"add `and {MATCHES}` to its conditions",),
        )

    def _nobody(self, name: Token, does: str) -> None:
        self.problems.error(
            "no-responsible",
            f"`{name.text}` {does}, and names nobody who has the duty",
            name,
            help=("add `responsible payee.account`, or whose account, merchant or wallet it is",),
        )

    def _effect(self, clause: Node, event: str) -> tuple[n.Measure | n.Responsible | n.Notice, tuple[Need, ...]] | None:
        match clause.kind:
            case "measure":
                return self.effects.measure(clause, event)
            case "responsible":
                return self.effects.responsible(clause)
        return self.notices.notice(clause)

    def _condition(self, nodes: Sequence[Node]) -> tuple[Built, tuple[Built, ...]] | None:
        when_nodes = [x for x in nodes if x.kind == "when"]
        body = when_nodes[0].parts[0]
        assert isinstance(body, Node)
        when = self.conditions.condition(body)
        unless = [self.conditions.condition(_only(x)) for x in nodes if x.kind == "unless"]
        built = tuple(u for u in unless if u is not None)
        return None if when is None or len(built) < len(unless) else (when, built)

    def _prove(self, condition: tuple[Built, tuple[Built, ...]] | None, needs: Sequence[Need]) -> bool:
        """Everything that the rule reads, in its conditions and its effects, is certain when it fires."""
        if condition is None:
            return False
        when, unless = condition
        self.size += when.size + sum(u.size for u in unless)
        parts = [when, *(opposite(u) for u in unless)]
        if needs:
            parts.append(Built(n.All(()), tuple(needs)))
        return self.conditions.proven(together(parts, every=True))

    def in_force(self, nodes: Sequence[Node]) -> n.InForce:
        dated = [x for x in nodes if x.kind == "in_force"]
        for extra in dated[1:]:
            self._twice(extra, "a rule is in force over one span of days")
        return (
            self.declarations.in_force(tuple(t for t in dated[0].parts if isinstance(t, Token)))
            if dated
            else n.InForce()
        )

    def _twice(self, node: Node, message: str) -> None:
        self.problems.error(
            "said-twice", f"{message}, and {self.problems.shown(node)} is a second", node, help=("keep one of them",)
        )

    # -- exempts and bands ---------------------------------------------------------------------
    def exempt(self, node: Node) -> None:
        name, text, *clauses = node.parts
        assert isinstance(name, Token) and isinstance(text, Token)
        nodes = [c for c in clauses if isinstance(c, Node)]
        before = self.problems.errors
        condition = self._condition(nodes)
        citations = tuple(c for c in (self.effects.citation(x) for x in nodes if x.kind == "cites") if c)
        force = self.in_force(nodes)
        lifts = tuple(sorted({token(x).text for x in nodes if x.kind == "lifts"}))
        below = [n.LEVELS.index(_only(x).kind) for x in nodes if x.kind == "lifts_below"]
        failed = self.problems.errors > before
        said = self.declarations.said(text, "what the exempt is for")
        made = None
        if self._prove(condition, ()) and not failed and said and condition is not None:
            when, unless = condition
            made = n.Exempt(
                name.text, unquoted(text), when.node, tuple(u.node for u in unless), lifts,
                max(below) if below else None, citations, force,
            )  # fmt: skip
        self._keep(name, node, made)

    def check_size(self, head: Span) -> None:
        """All conditions of the file together are as large as what follows can look at."""
        if self.size > MOST_RULESET_NODES:
            self.problems.error(
                "too-complex",
                f"the conditions of this file have {self.size:_} parts once their `let`s are written out; "
                f"at most {MOST_RULESET_NODES:_} are allowed",
                head,
                help=("part the file into several rulesets, or let its `let`s read less",),
            )

    def check_lifts(self, blocks: Sequence[Node]) -> None:
        """Every rule that an exempt names is there."""
        for node in (b for b in blocks if b.kind == "exempt"):
            for clause in (p for p in node.parts if isinstance(p, Node) and p.kind == "lifts"):
                rule = token(clause)
                known = self.rules.keys() | self.failed
                if rule.text not in known and not self.conditions.scope.is_lost(rule.text):
                    self.problems.error(
                        "unknown-rule",
                        f"there is no rule named `{rule.text}` to lift",
                        rule,
                        help=self.problems.did_you_mean(rule.text, self.rules) or ("name a rule of this file",),
                    )

    def bands(self, blocks: Sequence[Node]) -> tuple[n.Band, ...]:
        """The bands of the file, lowest first."""
        for extra in blocks[1:]:
            self._twice(Node("bands", (), extra.start, extra.start + 5), "a file has one `bands` block")
        if not blocks:
            return ()
        made: dict[int, n.Band] = {}
        for part in (p for p in blocks[0].parts if isinstance(p, Node)):
            action_node = part.parts[1]
            assert isinstance(action_node, Node)
            score = self.effects.band(part)
            action = self.effects.action(action_node)
            if score is None or action is None:
                continue
            if score in made:
                self._twice(part, f"there is one action for a score of {score}")
            made[score] = n.Band(score, action)
        ordered = tuple(made[s] for s in sorted(made))
        for low, high in pairwise(ordered):
            if high.action.strength <= low.action.strength:
                self.problems.error(
                    "band-softer",
                    f"a score of {high.at_least} does no more than a score of {low.at_least}",
                    blocks[0],
                    help=("let a higher score take a stronger action, or delete the band",),
                )
        return ordered

    def check_scores(self, bands: tuple[n.Band, ...]) -> None:
        """A score that can lead above warn needs somebody responsible."""
        for rule in self.rules.values():
            if rule.score is None or rule.score < 0 or rule.responsible:
                continue
            stopping = [b for b in bands if b.action.level > n.WARN]
            if stopping:
                does = f"can add to a score that can {n.LEVELS[stopping[-1].action.level]} a payment"
                self._nobody(_name(self.places[rule.name]), does)


def _asks_for_match(when: n.Condition) -> bool:
    """Whether the rule fires only where an order fits the books."""
    return any(c == n.Equal(n.Read(MATCHES, YES_NO), n.Const(True, YES_NO)) for c in parts_of(when))


def _a(event: str) -> str:
    return f"an {event}" if event == "order" else f"a {event}"


def _only(node: Node) -> Node:
    part = node.parts[0]
    assert isinstance(part, Node)
    return part


def _name(block: Node) -> Token:
    name = block.parts[0]
    assert isinstance(name, Token)
    return name
