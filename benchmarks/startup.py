"""How long until the first payment: from a text, from a saved ruleset, in a new process; and what a check costs.

    python benchmarks/startup.py [--repeats 7] [--json] [--quick]

In this process, of the processor: a file of 1,000 rules, from its text to an engine that has decided a payment; the
same from what `Rules.save` wrote, with its SHA-256 at hand. The kernel is ready before, since that depends on no
ruleset and is done once a process, whatever it serves; what it takes is told. In new processes, by the clock, the whole
of it, from the start of Python to its end: import, load 200 rules, decide a payment, with the kernel's machine code
where an earlier process kept it (without, which is told, Numba compiles it); `riskrules check` of a shipped ruleset,
which must not load Numba; and an import alone, beside a Python that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timing import KIB, Row, in_turn, resident_mb, say
from workload import fired, make_events, make_rules, ruleset

import riskrules as rr

MANY, FEW = 1000, 200
MILLION = 1e6
SHIPPED = "cn/whose_account.risk"
NOTHING = "pass"
IMPORT = "import riskrules"
FIRST = """
import json, sys
import riskrules as rr
event = json.loads(sys.argv[2])
print(len(rr.Engine(rr.load(sys.argv[1])).decide(event).fired))
"""
CHECK = """
import sys
from riskrules.cli.main import main
try:
    main(["check", sys.argv[1]])
except SystemExit as ended:
    assert ended.code == 0, ended.code
assert "numba" not in sys.modules, "checking loaded Numba"
"""


def median_row(question: str, took: list[float], reach: float, told: dict[str, float], memory_mb: float) -> Row:
    """Of seconds."""
    return Row(question, "s", statistics.median(took), reach, "less", told, (min(took), max(took)), memory_mb)


def in_this_process(repeats: int, folder: Path) -> list[Row]:
    rules, event = make_rules(MANY), make_events(1)[0]
    text = ruleset(rules)
    right = {f"r{j}" for j, it in enumerate(fired(rules, event)) if it}
    saved = folder / "rules"
    began = time.process_time()
    rr.Engine(rr.loads(text)).warm()
    warmed = time.process_time() - began
    digest = rr.loads(text).save(saved)

    def ready(load: Callable[[], rr.Rules]) -> Callable[[int], object]:
        def call(_: int) -> None:
            assert set(rr.Engine(load()).decide(event).fired) == right

        return call

    loaded = rr.load(saved)
    calls = {
        "text": ready(lambda: rr.loads(text)),
        "saved": ready(lambda: rr.load(saved, sha256=digest)),
        "read alone": lambda _: rr.load(saved, sha256=digest),
        "compiled anew": ready(lambda: rr.load(saved)),
        "engine alone": ready(lambda: loaded),
    }
    timed = in_turn({name: (call, 1) for name, call in calls.items()}, repeats)
    seconds = {name: [us / MILLION for us in took] for name, took in timed.us.items()}
    told = {
        "the first engine, with its kernel, s": warmed,
        "kilobytes of text": len(text) / 1000,
    }
    parts = {
        "reading it alone, s": timed.median("read alone") / MILLION,
        "without its SHA-256, so compiled anew, s": timed.median("compiled anew") / MILLION,
        "an engine of rules that are loaded, s": timed.median("engine alone") / MILLION,
        "kilobytes of the saved one": saved.stat().st_size / 1000,
    }
    return [
        median_row("1,000 rules, from text to ready", seconds["text"], 1, told, resident_mb()),
        median_row("1,000 rules, from a saved ruleset to ready", seconds["saved"], 0.02, parts, resident_mb()),
    ]


@dataclass(frozen=True)
class Ended:
    """What a process took, by the clock and of the processor, and the most memory that it held."""

    wall_s: float
    processor_s: float
    most_mb: float


def process(*arguments: str, **environment: str) -> Ended:
    """A new Python, which must end well."""
    began = time.perf_counter()
    command = [sys.executable, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    _, status, used = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, list(arguments))
    return Ended(took, used.ru_utime + used.ru_stime, used.ru_maxrss / KIB)


def in_new_processes(repeats: int, folder: Path) -> list[Row]:
    text = folder / "few.risk"
    text.write_text(ruleset(make_rules(FEW)), encoding="utf-8")
    event = json.dumps(make_events(1)[0])
    commands = {
        "nothing": ("-c", NOTHING),
        "import": ("-c", IMPORT),
        "check": ("-c", CHECK, str(rr.ruleset_path(SHIPPED))),
        "first": ("-c", FIRST, str(text), event),
    }
    took: dict[str, list[Ended]] = {name: [] for name in commands}
    for repeat in range(1 + repeats):
        for name, command in commands.items():
            each = process(*command)
            if repeat:
                took[name].append(each)
    clock = {name: [one.wall_s for one in ended] for name, ended in took.items()}
    worked = {name: statistics.median(one.processor_s for one in ended) for name, ended in took.items()}
    memory = {name: max(one.most_mb for one in ended) for name, ended in took.items()}
    alone = statistics.median(clock["nothing"])
    imported = (statistics.median(clock["import"]) - alone) * 1000
    first = {
        "of the processor, s": worked["first"],
        "with no machine code kept, s": process(*commands["first"], RISKRULES_KERNELS="").wall_s,
        "a Python that does nothing, s": alone,
    }
    check = {"of the processor, s": worked["check"], "import riskrules, ms": imported}
    return [
        median_row("a new process: import, load, first decision", clock["first"], 1.5, first, memory["first"]),
        median_row("riskrules check, without loading Numba", clock["check"], 0.4, check, memory["check"]),
    ]


def measure(repeats: int) -> list[Row]:
    """The lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        return [*in_this_process(repeats, Path(folder)), *in_new_processes(repeats, Path(folder))]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="one repeat")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    say(measure(1 if asked.quick else asked.repeats), asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
