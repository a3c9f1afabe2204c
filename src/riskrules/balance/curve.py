"""What is stopped, in plain counts, and the curve of fraud caught against honest payments stopped.

An outcome is whole numbers, money in minor units; its shares are worked out when they are read. A curve keeps those
outcomes that no other beats, because only among these is there anything to choose. It is drawn in text, for a terminal,
and described as plain values, for whatever else draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

WIDTH = 40
"""Characters of a whole bar."""
MOST_LINES = 24
"""Points that are drawn; more are thinned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of some payments: honest ones and those of them that are stopped, fraud and what is caught of it, by number and
    by money in minor units."""

    honest: int
    honest_stopped: int
    fraud: int
    caught: int
    fraud_minor: int
    caught_minor: int

    @property
    def stopped(self) -> int:
        return self.honest_stopped + self.caught

    @property
    def friction(self) -> Fraction:
        """The share of honest payments that is stopped; 0 where there is none."""
        return Fraction(self.honest_stopped, self.honest or 1)

    @property
    def caught_share(self) -> Fraction:
        return Fraction(self.caught, self.fraud or 1)

    @property
    def money_share(self) -> Fraction:
        """Of the money of fraud; where there is none, of its payments."""
        return Fraction(self.caught_minor, self.fraud_minor) if self.fraud_minor else self.caught_share

    @property
    def precision(self) -> Fraction:
        """How much of what is stopped is fraud; 0 where nothing is."""
        return Fraction(self.caught, self.stopped or 1)

    @property
    def worth(self) -> Fraction:
        """Fraud caught, half by number and half by money."""
        return (self.caught_share + self.money_share) / 2

    def described(self) -> dict[str, int | float]:
        """As plain values."""
        return {
            "honest": self.honest,
            "honest_stopped": self.honest_stopped,
            "friction": float(self.friction),
            "fraud": self.fraud,
            "caught": self.caught,
            "caught_share": float(self.caught_share),
            "fraud_minor": self.fraud_minor,
            "caught_minor": self.caught_minor,
            "money_share": float(self.money_share),
            "precision": float(self.precision),
        }


def outcome_of(stopped: NDArray[np.bool_], fraud: NDArray[np.bool_], amounts: NDArray[np.int64]) -> Outcome:
    """Each bool[n] or int64[n], amounts in minor units and not negative."""
    caught = stopped & fraud
    frauds = int(np.count_nonzero(fraud))
    return Outcome(
        honest=len(fraud) - frauds,
        honest_stopped=int(np.count_nonzero(stopped)) - int(np.count_nonzero(caught)),
        fraud=frauds,
        caught=int(np.count_nonzero(caught)),
        fraud_minor=exact_sum(amounts[fraud]),
        caught_minor=exact_sum(amounts[caught]),
    )


def exact_sum(amounts: NDArray[np.int64]) -> int:
    """Their sum, however large: by halves of the bits, which for less than two thousand million amounts cannot
    overflow."""
    high, low = amounts >> 32, amounts & 0xFFFF_FFFF
    return (int(high.sum()) << 32) + int(low.sum())


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """An outcome and what leads to it, in words."""

    name: str
    outcome: Outcome

    def described(self) -> dict[str, object]:
        return {"name": self.name, **self.outcome.described()}


def frontier(points: Iterable[CurvePoint]) -> tuple[CurvePoint, ...]:
    """Those that catch more than every other that stops no more honest payments, by honest payments stopped."""
    best: list[CurvePoint] = []
    for point in sorted(points, key=lambda p: (p.outcome.honest_stopped, -p.outcome.worth, p.name)):
        if not best or point.outcome.worth > best[-1].outcome.worth:
            best.append(point)
    return tuple(best)


def drawn(points: Sequence[CurvePoint], chosen: CurvePoint | None = None) -> list[str]:
    """The curve as lines of text: honest payments stopped, fraud caught by number and money, and a bar of their mean.
    The chosen point has an arrow."""
    if not points:
        return []
    step = max(1, -(-len(points) // MOST_LINES))
    shown = [p for i, p in enumerate(points) if i % step == 0 or i == len(points) - 1 or p is chosen]
    lines = [f"{'honest stopped':>14}  {'caught':>6}  {'money':>6}"]
    for point in shown:
        o = point.outcome
        bar = "█" * round(float(o.worth) * WIDTH)
        arrow = " ◀" if point is chosen else ""
        shares = f"{float(o.friction):14.3%}  {float(o.caught_share):6.1%}  {float(o.money_share):6.1%}"
        lines.append(f"{shares}  {bar}{arrow}")
    return lines
