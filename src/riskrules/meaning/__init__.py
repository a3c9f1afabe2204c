"""What a ruleset means: small immutable nodes, the interpreter that defines them, their fingerprint and their bounds.

In: nodes that the checker made. Out: decisions in plain Python, exact and slow; canonical JSON; proofs that no
arithmetic leaves its range. Nothing here knows text, files, NumPy or speed.
"""
