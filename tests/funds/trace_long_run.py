"""What one process does of a long run. It stands apart from the command, so that a fresh process finds it by name."""

from __future__ import annotations

import sys
from collections import Counter

from trace_ledgers import run, run_conservation

AT_A_TIME = 2_000


def part(task: tuple[int, int, int]) -> tuple[str | None, Counter[str]]:
    """A process's share: what disagrees, and what was seen."""
    ledgers, conservation, seed = task
    seen: Counter[str] = Counter()
    for wanted, compare, first in ((ledgers, run, seed), (conservation, run_conservation, seed + ledgers)):
        for start in range(0, wanted, AT_A_TIME):
            told = compare(min(AT_A_TIME, wanted - start), first + start, seen)
            if told:
                return told, seen
            say(f"{start + AT_A_TIME:>12,} of {wanted:,} histories from seed {first} ({compare.__name__})")
    return None, seen


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
