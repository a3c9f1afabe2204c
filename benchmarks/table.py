"""What does a table of a million payments cost, a row, beside Polars and blazerules on one thread?

    python benchmarks/table.py [--rows 1_000_000] [--repeats 5] [--times 10] [--json] [--quick]

What comes out is, here, a table of decisions (action, score, names of the rules that fired, whose duty it is), by one
`decide_many`; of Polars a Boolean column a rule, of blazerules a bit a rule. All say the same of every rule on every
row, before anything is timed. Texts are dictionary-encoded for every engine, and plain strings once more; the others
have a third go with texts as integers, which is their fastest, and the best of all their goes is what counts beside the
dictionary. Each contestant is a process of its own, and they take turns. Times are of the processor; only where two
threads are asked for, of the clock.

Told besides: how long the kernel alone takes, on columns that are coded already, a plain pass over the same memory, and
in which functions the time goes.
Peers: pip install --requirement benchmarks/requirements.txt
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from contest import Contestant, contest
from timing import Row, ratio_row, say

COUNTS = (200, 1000)
TEXTS = ("dictionary", "plain")
PEER_TEXTS = ("integers", *TEXTS)
ENCODED = ("integers", "dictionary")
Took = dict[str, float]


@dataclass
class Repeats:
    """What each turn took, a repeat each, by the contestant and its turn: "polars 200 plain time"."""

    rows: int
    took: dict[str, list[Took]] = field(default_factory=dict)

    def ns(self, turn: str, measure: str = "processor_s", rows: int = 0) -> list[float]:
        """Of each repeat, nanoseconds a row."""
        return [one[measure] / (rows or self.rows) * 1e9 for one in self.took[turn]]

    def median(self, turn: str, measure: str = "processor_s", rows: int = 0) -> float:
        return statistics.median(self.ns(turn, measure, rows))

    def memory(self, turn: str) -> float:
        return max(one.get("most_mb", one["resident_mb"]) for one in self.took[turn])

    def ratios(self, turn: str, to: str, measure: str = "processor_s") -> list[float]:
        """How many times as long as the first turn the other takes, repeat by repeat."""
        return [b / a for a, b in zip(self.ns(turn, measure), self.ns(to, measure), strict=True)]


def check(children: Mapping[str, Contestant], counts: tuple[int, ...]) -> None:
    """AssertionError where one answers otherwise than another, of any rule on any row."""
    for count in counts:
        said = {
            f"{name}, {texts}": child.turn(f"{count} {texts} answers")
            for name, child in children.items()
            for texts in (TEXTS if name == "riskrules" else PEER_TEXTS)
        }
        assert len(set(said.values())) == 1, f"{count} rules: not all answer the same: {said}"


def turns(counts: tuple[int, ...]) -> list[tuple[str, str]]:
    """Whose turn it is, and for what, in one repeat."""
    peers = [
        (name, f"{count} {texts} time")
        for count in counts
        for texts in PEER_TEXTS
        for name in ("riskrules", "polars", "blazerules")
        if (name, texts) != ("riskrules", "integers")
    ]
    own = [*(f"{count} kernel" for count in counts), "200 profile", "200 pass", "200 one", "200 two"]
    return [*peers, *(("riskrules", turn) for turn in own)]


def measured(rows: int, repeats: int, times: int, counts: tuple[int, ...]) -> Repeats:
    found = Repeats(rows)
    with contest(
        riskrules=Contestant("table_riskrules.py", rows),
        polars=Contestant("table_polars.py", rows, POLARS_MAX_THREADS="1"),
        blazerules=Contestant("table_blazerules.py", rows),
    ) as children:
        check(children, counts)
        for _ in range(repeats):
            for name, turn in turns(counts):
                found.took.setdefault(f"{name} {turn}", []).append(children[name].turn(turn))
        for turn in ("200 stream 1", f"200 stream {times}"):  # once: it is long enough to be its own average
            found.took[f"riskrules {turn}"] = [children["riskrules"].turn(turn)]
    return found


def beside_peers(found: Repeats, count: int) -> list[Row]:
    """The lines of one ruleset: texts encoded, then plain."""
    rows = []
    for texts in TEXTS:
        goes = ENCODED if texts == "dictionary" else ("plain",)
        peers = [f"{name} {count} {go} time" for name in ("polars", "blazerules") for go in goes]
        ours = f"riskrules {count} {texts} time"
        told = {f"{turn.removesuffix(' time')}, ns a row": found.median(turn) for turn in (ours, *peers)}
        told |= {f"{turn.removesuffix(' time')}, MB": found.memory(turn) for turn in (ours, *peers)}
        if texts == "dictionary":
            kernel = found.took[f"riskrules {count} kernel"]
            for part in ("code", "decide"):
                each = [one[f"{part}_s"] / one["rows"] * 1e9 for one in kernel]
                told[f"the kernel alone, to {part}, ns a row"] = statistics.median(each)
        question = f"a table, {count:,} rules" + (", texts as plain strings" if texts == "plain" else "")
        ratios = found.ratios(ours, min(peers, key=found.median))
        memory = found.memory(ours)
        rows.append(ratio_row(question, "x the best peer's rate", ratios, 4, "more", told=told, memory_mb=memory))
    return rows


def by_itself(found: Repeats, times: int) -> list[Row]:
    """The lines that need no peer."""
    ours, plain = "riskrules 200 dictionary time", "riskrules 200 pass"
    told = {"riskrules, ns a row": found.median(ours), "a plain pass, ns a row": found.median(plain)}
    profiles = found.took["riskrules 200 profile"]
    for part in profiles[0]:
        each = [one[part] / found.rows * 1e9 for one in profiles if part in one]
        told[f"profile: {part}, ns a row"] = statistics.median(each)
    question = "a table, 200 rules, beside a plain pass"
    rows = [ratio_row(question, "x a pass over its memory", found.ratios(plain, ours), 3, "less", told=told)]

    one, two = "riskrules 200 one", "riskrules 200 two"
    told = {f"{name}, ns a row": found.median(turn, "wall_s") for name, turn in (("one", one), ("two threads", two))}
    ratios = found.ratios(two, one, "wall_s")
    memory = found.memory(two)
    rows.append(
        ratio_row("a table, two threads", "x one thread's rate", ratios, 1.8, "more", told=told, memory_mb=memory)
    )
    once, often = "riskrules 200 stream 1", f"riskrules 200 stream {times}"
    short, long = found.median(once), found.median(often, rows=times * found.rows)
    told = {
        f"{found.rows:,} rows, ns a row": short,
        f"{times * found.rows:,} rows, ns a row": long,
        f"{found.rows:,} rows, most MB": found.memory(once),
        f"{times * found.rows:,} rows, most MB": found.memory(often),
    }
    memory = found.memory(often)
    question = f"a stream, {times} times as long"
    rows.append(Row(question, "x the rate", short / long, 0.9, "more", told, memory_mb=memory))
    rows.append(Row(question, "x the memory", memory / found.memory(once), 1.1, "less", memory_mb=memory))
    return rows


def measure(rows: int, repeats: int, times: int, counts: tuple[int, ...] = COUNTS) -> list[Row]:
    """The lines of the table."""
    found = measured(rows, repeats, times, counts)
    return [*(row for count in counts for row in beside_peers(found, count)), *by_itself(found, times)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--times", type=int, default=10, help="how much longer the long stream is")
    parser.add_argument("--quick", action="store_true", help="small: 50,000 rows, 200 rules, once")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = measure(50_000, 1, 2, (200,)) if asked.quick else measure(asked.rows, asked.repeats, asked.times)
    say(rows, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
