"""Meaning ↔ JSON, strictly.

A node becomes a list: its name, then its fields in order. Every field has one shape, checked both ways, and
whatever is not that shape is refused, because a saved program may have been written by anybody. Lists
rather than objects: a third of the length, and no key to be unknown, missing or written twice. The price is that a
field added to a node is a new format number of the saved program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from ..schema.events import EVENTS
from ..schema.fields import Field
from ..schema.kinds import KIND_NAMES, Kind
from . import losses
from . import nodes as n

Json: TypeAlias = Any

DEEPEST = 128
"""Nodes within nodes. The language stops at 64, and a node takes at most two."""
LONGEST_LIST = 1_000_000
LONGEST_STRING = 1_000_000
LARGEST = 10**60
"""Numbers are literals of at most some forty digits."""


class MeaningError(ValueError):
    """JSON that is not a ruleset. The message says where."""


Reader: TypeAlias = Callable[[Json, int], Any]
"""A value from its JSON; the second is how deep it lies."""


def _text(x: Json, depth: int) -> str:
    if not isinstance(x, str) or len(x) > LONGEST_STRING:
        raise MeaningError("a text was expected")
    return x


def _whole(x: Json, depth: int) -> int:
    if type(x) is not int or not -LARGEST < x < LARGEST:
        raise MeaningError("a whole number was expected")
    return x


def _yes_no(x: Json, depth: int) -> bool:
    if type(x) is not bool:
        raise MeaningError("a yes or no was expected")
    return x


def _value(x: Json, depth: int) -> n.Value:
    return _text(x, depth) if isinstance(x, str) else _yes_no(x, depth) if isinstance(x, bool) else _whole(x, depth)


def _among(allowed: frozenset[Any] | tuple[Any, ...]) -> Reader:
    def read(x: Json, depth: int) -> Any:
        if not isinstance(x, str | int) or isinstance(x, bool) or x not in allowed:
            raise MeaningError("one of a few words was expected")
        return x

    return read


def _or_none(reader: Reader) -> Reader:
    return lambda x, depth: None if x is None else reader(x, depth)


def _many(reader: Reader) -> Reader:
    def read(x: Json, depth: int) -> tuple[Any, ...]:
        if not isinstance(x, list) or len(x) > LONGEST_LIST:
            raise MeaningError("a list was expected")
        return tuple(reader(y, depth) for y in x)

    return read


def _tuple(*readers: Reader) -> Reader:
    def read(x: Json, depth: int) -> tuple[Any, ...]:
        if not isinstance(x, list) or len(x) != len(readers):
            raise MeaningError(f"a list of {len(readers)} was expected")
        return tuple(r(y, depth) for r, y in zip(readers, x, strict=True))

    return read


def _node(*types: type) -> Reader:
    """One of these nodes."""
    names = {t.__name__: t for t in types}

    def read(x: Json, depth: int) -> Any:
        kind = names.get(x[0]) if isinstance(x, list) and x and isinstance(x[0], str) else None
        if kind is None:
            raise MeaningError(f"one of {', '.join(names)} was expected")
        shape = SHAPES[kind]
        if len(x) != len(shape) + 1:
            raise MeaningError(f"{x[0]} has {len(shape)} fields, not {len(x) - 1}")
        if depth >= DEEPEST:
            raise MeaningError(f"nodes lie more than {DEEPEST} deep")
        return kind(*[reader(y, depth + 1) for reader, y in zip(shape.values(), x[1:], strict=True)])

    return read


def _text_or_shown(x: Json, depth: int) -> str | n.Read | n.Average:
    return x if isinstance(x, str) else _SHOWN(x, depth)


_KIND = _node(Kind)
_READ = _node(n.Read)
_SHOWN = _node(n.Read, n.Average)
_CONST = _node(n.Const)
_QUANTITY = _node(n.Const, n.Read, n.Average, n.Dated, n.Arithmetic, n.Quotient, n.Default)
_WORD = _node(n.Const, n.Read, n.Default)
_CONDITION = _node(n.Compare, n.Equal, n.Member, n.InList, n.Starts, n.Contains, n.Known, n.All, n.Any, n.Not)
_ATOM = _node(n.Compare, n.Equal, n.Member, n.InList, n.Starts, n.Contains, n.Known)
_ACT = _node(n.Act)
_SPAN = _or_none(_node(n.Span))
_WITHIN = _or_none(_node(n.Within))
_IN_FORCE = _node(n.InForce)
_LEVEL = _among(tuple(range(len(n.LEVELS))))
_NAMES = _many(_text)
_TEXTS = _many(_tuple(_text, _many(_text_or_shown)))

SHAPES: dict[type, dict[str, Reader]] = {
    Kind: {"name": _among(KIND_NAMES), "choices": _NAMES, "currency": _text},
    n.Const: {"value": _value, "kind": _KIND, "digits": _among(tuple(range(41)))},
    n.Read: {"name": _text, "kind": _KIND},
    n.Average: {"name": _text, "total": _READ, "count": _READ, "kind": _KIND},
    n.DatedValue: {
        "from_us": _or_none(_whole),
        "until_us": _or_none(_whole),
        "value": _whole,
        "digits": _among(tuple(range(41))),
    },
    n.Dated: {"name": _text, "kind": _KIND, "values": _many(_node(n.DatedValue))},
    n.Arithmetic: {"op": _among(("+", "-", "*")), "left": _QUANTITY, "right": _QUANTITY, "kind": _KIND},
    n.Quotient: {"top": _QUANTITY, "bottom": _QUANTITY, "default": _CONST, "kind": _KIND},
    n.Default: {"value": _QUANTITY, "default": _CONST, "kind": _KIND},
    n.Compare: {
        "op": _among(("=", "!=", "<", "<=", ">", ">=")),
        "left": _QUANTITY,
        "right": _QUANTITY,
        "words": _text,
    },
    n.Equal: {"left": _WORD, "right": _WORD, "negated": _yes_no, "words": _text},
    n.Member: {"value": _WORD, "among": _NAMES, "negated": _yes_no, "words": _text},
    n.InList: {"value": _WORD, "list": _text, "negated": _yes_no, "words": _text},
    n.Starts: {"value": _WORD, "text": _text, "words": _text},
    n.Contains: {"value": _WORD, "text": _text, "words": _text},
    n.Known: {"read": _SHOWN, "words": _text},
    n.All: {"parts": _many(_CONDITION), "words": _text},
    n.Any: {"parts": _many(_CONDITION), "words": _text},
    n.Not: {"part": _CONDITION, "words": _text},
    n.Act: {"level": _LEVEL, "duration_us": _or_none(_whole)},
    n.Span: {"amount": _whole, "unit": _among(("us", "months", "years", "business days")), "words": _text},
    n.Measure: {
        "verb": _text,
        "instrument": _text,
        "scope": _or_none(_text),
        "limit_minor": _or_none(_whole),
        "per": _SPAN,
        "lasting": _SPAN,
        "words": _text,
    },
    n.Instrument: {"path": _text, "institution": _text},
    n.Within: {"span": _node(n.Span), "at_most": _SPAN},
    n.Responsible: {"name": _text, "options": _many(_node(n.Instrument)), "within": _WITHIN},
    n.Notice: {"to": _text, "texts": _TEXTS},
    n.Citation: {"source": _text, "title": _text, "where": _text, "unverified": _yes_no},
    n.InForce: {"from_us": _or_none(_whole), "until_us": _or_none(_whole)},
    n.Rule: {
        "name": _text,
        "text": _text,
        "when": _CONDITION,
        "unless": _many(_CONDITION),
        "action": _or_none(_ACT),
        "score": _or_none(_whole),
        "measures": _many(_node(n.Measure)),
        "responsible": _many(_node(n.Responsible)),
        "notices": _many(_node(n.Notice)),
        "citations": _many(_node(n.Citation)),
        "in_force": _IN_FORCE,
        "reason": _TEXTS,
        "appeal": _TEXTS,
    },
    n.Exempt: {
        "name": _text,
        "text": _text,
        "when": _CONDITION,
        "unless": _many(_CONDITION),
        "lifts": _NAMES,
        "below": _or_none(_LEVEL),
        "citations": _many(_node(n.Citation)),
        "in_force": _IN_FORCE,
    },
    n.Band: {"at_least": _whole, "action": _ACT},
    n.Input: {
        "name": _text,
        "kind": _KIND,
        "optional": _yes_no,
        "origin": _among(("field", "derived", "window", "model")),
        "lowest": _whole,
        "highest": _whole,
    },
    n.Window: {
        "name": _text,
        "aggregate": _among(("count", "sum", "average", "min", "max", "distinct", "since")),
        "of": _text,
        "event": _text,
        "keys": _NAMES,
        "span": lambda x, depth: _among(("day", "month", "year"))(x, depth) if isinstance(x, str) else _whole(x, depth),
        "where": _or_none(_CONDITION),
    },
    Field: {
        "name": _text,
        "kind": _KIND,
        "text": _text,
        "optional": _yes_no,
        "lowest": _whole,
        "highest": _whole,
        "longest": _whole,
        "sample": _or_none(_value),
        "of": _or_none(_tuple(_text, _text)),
        "partner": _text,
        "event": _among(EVENTS),
    },
    n.Model: {"name": _text, "file": _text, "sha256": _text, "reads": _many(_node(n.Read, n.Average))},
    n.Expectation: {
        "what": _text,
        "value": lambda x, depth: _text(x, depth) if isinstance(x, str) else _act_or_pair(x, depth),
        "words": _text,
    },
    n.Test: {
        "name": _text,
        "of": _text,
        "given": _many(_tuple(_text, _or_none(_value))),
        "lists": _many(_tuple(_text, _NAMES)),
        "expect": _many(_node(n.Expectation)),
        "line": _whole,
    },
    n.Frame: {
        "name": _text,
        "version": _text,
        "title": _text,
        "currency": _text,
        "timezone": _text,
        "language": _text,
        "in_force": _IN_FORCE,
        "inputs": _many(_node(n.Input)),
        "bands": _many(_node(n.Band)),
        "lists": _many(_tuple(_text, _KIND)),
        "windows": _many(_node(n.Window)),
        "fields": _many(_node(Field)),
        "calendar": _text,
        "event": _among(EVENTS),
        "liabilities": _many(_node(losses.Liability)),
        "others": _many(lambda x, depth: _RULESET(x, depth)),
        "models": _many(_node(n.Model)),
    },
    losses.Reduction: {
        "what": _among((losses.EXCESS, losses.CAP)),
        "amount": _QUANTITY,
        "where": _or_none(_CONDITION),
        "words": _text,
        "party": _text,
        "bearer": _text,
    },
    losses.Part: {
        "party": _text,
        "bearer": _text,
        "value": _or_none(_whole),
        "digits": _among(tuple(range(41))),
    },
    losses.Case: {
        "when": _CONDITION,
        "reductions": _many(_node(losses.Reduction)),
        "parts": _many(_node(losses.Part)),
        "words": _text,
        "citations": _many(_node(n.Citation)),
    },
    losses.Liability: {
        "name": _text,
        "text": _text,
        "when": _CONDITION,
        "unless": _many(_CONDITION),
        "loss": _QUANTITY,
        "cases": _many(_node(losses.Case)),
        "within": _WITHIN,
        "citations": _many(_node(n.Citation)),
        "in_force": _IN_FORCE,
    },
}
SHAPES[n.Ruleset] = {
    **SHAPES[n.Frame],
    "rules": _many(_node(n.Rule)),
    "exempts": _many(_node(n.Exempt)),
    "tests": _many(_node(n.Test)),
}
_READERS: dict[type, Reader] = {kind: _node(kind) for kind in (n.Ruleset, n.Frame, n.Rule, n.Exempt, n.Test, n.Act)}
_RULESET: Reader = _READERS[n.Ruleset]


def _act_or_pair(x: Json, depth: int) -> Any:
    if isinstance(x, list) and len(x) == 3 and x[0] == "Act":
        return _ACT(x, depth)
    second = x[1] if isinstance(x, list) and len(x) == 2 else None
    reader = _whole if type(second) is int else _node(n.Within) if isinstance(second, list) else _text
    return _tuple(_text, reader)(x, depth)


def to_json(node: Any) -> Json:
    """Lists, texts, whole numbers, yes/no and None. A `Ruleset`, or any other node of one."""
    shape = SHAPES.get(type(node))
    if shape is not None:
        return [type(node).__name__, *(to_json(getattr(node, name)) for name in shape)]
    if isinstance(node, tuple):
        return [to_json(x) for x in node]
    assert node is None or isinstance(node, str | int | bool), node
    return node


Node = TypeVar("Node")


def node_from_json(kind: type[Node], x: Json) -> Node:
    """A node of one kind. Raises `MeaningError`."""
    made = _READERS[kind](x, 0)
    assert isinstance(made, kind)
    return made


def atom_from_json(x: Json) -> n.Atom:
    """One condition that is not made of others. Raises `MeaningError`."""
    return _ATOM(x, 0)  # type: ignore[no-any-return]  # a reader gives what it reads


def left_out(shapes: Mapping[type, dict[str, Reader]] = SHAPES) -> dict[type, set[str]]:
    """Fields of nodes that the codec does not know: none, as a test makes sure."""
    return {t: set(t.__dataclass_fields__) - set(s) for t, s in shapes.items()}  # type: ignore[attr-defined]  # every node is a dataclass
