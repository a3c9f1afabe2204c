"""Program and values → which rules fire, by Numba, which is imported nowhere else.

In: a program's `code` and each payment's columns as 64-bit integers. Out: the strongest action's index, the score, and
bits or lists of the rules that fired, were lifted, and of the exempts that held. It knows no names, no texts and no
events, allocates nothing for a single payment, starts no thread and lets the interpreter lock go while it runs.
Nothing is compiled on import: `warm.warm()` compiles everything, once.
"""
