"""One payment with its windows in one call of a kernel: the plan by which it lays the payment out for a store.

What `before`, `key_texts` and `recording` work out in Python a payment at a time is worked out once here, of the same
fields. What the kernel does not take (an unusual value, one that is wrong, a condition on more than the status) those
take from the start, so nothing is refused or counted otherwise for being quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ..base.calendars import Calendar
from ..kernel import desks as k
from ..meaning.walk import reads_in
from ..program.layout import Integers
from ..program.model import Column
from ..schema.fields import Schema
from ..schema.kinds import WORDS
from ..state.plan import STATUS, Plan, asked_texts, told_numbers, told_texts, told_wheres
from ..state.store import Direct, direct_of
from .plain import ANY_TEXT, Plain, all_of
from .reading import EventReader
from .recording import PARTIES, Recorder, recorded_schema, test_of

if TYPE_CHECKING:
    from .coding import EventCoder
    from .serving import Serving

EVENT = "payment"
NAME = f"{EVENT}\0".encode()
"""Before an id, so that ids of payments and of reports do not meet: eight bytes, which are put as one word."""
ANY_LENGTH = 2**32


def windowed_of(serving: Serving, plain: Plain, coder: EventCoder) -> Windowed | None:
    """None where a kernel cannot ask for the windows: the store is elsewhere, or a key is no text of the payment's own;
    or cannot decide with them: models come between, or a column is worked out of them."""
    direct, reader, plan = direct_of(serving.bound), serving.reader, serving.plan
    if direct is None or serving.rules.frame.models or coder.by_windows(plain.left):
        return None
    names = [name for key in asked_texts(plan) for name in key]
    if reader.fields[reader.slots["id"]].kind.name not in ANY_TEXT or not _are_texts(reader, names):
        return None
    dated = bool(serving.rules.dated)
    return Windowed(reader, serving.rules.schema, plan, plain, serving.recorders["payment"], direct, dated)


def _are_texts(reader: EventReader, names: Iterable[str]) -> bool:
    return all(name in reader.slots and reader.fields[reader.slots[name]].kind.name in WORDS for name in names)


class Windowed:
    """For one version of the rules and one store. `words`: the plan, see `kernel.desks`. `ask`, `tell`: the store's,
    the latter where the kernel `tells` all that is recorded. `units`: whose beginnings are asked for, for which it has
    to `turn`."""

    def __init__(
        self,
        reader: EventReader,
        schema: Schema,
        plan: Plan,
        plain: Plain,
        recorder: Recorder,
        direct: Direct,
        dated: bool,
    ) -> None:
        """`dated`: a payment that fires anything may be refused for it."""
        self._slots, self._plain = reader.slots, plain
        self.ask, self.tell = direct.ask, direct.tell
        self._fields, self._recorded = schema, recorded_schema(schema, EVENT)
        self._kept: list[object] = []
        self._calendar = Calendar(reader.clock.zone)
        self.units = [r.span for r in plan.readings if isinstance(r.span, str)]
        self.tells = not recorder.reader.partners and self._told_plainly(reader, plan)
        self.words = self._plan(plan, dated)
        self._times: tuple[int, int] = (0, 0)

    def turn(self, now: int) -> None:
        """Days, months and years are those of this time from now on. The kernel looks at them under the interpreter's
        lock, and leaves a payment of another time to the careful way."""
        if not self.units or self._times[0] <= now < self._times[1]:
            return
        found = [self._calendar.around(unit, now) for unit in self.units]
        at = int(self.words[k.L_TIME_ROWS])
        self.words[at : at + k.TIME_WIDTH * len(found)] = list(chain(*found))
        self._times = max(start for start, _ in found), min(end for _, end in found)

    def _told_plainly(self, reader: EventReader, plan: Plan) -> bool:
        """Whether the kernel can lay out what is recorded, too."""
        texts = [*PARTIES, STATUS, *(name for key in told_texts(plan, EVENT) for name in key)]
        numbers = ["occurred_at", "amount", *told_numbers(plan, EVENT)]
        wheres = [read.name for where in told_wheres(plan, EVENT) for read in reads_in(where)]
        return (
            _are_texts(reader, texts)
            and all(self._fields[name].kind.name in ANY_TEXT for name in PARTIES)
            and all(name in reader.slots for name in numbers)
            and all(name == STATUS for name in wheres)
        )

    def _plan(self, plan: Plan, dated: bool) -> Integers:
        texts = told_texts(plan, EVENT) if self.tells else asked_texts(plan)
        asked = asked_texts(plan)
        by_asked = {name for key in asked for name in key}
        rows = [self._text(key, by_asked) for key in texts]
        numbers = self._numbers(plan) if self.tells else []
        amount = next((i for i, row in enumerate(numbers) if row[k.SLOT] == self._slots["amount"]), 0)
        bits = self._bits(plan) if self.tells else []
        parties = [(self._slots[x], self._recorded[x].longest) for x in PARTIES] if self.tells else []
        statuses = {x: i + 1 for i, x in enumerate(self._recorded[STATUS].kind.choices)}
        times = [0] * (k.TIME_WIDTH * len(self.units))
        pieces = [list(chain(*rows)), times, list(chain(*numbers)), bits, list(chain(*parties))]
        at = [k.L_HEADER]
        for piece in pieces:
            at.append(at[-1] + len(piece))
        name = int(np.frombuffer(NAME, np.int64)[0])
        id_slot, status_slot = self._slots["id"], self._slots.get(STATUS, -1)
        words = [*k.known_types(), name, id_slot, self._fields["id"].longest, len(plan.readings)]
        words += [len(asked), len(texts), at[0], len(self.units), at[1], len(numbers), at[2], amount]
        words += [status_slot, self._keep(statuses), at[3], at[4], int(dated)]
        return np.array([*words, *chain(*pieces)], np.int64)

    def _text(self, key: Sequence[str], asked: set[str]) -> list[int]:
        """What is asked for must be there if it must be there when decided; what is recorded may lack more."""
        words = [len(key)]
        for name in key:
            field = (self._fields if name in asked else self._recorded)[name]
            longest, known = field.longest, 0
            if field.kind.name not in ANY_TEXT:
                longest, known = ANY_LENGTH, self._keep(dict.fromkeys(all_of(field.kind), True))
            words += [self._slots[name], longest, int(field.optional), known]
        return words

    def _numbers(self, plan: Plan) -> list[Sequence[int]]:
        """Those that are recorded, in order, and the amount, which tells payments apart."""
        names = told_numbers(plan, EVENT)
        fields = [(i, self._recorded[name]) for i, name in enumerate(names)]
        if "amount" not in names:
            fields.append((-1, self._recorded["amount"]))
        return [self._plain.row_of(i, self._slots[f.name], Column(f.name, "number"), f) for i, f in fields]

    def _bits(self, plan: Plan) -> list[int]:
        """Of the conditions, for no status and then for each."""
        tests = [test_of(where, self._recorded) for where in told_wheres(plan, EVENT)]
        statuses = (None, *self._recorded[STATUS].kind.choices)
        return [sum(test({STATUS: status}) << i for i, test in enumerate(tests)) for status in statuses]

    def _keep(self, thing: object) -> int:
        """Its address; it lives as long as the plan."""
        self._kept.append(thing)
        return k.address_of(thing)
