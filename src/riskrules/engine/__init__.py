"""A payment in, a `Decision` out: reading the event, running the kernel, saying why.

In: a checked ruleset or a saved program, lists, events or tables. Out: decisions. Nothing here knows the
language's text, and a decision changes nothing.
"""
