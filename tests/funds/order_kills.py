"""Kill the writer of a book of orders at random moments, and see that what it had answered is there and nothing else.

    python tests/funds/order_kills.py --kills 1000 --seed 1

A child gives orders to a book and tells through a pipe which were answered; the parent kills it (SIGKILL) after a
random time, opens the book, and holds it against one that nobody killed: it must have exactly the first orders, each
with its answer, all those that were answered and at most one more. The next child goes on where this one ended.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from pathlib import Path

from order_model import ACCOUNTS, Step, engine, random_steps

from riskrules.funds.journal import JournalError
from riskrules.funds.order_book import OrderBook
from riskrules.funds.orders import OrderError

STEPS_A_BOOK = 80
LONGEST_WAIT_S = 0.03


def accepted(steps: list[Step]) -> list[Step]:
    """Those of the steps that a book takes, each once: what a writer writes."""
    book, kept, seen = OrderBook(engine(), "CNY"), [], set()
    for step in steps:
        try:
            book.give(step.order, step.at, fit=step.fit, traced_minor=step.traced)
        except OrderError:
            continue
        if step.order.id not in seen:
            seen.add(step.order.id)
            kept.append(step)
    return kept


def write(folder: Path, steps: list[Step], pipe: int) -> None:
    """The child: give all the steps, those too that the book has already."""
    book = OrderBook(engine(), "CNY", folder)
    for step in steps:
        book.give(step.order, step.at, fit=step.fit, traced_minor=step.traced)
        os.write(pipe, b".")


def killed_once(folder: Path, steps: list[Step], source: random.Random) -> int:
    """How many orders the child was told are answered."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        write(folder, steps, writes)
        os._exit(0)
    os.close(writes)
    target, answered = source.randrange(len(steps) + 1), 0
    while answered < target and os.read(reads, 1):
        answered += 1
    until = time.perf_counter() + source.random() * LONGEST_WAIT_S
    while time.perf_counter() < until:
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reads, 4_096):
        answered += len(piece)
    os.close(reads)
    return answered


def held_against(folder: Path, steps: list[Step], answered: int) -> tuple[int, int]:
    """How many orders the book has, and a byte count of its journal; an AssertionError where it is not the prefix."""
    book, whole = OrderBook(engine(), "CNY", folder), OrderBook(engine(), "CNY")
    have = sum(book.outcome(step.order.id) is not None for step in steps)
    for step in steps[:have]:
        expected = whole.give(step.order, step.at, fit=step.fit, traced_minor=step.traced)
        assert book.outcome(step.order.id) == expected
    assert all(book.outcome(step.order.id) is None for step in steps[have:])
    assert answered <= have <= answered + 1, f"{answered} orders were answered, and {have} are there"
    for account in ACCOUNTS:
        assert book.restraints(account) == whole.restraints(account)
    book.close()
    return have, sum(path.stat().st_size for path in folder.iterdir())


def run(kills: int, seed: int) -> dict[str, int]:
    """Counts of what happened: how often the last order was there though nobody had been told, and so on."""
    source = random.Random(seed)
    counts = {"kills": 0, "books": 0, "mid_way": 0, "kept_and_not_told": 0, "orders": 0, "unopened": 0}
    while counts["kills"] < kills:
        counts["books"] += 1
        steps = accepted(random_steps(source, STEPS_A_BOOK))
        with tempfile.TemporaryDirectory() as folder:
            have = 0
            while have < len(steps) and counts["kills"] < kills:
                answered = killed_once(Path(folder), steps, source)
                try:
                    now, _ = held_against(Path(folder), steps, max(answered, have))
                except JournalError:
                    counts["unopened"] += 1
                    raise
                counts["kills"] += 1
                counts["mid_way"] += now < len(steps)
                counts["kept_and_not_told"] += now > max(answered, have)
                counts["orders"] += now - have
                have = now
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(run(chosen.kills, chosen.seed))  # noqa: T201  # a command
