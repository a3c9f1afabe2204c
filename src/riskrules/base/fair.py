"""A lock for which nobody waits for ever.

The interpreter's own lock goes to whoever comes by when it is let go, which is as a rule the thread that has just had
it: with eight threads that do nothing else one was seen to wait for more than a second. Here a thread that has waited
for `PATIENCE_S` is put into a line, and from then on whoever lets the lock go hands it to the first in the line. As
long as nobody stands there it is as quick as the other one and a few attribute look-ups; handing over costs a change of
threads, which is why it is not done each time. With eight threads at it, handing over at once left a third of the
payments a second; after ten milliseconds it leaves about as many as the other lock, and the longest wait seen was sixty
milliseconds instead of twelve hundred.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType

PATIENCE_S = 0.01
LOOK_AGAIN_S = 0.002
"""Whoever joins the line just as the lock is let go, with nobody to hand it over, looks for himself after this."""


class FairLock:
    """For `with`, and `acquire` and `release` for whoever holds it over a fork. The thread that has it may not take it
    again. Where a `with` takes too long, which is two calls, whoever takes it may do so as it does: `try_it` when
    nobody stands in the `line`, else `wait`; then `let_go`, or `hand_over` when somebody does."""

    __slots__ = ("_lock", "let_go", "line", "try_it")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.try_it, self.let_go = self._lock.acquire, self._lock.release
        self.line: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        if self.line or not self.try_it(False):
            self.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.line:
            self.hand_over()
        else:
            self._lock.release()

    acquire = __enter__

    def release(self) -> None:
        self.__exit__(None, None, None)

    def wait(self) -> None:
        if not self.line and self._lock.acquire(timeout=PATIENCE_S):
            return
        turn = threading.Lock()
        turn.acquire()
        self.line.append(turn)
        try:
            while not self._lock.acquire(False):  # it may be let go just before this thread stands in the line
                if turn.acquire(timeout=LOOK_AGAIN_S):
                    return
            self._leave(turn)
        except BaseException:  # interrupted while waiting
            if not self._leave(turn):
                self.release()
            raise

    def _leave(self, turn: threading.Lock) -> bool:
        """Whether the thread still stood in the line; if not, the lock had been handed to it."""
        try:
            self.line.remove(turn)
        except ValueError:
            return False
        return True

    def hand_over(self) -> None:
        """The lock stays locked, and is the next one's."""
        try:
            turn = self.line.popleft()
        except IndexError:  # it left just now
            self._lock.release()
        else:
            turn.release()


class FairRLock:
    """The same for `with`; the thread that has it may take it again. `owner`: the thread that has it, 0 for none, which
    may be about to change unless something else keeps it from that."""

    __slots__ = ("_count", "_lock", "owner")

    def __init__(self) -> None:
        self._lock = FairLock()
        self.owner = 0
        self._count = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self.owner == me:
            self._count += 1
            return
        self._lock.acquire()
        self.owner = me

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._count:
            self._count -= 1
            return
        self.owner = 0
        self._lock.release()
