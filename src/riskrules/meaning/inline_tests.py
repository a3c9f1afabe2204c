"""Tests that stand beside the rules that they test: what is given, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .spans import Within

if TYPE_CHECKING:
    from .nodes import Act, Value


@dataclass(frozen=True, slots=True)
class Expectation:
    """`what` is action, responsible, measure, tell or share; `value` an Act, a path, (path, Within), (verb, path), or
    (path, minor units). With `no` before it the same must not be; an empty path then means none at all."""

    what: str
    value: Act | str | tuple[str, str] | tuple[str, int] | tuple[str, Within]
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Test:
    """An inline test: inputs set by `given` (None: missing), lists filled by `with`."""

    name: str
    of: str
    given: tuple[tuple[str, Value | None], ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    expect: tuple[Expectation, ...]
    line: int = field(default=0, compare=False)
