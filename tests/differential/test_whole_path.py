"""The whole path against the specification: text to decision, by one payment and by table.

RISKRULES_PAIRS: how many (ruleset, payment) pairs; RISKRULES_SEED: of the first rule file. A long run in several
processes is `python -m tests.differential --pairs 10_000_000 --seed 1 --processes 2`.
"""

from __future__ import annotations

import os

from path_run import not_met, report, run

PAIRS = int(os.environ.get("RISKRULES_PAIRS", "100000"))
SEED = int(os.environ.get("RISKRULES_SEED", "20261101"))
ENOUGH_TO_MEET_ALL = 50_000


def test_every_way_through_decides_alike() -> None:
    """For every rule file and payment, the reference, one decision and a table agree on the action and its end, the
    score, what fired, what was lifted, what exempts, measures, who is responsible, and on the field and kind of an
    error; and what is generated uses every production and meets every threshold, action and kind of error."""
    seen, found = run(PAIRS, SEED)
    assert found is None, str(found)
    if PAIRS >= ENOUGH_TO_MEET_ALL:
        assert not_met(seen) == [], report(seen)
