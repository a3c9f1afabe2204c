"""Limits on the text of a ruleset, each with its reason. All are tested in tests/limits.

A rule file may come from anybody, so each limit is checked before the work that it bounds. Together they keep the
parsing of any file, however hostile, near one second.
"""

MOST_CHARACTERS = 2 * 1024 * 1024
"""In a file, and as many bytes in one that is read: three times a file of 1,000 rules (690 kB)."""

MOST_TOKENS = 150_000
"""In a file: 2,000 rules of the usual size. Time and memory follow the tokens (some 5 microseconds each), more than the
characters."""

MOST_BLOCKS = 10_000
"""In a file. A ruleset that large is generated, and belongs in lists, not in rules."""

MOST_BLOCK_TOKENS = 10_000
"""In one block: room for `in (…)` with thousands of choices. A list file is the better place for more."""

MOST_BRACKETS = 64
"""Brackets inside brackets. Later stages may recurse, at most four nodes a bracket, and must not run out of stack."""

MOST_SIGNS = 256
"""Arithmetic signs in one block. `a + b + c` becomes a nested value in later stages, which may recurse over it."""

MOST_CONDITIONS = 512
"""Comparisons and `and`s in one block. A rule that long is not read by anybody."""

LONGEST_NAME = 64
"""Characters in a name or a dotted path."""

LONGEST_NUMERAL = 40
"""Characters in a number. More cannot be a value in range, and turning it into one would cost time."""

LONGEST_TEXT = 4_096
"""Characters in a text, as in a text field of a payment."""

MOST_BLOCK_DIAGNOSTICS = 20
"""Diagnostics in one block; another then says that more were left out."""

MOST_DIAGNOSTICS = 200
"""Diagnostics in one file; another then says that more were left out. Nobody reads the two hundredth."""

MOST_REPEATED_TOKENS = 60_000
"""After a mistake a block is parsed again without the clause at fault. So many tokens may be gone through again in one
file; then blocks get only a short message for their first mistake."""

MOST_STRAYS = 1_000
"""Clause words in column one that are remembered of one block."""
