"""One version of everything that a decision reads: rules, program, lists, windows. Made once, never changed.

`Engine.swap` replaces the whole at once, so a decision belongs to exactly one version: it takes hold of its
`Serving` at the start and looks at nothing else.

There are two ways to the same decision. `decide` runs the kernel, which takes seconds to compile, once a process.
`interpret` runs the reference interpreter: thousands of times slower a payment, and ready at once, which is what
one payment on a command line wants.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.fair import FairRLock
from ..meaning import nodes as n
from ..meaning.interpreter import decide as interpret
from ..meaning.interpreter import in_force
from ..program.layout import EVENT, FIRED, MOVED, NOT_PLAIN, PLAIN, REST
from ..schema.errors import PaymentError
from ..schema.limits import MISSING
from ..state.lists import ListError
from ..state.plan import from_meaning as plan_of
from ..state.store import Bound, WindowStore, WindowStoreError
from .before import NOTHING, Before, Given, Question, WindowReader
from .decision import Decision
from .facts import ClaimFacts, Facts
from .reading import EventReader, Raw, unreadable
from .recording import Recorder, recorded_fields, recorders
from .rules import Rules
from .shown import shown_instant

if TYPE_CHECKING:
    from ..program.model import Program
    from .coding import EventCoder
    from .desk import Desk
    from .models import Models
    from .windowed import Windowed

Names = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Serving:
    """A ruleset with its lists, and with the store of its windows if there is one. ListError when a list that the
    rules read is not given; WindowStoreError when the store cannot be used."""

    program: Program
    coder: EventCoder

    def __init__(self, rules: Rules, lists: Mapping[str, frozenset[str]], windows: WindowStore | None = None) -> None:
        absent = [name for name, _ in rules.frame.lists if name not in lists]
        if absent:
            names = ", ".join(f"`{x}`" for x in absent)
            raise ListError(
                f"the ruleset reads {names}, and no such list was given; "
                f'pass lists=Lists({{"{absent[0]}": […]}}), with [] for an empty one'
            )
        self.rules = rules
        self.lists = {name: lists[name] for name, _ in rules.frame.lists}
        self.plan = plan_of(rules.frame, rules.schema)
        keys = [name for lookup in self.plan.lookups for name in lookup.keys]
        moves = windows is not None and bool(self.plan.readings)
        also = recorded_fields(self.plan, rules.schema, "payment") if moves else ()
        self.reader = EventReader(rules.frame, rules.schema, keys, also)
        self.bound: Bound | None = None
        if windows is not None and moves:
            self.bound = windows.bind(self.plan)
        self._windows = WindowReader(self.reader, rules.schema, self.plan, self.bound)
        self._others = {e: Serving(rules.on(e), lists) for e in rules.events[1:]}
        self.switched_off: frozenset[str] = frozenset()

    def on(self, event: str) -> Serving:
        """What decides one event. ValueError when the ruleset has nothing on it."""
        return self if self.rules.on(event) is self.rules else self._others[event]

    def having(self, rule: str) -> Serving:
        """What decides the event that the rule is about; this one where there is no such rule."""
        return next((x for x in self._others.values() if rule in x.rules.by_name), self)

    def without(self, names: frozenset[str]) -> Serving:
        """The same version with these of its rules switched off, besides those that are already; the rest, its store
        and its fingerprint among it, is shared. Takes about as long as copying the program. KeyError for a name that
        is no rule's."""
        known = {name for x in (self, *self._others.values()) for name in x.rules.by_name}
        if not names <= known:
            raise KeyError(min(names - known))
        made = copy(self)
        made.switched_off = self.switched_off | names
        if "program" in self.__dict__:
            made.program = self.program.without(names)
            made._desks = threading.local()  # a desk knows its program by its address
        made._others = {e: x.without(names & frozenset(x.rules.by_name)) for e, x in self._others.items()}
        return made

    @cached_property
    def models(self) -> Models | None:
        """The models that the rules read, loaded when first asked for; None where they read none. ModelError."""
        if not self.rules.frame.models:
            return None
        from .models import Models

        return Models(self.rules)

    @property
    def _live(self) -> n.Ruleset:
        """What the interpreter goes by."""
        meaning, off = self.rules.meaning, self.switched_off
        return replace(meaning, rules=tuple(r for r in meaning.rules if r.name not in off)) if off else meaning

    @cached_property
    def recorders(self) -> Mapping[str, Recorder]:
        """What reads recorded events, by their kind."""
        return recorders(self.rules.frame, self.rules.schema, self.plan, self.bound, self.reader)

    def before(self, event: object) -> Before:
        """The windows of a payment. PaymentError when it does not fit."""
        return self._windows.answer(self._asked(event, None)[1])

    def decide_with(self, event: object, windows: Mapping[str, n.Value | None]) -> Decision:
        """`decide`, with the windows' values by name in held units instead of the store's."""
        raw, question = self._asked(event, None)
        held = [MISSING if x is None else int(x) for x in map(windows.get, self._windows.names)]
        return self._after(raw, question[0], Before(self._windows.names, held))

    def prepare(self) -> Serving:
        """Make ready for `decide`: the program, and the way from events to it."""
        from .coding import EventCoder
        from .plain import Plain
        from .windowed import windowed_of

        self.program = self.rules.program
        self.coder = EventCoder(self.reader, self.program, self.lists, self._windows.checked)
        self._plain = Plain(self.reader, self.program, self.lists, self._windows.checked)
        self._windowed = windowed_of(self, self._plain, self.coder)
        self._left = self.coder.steps(self._plain.left)
        self._held = Struct(f"={len(self._windows.names)}q")
        self._desks = threading.local()
        self._values = Struct(f"={len(self.program.columns)}q")
        return self

    def decide(self, event: object, windows: Given = None) -> Decision:
        """PaymentError when the event does not fit, also for an object of the host's that fails when it is read."""
        try:
            desk: Desk = self._desks.desk
        except AttributeError:
            desk = self._desk()
        raw: Raw | None = None
        act = NOT_PLAIN
        if desk.reads and type(event) is dict:
            raw = desk.take(EVENT, desk.at, event, 0)
            act = desk.answer[0]
            if act >= 0 and desk.has_all and windows is None:
                return self._settled(act, desk, raw)
        return self._decide(desk, event, raw, act, windows, None)

    def process(self, event: object) -> Decision:
        """`Engine.process`, under the engine's lock."""
        desk = self._desk()
        raw: Raw | None = None
        act = NOT_PLAIN
        if desk.reads and type(event) is dict:
            raw = desk.take(EVENT, desk.at, event, 0)
            act = desk.answer[0]
        return self._decide(desk, event, raw, act, None, self.recorders["payment"])

    def _decide(
        self, desk: Desk, event: object, raw: Raw | None, act: int, given: Given, recorder: Recorder | None
    ) -> Decision:
        """The quick way on, for as far as the payment is plainly good; else the careful one. `raw` and `act`: what the
        kernel took of the event, and its answer. If there is a recorder, the payment is recorded where it goes
        ahead."""
        plain, written = self._plain, raw
        if act < 0:
            raw = self._raw(event)
            if desk.reads:
                written = plain.rewritten(raw) or raw
                act = desk.enter(PLAIN, desk.at, id(written), 0)
        assert raw is not None
        if act >= 0 and not given:
            if plain.has_all and recorder is None:
                return self._settled(act, desk, raw)
            decision = None if self._windowed is None else self._at_once(self._windowed, desk, raw, written, recorder)
            if decision is not None:
                return decision
        now = desk.columns[0] if act >= 0 else None
        question = self._question(raw, given, recorder, now)
        before = self._windows.answer(question)
        if now is None or plain.has_all:
            decision = self._after(raw, question[0], before)
        else:
            decision = self._rest(raw, now, before, desk)
        return decision if recorder is None else self._recorded(decision, recorder, question[3])

    def _at_once(
        self, windowed: Windowed, desk: Desk, raw: Raw, written: Raw | None, recorder: Recorder | None
    ) -> Decision | None:
        """Windows, decision and recording in one call, the columns being there but for windows and what takes a step of
        its own. None where the careful way has to look. `written`: the payment as the kernel reads it."""
        now = desk.columns[0]
        if not self._stepped(windowed, desk, raw, now):
            return None
        act = NOT_PLAIN
        if recorder is not None and windowed.tells:
            act = windowed.tell(desk.enter, desk.at, id(written))
        if act < 0:
            act = windowed.ask(desk.enter, desk.at, id(written))
        if act < 0:
            return None
        windows = desk.windows.tobytes()
        if recorder is None or act >= MOVED:
            return self._settled(act - MOVED if act >= MOVED else act, desk, raw, windows)
        told = recorder.told_of(raw, now)
        return self._recorded(self._settled(act, desk, raw, windows), recorder, told)

    def process_at_once(self, event: dict[Any, Any], others: FairRLock) -> Decision | None:
        """`process` without the engine's lock, if nobody has that, `others`. None where it takes the lock or a closer
        look; then nothing has been recorded. PaymentError as `decide`, for a duty without a day."""
        try:
            desk: Desk = self._desks.desk
        except AttributeError:
            desk = self._desk()
        windowed = desk.telling
        if windowed is None:
            return None
        raw = desk.take(EVENT, desk.at, event, 0)
        if raw is None or desk.answer[0] < 0:
            return None
        if (self._left or windowed.units) and not self._stepped(windowed, desk, raw, desk.columns[0]):
            return None
        act = windowed.tell(desk.enter, desk.at, id(raw), others)
        if act >= MOVED:
            act -= MOVED
        elif act < 0 or self.program.acts[act % FIRED].level < n.HOLD:
            return None
        return self._settled(act, desk, raw, desk.windows.tobytes())

    def _stepped(self, windowed: Windowed, desk: Desk, raw: Raw, now: int) -> bool:
        """Fill the columns that take a step of their own. Where one fails, the careful way says what it is."""
        try:
            for place, step in self._left:
                desk.columns[place] = step(raw, now, NOTHING)
        except Exception:  # noqa: BLE001  # whatever it is, it is met again
            return False
        windowed.turn(now)
        return True

    def _recorded(self, decision: Decision, recorder: Recorder, told: Any) -> Decision:
        if decision.level < n.HOLD:
            try:
                recorder.move(told)
            except WindowStoreError as error:
                decision.add_note(f"the payment was not recorded: {error}")
        return decision

    def _rest(self, raw: Raw, now: int, before: Before, desk: Desk) -> Decision:
        """Decide when the columns are on the desk, but for windows, scores and what takes a step of its own."""
        try:
            before = self._scored(raw, before)
            for place, step in self._left:
                desk.columns[place] = step(raw, now, before)
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error
        self._held.pack_into(desk.windows, 0, *before.held)
        act = desk.enter(REST, desk.at, 0, 0)
        if act < 0:
            raise self.coder.beyond(-1 - act)
        return self._settled(act, desk, raw, Facts(self, raw, before, None))

    def _raw(self, event: object) -> Raw:
        try:
            return self.reader.raw(event)
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error

    def _question(self, raw: Raw, given: Given, recorder: Recorder | None = None, now: int | None = None) -> Question:
        try:
            return self._windows.question(raw, given, recorder, now)
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error

    def _asked(self, event: object, given: Given) -> tuple[Raw, Question]:
        raw = self._raw(event)
        return raw, self._question(raw, given)

    def _after(self, raw: Raw, now: int, before: Before) -> Decision:
        try:
            before = self._scored(raw, before)
            integers = self.coder.integers(raw, now, before)
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error
        return self._decided(integers, Facts(self, raw, before, None))

    def _scored(self, raw: Raw, before: Before) -> Before:
        """With the scores of the rules' models."""
        return before if self.models is None else self.models.filled(self.reader.values(raw, before.values), before)

    def decide_values(self, values: Mapping[str, n.Value | None]) -> Decision:
        """Decide inputs that are held values already, windows among them."""
        return self._decided(self.coder.integers_of(values), Facts(self, None, NOTHING, dict(values)))

    def interpret(self, event: object, windows: Given = None) -> Decision:
        """The same decision by the reference interpreter. Needs no `prepare`."""
        raw, question = self._asked(event, windows)
        before = self._windows.answer(question)
        before = self._scored(raw, before)
        return self.interpret_values(self.reader.values(raw, before.values), before)

    def interpret_values(self, values: Mapping[str, n.Value | None], before: Before = NOTHING) -> Decision:
        """`decide_values` by the reference interpreter."""
        live = self._live
        outcome = interpret(live, values, self.lists)
        strength = {r.name: r.action.strength if r.action else (0, 0.0) for r in live.rules}
        fired, lifted = (
            tuple(sorted(names, key=lambda name: ([-x for x in strength[name]], name)))
            for names in (outcome.fired, outcome.lifted)
        )
        names = (fired, lifted, outcome.exempts)
        facts = (ClaimFacts if self.rules.frame.liabilities else Facts)(self, None, before, dict(values))
        return self._dated(Decision(self, None, outcome.action, outcome.score, None, facts, names=names))

    def _decided(self, integers: Sequence[int], facts: Facts) -> Decision:
        desk = self._desk()
        self._values.pack_into(desk.columns, 0, *integers)
        act = desk.decide()
        if act < 0:
            raise self.coder.beyond(-1 - act)
        return self._settled(act + FIRED if any(desk.bits) else act, desk, None, facts)

    def _settled(self, act: int, desk: Desk, raw: Raw | None, facts: Facts | bytes | None = None) -> Decision:
        """What the kernel left on the desk, if it says that anything fired."""
        if act < FIRED:
            return Decision(self, raw, self.program.acts[act], 0, None, facts)
        act -= FIRED
        decision = Decision(self, raw, self.program.acts[act], desk.score[0], desk.bits.tobytes(), facts)
        return self._dated(decision) if self.rules.dated else decision

    def facts(self, raw: Raw | None, windows: bytes | None) -> Facts:
        """What a payment was decided on, its windows a word each."""
        before = NOTHING if windows is None else Before(self._windows.names, self._held.unpack(windows))
        return Facts(self, raw, before, None)

    def _dated(self, decision: Decision) -> Decision:
        """The same. PaymentError where a duty has a day that the calendar lacks: whoever must act has to know it."""
        if not self.rules.dated.isdisjoint(decision.fired):
            _ = decision.duties
        return decision

    def notes(self, facts: Facts) -> tuple[str, ...]:
        """What a decision could not read, in sentences."""
        because = f": {facts.before.because}" if facts.before.because else ""
        notes = [f"window `{x}` was not available{because}" for x in facts.before.unread]
        notes += [f"model `{x}` gave no score: {why}" for x, why in facts.before.unscored.items()]
        own = sorted(self.switched_off.intersection(self.rules.by_name))
        notes += [f"rule `{x}` is switched off" for x in own]
        now, span = facts.values["occurred_at"], self.rules.frame.in_force
        assert isinstance(now, int)
        if not in_force(span, now):
            begins, ends = shown_instant(span.from_us), shown_instant(span.until_us)
            dates = f"from {begins}" + (f" until before {ends}" if ends else "")
            event = self.rules.frame.event
            notes.append(f"the ruleset is in force {dates}, and the {event} is of {shown_instant(now)}")
        return tuple(notes)

    def names(self, bits: bytes | None) -> Names:
        """(fired, lifted, exempts): the names of the bits that a decision keeps."""
        if bits is None:
            return (), (), ()
        words = np.frombuffer(b"\0" * 8 + bits, np.int64)
        return self.program.fired(words), self.program.lifted(words), self.program.exempting(words)

    def refused(self, event: object, error: PaymentError, act: n.Act) -> Decision:
        """The decision of a host that must always answer, for an event that could not be read."""
        facts = Facts(self, None, NOTHING, {"id": self.reader.name_of(event)})
        what = self.rules.frame.event
        return Decision(self, None, act, 0, None, facts, (f"the {what} could not be read: {error}",))

    def _desk(self) -> Desk:
        """This thread's own space to work in."""
        desk: Desk | None = getattr(self._desks, "desk", None)
        if desk is None:
            from .desk import Desk

            desk = self._desks.desk = Desk(self.program, self._plain, len(self._windows.names), self._windowed)
        return desk
