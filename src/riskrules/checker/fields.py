"""`field` blocks: what an event carries besides the payment's own fields, or carries less surely than they say."""

from __future__ import annotations

from dataclasses import replace

from ..base.source import Span
from ..meaning import nodes as n
from ..schema import kinds as k
from ..schema.fields import Field, Schema
from ..schema.kinds import Kind
from ..schema.limits import HIGHEST_MONEY_MINOR, HIGHEST_NUMBER
from ..schema.payment import plain_field
from ..syntax.quoting import quoted
from ..syntax.tree import Node, Token
from .declarations import Declarations
from .kinds_together import article, held
from .literals import Literals, token, unquoted
from .problems import Problems, span_of
from .scope import Scope

DECLARED_KINDS = tuple(sorted(k.KIND_NAMES - {"one of"}))
ALWAYS_THERE = ("id", "occurred_at")
"""A decision names its payment, and params and rules are dated by its time."""
BELOW_ZERO = {"money": HIGHEST_MONEY_MINOR, "ratio": HIGHEST_NUMBER}
"""Kinds whose fields start at zero unless they say otherwise, and how far below it they may say."""
_OTHER_WORDS = {
    "amount": "money", "decimal": "number", "float": "number", "int": "count", "integer": "count", "percent": "ratio",
    "percentage": "ratio", "string": "text", "str": "text", "bool": "yes/no", "boolean": "yes/no", "flag": "yes/no",
    "date": "time", "datetime": "time", "timestamp": "time", "enum": "one of (a, b)", "bank": "institution",
}  # fmt: skip
"""What other languages call a kind."""
_PARTNERS = {"account": "institution", "merchant": "acquirer", "wallet": "operator"}
_SAMPLES = {"country": "CN", "currency": "CNY"}


class Fields:
    def __init__(self, scope: Scope, problems: Problems, literals: Literals, declarations: Declarations) -> None:
        self.scope = scope
        self.problems = problems
        self.literals = literals
        self.declarations = declarations
        self.fields: dict[str, Field] = {}
        self._known = dict(scope.schema.fields)
        self._at = {f.path: f for f in scope.schema}
        self._around = {f.path[:i]: f for f in reversed([*scope.schema]) for i in range(1, len(f.path))}

    def read(self, blocks: list[Node]) -> None:
        """Every `field` block; then the scope's schema has them all."""
        for block in blocks:
            self._field(block)
        self.scope.schema = Schema(self.scope.schema.event, self._known.values())

    def _field(self, node: Node) -> None:
        ref, kind_node, bounds, optional, text = node.parts
        assert isinstance(ref, Node) and isinstance(kind_node, Node) and isinstance(text, Token)
        name = token(ref)
        if len(ref.parts) > 1:
            self.problems.error(
                "not-a-field-name",
                f"{self.problems.shown(ref)} cannot name a field",
                ref,
                help=("write one name, such as `payment.screen_shared`",),
            )
            return
        said = self.declarations.said(text, "what the field is")
        kind = self.kind(kind_node)
        if name.text in self.scope.declared:
            self.declarations.declare("field", name)
            return
        made = None
        if kind is not None:
            made = self._bounded(self._blank(name.text, kind, unquoted(text), optional is not None), bounds)
        if made is not None:
            before = self._known.get(name.text)
            if before is not None:
                made = self._again(name, before, made, bounds if isinstance(bounds, Node) else None)
            elif not self._fits_schema(name, made):
                made = None
        if made is None or not said:
            if name.text not in self._known:
                self.scope.lost.add(name.text)
            return
        self.scope.declared[name.text] = ("field", span_of(name))
        self.fields[name.text] = self._known[name.text] = self._at[made.path] = made
        for i in range(1, len(made.path)):
            self._around.setdefault(made.path[:i], made)

    def _again(self, name: Token, before: Field, made: Field, bounds: Node | None) -> Field | None:
        """A field of the schema declared again: the same kind; optional, or narrower."""
        if made.kind != before.kind or before.of:
            self.problems.error(
                "field-differs",
                f"`{name.text}` is a field of every payment already, and "
                + (f"is worked out from `{before.of[1]}`" if before.of else f"is {article(before.kind)}"),
                name,
                help=("give yours another name" if before.of else "declare it as that, or give yours another name",),
            )
            return None
        if before.optional and not made.optional:
            self.problems.error(
                "field-differs",
                f"`{name.text}` may be missing in any payment, and a file cannot make it required",
                name,
                help=("write `, optional`, or give yours another name",),
            )
            self._known[name.text] = replace(before, optional=False)  # as its author believes: one finding is enough
            return None
        if made.optional and name.text in ALWAYS_THERE:
            self.problems.error(
                "field-differs",
                f"every payment has `{name.text}`, and no decision can do without it",
                name,
                help=("leave `optional` out",),
            )
            return None
        low, high, sample = before.lowest, before.highest, before.sample
        if bounds is not None:
            low, high = made.lowest, made.highest
            if low < before.lowest or high > before.highest:
                self._wider(bounds, "than those that the payment's own field has")
                return None
            sample = min(max(sample, low), high) if isinstance(sample, int) else sample
        return replace(before, optional=made.optional, lowest=low, highest=high, text=made.text, sample=sample)

    def _fits_schema(self, name: Token, made: Field) -> bool:
        """Whether the field has a place of its own in the event."""
        same = self._at.get(made.path)
        if same is not None:
            self.problems.error(
                "field-inside-field",
                f"`{made.name}` is read from the same place as `{same.name}`",
                name,
                help=(f"write `{same.name}`",),
            )
            return False
        inner, outer = self._around.get(made.path), made
        if inner is None:
            around = (self._at.get(made.path[:i]) for i in range(1, len(made.path)))
            inner, outer = made, next((f for f in around if f is not None), made)
        if inner is outer:
            return True
        self.problems.error(
            "field-inside-field",
            f"`{inner.name}` would lie inside `{outer.name}`, which is {article(outer.kind)}",
            name,
            help=(f"give it a name of its own, such as `{made.name.replace('.', '_')}_too`",),
        )
        return False

    def kind(self, node: Node) -> Kind | None:
        """A kind as a field or a list declares it."""
        if node.kind == "one_of":
            return self._one_of(node)
        word = token(node)
        if word.text in DECLARED_KINDS:
            return Kind("money", currency=self.scope.currency) if word.text == "money" else Kind(word.text)
        other = _OTHER_WORDS.get(word.text)
        self.problems.error(
            "unknown-kind",
            f"`{word.text}` is not a kind of value",
            word,
            help=((f"write `{other}`",) if other else self.problems.did_you_mean(word.text, DECLARED_KINDS))
            or (f"write one of {', '.join(DECLARED_KINDS)}, or `one of (a, b)`",),
        )
        return None

    def _one_of(self, node: Node) -> Kind | None:
        choices = []
        for part in (p for p in node.parts if isinstance(p, Node)):
            if part.kind not in ("word", "text"):
                quotes = '"'
                self.problems.error(
                    "not-a-word",
                    f"{self.problems.shown(part)} is not a word, and choices are words",
                    part,
                    help=(f"write it in quotes: {quoted(quotes + self.problems.words(part) + quotes)}",),
                )
                return None
            text = token(part).text if part.kind == "word" else unquoted(token(part))
            if not text:
                self.problems.error(
                    "empty-text",
                    "a choice has no letters",
                    part,
                    help=("leave it out: a missing value is not a choice",),
                )
                return None
            if text in choices:
                self.problems.error(
                    "said-twice",
                    f"{quoted(text)} stands twice among the choices",
                    part,
                    help=("write each choice once",),
                )
                return None
            choices.append(text)
        return Kind("one of", tuple(choices))

    def _bounded(self, field: Field, bounds: object) -> Field | None:
        if not isinstance(bounds, Node):
            return field
        if not field.kind.numeric:
            self.problems.error(
                "unlike-kinds", f"{article(field.kind)} has no bounds", _ends(bounds), help=("leave `from … to …` out",)
            )
            return None
        low, high = (self._held(p, field.kind) for p in bounds.parts if isinstance(p, Node))
        if low is None or high is None:
            return None
        if low > high:
            self.problems.error(
                "bounds-wrong", "the bounds are reversed", _ends(bounds), help=("write the lower bound first",)
            )
            return None
        lowest = -BELOW_ZERO[field.kind.name] if field.kind.name in BELOW_ZERO else field.lowest
        if low < lowest or high > field.highest:
            self._wider(bounds, "than any value of this kind")
            return None
        sample = min(max(0, low), high) if field.sample is not None else None
        return replace(field, lowest=low, highest=high, sample=sample)

    def _wider(self, bounds: Node, than: str) -> None:
        self.problems.error(
            "bounds-wrong",
            f"the bounds are wider {than}",
            _ends(bounds),
            help=("write narrower bounds, or leave them out",),
        )

    def _held(self, node: Node, kind: Kind) -> int | None:
        """A literal in the unit that the kind is held in."""
        const = self.literals.const(node)
        if const is None:
            return None
        value = held(const, kind)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.problems.error(
            "unlike-kinds",
            f"{self.problems.shown(node)} is {article(const.kind)}, and the field {article(kind)}",
            node,
            help=(f"write a bound that is {article(kind)}",),
        )
        return None

    def _blank(self, name: str, kind: Kind, text: str, optional: bool) -> Field:
        """A new field with its kind's own bounds and, where it is required, a harmless sample."""
        partner = _PARTNERS.get(kind.name)
        sample: n.Value | None = None
        if not optional:
            sample = 0 if kind.numeric else False if kind == k.YES_NO else _SAMPLES.get(kind.name, "sample")
            sample = kind.choices[0] if kind.choices else sample
            sample = self.scope.currency if kind.name == "currency" else sample
        partner = f"{name}.{partner}" if partner else ""
        event = self.scope.schema.event
        return plain_field(name, kind, text, optional=optional, sample=sample, partner=partner, event=event)


def _ends(bounds: Node) -> Span:
    """From the first bound to the last, without the comma before them."""
    first = bounds.parts[0]
    assert first is not None
    return Span(first.start, bounds.end)
