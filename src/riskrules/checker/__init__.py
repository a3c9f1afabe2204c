"""Tree in, meaning out: names, kinds, missing values, bounds and clashes.

What comes in is the tree of a whole file; what goes out is a `meaning.nodes.Ruleset` and every finding at
once. Nothing here evaluates a rule, reads another file or stops at the first mistake.
"""
