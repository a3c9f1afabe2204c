"""A ruleset taken apart into its frame and its rules, and put together again."""

from __future__ import annotations

from collections.abc import Iterable

from .nodes import Exempt, Frame, Rule, Ruleset, Test

_FIELDS = tuple(Frame.__dataclass_fields__)


def bare(frame: Frame) -> Frame:
    """The frame of a ruleset by itself."""
    return Frame(*(getattr(frame, name) for name in _FIELDS))


def around(frame: Frame, rules: Iterable[Rule], exempts: Iterable[Exempt] = (), tests: Iterable[Test] = ()) -> Ruleset:
    """The ruleset of this frame with these in it."""
    own = {name: getattr(frame, name) for name in _FIELDS}
    return Ruleset(**own, rules=tuple(rules), exempts=tuple(exempts), tests=tuple(tests))
