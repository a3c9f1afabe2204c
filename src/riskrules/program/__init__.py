"""Meaning → typed arrays: rules as data for one fixed kernel.

In: a checked `meaning.nodes.Ruleset`. Out: a `Program` (`compile.from_meaning`), which says what a host must supply
for each payment (`columns`) and holds everything else as one array of 64-bit integers (`code`); and the same to and
from a file (`saved`). It never decides a payment, never imports Numba, and never runs what it reads from a disk.
"""
