"""`action never falls as FIELD rises`: tried by moving the field, and nothing else, over one payment after another.

The action is a function of the field that changes only where something turns. So the field is moved through the values
at and beside which the payment's plot turns, in order; if the action is not monotone over them, two neighbours show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from ..engine.shown import shown_act
from ..meaning import nodes as n
from ..meaning.promises import Law, Never
from .counterexample import neighbours, shrunk
from .counterexample_text import as_test, literal
from .law_drafts import Draft
from .law_moves import Moves
from .law_payments import Plot
from .law_trials import Counterexample, LawResult, Trial
from .law_windows import essential, fits

ROUNDS = 3
"""Times that a pair is drawn together and what is around it made less."""


def try_never(trial: Trial, law: Law, what: Never) -> LawResult:
    moves = Moves.of(trial.space, what.of.name)
    if moves is None:
        return LawResult(law.name, law.line, law.words, 0, 0, None, f"no rule reads `{what.of.name}`")
    tried = met = changed = 0
    payments = trial.payments(law.name)
    for plot in _turns(trial.plots, moves.reads):
        if tried + 2 > trial.examples:
            break
        draft = payments.payment(plot)
        acts: list[tuple[int, n.Act]] = []
        for value in moves.values(draft, plot, payments.chooser, trial.examples - tried):
            moved = moves.moved(draft, value)
            if trial.awake(moved):
                acts.append((value, trial.decide(moved).action))
                tried += 1
        met += max(0, len(acts) - 1)
        changed += len({act for _, act in acts}) > 1
        for (low, before), (high, after) in pairwise(acts):
            if what.broken(before, after) and fits(draft, trial.relations, moves.name):
                found = _Pair(trial, what, moves, plot).counterexample(law, draft, (low, high))
                return LawResult(law.name, law.line, law.words, tried, met, found)
    warning = "" if changed else f"in {tried:_} payments the action never changed with `{what.of.name}`"
    return LawResult(law.name, law.line, law.words, tried, met, None, warning)


def _turns(plots: list[Plot], reads: frozenset[str]) -> Iterator[Plot | None]:
    """Plots in turn, without end: three that read what moves for each of the others."""
    near = [p for p in plots if p.reads & reads] or plots
    far: list[Plot | None] = [None, *(p for p in plots if not p.reads & reads)]
    at = 0
    while True:
        for i, plot in enumerate(near):
            yield plot
            if i % 3 == 2 or i == len(near) - 1:
                yield far[at % len(far)]
                at += 1
        if not near:
            yield None


class _Pair:
    """Two values of the field, side by side, and as little around them as breaks the law."""

    def __init__(self, trial: Trial, what: Never, moves: Moves, plot: Plot | None) -> None:
        self.trial = trial
        self.what = what
        self.moves = moves
        self.plot = plot
        self.relations = trial.relations

    def counterexample(self, law: Law, draft: Draft, pair: tuple[int, int]) -> Counterexample:
        draft, (low, high) = self._shrunk(draft, pair)
        moves, trial = self.moves, self.trial
        both = [moves.moved(draft, value) for value in (low, high)]
        outcomes = [trial.decide(d) for d in both]
        before, after = (o.action for o in outcomes)
        falls = "falls" if after.strength < before.strength else "rises"
        shown = [moves.shown(value, literal(trial.space, moves.slot.kind, value)) for value in (low, high)]
        says = (
            f"the action {falls}, from {shown_act(before)} to {shown_act(after)}, "
            f"when `{self.what.of.name}` rises from {shown[0]} to {shown[1]}"
        )
        of = trial.beside({*outcomes[0].fired} ^ {*outcomes[1].fired}, outcomes[0], both[0])
        tests = tuple(
            as_test(d, of, f"{law.name}, {i} of 2", o.action)
            for i, (d, o) in enumerate(zip(both, outcomes, strict=True), 1)
        )
        moved_name = moves.name if moves.continuous else self.what.of.name
        fields = tuple(dict.fromkeys((moved_name, *essential(draft, self.relations))))
        return Counterexample(says, of, tests, fields, tuple(d.values for d in both), draft.lists)

    def _shrunk(self, draft: Draft, pair: tuple[int, int]) -> tuple[Draft, tuple[int, int]]:
        draft = self.moves.without(draft)
        for _ in range(ROUNDS):
            before = (dict(draft.changes), pair)
            draft = shrunk(draft, partial(self._breaks, pair=pair))
            pair = self._pair_on(draft, pair) or pair
            if self.moves.continuous:
                pair = neighbours(self.moves.slot, *pair, partial(self._act, draft), self.what.broken)
            if (draft.changes, pair) == before:
                break
        return draft, pair

    def _breaks(self, draft: Draft, pair: tuple[int, int]) -> bool:
        return fits(draft, self.relations, self.moves.name) and self._pair_on(draft, pair) is not None

    def _pair_on(self, draft: Draft, pair: tuple[int, int]) -> tuple[int, int] | None:
        """Two values that break the law on this payment: these, or two at which its plot turns."""
        if self.what.broken(*(self._act(draft, value) for value in pair)):
            return pair
        if not self.moves.continuous:
            return None
        values = sorted({*self.moves.turning(draft, self.plot), *pair})
        acts = [(value, self._act(draft, value)) for value in values]
        return next(((x, y) for (x, a), (y, b) in pairwise(acts) if self.what.broken(a, b)), None)

    def _act(self, draft: Draft, value: int) -> n.Act:
        return self.trial.decide(self.moves.moved(draft, value)).action
