"""Whatever kills a change of a registry, readers see the old state or the new one, whole.

The long form, with as many kills as one likes: `python -m tests.versions.registry_kills --random 1000`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from riskrules.versions.storage import FORGOTTEN_SECONDS, TEMPORARY

from . import registry_kills
from .registry_house import House

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import random, sys
from pathlib import Path
from tests.versions import registry_kills as kills
place, dice = Path(sys.argv[1]), random.Random(1)
kills.without_waiting()
for change, calls in kills.CALLS_OF.items():
    base, folder = kills.prepared(place / change, change), place / "work"
    seen = kills.at_random(base, change, folder, 2, dice)
    for at in dice.sample(range(1, calls), 8):
        house = kills.copied(base, folder)
        assert kills.killed_at_call(house, change, at), (change, at)
        seen[kills.looked_at(house, change)] += 1
    print(change, *sorted(set(seen) - {"through"}))
"""


def test_a_kill_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """At eight calls of each change to the operating system, and at two random instants: old or new, whole, and the
    change gets through when it is made again."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert [change for change, *_ in lines] == list(registry_kills.CHANGES)
    assert {state for _, *states in lines for state in states} == {"old", "new"}


def test_what_a_kill_left_is_tidied_up(lived_in: House) -> None:
    """Half-written files of long ago go with the next publish; those that somebody may be writing stay."""
    folder = Path(lived_in.place) / TEMPORARY
    old, young = folder / "1-old", folder / "2-young"
    for path in (old, young):
        path.write_bytes(b"half")
    long_ago = old.stat().st_mtime - FORGOTTEN_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    lived_in.publish("2026.3", "7_000")
    assert not old.exists() and young.exists()


def test_a_pointer_that_was_not_copied_counts(lived_in: House) -> None:
    """Killed between its two files, a change of the pointer is made all the same: readers, marks and the next change go
    on from it."""
    pointer = Path(lived_in.place) / "pointer.json"
    before, reader = pointer.read_bytes(), lived_in.opened()
    mark, _ = reader.mark(), reader.timeline("small", lived_in.now_us)
    assert reader.mark() == mark
    lived_in.registry.rollback("small", key=registry_kills.KEYS["chen"])
    pointer.write_bytes(before)
    assert reader.mark() != mark
    assert reader.timeline("small", lived_in.now_us).sequence == 3
    lived_in.now_us += 1
    lived_in.activate("2026.2")
    assert reader.timeline("small", lived_in.now_us).sequence == 4
    pointer.unlink()
    assert lived_in.opened().timeline("small", lived_in.now_us).sequence == 4


def test_a_pointer_that_lags_far_behind_is_followed(lived_in: House) -> None:
    """Where `pointer.json` cannot be written any more, each further change is seen all the same, once."""
    pointer = Path(lived_in.place) / "pointer.json"
    stale, reader = pointer.read_bytes(), lived_in.opened()
    marks = []
    for version in ("2026.1", "2026.2") * 3:
        lived_in.now_us += 1
        lived_in.activate(version)
        pointer.write_bytes(stale)
        marks.append(reader.mark())
        sequence = reader.timeline("small", lived_in.now_us).sequence
        assert sequence == lived_in.opened().timeline("small", lived_in.now_us).sequence
        assert reader.mark() == reader.mark()
    assert len(set(marks)) == len(marks)
