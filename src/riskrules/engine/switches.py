"""The kill switch of a machine: a rule, a ruleset or everything off, at once, in every process that has the file open.

Two files. `switch.json` says what is off, for people and programs, and is replaced whole. Beside it
`.switch.json.number` is eight bytes that rise with each change and that every process maps into its memory: a
deciding thread compares one integer a payment, and reads the first file only when it has changed. So a switch
is in effect for the next payment of every process, with no publish, no server and no thread, also in a forked child.

The number is a file of its own, without permission to write, because to cut short a file that is mapped kills whoever
reads it: nobody edits this one. A state that cannot be read changes nothing: the last one that was read goes on, and
`problem` says so. A round looks every second whether the files are still those that were opened, and opens what came
in their place. Each machine has its own files.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

from ..base.forks import ForkLock
from ..base.rounds import Round
from .switch_state import MOST_BYTES, KillSwitchError, SwitchState, Thrown, answer_of, read_state, reason_of, written

if sys.platform != "win32":
    import fcntl

NUMBER_BYTES = 8
LOOK_AGAIN_S = 1.0
READ_ONLY = 0o444
_NUMBER = struct.Struct("=q")


class Obeys(Protocol):
    """Whoever obeys a switch, and is called when its state changed though its number did not."""

    def __call__(self) -> object: ...


class KillSwitch:
    """The switch that lies at `path`; `KillSwitch.new(path)` makes one on which nothing is off. KillSwitchError when it
    is not there or cannot be read: an engine does not begin with a switch that nobody can throw."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.number_path = self.path.with_name(f".{self.path.name}.number")
        self._lock = ForkLock()
        self.problem = ""
        self.obeying: WeakSet[Obeys] = WeakSet()
        self._look: tuple[tuple[int, ...], ...] = ()
        try:
            self._map()
            state = read_state(_bytes_of(self.path))
        except OSError as error:
            raise KillSwitchError(_unreadable(self.path, error)) from error
        except KillSwitchError as error:
            remedy = "move it away, and make it anew with `riskrules kill --new`"
            raise KillSwitchError(f"`{self.path}`: {error}; {remedy}") from error
        self._kept = (self.words[0], state)
        self._look = self._looks()
        self._round = Round("kill switch", self._look_again)

    @classmethod
    def new(cls, path: str | Path) -> KillSwitch:
        """A switch on which nothing is off. KillSwitchError when there is one already, or it cannot be written."""
        target = Path(path)
        number = target.with_name(f".{target.name}.number")
        try:
            if target.exists():
                raise KillSwitchError(f"`{path}` is there already")
            if not number.exists():
                with suppress(FileExistsError):
                    made = os.open(number, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READ_ONLY)
                    os.write(made, bytes(NUMBER_BYTES))
                    os.close(made)
            with _writing(number) as file:
                _replace(target, written(SwitchState()))
                _raise_number(file)
        except OSError as error:
            raise KillSwitchError(f"`{path}` cannot be made: {(error.strerror or str(error)).lower()}") from error
        return cls(path)

    # -- reading: what a deciding thread asks -------------------------------------------------------
    @property
    def state(self) -> SwitchState:
        """What is off now."""
        return self.turned()[1]

    def turned(self) -> tuple[int, SwitchState]:
        """The number of `words` and the state that belongs to it. Whatever cannot be read leaves the last state."""
        number = self.words[0]
        kept = self._kept
        if kept[0] == number:
            return kept
        with self._lock.held:
            number = self.words[0]
            if self._kept[0] != number:
                self._kept = (number, self._read(self._kept[1]))
            return self._kept

    def _read(self, last: SwitchState) -> SwitchState:
        try:
            state = read_state(_bytes_of(self.path))
        except OSError as error:
            self.problem = f"{_unreadable(self.path, error)}; what was last read goes on"
        except KillSwitchError as error:
            self.problem = f"`{self.path}`: {error}; what was last read goes on"
        else:
            self.problem = ""
            return state
        return last

    def watch(self) -> None:
        """Look every second from now on whether other files lie in the place of those that are open."""
        self._round.start()

    def close(self) -> None:
        """No more looking. What was last read goes on."""
        self._round.stop()

    def _look_again(self) -> float:
        if self._looks() == self._look and not self.problem:
            return LOOK_AGAIN_S
        with self._lock.held:
            with suppress(OSError, KillSwitchError):
                self._map()
            self._look = self._looks()
            self._kept = (self.words[0], self._read(self._kept[1]))
            if () in self._look and not self.problem:
                self.problem = f"`{self.number_path}` is gone, so nobody can throw this switch"
        for each in list(self.obeying):
            each()
        return LOOK_AGAIN_S

    def _looks(self) -> tuple[tuple[int, ...], ...]:
        """What tells the two files from others in their place; () for one that is not there."""
        found: list[tuple[int, ...]] = []
        for path in (self.path, self.number_path):
            try:
                seen = path.stat()
            except OSError:
                found.append(())
            else:
                # The number's own time changes with each switch, which `words` says already.
                changed = seen.st_mtime_ns if path is self.path else 0
                found.append((seen.st_dev, seen.st_ino, seen.st_size, changed))
        return tuple(found)

    def _map(self) -> None:
        with self.number_path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != NUMBER_BYTES:
                raise KillSwitchError(f"`{self.number_path}` is damaged")
            mapped = mmap.mmap(file.fileno(), NUMBER_BYTES, access=mmap.ACCESS_READ)
        self.words = memoryview(mapped).cast("q")

    # -- writing ---------------------------------------------------------------------------------
    def kill_rule(self, ruleset: str, rule: str, *, because: str = "") -> None:
        """From the next payment on the rule is as if it were not there."""
        self._change(ruleset, rule, Thrown(None, reason_of(because), _now_us()))

    def kill_ruleset(self, ruleset: str, answer: str = "hold", *, because: str = "") -> None:
        """From the next payment on the ruleset answers `answer` to every one, and looks at nothing."""
        self._change(ruleset, None, Thrown(answer_of(answer), reason_of(because), _now_us()))

    def kill_all(self, answer: str = "hold", *, because: str = "") -> None:
        """The same of every ruleset."""
        self._change(None, None, Thrown(answer_of(answer), reason_of(because), _now_us()))

    def lift(self, ruleset: str | None = None, rule: str | None = None) -> None:
        """Take back `kill_all`, `kill_ruleset` or `kill_rule`; each is lifted by itself."""
        self._change(ruleset, rule, None)

    def _change(self, ruleset: str | None, rule: str | None, thrown: Thrown | None) -> None:
        try:
            with _writing(self.number_path) as file:
                _replace(self.path, written(read_state(_bytes_of(self.path)).throw(ruleset, rule, thrown)))
                _raise_number(file)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise KillSwitchError(f"`{self.path}` cannot be written: {why}") from error

    def __repr__(self) -> str:
        return f"<KillSwitch {self.path}>"


def _now_us() -> int:
    return time.time_ns() // 1000


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


@contextmanager
def _writing(path: Path) -> Iterator[int]:
    """The number's file, for one writer of this machine at a time. It is writable for only so long as this takes."""
    file = _opened(path)
    try:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_size != NUMBER_BYTES:
            raise KillSwitchError(f"`{path}` is damaged")
        yield file
    finally:
        os.close(file)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR)
    except PermissionError:
        os.chmod(path, 0o644)  # only its owner may
        try:
            return os.open(path, os.O_RDWR)
        finally:
            os.chmod(path, READ_ONLY)


def _raise_number(file: int) -> None:
    number = _NUMBER.unpack(os.pread(file, NUMBER_BYTES, 0))[0]
    os.pwrite(file, _NUMBER.pack(number + 1), 0)
    os.fsync(file)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before anybody is told."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no kill switch at `{path}`; make one with `riskrules kill --new --switch {path}`"
    return f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}"

