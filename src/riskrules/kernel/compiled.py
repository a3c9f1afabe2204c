"""How kernels are compiled.

`kernel`: called from Python; lets the interpreter lock go. `inner`: called from kernels only, without the two
wrappers that Numba would compile for callers that it never has: a third of its compile time. Never `fastmath` (it
deletes tests for NaN), never `parallel` (two threads may abort it), never `cache` (its files are pickles).
"""

from __future__ import annotations

from numba import njit

kernel = njit(nogil=True)
inner = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
