"""Equal texts and numbers are found, and different ones are never joined."""

import ctypes

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.bridges.arrow import Raw, open_table
from riskrules.bridges.columns import TableError
from riskrules.bridges.distinct import codes_of, distinct_marks
from riskrules.bridges.texts import MANY_TEXTS, read_texts
from riskrules.kernel import distinct

edges = ["", "\0", "\0\0", "x" * 7, "x" * 8, "x" * 9, "x" * 12, "x" * 13, "x" * 200, "xxxxxxxy", "é" * 6]
words = st.none() | st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(edges)
kinds = st.sampled_from([pa.string(), pa.large_string(), pa.string_view()])


def column(texts: list[str | None], kind: pa.DataType, cut: int = 0) -> Raw:
    """As an Arrow column, cut out of a longer one."""
    (chunk,) = open_table(pa.table({"x": pa.array(["x"] * cut + texts, kind).slice(cut)})).chunks()
    return chunk.columns["x"]


def expected(texts: list[str | None]) -> tuple[list[int], list[str]]:
    place: dict[str, int] = {}
    codes = [-1 if t is None else place.setdefault(t, len(place)) for t in texts]
    return codes, list(place)


@settings(max_examples=40, deadline=None)
@given(st.lists(words, min_size=1, max_size=60), kinds, st.integers(0, 5), st.booleans())
def test_codes_are_those_of_a_dictionary(texts: list[str | None], kind: pa.DataType, cut: int, many: bool) -> None:
    """Codes number the distinct texts in order of appearance, whether few are looked at or many."""
    texts = texts * (MANY_TEXTS // len(texts) + 1) if many else texts
    found = read_texts(column(texts, kind, cut))
    assert (found.codes.tolist(), list(found.words)) == expected(texts)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_many_distinct_texts_are_told_apart(kind: pa.DataType) -> None:
    """Of all lengths, nearly all once: ids, and what differs in one letter."""
    texts: list[str | None] = [f"{'p' * (i % 23)}{i}" for i in range(20_000)]
    texts += [None, *texts[:500], *(f"{'y' * k}{a}{'z' * k}" for k in range(20) for a in "ab"), ""]
    found = read_texts(column(texts, kind))
    assert (found.codes.tolist(), list(found.words)) == expected(texts)


def memmove_to(start: int, to: int, length: int) -> None:
    ctypes.memmove(int(to), int(start), int(length))


def same_bytes(start: int, other: int, length: int) -> bool:
    return ctypes.string_at(int(start), int(length)) == ctypes.string_at(int(other), int(length))


def test_a_coincidence_of_marks_joins_nothing() -> None:
    """When all marks are equal, the bytes still tell the texts apart; every place of the table is tried in turn."""
    texts = [f"{'t' * (i % 30)}{i}".encode() for i in range(300)] * 3
    held = np.frombuffer(b"".join(texts), np.uint8)
    lengths = np.array([len(t) for t in texts], np.int32)
    starts = held.ctypes.data + np.cumsum(lengths, dtype=np.int64) - lengths
    n = len(texts)
    codes, marks = np.empty(n, np.int32), np.empty(n, np.int64)
    bounds, to = np.empty(n + 1, np.int64), np.empty(len(held), np.uint8)
    written = distinct.number_texts.py_func
    inner = {"_mark": lambda start, length: 0, "_copy": memmove_to, "_same": same_bytes}
    number_texts = type(written)(written.__code__, written.__globals__ | inner)
    count = number_texts(starts, lengths, np.full(2048, -1, np.int32), codes, marks, bounds, to)
    place: dict[bytes, int] = {}
    assert codes.tolist() == [place.setdefault(t, len(place)) for t in texts]
    assert to[: bounds[count]].tobytes() == b"".join(place)


@pytest.mark.parametrize("rows", [3, MANY_TEXTS])
def test_a_text_that_lies_outside_is_told(rows: int) -> None:
    """Offsets that fall, that lead behind the end, and views of a buffer that is not there, read nothing."""
    texts = pa.array(["a text of more than twelve letters"] * rows)
    ends = np.frombuffer(texts.buffers()[1], np.int32)
    for place, value in ((1, -1), (2, 1), (1, 2**30)):
        offsets = ends.copy()
        offsets[place] = value
        damaged = pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), texts.buffers()[2]])
        with pytest.raises(TableError, match="damaged"):
            read_texts(_raw(damaged))
    views = texts.cast(pa.string_view())
    for place, value in ((0, -5), (0, 2**30), (2, 1), (2, -1), (3, -1), (3, 2**30)):
        given_views = np.frombuffer(views.buffers()[1], np.int32).copy()
        given_views[4 + place] = value
        buffers = [None, pa.py_buffer(given_views), *views.buffers()[2:]]
        with pytest.raises(TableError, match="damaged"):
            read_texts(_raw(pa.Array.from_buffers(pa.string_view(), rows, buffers)))


def _raw(array: pa.Array) -> Raw:
    (chunk,) = open_table(pa.table({"x": array})).chunks()
    return chunk.columns["x"]


@pytest.mark.parametrize("spread", [1, 7, 2**40])
def test_many_marks(spread: int) -> None:
    """The first of equal marks is found among many, however they lie."""
    marks = (np.random.default_rng(3).integers(0, 5_000, 60_000) * spread).astype(np.uint64)
    codes, first = codes_of(distinct_marks(marks))
    assert (marks[first][codes] == marks).all()
    assert len(first) == len(np.unique(marks)) and (np.diff(first) > 0).all()
