"""Which kinds go together: what may be compared, added, multiplied and divided, and what comes of it.

The kinds keep an author from adding people to money. One function an operation, one line a rule; None means
that the two do not go together.
"""

from __future__ import annotations

from dataclasses import replace

from ..meaning import nodes as n
from ..schema import kinds as k
from ..schema.kinds import Kind
from .literals import PLAIN
from .problems import choices_shown
from .scope import Typed

SCALARS = ("count", "number", "plain number")
WRITE = {
    "money": "an amount with its currency, such as `1_000 {currency}`",
    "ratio": "a percentage, such as `80%`",
    "duration": "a duration, such as `24h`",
    "time": "a date, such as `2026-12-01`",
    "yes/no": "`yes` or `no`",
    "count": "a whole number, such as `20`",
    "number": "a number, such as `0.5`",
}
"""What to type for a value of a kind."""


def article(kind: Kind) -> str:
    """The kind in a sentence: `a duration`, `an account`, `money in CNY`."""
    match kind.name:
        case "one of":
            return f"one of {choices_shown(kind.choices)}"
        case "money":
            return str(kind)
        case "text":
            return "a text"
        case "yes/no":
            return "a yes/no value"
    return f"an {kind}" if kind.name[0] in "aeio" else f"a {kind}"


def fit(const: n.Const, kind: Kind) -> n.Const | None:
    """The literal as a value of the kind, or None where it is another kind of thing. A number with digits fits a
    count, which it may be compared with; `held` says what a count can be."""
    if const.kind == kind:
        return const
    if const.kind == PLAIN and kind.name in SCALARS:
        return replace(const, kind=k.COUNT if const.digits == 0 and kind.name == "count" else k.NUMBER)
    if const.kind == k.TEXT and kind.name in k.WORDS and (not kind.choices or const.value in kind.choices):
        return replace(const, kind=kind)
    return None


def held(const: n.Const, kind: Kind) -> n.Value | None:
    """The literal in the unit that a field of the kind is held in; None where no field of the kind can hold it."""
    fitted = fit(const, kind)
    if fitted is None or fitted.digits > kind.digits:
        return None
    return fitted.value if not kind.numeric else int(fitted.value) * int(10 ** (kind.digits - fitted.digits))


def settle_plain(value: Typed) -> Typed:
    """A bare number that met no kind is a count or a number by its digits."""
    if value.kind != PLAIN:
        return value
    node = settled(value.node, PLAIN)
    return replace(value, node=node, kind=node.kind)


def settled(node: n.Quantity, beside: Kind) -> n.Quantity:
    """The value with its bare numbers as counts or numbers, as what they stand beside asks."""
    if node.kind != PLAIN:
        return node
    match node:
        case n.Const():
            return replace(node, kind=k.NUMBER if node.digits or beside == k.NUMBER else k.COUNT)
        case n.Arithmetic(op, left, right):
            a, b = settled(left, beside), settled(right, beside)
            return n.Arithmetic(op, a, b, k.NUMBER if k.NUMBER in (a.kind, b.kind) else k.COUNT)
    raise AssertionError(node)


def comparable(a: Kind, b: Kind) -> bool:
    return a == b or (a.name in SCALARS and b.name in SCALARS)


def sum_kind(op: str, a: Kind, b: Kind) -> Kind | None:
    if a.name == "time" and b.name == "time":
        return k.DURATION if op == "-" else None
    if a.name == "time" and b.name == "duration":
        return a
    if a.name == "duration" and b.name == "time":
        return b if op == "+" else None
    if a == b and a.numeric:
        return a
    if a.name in SCALARS and b.name in SCALARS:
        return _scalar(a, b)
    return None


def product_kind(a: Kind, b: Kind) -> Kind | None:
    if a.name in SCALARS and b.name in SCALARS:
        return _scalar(a, b)
    for x, y in ((a, b), (b, a)):
        if x.name == "ratio" and y.name in SCALARS:
            return x if y == PLAIN else k.NUMBER  # twice a share is a share, a share of a count is a number
    for x, y in ((a, b), (b, a)):
        if x.name in (*SCALARS, "ratio") and y.numeric and y.name not in ("time", *SCALARS):
            return y
    return None


def quotient_kind(a: Kind, b: Kind) -> Kind | None:
    if a.name == "time" or b.name == "time" or not (a.numeric or a == PLAIN):
        return None
    if comparable(a, b):
        return k.RATIO
    if b.name in (*SCALARS, "ratio"):
        return k.NUMBER if a.name in SCALARS else a
    return None


def _scalar(a: Kind, b: Kind) -> Kind:
    return k.NUMBER if k.NUMBER in (a, b) else k.COUNT if k.COUNT in (a, b) else PLAIN
