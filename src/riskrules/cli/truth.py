"""What the decided payments of a labelled world truly were: frauds stopped, and honest people stopped by mistake.

Stopped means delayed, held or rejected: a question to the payer (verify) stops nobody and is counted by itself. The
labels stand beside the payment's fields in each batch, where no rule can read them. Memory grows with the people and
the occasions of the world, and not with its payments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..base.money import format_minor
from ..bridges.columns import Column, Flags, Numbers, Words
from ..meaning import nodes as n
from ..schema.fields import Field, Value
from ..schema.kinds import TEXT, YES_NO
from ..schema.limits import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType
    from rich.table import Table

    from ..engine.tables import DecidedBatch

LABELS = (
    Field("label.fraud", YES_NO, "the payment is part of a fraud"),
    Field("label.typology", TEXT, "of which kind of fraud", optional=True, longest=LONGEST_TEXT),
    Field("label.role", TEXT, "who pays, in a fraud", optional=True, longest=LONGEST_TEXT),
    Field("label.lookalike", TEXT, "which honest thing that looks like one", optional=True, longest=LONGEST_TEXT),
    Field("label.chain", TEXT, "payments that belong together", optional=True, longest=LONGEST_TEXT),
)
READ = ("amount", "payer.party", "payer.party.type")
"""Fields of a payment that are counted with, whether a rule reads them or not."""

_VERIFY, _DELAY = n.LEVELS.index("verify"), n.LEVELS.index("delay")


@dataclass
class Count:
    """Payments and their money in minor units: all, those put to the payer once more, those stopped."""

    payments: int = 0
    asked: int = 0
    stopped: int = 0
    amount_minor: int = 0
    stopped_minor: int = 0

    def add(self, levels: NDArray[np.int8], amounts: NDArray[np.int64]) -> None:
        """Count payments in by the levels of their actions."""
        stopped = levels >= _DELAY
        self.payments += len(levels)
        self.asked += int(np.count_nonzero(levels == _VERIFY))
        self.stopped += int(np.count_nonzero(stopped))
        self.amount_minor += int(amounts.sum())
        self.stopped_minor += int(amounts[stopped].sum())


@dataclass
class Met:
    """People or occasions by their ids: all, those of whom a payment was put to the payer again, or was stopped."""

    all: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)

    def add(self, ids: Words, rows: NDArray[np.bool_], levels: NDArray[np.int8]) -> None:
        """Count the rows of the mask in."""
        for kept, where in ((self.all, rows), (self.asked, rows & (levels == _VERIFY)),
                            (self.stopped, rows & (levels >= _DELAY))):  # fmt: skip
            kept.update(_words_of(ids, where))

    def counts(self, without: set[str]) -> dict[str, int]:
        """How many of each, some left out."""
        return {name: len(ids - without) for name, ids in
                (("all", self.all), ("asked", self.asked), ("stopped", self.stopped))}  # fmt: skip


@dataclass
class Truth:
    """What came of frauds, of look-alikes and of honest people. Honest is who takes no part in any fraud of the world,
    except as its victim; what others pay beside their frauds is counted apart."""

    fraud: Count = field(default_factory=Count)
    typologies: dict[str, Count] = field(default_factory=dict)
    people: Met = field(default_factory=Met)
    lookalikes: Met = field(default_factory=Met)
    guilty: set[str] = field(default_factory=set)
    other_stopped: Counter[str] = field(default_factory=Counter)
    """Payments that are no fraud and were stopped, by their payer."""

    def know(self, batch: DecidedBatch) -> None:
        """Learn who takes part in frauds, also from payments that are not counted."""
        columns = batch.batch.columns
        fraud, party = _flags(columns["label.fraud"]), _words(columns["payer.party"])
        self.guilty.update(_words_of(party, fraud & ~_is(_words(columns["label.role"]), "victim")))

    def add(self, batch: DecidedBatch) -> None:
        """Count a batch in."""
        self.know(batch)
        columns, levels = batch.batch.columns, batch.levels
        fraud, amounts = _flags(columns["label.fraud"]), _amounts(columns["amount"])
        self.fraud.add(levels[fraud], amounts[fraud])
        kinds = _words(columns["label.typology"])
        for code in np.unique(kinds.codes[fraud]).tolist():
            rows = fraud & (kinds.codes == code)
            self.typologies.setdefault(kinds.words[code], Count()).add(levels[rows], amounts[rows])
        party = _words(columns["payer.party"])
        self.people.add(party, ~fraud & _is(_words(columns["payer.party.type"]), "person"), levels)
        alike = _words(columns["label.lookalike"])
        self.lookalikes.add(_words(columns["label.chain"]), ~fraud & (alike.codes >= 0), levels)
        payers, stopped = np.unique(party.codes[~fraud & (levels >= _DELAY)], return_counts=True)
        for code, payments in zip(payers.tolist(), stopped.tolist(), strict=True):
            self.other_stopped[party.words[code] if code >= 0 else ""] += payments

    @property
    def stopped(self) -> tuple[int, int, int]:
        """Payments that were stopped: of frauds, others of those who take part in one, of honest payers."""
        beside = sum(payments for payer, payments in self.other_stopped.items() if payer in self.guilty)
        return self.fraud.stopped, beside, sum(self.other_stopped.values()) - beside

    def described(self) -> dict[str, object]:
        """As plain values, money in minor units."""
        fraud, beside, honest = self.stopped
        return {
            "fraud": vars(self.fraud).copy(),
            "typologies": [{"typology": name, **vars(count)} for name, count in self._ordered()],
            "honest_people": self.people.counts(self.guilty),
            "lookalikes": self.lookalikes.counts(set()),
            "stopped_payments": {"fraud": fraud, "beside_fraud": beside, "honest": honest},
        }

    def drawn(self, currency: str) -> RenderableType:
        """As a person reads it."""
        from rich.console import Group
        from rich.text import Text

        fraud, beside, honest = self.stopped
        lines = (
            f"of {sum(self.stopped):_} payments stopped, {fraud:_} were fraud, {honest:_} those of honest payers,",
            f"and {beside:_} ordinary ones of people who take part in a fraud",
        )
        note = "stopped: delayed, held or rejected; asked: verify, which the payer can pass"
        parts = (Text(), Text("\n".join(lines)), Text(note, style="dim"))
        return Group(self._frauds(currency), Text(), self._honest(), *parts)

    def _ordered(self) -> list[tuple[str, Count]]:
        return sorted(self.typologies.items(), key=lambda item: (-item[1].payments, item[0]))

    def _frauds(self, currency: str) -> RenderableType:
        table = _table("fraud, in truth", "payments", "asked", "stopped", "", "money stopped", "")
        for name, count in [("all", self.fraud), *((name, count) for name, count in self._ordered())]:
            table.add_row(
                name, f"{count.payments:_}", f"{count.asked:_}",
                f"{count.stopped:_}", _share(count.stopped, count.payments),
                format_minor(count.stopped_minor, currency), _share(count.stopped_minor, count.amount_minor),
                style="bold" if name == "all" else "",
            )  # fmt: skip
        return table

    def _honest(self) -> RenderableType:
        table = _table("honest, in truth", "number", "asked", "stopped", "")
        people, alike = self.people.counts(self.guilty), self.lookalikes.counts(set())
        for name, counts in (("people", people), ("occasions that look like fraud", alike)):
            numbers = [f"{counts[key]:_}" for key in ("all", "asked", "stopped")]
            table.add_row(name, *numbers, _share(counts["stopped"], counts["all"], 2))
        return table


def told(values: Mapping[str, Value | None]) -> str:
    """What one payment truly was, in a word or two."""
    kind = values["label.typology"] if values["label.fraud"] else values["label.lookalike"]
    words = str(kind or "").replace("_", " ")
    return f"fraud ({words})" if values["label.fraud"] else f"honest ({words})" if words else "honest"


def _table(*columns: str) -> Table:
    """A table whose first column is words and whose others are numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def _share(part: int, whole: int, digits: int = 1) -> str:
    return f"{100 * part / whole:.{digits}f}%" if whole else "-"


def _words(column: Column) -> Words:
    assert isinstance(column, Words)
    return column


def _flags(column: Column) -> NDArray[np.bool_]:
    assert isinstance(column, Flags)
    return np.asarray(column.values == 1)


def _amounts(column: Column) -> NDArray[np.int64]:
    assert isinstance(column, Numbers)
    return column.values


def _is(column: Words, word: str) -> NDArray[np.bool_]:
    return np.asarray(column.codes == (column.words.index(word) if word in column.words else len(column.words)))


def _words_of(column: Words, rows: NDArray[np.bool_]) -> list[str]:
    """The distinct words of the rows of a mask."""
    return [column.words[code] for code in np.unique(column.codes[rows]).tolist() if code >= 0]
