"""Contestants in processes of their own, in turn: a parent says whose turn it is, a child does one thing and answers.

A process each, because engines share badly: thread pools are set when a library is imported, and memory that one gives
back late is counted as another's. The children live through the whole run, warm, and wait between their turns. A turn
is a line with its name; the answer is a line of JSON.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from timing import resident_mb

Turn = Callable[[], object]
HERE = Path(__file__).resolve().parent


class Contestant:
    """A child process that runs a script of this folder."""

    def __init__(self, script: str, *arguments: object, **environment: str) -> None:
        self.script = script
        command = [sys.executable, str(HERE / script), *map(str, arguments)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **environment})

    def turn(self, name: str) -> Any:
        """What the child answers to its turn. RuntimeError when it ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.script} ended with {self._process.wait()} at its turn {name}")
        return json.loads(answer)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def contest(**contestants: Contestant) -> Iterator[Mapping[str, Contestant]]:
    try:
        yield contestants
    finally:
        for one in contestants.values():
            one.end()


def timed(call: Callable[[], object]) -> dict[str, float]:
    """One call: seconds of processor and of the clock, and the memory held after it, with its result."""
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    took = {"processor_s": time.process_time() - processor, "wall_s": time.perf_counter() - wall}
    took["resident_mb"] = resident_mb()
    del result
    return took


def take_turns(turns: Callable[[str], object]) -> None:
    """The child's side: answers each line until there is none."""
    for line in sys.stdin:
        print(json.dumps(turns(line.strip())), flush=True)
