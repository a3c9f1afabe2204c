"""Conditions → terms: a choice of conjunctions, each with one set of values a column.

What a condition says of one column is a set (`program.sets`), and however many words it takes, it costs
nothing to test. Choice between columns becomes several terms, up to `layout.MOST_TERMS`; beyond that,
and wherever two numbers are put together, a yes/no column is derived from the others, worked out by
steps (`meaning.lowering`) before the tables are read. Equal conditions in any number of rules share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeAlias

from ..meaning import interpreter, linear
from ..meaning import nodes as n
from ..meaning.lowering import NOW, Graph
from ..schema.kinds import TIME, WORDS, Kind
from . import sets
from .layout import MOST_TERMS
from .model import HOST, NUMBER, WORD, YES_NO, Column

Term: TypeAlias = dict[int, sets.Set]
"""By column: all must hold. Columns of the host count from 0, the derived column of step s is -1 - s."""

_NOT_ZERO = sets.intersection(sets.complement(sets.of([0])), sets.KNOWN)
MOST_COMPARED = 64
"""Terms above which no two are compared for merging: the work grows with the square."""


@dataclass
class Conditions:
    """What all of a ruleset's conditions come to. `occurred_at` is the first column."""

    inputs: Mapping[str, n.Input]
    words: Mapping[str, tuple[str, ...]]
    graph: Graph = field(init=False)
    columns: list[Column] = field(default_factory=list)
    _numbers: dict[str | n.Atom, int] = field(default_factory=dict)
    _indices: dict[str, dict[n.Value, int]] = field(default_factory=dict)
    _known: dict[tuple[n.Atom, bool], list[Term]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.graph = Graph(self.inputs)
        self.column(NOW)

    # -- columns -------------------------------------------------------------------------------
    def column(self, name: str) -> int:
        """The number of an input's column."""
        if name not in self._numbers:
            coding = coding_of(TIME if name == NOW else self.inputs[name].kind)
            self._numbers[name] = len(self.columns)
            words = self.words.get(name, ()) if coding == WORD else ()
            self._indices[name] = {word: i for i, word in enumerate(words)}
            self.columns.append(Column(name, coding, words))
        return self._numbers[name]

    def host(self, atom: n.Atom) -> int:
        """The number of the column for an atom that the host evaluates."""
        if atom not in self._numbers:
            self._numbers[atom] = len(self.columns)
            self.columns.append(host_column(atom))
        return self._numbers[atom]

    def derived(self, terms: list[Term]) -> Term:
        """One literal that holds where any of the terms does."""
        return {-1 - self.graph.any_of([self._all_of(t) for t in terms]): sets.YES}

    def _all_of(self, term: Term) -> int:
        whole: int | None = None
        for column, values in sorted(term.items()):
            if column >= 0:
                step = self.graph.step("test", (), (column, values))
            else:
                step = -1 - column if values == sets.YES else self.graph.negated(-1 - column)
            whole = self.graph.both(whole, step)
        return self.graph.const(1) if whole is None else whole

    # -- conditions ----------------------------------------------------------------------------
    def terms(self, c: n.Condition, holds: bool = True) -> list[Term]:
        """Terms one of which holds wherever the condition does (or, not `holds`, wherever it does not)."""
        match c:
            case n.Not(part):
                return self.terms(part, not holds)
            case n.All(parts) | n.Any(parts):
                each = [self.terms(p, holds) for p in parts]
                return self.all_of(each) if isinstance(c, n.All) == holds else self.any_of(each)
        key = (c, holds)
        if key not in self._known:
            self._known[key] = self._of_atom(c, holds)
        return self._known[key]

    def _of_atom(self, c: n.Atom, holds: bool) -> list[Term]:
        match c:
            case n.Known(n.Average(_, total, count)):
                some = self._literal(self.column(count.name), _NOT_ZERO, holds)
                known = self._literal(self.column(total.name), sets.KNOWN, holds)
                return self.all_of([known, some]) if holds else self.any_of([known, some])
            case n.Known(read):
                return self._literal(self.column(read.name), sets.KNOWN, holds)
            case n.Compare():
                return self._compare(c, holds)
            case n.Equal() | n.Member():
                return self._words(c, holds)
            case n.InList() | n.Starts() | n.Contains():
                return self._literal(self.host(c), sets.YES, holds)

    def _literal(self, column: int, values: sets.Set, holds: bool) -> list[Term]:
        if not holds:
            values = sets.complement(values)
        if values == sets.EVERY:
            return [{}]
        return [{column: values}] if values else []

    def all_of(self, parts: list[list[Term]]) -> list[Term]:
        """Every way to hold them all. Where these are too many, a part with choice becomes a derived column."""
        whole: list[Term] = [{}]
        for part in sorted(parts, key=len):
            both = _merged([t for a in whole for b in part if (t := _both(a, b)) is not None])
            if len(both) > MOST_TERMS:
                literal = self.derived(part)
                both = _merged([t for a in whole if (t := _both(a, literal)) is not None])
            whole = both
        return whole

    def any_of(self, parts: list[list[Term]]) -> list[Term]:
        whole = _merged([t for part in parts for t in part])
        return whole if len(whole) <= MOST_TERMS else [self.derived(whole)]

    # -- atoms ---------------------------------------------------------------------------------
    def _compare(self, c: n.Compare, holds: bool) -> list[Term]:
        cuts = linear.cuts_of(c)
        if cuts is None:
            return [{-1 - self.graph.compare(c): sets.YES if holds else sets.NO}]
        name = next((r.name for q in (c.left, c.right) for r in linear.reads_of(q)), None)
        terms = []
        for cut in cuts:
            when = sets.EVERY if len(cuts) == 1 else _span(cut.from_us, cut.until_us)
            values = sets.between(cut.start, cut.end)
            if cut.outside:
                values = sets.intersection(sets.complement(values), sets.KNOWN)
            if cut.missing:
                values = sets.union(values, sets.complement(sets.KNOWN))
            if name is None:
                values = sets.EVERY if cut.missing else sets.NONE
            values = values if holds else sets.complement(values)
            terms.append(_both({0: when}, {self.column(name) if name else 0: values}))
        return self.any_of([[{k: v for k, v in t.items() if v != sets.EVERY}] for t in terms if t is not None])

    def _words(self, c: n.Equal | n.Member, holds: bool) -> list[Term]:
        names = sorted({r.name for r in reads_of(c)})
        if len(names) > 1:
            if any(self.inputs[name].kind.name in WORDS for name in names):
                return self._literal(self.host(c), sets.YES, holds)
            left, right = (self.column(name) for name in names)
            parts = []
            for x in (None, False, True):
                values = self._holding(c, names[1], {names[0]: x})
                both = {left: sets.of([self._held(names[0], x)]), right: values if holds else sets.complement(values)}
                parts.append([both] if both[right] else [])
            return self.any_of(parts)
        if not names:
            return [{}] if interpreter.holds(c, {}, {}) == holds else []
        return self._literal(self.column(names[0]), self._holding(c, names[0], {}), holds)

    def _holding(self, c: n.Equal | n.Member, name: str, values: Mapping[str, n.Value | None]) -> sets.Set:
        """Those values of the one input, all others given, for which the atom holds."""
        if self.inputs[name].kind.name == YES_NO:
            tried: list[n.Value | None] = [None, False, True]
            return sets.of(self._held(name, v) for v in tried if interpreter.holds(c, {**values, name: v}, {}))
        missing = sets.of([sets.EVERY[0]]) if interpreter.holds(c, {**values, name: None}, {}) else sets.NONE
        if isinstance(c, n.Member):
            told = sets.of(self._held(name, word) for word in c.among)
            known = sets.intersection(sets.complement(told), sets.KNOWN) if c.negated else told
            return sets.union(known, missing)
        said = set(_texts(c))
        other = "".join(said) + "?"  # longer than any of them, so none of them
        agreed = {word: interpreter.holds(c, {**values, name: word}, {}) for word in (*said, other)}
        different = sets.of(self._held(name, word) for word in said if agreed[word] != agreed[other])
        known = sets.intersection(sets.complement(different), sets.KNOWN) if agreed[other] else different
        return sets.union(known, missing)

    def _held(self, name: str, value: n.Value | None) -> int:
        column = self.columns[self.column(name)]
        return self._indices[name][value] if isinstance(value, str) else column.value(value)


def coding_of(kind: Kind) -> str:
    """How a column of an input of this kind is coded."""
    return YES_NO if kind.name == YES_NO else WORD if kind.name in WORDS else NUMBER


def host_column(atom: n.Atom) -> Column:
    return Column(next((r.name for r in reads_of(atom)), ""), HOST, (), atom)


def words_of(rules: Iterable[n.Rule | n.Exempt]) -> dict[str, tuple[str, ...]]:
    """By input: the texts that the rules name for it, in order."""
    found: dict[str, set[str]] = {}
    open_conditions: list[n.Condition] = [c for r in rules for c in (r.when, *r.unless)]
    while open_conditions:
        match c := open_conditions.pop():
            case n.All(parts) | n.Any(parts):
                open_conditions += parts
            case n.Not(part):
                open_conditions.append(part)
            case n.Equal() | n.Member():
                for read in reads_of(c):
                    found.setdefault(read.name, set()).update(_texts(c))
    return {name: tuple(sorted(texts)) for name, texts in found.items()}


def reads_of(c: n.Atom) -> Iterable[n.Read]:
    """Every input that an atom over words reads."""
    match c:
        case n.Equal(left, right):
            yield from linear.reads_of(left)
            yield from linear.reads_of(right)
        case n.Member(value) | n.InList(value) | n.Starts(value) | n.Contains(value):
            yield from linear.reads_of(value)


def _texts(c: n.Equal | n.Member) -> Iterable[str]:
    """Every text written in the atom, defaults among them."""
    if isinstance(c, n.Member):
        yield from c.among
    open_words: list[n.Quantity] = [c.value] if isinstance(c, n.Member) else [c.left, c.right]
    while open_words:
        match open_words.pop():
            case n.Const(str(value)):
                yield value
            case n.Default(value, default):
                open_words += (value, default)


def _span(from_us: int | None, until_us: int | None) -> sets.Set:
    """The instants of a half-open span of time; one that is open at its start takes in everything before."""
    later = sets.between(from_us, until_us)
    return sets.union(later, sets.complement(sets.KNOWN)) if from_us is None else later


def in_force(span: n.InForce) -> Term:
    """The term for a rule's dates: nothing, if it has none."""
    when = _span(span.from_us, span.until_us)
    return {} if when == sets.EVERY else {0: when}


def _both(a: Term, b: Term) -> Term | None:
    """The conjunction; None if nothing can hold both."""
    whole = dict(a)
    for column, values in b.items():
        whole[column] = sets.intersection(whole[column], values) if column in whole else values
        if not whole[column]:
            return None
    return whole


def _merged(terms: list[Term]) -> list[Term]:
    """The same choice in fewer terms: two that differ in one column become one."""
    if len(terms) < 2:
        return terms
    terms = _single(terms)
    changed = len(terms) <= MOST_COMPARED
    while changed:
        changed = False
        for i, a in enumerate(terms):
            for j in range(i + 1, len(terms)):
                one = _as_one(a, terms[j])
                if one is not None:
                    terms[i] = one
                    del terms[j]
                    changed = True
                    break
            if changed:
                break
    return [{}] if {} in terms else terms


def _single(terms: list[Term]) -> list[Term]:
    """Terms of one column each are merged by column first: a rule may name hundreds of texts."""
    by_column: dict[int, list[sets.Set]] = {}
    rest = []
    for t in terms:
        if len(t) == 1:
            ((column, values),) = t.items()
            by_column.setdefault(column, []).append(values)
        else:
            rest.append(t)
    wholes = {column: _union(each) for column, each in by_column.items()}
    return [{} if values == sets.EVERY else {column: values} for column, values in wholes.items()] + rest


def _union(each: list[sets.Set]) -> sets.Set:
    """The union of many, two by two, so that the work does not grow with the square."""
    while len(each) > 1:
        each = [sets.union(a, b) for a, b in zip_longest(each[::2], each[1::2], fillvalue=sets.NONE)]
    return each[0]


def _as_one(a: Term, b: Term) -> Term | None:
    """The one term that holds where either does, if they differ in at most one column; else None."""
    if a.keys() != b.keys():
        return None
    different = [column for column in a if a[column] != b[column]]
    if len(different) > 1:
        return None
    whole = dict(a)
    for column in different:
        whole[column] = sets.union(a[column], b[column])
        if whole[column] == sets.EVERY:
            del whole[column]
    return whole
