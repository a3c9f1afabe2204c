"""Payments as Arrow tables: a column a field, each in one of the layouts that a history may have.

A column has one type, so a payment whose faulty value fits no column of the others stands in a table of its own. What
no Arrow array holds (an object, half a surrogate pair, a payment that is no mapping) is counted and left out.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pyarrow as pa
from path_payments import EPOCH, Payment
from rulefile_values import decimal

from riskrules.schema.fields import Field, Schema
from riskrules.schema.values import decimals_of

LAYOUTS = {
    "money": ("text", "text", "decimal", "float", "whole", "dictionary"),
    "number": ("text", "decimal", "float", "whole"),
    "ratio": ("text", "decimal", "float"),
    "count": ("text", "whole", "whole", "float", "decimal"),
    "time": ("text", "us", "us in a zone", "ms", "ns", "dictionary"),
    "duration": ("text", "us"),
    "yes/no": ("bool",),
}
WORD_LAYOUTS = ("text", "text", "large text", "dictionary", "text view")
TEXT_LAYOUTS = ("text", "large text", "text view", "dictionary")
MOST_ODD_TABLES = 2
"""Of one row each, a ruleset: a table costs as much as fifty rows."""
LARGEST_EXACT = 10**15
NANOSECONDS_REACH = range(-9 * 10**15, 9 * 10**15)


class Tables:
    """Writes the payments of one ruleset, the layouts drawn once."""

    def __init__(self, fields: list[Field], schema: Schema, r: random.Random, seen: Counter[str]) -> None:
        self.fields = fields if any(f.name == "currency" for f in fields) else [*fields, schema["currency"]]
        self.random, self.seen = r, seen
        self.wanted = {f.name: r.choice(LAYOUTS.get(f.kind.name, WORD_LAYOUTS)) for f in self.fields}
        self.by_name = r.random() < 0.2
        self.nested = r.random() < 0.25 and not self.by_name
        self.chunks = r.choice((1, 1, 2, 3))

    def of(self, payments: list[Payment]) -> list[tuple[list[int], pa.Table]]:
        """Tables that together hold every payment that a table can hold: (places in `payments`, the table)."""
        whole = [i for i, p in enumerate(payments) if self._tabular(p)]
        self.layouts = {f.name: self._layout(f, [payments[i] for i in whole]) for f in self.fields}
        odd = [i for i in whole if not self._fits(payments[i])]
        even = [i for i in whole if self._fits(payments[i])]
        tables = [(even, self._table([payments[i] for i in even]))] if even else []
        self.seen["odd tables left out"] += max(0, len(odd) - MOST_ODD_TABLES)
        for i in self.random.sample(odd, min(len(odd), MOST_ODD_TABLES)):
            table = self._odd_table(payments[i])
            if table is None:
                self.seen["no table can hold it"] += 1
            else:
                tables.append(([i], table))
        return tables

    def _tabular(self, p: Payment) -> bool:
        fits = p.fault not in ("not an event", "part is no mapping")
        self.seen["no table can hold it"] += not fits
        return fits

    # -- layouts -------------------------------------------------------------------------------------
    def _layout(self, f: Field, payments: list[Payment]) -> str:
        """The wanted layout, or text where it cannot hold every good value exactly."""
        layout = self.wanted[f.name]
        held = [v for p in payments if (v := p.held.get(f.name)) is not None and f.name not in p.cells]
        numbers = [v for v in held if isinstance(v, int)]
        match layout:
            case "float":
                exact = all(_exact_float(f, v) for v in numbers)
            case "whole":
                exact = all(v % 10 ** decimals_of(f) == 0 for v in numbers)
            case "ms":
                exact = all(v % 1_000 == 0 for v in numbers)
            case "ns":
                exact = all(v in NANOSECONDS_REACH for v in numbers)
            case _:
                exact = True
        chosen = layout if exact else "text"
        self.seen[f"column of {f.kind.name} as {chosen}"] += 1
        return chosen

    def _fits(self, p: Payment) -> bool:
        """Whether the faulty cell, if any, is of its column's own type."""
        for name, given in p.cells.items():
            layout = self.layouts.get(name, "text")
            own = (float,) if layout == "float" else (str,) if layout in TEXT_LAYOUTS else ()
            if type(given) not in own or (isinstance(given, str) and not _encodes(given)):
                return False
        return True

    def _table(self, payments: list[Payment], odd: dict[str, pa.Array] | None = None) -> pa.Table:
        columns = {}
        for f in self.fields:
            cells = [self._cell(f, p) for p in payments]
            given = (odd or {}).get(f.name)
            columns[f] = given if given is not None else self._array(f, cells)
        if self.nested:
            return pa.table(_nested({f.path: a for f, a in columns.items()}))
        table = pa.table({f.name if self.by_name else f.key: a for f, a in columns.items()})
        if self.chunks > 1 and len(payments) > 3:
            cuts = sorted(self.random.sample(range(1, len(payments)), self.chunks - 1))
            edges = [0, *cuts, len(payments)]
            table = pa.concat_tables([table.slice(a, b - a) for a, b in pairwise(edges)])
        return table

    def _odd_table(self, p: Payment) -> pa.Table | None:
        ((name, given),) = p.cells.items()
        if isinstance(given, dict) or (isinstance(given, str) and not _encodes(given)):
            return None
        try:
            array = pa.array([given])
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            return None
        if pa.types.is_null(array.type):
            return None
        return self._table([p], {name: array})

    # -- cells ---------------------------------------------------------------------------------------
    def _cell(self, f: Field, p: Payment) -> Any:
        """What stands in the column: a held value in the column's layout, or the faulty value as it is."""
        if f.name in p.cells:
            given = p.cells[f.name]
            return given if self._fits(p) else None
        held = p.event.get("currency") if f.name == "currency" else p.held.get(f.name)
        if held is None or isinstance(held, bool) or not isinstance(held, int):
            return held
        layout = self.layouts[f.name]
        match f.kind.name:
            case "time":
                moment = EPOCH + timedelta(microseconds=held)
                return moment.isoformat().replace("+00:00", "Z") if layout in ("text", "dictionary") else moment
            case "duration":
                return f"{held}us" if layout == "text" else timedelta(microseconds=held)
        digits = decimals_of(f)
        text = decimal(held, digits, shortest=layout == "dictionary")
        match layout:
            case "float":
                return held / 10**digits
            case "whole":
                return held // 10**digits
        return Decimal(text) if layout == "decimal" else text

    def _array(self, f: Field, cells: list[Any]) -> pa.Array:
        layout = self.layouts[f.name]
        if layout == "dictionary":
            return pa.array(cells, pa.string()).dictionary_encode()
        if f.kind.name == "duration" and layout == "us":
            return pa.array(cells, pa.duration("us"))
        types = {
            "text": pa.string(), "large text": pa.large_string(), "text view": pa.string_view(), "bool": pa.bool_(),
            "float": pa.float64(), "whole": pa.int64(), "us": pa.timestamp("us", "UTC"),
            "us in a zone": pa.timestamp("us", "Asia/Tokyo"),
            "ms": pa.timestamp("ms", "UTC"), "ns": pa.timestamp("ns", "UTC"),
        }  # fmt: skip
        return pa.array(cells, types.get(layout) or pa.decimal128(38, decimals_of(f)))


def _exact_float(f: Field, held: int) -> bool:
    one = 10 ** decimals_of(f)
    near = held / one
    if f.kind.name in ("money", "count"):
        return abs(held) <= LARGEST_EXACT and bool(Decimal(repr(near)) * one == held)
    return abs(near) <= LARGEST_EXACT and round(Fraction(near) * one) == held


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nested(columns: dict[tuple[str, ...], pa.Array]) -> dict[str, pa.Array]:
    """Columns by path as struct columns."""
    made: dict[str, pa.Array] = {}
    inner: dict[str, dict[tuple[str, ...], pa.Array]] = {}
    for path, array in columns.items():
        if len(path) == 1:
            made[path[0]] = array
        else:
            inner.setdefault(path[0], {})[path[1:]] = array
    for key, below in inner.items():
        parts = _nested(below)
        made[key] = pa.StructArray.from_arrays(list(parts.values()), names=list(parts))
    return made
