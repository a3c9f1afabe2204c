"""What one process does of a long run. It stands apart from the command, so that a fresh process finds it by name."""

from __future__ import annotations

import sys
import time

from agreement_run import STEPS_A_HISTORY, Ran, run
from contestants import KINDS, stop_servers
from replay_agreement import replay_run

SEEDS_A_PROCESS = 10_000_000
REPLAYED_OF = 5
"""A row of a replay comes to this many steps: it is a reading and an event of each series."""
ROWS_A_REPLAY = 20_000


def part(task: tuple[tuple[str, ...], int, int]) -> Ran:
    """A process's share of the steps."""
    kinds, steps, seed = task
    began = time.monotonic()

    def told(ran: Ran, seconds: float) -> None:
        say(f"{ran.steps:>12,} steps from seed {seed}, {ran.steps / seconds:,.0f} a second")

    ran = run({name: KINDS[name] for name in kinds if name != "replay"}, steps, seed, STEPS_A_HISTORY, told)
    stop_servers()
    rows = 0
    while "replay" in kinds and not ran.found and rows < steps // REPLAYED_OF:
        ran.found = replay_run(ROWS_A_REPLAY, seed + rows, ran.seen)
        rows += ROWS_A_REPLAY
    say(f"{ran.steps:>12,} steps from seed {seed} in {time.monotonic() - began:.0f} s")
    return ran


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
