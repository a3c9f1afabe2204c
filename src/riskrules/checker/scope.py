"""The names that a ruleset may use, what each stands for, and which were used.

`let`s are worked out when they are first read, so they may stand in any order; one that leads back to
itself is a finding. Reading a name also records it, so that the meaning lists just the inputs that the
rules read, and the checker can say what nobody reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..base.source import Span
from ..meaning import averages
from ..meaning import nodes as n
from ..schema.fields import Field, Schema
from ..schema.kinds import DURATION, RATIO, Kind
from ..schema.limits import HIGHEST_COUNT, HIGHEST_DURATION_US, HIGHEST_MONEY_MINOR, HIGHEST_NUMBER, HIGHEST_SCORE
from ..syntax.tree import Node, Token
from .problems import Problems

HIGHEST_SUM = 10**18
"""The most that a window adds up to, in held units. A store never wraps: a sum beyond it is one that cannot be read."""

AFTERWARDS = {"status": "settled"}
"""Fields that are known only once a payment was decided, so that only the `where` of a window, which looks at payments
of the past, may read them; and what a payment that was recorded without them is taken for."""

MOST_NODES = 5_000
"""A condition, its `let`s written out, may have this many parts: `let`s that read one another twice each would
otherwise double at every step, and a decision's cost has to be bounded when the file is checked."""

MOST_DEPTH = 200
"""Parts inside parts of a condition, its `let`s written out. Later stages recurse, two calls a step, and Python
stops at a thousand."""


@dataclass(frozen=True, slots=True)
class Need:
    """An input that may be missing, read at a place without saying what happens then. `through`: the window that is
    kept by it, when the place reads that window and not the input itself."""

    read: n.Read | n.Average
    at: Span
    through: n.Read | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """A value: its node, its kind, the optional inputs that it reads without a default; its size and depth in nodes."""

    node: n.Quantity
    kind: Kind
    needs: tuple[Need, ...] = ()
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Built:
    """A condition: its node, its needs, the inputs that are surely known when it is true or false; size and depth.
    `node` is true where the condition surely holds, `may` where it may hold, for all that windows which could not be
    read leave open (`certainty`). None: the two are one."""

    node: n.Condition
    needs: tuple[Need, ...] = ()
    known_if_true: frozenset[str] = frozenset()
    known_if_false: frozenset[str] = frozenset()
    size: int = 1
    depth: int = 1
    may: n.Condition | None = None


@dataclass(frozen=True, slots=True)
class Param:
    kind: Kind
    values: tuple[n.DatedValue, ...]


@dataclass
class Scope:
    """All names of one ruleset. `declared` maps every name to (what it is, where)."""

    schema: Schema
    currency: str
    timezone: str
    declared: dict[str, tuple[str, Span]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    params: dict[str, Param] = field(default_factory=dict)
    lists: dict[str, Kind] = field(default_factory=dict)
    windows: dict[str, n.Window] = field(default_factory=dict)
    window_kinds: dict[str, Kind] = field(default_factory=dict)
    models: dict[str, n.Model | None] = field(default_factory=dict)
    """None as long as the block was not read to its end, or not without a finding."""
    lets: dict[str, Node] = field(default_factory=dict)
    let: Callable[[Token], Built | Typed | None] = lambda name: None
    inputs: dict[str, n.Input] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    reads: dict[str, set[str]] = field(default_factory=dict)
    """What each `let`, and the `where` of each window, reads: used only when they are."""
    afterwards: dict[str, str] = field(default_factory=dict)
    """`let`s that read one of `AFTERWARDS`, and which."""
    elsewhere: frozenset[str] = frozenset()
    """Windows that the file has, in a rule about another event than a payment: there none can be read."""
    looks_back: bool = False
    """In a `let`, which decides nothing by itself, and in the `where` of a window: `AFTERWARDS` may be read."""

    def names(self) -> list[str]:
        """Every name that may be read as a value or a condition."""
        return [*self.schema.fields, *self.params, *self.windows, *self.models, *self.lets]

    def is_value(self, name: str) -> bool:
        """Whether the name may be read as a value or a condition."""
        return any(name in x for x in (self.schema, self.params, self.windows, self.models, self.lets))

    def is_lost(self, name: str) -> bool:
        """Declared in a block that could not be read, so nothing more is said about it."""
        return name in self.lost

    def spread_use(self) -> None:
        """What a used `let` or window reads is used too."""
        waiting = [x for x in self.used if x in self.reads]
        while waiting:
            for name in self.reads[waiting.pop()] - self.used:
                self.used.add(name)
                if name in self.reads:
                    waiting.append(name)

    def read_field(self, name: str, at: Span) -> Typed:
        f = self.schema[name]
        read = n.Read(name, f.kind)
        optional = self.optional(f)
        if name not in self.inputs:
            self.inputs[name] = n.Input(name, f.kind, optional, "derived" if f.of else "field", f.lowest, f.highest)
        if name in AFTERWARDS and optional:
            return Typed(n.Default(read, n.Const(AFTERWARDS[name], f.kind), f.kind), f.kind, depth=2)
        return Typed(read, f.kind, (Need(read, at),) if optional else ())

    def optional(self, f: Field) -> bool:
        """What is worked out from an optional field is optional too; so is all of an instrument that may be absent."""
        if f.of:
            return self.optional(self.schema[f.of[1]])
        return f.optional

    def read_window(self, name: str, keys: tuple[str, ...] | None, at: Span) -> Typed:
        """The window for its own keys (`None`) or for others of the same kinds. It has no value where a key is missing:
        then the key must be known beside it, or the window itself have a default."""
        self.used.add(name)
        window, kind = self.windows[name], self.window_kinds[name]
        shown = name
        if keys is not None and keys != window.keys:
            shown = f"{name} of {keys[0]}" if len(keys) == 1 else f"{name} of ({', '.join(keys)})"
        by = [x for key in keys or window.keys for x in self.read_field(key, at).needs]
        read = n.Read(shown, kind)
        empty = window.aggregate not in ("count", "sum", "distinct")
        lowest, highest = window_bounds(window, kind)
        self.inputs.setdefault(shown, n.Input(shown, kind, empty or bool(by), "window", lowest, highest))
        if window.aggregate == "average":
            return self._read_average(averages.average(shown, self.schema[window.of].kind), bool(by), at)
        own = (Need(read, at),) if empty else ()
        return Typed(read, kind, own + tuple(Need(x.read, at, read) for x in by if not empty))

    def read_model(self, name: str, at: Span) -> Typed:
        """The score of a model: a ratio that may be missing."""
        self.used.add(name)
        self.inputs.setdefault(name, n.Input(name, RATIO, True, "model", -HIGHEST_SCORE, HIGHEST_SCORE))
        read = n.Read(name, RATIO)
        return Typed(read, RATIO, (Need(read, at),))

    def _read_average(self, read: n.Average, optional: bool, at: Span) -> Typed:
        """An average is read as its two parts. `inputs` has it under its own name too, for its bounds; no rule reads
        that one."""
        for part, least, most in ((read.total, -HIGHEST_SUM, HIGHEST_SUM), (read.count, 0, HIGHEST_COUNT)):
            self.inputs.setdefault(part.name, n.Input(part.name, part.kind, optional, "window", least, most))
        return Typed(read, read.kind, (Need(read, at),), size=2, depth=2)


def window_bounds(window: n.Window, kind: Kind) -> tuple[int, int]:
    if window.aggregate == "sum":
        return -HIGHEST_SUM, HIGHEST_SUM
    if kind == DURATION:
        return 0, HIGHEST_DURATION_US
    highest = {"money": HIGHEST_MONEY_MINOR, "count": HIGHEST_COUNT}.get(kind.name, HIGHEST_NUMBER)
    return (0, highest) if window.aggregate in ("count", "distinct") else (-highest, highest)


def too_complex(problems: Problems, at: Node, size: int, depth: int, what: str) -> None:
    """The finding for a value or condition that is past `MOST_NODES` or `MOST_DEPTH`."""
    many = f"has {size:_} parts once its `let`s are written out; at most {MOST_NODES:_} are allowed"
    deep = f"is {depth:_} parts deep once its `let`s are written out; at most {MOST_DEPTH:_} are allowed"
    problems.error(
        "too-complex",
        f"this {what} {many if size > MOST_NODES else deep}",
        at,
        help=("split the rule, or let each `let` read the others less often",),
    )
