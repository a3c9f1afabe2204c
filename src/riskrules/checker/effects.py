"""What a rule does: actions, scores, measures, responsibility, citations. Notices are in `notices`."""

from __future__ import annotations

from ..meaning import nodes as n
from ..meaning.deadlines import READ
from ..syntax.tree import Node, Token
from .kinds_together import article
from .literals import Literals, fixed_instead, token, unquoted
from .problems import Problems, choices_shown, span_of
from .scope import Need, Scope

MEASURES = ("reverify", "limit", "restrict", "suspend", "stop", "freeze")
"""From the mildest to the strictest; `stop` and `freeze` need an order of an authority (Anti-Telecom and Online
Fraud Law, Art. 20)."""
ORDER_ONLY = ("stop", "freeze")
SCOPES = ("counter", "non_counter", "online", "incoming", "outgoing")
LONGEST_ACTION_US = 366 * 86_400 * 1_000_000
"""A payment is not delayed or held for more than a year."""

LARGEST_SCORE = 1_000
LARGEST_BAND = 1_000_000
"""Scores add up: a thousand rules of the largest score reach it."""
SIDES = ("payer", "payee")

_INSTRUMENTS = ("account", "merchant", "wallet")
_WITH_AMOUNT = ("limit", "restrict")


class Effects:
    def __init__(
        self,
        scope: Scope,
        problems: Problems,
        literals: Literals,
        sources: dict[str, str],
        unverified: frozenset[str] = frozenset(),
        calendar: str = "",
    ) -> None:
        """`unverified`: the sources whose every citation is; `calendar`: the ruleset's, "" where it names none."""
        self.scope = scope
        self.problems = problems
        self.literals = literals
        self.sources = sources
        self.unverified = unverified
        self.calendar = calendar
        self.cited: set[str] = set()

    def action(self, node: Node) -> n.Act | None:
        if node.kind not in ("delay", "hold_up_to"):
            return n.Act(n.LEVELS.index(node.kind))
        length = _node(node, 0)
        if length.kind != "duration":
            fixed = fixed_instead(length)
            self.problems.error(
                "not-an-exact-span",
                f"{self.problems.shown(length)} has no fixed length, and a payment waits a fixed time",
                length,
                help=(f"write `{fixed}`, which is never longer" if fixed else "write hours or days, such as `24h`",),
            )
            return None
        const = self.literals.const(length)
        if const is None:
            return None
        assert isinstance(const.value, int)
        if not 0 < const.value <= LONGEST_ACTION_US:
            self.problems.error(
                "number-too-large",
                f"{self.problems.shown(length)} is not between `1ms` and `366d`",
                length,
                help=("write a duration such as `24h`",),
            )
            return None
        return n.Act(n.DELAY if node.kind == "delay" else n.HOLD, const.value)

    def score(self, node: Node) -> int | None:
        """What a rule adds to the score. Less than 0 takes from it."""
        value = self._whole(node, -LARGEST_SCORE, LARGEST_SCORE)
        if value != 0:
            return value
        self.problems.error(
            "not-a-whole-number",
            f"{self.problems.shown(node)} adds nothing",
            node,
            help=("write a score such as `score 40`, or leave it out",),
        )
        return None

    def band(self, node: Node) -> int | None:
        """The score from which a band acts. Every payment scores 0 at least when nothing fires, so it is above 0."""
        return self._whole(node, 1, LARGEST_BAND)

    def _whole(self, node: Node, lowest: int, highest: int) -> int | None:
        number = token(node)
        const = self.literals.const(Node("number", (number,), number.start, number.end))
        if const is None:
            return None
        assert isinstance(const.value, int)
        if const.digits == 0 and lowest <= const.value <= highest:
            return const.value
        self.problems.error(
            "not-a-whole-number",
            f"{self.problems.shown(number)} is not a whole number from {lowest:_} to {highest:_}",
            number,
            help=("write a whole number, such as `40`",),
        )
        return None

    def citation(self, node: Node) -> n.Citation | None:
        source, where = token(node, 0), token(node, 1)
        self.cited.add(source.text)
        if not unquoted(where).strip():
            self.problems.error(
                "empty-text", "the text does not say where the source says it", where, help=('write it: `"Art. 18"`',)
            )
            return None
        if source.text not in self.sources:
            if not self.scope.is_lost(source.text):
                self.problems.error(
                    "unknown-source",
                    f"there is no source named `{source.text}`",
                    source,
                    help=self.problems.did_you_mean(source.text, self.sources)
                    or (f'declare it: `source {source.text} "its title"`',),
                )
            return None
        unverified = source.text in self.unverified or node.parts[2] is not None
        return n.Citation(source.text, self.sources[source.text], unquoted(where), unverified)

    def responsible(self, node: Node) -> tuple[n.Responsible, tuple[Need, ...]] | None:
        """Whose institution has the duty, and what must be known for it."""
        ref, clause = node.parts
        assert isinstance(ref, Node)
        name = token(ref)
        within = self.within(clause) if isinstance(clause, Node) else None
        if isinstance(clause, Node) and within is None:
            return None
        if name.text not in SIDES or len(ref.parts) > 1:
            needs = self.instrument_needs(ref, "has the duty")
            return None if needs is None else (n.Responsible(name.text, (self._instrument(name.text),), within), needs)
        options = [
            f"{name.text}.{x}" for x in ("merchant", "wallet", "account") if f"{name.text}.{x}" in self.scope.schema
        ]
        reads = [self.scope.read_field(x, span_of(name)) for x in options]
        sure = any(not x.needs for x in reads)
        duty = n.Responsible(name.text, tuple(self._instrument(x) for x in options), within)
        return duty, () if sure else reads[-1].needs

    def within(self, clause: Node) -> n.Within | None:
        """A time to act or to pay; None after a finding."""
        spans = [self.literals.span(x) for x in clause.parts if isinstance(x, Node)]
        for name in READ.get(self.scope.schema.event, ()):
            self.scope.used.add(name)
            self.scope.read_field(name, span_of(clause))
        if any(s is not None and s.unit == "business days" for s in spans) and not self.calendar:
            self.problems.error(
                "no-calendar",
                f"{self.problems.shown(clause)} counts business days, and the file does not say of which country",
                clause,
                help=('write `calendar "GB-ENG"` below the `ruleset` line, with your country',),
            )
        first, last = [*spans, None][:2]
        return None if None in spans or first is None else n.Within(first, last)

    def _instrument(self, path: str) -> n.Instrument:
        return n.Instrument(path, self.scope.schema[path].partner)

    def instrument_needs(self, ref: Node, why: str) -> tuple[Need, ...] | None:
        """What must be known to act on an account, merchant or wallet field; None after a finding."""
        name = token(ref)
        field = self.scope.schema.get(name.text) if len(ref.parts) == 1 else None
        if field is None or not field.partner:
            if self.scope.is_lost(name.text):
                return None
            instruments = [f.name for f in self.scope.schema if f.kind.name in _INSTRUMENTS]
            what = f"is {article(field.kind)}" if field else "is not a field"
            self.problems.error(
                "not-an-instrument",
                f"an account, a merchant or a wallet {why}, and {self.problems.shown(ref)} {what}",
                ref,
                help=self.problems.did_you_mean(name.text, instruments)
                or (f"name one of {choices_shown(instruments)}",),
            )
            return None
        if field.partner not in self.scope.schema:
            if not self.scope.is_lost(field.partner):
                self.problems.error(
                    "no-institution",
                    f"nothing says which institution keeps `{name.text}`",
                    ref,
                    help=(f'declare it: `field {field.partner} institution, optional "who keeps it"`',),
                )
            return None
        return self.scope.read_field(name.text, span_of(ref)).needs

    def verb(self, verb: Token) -> bool:
        """Whether there is such a measure."""
        if verb.text in MEASURES:
            return True
        self.problems.error(
            "unknown-measure",
            f"`{verb.text}` is not a measure",
            verb,
            help=self.problems.did_you_mean(verb.text, MEASURES) or (f"write one of {choices_shown(MEASURES)}",),
        )
        return False

    def measure(self, node: Node, event: str) -> tuple[n.Measure, tuple[Need, ...]] | None:
        verb, ref, *rest = node.parts
        assert isinstance(verb, Token) and isinstance(ref, Node)
        known = self.verb(verb)
        if verb.text in ORDER_ONLY and event != "order":
            self.problems.error(
                "order-only",
                f"`{verb.text}` needs an order of the police or a court, and this rule is on a {event}",
                verb,
                help=("write `measure suspend …` here: only an order stops or freezes",),
            )
            return None
        before = self.problems.errors
        needs = self.instrument_needs(ref, "is acted on")
        scope, limit, per, lasting = self._measure_parts(rest)
        if needs is None or not known or self.problems.errors > before:
            return None
        if verb.text == "limit" and limit is None:
            self.problems.error(
                "limit-without-amount",
                "a limit says how much may still move, and in which time",
                node,
                help=(f"write `limit {token(ref).text} to 5_000 {self.scope.currency} per day`",),
            )
            return None
        if verb.text not in _WITH_AMOUNT and limit is not None:
            self.problems.error(
                "amount-without-limit",
                f"`{verb.text}` stops all business of its kind, so it has no amount",
                node,
                help=(f"write `limit {token(ref).text} to …`, or leave the amount out",),
            )
            return None
        words = self.problems.words(node).removeprefix("measure ")
        return n.Measure(verb.text, token(ref).text, scope, limit, per, lasting, words), needs

    def _measure_parts(
        self, rest: list[Node | Token | None]
    ) -> tuple[str | None, int | None, n.Span | None, n.Span | None]:
        on, money, per_part, lasting_part = rest
        if isinstance(on, Token) and on.text not in SCOPES:
            self.problems.error(
                "unknown-scope",
                f"`{on.text}` is not a kind of business that a measure can be put on",
                on,
                help=self.problems.did_you_mean(on.text, SCOPES)
                or (f"write one of {choices_shown(SCOPES)}, or leave `on` out for all",),
            )
        limit = self._limit(money) if isinstance(money, Node) else None
        per = self._per(per_part) if isinstance(per_part, Node) else None
        lasting = self.literals.span(lasting_part) if isinstance(lasting_part, Node) else None
        return on.text if isinstance(on, Token) else None, limit, per, lasting

    def _limit(self, money: Node) -> int | None:
        const = self.literals.const(money)
        if const is None:
            return None
        if const.kind.currency != self.scope.currency:
            self.problems.another_currency("the limit", const.kind.currency, self.scope.currency, money)
            return None
        if int(const.value) < 0:
            self.problems.error(
                "number-too-small",
                f"{self.problems.shown(money)} is below zero",
                money,
                help=("write what may still move",),
            )
            return None
        return int(const.value)

    def _per(self, node: Node) -> n.Span | None:
        calendar = {"per_day": ("day", "days"), "per_month": ("month", "months"), "per_year": ("year", "years")}
        if node.kind in calendar:
            word, unit = calendar[node.kind]
            return n.Span(1, unit, word)
        return self.literals.span(node)


def _node(node: Node, index: int) -> Node:
    part = node.parts[index]
    assert isinstance(part, Node)
    return part
