"""Versions that come and go under load: each decision is wholly of one, and no payment waits for them.

The suite runs a short form. The long one says what it measured:

    python -m tests.engine.test_reload --reloads 1000            eight threads of a gateway, 200 payments a second each
    python -m tests.engine.test_reload --reloads 1000 --busy     eight threads that do nothing else
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import riskrules as rr
from riskrules.versions.keys import SigningKey

from .samples import payment

NAME = "reloaded"
LISTS = {"involved": ["x"]}
VERSIONS = 30
THREADS = 8
A_SECOND = 200
EVENTS = 64
MOST_DECISIONS = 500_000
Outcome = tuple[int, tuple[str, ...], str]


def text_of(version: int, rules: int) -> str:
    """As many rules of three conditions; those of two versions differ in their thresholds and actions."""
    chosen = random.Random(version)
    lines = [f"ruleset reloaded version 2026.{version}\n  currency CNY\n\nlist involved of account\n"]
    for number in range(rules):
        amount, balance = chosen.randrange(1, 20_000), chosen.randrange(1, 50_000)
        act = chosen.choice(["warn", "verify", "hold", "delay 24h"])
        responsible = "" if act == "warn" else "\n  responsible payer.account"
        lines.append(
            f'rule r_{number}\n  "A rule"\n  when    amount > {amount} CNY\n  and     payer.account.balance else 0 CNY'
            f" < {balance} CNY\n  and     payee.account is not in involved\n  then    {act}{responsible}\n"
        )
    return "\n".join(lines)


class Published:
    """A registry of versions that come into force one after another, each time for the first time for whoever follows:
    there are more of them than a follower keeps. Another process activates them, as in life."""

    def __init__(self, folder: Path, rules: int) -> None:
        self.place, self.key_file = str(folder / "registry"), folder / "key"
        author, self.key = SigningKey.new(), SigningKey.new()
        self.key.save(self.key_file)
        self.trust = rr.Trust(
            [
                rr.TrustedKey(author.public, "Author", frozenset({"author"})),
                rr.TrustedKey(self.key.public, "Operator", frozenset({"approver", "operator"})),
            ],
            approvals=1,
        )
        self.registry = rr.Registry(self.place, trust=self.trust)
        self.texts = [text_of(version, rules) for version in range(1, 1 + VERSIONS)]
        for number, text in enumerate(self.texts, 1):
            file = folder / f"{number}.risk"
            file.write_text(text, encoding="utf-8")
            self.registry.publish(file, lists=LISTS, key=author)
            self.registry.approve(NAME, f"2026.{number}", key=self.key)
        self.registry.activate(NAME, "2026.1", key=self.key)

    def activating(self) -> subprocess.Popen[str]:
        """The other process: activates the next version for each line that it reads, and says so."""
        command = [sys.executable, "-m", "tests.engine.test_reload", "--activate", self.place, str(self.key_file)]
        top = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(top), *sys.path))}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=environment, cwd=top)


def activate(place: str, key_file: str) -> None:
    """What the other process does; it need not check what this one checked."""
    key = SigningKey.from_file(key_file)
    registry = rr.Registry(place, trust=rr.UNSIGNED)
    for number, _ in enumerate(sys.stdin, 1):
        registry.activate(NAME, f"2026.{1 + number % VERSIONS}", key=key)
        sys.stdout.write("done\n")
        sys.stdout.flush()


@dataclass
class Seen:
    """What a thread of a gateway saw. `took_ns`: of each decision, with what it waited for; its place is taken
    beforehand, and the collector does not look through it."""

    took_ns: NDArray[np.int64] = field(default_factory=lambda: np.full(MOST_DECISIONS, -1, np.int64))
    decided: int = 0
    mixed: list[str] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)


def events_of() -> list[dict[str, Any]]:
    chosen = random.Random(7)
    pairs = [(chosen.randrange(1, 25_000), chosen.randrange(60_000)) for _ in range(EVENTS)]
    return [
        payment(id=f"P-{i}", amount=f"{amount}.00", payer__account__balance=f"{balance}.00")
        for i, (amount, balance) in enumerate(pairs)
    ]


def expected_of(texts: list[str], events: list[dict[str, Any]]) -> dict[str, list[Outcome]]:
    """What each version decides of each event, by the interpreter."""
    found = {}
    for text in texts:
        rules = rr.loads(text, "reloaded.risk")
        serving = rr.Engine(rules, lists=LISTS)._serving
        found[rules.fingerprint] = [outcome(serving.interpret(event)) for event in events]
    return found


def outcome(decision: rr.Decision) -> Outcome:
    return decision.level, decision.fired, decision.act


def gateway(
    engine: rr.Engine,
    events: list[dict[str, Any]],
    expected: dict[str, list[Outcome]],
    stop: threading.Event,
    busy: bool,
) -> tuple[list[threading.Thread], list[Seen]]:
    """Threads that decide until they are stopped, each decision checked against the version that it says it is of."""
    seen = [Seen() for _ in range(THREADS)]

    def work(mine: Seen, number: int) -> None:
        i = number * 7
        due = time.perf_counter() + number / A_SECOND / THREADS
        while not stop.is_set():
            i += 1
            began = time.perf_counter_ns()
            decision = engine.decide(events[i % EVENTS])
            mine.took_ns[mine.decided % MOST_DECISIONS] = time.perf_counter_ns() - began
            mine.decided += 1
            fingerprint = decision.ruleset.fingerprint
            mine.versions.add(fingerprint)
            if outcome(decision) != expected[fingerprint][i % EVENTS]:
                mine.mixed.append(f"{decision!r} of {fingerprint[:8]}")
            if not busy:
                due += 1 / A_SECOND
                time.sleep(max(0.0, due - time.perf_counter()))
                due = max(due, time.perf_counter() - 1 / A_SECOND)

    threads = [threading.Thread(target=work, args=(mine, i)) for i, mine in enumerate(seen)]
    for thread in threads:
        thread.start()
    return threads, seen


def slow(seen: list[Seen]) -> dict[str, float]:
    """Milliseconds."""
    took = np.concatenate([one.took_ns[: one.decided] for one in seen]) / 1e6
    at = {"half": 0.5, "p99": 0.99, "p99.9": 0.999, "p99.99": 0.9999, "longest": 1}
    found = {name: round(float(np.quantile(took, share)), 3) for name, share in at.items()}
    return {"decisions": len(took), **found, "over_5_ms": int((took > 5).sum())}


def resident_kb() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reloaded(reloads: int, rules: int, busy: bool, folder: Path) -> dict[str, Any]:
    """Reload so often under load, and as long without; what was seen of both."""
    published = Published(folder, rules)
    events = events_of()
    expected = expected_of(published.texts, events)
    registry = rr.Registry(published.place, trust=published.trust)
    engine = rr.Engine.following(registry, every=timedelta(milliseconds=10))
    engine.warm(freeze=True)
    followed = engine.followed
    assert followed
    for event in events:
        engine.decide(event)
    found: dict[str, Any] = {"rules": rules, "busy": busy}
    memory: list[int] = []
    took_s: list[float] = []
    other = published.activating()
    assert other.stdin and other.stdout
    for how, times in (("without", 0), ("with", reloads)):
        stop = threading.Event()
        began = time.monotonic()
        threads, seen = gateway(engine, events, expected, stop, busy)
        if not times:
            time.sleep(min(60.0, 1.0 + reloads / 10))
        for _ in range(times):
            before = followed.status().sequence
            other.stdin.write("next\n")
            other.stdout.readline()
            asked = time.monotonic()
            while followed.status().sequence == before:
                time.sleep(0.002)
            took_s.append(time.monotonic() - asked)
            if len(took_s) % 100 == 0:
                memory.append(resident_kb())
        stop.set()
        for thread in threads:
            thread.join()
        found[how] = {"seconds": round(time.monotonic() - began, 1), **slow(seen)}
        found["mixed"] = found.get("mixed", 0) + sum(len(x.mixed) for x in seen)
        found["versions"] = len(set().union(*(x.versions for x in seen)))
    other.communicate()
    followed.stop()
    found["reloads"] = reloads
    found["seconds_until_it_served"] = round(sum(took_s) / len(took_s), 3)
    found["memory_kb_by_hundred"] = memory
    found["refusals"] = len(followed.status().refusals)
    return found


def test_reloads_under_load(tmp_path: Path) -> None:
    """No decision is of two versions, none fails, and the load goes on; many versions were seen to decide."""
    found = reloaded(20, 20, False, tmp_path)
    assert found["mixed"] == 0
    assert found["refusals"] == 0
    assert found["versions"] >= 10
    assert found["with"]["decisions"] > 500


def test_reloads_are_not_kept(tmp_path: Path) -> None:
    """What a version was made of is given back: a hundred reloads more take no memory more."""
    published = Published(tmp_path, 20)
    registry = rr.Registry(published.place, trust=published.trust)
    engine = rr.Engine.following(registry, every=timedelta(days=1))
    assert engine.followed

    other = published.activating()
    assert other.stdin and other.stdout

    def turn(times: int) -> int:
        for _ in range(times):
            other.stdin.write("next\n")  # type: ignore[union-attr]  # it is a pipe
            other.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
            engine.followed._turn()  # type: ignore[union-attr]  # it follows
            engine.decide(payment())
        gc.collect()
        return resident_kb()

    before = turn(50)
    try:
        assert turn(100) - before < 1_024
    finally:
        other.communicate()
        engine.followed.stop()


def test_a_load_leaves_the_interpreter_as_it_was(tmp_path: Path) -> None:
    """Threads hand over sooner while a version loads, and as before when it is done."""
    before = sys.getswitchinterval()
    registry = rr.Registry(Published(tmp_path, 5).place, trust=rr.UNSIGNED)
    engine = rr.Engine.following(registry, every=timedelta(milliseconds=10))
    assert engine.followed
    time.sleep(0.1)
    assert sys.getswitchinterval() == before
    engine.followed.stop()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--reloads", type=int, default=1_000)
    asked.add_argument("--rules", type=int, default=200)
    asked.add_argument("--busy", action="store_true")
    asked.add_argument("--activate", nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.activate:
        activate(*given.activate)
    else:
        with tempfile.TemporaryDirectory() as place:
            told = reloaded(given.reloads, given.rules, given.busy, Path(place))
            print(json.dumps(told, indent=1))  # noqa: T201  # what it is for
