"""Stolen money: where it went, what to stop and freeze, who gets it back.

In: a history of transfers and the thefts among them. Out: a trace (each hop, each account, each victim, at any moment),
orders and returns worked out from it. Whole minor units all the way, and every sum is checked before it is handed out.
It never guesses in silence: what had to be assumed stands in the result, and a trace that was cut short says so.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .freezing import Plan, Target, stop_plan
    from .journal import JournalError
    from .order_book import OrderBook, OrderConflict, Outcome
    from .orders import Fit, Order, OrderError, fit_of, order_of
    from .restraints import Restraint, Standing
    from .result import Cut, Edge, Holding, Limits, Theft, Totals, Trace, TraceError
    from .return_basis import Record, frozen_from_records, frozen_from_trace
    from .return_case import ReturnCase
    from .return_facts import Approval, Notice, Objection, Payment
    from .return_file import case_of
    from .return_page import page_of
    from .returns import Division, Frozen, ReturnError, Victim, divided
    from .tracing import trace
    from .transfers import Transfer

_HOMES: tuple[tuple[Callable[[], ModuleType], tuple[str, ...]], ...] = (
    (
        lambda: import_module("riskrules.funds.freezing"),
        (
            "Plan",
            "Target",
            "stop_plan",
        ),
    ),
    (lambda: import_module("riskrules.funds.journal"), ("JournalError",)),
    (
        lambda: import_module("riskrules.funds.order_book"),
        (
            "OrderBook",
            "OrderConflict",
            "Outcome",
        ),
    ),
    (
        lambda: import_module("riskrules.funds.orders"),
        (
            "Fit",
            "Order",
            "OrderError",
            "fit_of",
            "order_of",
        ),
    ),
    (
        lambda: import_module("riskrules.funds.restraints"),
        (
            "Restraint",
            "Standing",
        ),
    ),
    (
        lambda: import_module("riskrules.funds.result"),
        (
            "Cut",
            "Edge",
            "Holding",
            "Limits",
            "Theft",
            "Totals",
            "Trace",
            "TraceError",
        ),
    ),
    (
        lambda: import_module("riskrules.funds.return_basis"),
        (
            "Record",
            "frozen_from_records",
            "frozen_from_trace",
        ),
    ),
    (lambda: import_module("riskrules.funds.return_case"), ("ReturnCase",)),
    (
        lambda: import_module("riskrules.funds.return_facts"),
        (
            "Approval",
            "Notice",
            "Objection",
            "Payment",
        ),
    ),
    (lambda: import_module("riskrules.funds.return_file"), ("case_of",)),
    (lambda: import_module("riskrules.funds.return_page"), ("page_of",)),
    (
        lambda: import_module("riskrules.funds.returns"),
        (
            "Division",
            "Frozen",
            "ReturnError",
            "Victim",
            "divided",
        ),
    ),
    (lambda: import_module("riskrules.funds.tracing"), ("trace",)),
    (lambda: import_module("riskrules.funds.transfers"), ("Transfer",)),
)

__all__ = [
    "Approval",
    "Cut",
    "Division",
    "Edge",
    "Fit",
    "Frozen",
    "Holding",
    "JournalError",
    "Limits",
    "Notice",
    "Objection",
    "Order",
    "OrderBook",
    "OrderConflict",
    "OrderError",
    "Outcome",
    "Payment",
    "Plan",
    "Record",
    "Restraint",
    "ReturnCase",
    "ReturnError",
    "Standing",
    "Target",
    "Theft",
    "Totals",
    "Trace",
    "TraceError",
    "Transfer",
    "Victim",
    "case_of",
    "divided",
    "fit_of",
    "frozen_from_records",
    "frozen_from_trace",
    "order_of",
    "page_of",
    "stop_plan",
    "trace",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES:
        if name in names:
            value = getattr(home(), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'riskrules.funds' has no attribute {name!r}")
