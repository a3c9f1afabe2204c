"""A label is read as yes and no and as nothing else, and whatever is wrong with it is a sentence with its row."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import riskrules as rr

ANSWERS = [
    [1, 0, 1],
    [True, False, True],
    [1.0, 0.0, 1.0],
    ["yes", "no", "yes"],
    ["True", "False", "True"],
    ["1", "0", "1"],
    [Decimal("1.0"), Decimal("0.0"), Decimal("1.0")],
]


@pytest.mark.parametrize("values", ANSWERS, ids=lambda v: repr(v[0]))
def test_plain_answers_are_read(values: list[object]) -> None:
    """Every common way of writing yes and no is the same label."""
    assert rr.read_labels(pa.table({"is_fraud": values}), "is_fraud").tolist() == [True, False, True]


def test_dictionaries_pieces_and_files_are_read(tmp_path: Path) -> None:
    """However the column is laid out, and from a CSV file as from a table."""
    words = pa.array(["yes", "no", "yes"]).dictionary_encode()
    assert rr.read_labels([pa.table({"f": words}), pa.table({"f": ["no"]})], "f").tolist() == [True, False, True, False]
    path = tmp_path / "history.csv"
    path.write_text("id,f\na,1\nb,0\n")
    assert rr.read_labels(path, "f").tolist() == [True, False]


def test_words_of_its_own() -> None:
    """Where the column holds categories, those named are fraud and all others are not."""
    table = pa.table({"kind": ["chargeback", "ok", "scam", "dispute"]})
    assert rr.read_labels(table, "kind", fraud_is=["chargeback", "scam"]).tolist() == [True, False, True, False]
    with pytest.raises(rr.LabelError, match="neither yes nor no"):
        rr.read_labels(table, "kind")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, 0.0, 0.5], "row 3 of the label `is_fraud` is neither yes nor no"),
        ([1, 0, 2], "row 3 of the label `is_fraud` is neither yes nor no"),
        (["yes", "perhaps", "no"], "row 2 of the label `is_fraud` is neither yes nor no"),
        ([Decimal("0.5"), Decimal("1.0")], "row 1 of the label `is_fraud` is neither yes nor no"),
        ([float("nan"), 1.0, 0.0], "row 1 of the label `is_fraud` is neither yes nor no"),
        ([1, None, 0], "row 2 of the label `is_fraud` is empty, so nobody knows"),
        ([1, 1, 1], "all 3 payments that are measured are fraud by the label `is_fraud`"),
        (["no", "no"], "all 2 payments that are measured are honest by the label `is_fraud`"),
        ([], "there is no row"),
    ],
)
def test_what_is_no_answer_is_a_sentence(values: list[object], said: str) -> None:
    """With the row, and never a guess."""
    table = pa.table({"is_fraud": values or pa.array(values, pa.int64())})
    with pytest.raises(rr.LabelError) as refused:
        rr.read_labels(table, "is_fraud")
    assert said in str(refused.value)


def test_a_column_that_is_not_there_is_told_with_its_like() -> None:
    """And with the columns that are."""
    with pytest.raises(rr.LabelError, match="no column `isFraud` for the label; did you mean `is_fraud`"):
        rr.read_labels(pa.table({"id": ["a"], "is_fraud": [1]}), "isFraud")


def test_labels_stand_in_the_order_of_rows() -> None:
    """Over many pieces too."""
    flags = np.random.default_rng(1).random(200_000) < 0.1
    assert (rr.read_labels(pa.table({"f": flags}), "f") == flags).all()
