"""Limits on values, each with its reason. All are tested in tests/limits."""

MISSING = -(2**63)
"""Stands for a missing value where a column of 64-bit integers needs one. No field can hold it."""

HIGHEST_MONEY_MINOR = 10**15
"""Ten trillion of a currency with two minor digits: far above any single payment (the largest real-time gross
settlement systems stop near 10**12), and far enough below 2**63 to be counted, summed and scaled."""

HIGHEST_COUNT = 10**12
HIGHEST_NUMBER = 10**9 * 10**9
"""A number or ratio up to a thousand million, held in billionths, fits 64 bits."""

HIGHEST_SCORE = 1_000 * 10**9
"""What a model may give, in billionths: between -1,000 and 1,000, which takes in margins and log odds too."""

HIGHEST_DURATION_US = 200 * 366 * 86_400 * 1_000_000
EARLIEST_US = -(100 * 366 * 86_400 * 1_000_000)
"""About 1870: no account is older."""
LATEST_US = 230 * 366 * 86_400 * 1_000_000
"""About 2200."""

LONGEST_TEXT = 4_096
"""Characters in a text field. A longer one is refused, so that `contains` has a known cost."""
LONGEST_ID = 256
LONGEST_NUMERAL = 40
"""Characters in a number written as text. More cannot be a value in range, and parsing would cost time."""
