"""Fraud policies that analysts write and payment gateways call: whose account, whose merchant, whose wallet.

The public names, and nothing else; each is loaded when it is first used, so that `import riskrules` costs
next to nothing and checking a file never loads the kernels.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base.diagnostics import Diagnostic, RulesetError
    from .base.resources import ruleset_path
    from .bridges.columns import TableError
    from .bridges.maps import Map, MapError, load_map
    from .check.ruleset import Checked
    from .engine.decision import Action, Decision
    from .engine.engine import Engine
    from .engine.inline_tests import TestResult, run_tests
    from .engine.rules import Rules, check, load, loads
    from .engine.tables import Decisions
    from .program.saved import SavedProgramError
    from .schema.errors import PaymentError
    from .schema.fields import Schema
    from .schema.host_models import ModelError, fields_of, schema_of
    from .schema.models import Payment, model_of
    from .schema.payment import payment_schema
    from .state.lists import ListError, Lists

_HOMES = {
    "Action": "engine.decision",
    "Checked": "check.ruleset",
    "Decision": "engine.decision",
    "Decisions": "engine.tables",
    "Diagnostic": "base.diagnostics",
    "Engine": "engine.engine",
    "ListError": "state.lists",
    "Lists": "state.lists",
    "Map": "bridges.maps",
    "MapError": "bridges.maps",
    "ModelError": "schema.host_models",
    "Payment": "schema.models",
    "PaymentError": "schema.errors",
    "Rules": "engine.rules",
    "RulesetError": "base.diagnostics",
    "SavedProgramError": "program.saved",
    "Schema": "schema.fields",
    "TableError": "bridges.columns",
    "TestResult": "engine.inline_tests",
    "check": "engine.rules",
    "fields_of": "schema.host_models",
    "load": "engine.rules",
    "load_map": "bridges.maps",
    "loads": "engine.rules",
    "model_of": "schema.models",
    "payment_schema": "schema.payment",
    "ruleset_path": "base.resources",
    "run_tests": "engine.inline_tests",
    "schema_of": "schema.host_models",
}

__version__ = "0.1.0"
__all__ = [
    "Action",
    "Checked",
    "Decision",
    "Decisions",
    "Diagnostic",
    "Engine",
    "ListError",
    "Lists",
    "Map",
    "MapError",
    "ModelError",
    "Payment",
    "PaymentError",
    "Rules",
    "RulesetError",
    "SavedProgramError",
    "Schema",
    "TableError",
    "TestResult",
    "check",
    "fields_of",
    "load",
    "load_map",
    "loads",
    "model_of",
    "payment_schema",
    "ruleset_path",
    "run_tests",
    "schema_of",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'riskrules' has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
