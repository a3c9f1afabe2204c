"""For hosts and rule authors: payments to try rules on, and laws to try them by.

In: a ruleset, or a seed and a number of people. Out: Hypothesis strategies of payments near what the rules compare with
(`payments`, `histories`), the laws of a ruleset as an assertion (`check_laws`), a pytest plugin that collects `.risk`
files, and a made-up world of labelled payments (`world`). It proves nothing about any real country, bank or fraud, and
never reads real data. Needs the extra `riskrules[testing]`, the world apart.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .laws import LawWarning, check_laws
    from .strategies import histories, payments

__all__ = ["LawWarning", "check_laws", "histories", "payments"]

_HOMES = {
    "LawWarning": lambda: import_module("riskrules.testing.laws"),
    "check_laws": lambda: import_module("riskrules.testing.laws"),
    "histories": lambda: import_module("riskrules.testing.strategies"),
    "payments": lambda: import_module("riskrules.testing.strategies"),
}


def __getattr__(name: str) -> object:
    """Loaded when it is first used: the world needs no Hypothesis."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskrules.testing' has no attribute {name!r}")
    value: object = getattr(_HOMES[name](), name)
    return value
