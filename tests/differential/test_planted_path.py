"""Bugs planted on the way from text to decision: a short comparison finds each.

A comparison that finds nothing proves nothing until it is seen to find something. Each bug here is one that somebody
might well make, and is put in at one place of the library alone, so that the other ways through are still right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from path_run import run_file

from riskrules.base.clocks import Clock
from riskrules.base.times import local_time
from riskrules.bridges import feeds
from riskrules.engine import coders, coding, columns, duties, reading
from riskrules.engine.decision import Decision
from riskrules.kernel.warm import warm
from riskrules.meaning import linear
from riskrules.meaning import nodes as n
from riskrules.program import compile as compiler
from riskrules.program import model, settling
from riskrules.schema.errors import PaymentError
from riskrules.schema.limits import MISSING

FIRST_SEED = 5_000
MOST_FILES = 120
PAYMENTS = 100
Plant = Callable[[pytest.MonkeyPatch], None]


def money_taken_one_beyond_its_bound(patch: pytest.MonkeyPatch) -> None:
    """The quick way for money takes an amount one minor unit above the field's bound."""
    whole = coders._money_coder
    patch.setattr(coders, "_money_coder", lambda f: whole(replace(f, highest=f.highest + 1)))


def until_from_another_action(patch: pytest.MonkeyPatch) -> None:
    """The end of a hold is worked out from whichever fired rule waits longest, not from the action that was taken."""

    def until_us(d: Decision) -> int | None:
        now = d._values["occurred_at"]
        lengths = [r.action.duration_us for r in d.rules_fired if r.action and r.action.duration_us is not None]
        return now + max(lengths) if lengths and d._act.duration_us is not None and isinstance(now, int) else None

    patch.setattr(Decision, "_until_us", until_us)


def lifts_shifted_by_one(patch: pytest.MonkeyPatch) -> None:
    """An exempt lifts the rule beside the one that it names."""
    whole = settling.settling

    def shifted(*args: Any) -> Any:
        *before, named, bands = whole(*args)
        return (*before, named << 1, bands)

    patch.setattr(compiler, "settling", shifted)


def params_change_a_day_late(patch: pytest.MonkeyPatch) -> None:
    """A param's new value begins a day after it should, in the compiled form."""
    whole = linear.cuts_of

    def late(c: n.Compare) -> Any:
        cuts = whole(c)
        day = 86_400_000_000
        return cuts and [
            replace(
                x,
                from_us=None if x.from_us is None else x.from_us + day,
                until_us=None if x.until_us is None else x.until_us + day,
            )
            for x in cuts
        ]

    patch.setattr(linear, "cuts_of", late)


def missing_as_zero(patch: pytest.MonkeyPatch) -> None:
    """An optional number that an event lacks counts as zero."""
    whole = coders.absent

    def zero(field: Any) -> int:
        return 0 if whole(field) == MISSING else 1

    patch.setattr(coders, "absent", zero)


def missing_words_as_unnamed_ones(patch: pytest.MonkeyPatch) -> None:
    """In a table, a missing word counts as a word that no rule names."""
    whole = columns._each_word

    def confused(column: model.Column, words: Sequence[str], lists: Any) -> Any:
        values = whole(column, words, lists)
        return np.append(values[:-1], len(column.words)) if column.coding == model.WORD else values

    patch.setattr(columns, "_each_word", confused)


def hours_without_summer_time(patch: pytest.MonkeyPatch) -> None:
    """In a table, the hour is that of the zone's winter."""

    def hours(clock: Clock, instants_us: NDArray[np.int64]) -> NDArray[np.int64]:
        january = local_time(1_767_225_600_000_000, clock.zone).hour
        return (instants_us // 3_600_000_000 + january) % 24

    patch.setattr(Clock, "hours", hours)


def duty_of_an_absent_instrument(patch: pytest.MonkeyPatch) -> None:
    """In a table, `responsible payee` names the first kind of instrument that there is, known or not."""
    patch.setattr(duties, "_known", lambda batch, path, rows: np.ones(len(rows), np.bool_))


def lists_without_case(patch: pytest.MonkeyPatch) -> None:
    """One payment's texts are looked up in lists as if capitals were small letters."""
    whole = coding.member_coder

    def member_coder(field: Any, items: frozenset[str], negated: bool) -> Any:
        return whole(field, items | {x.capitalize() for x in items}, negated)

    patch.setattr(coding, "member_coder", member_coder)


def any_currency_in_a_table(patch: pytest.MonkeyPatch) -> None:
    """A table's payments in another currency are decided."""
    patch.setattr(feeds._Work, "_check_currency", lambda self: None)


def opened_after_the_payment(patch: pytest.MonkeyPatch) -> None:
    """An account opened after the payment is a new account."""
    whole = reading.read_age

    def read_age(field: Any, since_us: int, occurred_us: int) -> int:
        try:
            return whole(field, since_us, occurred_us)
        except PaymentError:
            return 0

    patch.setattr(reading, "read_age", read_age)


PLANTS: tuple[Plant, ...] = (
    money_taken_one_beyond_its_bound,
    until_from_another_action,
    lifts_shifted_by_one,
    params_change_a_day_late,
    missing_as_zero,
    missing_words_as_unnamed_ones,
    hours_without_summer_time,
    duty_of_an_absent_instrument,
    lists_without_case,
    any_currency_in_a_table,
    opened_after_the_payment,
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda p: p.__name__)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bug changes is met, and told, within a few files; without it the same files agree (the other test)."""
    warm()
    plant(monkeypatch)
    seen: Counter[str] = Counter()
    for seed in range(FIRST_SEED, FIRST_SEED + MOST_FILES):
        counted, found = run_file(seed, PAYMENTS)
        seen += counted
        if found is not None:
            return
    pytest.fail(f"{plant.__doc__} was not found in {seen['pairs']} pairs")
