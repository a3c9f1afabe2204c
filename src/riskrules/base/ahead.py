"""Work ahead: the next thing is made while the last one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")


def ahead(things: Iterator[Thing]) -> Iterator[Thing]:
    """The same things, each made in a thread of its own while the caller has the one before it: never more than one too
    many. What making one raises is raised where it would have come; the thread ends with the iterator."""
    with ThreadPoolExecutor(1, "riskrules-ahead") as maker:
        end = object()
        coming = maker.submit(next, things, end)
        while (thing := coming.result()) is not end:
            coming = maker.submit(next, things, end)
            yield thing  # type: ignore[misc]  # it is not the end
