"""What came of a history: counts, kept while its batches go by, so that memory does not grow with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..engine.history import Unread
from ..meaning import nodes as n

if TYPE_CHECKING:
    from ..engine.rules import Rules
    from ..engine.serving import Serving
    from ..engine.tables import BadRow, DecidedBatch

ERRORS_SHOWN = 10


@dataclass
class Tally:
    """Counts of payments by action, by rule that fired and by institution: (payments stopped, their money in minor
    units). Stopped: delayed, held or rejected, as everywhere. `errors` are the first ten rows that were not decided."""

    serving: Serving
    history: str
    empty_lists: tuple[str, ...] = ()
    decided: int = 0
    bad_rows: int = 0
    seconds: float = 0.0
    actions: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    institutions: dict[str, tuple[int, int]] = field(default_factory=dict)
    errors: list[BadRow] = field(default_factory=list)
    unfed: tuple[str, ...] = ()
    unread: Unread = field(default_factory=Unread)

    @property
    def rules(self) -> Rules:
        return self.serving.rules

    @property
    def per_second(self) -> int:
        """Payments read and decided a second, to three digits: more would only be noise."""
        rate = int((self.decided + self.bad_rows) / self.seconds) if self.seconds else 0
        noise: int = 10 ** max(0, len(str(rate)) - 3)
        return rate // noise * noise

    def add(self, batch: DecidedBatch) -> None:
        """Count a batch in."""
        from ..engine.duties import institution_totals  # loads NumPy, which not every command needs

        read = {i.name for i in self.rules.meaning.inputs if i.origin != "window"}
        self.unfed = tuple(sorted(read - batch.batch.columns.keys()))
        self.decided += batch.rows
        self.bad_rows += len(batch.errors)
        self.errors += batch.errors[: ERRORS_SHOWN - len(self.errors)]
        self.actions.update(batch.action_counts)
        self.fired.update(batch.rule_counts)
        totals = institution_totals(batch.duties, batch.batch, batch.levels >= n.DELAY)
        for name, (payments, amount) in totals.items():
            before = self.institutions.get(name, (0, 0))
            self.institutions[name] = (before[0] + payments, before[1] + amount)

    def degraded(self) -> tuple[str, ...]:
        """What decisions of this history could not read, in sentences."""
        from ..engine.tables import window_notes

        unfed = (f"nothing feeds {', '.join(f'`{x}`' for x in self.unfed)}, so it is missing in every payment",)
        return (*(unfed if self.unfed else ()), *window_notes(self.unread))
