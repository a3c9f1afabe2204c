"""A disagreement made small: blocks, lines and values taken away for as long as it stays."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from path_comparison import Disagreement, Pair, compare
from path_payments import Payment
from rulefiles import RuleFile

from riskrules.checker.ruleset import check_text
from riskrules.schema.errors import PaymentError

MOST_TRIALS = 2_000


def minimised(found: Disagreement) -> Disagreement:
    """The smallest disagreement that taking away one thing at a time leads to."""
    trials = MOST_TRIALS
    smaller = True
    while smaller and trials > 0:
        smaller = False
        for file, payment in _less(found):
            trials -= 1
            again = still(file, payment)
            if again is not None:
                found, smaller = again, True
                break
            if trials <= 0:
                break
    return found


def still(file: RuleFile, payment: Payment) -> Disagreement | None:
    """Whether the payment is still seen differently."""
    meaning = check_text(file.text).ruleset
    if meaning is None:
        return None
    try:
        return compare(Pair(file, meaning), [payment], file.seed, Counter())
    except (PaymentError, KeyError, AssertionError):
        return None


def _less(found: Disagreement) -> Iterator[tuple[RuleFile, Payment]]:
    """Everything that is one thing less, the largest first."""
    blocks = re.split(r"\n(?=[a-z])", found.file.text)
    for i in reversed(range(1, len(blocks))):
        yield replace(found.file, text="\n".join(blocks[:i] + blocks[i + 1 :])), found.payment
    lines = found.file.text.splitlines()
    for i in reversed(range(len(lines))):
        if lines[i].startswith((" ", "\t")) or not lines[i]:
            yield replace(found.file, text="\n".join(lines[:i] + lines[i + 1 :]) + "\n"), found.payment
    for name, value in found.payment.held.items():
        if value is not None and name not in found.payment.cells:
            less = copy.deepcopy(found.payment)
            less.held[name] = None
            _remove(less.event, name)
            yield found.file, less
    for name in list(found.payment.windows or {}):
        less = copy.deepcopy(found.payment)
        assert less.windows is not None
        del less.windows[name]
        yield found.file, less


def _remove(event: object, name: str) -> None:
    """Take the value out of the event, with its key under either name that its kind may have."""
    keys = name.removeprefix("payment.").split(".")
    for key in keys[:-1]:
        event = event.get(key, {}) if isinstance(event, dict) else {}
    if isinstance(event, dict):
        last = event.get(keys[-1])
        if isinstance(last, dict):
            last.pop("id", None)
        else:
            event.pop(keys[-1], None)
