"""The whole path compared: what the reference answers, what one decision answers, what a table answers.

For a rule file and payments: (a) the reference path; (b) `Engine.decide`, which codes an event and runs the row kernel;
(c) `Engine.decide_many`, which reads a table by columns and runs the block kernel. All must agree on the action and its
end, the score, what fired, what was lifted, what exempts, measures and responsible, and on the field and the kind
of error of what cannot be decided.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from path_faults import spoil
from path_payments import Payment, Payments, keys_of
from path_reference import Answer, Errors, Reference, apart
from path_tables import Tables
from rulefiles import RuleFile, rule_file

from riskrules.bridges.columns import Batch, Numbers
from riskrules.bridges.tables import table_batches
from riskrules.checker.ruleset import check_text
from riskrules.engine import columns, replaying, tables
from riskrules.engine.decision import Decision
from riskrules.engine.engine import Engine
from riskrules.engine.rules import Rules
from riskrules.engine.serving import Serving
from riskrules.kernel.chunk import Chunk, Decided
from riskrules.meaning import linear
from riskrules.meaning import nodes as n
from riskrules.meaning.lowering import Graph
from riskrules.meaning.walk import found_in, reads_in
from riskrules.schema.errors import PaymentError
from riskrules.schema.limits import MISSING
from riskrules.state.plan import Plan
from riskrules.state.store import Answers, Happened, Moment, WindowStoreError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHARE_OF_FAULTS = 0.12
NODES: tuple[type[Any], ...] = (
    n.Compare, n.Equal, n.Member, n.InList, n.Starts, n.Contains, n.Known, n.All, n.Any, n.Not,
    n.Const, n.Read, n.Average, n.Dated, n.Arithmetic, n.Quotient, n.Default,
)  # fmt: skip
ROWS_WITHOUT_WINDOWS = 4
"""One payment in so many is decided by itself without its windows too, as every payment is in a table."""


@dataclass(frozen=True)
class Disagreement:
    """One payment that two ways through the library see differently. `way`: row, row without windows, table."""

    file: RuleFile
    payment: Payment
    way: str
    expected: object
    got: object

    def __str__(self) -> str:
        p = self.payment
        return (
            f"seed {self.file.seed}, {self.way}{f', fault: {p.fault} at {p.faulty}' if p.fault else ''}\n"
            f"expected {self.expected}\ngot      {self.got}\nevent = {p.event!r}\nwindows = {p.windows!r}\n"
            f"cells = {p.cells!r}\nlists = {self.file.lists!r}\n{self.file.text}"
        )


class OutOfReach:
    """A store that never answers: each window is what the host gives, or missing."""

    def bind(self, plan: Plan) -> OutOfReach:
        self.readings = len(plan.readings)
        return self

    def read(self, moment: Moment) -> Answers:
        return Answers([None] * self.readings, tuple(range(self.readings)), "the store is out of reach")

    def record(self, happened: Happened) -> bool:
        raise WindowStoreError("the store is out of reach")


class Pair:
    """A rule file made ready both ways."""

    def __init__(self, file: RuleFile, meaning: n.Ruleset) -> None:
        self.file = file
        self.rules = Rules(meaning)
        self.engine = Engine(self.rules, lists=file.lists, windows=OutOfReach())
        lists = {name: frozenset(items) for name, items in file.lists.items()}
        self.reference = Reference(meaning, self.rules.schema, lists, keys_of(meaning, self.rules.schema))
        self.in_tables = Reference(meaning, self.rules.schema, lists)


def compare_seed(seed: int, count: int, seen: Counter[str]) -> Disagreement | None:
    """Compare `count` payments of the seed's rule file. What was made is counted in `seen`."""
    file = rule_file(seed)
    checked = check_text(file.text)
    seen["files"] += 1
    if checked.ruleset is None:
        seen["files refused"] += 1
        for d in checked.errors:
            seen[f"refused: {d.code}"] += 1
        return None
    note_meaning(checked.ruleset, seen)
    pair = Pair(file, checked.ruleset)
    r = random.Random(seed)
    payments = Payments(checked.ruleset, pair.rules.schema, file.lists, r, seen)
    drawn = [payments.payment() for _ in range(count)]
    for p in drawn:
        if r.random() < SHARE_OF_FAULTS:
            spoil(p, payments, seen)
    return compare(pair, drawn, seed, seen)


def compare(pair: Pair, payments: list[Payment], seed: int, seen: Counter[str]) -> Disagreement | None:
    """The first disagreement about the payments, or None."""
    seen["pairs"] += len(payments)
    bare: list[Answer | Errors] = []
    for p in payments:
        expected, without = pair.reference.answers(p.event, p.windows)
        note_answer(expected, p, seen)
        got = by_row(pair.engine, p, p.windows)
        if not agree(expected, got):
            return Disagreement(pair.file, p, "row", expected, got)
        if p.windows:
            once_more = len(bare) % ROWS_WITHOUT_WINDOWS == 0
            if once_more and not agree(without, got := by_row(pair.engine, p, None)):
                return Disagreement(pair.file, p, "row without windows", without, got)
        bare.append(pair.in_tables.answer(p.event, None))
    made = Tables(list(pair.in_tables.fields), pair.rules.schema, random.Random(seed), seen)
    for places, table in made.of(payments):
        for place, answer in by_table(pair, table):
            i = places[place]
            if not agree(in_a_table(bare[i]), answer):
                return Disagreement(pair.file, payments[i], "table", in_a_table(bare[i]), answer)
            seen["pairs in tables"] += 1
            seen["errors in tables"] += isinstance(answer, frozenset)
    return None


def agree(expected: object, got: object) -> bool:
    """Equal answers; or one error of those that the reference found."""
    if isinstance(expected, frozenset):
        return isinstance(got, frozenset) and bool(got) and got <= expected
    return expected == got


# -- one payment ---------------------------------------------------------------------------------
def by_row(engine: Engine, p: Payment, windows: dict[str, Any] | None) -> Answer | Errors:
    try:
        decision = engine.decide(p.event, windows=windows)
    except PaymentError as e:
        return frozenset({(e.field, e.kind)})
    try:
        return answer_of(decision)
    except PaymentError as e:
        return frozenset({(e.field, f"found only after the payment was decided: {e.kind}")})


def answer_of(d: Decision) -> Answer:
    until = d.until
    return Answer(
        int(d.action),
        None if until is None else (until - EPOCH) // timedelta(microseconds=1),
        d.score,
        tuple(sorted(d.fired)),
        tuple(sorted(d.lifted)),
        tuple(sorted(d.exempts)),
        tuple(sorted(((m.verb, m.instrument, m.id, m.scope, m.limit_minor, m.rule) for m in d.measures), key=repr)),
        _duties_of(d),
    )


def _duties_of(d: Decision) -> tuple[tuple[str, str | None, str | None, tuple[str, ...], tuple[int | None, ...]], ...]:
    """By instrument, as the reference has them."""
    found: dict[tuple[str, str | None, str | None], set[tuple[str, int | None]]] = {}
    for x in d.duties:
        due = None if x.due is None else (x.due - EPOCH) // timedelta(microseconds=1)
        institution = None if x.institution == "unknown" else x.institution
        found.setdefault((x.instrument, x.id, institution), set()).add((x.rule, due))
    return tuple(sorted((*who, *apart(said)) for who, said in found.items()))


# -- tables --------------------------------------------------------------------------------------
Row = tuple[str, int | None, int, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def in_a_table(answer: Answer | Errors) -> Row | Errors:
    """What a table says of it: measures without their amounts, responsible by institution, no rules."""
    if isinstance(answer, frozenset):
        return answer
    return (
        n.LEVELS[answer.level], answer.until_us, answer.score, answer.fired, answer.lifted, answer.exempts,
        tuple(sorted({f"{m[0]} {m[1]}" for m in answer.measures})),
        tuple(sorted(f"{path}={institution or 'unknown'}" for path, _, institution, *_ in answer.responsible)),
    )  # fmt: skip


def only_what_rules_read(serving: Serving, chosen: object = None) -> list[str]:
    """Here a table is no history: its windows are missing, so it need not feed them."""
    return list(dict.fromkeys((*(i.name for i in serving.rules.meaning.inputs if i.origin != "window"), "currency")))


def without_windows(serving: Serving, batches: Iterator[Batch], *how: object) -> Iterator[Batch]:
    """In place of the replay: a column of nothing for each window."""
    for batch in batches:
        nothing = Numbers(np.full(batch.rows, MISSING, np.int64))
        yield replace(batch, columns={**batch.columns, **{r.name: nothing for r in serving.plan.readings}})


class Recording(Chunk):
    """The block kernel, keeping what it decided: tables of decisions do not say what was lifted."""

    kept: list[Decided] = []  # noqa: RUF012  # emptied by whoever reads it

    def decide(self, count: int) -> Decided:
        decided = super().decide(count)
        self.kept.append(decided)
        return decided


@contextmanager
def recording() -> Iterator[tuple[list[Decided], list[Batch]]]:
    """What the block kernel decided and which batches it was given, while tables are decided as ever."""
    batches: list[Batch] = []
    Recording.kept = []

    def kept(*args: Any) -> Iterator[Batch]:
        for batch in table_batches(*args):
            batches.append(batch)
            yield batch

    with (
        patch.object(columns, "Chunk", Recording),
        patch.object(tables, "table_batches", kept),
        patch.object(tables, "wanted_fields", only_what_rules_read),
        patch.object(replaying, "with_windows", without_windows),
    ):
        yield Recording.kept, batches


def by_table(pair: Pair, table: pa.Table) -> Iterator[tuple[int, Row | Errors]]:
    """Each row's answer. A table of decisions tells the words of an error; its kind is the batch's."""
    with recording() as (kept, batches):
        decisions = pair.engine.decide_many(table)
    found = {int(batch.numbers[row]) - 1: e for batch in batches for row, e in batch.bad()}
    told = {e.number - 1: (e.field, e.problem) for e in decisions.errors}
    assert told == {row: (e.field, e.problem) for row, e in found.items()}, pair.file.text
    yield from ((row, frozenset({(e.field, e.kind)})) for row, e in found.items())
    lifted = [x for d in kept for x in named(d.lifted, pair.rules.program.rules)]
    exempts = [x for d in kept for x in named(d.exempts, pair.rules.program.exempts)]
    rows = pa.table(decisions).to_pylist()
    good = [i for i in range(table.num_rows) if i not in found]
    assert len(rows) == len(good) == len(lifted), (len(rows), len(good), len(lifted))
    for i, row, up, spared in zip(good, rows, lifted, exempts, strict=True):
        until = row["until"]
        yield i, (
            row["action"], None if until is None else (until - EPOCH) // timedelta(microseconds=1), row["score"],
            tuple(sorted(row["fired"])), up, spared, tuple(sorted(row["measures"])), tuple(sorted(row["responsible"])),
        )  # fmt: skip


def named(lists: Any, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    ends = lists.starts.tolist()
    indices = lists.indices.tolist()
    return [tuple(sorted(names[k] for k in indices[a:b])) for a, b in pairwise(ends)]


# -- what was made -------------------------------------------------------------------------------
def note_answer(answer: Answer | Errors, p: Payment, seen: Counter[str]) -> None:
    if isinstance(answer, frozenset):
        seen["refused payments"] += 1
        for _, kind in answer:
            seen[f"error: {kind}"] += 1
        return
    seen[f"level {answer.level}"] += 1
    for name in ("until_us", "score", "fired", "lifted", "exempts", "measures", "responsible"):
        seen[f"with {name}"] += bool(getattr(answer, name))
    seen["faults that are none"] += bool(p.fault)


def note_meaning(ruleset: n.Ruleset, seen: Counter[str]) -> None:
    """Which nodes the meaning has, and how wide its arithmetic is."""
    rules = (ruleset.rules, ruleset.exempts)
    seen["more than 64 rules"] += len(ruleset.rules) > 64
    inputs = {i.name: i for i in ruleset.inputs}
    wheres = [w.where for w in ruleset.windows if w.where is not None]
    seen["window that asks how a payment ended"] += sum(r.name == "status" for r in reads_in(tuple(wheres)))
    for c in found_in(rules, object):
        if isinstance(c, n.Not):
            seen["window that may hold"] += isinstance(c.part, n.Compare)
            seen["none of windows"] += any(isinstance(x.part, n.Compare) for x in found_in(c.part, n.Not))
        if isinstance(c, n.Known):
            seen["average is known"] += isinstance(c.read, n.Average)
        if isinstance(c, n.Notice):
            seen["average in a notice"] += bool(found_in(c, n.Average))
        if isinstance(c, NODES):
            seen[f"node {type(c).__name__}"] += 1
        if not isinstance(c, n.Compare):
            continue
        if linear.cuts_of(c) is not None:
            seen["straight comparison"] += 1
            continue
        graph = Graph(inputs)
        graph.compare(c)
        seen["wide arithmetic" if max(s.bits for s in graph.steps) > 63 else "narrow arithmetic"] += 1
