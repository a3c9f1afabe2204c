"""Values in a condition: literals, names, arithmetic, defaults; each with its kind.

What may be added, multiplied and divided stands in `kinds_together`. A division is read only where its
default stands beside it, so that no value is ever undefined.
"""

from __future__ import annotations

from dataclasses import replace

from ..base.source import Span
from ..meaning import nodes as n
from ..schema import kinds as k
from ..schema.kinds import ENTITIES
from ..syntax.quoting import quoted
from ..syntax.tree import Node, Token
from .kinds_together import WRITE, article, fit, product_kind, quotient_kind, settled, sum_kind
from .literals import PLAIN, Literals, token
from .problems import Problems, span_of
from .scope import AFTERWARDS, Built, Param, Scope, Typed

LITERALS = frozenset(
    {"money", "ratio", "bps", "number", "duration", "calendar_span", "text", "yes", "no", "date", "instant"}
)
_ELSEWHERE = {"true": "yes", "false": "no", "null": "… is missing", "none": "… is missing"}
"""What other languages call it."""


class Quantities:
    """Reads the sides of comparisons for one ruleset."""

    def __init__(self, scope: Scope, problems: Problems, literals: Literals) -> None:
        self.scope = scope
        self.problems = problems
        self.literals = literals

    def side(self, node: Node) -> Typed | None:
        """Any value. None after a finding."""
        if node.kind in LITERALS:
            const = self.literals.const(node)
            return None if const is None else Typed(const, const.kind)
        match node.kind:
            case "ref":
                return self.ref(node)
            case "paren":
                return self.side(_node(node, 0))
            case "else_":
                return self._default(node)
            case "sum":
                return self._chain(node)
            case "product":
                return self._division_without_default(node) if _divides(node) else self._chain(node)
        raise AssertionError(node.kind)

    # -- names ---------------------------------------------------------------------------------
    def ref(self, node: Node) -> Typed | None:
        name = token(node)
        if len(node.parts) == 1:
            return self.named(name)
        keyed = node.parts[1]
        if isinstance(keyed, Token):
            return self.window_of(name, [keyed], span_of(node))
        assert keyed is not None
        return self.window_of(name, [token(p) for p in keyed.parts if isinstance(p, Node)], span_of(node), keyed)

    def named(self, name: Token) -> Typed | None:
        """The value of a name, or None after a finding."""
        scope, word = self.scope, name.text
        if word in scope.lets:
            return self._let(name)
        scope.used.add(word)
        if word in AFTERWARDS and word in scope.schema and not scope.looks_back:
            self.too_early(name)
            return None
        if word in scope.params:
            return _param(word, scope.params[word])
        if word in scope.windows:
            return scope.read_window(word, None, span_of(name))
        if word in scope.models:
            return scope.read_model(word, span_of(name))
        if word in scope.schema:
            return scope.read_field(word, span_of(name))
        if word in scope.lists:
            self.problems.error(
                "list-as-value",
                f"`{word}` is a list, and a list has no value of its own",
                name,
                help=(f"write `payee.account in {word}`, with the field that you mean",),
            )
        elif word in scope.elsewhere:
            self.elsewhere(name)
        elif not scope.is_lost(word):
            self.unknown(name)
        return None

    def elsewhere(self, name: Token) -> None:
        """A window, read where there is no payment that it could look back from."""
        self.problems.error(
            "window-elsewhere",
            f"`{name.text}` looks at payments, and is read in rules about payments only",
            name,
            help=(f"compare what the {self.scope.schema.event} carries instead",),
        )

    def too_early(self, name: Token, reads: str = "") -> None:
        """`name` is known, or a `let` of that name reads what is known, only once the payment was decided."""
        what = f"`{name.text}` reads `{reads}`, which is" if reads else f"`{name.text}` is"
        self.problems.error(
            "known-afterwards",
            f"{what} known only after the decision",
            name,
            help=(f"use it in the `where` of a window, such as `where {reads or name.text} = failed`",),
        )

    def unknown(self, name: Token) -> None:
        word, scope = name.text, self.scope
        entity = scope.schema.get(word.removesuffix(".id"))
        help: tuple[str, ...]
        if word.endswith(".id") and entity is not None and entity.kind.name in ENTITIES:
            help = (f"write `{word.removesuffix('.id')}`: {entity.kind} values are compared by their id",)
        elif word in _ELSEWHERE:
            help = (f"write `{_ELSEWHERE[word]}`",)
        elif word.startswith("payment.") and word.removeprefix("payment.") in scope.schema:
            help = (f"write `{word.removeprefix('payment.')}`",)
        elif f"payment.{word}" in scope.schema:
            help = (f"write `payment.{word}`",)
        else:
            help = self.problems.did_you_mean(word, scope.names()) or (
                f'declare it: `field {word} yes/no, optional "what it says"`, with the kind that it has'
                if "." in word
                else "see `riskrules explain unknown-name` for where names come from",
            )  # fmt: skip
        self.problems.error("unknown-name", f"there is no field, window, param or let named `{word}`", name, help=help)

    def let(self, name: Token) -> Built | Typed | None:
        """What the `let` stands for, where it may stand here; None after a finding."""
        result = self.scope.let(name)
        if name.text in self.scope.afterwards and not self.scope.looks_back:
            self.too_early(name, self.scope.afterwards[name.text])
            return None
        return result

    def _let(self, name: Token) -> Typed | None:
        result = self.let(name)
        if isinstance(result, Typed):
            at = span_of(name)
            return replace(result, needs=tuple(replace(x, at=at) for x in result.needs))
        if isinstance(result, Built):
            self.problems.error(
                "condition-as-value",
                f"`{name.text}` is a condition, so it stands alone",
                name,
                help=(f"write `{name.text}` without a comparison, or `unless {name.text}` for the opposite",),
            )
        return None

    def window_of(self, name: Token, names: list[Token], at: Span, pair: Node | None = None) -> Typed | None:
        """`W of K`, or `W of (K, K)`: the window for other keys than its own."""
        scope = self.scope
        if name.text not in scope.windows:
            if scope.is_lost(name.text):
                return None
            if name.text in scope.elsewhere:
                self.elsewhere(name)
                return None
            self.problems.error(
                "unknown-window",
                f"`{name.text}` is not a window, so it has no value for another key",
                name,
                help=self.problems.did_you_mean(name.text, scope.windows) or ("declare it with `window`",),
            )
            return None
        window = scope.windows[name.text]
        plain = pair is None or all(isinstance(p, Node) and len(p.parts) == 1 for p in pair.parts)
        if len(names) != len(window.keys) or not plain:
            one = "one key" if len(window.keys) == 1 else f"{len(window.keys)} keys"
            here = f"{len(names)} {'stands' if len(names) == 1 else 'stand'} here"
            self.problems.error(
                "wrong-key",
                f"`{name.text}` is kept by {one}, and {here if plain else 'a key is the name of a field'}",
                at,
                help=(f"give one for {' and one for '.join(f'`{x}`' for x in window.keys)}",),
            )
            return None
        fits = [self._key(name, given, own) for given, own in zip(names, window.keys, strict=True)]
        return scope.read_window(name.text, tuple(x.text for x in names), at) if all(fits) else None

    def _key(self, window: Token, given: Token, own: str) -> bool:
        scope = self.scope
        if given.text not in scope.schema:
            if not scope.is_lost(given.text):
                self.unknown(given)
            return False
        if given.text in AFTERWARDS:
            self.too_early(given)
            return False
        want, got = scope.schema[own].kind, scope.schema[given.text].kind
        if want == got:
            return True
        same = [f.name for f in scope.schema if f.kind == want]
        self.problems.error(
            "wrong-key",
            f"`{window.text}` is kept by `{own}`, which is {article(want)}, and `{given.text}` is {article(got)}",
            given,
            help=self.problems.did_you_mean(given.text, same) or (f"name {article(want)}",),
        )
        return False

    # -- arithmetic ----------------------------------------------------------------------------
    def _chain(self, node: Node) -> Typed | None:
        """`a op b op c`, from the left."""
        total = self.side(_node(node, 0))
        for i in range(1, len(node.parts), 2):
            right = self.side(_node(node, i + 1))
            if total is None or right is None:
                total = None
                continue
            total = self._arithmetic(token(node, i), total, right)
        return total

    def _arithmetic(self, op: Token, left: Typed, right: Typed) -> Typed | None:
        kind = product_kind(left.kind, right.kind) if op.text == "*" else sum_kind(op.text, left.kind, right.kind)
        if kind is None:
            self.unlike(
                f"`{op.text}` does not go between {article(left.kind)} and {article(right.kind)}", op, left, right
            )
            return None
        a, b = (left.node, right.node) if kind == PLAIN else (settled(left.node, kind), settled(right.node, kind))
        return Typed(
            n.Arithmetic(op.text, a, b, kind),
            kind,
            left.needs + right.needs,
            left.size + right.size + 1,
            max(left.depth, right.depth) + 1,
        )

    def _default(self, node: Node) -> Typed | None:
        inner, literal = _node(node, 0), _node(node, 1)
        quotient = inner.kind == "paren" and _is_division(_node(inner, 0))
        value = self._quotient(_node(inner, 0)) if quotient else self.side(inner)
        const = self.literals.const(literal)
        if value is None or const is None:
            return None
        fitting = fit(const, value.kind)
        if fitting is None:
            self.unlike(
                f"the default is {article(const.kind)}, and the value {article(value.kind)}",
                literal,
                value,
                Typed(const, const.kind),
            )
            return None
        if quotient:
            assert isinstance(value.node, n.Quotient)
            return replace(value, node=replace(value.node, default=fitting))
        if not value.needs and not windows_in(value.node, self.scope):
            self.problems.warning(
                "never-missing",
                f"{self.problems.shown(inner)} is never missing, so its default is never used",
                literal,
                help=("leave the `else` out",),
            )
            return value
        return Typed(n.Default(value.node, fitting, value.kind), value.kind, (), value.size, value.depth + 1)

    def _quotient(self, product: Node) -> Typed | None:
        """The value of a division whose default stands beside it; the caller puts the default in."""
        left_parts = product.parts[:-2]
        first = left_parts[0]
        assert isinstance(first, Node)
        top_node = first if len(left_parts) == 1 else Node("product", left_parts, product.start, product.end)
        top, bottom = self.side(top_node), self.side(_node(product, len(product.parts) - 1))
        if top is None or bottom is None:
            return None
        kind = quotient_kind(top.kind, bottom.kind)
        if kind is None:
            self.unlike(f"{article(top.kind)} cannot be divided by {article(bottom.kind)}", product, top, bottom)
            return None
        a, b = settled(top.node, top.kind), settled(bottom.node, bottom.kind)
        made = n.Quotient(a, b, n.Const(0, kind), kind)
        return Typed(made, kind, (), top.size + bottom.size + 1, max(top.depth, bottom.depth) + 1)

    def _division_without_default(self, node: Node) -> Typed | None:
        words = self.problems.words(node)
        help: tuple[str, ...] = (f"write {quoted(f'({words}) else 0%')}, with the value that it shall have then",)
        if not _is_division(node):
            help = ("bracket the division with its default, and go on outside: `((a / b) else 0%) * c`",)
        self.problems.error(
            "division-without-default",
            f"{quoted(words)} does not say what it is when it divides by zero",
            node,
            help=(*help, "or multiply instead: `a >= 80% * b` needs no default"),
        )
        return None

    def unlike(self, message: str, at: Node | Token, left: Typed, right: Typed) -> None:
        """Two kinds that do not go together, with what to write where a bare number is the reason."""
        money = [x.kind for x in (left, right) if x.kind.name == "money"]
        if len(money) == 2 and money[0] != money[1]:
            self.problems.error(
                "unlike-currencies",
                f"`{money[0].currency}` and `{money[1].currency}` are different currencies",
                at,
                help=(f"write the amount in {self.scope.currency}, the currency of this ruleset",),
            )
            return
        other = right if left.kind in (PLAIN, k.TEXT) else left
        written = isinstance(left.node, n.Const) or isinstance(right.node, n.Const)
        write = WRITE.get(other.kind.name, "").format(currency=self.scope.currency) if written else ""
        self.problems.error("unlike-kinds", message, at, help=(f"write {write}",) if write else ())


def _param(name: str, param: Param) -> Typed:
    values = param.values
    if len(values) == 1:
        return Typed(n.Const(values[0].value, param.kind, values[0].digits), param.kind)
    return Typed(n.Dated(name, param.kind, values), param.kind)


def _divides(node: Node) -> bool:
    return any(isinstance(p, Token) and p.type == "SLASH" for p in node.parts)


def _is_division(node: Node) -> bool:
    """A product whose last operator divides, and no earlier one."""
    last = node.parts[-2] if node.kind == "product" else None
    earlier = node.parts[:-2]
    return (
        isinstance(last, Token)
        and last.type == "SLASH"
        and not any(isinstance(p, Token) and p.type == "SLASH" for p in earlier)
    )


def windows_in(node: n.Quantity, scope: Scope) -> list[n.Read | n.Average]:
    """The windows without which the value is missing: read as they are, with no default around them."""
    match node:
        case n.Read(name):
            return [node] if scope.inputs[name].origin == "window" else []
        case n.Average():
            return [node]
        case n.Arithmetic(_, left, right):
            return [*windows_in(left, scope), *windows_in(right, scope)]
    return []


def _node(node: Node, index: int) -> Node:
    part = node.parts[index]
    assert isinstance(part, Node)
    return part
