"""Meaning → program.

Conditions become terms (`conditions`), arithmetic becomes instructions (`machine`), and then everything
is laid into one array (`layout`): for each column the points that part its values into codes, and for each code the
bits of the terms that it does not rule out (`tables`). The order of rules and conditions in a file makes no difference
to what is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..meaning import nodes as n
from ..schema.limits import MISSING
from . import layout, sets
from .conditions import Conditions, Term, in_force, words_of
from .layout import Integers
from .machine import Machine, assemble
from .model import Program
from .settling import settling
from .tables import Coding, Pool, codings, numbers_by_code, places_of, tables


class ProgramLimitError(ValueError):
    """A ruleset that no program can hold, and the limit that it passes."""


def from_meaning(ruleset: n.Ruleset) -> Program:
    """Compile a checked ruleset. Raises `meaning.lowering.TooLarge` for a comparison that would need more than 127
    bits, and `ProgramLimitError` for a ruleset beyond a limit of `layout`."""
    acts = acts_of(ruleset)
    strength = {act: i for i, act in enumerate(acts)}
    rules = sorted(ruleset.rules, key=lambda r: (-strength[r.action] if r.action else 0, r.name))
    _check(ruleset)
    made = Conditions({i.name: i for i in ruleset.inputs}, words_of((*rules, *ruleset.exempts)))
    always = in_force(ruleset.in_force)
    whole: list[n.Rule | n.Exempt] = [*rules, *ruleset.exempts]
    each = [_terms(made, always, r) for r in whole]
    bits = _Bits(each, len(rules))
    derived = sorted({-1 - column for t in bits.terms.values() for column in t if column < 0})
    machine = assemble(made.graph, derived, made.column)
    place = {-1 - step: len(made.columns) + i for i, step in enumerate(derived)}
    terms = {bit: {place.get(c, c): v for c, v in t.items()} for bit, t in bits.terms.items()}
    code = _code(ruleset, rules, acts, made, machine, bits, terms)
    code.flags.writeable = False
    return Program(
        columns=tuple(made.columns),
        rules=tuple(r.name for r in rules),
        exempts=tuple(e.name for e in ruleset.exempts),
        acts=acts,
        code=code,
    )


def acts_of(ruleset: n.Ruleset) -> tuple[n.Act, ...]:
    """Every action that the ruleset can take, rising in strength; the first is allow."""
    named = {r.action for r in ruleset.rules if r.action} | {b.action for b in ruleset.bands}
    return tuple(sorted(named | {n.Act(n.ALLOW)}, key=lambda a: a.strength))


def _check(ruleset: n.Ruleset) -> None:
    names = [r.name for r in ruleset.rules] + [e.name for e in ruleset.exempts]
    if len(set(names)) < len(names):
        raise ProgramLimitError("two rules have one name")
    if len(names) > layout.MOST_RULES:
        raise ProgramLimitError(f"{len(names)} rules and exempts, and {layout.MOST_RULES} is the most")
    if any(a.level == n.ALLOW and a.duration_us is not None for a in acts_of(ruleset)):
        raise ProgramLimitError("an allow has no duration")
    if max(sum(abs(r.score or 0) for r in ruleset.rules), *(abs(b.at_least) for b in ruleset.bands), 0) >= sets.END:
        raise ProgramLimitError("the scores of the rules, or of a band, are more than 64 bits hold")


def _terms(made: Conditions, always: Term, rule: n.Rule | n.Exempt) -> list[Term]:
    parts = [made.terms(rule.when), *(made.terms(u, holds=False) for u in rule.unless)]
    dates = [[t] if all(t.values()) else [] for t in (always, in_force(rule.in_force)) if t]
    return made.all_of([*parts, *dates])


class _Bits:
    """Which bit each term has, and for the extras whose it is."""

    def __init__(self, each: list[list[Term]], rules: int) -> None:
        self.rules = rules
        self.exempts = len(each) - rules
        self.rule_words = -(-rules // 64)
        self.exempt_words = -(-self.exempts // 64)
        owners = [i if i < rules else 64 * self.rule_words + i - rules for i in range(len(each))]
        self.terms: dict[int, Term] = {owner: ts[0] for owner, ts in zip(owners, each, strict=True) if ts}
        further = [(owner, t) for owner, ts in zip(owners, each, strict=True) for t in ts[1:]]
        first = 64 * (self.rule_words + self.exempt_words)
        self.terms |= {first + i: t for i, (_, t) in enumerate(further)}
        self.owners = [owner for owner, _ in further]
        self.words = self.rule_words + self.exempt_words + -(-len(further) // 64)


def _code(
    ruleset: n.Ruleset,
    rules: list[n.Rule],
    acts: tuple[n.Act, ...],
    made: Conditions,
    machine: Machine,
    bits: _Bits,
    terms: dict[int, Term],
) -> Integers:
    """The whole array. Rows that point into the pool count from its start until that is known."""
    pool = Pool()
    hosts = len(made.columns)
    coded = codings(made.columns, len(machine.results), terms, machine)
    _check_columns(coded[:hosts])
    offsets = tables(coded, terms, bits.words, pool)
    lookups = [(x.register, x.column, pool.add(numbers_by_code(x.pieces, coded[x.column]))) for x in machine.lookups]
    directory = _directory(made, machine, coded[:hosts], offsets, pool)
    sections = [
        _rows(directory, layout.DIRECTORY_WIDTH),
        _rows(list(zip(machine.results, offsets[hosts:], strict=True)), layout.DERIVED_WIDTH),
        _rows(lookups, layout.LOOKUP_WIDTH),
        _rows([(x.register, x.column, x.missing) for x in machine.loads], layout.LOAD_WIDTH),
        _rows(machine.instructions, layout.INSTRUCTION_WIDTH),
        *settling(ruleset, rules, acts, bits.rule_words),
        np.array(bits.owners, np.int64),
    ]
    header = [0] * layout.HEADER
    paired = sum(c.paired for c in coded[:hosts])
    for k, v in {
        layout.FORMAT: layout.FORMAT_NUMBER,
        layout.COLUMNS: hosts,
        layout.DERIVED: len(machine.results),
        layout.RULES: bits.rules,
        layout.EXEMPTS: bits.exempts,
        layout.EXTRAS: len(bits.owners),
        layout.RULE_WORDS: bits.rule_words,
        layout.EXEMPT_WORDS: bits.exempt_words,
        layout.EXTRA_WORDS: bits.words - bits.rule_words - bits.exempt_words,
        layout.ACTS: len(acts),
        layout.IDLE_ACT: max((acts.index(b.action) for b in ruleset.bands if b.at_least <= 0), default=0),
        layout.BANDS: len(ruleset.bands),
        layout.REGISTERS: machine.registers,
        layout.LOOKUPS: len(lookups),
        layout.LOADS: len(machine.loads),
        layout.INSTRUCTIONS: len(machine.instructions),
        layout.BYTE_COLUMNS: hosts - paired,
        layout.PAIR_COLUMNS: paired,
    }.items():
        header[k] = v
    header[layout.DIRECTORY : layout.POOL + 1] = layout.section_offsets(header)
    header[layout.LENGTH] = header[layout.POOL] + pool.length
    _check_counts(header, layout.length_of_tables(header, [c.codes for c in coded[:hosts]]))
    for section, places in layout.POINTERS.items():
        sections[section - layout.DIRECTORY][:, places] += header[layout.POOL]
    return np.concatenate([np.array(header, np.int64), *(s.reshape(-1) for s in sections), *pool.runs])


def _check_counts(header: Sequence[int], in_tables: int) -> None:
    for count, most, what in (
        (header[layout.LENGTH], layout.MOST_LENGTH, "integers in the program"),
        (in_tables, layout.MOST_LENGTH, "integers in the tables of its columns"),
        (header[layout.DERIVED], layout.MOST_DERIVED, "different conditions on several inputs"),
        (header[layout.ACTS], layout.MOST_ACTS, "different actions"),
    ):
        if count > most:
            raise ProgramLimitError(f"{count} {what}, and {most} is the most")


def _rows(rows: Sequence[Sequence[int]], width: int) -> Integers:
    return np.array(rows, np.int64).reshape(-1, width)


def _check_columns(coded: Sequence[Coding]) -> None:
    most = max(c.codes for c in coded)
    if len(coded) > layout.MOST_COLUMNS:
        raise ProgramLimitError(f"{len(coded)} columns, and {layout.MOST_COLUMNS} is the most")
    if most > layout.MOST_CODES:
        raise ProgramLimitError(
            f"one input is compared with {most - 1} values, and {layout.MOST_CODES - 1} is the most"
        )


def _directory(
    made: Conditions, machine: Machine, coded: Sequence[Coding], offsets: Sequence[int], pool: Pool
) -> list[list[int]]:
    """A row for each of the host's columns. Only those that arithmetic reads have bounds and are held as numbers."""
    held = {x.column: i for i, x in enumerate(machine.loads)}
    rows = []
    for i, (coding, place) in enumerate(zip(coded, places_of(coded), strict=True)):
        row = [0] * layout.DIRECTORY_WIDTH
        points = np.array(coding.points, np.int64) if coding.looked_up is None else coding.looked_up
        row[layout.MODE] = layout.RANK if coding.looked_up is None else layout.INDEX
        row[layout.POINTS] = pool.add(points)
        row[layout.POINT_COUNT] = len(points)
        row[layout.CODES] = coding.codes
        row[layout.TABLE] = offsets[i]
        row[layout.PLACE] = place
        row[layout.PAIRED] = int(coding.paired)
        row[layout.LOWEST], row[layout.HIGHEST] = MISSING, sets.END - 1
        row[layout.HELD] = held.get(i, -1)
        if i in held:
            load = made.graph.steps[made.graph.load(made.columns[i].name)]
            row[layout.LOWEST], row[layout.HIGHEST] = load.lowest, load.highest
        rows.append(row)
    return rows
