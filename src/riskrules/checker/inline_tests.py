"""`test` clauses: what is given, which lists are filled, what is expected; names and kinds checked here."""

from __future__ import annotations

from dataclasses import replace

from ..meaning import nodes as n
from ..meaning.averages import inputs_of
from ..schema import kinds as k
from ..schema.kinds import Kind
from ..syntax.tree import Node, Token
from .comparisons import Comparisons
from .effects import SIDES, Effects
from .kinds_together import article, held
from .literals import Literals, token, unquoted
from .notices import Notices
from .problems import Problems, choices_shown
from .quantities import LITERALS, Quantities
from .scope import Scope


class InlineTests:
    def __init__(
        self,
        scope: Scope,
        problems: Problems,
        literals: Literals,
        quantities: Quantities,
        comparisons: Comparisons,
        effects: Effects,
        notices: Notices,
    ) -> None:
        self.scope = scope
        self.problems = problems
        self.literals = literals
        self.quantities = quantities
        self.comparisons = comparisons
        self.effects = effects
        self.notices = notices
        self.given: dict[str, Node] = {}

    def test(self, node: Node, of: str) -> n.Test | None:
        """The test, or None after a finding."""
        name, *parts = node.parts
        assert isinstance(name, Token)
        before = self.problems.errors
        if not unquoted(name).strip():
            self.problems.error("empty-text", "the test has no name", name, help=("say what it shows",))
        given: dict[str, n.Value | None] = {}
        lists: dict[str, tuple[str, ...]] = {}
        expect: list[n.Expectation] = []
        for part in (p for p in parts if isinstance(p, Node)):
            match part.kind:
                case "given" | "given_missing":
                    self._given(part, given)
                case "with_list":
                    self._with(part, lists)
                case _:
                    for one in part.parts if part.kind == "expect_none" else (part,):
                        assert isinstance(one, Node)
                        outcome = self._expectation(one)
                        if outcome is not None and one is not part:
                            outcome = replace(outcome, what=f"no {outcome.what}")
                        if outcome is not None and self._new(one, outcome, expect):
                            expect.append(outcome)
        if self.problems.errors > before:
            return None
        line = self.problems.source.line_and_column(node.start)[0]
        return n.Test(unquoted(name), of, tuple(given.items()), tuple(lists.items()), tuple(expect), line)

    def _new(self, node: Node, outcome: n.Expectation, expect: list[n.Expectation]) -> bool:
        """Whether the outcome can stand beside those before: once each, and one action."""
        if outcome not in expect and (outcome.what != "action" or all(x.what != "action" for x in expect)):
            return True
        message = "a test expects one action" if outcome.what == "action" else "a test expects each thing once"
        self.problems.error(
            "said-twice", f"{message}, and {self.problems.shown(node)} is a second", node, help=("keep one of them",)
        )
        return False

    # -- given, with ---------------------------------------------------------------------------
    def _given(self, node: Node, given: dict[str, n.Value | None]) -> None:
        ref = node.parts[0]
        assert isinstance(ref, Node)
        word = token(ref).text
        if word in self.scope.params or word in self.scope.lets:
            self.problems.error(
                "not-given",
                f"`{word}` is worked out, so a test cannot give it a value",
                ref,
                help=("give the fields and windows that it reads",),
            )
            return
        value = self.quantities.ref(ref)
        if value is None:
            return
        assert isinstance(value.node, n.Read | n.Average)
        read = value.node
        self.given.setdefault(read.name, ref)
        if read.name in given or (isinstance(read, n.Average) and read.total.name in given):
            self.problems.error("said-twice", f"`{read.name}` is given twice", ref, help=("keep one of them",))
        elif node.kind == "given_missing":
            if not value.needs and self.scope.inputs[read.name].origin != "window":
                self.problems.error(
                    "never-missing",
                    f"`{read.name}` is a required field, so it is never missing",
                    ref,
                    help=("give it a value, or leave it out for a harmless one",),
                )
            given.update(inputs_of(read, None) if isinstance(read, n.Average) else {read.name: None})
        else:
            literal = node.parts[1]
            assert isinstance(literal, Node)
            one = self._held(literal, read)
            if isinstance(read, n.Average) and isinstance(one, int):
                given.update(inputs_of(read, one))
            elif one is not None:
                given[read.name] = one

    def _held(self, literal: Node, read: n.Read | n.Average) -> n.Value | None:
        """A literal, or a bare choice, in the unit that the input is held in; None after a finding."""
        kind = read.kind
        if literal.kind == "ref":
            word = token(literal)
            if kind.choices and len(literal.parts) == 1 and "." not in word.text:
                return word.text if self.comparisons.is_choice(kind, word) else None
            self._unfit(literal, kind)
            return None
        const = self.literals.const(literal) if literal.kind in LITERALS else None
        if const is None:
            return None
        if const.kind == k.TEXT and not self.comparisons.fits(str(const.value), kind, literal):
            return None
        value = held(const, kind)
        if value is None:
            self._unfit(literal, kind)
            return None
        bounds = self.scope.inputs[read.name]
        if isinstance(value, int) and kind.numeric and not bounds.lowest <= value <= bounds.highest:
            self.problems.error(
                "out-of-bounds",
                f"{self.problems.shown(literal)} lies outside the bounds of `{read.name}`",
                literal,
                help=("give a value that a payment can have",),
            )
            return None
        return value

    def _unfit(self, at: Node, kind: Kind) -> None:
        shown = self.problems.shown(at)
        help: tuple[str, ...] = (f"give {article(kind)}",)
        if kind.choices:
            help = (f"write one of {choices_shown(kind.choices)}",)
        elif at.kind == "ref" and kind.name in k.WORDS:
            help = (f'write it in quotes: `"{token(at).text}"`',)
        message = (
            f"{shown} is a name, and a test gives values" if at.kind == "ref" else f"{shown} is not {article(kind)}"
        )
        self.problems.error("unlike-kinds", message, at, help=help)

    def _with(self, node: Node, lists: dict[str, tuple[str, ...]]) -> None:
        name, *items = node.parts
        assert isinstance(name, Token)
        kind = self.scope.lists.get(name.text)
        if kind is None:
            self.comparisons.unknown_list(name)
            return
        if name.text in lists:
            self.problems.error(
                "said-twice", f"`{name.text}` is filled twice", name, help=("write all that it holds in one line",)
            )
            return
        texts = []
        for item in (p for p in items if isinstance(p, Node)):
            if item.kind != "text":
                self._unfit(item, k.TEXT)
                return
            text = unquoted(token(item))
            if not self.comparisons.fits(text, kind, item):
                return
            texts.append(text)
        lists[name.text] = tuple(texts)

    # -- expect --------------------------------------------------------------------------------
    def _expectation(self, node: Node) -> n.Expectation | None:
        words = self.problems.words(node)
        match node.kind:
            case "expect_responsible":
                return self._responsible(node, words)
            case "expect_measure":
                return self._measure(node, words)
            case "expect_tell":
                return self._tell(node, words)
            case "expect_share":
                return self._share(node, words)
            case "expect_no_responsible" | "expect_no_measure" | "expect_no_tell":
                return n.Expectation(f"no {node.kind.removeprefix('expect_no_')}", "", words)
        action = self.effects.action(node)
        return None if action is None else n.Expectation("action", action, words)

    def _responsible(self, node: Node, words: str) -> n.Expectation | None:
        ref, clause = node.parts
        assert isinstance(ref, Node)
        name = token(ref).text
        if name not in SIDES or len(ref.parts) > 1:
            if self.effects.instrument_needs(ref, "has the duty") is None:
                return None
        if not isinstance(clause, Node):
            return n.Expectation("responsible", name, words)
        within = self.effects.within(clause)
        return None if within is None else n.Expectation("responsible", (name, within), words)

    def _measure(self, node: Node, words: str) -> n.Expectation | None:
        verb, ref = token(node), _node(node, 1)
        known = self.effects.verb(verb)
        if self.effects.instrument_needs(ref, "is acted on") is None or not known:
            return None
        return n.Expectation("measure", (verb.text, token(ref).text), words)

    def _tell(self, node: Node, words: str) -> n.Expectation | None:
        to = self.notices.recipient(_node(node, 0))
        return None if to is None else n.Expectation("tell", to, words)

    def _share(self, node: Node, words: str) -> n.Expectation | None:
        """What a party bears, all its shares together."""
        money, ref = _node(node, 0), _node(node, 1)
        const = self.literals.const(money)
        name, event = token(ref), self.scope.schema.event
        field = self.scope.schema.get(name.text) if len(ref.parts) == 1 else None
        if event != "claim" or field is None or field.kind.name not in k.ENTITIES:
            known = [f.name for f in self.scope.schema if f.kind.name in k.ENTITIES]
            what = f"{self.problems.shown(ref)} has no share of a loss"
            self.problems.error(
                "not-a-party",
                what if event == "claim" else f"{what}: a rule about a {event} shares none",
                ref,
                help=(self.problems.did_you_mean(name.text, known) if event == "claim" else ())
                or ("name a party that a `share` names, in a test of a `liability`",),
            )
            return None
        if const is None:
            return None
        if const.kind.currency != self.scope.currency:
            self.problems.another_currency("the share", const.kind.currency, self.scope.currency, money)
            return None
        return n.Expectation("share", (name.text, int(const.value)), words)


def _node(node: Node, index: int) -> Node:
    part = node.parts[index]
    assert isinstance(part, Node)
    return part
