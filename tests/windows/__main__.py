"""`python -m tests.windows --steps 1_000_000 --seed 1 --processes 2`: windows compared at length.

The memory store, the Redis store (on a server that the command starts) and the replay against the reference. Prints
progress every few seconds and all counters at the end. Exit 1 on a disagreement, which it prints as small as it can
make it, and when the run did not meet what it should have met.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the modules beside this one, as pytest finds them

import click  # after the path above
from agreement_run import Ran  # after the path above
from contestants import KINDS  # after the path above
from long_run import SEEDS_A_PROCESS, part, say  # after the path above
from replay_agreement import replay_not_found  # after the path above


@click.command()
@click.option("--steps", default="1_000_000", help="steps of all kinds in all")
@click.option("--seed", default=1, help="of the first history")
@click.option("--processes", default=1)
@click.option("--stores", default=",".join((*KINDS, "replay")), help="which to compare with the reference")
def main(steps: str, seed: int, processes: int, stores: str) -> None:
    wanted = int(steps.replace("_", "").replace(",", ""))
    kinds = tuple(stores.split(","))
    tasks = [(kinds, wanted // processes, seed + n * SEEDS_A_PROCESS) for n in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        rans = pool.map(part, tasks)
    total = Ran()
    for ran in rans:
        total.seen += ran.seen
        total.steps += ran.steps
        total.found = total.found or ran.found
    say("\n".join(f"{count:>12,}  {name}" for name, count in sorted(total.seen.items())))
    if total.found:
        say(f"\nDISAGREEMENT\n{total.found}")
        sys.exit(1)
    missed = total.missed + (replay_not_found(total.seen) if "replay" in kinds else [])
    if missed:
        say(f"\nno disagreement, but met too rarely: {', '.join(missed)}")
        sys.exit(1)
    say(f"\n{total.steps:,} steps, no disagreement")


if __name__ == "__main__":
    main()
