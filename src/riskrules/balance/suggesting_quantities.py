"""What proposed rules may read: the amount, the windows, the `let`s and the fields of a ruleset that a person chose.

Which numbers make sense is said by the base ruleset and not guessed: each of its windows and `let`s, read or not, and
the numeric fields that its rules read. A probe with the same windows and no effect makes the engine work them out, so
what the search sees is what a rule will see. A value is kept as a fraction of two floats, whole numbers both, so that
comparing with an average divides only once; what a rule does is decided by the engine, where nothing is a float.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..base.diagnostics import RulesetError
from ..base.source import Source, Span
from ..bridges.columns import Batch, Flags, Numbers
from ..checker.models import Beside, none_beside
from ..checker.one_event import Run
from ..checker.problems import Problems
from ..checker.ruleset import check_text
from ..checker.scope import Built, Typed
from ..engine.rules import Rules
from ..meaning import nodes as n
from ..meaning.averages import window_of
from ..schema.kinds import Kind
from ..schema.limits import MISSING
from ..syntax.parse import parse

Floats = NDArray[np.float64]

LET = "let "
"""Before the name of a `let` that is a condition, as a rule of the probe: no rule of an author has a space in its
name."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number to compare, by the name that a rule writes. `needs`: what must be known beside it. `family`: quantities
    of one kind and one family are compared with each other; "" with all of their kind. `keys`: whose it is."""

    name: str
    kind: Kind
    node: n.Quantity
    needs: tuple[str, ...]
    family: str
    keys: tuple[str, ...]
    always: bool = False
    """Above zero wherever it is known, as a rule: what a payment moves, and averages, least and largest of that."""


@dataclass(frozen=True, slots=True)
class Readable:
    """`quantities` and `conditions` (names of `let`s and of yes/no fields; the former are rules of the probe, the
    latter columns); `probe`: rules that read all of it and do nothing."""

    quantities: tuple[Quantity, ...]
    conditions: tuple[str, ...]
    probe: Rules


def readable(text: str, name: str, beside: Beside = none_beside) -> Readable:
    """What may be read by the ruleset's own words. `beside`: as in `check_text`. RulesetError when it does not
    check."""
    checked = check_text(text, name, beside=beside)
    if checked.ruleset is None:
        raise RulesetError(checked.diagnostics)
    source = Source(name, text)
    run = Run(parse(source), Problems(source), (), "payment", ("payment",), [], beside)
    run.check()
    made = run.made
    if made is None:
        raise RulesetError(run.problems.found)
    scope, nowhere = run.scope, Span(0, 0)
    fields = [i.name for i in made.inputs if i.origin != "window" and i.name not in ("id", "occurred_at")]
    fields = list(dict.fromkeys((*(["amount"] if "amount" in scope.schema else []), *fields)))
    quantities: list[Quantity] = []
    conditions: list[str] = []
    for field in fields:
        typed = scope.read_field(field, nowhere)
        if typed.kind.numeric and typed.kind.name != "time":
            quantities.append(_quantity(field, typed, "", ()))
        elif typed.kind.name == "yes/no" and not typed.needs:
            conditions.append(field)
    for window in scope.windows.values():
        typed = scope.read_window(window.name, None, nowhere)
        quantities.append(_quantity(window.name, typed, _family(window.aggregate, typed.kind), window.keys))
    for let in scope.lets:
        found = run.lets.results.get(let)
        if isinstance(found, Typed) and found.kind.numeric and found.kind.name != "time" and _is_plain(found.node):
            windows = [window_of(r.name) for r in _reads(found.node)]
            keys = {scope.windows[w].keys for w in windows if w in scope.windows}
            quantities.append(_quantity(let, found, "", next(iter(keys)) if len(keys) == 1 else ()))
        elif isinstance(found, Built):
            conditions.append(let)
    whens = [(LET + x, b.node) for x in conditions if isinstance(b := run.lets.results.get(x), Built)]
    read = tuple(dict.fromkeys(r for q in quantities for r in _reads(q.node)))
    rules = (n.Rule("probe", "", n.All(tuple(n.Known(r) for r in read))), *(n.Rule(x, "", when) for x, when in whens))
    probe = replace(
        made, rules=tuple(sorted(rules, key=lambda r: r.name)), exempts=(), bands=(), tests=(), others=(),
        liabilities=(), in_force=n.InForce(), windows=tuple(sorted(scope.windows.values(), key=lambda w: w.name)),
        inputs=tuple(i for _, i in sorted(scope.inputs.items()) if not _is_average(i, scope.windows)),
    )  # fmt: skip
    return Readable(tuple(quantities), tuple(conditions), Rules(probe))


def _quantity(name: str, typed: Typed, family: str, keys: tuple[str, ...]) -> Quantity:
    needs = tuple(dict.fromkeys(need.read.name for need in typed.needs))
    return Quantity(name, typed.kind, typed.node, needs, family, keys, name == "amount" or family == "single")


def _family(aggregate: str, kind: Kind) -> str:
    """A sum is compared with sums, an average, a largest and a smallest with one another, a count with counts."""
    return "single" if aggregate in ("average", "min", "max") else "sum" if aggregate == "sum" else kind.name


def _is_average(found: n.Input, windows: dict[str, n.Window]) -> bool:
    """An average's own name is no input; its parts are."""
    return found.origin == "window" and found.name in windows and windows[found.name].aggregate == "average"


def atoms_of(node: n.Quantity) -> tuple[n.Read | n.Average, ...]:
    """The inputs and averages that a value is worked out from, in the order in which they are read."""
    match node:
        case n.Read() | n.Average():
            return (node,)
        case n.Arithmetic(_, left, right) | n.Quotient(left, right):
            return (*atoms_of(left), *atoms_of(right))
        case n.Default(value):
            return atoms_of(value)
    return ()


def _reads(node: n.Quantity) -> tuple[n.Read, ...]:
    parts = [(a.total, a.count) if isinstance(a, n.Average) else (a,) for a in atoms_of(node)]
    return tuple(read for part in parts for read in part)


def _is_plain(node: n.Quantity) -> bool:
    """Whether it reads no param whose value hangs on the day."""
    match node:
        case n.Dated():
            return False
        case n.Arithmetic(_, left, right) | n.Quotient(left, right):
            return _is_plain(left) and _is_plain(right)
        case n.Default(value):
            return _is_plain(value)
    return True


def fraction_of(node: n.Quantity, batch: Batch) -> tuple[Floats, Floats]:
    """The value in natural units (money in minor ones) for each row: top and bottom, the top NaN where it is
    missing."""
    match node:
        case n.Const(value, _, digits):
            return np.full(batch.rows, float(value)), np.full(batch.rows, 10.0**digits)
        case n.Read(name, kind):
            return _column(batch, name), np.full(batch.rows, 10.0**kind.digits)
        case n.Average(_, total, count):
            top, bottom = _column(batch, total.name), _column(batch, count.name)
            none = np.isnan(bottom) | (bottom == 0)
            return np.where(none, np.nan, top), np.where(none, 1.0, bottom * 10.0**total.kind.digits)
        case n.Arithmetic(op, left, right):
            (a, b), (c, d) = fraction_of(left, batch), fraction_of(right, batch)
            return (a * c, b * d) if op == "*" else (a * d + c * b if op == "+" else a * d - c * b, b * d)
        case n.Quotient(top_node, bottom_node, default):
            (a, b), (c, d) = fraction_of(top_node, batch), fraction_of(bottom_node, batch)
            top, bottom = a * d * np.sign(c), b * np.abs(c)
            return _or_else(top, bottom, np.isnan(a) | np.isnan(c) | (c == 0), fraction_of(default, batch))
        case n.Default(value, default):
            a, b = fraction_of(value, batch)
            return _or_else(a, b, np.isnan(a), fraction_of(default, batch))
    raise AssertionError(node)


def _or_else(
    top: Floats, bottom: Floats, absent: NDArray[np.bool_], default: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    return np.where(absent, default[0], top), np.where(absent, default[1], bottom)


def _column(batch: Batch, name: str) -> Floats:
    found = batch.columns.get(name)
    if isinstance(found, Flags) or not isinstance(found, Numbers):
        return np.full(batch.rows, np.nan)
    values = found.values.astype(np.float64)
    values[found.values == MISSING] = np.nan
    return values
