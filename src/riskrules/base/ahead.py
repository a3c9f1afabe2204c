"""Work ahead: the next thing is made while the last one is worked on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


def ahead(things: Iterator[Thing]) -> Iterator[Thing]:
    """The same things, each made in a thread of its own while the caller has the one before it: never more than one too
    many. What making one raises is raised where it would have come. Who stops early does not wait for the one that is
    being made: the thread ends with that."""
    maker = _Maker(things)
    maker.start()
    try:
        while True:
            made = maker.made.get()
            if not isinstance(made, tuple):
                maker.join()  # it has nothing left to do
                if made is not None:
                    raise made
                return
            maker.room.release()
            yield made[0]
    finally:
        maker.over = True
        maker.room.release()


class _Maker(threading.Thread, Generic[Thing]):
    """Makes one thing each time that there is room for it. A process that ends does not wait for it."""

    def __init__(self, things: Iterator[Thing]) -> None:
        super().__init__(name="riskrules-ahead", daemon=True)
        self.made: SimpleQueue[tuple[Thing] | BaseException | None] = SimpleQueue()
        """A thing in a tuple of one; in the end what went wrong, or None."""
        self.room = threading.Semaphore(0)
        self.over = False
        self._things = things

    def run(self) -> None:
        end: BaseException | None = None
        try:
            for thing in self._things:
                self.made.put((thing,))
                self.room.acquire()
                if self.over:
                    break
            close = getattr(self._things, "close", None)
            if close is not None:
                close()
        except BaseException as error:  # noqa: BLE001  # it is the caller's
            end = error
        self.made.put(end)
