"""Two ways to trace agree on random histories, by every method; and bugs planted in one of them are found.

`python -m tests.funds` does the same at any length, and checks conservation on many more. The kernels in which bugs are
planted run as plain Python: the same text, one fragment of it changed, without the compiler.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable
from random import Random
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from trace_ledgers import SHAPES, draw_case, rare, run, run_conservation

from riskrules.funds import following
from riskrules.kernel import (
    trace_balances,
    trace_claims,
    trace_follow,
    trace_journal,
    trace_lots,
    trace_parts,
    trace_poison,
)
from riskrules.schema.limits import MISSING

HISTORIES = 500
CONSERVED = 1_500
MOST_HISTORIES = 400
"""Within which a planted bug must be found."""


def test_two_ways_agree() -> None:
    """Entries, holdings, claims and shares are equal, and every kind of history came up often enough."""
    seen: Counter[str] = Counter()
    assert run(HISTORIES, 1, seen) is None
    assert rare(seen) == []


def test_sums_are_conserved() -> None:
    """Stolen and swept are what came back, was stolen again, is held, left and is lost; half way and at the end."""
    seen: Counter[str] = Counter()
    assert run_conservation(CONSERVED, 1_000_000, seen) is None
    assert seen["conserved"] > CONSERVED // 2


def test_memory_grows_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for one lot and one entry to begin with gives the same answers: no payment is done by halves."""
    monkeypatch.setattr(following, "FIRST_LOTS", 1)
    monkeypatch.setattr(following, "FIRST_ENTRIES", 1)
    assert run(20, 40, Counter()) is None


def test_the_generator_is_counted() -> None:
    """A history without what the shapes ask for is told as too rare."""
    assert rare(Counter({"histories": 100})) == list(SHAPES)
    assert draw_case(Random(5)) == draw_case(Random(5))


_IMPORTS = re.compile(r"^from [.\w]+ import (?:\([^)]*\)|[^\n]*)\n|^import [^\n]*\n", re.MULTILINE)
_DECORATORS = re.compile(r"^@(?:apart|inner|kernel)\n", re.MULTILINE)
FOLLOW = (trace_parts, trace_lots, trace_journal, trace_poison, trace_follow)


def plain(modules: tuple[ModuleType, ...], wrong: tuple[str, str] | None = None) -> dict[str, Any]:
    """The names of some kernel modules, as plain Python, one fragment of their text changed."""
    text = "\n".join(_DECORATORS.sub("", _IMPORTS.sub("", inspect.getsource(module))) for module in modules)
    if wrong:
        assert text.count(wrong[0]) == 1, wrong
        text = text.replace(*wrong)
    names: dict[str, Any] = {"np": np, "npt": npt, "TypeAlias": TypeAlias, "MISSING": MISSING}
    exec(compile("from __future__ import annotations\n" + text, "planted", "exec"), names)  # noqa: S102  # our own text
    return names


def found(monkeypatch: pytest.MonkeyPatch, kernel: ModuleType, name: str, function: Callable[..., Any]) -> bool:
    monkeypatch.setattr(kernel, name, function)
    try:
        return run(MOST_HISTORIES, 3, Counter()) is not None
    except (ArithmeticError, IndexError):
        return True


def test_plain_kernels_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text without a bug finds nothing: what is found below is the bug."""
    names = plain(FOLLOW)
    monkeypatch.setattr(trace_follow, "follow", names["follow"])
    assert run(40, 7, Counter()) is None


LIMITED = "elif amount < smallest or hop > most_hops:"
BEST = "                if rests[lot] > rests[best]:"
HOP = "        hops[at] = min(hops[at], hop)\n        return at"
AGAIN = "hops[lot] + 1, STOLEN_AGAIN)\n        lot = after[lot]\n    drop_list(lists, store, hand)"
WIDE = "if (amount | share) < _NARROW or share == 0 or amount <= _WORD // share:"
FOLLOWED_WRONG = {
    "newest money arrives upside down": ("at = NONE if newest else tails[hand]", "at = tails[hand]"),
    "oldest for newest": ("lot = tails[account] if newest else heads[account]", "lot = heads[account]"),
    "ties go to the later victim": (BEST, BEST.replace(">", ">=")),
    "in a crowd, ties go to nobody": ("        if rests[other] == least:", "        if rests[other] == least - 1:"),
    "a payment to itself moves": ("if amount == 0 or source == target:", "if amount == 0:"),
    "a return is no return": ("            if home[target] == victim:", "            if home[target] == victim + 1:"),
    "hops, one short": (LIMITED, LIMITED.replace("hop >", "hop >=")),
    "smallest, one more": (LIMITED, LIMITED.replace("amount <", "amount <=")),
    "the hop that came last": (HOP, HOP.replace("min(hops[at], hop)", "hop")),
    "poison outlives the money": ("        if balances[source] == 0:\n", "        if balances[source] < 0:\n"),
    "equal times trace": ("times[brought[found]] == times[brought[first]]", "times[brought[found]] < 0"),
    "a pool for ever": ("    pooled[account] = 0\n", "    pooled[account] = pooled[account]\n"),
    "own money is not a lot": ("    if held:\n        link(lists", "    if held < 0:\n        link(lists"),
    "direct guesses": ("if method == DIRECT and amount < balances[source]", "if method == LIFO and amount < 0"),
    "stolen again is forgotten": (AGAIN, AGAIN.replace("STOLEN_AGAIN", "MOVED")),
    "a wide product wraps": (WIDE, "if True:"),
}


@pytest.mark.parametrize("wrong", FOLLOWED_WRONG.values(), ids=FOLLOWED_WRONG)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # what the wrong one does
def test_a_bug_in_following_is_found(wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is one that somebody might make, and the comparison tells it."""
    assert found(monkeypatch, trace_follow, "follow", plain(FOLLOW, wrong)["follow"])


CLAIMED_WRONG = {
    "an empty account keeps claims": ("                if balance == 0:\n", "                if balance < 0:\n"),
    "the lowest balance refills": ("lowest[pair] = min(lowest[pair], balance)", "lowest[pair] = balance"),
    "own money twice": ("            own[target] -= entry_amounts[entry]\n", ""),
}


@pytest.mark.parametrize("wrong", CLAIMED_WRONG.values(), ids=CLAIMED_WRONG)
def test_a_bug_in_claims_is_found(wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of what may be claimed."""
    assert found(monkeypatch, trace_claims, "claims", plain((trace_claims,), wrong)["claims"])


BALANCED_WRONG = {
    "a loan is repaid twice": ("            debts[target] -= repaid\n", ""),
    "a gap down is a gap up": ("pay(out, balances, debts, outside, row, account, world, -gap, VANISHED)",
                               "pay(out, balances, debts, outside, row, world, account, -gap, VANISHED)"),
    "a payment to itself overdraws": ("    if not outside[source] and source != target:\n        if balances",
                                      "    if not outside[source]:\n        if balances"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", BALANCED_WRONG.values(), ids=BALANCED_WRONG)
def test_a_bug_in_balances_is_found(wrong: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of the ledger."""
    assert found(monkeypatch, trace_balances, "walk", plain((trace_balances,), wrong)["walk"])
