"""Program and values → which rules fire, by Numba, which is imported nowhere else.

In: a program's `code` and each payment's columns as 64-bit integers. Out: the strongest action's index, the score, and
bits or lists of the rules that fired, were lifted, and of the exempts that held. It knows no names, no texts and no
events but for `plain`, which reads a payment's own objects; it allocates nothing for a single payment and starts no
thread. Nothing is compiled on import: `deciding.kernel()` loads or compiles what one payment needs, `warm.warm()` the
rest.
"""
