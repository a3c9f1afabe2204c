"""`balance` and `law` blocks: what the ruleset promises of many payments. They change no decision.

Their conditions are checked as those of rules are, and become rules without an effect in a ruleset of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..meaning import nodes as n
from ..meaning.promises import LAW, PAYMENTS, Caught, Even, Expected, Law, Never, Promise, Promises, Segment, Stopped
from ..syntax.tree import Node, Token
from .conditions import Conditions
from .effects import Effects
from .literals import Literals, decimal, unquoted
from .problems import Problems
from .quantities import Quantities

Made = Callable[[tuple[n.Rule, ...]], n.Ruleset]
"""Makes a ruleset of rules, with all that they read."""


class PromiseBlocks:
    def __init__(
        self, problems: Problems, literals: Literals, quantities: Quantities, conditions: Conditions, effects: Effects
    ) -> None:
        self.problems = problems
        self.literals = literals
        self.quantities = quantities
        self.conditions = conditions
        self.effects = effects
        self.segments: dict[str, tuple[Segment, Token]] = {}
        self.balance: list[Promise] = []
        self.laws: dict[str, tuple[Law, Token]] = {}
        self.watched: list[n.Rule] = []

    def read(self, blocks: list[Node]) -> None:
        balances = [b for b in blocks if b.kind == "balance"]
        for part in (p for b in balances for p in _nodes(b) if p.kind == "segment"):
            self._segment(part)
        for part in (p for b in balances for p in _nodes(b) if p.kind != "segment"):
            promise = self._promise(part)
            if promise is not None:
                self._keep(promise, part)
        for block in (b for b in blocks if b.kind == "law"):
            self._law(block)

    def made(self, ruleset: Made) -> Promises:
        """What was read. Only where nothing was found wrong."""
        watch = ruleset(tuple(sorted(self.watched, key=lambda r: r.name))) if self.watched else None
        segments = tuple(s for s, _ in self.segments.values())
        return Promises(segments, tuple(self.balance), tuple(law for law, _ in self.laws.values()), watch)

    def _segment(self, part: Node) -> None:
        name = part.parts[0]
        assert isinstance(name, Token)
        if name.text in self.segments:
            self._twice(name, self.segments[name.text][1], "segment", f"`{name.text}` is declared twice")
        when = self._condition(part)
        words = self.problems.words(part)
        self.segments.setdefault(name.text, (Segment(name.text, words, self._line(part)), name))
        if when is not None:
            self.watched.append(n.Rule(name.text, words, when))

    def _promise(self, part: Node) -> Promise | None:
        """One promise of a balance: a share between nothing and all, of payments or of a segment that is there."""
        words, line = self.problems.words(part), self._line(part)
        if part.kind == "even":
            return self._even(part, words, line)
        share = self._share(next(p for p in _nodes(part) if p.kind in ("ratio", "bps")))
        if part.kind != "stopped":
            return None if share is None else Caught(part.kind == "caught_amount", share, words, line)
        base = next(p for p in _nodes(part) if p.kind in ("of_segment", "of_payments"))
        name = PAYMENTS
        if base.kind == "of_segment":
            word = base.parts[0]
            assert isinstance(word, Token)
            name = word.text
            if name not in self.segments:
                self.problems.error(
                    "unknown-name",
                    f"there is no segment named `{name}`",
                    word,
                    help=self.problems.did_you_mean(name, self.segments) or (f"declare it: `segment {name} where …`",),
                )
                return None
        return None if share is None else Stopped(name, share, words, line)

    def _share(self, ratio: Node) -> Fraction | None:
        const = self.literals.const(ratio)
        if const is None:
            return None
        share = Fraction(int(const.value), 10**const.digits)
        if share > 1:
            self.problems.error(
                "out-of-bounds",
                f"{self.problems.shown(ratio)} is more than all",
                ratio,
                help=("write a share of at most `100%`",),
            )
        return share

    def _even(self, part: Node, words: str, line: int) -> Promise | None:
        number = next(p for p in part.parts if isinstance(p, Token) and p.text[:1].isdigit())
        value, decimals = decimal(number.text)
        times = Fraction(value, 10**decimals)
        if times < 1:
            self.problems.error(
                "out-of-bounds",
                f"`{number.text}` times the average is less than the average itself",
                number,
                help=("write how many times the average is too much, such as `5`",),
            )
            return None
        if not self.segments:
            self.problems.error(
                "unknown-name",
                "there is no segment that could be compared with the average",
                part,
                help=("declare one before it: `segment elderly where payer.party.age else 0 >= 60`",),
            )
            return None
        return Even(times, words, line)

    def _keep(self, promise: Promise, part: Node) -> None:
        """Each thing is promised once: two bounds of one share would leave the reader with the looser one."""
        for before in self.balance:
            same = type(before) is type(promise) and (
                getattr(before, "of", None), getattr(before, "by_amount", None)
            ) == (getattr(promise, "of", None), getattr(promise, "by_amount", None))  # fmt: skip
            if same:
                self.problems.error(
                    "said-twice",
                    f"{self.problems.shown(part)} is a second promise of what line {before.line} promises",
                    part,
                    help=("keep the stricter of the two",),
                )
                return
        self.balance.append(promise)

    def _law(self, block: Node) -> None:
        name = block.parts[0]
        assert isinstance(name, Token)
        text = unquoted(name)
        if not text.strip():
            self.problems.error("empty-text", "the law has no name", name, help=("say what always holds",))
        if text in self.laws:
            self._twice(name, self.laws[text][1], "law", "two laws have one name")
        monotone = next((p for p in _nodes(block) if p.kind == "monotone"), None)
        what = self._never(monotone) if monotone is not None else self._expected(block)
        if what is not None:
            self.laws.setdefault(text, (Law(text, what, self.problems.words(block), self._line(block)), name))

    def _never(self, part: Node) -> Never | None:
        action, ref, value = _nodes(part)
        typed = self.quantities.ref(ref)
        if typed is None:
            return None
        if not typed.kind.numeric:
            self.problems.error(
                "unlike-kinds",
                f"{self.problems.shown(ref)} neither rises nor falls",
                ref,
                help=("name a number, an amount, a time or a duration",),
            )
            return None
        if not isinstance(typed.node, n.Read | n.Average):
            self.problems.error(
                "unlike-kinds",
                f"{self.problems.shown(ref)} is nothing that a payment or a window brings",
                ref,
                help=("name a field or a window",),
            )
            return None
        return Never(typed.node, action.kind, value.kind)

    def _expected(self, block: Node) -> Expected | None:
        when = self._condition(next(p for p in _nodes(block) if p.kind == "when"))
        wanted = _nodes(block)[-1]
        level = _nodes(wanted)[0]
        if wanted.kind == "expected":
            how, act = "exactly", self.effects.action(level)
        else:
            how, act = wanted.kind.replace("_", " "), n.Act(n.LEVELS.index(level.kind))
        if when is None or act is None:
            return None
        rule = f"{LAW}{len(self.laws) + 1}"
        self.watched.append(n.Rule(rule, self.problems.words(block), when))
        return Expected(rule, how, act)

    def _condition(self, node: Node) -> n.Condition | None:
        built = self.conditions.condition(next(p for p in _nodes(node) if p.kind == "all"))
        return built.node if built is not None and self.conditions.proven(built) else None

    def _twice(self, name: Token, first: Token, what: str, message: str) -> None:
        self.problems.error(
            "duplicate-name", message, name, "here again", (first, f"first as a {what}"),
            help=("give one of them another name",),
        )  # fmt: skip

    def _line(self, node: Node) -> int:
        return self.problems.source.line_and_column(node.start)[0]


def _nodes(node: Node) -> list[Node]:
    return [p for p in node.parts if isinstance(p, Node)]
