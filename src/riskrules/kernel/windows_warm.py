"""Compiling the kernels of windows, once and on purpose; why, `warm` says."""

from __future__ import annotations

import threading

from numba import types

from . import windows_digest, windows_rows
from .warm import BYTES, INTEGERS, Kernels

FOR_WINDOWS: Kernels = (
    (windows_rows.read, ((INTEGERS, INTEGERS, INTEGERS, BYTES, INTEGERS),)),
    (windows_rows.digest_event, ((INTEGERS, INTEGERS, BYTES),)),
    (windows_rows.record, ((INTEGERS, INTEGERS),)),
    (windows_rows.sweep, ((INTEGERS, types.int64, types.int64, types.int64),)),
    (windows_digest.digest_column, ((INTEGERS, BYTES, INTEGERS, INTEGERS),)),
)

_lock = threading.Lock()
_done: list[bool] = []


def warm_windows() -> None:
    """Compile them, if that was not done in this process. Takes seconds; safe from many threads."""
    with _lock:
        if _done:
            return
        for kernel, signatures in FOR_WINDOWS:
            for signature in signatures:
                kernel.compile(signature)
            kernel.disable_compile()
        _done.append(True)
