"""The laws of a ruleset as an assertion, for a host's own tests."""

from __future__ import annotations

import warnings

from ..balance.laws import EXAMPLES, LawResult, try_laws
from ..balance.laws_text import told, warned
from ..engine.rules import Rules


class LawWarning(UserWarning):
    """A law was not put to the test: none of the payments that were tried met its condition."""


def check_laws(rules: Rules, *, examples: int = EXAMPLES, seed: int = 0) -> list[LawResult]:
    """Try every law of the ruleset, those that every ruleset has among them, on so many made-up payments each.

    AssertionError with the smallest payments that break them when any is broken, as `riskrules test` prints it;
    LawWarning for a law that its author wrote and that was never put to the test. The same for the same seed.
    """
    results = try_laws(rules, examples=examples, seed=seed)
    lines = [line for result in results for line in (*told(result, rules.name), "")]
    for result in results:
        if result.line and (warning := warned(result, rules.name)):
            warnings.warn(warning, LawWarning, stacklevel=2)
    broken = [r for r in results if not r.passed]
    if broken:
        text = "\n".join(line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line or after).strip()
        raise AssertionError(text)
    return results
