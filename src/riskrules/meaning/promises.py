"""What a ruleset promises, and what may be tuned in it: nothing here changes a decision.

So it is no part of the meaning that is compiled, saved and fingerprinted, and stands beside it. The conditions that
segments and laws hang on are rules of a ruleset of their own, `Promises.watch`, which does nothing: whatever can say of
a payment, or of a table, which rules fired can say so of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol, TypeAlias, TypeVar

from ..schema.kinds import Kind
from . import nodes as n
from .nodes import Ruleset


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasName)

LAW = "law "
"""Begins the names of the rules of `watch` that hold the conditions of laws; no rule of a ruleset has a space in its
name, nor has a segment."""
PAYMENTS = "payments"
"""What is not of one segment."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Payments of which one can say something by itself; its condition is the rule of `watch` of the same name."""

    name: str
    words: str
    line: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """`stopped <= 0.1% of everyday`: of the honest payments of a segment (or of all: `PAYMENTS`), at most this share
    is stopped, which is to say delayed, held or rejected."""

    of: str
    at_most: Fraction
    words: str
    line: int


@dataclass(frozen=True, slots=True)
class Caught:
    """`caught >= 75% of fraud amount`: of the fraud, by payments or by amount, at least this share is stopped."""

    by_amount: bool
    at_least: Fraction
    words: str
    line: int


@dataclass(frozen=True, slots=True)
class Even:
    """`no segment stopped more than 5 times the average`: of honest payments."""

    times: Fraction
    words: str
    line: int


Promise: TypeAlias = Stopped | Caught | Even


@dataclass(frozen=True, slots=True)
class Never:
    """`action never falls as amount rises`. `of`: the field, or the window, that moves; `falls`, `rises`: the first and
    the second of the two words. All else is the same."""

    of: n.Read | n.Average
    action: str
    value: str

    def broken(self, before: n.Act, after: n.Act) -> bool:
        """Whether the actions break it, where `before` is that of the smaller value."""
        first, second = (before, after) if self.value == "rises" else (after, before)
        return second.strength < first.strength if self.action == "falls" else second.strength > first.strength


@dataclass(frozen=True, slots=True)
class Expected:
    """`when … expect at least reject`. `rule`: the rule of `watch` that has the condition. `how`: exactly, at least or
    at most."""

    rule: str
    how: str
    act: n.Act

    def broken(self, action: n.Act) -> bool:
        """Whether the action is not what is expected. A level is met by each of its durations."""
        if self.how == "at least":
            return action.level < self.act.level
        if self.how == "at most":
            return action.level > self.act.level
        return action != self.act


@dataclass(frozen=True, slots=True)
class Law:
    name: str
    what: Never | Expected
    words: str
    line: int


@dataclass(frozen=True, slots=True)
class Param:
    """A param as it was declared. `values`: in order of their dates; `places`: where in the text the literal of each
    begins and ends. `tune`: the two ends, as literals of the param's kind; None where it may not be tuned."""

    name: str
    kind: Kind
    values: tuple[n.DatedValue, ...]
    places: tuple[tuple[int, int], ...]
    tune: tuple[n.Const, n.Const] | None
    line: int


@dataclass(frozen=True, slots=True)
class Promises:
    """Segments, promises and laws in the order in which they were written. `watch`: their conditions as rules without
    an effect; None where there is none. In force when the ruleset is."""

    segments: tuple[Segment, ...] = ()
    balance: tuple[Promise, ...] = ()
    laws: tuple[Law, ...] = ()
    watch: Ruleset | None = None


NO_PROMISES = Promises()


def watched(meaning: Ruleset, watch: Ruleset, prefix: str = "") -> Ruleset:
    """One ruleset that decides as `meaning` does, and whose rules that fired say too what `watch` sees, each by its
    name with `prefix` before it. A prefix that no rule's name can have, such as `"segment "`, keeps the two apart."""
    return replace(
        meaning,
        inputs=_united(meaning.inputs, watch.inputs),
        rules=tuple(sorted((*meaning.rules, *(replace(r, name=prefix + r.name) for r in watch.rules)), key=_name)),
        lists=tuple(sorted(dict((*meaning.lists, *watch.lists)).items())),
        windows=_united(meaning.windows, watch.windows),
        fields=_united(meaning.fields, watch.fields),
        models=_united(meaning.models, watch.models),
    )  # fmt: skip


def _united(first: tuple[_Named, ...], second: tuple[_Named, ...]) -> tuple[_Named, ...]:
    return tuple(sorted({x.name: x for x in (*second, *first)}.values(), key=_name))


def _name(named: _HasName) -> str:
    return named.name
