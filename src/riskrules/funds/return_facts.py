"""The facts of a return case, each with its time, and what one part of it is waiting for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..engine.decision import Decision
from .printed import Printed
from .returns import Line

State: TypeAlias = Literal["to be decided", "refused", "waits", "suspended", "to be paid", "overdue", "paid"]
STATES: tuple[State, ...] = ("to be decided", "refused", "waits", "suspended", "to be paid", "overdue", "paid")
MOST_FACTS = 100_000
"""Notices, objections and payments of one case."""


@dataclass(frozen=True, slots=True)
class Approval:
    """The authority's decision to return. `of`: the division's fingerprint. `served_at_us`: when the papers reached
    the institutions, from which their time runs."""

    of: str
    at_us: int
    served_at_us: int
    level: str
    officers: int
    documents: bool = True
    frozen_by_police: bool = True
    ownership_clear: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """The public notice of a division; `of` is its fingerprint."""

    of: str
    began_at_us: int


@dataclass(frozen=True, slots=True, repr=False)
class Objection(Printed):
    """Somebody objects to a part: of an account, of a victim, both, or (neither) the whole. It suspends that part
    until it is reviewed; one that is upheld ends in another division."""

    id: str
    at_us: int
    account: str | None = None
    victim: str | None = None
    text: str = ""
    reviewed_at_us: int | None = None
    upheld: bool = False

    def concerns(self, line: Line) -> bool:
        return self.account in (None, line.account) and self.victim in (None, line.victim)


@dataclass(frozen=True, slots=True, repr=False)
class Payment(Printed):
    """What an institution paid to a victim's account. `reference`: its own name for it, each once in a case."""

    reference: str
    account: str
    victim: str
    to_account: str
    amount_minor: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the division at one moment. `because`: what it waits for, or by what it may be paid. `until_us`:
    when a wait ends by itself, where it does. `due_us`: the first moment at which a payment is too late. `decision`:
    what the rules on returns said, where they were asked."""

    line: Line
    state: State
    because: tuple[str, ...]
    until_us: int | None = None
    due_us: int | None = None
    decision: Decision | None = field(default=None, repr=False, compare=False)
