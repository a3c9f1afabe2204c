"""Versions that come and go under load: each decision is wholly of one, and no payment waits for them.

The suite runs a short form. The long one says what it measured:

    python -m tests.engine.test_reload --reloads 1000            eight threads of a gateway, 200 payments a second each
    python -m tests.engine.test_reload --reloads 1000 --busy     eight threads that do nothing else
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import sys
import tempfile
import threading
import time
import tracemalloc
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import riskrules as rr
from riskrules.versions import loading
from riskrules.versions.keys import SigningKey

from .samples import payment

NAME = "reloaded"
LISTS = {"involved": ["x"]}
VERSIONS = 30
THREADS = 8
A_SECOND = 200
EVENTS = 64
MOST_DECISIONS = 500_000
STALL_NS = 5_000_000
TICK_NS = 10_000_000
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
    there are more of them than a follower keeps. Whoever activates them does so elsewhere, so each state of the pointer
    is made beforehand and put into its place as a copy would be."""

    def __init__(self, folder: Path, rules: int, states: int) -> None:
        self.place = folder / "registry"
        author, operator = SigningKey.new(), SigningKey.new()
        self.trust = rr.Trust(
            [
                rr.TrustedKey(author.public, "Author", frozenset({"author"})),
                rr.TrustedKey(operator.public, "Operator", frozenset({"approver", "operator"})),
            ],
            approvals=1,
        )
        registry = rr.Registry(self.place, trust=self.trust)
        self.texts = [text_of(version, rules) for version in range(1, 1 + VERSIONS)]
        for number, text in enumerate(self.texts, 1):
            file = folder / f"{number}.risk"
            file.write_text(text, encoding="utf-8")
            registry.publish(file, lists=LISTS, key=author)
            registry.approve(NAME, f"2026.{number}", key=operator)
        with pytest.MonkeyPatch.context() as here:
            here.setattr(loading, "MOST_LOADED", VERSIONS)  # whoever activates need not check each anew
            for number in range(states):
                registry.activate(NAME, f"2026.{1 + number % VERSIONS}", key=operator)
        files = sorted((self.place / "pointers").iterdir())
        self.states = [(file, file.read_bytes()) for file in files]
        assert len(self.states) == states
        for file in files:
            file.unlink()
        self.begun = 0
        self.next()

    def next(self) -> int:
        """Put the next state of the pointer into its place; its number."""
        file, raw = self.states[self.begun]
        self.begun += 1
        for place in (file, self.place / "pointer.json"):
            part = self.place / "part"
            part.write_bytes(raw)
            part.replace(place)
        return self.begun

    def follower(self, every: timedelta) -> rr.Engine:
        return rr.Engine.following(rr.Registry(self.place, trust=self.trust), every=every)


@dataclass
class Seen:
    """What a thread of a gateway saw. `took_ns`: of each decision, with what it waited for; its place is taken
    beforehand, and the collector does not look through it. `stalls`: when those above 5 ms began and ended."""

    took_ns: NDArray[np.int64] = field(default_factory=lambda: np.full(MOST_DECISIONS, -1, np.int64))
    decided: int = 0
    stalls: list[tuple[int, int]] = field(default_factory=list)
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
            ended = time.perf_counter_ns()
            mine.took_ns[mine.decided % MOST_DECISIONS] = ended - began
            mine.decided += 1
            if ended - began > STALL_NS:
                mine.stalls.append((began, ended))
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


class Stolen:
    """When the machine was taken away by whoever runs it: the kernel's count of `steal`, looked at again and again.
    Nothing in a process can make a decision wait less for that."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []
        self.look()

    def look(self) -> None:
        with open("/proc/stat", "rb") as file:
            counts = file.readline().split()
        self.seen.append((time.perf_counter_ns(), int(counts[8]) if len(counts) > 8 else 0))

    def during(self, began: int, ended: int) -> bool:
        """Whether it grew from the last look before to the first after; it is counted in hundredths of a second."""
        before = max((x for x in self.seen if x[0] <= began - TICK_NS), default=self.seen[0])
        after = min((x for x in self.seen if x[0] >= ended + TICK_NS), default=self.seen[-1])
        return after[1] > before[1]


def slow(seen: list[Seen], stolen: Stolen) -> dict[str, float]:
    """Milliseconds."""
    took = np.concatenate([one.took_ns[: one.decided] for one in seen]) / 1e6
    at = {"half": 0.5, "p99": 0.99, "p99.9": 0.999, "p99.99": 0.9999, "longest": 1}
    found = {name: round(float(np.quantile(took, share)), 3) for name, share in at.items()}
    stalls = [x for one in seen for x in one.stalls]
    lost = sum(stolen.during(*x) for x in stalls)
    return {"decisions": len(took), **found, "over_5_ms": len(stalls), "of_these_while_the_machine_was_away": lost}


def resident_kb() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reloaded(reloads: int, rules: int, busy: bool, folder: Path) -> dict[str, Any]:
    """Reload so often under load, and as long without; what was seen of both."""
    published = Published(folder, rules, 1 + reloads)
    events = events_of()
    expected = expected_of(published.texts, events)
    engine = published.follower(timedelta(milliseconds=10))
    engine.warm(freeze=True)
    followed = engine.followed
    assert followed
    for event in events:
        engine.decide(event)
    found: dict[str, Any] = {"rules": rules, "busy": busy}
    memory: list[int] = []
    took_s: list[float] = []
    for how, times in (("without", 0), ("with", reloads)):
        stop = threading.Event()
        began = time.monotonic()
        threads, seen = gateway(engine, events, expected, stop, busy)
        stolen = Stolen()
        until = 0.0 if times else began + min(60.0, 1.0 + reloads / 10)
        while time.monotonic() < until:
            time.sleep(0.01)
            stolen.look()
        for _ in range(times):
            asked, sequence = time.monotonic(), published.next()
            while followed.status().sequence != sequence:
                time.sleep(0.005)
                stolen.look()
            took_s.append(time.monotonic() - asked)
            if len(took_s) % 100 == 0:
                memory.append(resident_kb())
        stop.set()
        for thread in threads:
            thread.join()
        stolen.look()
        found[how] = {"seconds": round(time.monotonic() - began, 1), **slow(seen, stolen)}
        found["mixed"] = found.get("mixed", 0) + sum(len(x.mixed) for x in seen)
        found["versions"] = len(set().union(*(x.versions for x in seen)))
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
    """What a version was made of is given back: sixty reloads more take no more memory than the pointer's own history
    grows by, which is about a kilobyte of each state."""
    published = Published(tmp_path, 20, 101)
    engine = published.follower(timedelta(days=1))
    followed = engine.followed
    assert followed

    def turn(times: int) -> int:
        for _ in range(times):
            published.next()
            followed._turn()
            engine.decide(payment())
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = turn(40)
        assert turn(60) - before < 200 * 1_024
    finally:
        tracemalloc.stop()
        followed.stop()


def test_a_load_leaves_the_interpreter_as_it_was(tmp_path: Path) -> None:
    """Threads hand over sooner while a version loads, and as before when it is done."""
    before = sys.getswitchinterval()
    published = Published(tmp_path, 5, 2)
    engine = published.follower(timedelta(milliseconds=10))
    followed = engine.followed
    assert followed
    published.next()
    deadline = time.monotonic() + 10
    while followed.status().sequence < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert followed.status().sequence == 2 and sys.getswitchinterval() == before
    followed.stop()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--reloads", type=int, default=1_000)
    asked.add_argument("--rules", type=int, default=200)
    asked.add_argument("--busy", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        told = reloaded(given.reloads, given.rules, given.busy, Path(place))
        print(json.dumps(told, indent=1))  # noqa: T201  # what it is for
