"""What every other part stands on: texts with places, diagnostics, money's digits, instants and zones.

In: texts, whole numbers, codes of currencies and zones. Out: the same, exact. It imports nothing else of
this package, knows nothing of payments or rules, and never rounds.
"""
