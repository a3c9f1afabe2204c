"""Comparisons, membership, `is known` and text search: each one yes/no about a few values.

A bare word beside a field of choices is one of its choices; anywhere else it is a name. Where it could be both
the author has to say which, in quotes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..meaning import nodes as n
from ..meaning.lowering import TooLarge, bounds_of
from ..meaning.walk import found_in
from ..schema import kinds as k
from ..schema.kinds import Kind
from ..syntax.quoting import quoted
from ..syntax.tree import Node, Token
from .certainty import together, with_windows
from .kinds_together import article, comparable, fit, settle_plain
from .literals import PLAIN, counted_currency, token, unquoted
from .problems import Problems, choices_shown
from .quantities import Quantities, windows_in
from .scope import MOST_NODES, Built, Scope, Typed, too_complex

_OPERATORS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_COUNTRY = re.compile("[A-Z]{2}", re.ASCII)


class Comparisons:
    def __init__(self, scope: Scope, problems: Problems, quantities: Quantities) -> None:
        self.scope = scope
        self.problems = problems
        self.quantities = quantities

    def comparison(self, node: Node, words: str) -> Built | None:
        """The condition, or None after a finding."""
        match node.kind:
            case "comparison":
                return self._comparison(node, words)
            case "in_" | "not_in":
                return self._membership(node, words)
            case "known" | "missing":
                return self._known(node, words)
            case "starts" | "contains":
                return self._text_test(node, words)
        raise AssertionError(node.kind)

    # -- = != < <= > >= ------------------------------------------------------------------------
    def _comparison(self, node: Node, words: str) -> Built | None:
        left_node, sign, right_node = (p for p in node.parts if isinstance(p, Node))
        op = _OPERATORS[sign.kind]
        left, right = self._sides(left_node, right_node)
        if left is None or right is None:
            return None
        if (_constant(left.node) and _constant(right.node)) or left.node == right.node:
            self.constant(node)
            return None
        if left.size + right.size > MOST_NODES:
            too_complex(self.problems, node, left.size + right.size, max(left.depth, right.depth), "comparison")
            return None
        if (left.kind.numeric or left.kind == PLAIN) and (right.kind.numeric or right.kind == PLAIN):
            return self._numbers(node, words, op, left, right)
        return self._texts(node, words, op, (left_node, left), (right_node, right))

    def constant(self, node: Node) -> None:
        self.problems.error(
            "constant-condition",
            f"{self.problems.shown(node)} says the same for every payment",
            node,
            help=("compare a field or a window",),
        )

    def _sides(self, left: Node, right: Node) -> tuple[Typed | None, Typed | None]:
        """Both sides; a bare word on one of them may be a choice of the other."""
        if _bare(left) is None and _bare(right) is not None:
            value = self.quantities.side(left)
            return value, self._beside_choices(right, value)
        if _bare(right) is None and _bare(left) is not None:
            value = self.quantities.side(right)
            return self._beside_choices(left, value), value
        if _bare(left) is not None and _bare(right) is not None:
            if self.scope.is_value(token(left).text):
                value = self.quantities.side(left)
                return value, self._beside_choices(right, value)
            if self.scope.is_value(token(right).text):
                value = self.quantities.side(right)
                return self._beside_choices(left, value), value
            return self.quantities.side(left), None  # what the right one should have been nobody knows
        return self.quantities.side(left), self.quantities.side(right)

    def _beside_choices(self, node: Node, value: Typed | None) -> Typed | None:
        """A bare word, read with what stands on the other side of the comparison in mind."""
        word = token(node)
        if value is None:
            known = self.scope.is_value(word.text)
            return self.quantities.side(node) if known else None  # what it should have been nobody knows
        if value.kind.choices:
            if not self.scope.is_value(word.text):
                chosen = self.is_choice(value.kind, word)
                return Typed(n.Const(word.text, value.kind), value.kind) if chosen else None
            if word.text in value.kind.choices:
                self.problems.error(
                    "ambiguous-word",
                    f"`{word.text}` is a choice here, and also the name of something in this file",
                    word,
                    help=(f'write `"{word.text}"` in quotes for the choice, or give the other another name',),
                )
                return None
        elif value.kind.name in k.WORDS and self._is_nothing(word.text):
            near = self.problems.did_you_mean(word.text, self.scope.names())
            if not near:
                self._unquoted(word)
                return None
        return self.quantities.side(node)

    def _is_nothing(self, word: str) -> bool:
        return not (self.scope.is_value(word) or word in self.scope.lists or self.scope.is_lost(word))

    def _unquoted(self, word: Token) -> None:
        self.problems.error(
            "unquoted-text",
            f"`{word.text}` stands where a text is compared",
            word,
            help=(f'write it in quotes: `"{word.text}"`',),
        )

    def is_choice(self, kind: Kind, word: Token) -> bool:
        """Whether the word, bare or in quotes, is one of the kind's choices; if not, says so."""
        text = unquoted(word) if word.type == "TEXT" else word.text
        if text in kind.choices:
            return True
        self.problems.error(
            "not-a-choice",
            f"{quoted(text)} is not one of the choices: {choices_shown(kind.choices)}",
            word,
            help=self.problems.did_you_mean(text, kind.choices)
            or (f"write one of them, such as {quoted(kind.choices[0])}",),
        )
        return False

    def _numbers(self, node: Node, words: str, op: str, left: Typed, right: Typed) -> Built | None:
        if not comparable(left.kind, right.kind):
            self.quantities.unlike(
                f"{quoted(words)} compares {article(left.kind)} with {article(right.kind)}", node, left, right
            )
            return None
        left, right = (settle_plain(_beside(x, y)) for x, y in ((left, right), (right, left)))
        made = n.Compare(op, left.node, right.node, words)
        try:
            if max(left.depth, right.depth) > 1:  # else one input beside what is written out, or two inputs of one kind
                bounds_of(made, self.scope.inputs)
        except TooLarge:
            help = "give the fields in it bounds, such as `field x number, from 0 to 1_000 …`"
            if len({x.name for x in found_in(made, n.Average)}) > 1:
                help = "compare with one average, or with each by itself"
            self.problems.error(
                "may-overflow",
                f"the two sides of {quoted(words)} can grow beyond what is computed exactly",
                node,
                help=(help,),
            )
            return None
        needs = left.needs + right.needs
        windows = [*windows_in(left.node, self.scope), *windows_in(right.node, self.scope)]
        unguarded = {r.name for r in windows} - {x.read.name for x in needs}
        return Built(
            made,
            needs,
            size=left.size + right.size + 1 + bool(unguarded),
            depth=max(left.depth, right.depth) + 1 + bool(unguarded),
            may=with_windows(made) if unguarded else None,
        )

    def _texts(
        self, node: Node, words: str, op: str, left_side: tuple[Node, Typed], right_side: tuple[Node, Typed]
    ) -> Built | None:
        (left_node, left), (right_node, right) = left_side, right_side
        if op not in ("=", "!="):
            orderless = next((x for x in (left, right) if not (x.kind.numeric or x.kind == PLAIN)), left)
            self.quantities.unlike(
                f"`{op}` needs values with an order, and {article(orderless.kind)} has none", node, left, right
            )
            return None
        for a, b, place in ((left, right, right_node), (right, left, left_node)):
            if isinstance(b.node, n.Const) and b.kind == k.TEXT and not self.fits(str(b.node.value), a.kind, place):
                return None
        left_fit = fit(left.node, right.kind) if isinstance(left.node, n.Const) else None
        right_fit = fit(right.node, left.kind) if isinstance(right.node, n.Const) else None
        if left.kind != right.kind and left_fit is None and right_fit is None:
            self.quantities.unlike(
                f"{quoted(words)} compares {article(left.kind)} with {article(right.kind)}", node, left, right
            )
            return None
        made = n.Equal(as_word(left_fit or left.node), as_word(right_fit or right.node), op == "!=", words)
        return Built(made, left.needs + right.needs, size=3, depth=max(left.depth, right.depth) + 1)

    def fits(self, text: str, kind: Kind, at: Node) -> bool:
        """Whether a value of the kind can ever be the text; if not, says so."""
        if kind.choices:
            return self.is_choice(kind, Token("TEXT", f'"{text}"', at.start, at.end))
        wanted = {"country": "two capital letters, such as `CN`", "currency": "an ISO 4217 code, such as `CNY`"}
        fits = _COUNTRY.fullmatch(text) if kind.name == "country" else counted_currency(text)
        if kind.name not in wanted or fits:
            return True
        self.problems.error(
            "not-a-code",
            f"{quoted(text)} is never {article(kind)}",
            at,
            help=(f"write {wanted[kind.name]}",),
        )
        return False

    # -- in, is not in -------------------------------------------------------------------------
    def _membership(self, node: Node, words: str) -> Built | None:
        side, among = (p for p in node.parts if isinstance(p, Node))
        value = self.quantities.side(side)
        if value is not None and _constant(value.node):
            self.constant(node)
            return None
        negated = node.kind == "not_in"
        if among.kind == "named_list":
            return self._in_list(node, value, token(among), negated, words)
        if value is None:
            return None
        items = [p for p in among.parts if isinstance(p, Node)]
        if value.kind.numeric or value.kind == PLAIN:
            return self._among_numbers(node, value, items, negated, words)
        if value.kind == k.YES_NO:
            self.problems.error(
                "unlike-kinds",
                f"{self.problems.shown(side)} is a yes/no value, and is not looked for among others",
                node,
                help=(f"write {self.problems.shown(side)} alone, or compare it with `= no`",),
            )
            return None
        texts = [self._member(item, value.kind) for item in items]
        if None in texts:
            return None
        among_them = tuple(sorted({x for x in texts if x is not None}))
        made = n.Member(as_word(value.node), among_them, negated, words)
        return Built(made, value.needs, size=len(texts) + 1, depth=value.depth + 1)

    def _member(self, item: Node, kind: Kind) -> str | None:
        if item.kind == "word" and not kind.choices:
            self._unquoted(token(item))
            return None
        if item.kind == "word":
            return token(item).text if self.is_choice(kind, token(item)) else None
        if item.kind == "text":
            text = unquoted(token(item))
            return text if self.fits(text, kind, item) else None
        self.problems.error(
            "unlike-kinds",
            f"{self.problems.shown(item)} is not {article(kind)}",
            item,
            help=("write texts in quotes, separated by commas",),
        )
        return None

    def _among_numbers(self, node: Node, value: Typed, items: list[Node], negated: bool, words: str) -> Built | None:
        parts: list[Built] = []
        for item in items:
            if item.kind == "word":
                self.problems.error(
                    "unlike-kinds",
                    f"{self.problems.shown(item)} is not {article(value.kind)}",
                    item,
                    help=("write the values out: names stand on one side of `=` only",),
                )
                return None
            const = self.quantities.side(item)
            one = None if const is None else self._numbers(item, words, "!=" if negated else "=", value, const)
            if one is None:
                return None
            parts.append(replace(one, needs=()))
        return replace(together(parts, every=negated, words=words), needs=value.needs)

    def _in_list(self, node: Node, value: Typed | None, name: Token, negated: bool, words: str) -> Built | None:
        self.scope.used.add(name.text)
        kind = self.scope.lists.get(name.text)
        if kind is None:
            self.unknown_list(name)
            return None
        if value is None:
            return None
        if value.kind != kind:
            side = node.parts[0]
            assert isinstance(side, Node)
            named = value.kind.name in k.WORDS
            self.problems.error(
                "unlike-kinds",
                f"`{name.text}` is a list of {_plural(kind)}, and {self.problems.shown(side)} is {article(value.kind)}",
                node,
                help=(f"compare {article(kind)}" + (f", or declare the list `of {value.kind}`" if named else ""),)
                if not value.kind.choices
                else (f"compare {article(kind)}",),
            )
            return None
        made = n.InList(as_word(value.node), name.text, negated, words)
        return Built(made, value.needs, size=2, depth=value.depth + 1)

    def unknown_list(self, name: Token) -> None:
        if not self.scope.is_lost(name.text):
            self.problems.error(
                "unknown-list",
                f"there is no list named `{name.text}`",
                name,
                help=self.problems.did_you_mean(name.text, self.scope.lists)
                or (f"declare it: `list {name.text} of text`",),
            )

    # -- is known, starts with, contains -------------------------------------------------------
    def _known(self, node: Node, words: str) -> Built | None:
        side = node.parts[0]
        assert isinstance(side, Node)
        value = self.quantities.side(side)
        if value is None:
            return None
        reads = {(x.through or x.read).name: x.through or x.read for x in value.needs}
        reads |= {r.name: r for r in windows_in(value.node, self.scope)}
        if not reads:
            self.problems.error(
                "never-missing",
                f"{self.problems.shown(side)} is never missing",
                node,
                help=("leave this condition out", "or declare the field again as `optional`"),
            )
            return None
        each = [n.Known(r, f"{r.name} is known") for r in reads.values()]
        known: n.Condition = replace(each[0], words=words) if len(each) == 1 else n.All(tuple(each), words)
        names = frozenset(reads) | {x.read.name for x in value.needs}
        if node.kind == "known":
            return Built(known, (), known_if_true=names, size=len(each) + 1, depth=2)
        return Built(n.Not(known, words), (), known_if_false=names, size=len(each) + 2, depth=3)

    def _text_test(self, node: Node, words: str) -> Built | None:
        side = node.parts[0]
        assert isinstance(side, Node)
        value = self.quantities.side(side)
        if value is None:
            return None
        if value.kind.name not in k.WORDS or value.kind.choices:
            self.problems.error(
                "unlike-kinds",
                f"{self.problems.shown(side)} is {article(value.kind)}, and only text is searched",
                node,
                help=("name a text field, such as `payment.memo`",),
            )
            return None
        text = unquoted(token(node, 1))
        if not text or _constant(value.node):
            self.constant(node)
            return None
        kind = n.Starts if node.kind == "starts" else n.Contains
        return Built(kind(as_word(value.node), text, words), value.needs, size=2, depth=value.depth + 1)


def _bare(node: Node) -> Token | None:
    """A word without a dot that stands alone, and so may be a choice."""
    return token(node) if node.kind == "ref" and len(node.parts) == 1 and "." not in token(node).text else None


def _beside(value: Typed, other: Typed) -> Typed:
    """A bare number takes the kind of the other side."""
    if value.kind != PLAIN or not isinstance(value.node, n.Const):
        return value
    fitted = fit(value.node, other.kind)
    return value if fitted is None else replace(value, node=fitted, kind=fitted.kind)


def _constant(node: n.Quantity) -> bool:
    """Whether the value is the same for every payment."""
    match node:
        case n.Const():
            return True
        case n.Arithmetic(_, left, right):
            return _constant(left) and _constant(right)
        case n.Quotient(top, bottom, _):
            return _constant(top) and _constant(bottom)
    return False


def as_word(node: n.Quantity) -> n.Word:
    assert isinstance(node, n.Const | n.Read | n.Default)
    return node


def _plural(kind: Kind) -> str:
    return article(kind) if kind.choices else f"{kind} values"
