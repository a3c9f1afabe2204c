"""Kill the writer of a log at random moments, and see that the log goes on with all that had been appended.

    python -m tests.versions.log_kills --kills 1000 --seed 1

A child opens the log, appends decisions and tells through a pipe which were appended; the parent kills it (SIGKILL)
after a random time, verifies what is there, and the next child opens the same log and goes on. Every decision that was
told to be appended must be in the log, in order, and at most one more; the log must verify after each opening.
`exit_at` ends a child at its n-th call of the system instead, for every n.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from riskrules.engine.decision import Decision
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog
from riskrules.versions.verifying import verify

from .log_samples import SECRET, decisions, engine

LONGEST_WAIT_S = 0.02
A_LOG = 40
"""Kills of one log; the next begins anew."""
CALLS = ("write", "fsync", "replace", "ftruncate", "open", "truncate")
"""What a writer asks of the system, by the name in `os`."""

Appended = Callable[[], None]


def opened(folder: Path, key: SigningKey, sync: str) -> DecisionLog:
    return DecisionLog(folder, key=key, secret=SECRET, sync=sync, segment_bytes=40_000, sign_every=7)


def append_all(folder: Path, key: SigningKey, sync: str, made: list[Decision], pipe: int) -> None:
    """The child: open the log and append as long as it lives."""
    log = opened(folder, key, sync)
    for place in range(len(made)):
        log.append(made[place])
        os.write(pipe, b".")
    log.close()


def forked(act: Callable[[int], None]) -> tuple[int, int]:
    """A child that does it, and where it tells; 0 as its exit code when it came to the end."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        code = 1
        try:
            act(writes)
            code = 0
        finally:
            os._exit(code)
    os.close(writes)
    return child, reads


def killed_once(folder: Path, key: SigningKey, sync: str, made: list[Decision], draw: random.Random) -> int:
    """How many decisions the child was told are in the log."""
    child, reads = forked(lambda pipe: append_all(folder, key, sync, made, pipe))
    target, told = draw.randrange(len(made) + 1), 0
    while told < target and os.read(reads, 1):
        told += 1
    until = time.perf_counter() + draw.random() * LONGEST_WAIT_S
    while time.perf_counter() < until:
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reads, 4_096):
        told += len(piece)
    os.close(reads)
    return told


def exit_at(call: int, folder: Path, key: SigningKey, sync: str, made: list[Decision]) -> tuple[int, bool]:
    """A child that ends at its n-th call of the system, half of it done if it is a write: how many decisions it was
    told are in the log, and whether it came to the end before."""

    def act(pipe: int) -> None:
        left = [call]

        def ending(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def asked(*given: Any, **more: Any) -> Any:
                if given[0] == pipe:
                    return real(*given, **more)
                left[0] -= 1
                if left[0] == 0:
                    if name == "write":
                        real(given[0], given[1][: len(given[1]) // 2])
                    os._exit(9)
                return real(*given, **more)

            return asked

        for name in CALLS:
            setattr(os, name, ending(name, getattr(os, name)))
        append_all(folder, key, sync, made, pipe)

    child, reads = forked(act)
    told = 0
    while piece := os.read(reads, 4_096):
        told += len(piece)
    os.close(reads)
    return told, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def numbers_in(folder: Path) -> list[int]:
    """The numbers of the decisions that are whole in the log."""
    found = []
    for path in sorted(folder.glob("0*.jsonl")):
        for line in path.read_bytes().splitlines(True):
            record = json.loads(line) if line.endswith(b"\n") else {}
            found += [record["number"]] if record.get("kind") == "decision" else []
    return found


def held_against(folder: Path, key: SigningKey, sync: str, before: int, told: int) -> int:
    """How many decisions the log has after a kill; AssertionError where one is lost, doubled or not signed for."""
    numbers = numbers_in(folder)
    assert numbers == list(range(1, len(numbers) + 1)), "the numbers have a gap"
    assert before + told <= len(numbers) <= before + told + 1, (before, told, len(numbers))
    found = verify(folder, key.public) if (folder / "HEAD").exists() else None
    assert found is None or not [p for p in found.problems if "is an older head" not in p], found
    with opened(folder, key, sync) as log:
        assert log.number == len(numbers)
    after = verify(folder, key.public)
    assert after.ok and after.signed == len(numbers), after
    return len(numbers)


def run(kills: int, seed: int, folder: Path, progress: Callable[[int], None] = lambda done: None) -> int:
    """Kill so often; how many decisions were in the logs in the end."""
    draw, key = random.Random(seed), SigningKey.new()
    made = list(decisions(60, seed, engine()))
    total = have = 0
    for kill in range(kills):
        place, sync = folder / str(kill // A_LOG), ("process", "always")[kill // A_LOG % 2]
        have = 0 if kill % A_LOG == 0 else have
        told = killed_once(place, key, sync, made, draw)
        now = held_against(place, key, sync, have, told)
        total, have = total + now - have, now
        progress(kill + 1)
    return total


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=1_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    began = time.perf_counter()

    def told(done: int) -> None:
        if done % 100 == 0:
            sys.stdout.write(f"{done:,} kills, {time.perf_counter() - began:.0f} s\n")
            sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        total = run(given.kills, given.seed, Path(folder), told)
    sys.stdout.write(f"{given.kills:,} kills, {total:,} decisions, none lost or doubled, every log verified\n")


if __name__ == "__main__":
    main()
