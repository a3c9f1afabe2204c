"""However a table's columns lie in memory, each row is decided as that payment is alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import riskrules as rr
from riskrules.kernel.chunk import Chunk

ROWS = 3_000
WORDS = [f"word{i}" for i in range(300)]
RULESET = """
ruleset layouts version 2026.1
  currency CNY

field quota   number, from -2 to 2             "plain floats"
field part    number, from 0 to 1, optional    "floats with gaps"
field load    number, from 0 to 1              "what arithmetic reads"
field weight  number, from 0 to 1              "and this"
field word    text                             "one of three hundred"
field other   text, optional                   "the same with gaps"
field shown   yes/no                           "yes or no"
field maybe   yes/no, optional                 "with gaps"
list listed of text
"""
CONDITIONS = (
    *(f"quota >= {x}" for x in ("-1.999", "-0.5", "0", "0.25", "0.250000001", "1.999999999")),
    *(f"quota = {x}" for x in ("0", "0.25")),
    "part is known and part > 0.5",
    "weight < 2 * load",
    'word = "word7"',
    'word in ("word0", "word255", "word256", "word299")',
    'word starts with "word2"',
    'other is known and other != "word7"',
    "other is missing",
    "word in listed",
    "shown",
    "shown = no",
    "maybe is known and maybe = no",
    "maybe is missing",
)
QUOTAS = [-2.0, 2.0, -0.5, 0.0, -0.0, 0.25, 0.2499999995, 0.25000000049, 0.25000000051, -0.0000000004, 1.9999999986]


def rules() -> rr.Rules:
    made = [f'rule r{i} "number {i}"\n  when {c}\n  then warn\n  tell payer "?"\n' for i, c in enumerate(CONDITIONS)]
    return rr.loads(RULESET + "\n".join(made), "layouts.risk")


@pytest.fixture(scope="module")
def engine() -> rr.Engine:
    return rr.Engine(rules(), lists={"listed": ["word1", "word290"]})


@pytest.fixture(scope="module")
def payments() -> list[dict[str, Any]]:
    chance = random.Random(5)

    def gap(value: Any) -> Any:
        return None if chance.random() < 0.2 else value

    return [
        {
            "id": f"P-{i}" if i % 2 else f"payment number {i}",
            "occurred_at": f"2026-11-01T10:{i // 60 % 60:02}:{i % 60:02}Z",
            "quota": chance.choice(QUOTAS) if chance.random() < 0.5 else chance.uniform(-2, 2),
            "part": gap(chance.random()),
            "load": chance.choice((0.0, 0.25, 0.5)),
            "weight": chance.choice((0.0, 0.49999999995, 0.5, 0.5000000005001, 1.0)),
            "word": chance.choice(WORDS),
            "other": gap(chance.choice(WORDS[:20])),
            "shown": chance.random() < 0.5,
            "maybe": gap(chance.random() < 0.5),
        }
        for i in range(ROWS)
    ]


def table(payments: list[dict[str, Any]], texts: Callable[[list[Any]], Any]) -> pa.Table:
    made = pa.Table.from_pylist(payments)
    for name in ("id", "word", "other"):
        place = made.column_names.index(name)
        made = made.set_column(place, name, texts([p[name] for p in payments]))
    stamps = made["occurred_at"].cast(pa.timestamp("us", "UTC"))
    return made.set_column(made.column_names.index("occurred_at"), "occurred_at", stamps)


def in_dictionary(index: pa.DataType) -> Callable[[list[Any]], Any]:
    """Texts as places among all words, of which some no row has; ids, which are too many for that, as they are."""

    def made(texts: list[Any]) -> Any:
        listed = WORDS[:120] if index.bit_width == 8 else WORDS
        if any(t is not None and t not in listed for t in texts):
            return pa.array(texts)
        places = [None if t is None else listed.index(t) for t in texts]
        return pa.DictionaryArray.from_arrays(pa.array(places, index), pa.array(listed))

    return made


INDICES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64")
LAYOUTS: dict[str, Callable[[list[Any]], Any]] = {
    **{kind: lambda texts, kind=kind: pa.array(texts, kind) for kind in ("string", "large_string", "string_view")},
    **{f"dictionary {name}": in_dictionary(getattr(pa, name)()) for name in INDICES},
}


def fired(decided: Any) -> list[list[str]]:
    return [sorted(x) for x in pa.table(decided)["fired"].to_pylist()]


def found(engine: rr.Engine, payments: list[dict[str, Any]], given: pa.Table) -> list[int]:
    """The rows that are decided otherwise in the table than alone."""
    decided = engine.decide_many(given)
    assert not decided.errors
    alone = [sorted(engine.decide({k: v for k, v in p.items() if v is not None}).fired) for p in payments]
    return [i for i, (one, many) in enumerate(zip(alone, fired(decided), strict=True)) if one != many]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("few", [False, True], ids=["300 words", "100 words"])
def test_every_layout_of_texts_is_decided_alike(
    engine: rr.Engine, payments: list[dict[str, Any]], layout: str, few: bool
) -> None:
    """Plain or by places of any width, whole, cut out of a longer table, in chunks; floats, yes/nos and gaps too."""
    rows = [p for p in payments if p["word"] in WORDS[:100]] if few else payments
    whole = table(rows, LAYOUTS[layout])
    assert not found(engine, rows, whole)
    assert fired(engine.decide_many(whole.slice(3, 700))) == fired(engine.decide_many(whole))[3:703]
    chunks = pa.concat_tables([whole.slice(0, 5), whole.slice(5, 64), whole.slice(69)])
    assert fired(engine.decide_many(chunks)) == fired(engine.decide_many(whole))


def turned(whole: pa.Table, by: int) -> pa.Table:
    """The same rows; each dictionary holds its texts in another order."""
    for name in ("word", "other"):
        column = whole[name].combine_chunks()
        size = len(column.dictionary)
        order = [(i + by) % size for i in range(size)]
        places = [None if p is None else order.index(p) for p in column.indices.to_pylist()]
        again = pa.DictionaryArray.from_arrays(pa.array(places, column.indices.type), column.dictionary.take(order))
        whole = whole.set_column(whole.column_names.index(name), name, again)
    return whole


def with_many_dictionaries(payments: list[dict[str, Any]]) -> pa.Table:
    """Chunks whose dictionaries differ, and in the end the first again."""
    whole = table(payments, LAYOUTS["dictionary int16"])
    cuts = [0, 100, 200, 300, len(payments)]
    parts = [whole.slice(a, b - a) for a, b in pairwise(cuts)]
    return pa.concat_tables([parts[0], turned(parts[1], 7), turned(parts[2], 100), parts[3]])


def test_each_chunk_may_have_a_dictionary_of_its_own(engine: rr.Engine, payments: list[dict[str, Any]]) -> None:
    given = with_many_dictionaries(payments)
    dictionaries = [chunk.dictionary.to_pylist() for chunk in given["word"].chunks]
    assert sorted(dictionaries[0]) == sorted(dictionaries[1]) == sorted(dictionaries[2])
    assert dictionaries[0] != dictionaries[1] != dictionaries[2]
    assert not found(engine, payments, given)


def test_the_dictionary_of_the_chunk_before_is_found_out(
    engine: rr.Engine, payments: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if what is kept for one dictionary were taken for another of the same length."""
    kept: dict[tuple[int, int], Any] = {}

    def plant(chunk: Chunk, column: int, values: Any, whole: Any = Chunk.by_place) -> Any:
        return kept.setdefault((column, len(values)), whole(chunk, column, values))

    monkeypatch.setattr(Chunk, "by_place", plant)
    assert found(engine, payments, with_many_dictionaries(payments))


def test_every_rule_fires_and_does_not(engine: rr.Engine, payments: list[dict[str, Any]]) -> None:
    """What is compared above is worth comparing."""
    told = fired(engine.decide_many(table(payments, pa.array)))
    for i in range(len(CONDITIONS)):
        count = sum(f"r{i}" in names for names in told)
        assert 0 < count < ROWS, CONDITIONS[i]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2.0000000006, -1e300])
def test_one_bad_float_is_told_with_its_place(engine: rr.Engine, payments: list[dict[str, Any]], bad: float) -> None:
    """As it would be alone; the rows beside it are decided as they are without it."""
    rows = [dict(p) for p in payments[:100]]
    rows[41]["quota"] = bad
    decided = engine.decide_many(table(rows, pa.array))
    with pytest.raises(rr.PaymentError) as alone:
        engine.decide({k: v for k, v in rows[41].items() if v is not None})
    (error,) = decided.errors
    assert (error.number, error.place, error.field, error.problem) == (42, "row", "quota", alone.value.problem)
    assert not found(engine, rows[:41] + rows[42:], table(rows[:41] + rows[42:], pa.array))
    assert fired(decided) == fired(engine.decide_many(table(rows[:41] + rows[42:], pa.array)))


def places_one_along(chunk: Chunk, column: int, values: Any, whole: Any = Chunk.by_place) -> Any:
    return whole(chunk, column, values[[*range(1, len(values) - 1), 0, -1]] if len(values) > 50 else values)


def floats_rounded_down(
    chunk: Chunk, column: int, given: Any, digits: int, whole: Any = Chunk.feed_floats
) -> bool:
    return bool(whole(chunk, column, given - 0.5 / 10**digits, digits))


def gaps_taken_for_no(chunk: Chunk, column: int, values: Any, whole: Any = Chunk.by_place) -> Any:
    return whole(chunk, column, np.array([0, 1, 0]) if len(values) == 3 else values)


PLANTS = (places_one_along, floats_rounded_down, gaps_taken_for_no)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda p: p.__name__)
def test_a_planted_bug_is_found(
    engine: rr.Engine, payments: list[dict[str, Any]], plant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these decides some row of the table otherwise."""
    monkeypatch.setattr(Chunk, "feed_floats" if plant is floats_rounded_down else "by_place", plant)
    assert found(engine, payments, table(payments, LAYOUTS["dictionary int32"]))
