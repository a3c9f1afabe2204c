"""Polars on the shared table: a Boolean column a rule. A child of `table.py`, which sets POLARS_MAX_THREADS."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import reduce
from operator import and_

import numpy as np
import polars as pl
from contest import take_turns, timed
from workload import Condition, Rule, make_rules
from workload_columns import LISTED, Bits, digest, frame, make_columns


def condition(c: Condition, texts: str) -> pl.Expr:
    column = pl.col(c.field)
    if c.sign:
        return column > c.bound if c.sign == ">" else column < c.bound
    if not c.words:
        return column
    values = [LISTED.index(word) for word in c.words] if texts == "integers" else list(c.words)
    return column == values[0] if len(values) == 1 else column.is_in(values)


def expressions(rules: Sequence[Rule], texts: str) -> list[pl.Expr]:
    return [reduce(and_, [condition(c, texts) for c in rule]).alias(f"r{j}") for j, rule in enumerate(rules)]


def bits(answered: pl.DataFrame, piece: slice) -> Bits:
    part = answered[piece]
    return np.array([part[name].to_numpy() for name in part.columns])


def main() -> None:
    rows = int(sys.argv[1])
    columns = make_columns(rows)
    frames = {texts: frame(columns, texts) for texts in ("integers", "dictionary", "plain")}
    del columns

    def turn(line: str) -> object:
        count, texts, what = line.split()
        asked = frames[texts].lazy().select(expressions(make_rules(int(count)), texts))
        if what == "answers":
            answered = asked.collect()
            return digest(rows, lambda piece: bits(answered, piece))
        return timed(asked.collect)

    assert pl.thread_pool_size() == 1
    take_turns(turn)


if __name__ == "__main__":
    main()
