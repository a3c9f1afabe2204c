"""All questions about speed, in one table: what was asked, what is measured, and whether it is reached.

    python benchmarks/run.py [--quick] [--json FILE] [--told] [NAME …]

Each benchmark is a process of its own, one after another, and says its lines as JSON. On a quiet machine of two
processors they take less than ten minutes, with `--quick` (small sizes, no spread) two. `NAME` runs only these, such
as `swap`. `--told` prints the figures behind each line. Beside what is measured stands what the prototypes measured
before there was a library, on a machine of the same kind that did nothing else: "seen in prototypes".
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BENCHMARKS: dict[str, tuple[str, ...]] = {
    "one_payment": ("--repeats", "5"),
    "windows_online": ("--repeats", "5"),
    "startup": ("--repeats", "3"),
    "swap": (),
    "windows_replay": ("--repeats", "2"),
    "table": ("--repeats", "2"),
}
"""Each with its arguments in a full run: as many repeats as fit."""
PACKAGES = ("numba", "numpy", "pydantic", "polars", "duckdb", "pyarrow", "blazerules", "datalogic-py", "zen-engine",
            "rule-engine", "common-expression-language")  # fmt: skip
SEEN = (
    ("one payment, 200 rules and ten windows", ""),
    ("one payment, 200 rules", "2.5 us; pydantic 3.1, plain Python 4.3 to 6.5, datalogic-py 19, ZEN 44"),
    ("one payment, 1,000 rules", "2.8 us; plain Python 34, datalogic-py 115, blazerules 428"),
    ("one payment, from 50", "2.3 to 2.8 us"),
    ("a table, 200 rules, beside a plain pass", "53 ns a row; pass 13"),
    ("a table, 200 rules, texts as plain strings", ""),
    ("a table, 200 rules", "53 ns a row; Polars 152, blazerules 207 (886 with texts)"),
    ("a table, 1,000 rules, texts as plain strings", ""),
    ("a table, 1,000 rules", "185 ns a row; Polars 535, blazerules 339 (3,518 with texts)"),
    ("1,000 rules, from a saved ruleset", "tables 50 ms"),
    ("a new process", "import of Numba 0.6 s"),
)
"""By how a question begins, the first that fits: the published figures of the prototypes."""
HEADINGS = ("question", "asked", "measured", "spread", "reached?", "time", "MB", "seen in prototypes")
WIDTHS = (38, 7, 26, 16, 8, 24, 5, 36)


@dataclass(frozen=True)
class Line:
    """A row as it was told in JSON; `benchmark` is whose it is."""

    benchmark: str
    row: dict[str, Any]

    def cells(self) -> tuple[str, ...]:
        row = self.row
        sign = "<=" if row["better"] == "less" else ">="
        spread = "" if row["spread"] is None else " to ".join(figure(x) for x in row["spread"])
        name, value = next(iter(row["told"].items()), ("", None))
        seen = next((seen for begins, seen in SEEN if row["question"].startswith(begins)), "")
        return (
            row["question"],
            f"{sign} {figure(row['reach'])}",
            f"{figure(row['value'])} {row['what']}",
            spread,
            "yes" if row["reached"] else "NO",
            "" if value is None else f"{figure(value)} {name}",
            "" if row["memory_mb"] is None else figure(row["memory_mb"]),
            seen,
        )


def figure(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(lines: Sequence[Line]) -> str:
    """All lines under their headings, cells wrapped."""
    made = [_wrapped(HEADINGS), "-" * (sum(WIDTHS) + 2 * len(WIDTHS))]
    return "\n".join([*made, *(_wrapped(line.cells()) for line in lines)])


def _wrapped(cells: Sequence[str]) -> str:
    parts = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    tall = max(map(len, parts))
    rows = [[part[i] if i < len(part) else "" for part in parts] for i in range(tall)]
    return "\n".join("  ".join(f"{x:{w}}" for x, w in zip(row, WIDTHS, strict=True)).rstrip() for row in rows)


def machine() -> dict[str, object]:
    """What it was measured on. `load`: the average over the minute before, which should be near zero."""
    found: dict[str, object] = {"python": platform.python_version(), "processors": os.cpu_count()}
    cpu = Path("/proc/cpuinfo")
    names = [line for line in cpu.read_text().splitlines() if line.startswith("model name")] if cpu.exists() else []
    found["processor"] = names[0].partition(": ")[2] if names else platform.processor()
    found["system"] = platform.platform()
    found["load"] = round(os.getloadavg()[0], 2)
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def measured(names: Sequence[str], quick: bool) -> tuple[list[Line], list[str]]:
    """The lines of these benchmarks, and which of them failed. What they say besides goes to stderr."""
    lines: list[Line] = []
    failed = []
    for name in names:
        began = time.perf_counter()
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        command = [sys.executable, str(HERE / f"{name}.py"), "--json", *(("--quick",) if quick else BENCHMARKS[name])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
        if done.returncode:
            failed.append(name)
            continue
        lines += [Line(name, row) for row in json.loads(done.stdout)]
    return lines, failed


def document(names: Sequence[str], quick: bool) -> tuple[dict[str, Any], list[Line], list[str]]:
    """What `--json` writes, its lines, and the benchmarks that failed."""
    ran_on = machine()
    lines, failed = measured(names, quick)
    rows = [{"benchmark": line.benchmark, **line.row} for line in lines]
    return {"quick": quick, "machine": ran_on, "rows": rows}, lines, failed


def say_told(lines: Sequence[Line]) -> None:
    for line in lines:
        if line.row["told"]:
            print(f"\n{line.row['question']}")
            for name, value in line.row["told"].items():
                print(f"  {name:60} {value:14,.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="a smoke run: small sizes, few repeats")
    parser.add_argument("--told", action="store_true", help="the figures behind each line too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    if unknown := sorted({*asked.names} - {*BENCHMARKS}):
        parser.error(f"no benchmark is called {', '.join(unknown)}")
    made, lines, failed = document(asked.names or tuple(BENCHMARKS), asked.quick)
    if asked.json is not None:
        asked.json.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(table(lines))
    if asked.told:
        say_told(lines)
    reached = sum(line.row["reached"] for line in lines)
    print(f"\n{reached} of {len(lines)} reached; load before {made['machine']['load']}")
    for name in failed:
        print(f"{name} FAILED, see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
