"""A canary: a new version decides for a small part of the customers, always the same, until it is trusted or halts.

Who is among them follows from a keyed hash of one field, so a customer is treated alike by every process and machine
with nothing shared, and whoever is in at 1 % is in at 5 % too. A payment without the field is the champion's. The
customers that begin are the same for each version of a ruleset; whoever would spread that asks by another field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b

from ..schema.fields import Schema
from .rules import Rules

WHOLE = 10_000
"""A share is counted in hundredths of a percent."""
MOST_SHARE = 50
"""Percent: a champion with fewer payments than its canary is nothing to compare with."""
LEAST_PAYMENTS = 100
_KEY_BYTES = 64


@dataclass(frozen=True, slots=True)
class Band:
    """How far a canary may be from the champion. `stopped`: the difference, either way, of the shares of payments that
    are delayed, held or rejected. `errors`: by how much more of its payments it cannot decide. `slower`: how many times
    as long the slowest twentieth of its decisions may take. Each must be wider than chance: of 1,000 payments of which
    2 % are stopped, the share is off by up to 1.3 points either way."""

    stopped: float = 0.02
    errors: float = 0.002
    slower: float = 3.0

    def __post_init__(self) -> None:
        if not (0 < self.stopped <= 1 and 0 < self.errors <= 1 and self.slower > 1):
            raise ValueError("a band's `stopped` and `errors` lie between 0 and 1, and `slower` is more than 1")


@dataclass(frozen=True, slots=True)
class Canary:
    """`rules` decide `share` percent of the payments (at most 50, in steps of 0.01), chosen by the field `by`. After
    `at_least` payments it halts by itself when it leaves the `band`; `on_halt` is told why, once. `lists`: its own, by
    default the engine's."""

    rules: Rules
    share: int | float | Fraction | Decimal = 1
    by: str = "payer.account"
    band: Band = Band()
    at_least: int = 1_000
    lists: Mapping[str, object] | None = None
    on_halt: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.share_points <= MOST_SHARE * WHOLE // 100:
            raise ValueError(f"a canary's share is more than 0 and at most {MOST_SHARE} percent, not {self.share}")
        if self.at_least < LEAST_PAYMENTS:
            raise ValueError(f"a canary is judged after {LEAST_PAYMENTS} payments at least, not after {self.at_least}")

    @property
    def share_points(self) -> int:
        """The share in hundredths of a percent. ValueError when it is finer."""
        given = self.share
        exact = given * 100 if isinstance(given, Fraction) else Decimal(str(given)) * 100
        if exact != int(exact):
            raise ValueError(f"a canary's share goes in steps of 0.01 percent, not {given}")
        return int(exact)


class Chooser:
    """Says of an event whether it is the canary's. `points`: its share in hundredths of a percent; 0 is nobody."""

    __slots__ = ("_hash", "_path", "points")

    def __init__(self, ruleset: str, by: str, schema: Schema, points: int) -> None:
        """ValueError for a field that no event has."""
        field = schema.get(by) or schema.by_key(by)
        if field is None or field.of is not None:
            raise ValueError(f"a canary is chosen by a field of the payment, and `{by}` is none")
        self._path = field.path
        self._hash = blake2b(key=ruleset.encode()[:_KEY_BYTES], digest_size=8)
        self.points = points

    def chooses(self, event: object) -> bool:
        points = self.points
        if not points:
            return False
        found: object = event
        for key in self._path:
            found = found.get(key) if isinstance(found, Mapping) else getattr(found, key, None)
            if found is None:
                return False
        return isinstance(found, str | int) and self.place(str(found)) < points

    def place(self, text: str) -> int:
        """Where a customer stands among `WHOLE`: in the canary while its share is larger than that."""
        hashed = self._hash.copy()
        hashed.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(hashed.digest(), "big") % WHOLE
