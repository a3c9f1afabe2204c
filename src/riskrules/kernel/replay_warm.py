"""Compiling the kernels of a replay: those that a plan needs, for the only arguments that they ever get.

A plan reads two or three aggregates of six, and each costs a part of a second to compile, so they are compiled one by
one and not with the others in `warm`. Once compiled, a kernel refuses any other arguments instead of stalling for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from numba import types

from ..base.forks import making
from . import replay, replay_events

INTEGER, MARK = types.int64, types.uint64
INTEGERS, CODES, MARKS, FLAGS = types.int64[::1], types.int32[::1], types.uint64[::1], types.boolean[::1]
GIVEN = types.Array(types.int64, 1, "C", readonly=True)
GIVEN_FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
"""What a caller hands over may be read-only; an array that may be written fits as well."""

EVENTS = (CODES, INTEGERS)
SUMS = (*EVENTS, INTEGERS, CODES, CODES, GIVEN, INTEGER, INTEGER, INTEGERS, INTEGERS)
SIGNATURES: dict[Callable[..., Any], tuple[Any, ...]] = {
    replay.count: (*EVENTS, CODES, CODES, GIVEN, INTEGER, INTEGER, CODES, INTEGERS),
    replay.total: SUMS,
    replay.wide_total: SUMS,
    replay.extreme: (*EVENTS, INTEGERS, CODES, CODES, GIVEN, INTEGER, INTEGER, INTEGER, CODES, CODES, INTEGERS),
    replay.distinct: (*EVENTS, CODES, CODES, CODES, GIVEN, INTEGER, INTEGER, CODES, INTEGERS),
    replay.since_last: (*EVENTS, CODES, CODES, GIVEN, GIVEN, INTEGER, INTEGERS, INTEGERS),
    replay_events.goes_back: (GIVEN, INTEGER),
    replay_events.enter: (GIVEN_FLAGS, GIVEN, GIVEN, CODES, GIVEN, CODES, INTEGERS, INTEGERS, INTEGER, INTEGER, CODES),
    replay_events.link_twins: (INTEGERS, INTEGER, INTEGER, CODES, CODES),
    replay_events.move_chains_down: (CODES, CODES, INTEGER, INTEGER, INTEGER),
    replay_events.number_pairs: (CODES, CODES, MARK, MARKS, CODES, CODES, CODES, INTEGER, INTEGER, CODES),
    replay_events.keep_pairs: (FLAGS, MARK, MARKS, CODES, CODES, CODES),
}

_done: set[Any] = set()


def warm(kernels: Iterable[Callable[..., Any]]) -> None:
    """Compile these kernels, unless this process has. Safe from many threads."""
    with making:
        for kernel in kernels:
            compiled: Any = kernel
            if compiled not in _done:
                compiled.compile(SIGNATURES[kernel])
                compiled.disable_compile()
                _done.add(compiled)
