"""blazerules (C++ over Arrow) on the shared table. A child of `table.py`.

`integers` is its fastest: texts as int32 codes (it has no `in` for numbers, so a list is an `or`), rules that are
`shadow` and so give a bit mask and no decision, selection vectors off, batches not validated, 65,536 rows a call.
`dictionary` and `plain` are texts as it takes them, with its own settings. `parallel_threshold` alone keeps it on one
thread. Booleans are int32, since it refuses Arrow's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import blazerules
import numpy as np
import pyarrow as pa
from contest import take_turns, timed
from workload import Condition, Rule, make_rules
from workload_columns import LISTED, ROWS_A_DIGEST, Bits, Columns, digest, make_columns

ONE_THREAD = 2**31 - 1


def condition(c: Condition, coded: bool) -> dict[str, Any]:
    if c.sign:
        return {"field": c.field, "op": "gt" if c.sign == ">" else "lt", "value": c.bound}
    if not c.words:
        return {"field": c.field, "op": "eq", "value": 1}
    if coded:
        alike = [{"field": c.field, "op": "eq", "value": LISTED.index(word)} for word in c.words]
        return {"or": alike} if len(alike) > 1 else alike[0]
    if len(c.words) == 1:
        return {"field": c.field, "op": "eq", "value": c.words[0]}
    return {"field": c.field, "op": "in", "values": list(c.words)}


def specification(rules: Sequence[Rule], coded: bool) -> str:
    def kind(c: Condition) -> str:
        text = "int32" if coded else "categorical"
        return "float64" if c.sign else text if c.words else "int32"

    fields = {c.field: {"type": kind(c), "nullable": False} for rule in rules for c in rule}
    made = [
        {
            "id": f"r{j}",
            "action": "flag",
            "shadow": coded,
            "conditions": {"and": [condition(c, coded) for c in rule]},
        }
        for j, rule in enumerate(rules)
    ]
    ruleset = {"name": "bench", "version": "1", "rules": made}
    return json.dumps({"schema_version": "2.1", "fields": fields, "ruleset": ruleset})


def engine(rules: Sequence[Rule], coded: bool) -> Any:
    config = blazerules.EngineConfig()
    config.output_detail = blazerules.OutputDetail.BITMASKS
    config.parallel_threshold = ONE_THREAD
    if coded:
        config.enable_selection_vectors = False
    made = blazerules.RuleEngine(config)
    made.load_rules_from_string(specification(rules, coded), blazerules.RuleFileFormat.JSON)
    return made


def batch(columns: Columns, texts: str) -> Any:
    def column(values: Any) -> Any:
        if values.dtype == np.bool_:
            return pa.array(values.astype(np.int32))
        if values.dtype != np.int32 or texts == "integers":
            return pa.array(values)
        listed = pa.array(LISTED)
        codes = pa.array(values)
        return pa.DictionaryArray.from_arrays(codes, listed) if texts == "dictionary" else listed.take(codes)

    return pa.record_batch({name: column(values) for name, values in columns.items()})


def bits(results: Sequence[Any], step: int, count: int, piece: slice) -> Bits:
    assert piece.start // step == (piece.stop - 1) // step
    result, start, stop = results[piece.start // step], piece.start % step, (piece.stop - 1) % step + 1
    rows = []
    for j in range(count):
        mask = np.frombuffer(result.rule_bitmask_buffer(f"r{j}"), np.uint8)
        rows.append(np.unpackbits(mask, bitorder="little")[start:stop].astype(np.bool_))
    return np.array(rows)


def main() -> None:
    rows = int(sys.argv[1])
    columns = make_columns(rows)
    batches = {texts: batch(columns, texts) for texts in ("integers", "dictionary", "plain")}
    del columns
    engines: dict[tuple[int, bool], Any] = {}

    def evaluated(count: int, texts: str, step: int) -> list[Any]:
        coded = texts == "integers"
        if (count, coded) not in engines:
            engines[count, coded] = engine(make_rules(count), coded)
        one = engines[count, coded]
        parts = [batches[texts].slice(start, step) for start in range(0, rows, step)]
        return [one.evaluate_batch(part, validate=False) for part in parts]

    def turn(line: str) -> object:
        count, texts, what = line.split()
        step = ROWS_A_DIGEST if texts == "integers" else rows
        if what == "answers":
            results = evaluated(int(count), texts, step)
            return digest(rows, lambda piece: bits(results, step, int(count), piece))
        return timed(lambda: evaluated(int(count), texts, step))

    take_turns(turn)


if __name__ == "__main__":
    main()
