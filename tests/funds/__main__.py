"""`python -m tests.funds --ledgers 100_000 --conservation 1_000_000 --seed 1`: tracing compared at length.

Random histories by every method against the slow tracer, and, of many more, whether the sums are conserved. Prints
progress every so often and all counters at the end. Exit 1 on a disagreement, which it prints with its seed, and when
the run did not meet what it should have met.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the modules beside this one, as pytest finds them

import click  # after the path above
from trace_ledgers import rare  # after the path above
from trace_long_run import part, say  # after the path above

SEEDS_A_PROCESS = 100_000_000


@click.command()
@click.option("--ledgers", default="100_000", help="histories that are traced both ways, by every method")
@click.option("--conservation", default="0", help="histories whose sums are checked")
@click.option("--seed", default=1, help="of the first history")
@click.option("--processes", default=1)
def main(ledgers: str, conservation: str, seed: int, processes: int) -> None:
    wanted, more = (int(number.replace("_", "").replace(",", "")) for number in (ledgers, conservation))
    tasks = [(wanted // processes, more // processes, seed + n * SEEDS_A_PROCESS) for n in range(processes)]
    seen: Counter[str] = Counter()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for told, counted in pool.map(part, tasks):
            seen += counted
            if told:
                say(f"\nDISAGREEMENT\n{told}")
                sys.exit(1)
    say("\n".join(f"{count:>12,}  {name}" for name, count in sorted(seen.items())))
    missed = rare(seen) if wanted else []
    if missed:
        say(f"\nno disagreement, but met too rarely: {', '.join(missed)}")
        sys.exit(1)
    say(f"\n{seen['histories']:,} histories by every method, {seen['conserved']:,} conserved, no disagreement")


if __name__ == "__main__":
    main()
