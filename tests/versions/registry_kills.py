"""Kill what changes a registry, at every call to the operating system and at random instants, and look at what is left.

    python -m tests.versions.registry_kills --random 1000 --seed 1

Each change is first stopped before its first call, then before its second and so on (a write in the middle of what it
writes), until it gets through; then killed with SIGKILL after random times. After every kill another process's view
must be the old state or the new one, whole and believed, and the change must get through when it is made once more.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from riskrules.versions.errors import RegistryError
from riskrules.versions.mirroring import LOCK
from riskrules.versions.storage import TEMPORARY

from .registry_house import HOUR_US, KEYS, House

CALLS = ("open", "write", "fsync", "link", "replace", "unlink", "mkdir", "close")
KILLED, WRITTEN_IN_PLACE = 9, 10


def publish(house: House) -> None:
    house.publish("2026.3", "7_000")


def activate(house: House) -> None:
    house.activate("2026.2")


def rollback(house: House) -> None:
    house.registry.rollback("small", key=KEYS["chen"])


def mirror(house: House) -> None:
    house.registry.mirror(house.folder / "kept", house.registry.timeline("small", house.now_us))


CHANGES: dict[str, Callable[[House], None]] = {
    "publish": publish,
    "activate": activate,
    "rollback": rollback,
    "mirror": mirror,
}


CALLS_OF = {"publish": 57, "activate": 18, "rollback": 18, "mirror": 102}
"""About as many calls as each change makes; the long form finds out by itself."""


def without_waiting() -> None:
    """Do not wait for the disk in this process: a kill, unlike a power cut, loses nothing that was written."""
    os.fsync = lambda handle: None


def prepared(folder: Path, change: str) -> House:
    """2026.1 in force and mirrored, 2026.2 approved; where a rollback or a mirror comes next, it is in force too."""
    house = House(folder)
    house.approved("2026.1")
    house.approved("2026.2", "6_000")
    house.activate("2026.1")
    mirror(house)
    house.now_us += HOUR_US
    if change in ("rollback", "mirror"):
        house.activate("2026.2")
        house.now_us += HOUR_US
    return house


def seen(house: House, change: str) -> str:
    """What another process sees, everything in it verified."""
    registry = house.opened()
    if change == "mirror":
        mirrored = registry.mirrored(house.folder / "kept")
        assert mirrored is not None
        registry = mirrored
    release = registry.timeline("small", house.now_us).at(house.now_us)
    assert release is not None and release.lists["bad_accounts"]
    if change != "publish":
        return release.version
    assert release.version == "2026.1"
    for found in (versions := registry.versions()):
        registry.text(found)
        assert registry.author(found) is not None
    return versions[-1].version


STATES = {
    "publish": ("2026.2", "2026.3"),
    "activate": ("2026.1", "2026.2"),
    "rollback": ("2026.2", "2026.1"),
    "mirror": ("2026.1", "2026.2"),
}


DONE_ALREADY = {
    "publish": "never said",
    "activate": "`small` 2026.2 is in force already",
    "rollback": "there is no version before",
    "mirror": "never said",
}
"""What a change says that is made a second time."""


def stopping(at: int) -> None:
    """This process ends before its call number `at`, in the middle of it if it is a write."""
    count = 0

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal count
            count += 1
            if count == at:
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os._exit(KILLED)
            return real(*arguments, **more)

        return call

    def heard(event: str, told: tuple[Any, ...]) -> None:
        """Only a file under a temporary name is ever opened to be written, by whatever means."""
        if event != "open" or not told[2] & (os.O_WRONLY | os.O_RDWR) or not isinstance(told[0], str):
            return
        path = Path(told[0])
        if {"registry", "kept"} & set(path.parts) and TEMPORARY not in path.parts and path.name != LOCK:
            sys.stderr.write(f"written in place: {path}\n")
            os._exit(WRITTEN_IN_PLACE)

    sys.addaudithook(heard)
    for name in CALLS:
        setattr(os, name, counted(name, getattr(os, name)))


def killed_at_call(house: House, change: str, at: int) -> bool:
    """Whether the change was stopped at that call; False: it got through."""
    child = os.fork()
    if child == 0:
        fresh = fresh_of(house)
        stopping(at)
        _run(fresh, change)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED), f"{change} ended with {code}"
    return code == KILLED


def killed_after(house: House, change: str, seconds: float) -> bool:
    """Whether SIGKILL came before the change was through."""
    child = os.fork()
    if child == 0:
        _run(fresh_of(house), change)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _run(house: House, change: str) -> None:
    """In a child: the change, and the end."""
    try:
        CHANGES[change](house)
    except BaseException as error:  # noqa: BLE001  # a child of a fork ends here, whatever happens
        sys.stderr.write(f"{change}: {error!r}\n")
        os._exit(1)
    os._exit(0)


def fresh_of(house: House) -> House:
    """The same place, seen for the first time."""
    fresh = House(house.folder)
    fresh.now_us = house.now_us
    return fresh


def looked_at(house: House, change: str) -> str:
    """ "old" or "new", after the change was made once more and is there. AssertionError for anything else."""
    state = seen(house, change)
    assert state in STATES[change], f"{change}: {state}"
    told = ""
    try:
        CHANGES[change](fresh_of(house))
    except RegistryError as error:
        told = str(error)
    assert not told or (state, told.startswith(DONE_ALREADY[change])) == (STATES[change][1], True), told
    assert seen(house, change) == STATES[change][1], change
    return "old" if state == STATES[change][0] else "new"


def copied(base: House, folder: Path) -> House:
    """The same registry once more."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base.folder, folder)
    house = House(folder)
    house.now_us = base.now_us
    return house


def every_call(base: House, change: str, folder: Path) -> Counter[str]:
    """What was seen after a kill at each call in turn."""
    found: Counter[str] = Counter()
    for at in range(1, 10_000):
        house = copied(base, folder)
        stopped = killed_at_call(house, change, at)
        found[looked_at(house, change)] += 1
        if not stopped:
            break
    return found


def at_random(base: House, change: str, folder: Path, kills: int, dice: random.Random) -> Counter[str]:
    """What was seen after so many kills, each after a random time of what one change takes."""
    started = time.perf_counter()
    assert not killed_at_call(copied(base, folder), change, 10_000)
    longest = time.perf_counter() - started
    found: Counter[str] = Counter()
    while found.total() - found["through"] < kills:
        house = copied(base, folder)
        stopped = killed_after(house, change, dice.uniform(0, longest))
        found[looked_at(house, change) if stopped else "through"] += 1
    return found


def main(arguments: list[str] | None = None) -> None:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--random", type=int, default=1_000, help="kills at random times, of each change a quarter")
    told.add_argument("--seed", type=int, default=1)
    given = told.parse_args(arguments)
    dice = random.Random(given.seed)
    without_waiting()
    with tempfile.TemporaryDirectory() as place:
        for change in CHANGES:
            base = prepared(Path(place) / f"{change}-base", change)
            folder = Path(place) / change
            started = time.perf_counter()
            called = every_call(base, change, folder)
            random_ones = at_random(base, change, folder, given.random // len(CHANGES), dice)
            seconds = time.perf_counter() - started
            sys.stdout.write(f"{change}: {dict(called)} at each call, {dict(random_ones)} at random, {seconds:.1f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
