"""Has anything become slower? What is measured now, beside the baseline that is kept with the code.

    python benchmarks/check.py [--measured FILE] [--baseline FILE] [--write] [--quick]

Without `--measured`, a JSON file of `run.py`, everything is measured first. A ratio that is worse by more than 20% than
in the baseline fails, as does one that was not measured; ratios, because both of their sides were taken on one machine
in one run. Seconds, milliseconds and megabytes of two machines say nothing about a change: such a line fails when it
was reached and is no longer. `--write` makes what was measured the new baseline.

Exit 0: nothing worse. 1: something is; which, and by how much, is printed. 2: the two cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_WORSE = 0.20
BASELINE = Path(__file__).resolve().parent / "baseline.json"
Row = Mapping[str, Any]


def keyed(document: Mapping[str, Any]) -> dict[tuple[str, str], Row]:
    return {(row["question"], row["what"]): row for row in document["rows"]}


def is_ratio(row: Row) -> bool:
    return str(row["what"]).startswith("x")


def worse_by(now: Row, before: Row) -> float:
    """The part by which a ratio is worse: 0.5 for half as fast again, or for half as much again; below 0 for better."""
    new, old = float(now["value"]), float(before["value"])
    if now["better"] == "less":
        return new / old - 1 if old else float(new > 0)
    return old / new - 1 if new else float("inf")


def problems(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """A sentence for each line that is worse."""
    found, measured = [], keyed(now)
    for key, old in keyed(before).items():
        name, new = f"{key[0]}: {key[1]}", measured.get(key)
        if new is None:
            found.append(f"{name}: was not measured")
        elif is_ratio(old):
            if (worse := worse_by(new, old)) > MOST_WORSE:
                found.append(f"{name}: worse by {worse:.0%}, {old['value']:.3g} before and {new['value']:.3g} now")
        elif old["reached"] and not new["reached"]:
            found.append(f"{name}: no longer reached, {old['value']:.3g} before and {new['value']:.3g} now")
    return found


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def measure(quick: bool) -> dict[str, Any] | None:
    """None where a benchmark failed."""
    import run

    made, _, failed = run.document(tuple(run.BENCHMARKS), quick)
    return None if failed else made


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--measured", type=Path, metavar="FILE", help="what `run.py --json` wrote")
    parser.add_argument("--baseline", type=Path, metavar="FILE", default=BASELINE)
    parser.add_argument("--write", action="store_true", help="make it the baseline instead")
    parser.add_argument("--quick", action="store_true", help="measure by a smoke run")
    asked = parser.parse_args()
    now = measure(asked.quick) if asked.measured is None else read(asked.measured)
    if now is None:
        print("a benchmark failed")
        return 2
    if asked.write:
        asked.baseline.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        return 0
    if not asked.baseline.exists():
        print("there is no baseline yet: make one with --write")
        return 2
    before = read(asked.baseline)
    if now["quick"] != before["quick"]:
        print("one of the two is a smoke run (--quick) and the other is not")
        return 2
    found = problems(now, before)
    for sentence in found:
        print(sentence)
    if not found:
        print(f"none of {len(before['rows'])} lines is worse")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
