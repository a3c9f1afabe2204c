"""`python -m tests.differential --pairs 10_000_000 --seed 1 --processes 2`: the whole path compared at length.

Prints a line of progress every few seconds and all counters at the end. Exit 1 on a disagreement, which it prints as
small as it can make it, and when the run did not meet what it should have met.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the modules beside this one, as pytest finds them

import click  # after the path above
from path_run import PAYMENTS_A_FILE, not_met, report, run, say  # after the path above


@click.command()
@click.option("--pairs", default="100_000", help="(ruleset, payment) pairs to compare; 10_000_000 takes hours")
@click.option("--seed", default=1, help="of the first rule file")
@click.option("--processes", default=1)
@click.option("--payments", default=PAYMENTS_A_FILE, help="for each rule file")
def main(pairs: str, seed: int, processes: int, payments: int) -> None:
    wanted = int(pairs.replace("_", "").replace(",", ""))

    def told(seen: Counter[str], seconds: float) -> None:
        done = seen["pairs"]
        left = (wanted - done) * seconds / max(1, done) / 60
        pace = f"{done / seconds:,.0f} a second, about {left:,.0f} minutes left"
        say(f"{done:>12,} pairs, {seen['files']:,} files, {pace}")

    seen, found = run(wanted, seed, processes, payments, told)
    say(report(seen))
    if found is not None:
        say(f"\nDISAGREEMENT\n{found}")
        sys.exit(1)
    missed = not_met(seen)
    if missed:
        say(f"\nno disagreement, but never met: {', '.join(missed)}")
        sys.exit(1)
    say(f"\n{seen['pairs']:,} pairs, no disagreement")


if __name__ == "__main__":
    main()
