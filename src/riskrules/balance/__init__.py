"""Whether a ruleset keeps the balance: how much fraud it stops, and how many honest people with it.

In: rules, a history, and a column that says which payments were fraud. Out: figures with their intervals, promises kept
or broken, what another version would change, laws and whether they hold, better values for what may be tuned. It never
shows a label to a rule, never counts money in anything but whole minor units, and never changes a ruleset by itself.
"""
