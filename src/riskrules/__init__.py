"""Fraud policies that analysts write and payment gateways call: whose account, whose merchant, whose wallet.

The public names, and nothing else; each is loaded when it is first used, so that `import riskrules` costs
next to nothing and checking a file never loads the kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import funds as funds
    from .balance.backtest import Backtest, backtest
    from .balance.differing import differences
    from .balance.gating import Gate, GateError, gate
    from .balance.labels import LabelError, read_labels
    from .base.diagnostics import Diagnostic, RulesetError
    from .base.resources import ruleset_path
    from .bridges.columns import TableError
    from .bridges.maps import Map, MapError, load_map
    from .bridges.metrics import Metrics
    from .checker.ruleset import Checked
    from .engine.canary import Band, Canary
    from .engine.decision import Action, Decision
    from .engine.duty import Duty
    from .engine.engine import Engine
    from .engine.inline_tests import TestResult, run_tests
    from .engine.rules import Rules, check, load, loads
    from .engine.shadowing import Shadow
    from .engine.shares import Deadline, Share
    from .engine.source import RefusedError
    from .engine.switch_state import KillSwitchError
    from .engine.switches import KillSwitch
    from .engine.tables import Decisions
    from .program.saved import SavedProgramError
    from .schema.errors import PaymentError
    from .schema.events import event_schema
    from .schema.fields import Schema
    from .schema.host_models import ModelError, fields_of, schema_of
    from .schema.kinds import Kind
    from .schema.models import Payment, model_of
    from .schema.payment import payment_schema
    from .state.lists import ListError, Lists
    from .state.memory import MemoryWindows
    from .state.redis import RedisWindows
    from .state.store import WindowConflict, WindowStoreError
    from .versions.errors import RegistryError
    from .versions.keys import SigningKey
    from .versions.log import DecisionLog
    from .versions.log_arrow import read_log
    from .versions.log_folder import LogError
    from .versions.registry import Registry
    from .versions.trust import UNSIGNED, Trust, TrustedKey

_HOMES: tuple[tuple[Callable[[], ModuleType], tuple[str, ...]], ...] = (
    (
        lambda: import_module("riskrules.balance.backtest"),
        (
            "Backtest",
            "backtest",
        ),
    ),
    (lambda: import_module("riskrules.balance.differing"), ("differences",)),
    (
        lambda: import_module("riskrules.balance.gating"),
        (
            "Gate",
            "GateError",
            "gate",
        ),
    ),
    (
        lambda: import_module("riskrules.balance.labels"),
        (
            "LabelError",
            "read_labels",
        ),
    ),
    (
        lambda: import_module("riskrules.base.diagnostics"),
        (
            "Diagnostic",
            "RulesetError",
        ),
    ),
    (lambda: import_module("riskrules.base.resources"), ("ruleset_path",)),
    (lambda: import_module("riskrules.bridges.columns"), ("TableError",)),
    (
        lambda: import_module("riskrules.bridges.maps"),
        (
            "Map",
            "MapError",
            "load_map",
        ),
    ),
    (lambda: import_module("riskrules.bridges.metrics"), ("Metrics",)),
    (lambda: import_module("riskrules.checker.ruleset"), ("Checked",)),
    (
        lambda: import_module("riskrules.engine.canary"),
        (
            "Band",
            "Canary",
        ),
    ),
    (
        lambda: import_module("riskrules.engine.decision"),
        (
            "Action",
            "Decision",
        ),
    ),
    (lambda: import_module("riskrules.engine.duty"), ("Duty",)),
    (lambda: import_module("riskrules.engine.engine"), ("Engine",)),
    (
        lambda: import_module("riskrules.engine.inline_tests"),
        (
            "TestResult",
            "run_tests",
        ),
    ),
    (
        lambda: import_module("riskrules.engine.rules"),
        (
            "Rules",
            "check",
            "load",
            "loads",
        ),
    ),
    (lambda: import_module("riskrules.engine.shadowing"), ("Shadow",)),
    (
        lambda: import_module("riskrules.engine.shares"),
        (
            "Deadline",
            "Share",
        ),
    ),
    (lambda: import_module("riskrules.engine.source"), ("RefusedError",)),
    (lambda: import_module("riskrules.engine.switch_state"), ("KillSwitchError",)),
    (lambda: import_module("riskrules.engine.switches"), ("KillSwitch",)),
    (lambda: import_module("riskrules.engine.tables"), ("Decisions",)),
    (lambda: import_module("riskrules.program.saved"), ("SavedProgramError",)),
    (lambda: import_module("riskrules.schema.errors"), ("PaymentError",)),
    (lambda: import_module("riskrules.schema.events"), ("event_schema",)),
    (lambda: import_module("riskrules.schema.fields"), ("Schema",)),
    (
        lambda: import_module("riskrules.schema.host_models"),
        (
            "ModelError",
            "fields_of",
            "schema_of",
        ),
    ),
    (lambda: import_module("riskrules.schema.kinds"), ("Kind",)),
    (
        lambda: import_module("riskrules.schema.models"),
        (
            "Payment",
            "model_of",
        ),
    ),
    (lambda: import_module("riskrules.schema.payment"), ("payment_schema",)),
    (
        lambda: import_module("riskrules.state.lists"),
        (
            "ListError",
            "Lists",
        ),
    ),
    (lambda: import_module("riskrules.state.memory"), ("MemoryWindows",)),
    (lambda: import_module("riskrules.state.redis"), ("RedisWindows",)),
    (
        lambda: import_module("riskrules.state.store"),
        (
            "WindowConflict",
            "WindowStoreError",
        ),
    ),
    (lambda: import_module("riskrules.versions.errors"), ("RegistryError",)),
    (lambda: import_module("riskrules.versions.keys"), ("SigningKey",)),
    (lambda: import_module("riskrules.versions.registry"), ("Registry",)),
    (
        lambda: import_module("riskrules.versions.trust"),
        (
            "UNSIGNED",
            "Trust",
            "TrustedKey",
        ),
    ),
    (lambda: import_module("riskrules.versions.log"), ("DecisionLog",)),
    (lambda: import_module("riskrules.versions.log_arrow"), ("read_log",)),
    (lambda: import_module("riskrules.versions.log_folder"), ("LogError",)),
)

__version__ = "0.1.0"
__all__ = [
    "UNSIGNED",
    "Action",
    "Backtest",
    "Band",
    "Canary",
    "Checked",
    "Deadline",
    "Decision",
    "DecisionLog",
    "Decisions",
    "Diagnostic",
    "Duty",
    "Engine",
    "Gate",
    "GateError",
    "KillSwitch",
    "KillSwitchError",
    "Kind",
    "LabelError",
    "ListError",
    "Lists",
    "LogError",
    "Map",
    "MapError",
    "MemoryWindows",
    "Metrics",
    "ModelError",
    "Payment",
    "PaymentError",
    "RedisWindows",
    "RefusedError",
    "Registry",
    "RegistryError",
    "Rules",
    "RulesetError",
    "SavedProgramError",
    "Schema",
    "Shadow",
    "Share",
    "SigningKey",
    "TableError",
    "TestResult",
    "Trust",
    "TrustedKey",
    "WindowConflict",
    "WindowStoreError",
    "backtest",
    "check",
    "differences",
    "event_schema",
    "fields_of",
    "gate",
    "load",
    "load_map",
    "loads",
    "model_of",
    "payment_schema",
    "read_labels",
    "read_log",
    "ruleset_path",
    "run_tests",
    "schema_of",
]


def __getattr__(name: str) -> object:
    if name == "funds":
        return import_module("riskrules.funds")
    for home, names in _HOMES:
        if name in names:
            value = getattr(home(), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'riskrules' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
