"""The parser's run: tokens in, one tree out, built while parsing.

This is the loop of any LALR parser over Lark's tables. It stands here, and is not Lark's own, for three reasons: the
tree is built in the same pass (a later pass over it would recurse), a word can be settled by the state (see `lexer`),
and a failure keeps the stack, from which `expected` works out what could have stood there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from .lexer import RawToken
from .tables import END, Rule, Tables
from .tree import Node, Part, Token
from .words import RESERVED

_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_SOURCE = re.compile(r"[A-Z][A-Za-z0-9_-]*\Z")
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*\Z")
_VERSION = re.compile(r"[0-9]{4}\.[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Failure:
    """The token that could not stand where it stood, by index (the number of tokens for the end of the block), and
    the stack when that was found. Some of the stack may have been reduced already in vain: see `expected`."""

    index: int
    states: tuple[int, ...]


def run(tables: Tables, tokens: Sequence[RawToken]) -> Node | Failure:
    """One block. Linear in the tokens; never recurses."""
    rows, rules, kept = tables.rows, tables.rules, tables.kept
    states = [tables.start]
    values: list[Any] = []
    starts: list[int] = []
    ends: list[int] = []
    row = rows[tables.start]
    last = tokens[-1][3] if tokens else 0
    queue: list[RawToken] = []
    stream = iter(tokens)
    index = -1
    while True:
        if queue:
            token = queue.pop()
        else:
            index += 1
            token = next(stream, (END, "", last, last))
        kind, text, a, b = token
        action = row.get(kind)
        if action is None:
            settled = settle(row, kind, text)
            if settled is None:
                return Failure(index, tuple(states))
            if settled == "MINUS":
                queue.append(("NUMBER", text[1:], a + 1, b))
                text, b = "-", a + 1
            kind = settled
            action = row[kind]
        while action < 0:
            rule = rules[-1 - action]
            size = rule.size
            if rule.passes:
                states.pop()
            elif size:
                first = starts[-size]
                value = _made(rule, values, first, ends[-1])
                del values[-size:], states[-size:]
                values.append(value)
                if size > 1:
                    end = ends[-1]
                    del starts[-size:], ends[-size:]
                    starts.append(first)
                    ends.append(end)
            else:
                place = ends[-1] if ends else a
                values.append(Node(rule.kind, (None,) * rule.absent, place, place))
                starts.append(place)
                ends.append(place)
            state = rows[states[-1]][rule.origin]
            states.append(state)
            if state == tables.end:
                return cast(Node, values[-1])
            row = rows[state]
            settled_action = row.get(kind)
            if settled_action is None:
                return Failure(index, tuple(states))
            action = settled_action
        states.append(action)
        row = rows[action]
        values.append(Token(kind, text, a, b) if kind in kept else None)
        starts.append(a)
        ends.append(b)


def _made(rule: Rule, values: list[Any], start: int, end: int) -> Any:
    """The node of a rule, or the list of parts that its parent takes over."""
    size = rule.size
    parts: list[Part] = []
    for i, takes_over, absent in rule.picks:
        if absent:
            parts += [None] * absent
        value = values[i - size]
        if not takes_over:
            parts.append(value)
        elif parts:
            parts += value
        else:
            parts = value  # the list of a repetition grows in place, or a long one would cost its square
    if rule.absent:
        parts += [None] * rule.absent
    if rule.single and len(parts) == 1:
        return parts[0]
    return Node(rule.kind, tuple(parts), start, end) if rule.kind else parts


def settle(row: dict[str, int], kind: str, text: str) -> str | None:
    """The terminal that an undecided token is in this state, or None where it cannot stand."""
    if kind == "UPPER":
        for name, shape in (("CURRENCY", _CURRENCY), ("ZONE", _ZONE), ("SOURCE", _SOURCE)):
            if name in row:
                return name if shape.match(text) else None
        return None
    if kind == "NEGATIVE":
        return "MINUS" if "MINUS" in row else "NUMBER" if "NUMBER" in row else None
    if kind == "NUMBER":
        return "VERSION" if "VERSION" in row and _VERSION.match(text) else None
    if "NAME" in row and text.isidentifier() and kind != "UNKNOWN" and text not in RESERVED:
        return "NAME"
    return None


def expected(tables: Tables, tokens: Sequence[RawToken]) -> frozenset[str]:
    """The terminals that could stand after these tokens, which parse as far as they go. Each is tried, because a row
    of the tables may name some that fail a few steps on."""
    stopped = run(tables, [*tokens, ("UNKNOWN", "", 0, 0)])
    assert isinstance(stopped, Failure), "an unknown word ends no block"
    states = stopped.states
    return frozenset(x for x in tables.rows[states[-1]] if (x.isupper() or x == END) and _stands(tables, states, x))


def _stands(tables: Tables, states: Sequence[int], terminal: str) -> bool:
    stack = list(states)
    while True:
        action = tables.rows[stack[-1]].get(terminal)
        if action is None:
            return False
        if action >= 0:
            return True
        rule = tables.rules[-1 - action]
        if rule.size:
            del stack[-rule.size :]
        state = tables.rows[stack[-1]][rule.origin]
        if state == tables.end:
            return True
        stack.append(state)
