"""What a memory store keeps on disk: exactly what was recorded, whatever ends the process, and nothing from a damaged
file."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from direct import DirectWindows
from memory_samples import KEEP_US, PLAN, SECOND, counts, moment, opened, payment

from riskrules.state import memory as memory_module
from riskrules.state.journal import FRAME_HEAD, JOURNAL_HEAD
from riskrules.state.memory import MemoryWindows
from riskrules.state.store import WindowStoreError

KEYS = tuple(f"k{n}" for n in range(5))


def write_until_killed(folder: Path, out: int) -> None:
    """Record for ever, taking snapshots, and tell of each event that was recorded."""
    store, bound = opened(folder)
    for n in range(10**9):
        if bound.record(payment(f"p{n}", n, key=KEYS[n % 5])):
            os.write(out, b"%d\n" % n)
        if n % 97 == 96:
            store.snapshot()


def filled(folder: Path, events: int, snapshot_after: int = -1) -> None:
    store, bound = opened(folder)
    for n in range(events):
        if n == snapshot_after:
            store.snapshot()
        bound.record(payment(f"p{n}", n, key=KEYS[n % 5]))
    store.close()


def held(folder: Path) -> list[int | None]:
    store, bound = opened(folder)
    found = counts(bound, KEYS)
    store.close()
    return found


def prefix(events: int) -> list[int | None]:
    """What the keys have done after so many events."""
    return [len(range(k, events, 5)) for k in range(5)]


def test_a_folder_opened_again_answers_the_same(tmp_path: Path) -> None:
    """Every reading, the ids and what was purged and let go of come back, from snapshot and journal alike."""
    r = random.Random(1)
    store, bound = opened(tmp_path)
    for n in range(4000):
        bound.record(payment(f"p{n}", n * 10 * SECOND, key=f"k{r.randrange(9)}", device=f"d{r.randrange(40)}"))
        if n in (1500, 2500):
            store.snapshot()
    asked = [
        moment(n * SECOND, n * SECOND - r.randrange(10**10), f"k{r.randrange(12)}") for n in range(39000, 41000, 10)
    ]
    before = [bound.read(x) for x in asked]
    stats = store.stats()
    store.close()
    with pytest.raises(WindowStoreError, match="closed"):
        bound.record(payment("more", 1))
    again, bound = opened(tmp_path)
    assert [bound.read(x) for x in asked] == before
    assert again.stats() == stats
    again.close()


def test_what_is_told_directly_is_kept_as_well(tmp_path: Path) -> None:
    """An engine's way of recording and the general one write the same journal: either is there after a start, once."""
    store, bound = opened(tmp_path)
    told = DirectWindows(store).bind(PLAN)
    for n in range(40):
        (told if n % 2 else bound).record(payment(f"p{n}", n * SECOND, f"k{n % 3}", n, f"d{n % 5}"))
    asked = [moment(50 * SECOND, 50 * SECOND - KEEP_US, f"k{n}") for n in range(3)]
    before = [bound.read(one) for one in asked]
    store.close()
    store, bound = opened(tmp_path)
    assert [bound.read(one) for one in asked] == before
    assert before[0].values[:2] == [14, sum(range(0, 40, 3))]
    assert not any(bound.record(payment(f"p{n}", n * SECOND, f"k{n % 3}", n, f"d{n % 5}")) for n in range(0, 40, 2))
    told = DirectWindows(store).bind(PLAN)
    assert not any(told.record(payment(f"p{n}", n * SECOND, f"k{n % 3}", n, f"d{n % 5}")) for n in range(1, 40, 2))


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """One folder, one store at a time."""
    store, _ = opened(tmp_path)
    with pytest.raises(WindowStoreError, match="another process"):
        opened(tmp_path)
    store.close()
    opened(tmp_path)[0].close()


def test_a_cut_file_gives_a_prefix(tmp_path: Path) -> None:
    """Wherever the journal ends, the whole frames before are there, and recording goes on from them."""
    filled(tmp_path / "whole", 12)
    journal = tmp_path / "whole" / "windows-00000000.journal"
    size = journal.stat().st_size
    recovered = set()
    for length in [*range(JOURNAL_HEAD.size, size, 37), size]:
        folder = tmp_path / f"cut-{length}"
        shutil.copytree(tmp_path / "whole", folder)
        os.truncate(folder / journal.name, length)
        found = held(folder)
        events = sum(x or 0 for x in found)
        assert found == prefix(events)
        recovered.add(events)
        assert held(folder) == found
        shutil.rmtree(folder)
    assert recovered == set(range(13))


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_changed_byte_is_found(tmp_path: Path, snapshot: bool) -> None:
    """Any byte of the journal, and any of many of a snapshot, changed in any way: refused, with the file's name."""
    filled(tmp_path / "whole", 8, 4 if snapshot else -1)
    (file,) = (tmp_path / "whole").glob("*.snapshot" if snapshot else "*.journal")
    r = random.Random(2)
    size = file.stat().st_size
    places = sorted(r.sample(range(size), 60)) + list(range(40)) if snapshot else range(0, size, 3)
    sound = file.read_bytes()
    for at in places:
        broken = bytearray(sound)
        broken[at] ^= r.randrange(1, 256)
        file.write_bytes(broken)
        with pytest.raises(WindowStoreError, match=file.name):
            opened(tmp_path / "whole")
    if snapshot:
        for length in r.sample(range(size), 20):
            file.write_bytes(sound[:length])
            with pytest.raises(WindowStoreError, match=file.name):
                opened(tmp_path / "whole")
    file.write_bytes(sound)
    assert held(tmp_path / "whole") == prefix(8)


def test_frames_out_of_turn_are_found(tmp_path: Path) -> None:
    """A frame that is missing, or is there twice, is damage, though each by itself is sound."""
    filled(tmp_path, 6)
    (file,) = tmp_path.glob("*.journal")
    sound = file.read_bytes()
    starts = [JOURNAL_HEAD.size]
    while starts[-1] < len(sound):
        length = FRAME_HEAD.unpack_from(sound, starts[-1])[0]
        starts.append(starts[-1] + FRAME_HEAD.size + length)
    third, fourth = starts[3:5]
    for broken in (sound[:third] + sound[fourth:], sound[:fourth] + sound[third:]):
        file.write_bytes(broken)
        with pytest.raises(WindowStoreError, match=r"damaged at byte \d+"):
            opened(tmp_path)


def test_files_that_are_missing_are_missed(tmp_path: Path) -> None:
    """A journal without its snapshot, or a snapshot without its journal, is not taken for the whole."""
    filled(tmp_path, 8, 4)
    for pattern in ("*.journal", "*.snapshot"):
        (file,) = tmp_path.glob(pattern)
        aside = tmp_path / "aside"
        file.rename(aside)
        with pytest.raises(WindowStoreError, match="missing"):
            opened(tmp_path)
        aside.rename(file)
    assert held(tmp_path) == prefix(8)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # 3.12 warns of threads, of which there are none
def test_a_killed_process_leaves_exactly_what_it_recorded(tmp_path: Path) -> None:
    """Killed at any instant, also in the middle of a snapshot: all that `record` said was recorded is there, at most
    one event more, and the next process goes on."""
    held(tmp_path)  # and what a child needs is compiled
    r = random.Random(3)
    last = -1
    for _ in range(12):
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                write_until_killed(tmp_path, writes)
            finally:
                os._exit(1)
        os.close(writes)
        with open(reads, "rb") as lines:
            assert int(lines.readline()) == last + 1
            time.sleep(r.random() / 8)
            os.kill(child, signal.SIGKILL)
            told = [last + 1, *(int(line) for line in lines.read().split(b"\n")[:-1])]
        os.waitpid(child, 0)
        found = held(tmp_path)
        last = sum(x or 0 for x in found) - 1
        assert found == prefix(last + 1)
        assert told[-1] <= last <= told[-1] + 1
    assert last > 40


def test_the_journal_does_not_grow_without_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is larger than the last snapshot by some, a snapshot takes its place, by itself."""
    monkeypatch.setattr(memory_module, "JOURNAL_BYTES_BEYOND", 20_000)
    store, bound = opened(tmp_path)
    for n in range(1500):
        bound.record(payment(f"p{n}", n, key=KEYS[n % 5]))
    store.close()
    assert list(tmp_path.glob("*.snapshot")) and store.stats().problem == ""
    assert held(tmp_path) == prefix(1500)


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that is written in part is taken back, and the event was not recorded."""
    store, bound = opened(tmp_path)
    bound.record(payment("p0", 0, key=KEYS[0]))
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
        with pytest.raises(WindowStoreError, match="disk is full"):
            bound.record(payment("p1", 1, key=KEYS[1]))
    assert counts(bound, KEYS) == prefix(1)
    assert bound.record(payment("p1", 1, key=KEYS[1])) is True
    store.close()
    assert held(tmp_path) == prefix(2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # 3.12 warns of threads; that is what is tested
def test_a_fork_goes_on_in_memory_only(tmp_path: Path) -> None:
    """The child has what was recorded and may record; the parent's folder never sees it."""
    store, bound = opened(tmp_path)
    bound.record(payment("p0", 0, key=KEYS[0]))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ok = counts(bound, KEYS) == prefix(1) and bound.record(payment("other", 1, key=KEYS[3]))
            code = 0 if ok and bound.read(moment(2, 0, KEYS[3])).values[0] == 1 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    bound.record(payment("p1", 1, key=KEYS[1]))
    store.close()
    assert held(tmp_path) == prefix(2)


def test_a_store_with_less_room_than_the_folder_holds_says_so(tmp_path: Path) -> None:
    """Nothing is thrown away to make a saved store fit."""
    filled(tmp_path, 8, 4)
    with pytest.raises(WindowStoreError, match="most_keys"):
        MemoryWindows(folder=tmp_path, most_keys=3).bind(PLAN)
