"""Equal texts are found, and different ones are never joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskrules.bridges import distinct
from riskrules.bridges.distinct import LONGEST_MARKED, codes_of, distinct_marks, distinct_texts

edges = [b"", b"\0", b"\0\0", b"x" * LONGEST_MARKED, b"x" * (LONGEST_MARKED + 1)]
words = st.binary(max_size=20) | st.sampled_from(edges)


def laid_out(texts: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lengths = np.array([len(t) for t in texts], np.int64)
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum(lengths) - lengths, lengths


def expected(texts: list[bytes]) -> tuple[list[int], list[int]]:
    place: dict[bytes, int] = {}
    codes = [place.setdefault(t, len(place)) for t in texts]
    return codes, [codes.index(code) for code in range(len(place))]


@given(st.lists(words, max_size=60))
def test_codes_are_those_of_a_dictionary(texts: list[bytes]) -> None:
    """Codes number the distinct texts in order of appearance."""
    codes, first = distinct_texts(*laid_out(texts))
    assert (codes.tolist(), first.tolist()) == expected(texts)


@given(st.lists(words, max_size=60))
def test_a_coincidence_of_marks_joins_nothing(texts: list[bytes]) -> None:
    """When all marks are equal, the bytes still tell the texts apart."""
    mixed = distinct._mixed
    distinct._mixed = lambda marks, word: np.zeros_like(marks)
    try:
        codes, first = distinct_texts(*laid_out(texts))
    finally:
        distinct._mixed = mixed
    assert (codes.tolist(), first.tolist()) == expected(texts)


@pytest.mark.parametrize("spread", [1, 7, 2**40])
def test_many_marks(spread: int) -> None:
    """The first of equal marks is found among many, however they lie."""
    marks = (np.random.default_rng(3).integers(0, 5_000, 60_000) * spread).astype(np.uint64)
    codes, first = codes_of(distinct_marks(marks))
    assert (marks[first][codes] == marks).all()
    assert len(first) == len(np.unique(marks)) and (np.diff(first) > 0).all()
