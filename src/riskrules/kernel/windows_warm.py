"""Compiling the kernels of windows, once and on purpose; why, `warm` says. Letting go of a series is compiled when
there is one to let go of, since most processes never do."""

from __future__ import annotations

from numba import types

from ..base.forks import making
from . import windows_direct, windows_rows
from .warm import INTEGERS, Kernels

FOR_WINDOWS: Kernels = (
    (windows_rows.read, ((INTEGERS, INTEGERS),)),
    (windows_rows.record, ((INTEGERS, INTEGERS, types.int64, types.int64),)),
    (windows_direct.read, ((INTEGERS, INTEGERS),)),
    (windows_direct.record, ((INTEGERS, INTEGERS, types.int64, types.int64),)),
    (windows_direct.enter, ((types.int64,) * 4,)),
)
FOR_SWEEPING: Kernels = ((windows_rows.sweep, ((INTEGERS, types.int64, types.int64, types.int64),)),)

_done: set[bool] = set()


def warm_windows(sweeping: bool = False) -> None:
    """Compile what reading and recording need, or what `sweeping` does, if that was not done in this process. Takes
    seconds, or a fraction of one; safe from many threads."""
    with making:
        if sweeping in _done:
            return
        for kernel, signatures in FOR_SWEEPING if sweeping else FOR_WINDOWS:
            for signature in signatures:
                kernel.compile(signature)
            kernel.disable_compile()
        _done.add(sweeping)
