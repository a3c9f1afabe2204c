"""A version that serves with something watching: a kill switch, a canary, a shadow, metrics.

An engine with none of them asks its `Serving` and pays nothing. With any of them it asks a `Watched`, which takes the
same question: is everything off, whose payment is it, decide, count, offer to the shadow. What the switches say is
worked out once a change, and held in one object that is replaced whole, so a decision belongs to one state of them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any, NamedTuple

from ..base.forks import ForkLock
from ..bridges.metrics import UNTIMED, Metrics, Tally
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from ..schema.values import read_value
from ..state.store import WindowStoreError
from .before import Given
from .decision import Decision
from .halting import CANARY, CHAMPION, Trial
from .recording import Recorder
from .serving import Serving
from .shadowing import Shadowing
from .shown import shown_act
from .switches import KillSwitch

_log = logging.getLogger("riskrules")
_NOT_READ = PaymentError("payment", "was not read", "not-an-event")


class Watchers(NamedTuple):
    """What watches over an engine's decisions."""

    switch: KillSwitch | None = None
    trial: Trial | None = None
    shadow: Shadowing | None = None
    metrics: Metrics | None = None

    @property
    def any(self) -> bool:
        return any(x is not None for x in self)


NOTHING = Watchers()


@dataclass(frozen=True, slots=True)
class Instead:
    """What every payment gets, and the sentence that says why."""

    act: n.Act
    note: str


class Now:
    """What decides under one state of the switches."""

    __slots__ = ("canary", "champion", "instead", "number")

    def __init__(self, number: int, instead: Instead | None, champion: Serving, canary: Serving | None) -> None:
        self.number = number
        self.instead = instead
        self.champion = champion
        self.canary = canary


class Watched:
    """`champion` decides, watched. `canary`: its `Serving`, where there is a trial. `recorders`: what records."""

    _due = False

    def __init__(
        self, champion: Serving, watchers: Watchers, canary: Serving | None, recorders: Mapping[str, Recorder]
    ) -> None:
        self.champion = champion
        self.canary = canary
        self.recorders = recorders
        self._switch, self._trial, self._shadow, metrics = watchers
        self._turning = ForkLock()
        self._tally: Tally | None = None
        self._canary_tally: Tally | None = None
        if metrics is not None:
            arm = "champion" if canary is not None else ""
            self._tally = _tally(metrics, champion, arm)
            if canary is not None:
                self._canary_tally = _tally(metrics, canary, "canary")
        self._now = Now(-1, None, champion, canary)
        if self._switch is not None:
            self._turned()
            self._switch.obeying.add(self)

    def __call__(self) -> Now:
        """See what the switch says, for whoever changed it."""
        return self._turned()

    # -- the switches ---------------------------------------------------------------------------
    def now(self) -> Now:
        """What decides now."""
        switch, now = self._switch, self._now
        return now if switch is None or switch.words[0] == now.number else self._turned()

    def _turned(self) -> Now:
        assert self._switch is not None
        with self._turning.held:
            number, state = self._switch.turned()
            name = self.champion.rules.name
            off = self._known(state.off(name))
            answering = state.answers(name)
            instead = None
            if answering is not None:
                of, thrown = answering
                assert thrown.answer is not None
                note = f"the kill switch answers `{shown_act(thrown.answer)}` for {of}, {thrown.told()}"
                instead = Instead(thrown.answer, note)
            champion, canary = (_without(x, off) for x in (self.champion, self.canary))
            assert champion is not None
            self._now = Now(number, instead, champion, canary)
            return self._now

    def _known(self, off: frozenset[str]) -> frozenset[str]:
        rules = self.champion.rules
        known = {name for event in rules.events for name in rules.on(event).by_name}
        if self.canary is not None:
            known |= self.canary.rules.by_name.keys()
        for name in sorted(off - known):
            version = f"{rules.name} {rules.version}"
            _log.warning("the kill switch has rule `%s` off, which %s does not have", name, version)
        return off & known

    # -- decisions ------------------------------------------------------------------------------
    def decide(self, event: object, given: Given = None) -> Decision:
        """`Serving.decide`, as the switches and the canary have it."""
        now, switch = self._now, self._switch
        if switch is not None:
            if switch.words[0] != now.number:
                now = self._turned()
            if now.instead is not None:
                return self._answered(now, event)
        decision = self._by_arm(now, event, given) if now.canary is not None else self._counted(now, event, given)
        if self._shadow is not None:
            self._shadow.offer(event, given, decision)
        return decision

    def _counted(self, now: Now, event: object, given: Given) -> Decision:
        """By the champion; timed when it is due."""
        tally = self._tally
        if tally is None:
            return now.champion.decide(event, given)
        began = perf_counter_ns() if self._due else 0
        try:
            decision = now.champion.decide(event, given)
        except PaymentError:
            tally.failed()
            raise
        if self._due and began:
            self._due = False
            tally.took(perf_counter_ns() - began)
        many = tally.count(decision.level, decision._bits)
        if not many & UNTIMED:
            self._due = True
        return decision

    def _by_arm(self, now: Now, event: object, given: Given) -> Decision:
        trial = self._trial
        assert trial is not None
        if trial.chooser.chooses(event):
            decision = self._by_canary(trial, now, event, given)
            if decision is not None:
                return decision
        began = perf_counter_ns()
        try:
            decision = now.champion.decide(event, given)
        except PaymentError:
            trial.failed(CHAMPION)
            if self._tally is not None:
                self._tally.failed()
            raise
        took = perf_counter_ns() - began
        trial.count(CHAMPION, decision.level, took)
        if self._tally is not None:
            self._tally.count(decision.level, decision._bits)
        return decision

    def _by_canary(self, trial: Trial, now: Now, event: object, given: Given) -> Decision | None:
        """None where it fails, whatever the reason: then the champion decides, and the canary answers for it."""
        assert now.canary is not None
        began = perf_counter_ns()
        try:
            decision = now.canary.decide(event, given)
        except Exception:  # noqa: BLE001  # a version on trial may do anything wrong, and no payment suffers from it
            trial.failed(CANARY)
            if self._canary_tally is not None:
                self._canary_tally.failed()
            return None
        trial.count(CANARY, decision.level, perf_counter_ns() - began)
        if self._canary_tally is not None:
            self._canary_tally.count(decision.level, decision._bits)
        return decision

    def _answered(self, now: Now, event: object) -> Decision:
        """The switch's own answer. The event is not read, but for its id and, for a deadline, its time."""
        assert now.instead is not None
        decision = answered(now.champion, now.instead, event)
        if self._tally is not None:
            self._tally.count(decision.level, None)
        return decision

    def decide_other(self, kind: str, event: object, given: Given) -> Decision:
        """The same of an event that is no payment: by the champion."""
        now = self.now()
        serving = now.champion.on(kind)
        if now.instead is not None:
            return answered(serving, now.instead, event)
        return serving.interpret(event, given)

    def process(self, event: object) -> Decision:
        """`Engine.process`, under its lock. PaymentError for an event that does not fit, which is not recorded."""
        now = self.now()
        if now.instead is None and now.canary is None and self._shadow is None and self._tally is None:
            return now.champion.process(event)
        decision = self.decide(event)
        if decision.level < n.HOLD:
            try:
                self.record(event, "payment")
            except WindowStoreError as error:
                decision.add_note(f"the payment was not recorded: {error}")
            except PaymentError as error:
                if now.instead is None:
                    raise
                decision.add_note(f"the payment was not recorded: {error}")
        return decision

    def record(self, event: object, kind: str) -> bool:
        """`Engine.record`, under its lock."""
        done = self.recorders[kind].record(event)
        if self._shadow is not None:
            self._shadow.tell(event, kind)
        return done

    def refused(self, event: object, error: PaymentError, act: n.Act) -> Decision:
        """The decision of a host that must always answer."""
        decision = self._now.champion.refused(event, error, act)
        if self._tally is not None:
            self._tally.count(decision.level, None)
        return decision


class Switched(Watched):
    """With a kill switch and nothing else: one integer is compared."""

    def decide(self, event: object, given: Given = None) -> Decision:
        now = self._now
        if self._switch.words[0] != now.number:  # type: ignore[union-attr]  # it has one, or it were no such thing
            now = self._turned()
        if now.instead is not None:
            return self._answered(now, event)
        return now.champion.decide(event, given)


class Counted(Watched):
    """With metrics and nothing else: one integer is raised, and one decision in so many is timed."""

    _tally: Tally

    def decide(self, event: object, given: Given = None) -> Decision:
        if self._due:
            return self._counted(self._now, event, given)
        try:
            decision = self.champion.decide(event, given)
        except PaymentError:
            self._tally.failed()
            raise
        try:
            counts = self._tally.local.counts
            level = decision._act.level
            counts[level] = many = counts[level] + 1
        except (AttributeError, KeyError):  # the thread's first
            self._tally.count(decision.level, decision._bits)
            return decision
        if decision._bits is not None:
            self._tally.fired(counts, decision._bits)
        if not many & UNTIMED:
            self._due = True
        return decision


def watched(
    champion: Serving, watchers: Watchers, canary: Serving | None, recorders: Mapping[str, Recorder]
) -> Watched:
    """The quickest that does what is asked."""
    alone = sum(x is not None for x in watchers) == 1
    kind = Switched if alone and watchers.switch else Counted if alone and watchers.metrics else Watched
    return kind(champion, watchers, canary, recorders)


def answered(serving: Serving, instead: Instead, event: object) -> Decision:
    """The decision that a kill switch made."""
    decision = serving.refused(event, _NOT_READ, instead.act)
    decision._degraded = (instead.note,)
    if instead.act.duration_us is not None and isinstance(event, Mapping):
        try:
            when = read_value(serving.rules.schema["occurred_at"], event["occurred_at"])
        except Exception:  # noqa: BLE001  # without a time that can be read the decision has no deadline
            return decision
        values: Any = decision.facts.values
        values["occurred_at"] = when
    return decision


def _tally(metrics: Metrics, serving: Serving, arm: str) -> Tally:
    rules = serving.rules
    labels = {"ruleset": rules.name, "version": rules.version, **({"arm": arm} if arm else {})}
    return metrics.tally(labels, rules.fingerprint, lambda bits: serving.names(bits)[0])


def _without(serving: Serving | None, off: frozenset[str]) -> Serving | None:
    if serving is None or not off:
        return serving
    known = {name for event in serving.rules.events for name in serving.rules.on(event).by_name}
    return serving.without(off & known)
