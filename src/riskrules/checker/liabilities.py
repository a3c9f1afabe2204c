"""`liability` blocks: who bears the loss of a claim.

What can be seen is said here: shares that do not come to the whole, a party that no claim has, a cap in another
currency. Whether two blocks may hold for one claim is looked for in `disjoint`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..base.source import Span
from ..meaning import nodes as n
from ..meaning.allocation import LOSS, VICTIM
from ..meaning.losses import CAP, EXCESS, Case, Liability, Part, Reduction
from ..schema.kinds import ENTITIES
from ..syntax.tree import Node, Token
from ..syntax.tree import Part as Piece
from .certainty import opposite, together
from .declarations import Declarations
from .kinds_together import article
from .literals import decimal, token, unquoted
from .problems import span_of
from .rules import Rules
from .scope import Built

EVENT = "claim"
_ALWAYS = n.All(())


class Liabilities:
    """Reads the blocks of one file. `rules` lends its clauses: conditions, citations, days."""

    def __init__(self, rules: Rules, declarations: Declarations) -> None:
        self.rules = rules
        self.problems = rules.problems
        self.scope = rules.conditions.scope
        self.declarations = declarations
        self.blocks: dict[str, Liability] = {}
        self.places: dict[str, Node] = {}

    def liability(self, node: Node) -> None:
        name, on, text, *clauses = node.parts
        assert isinstance(name, Token) and isinstance(text, Token)
        if isinstance(on, Node) and token(on).text != EVENT:
            self.problems.error(
                "unknown-event",
                f"a loss is shared when it is claimed, and `{name.text}` is about `{token(on).text}`",
                on,
                help=("write `on claim`",),
            )
            return
        before = self.problems.errors
        said = self.declarations.said(text, "what the block is for")
        made = self._read(name, unquoted(text), [c for c in clauses if isinstance(c, Node)])
        new = self.declarations.declare("liability", name)
        if made is not None and said and new and self.problems.errors == before:
            self.blocks[name.text] = made
            self.places[name.text] = node

    def _read(self, name: Token, text: str, nodes: Sequence[Node]) -> Liability | None:
        base = self._base(nodes)
        loss = next(x for x in nodes if x.kind == "amounts")
        side, *reductions = loss.parts
        quantity = self._loss(side, base) if isinstance(side, Node) else self._field(LOSS, span_of(name))
        general = self._reductions([x for x in reductions if isinstance(x, Node)], base)
        cases = self._cases(name, nodes, base, general)
        effects = self.rules.effects
        within = next((effects.within(x) for x in nodes if x.kind == "within"), None)
        citations = tuple(c for c in (effects.citation(x) for x in nodes if x.kind == "cites") if c)
        force = self.rules.in_force(nodes)
        if base is None or quantity is None or any(c is None for c in cases):
            return None
        when, unless = base
        return Liability(
            name.text, text, when.node, tuple(u.node for u in unless), quantity,
            tuple(c for c in cases if c), within, citations, force,
        )  # fmt: skip

    # -- when ----------------------------------------------------------------------------------
    def _base(self, nodes: Sequence[Node]) -> tuple[Built, tuple[Built, ...]] | None:
        """The conditions of the whole block, each plainly true or false; None after a finding."""
        conditions = self.rules.conditions
        whens = [conditions.condition(_only(x)) for x in nodes if x.kind == "when"]
        unless = [conditions.condition(_only(x)) for x in nodes if x.kind == "unless"]
        built = [x for x in (*whens, *unless) if x is not None]
        if len(built) < len(whens) + len(unless):
            return None
        base = (whens[0] or Built(_ALWAYS) if whens else Built(_ALWAYS), tuple(u for u in unless if u))
        return base if self._proven(base, None) else None

    def _proven(self, base: tuple[Built, tuple[Built, ...]], also: Built | None) -> bool:
        """Whether all that is read is certain, given that the block holds."""
        when, unless = base
        parts = [when, *(opposite(u) for u in unless), *([also] if also else [])]
        self.rules.size += sum(p.size for p in parts)
        return self.rules.conditions.proven(together(parts, every=True))

    # -- amounts -------------------------------------------------------------------------------
    def _field(self, name: str, at: Span) -> n.Quantity:
        self.scope.used.add(name)
        return self.scope.read_field(name, at).node

    def _loss(self, node: Node, base: tuple[Built, tuple[Built, ...]] | None) -> n.Quantity | None:
        return self._money(node, base, "the loss")

    def _money(self, node: Node, base: tuple[Built, tuple[Built, ...]] | None, what: str) -> n.Quantity | None:
        """An amount in the ruleset's currency that is surely there."""
        value = self.rules.conditions.quantities.side(node)
        if value is None:
            return None
        if value.kind.name != "money":
            self.problems.error(
                "unlike-kinds",
                f"{what} is money, and {self.problems.shown(node)} is {article(value.kind)}",
                node,
                help=(f"write an amount, such as `100 {self.scope.currency}`",),
            )
            return None
        if value.kind.currency != self.scope.currency:
            self.problems.another_currency(what, value.kind.currency, self.scope.currency, node)
            return None
        below = [c for c in _constants(value.node) if c < 0]
        if below:
            self.problems.error(
                "number-too-small",
                f"{self.problems.shown(node)} is below zero",
                node,
                help=("write an amount of zero or more",),
            )
            return None
        if value.needs and base is not None and not self._proven(base, Built(_ALWAYS, value.needs)):
            return None
        return value.node

    def _reductions(
        self, nodes: Sequence[Node], base: tuple[Built, tuple[Built, ...]] | None
    ) -> tuple[Reduction, ...] | None:
        """In the order in which they are written, which is the order in which they are applied."""
        made: list[Reduction] = []
        seen: dict[str, Node] = {}
        good = True
        for node in nodes:
            if node.kind in seen:
                self.problems.error(
                    "said-twice",
                    f"there is one `{node.kind}`, and {self.problems.shown(node)} is a second",
                    node,
                    help=("keep one of them",),
                )
                good = False
                continue
            seen[node.kind] = node
            amount = self._money(_only(node), base, f"the {node.kind}")
            who, where = node.parts[1:] if node.kind == "excess" else (None, None)
            borne = self._borne(who)
            condition = self.rules.conditions.condition(where) if isinstance(where, Node) else None
            if amount is None or borne is None or (isinstance(where, Node) and condition is None):
                good = False
                continue
            if condition is not None and base is not None and not self._proven(base, condition):
                good = False
            what = CAP if node.kind == "cap" else EXCESS
            held = condition.node if condition else None
            made.append(Reduction(what, amount, held, self.problems.words(node), *borne))
        return tuple(made) if good else None

    def _borne(self, ref: Piece) -> tuple[str, str] | None:
        """Who bears an excess, as (party, bearer), both empty for the victim; None after a finding."""
        if not isinstance(ref, Node):
            return "", ""
        bearer = self._bearer(ref, "an excess is borne by")
        party = token(ref).text
        return None if bearer is None else ("", "") if party == VICTIM else (party, bearer)

    # -- shares --------------------------------------------------------------------------------
    def _cases(
        self,
        name: Token,
        nodes: Sequence[Node],
        base: tuple[Built, tuple[Built, ...]] | None,
        general: tuple[Reduction, ...] | None,
    ) -> list[Case | None]:
        lines = [x for x in nodes if x.kind in ("case", "otherwise")]
        if not lines:
            parts = self._parts(name, [x for x in nodes if x.kind in ("share", "rest")])
            return [None if parts is None or general is None else Case(_ALWAYS, general, parts)]
        return [self._case(name, line, base, general) for line in lines]

    def _case(
        self,
        name: Token,
        line: Node,
        base: tuple[Built, tuple[Built, ...]] | None,
        general: tuple[Reduction, ...] | None,
    ) -> Case | None:
        """A case's own excess and cap stand in the place of the block's."""
        inner = [p for p in line.parts if isinstance(p, Node)]
        when: n.Condition = _ALWAYS
        words = "otherwise"
        built: Built | None = None
        if line.kind == "case":
            words = self.problems.words(inner[0])
            built = self.rules.conditions.condition(inner[0])
            if built is not None:
                when = built.node
                if base is not None and not self._proven(base, built):
                    built = None
        own = [x for x in inner if x.kind in ("excess", "cap")]
        reductions = self._reductions(own, base) if own else general
        parts = self._parts(name, [x for x in inner if x.kind in ("share", "rest")])
        cited = tuple(c for c in (self.rules.effects.citation(x) for x in inner if x.kind == "cites") if c)
        if reductions is None or parts is None or (line.kind == "case" and built is None):
            return None
        return Case(when, reductions, parts, words, cited)

    def _parts(self, name: Token, shares: Sequence[Node]) -> tuple[Part, ...] | None:
        made: list[Part] = []
        good = True
        for share in shares:
            ref = share.parts[-1]
            assert isinstance(ref, Node)
            bearer = self._bearer(ref)
            stated = (0, 0) if share.kind == "rest" else self._percent(share)
            if bearer is None or stated is None:
                good = False
                continue
            party = token(ref).text
            if any(p.party == party for p in made):
                self._twice(share, f"`{party}` has a share already")
                good = False
            if share.kind == "rest" and any(p.value is None for p in made):
                self._twice(share, "one party gets the rest")
                good = False
            made.append(Part(party, bearer) if share.kind == "rest" else Part(party, bearer, *stated))
        return tuple(made) if good and self._whole(name, shares, made) else None

    def _twice(self, share: Node, message: str) -> None:
        self.problems.error(
            "said-twice", f"{message}, and {self.problems.shown(share)} is a second", share, help=("keep one of them",)
        )

    def _percent(self, share: Node) -> tuple[int, int] | None:
        percent = token(share)
        value, decimals = decimal(percent.text.removesuffix("%"))
        if value and Fraction(value, 10**decimals) <= 100:
            return value, decimals + 2
        self.problems.error(
            "out-of-bounds",
            f"`{percent.text}` of a loss is " + ("more than all of it" if value else "no share"),
            percent,
            help=("write a percentage above `0%` and up to `100%`",),
        )
        return None

    def _whole(self, name: Token, shares: Sequence[Node], parts: Sequence[Part]) -> bool:
        """Whether the shares come to the whole, with something left for a `rest`."""
        stated = [Fraction(p.value, 10**p.digits) for p in parts if p.value is not None]
        total = sum(stated, Fraction(0))
        has_rest = len(stated) < len(parts)
        if (total < 1) if has_rest else (total == 1):
            return True
        sums = " + ".join(_shown(x) for x in stated)
        percents = [token(x) for x in shares if x.kind == "share"]
        last = parts[-1].party
        if has_rest:
            said, more = f"{sums} leaves nothing for the rest", "delete the `share rest`, or lower the percentages"
        elif total < 1:
            said = f"{sums} leaves {_shown(1 - total)} with no one"
            more = f"write `share rest {last}` to give one party whatever is left"
        else:
            said, more = f"{sums} is {_shown(total - 1)} too much", f"write `share rest {last}` for what is left"
        others = [(percents[-1], said)] if len(percents) > 1 else []
        self.problems.error(
            "shares-not-whole",
            f"the shares of `{name.text}` add up to {_shown(total)}, not 100%"
            if not has_rest
            else f"the shares of `{name.text}` add up to {_shown(total)} before the rest",
            percents[0],
            "" if others else said,
            *others,
            help=(more,),
        )
        return False

    def _bearer(self, ref: Node, goes: str = "a share goes to") -> str | None:
        """Who pays: an instrument's institution, or the party or institution itself; None after a finding."""
        name = token(ref)
        field = self.scope.schema.get(name.text) if len(ref.parts) == 1 else None
        if field is None and len(ref.parts) == 1 and self.scope.is_lost(name.text):
            return None
        if field is None or field.kind.name not in ENTITIES:
            parties = [f.name for f in self.scope.schema if f.kind.name in ENTITIES]
            what = f"is {article(field.kind)}" if field else "is none that a claim has"
            self.problems.error(
                "not-a-party",
                f"{goes} a party, an institution or an instrument, and {self.problems.shown(ref)} {what}",
                ref,
                help=self.problems.did_you_mean(name.text, parties)
                or ("name one such as `payer.account`, `payee.account` or `claim.victim`",),
            )
            return None
        if not field.partner:
            self.scope.used.add(name.text)
            self.scope.read_field(name.text, span_of(ref))
            return field.name
        if self.rules.effects.instrument_needs(ref, "has a share") is None:
            return None
        self.scope.read_field(field.partner, span_of(ref))
        return field.partner


def _only(node: Node) -> Node:
    part = node.parts[0]
    assert isinstance(part, Node)
    return part


def _constants(value: n.Quantity) -> list[int]:
    """The amounts that a ceiling may take, where they are written in the file."""
    match value:
        case n.Const(int() as amount):
            return [amount]
        case n.Dated(_, _, values):
            return [x.value for x in values]
    return []


def _shown(share: Fraction) -> str:
    """A share as a percentage, exactly."""
    percent = share * 100
    digits = 0
    while (percent * 10**digits).denominator != 1:
        digits += 1
    whole = int(percent * 10**digits)
    if not digits:
        return f"{whole}%"
    return f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}%"
