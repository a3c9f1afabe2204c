"""Laws, tried: thousands of payments near what the rules compare with, and the smallest that breaks one.

A law is not proved. It is tried on payments that follow, in turn, everything that could happen in the ruleset, and what
breaks it is shrunk. So a law that is reported is broken for certain, by a payment that can be pasted; one that is not
may still be. How often a law was put to the test is counted: one that never was is a warning, never a pass.

The reference interpreter decides (`law_outcomes`), which is ready at once; kernels agree with it by other tests.
"""

from __future__ import annotations

from collections.abc import Collection

from ..engine.rules import Rules
from ..meaning.promises import Law, Never
from .law_expected import try_expected
from .law_never import try_never
from .law_outcomes import Deciding
from .law_trials import EXAMPLES, Counterexample, LawResult, Trial
from .laws_built_in import built_in_names, try_built_in

__all__ = ["EXAMPLES", "Counterexample", "LawResult", "law_names", "try_laws"]


def try_laws(
    rules: Rules,
    *,
    examples: int = EXAMPLES,
    seed: int = 0,
    only: Collection[str] | None = None,
    deciding: Deciding | None = None,
) -> list[LawResult]:
    """Every law of the ruleset, in the order of the file, then those that every ruleset has and that can be tried on
    this one. The same for the same seed. Nothing for a file without rules about payments. `examples`: payments that are
    decided for each law (ValueError when that is no number of them). `only`: the names of those that are wanted.
    `deciding`: who decides; a test plants a fault."""
    trial = Trial(rules, examples, seed, deciding)
    if not rules.meaning.rules:
        return []
    written = [law for law in rules.promises.laws if only is None or law.name in only]
    return [*(_tried(trial, law) for law in written), *try_built_in(trial, only)]


def law_names(rules: Rules) -> list[tuple[str, int]]:
    """Every law that `try_laws` tries, with the line on which it stands, 0 for one that every ruleset has."""
    if not rules.meaning.rules:
        return []
    return [*((law.name, law.line) for law in rules.promises.laws), *((x, 0) for x in built_in_names(rules.meaning))]


def _tried(trial: Trial, law: Law) -> LawResult:
    return try_never(trial, law, law.what) if isinstance(law.what, Never) else try_expected(trial, law, law.what)
