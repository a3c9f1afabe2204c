"""What holds an account in place, and until when.

A restraint comes from one order and has terms, each a half-open stretch of time; a renewal adds a term. Whether it is
in force at a moment is worked out from them and never stored, so nothing has to happen for an order to run out.
"""

from __future__ import annotations

from dataclasses import dataclass

from .orders import FREEZE, STOP
from .printed import Printed


@dataclass(frozen=True, slots=True)
class Term:
    """From `begins_us` until just before `ends_us`, by the order of that id."""

    order: str
    begins_us: int
    ends_us: int


@dataclass(frozen=True, slots=True, repr=False)
class Restraint(Printed):
    """An account stopped (it takes money in and lets none out) or frozen (`held_minor` stays; None for a stop, which
    concerns the account). `kind` is that of the order; `case` and `issuer` are the order's."""

    order: str
    kind: str
    account: str
    institution: str
    case: str
    issuer: str
    held_minor: int | None
    terms: tuple[Term, ...]
    lifted_at_us: int | None = None
    lifted_by: str | None = None

    @property
    def measure(self) -> str:
        return STOP if self.kind == STOP else FREEZE

    @property
    def ends_us(self) -> int:
        """The first moment at which it is over."""
        end = self.terms[-1].ends_us
        return end if self.lifted_at_us is None else min(end, self.lifted_at_us)

    def in_force(self, at_us: int) -> bool:
        return self.terms[0].begins_us <= at_us < self.ends_us

    def ahead(self, at_us: int) -> bool:
        """In force, or yet to begin."""
        return at_us < self.ends_us


@dataclass(frozen=True, slots=True, repr=False)
class Standing(Printed):
    """An account at one moment. `stopped_until_us` is None where it is not stopped; `frozen_minor` is what stays."""

    account: str
    at_us: int
    stopped_until_us: int | None
    frozen_minor: int
    frozen_until_us: int | None
    restraints: tuple[Restraint, ...]


def standing(account: str, restraints: tuple[Restraint, ...], at_us: int) -> Standing:
    """The account's standing; `restraints` are all that it ever had."""
    now = tuple(r for r in restraints if r.in_force(at_us))
    stops = [r.ends_us for r in now if r.measure == STOP]
    freezes = [r for r in now if r.measure == FREEZE]
    return Standing(
        account,
        at_us,
        max(stops, default=None),
        sum(r.held_minor or 0 for r in freezes),
        max((r.ends_us for r in freezes), default=None),
        now,
    )
