"""What the host owns beside the rules: lists, and windows of what accounts did before, in memory or in Redis.

In: names and texts from sets or files; recorded events as plain values. Out: frozen sets with a version that follows
from their content; a window's exact value at a moment, or that it cannot be read. Nothing here decides, and nothing
here knows a rule or a payment.
"""
