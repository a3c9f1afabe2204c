"""The parser's tables: made by Lark from the grammar, kept as JSON beside this module.

Lark proves that the grammar is LALR(1) without a conflict (`strict`) and works the tables out, which takes 0.3 s and
50 ms of imports. `riskrules check` cannot wait for that, so the result is kept in `tables.json`, with the fingerprint
of the grammar that it was made from: plain numbers and names, nothing that could run. (Lark's own cache is a pickle,
which runs whatever was written into it.) When the grammar has changed since, as while working on it, the tables are
made anew in memory. `python -m riskrules.syntax.tables` writes the file; a test fails when it is stale.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..base.resources import grammar_text
from .words import UNUSED

END = "$END"
STORED = Path(__file__).with_name("tables.json")


@dataclass(frozen=True, slots=True)
class Rule:
    """One production. `size` symbols become one of `origin`: a node of `kind`; or, where kind is "", a list of parts
    that its parent takes over. `single`: with exactly one part, that part itself instead of a node.
    `picks`: which symbols become parts: (index, take over a list, absent parts before it); `absent`: parts after."""

    origin: str
    size: int
    kind: str
    single: bool
    picks: tuple[tuple[int, bool, int], ...]
    absent: int
    passes: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """`rows[state][symbol]` is the next state (zero or more), or `-1 - n`: reduce by `rules[n]`."""

    rows: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    start: int
    end: int
    words: dict[str, str]  # the spelling of each word and sign → its terminal
    kept: frozenset[str]  # terminals that become parts of the tree


@cache
def tables() -> Tables:
    """The tables of the grammar as it stands, loaded once a process."""
    text = grammar_text()
    if STORED.is_file():
        data = json.loads(STORED.read_text(encoding="utf-8"))
        if data["grammar"] == fingerprint(text):
            return from_json(data)
    return from_json(made_from(text))


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def from_json(data: dict[str, Any]) -> Tables:
    symbols: list[str] = data["symbols"]
    rows = tuple({symbols[row[i]]: row[i + 1] for i in range(0, len(row), 2)} for row in data["rows"])
    rules = tuple(
        Rule(
            symbols[origin],
            size,
            kind,
            bool(single),
            tuple((i, bool(over), n) for i, over, n in picks),
            absent,
            bool(single) and size == 1 and picks == [[0, 0, 0]] and not absent,
        )
        for origin, size, kind, single, picks, absent in data["rules"]
    )
    words = data["words"] | {word: word.upper() for word in UNUSED}
    return Tables(rows, rules, data["start"], data["end"], words, frozenset(data["kept"]))


def made_from(text: str) -> dict[str, Any]:
    """The tables of a grammar, ready for JSON. Raises Lark's error when the grammar has a conflict or is none."""
    from lark import Lark
    from lark.grammar import Rule as Production
    from lark.lexer import Lexer, PatternStr, TerminalDef

    class NoLexer(Lexer):
        """The tokens come from `syntax.lexer`."""

        __future_interface__ = 1

        def __init__(self, _: object) -> None:
            pass

        def lex(self, *_: object) -> Any:
            raise AssertionError("the tables alone are wanted")

    made = Lark(text, parser="lalr", lexer=NoLexer, start="block", maybe_placeholders=True, strict=True)
    data, memo = made.memo_serialize([TerminalDef, Production])
    parser = data["parser"]["parser"]
    productions = {n: x for n, x in memo.items() if x["__type__"] == "Rule"}
    numbers = {n: i for i, n in enumerate(sorted(productions, key=lambda n: _spelt(productions[n])))}
    named = {
        state: {parser["tokens"][token]: action for token, action in row.items()}
        for state, row in parser["states"].items()
    }
    states = _in_order(named, parser["start_states"]["block"])
    names = sorted({*parser["tokens"].values(), *(x["origin"]["name"] for x in productions.values())})
    places = {name: i for i, name in enumerate(names)}
    rows = []
    for state in states:
        row = []
        for name, (reduces, argument) in sorted(named[state].items()):
            row += [places[name], -1 - numbers[argument["@"]] if reduces else states[argument]]
        rows.append(row)
    kept = {s["name"] for x in productions.values() for s in x["expansion"] if s.get("filter_out") is False}
    return {
        "grammar": fingerprint(text),
        "start": states[parser["start_states"]["block"]],
        "end": states[parser["end_states"]["block"]],
        "words": {t.pattern.value: t.name for t in made.terminals if isinstance(t.pattern, PatternStr)},
        "kept": sorted(kept),
        "symbols": names,
        "rules": [_packed(productions[n], places) for n in numbers],
        "rows": rows,
    }


def _spelt(production: dict[str, Any]) -> tuple[str, ...]:
    """What tells a production from all others."""
    return (production["origin"]["name"], *(symbol["name"] for symbol in production["expansion"]))


def _in_order(rows: dict[int, dict[str, Any]], start: int) -> dict[int, int]:
    """States numbered in the order in which they are reached: Lark's own numbers differ from run to run."""
    order = {start: 0}
    waiting = deque([start])
    while waiting:
        for _, (reduces, state) in sorted(rows[waiting.popleft()].items(), key=lambda item: item[0]):
            if not reduces and state not in order:
                order[state] = len(order)
                waiting.append(state)
    return order


def _packed(production: dict[str, Any], places: dict[str, int]) -> list[Any]:
    """Which symbols become parts, as in Lark: filtered terminals go, `_` rules are taken over, absent `[x]` is None."""
    name = production["origin"]["name"]
    expansion = production["expansion"]
    empty = production["options"]["empty_indices"]
    gaps = [len(x) for x in "".join(str(int(b)) for b in empty).split("0")] if empty else [0] * (len(expansion) + 1)
    picks = []
    absent = 0
    for i, symbol in enumerate(expansion):
        absent += gaps[i]
        if not symbol.get("filter_out", False):
            taken_over = symbol["__type__"] == "NonTerminal" and symbol["name"].startswith("_")
            picks.append([i, int(taken_over), absent])
            absent = 0
    absent += gaps[len(expansion)]
    alias = production["alias"]
    kind = alias or ("" if name.startswith("_") else name)
    return [places[name], len(expansion), kind, int(production["options"]["expand1"] and not alias), picks, absent]


def write() -> None:
    """Make the stored tables anew, one row a line so that a change can be read."""
    data = made_from(grammar_text())
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in data.items() if key not in ("rules", "rows")]
    for key in ("rules", "rows"):
        items = ",\n  ".join(json.dumps(item, separators=(",", ":")) for item in data[key])
        lines.append(f" {json.dumps(key)}: [\n  {items}\n ]")
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
