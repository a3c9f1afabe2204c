"""When which version is in force: the activations of one ruleset, in order, and what may be done to them.

Each is in force from its beginning, until its end or until the next begins, whichever is first; so no instant has two.
What has been stays: every change here takes effect now or later, and `same_past` finds one that did not. Instants are
microseconds UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from ..base.times import format_instant
from .errors import RegistryError

MOST_ACTIVATIONS = 10_000
"""Of one ruleset, ever: one a day for twenty-seven years."""
MOST_AHEAD = 16
"""Yet to begin. An engine loads them all, so that they can begin with no registry in reach."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A version's time in force: [begins, ends), or until the next begins where `ends_us` is None. `activated_at_us`:
    the moment as of which its signatures are judged, which a rollback takes over from the first time."""

    version: str
    manifest: str
    begins_us: int
    ends_us: int | None
    activated_at_us: int
    rollback: bool = False


Activations: TypeAlias = tuple[Activation, ...]


def in_force(activations: Sequence[Activation], at_us: int) -> Activation | None:
    """The one that is in force at a moment."""
    begun = [x for x in activations if x.begins_us <= at_us]
    return begun[-1] if begun and (begun[-1].ends_us is None or at_us < begun[-1].ends_us) else None


def ahead(activations: Sequence[Activation], at_us: int) -> Activations:
    """Those that begin later."""
    return tuple(x for x in activations if x.begins_us > at_us)


def ends_us(activations: Sequence[Activation], activation: Activation) -> int | None:
    """When it ends, by itself or because the next begins; None: not yet known."""
    known = [x.begins_us for x in activations if x.begins_us > activation.begins_us]
    known += [activation.ends_us] if activation.ends_us is not None else []
    return min(known, default=None)


def gap_after(activations: Sequence[Activation], activation: Activation) -> bool:
    """Whether nothing is in force right after it."""
    end = ends_us(activations, activation)
    return end is not None and in_force(activations, end) is None


def overlapping(activations: Sequence[Activation]) -> tuple[Activation, Activation] | None:
    """Two of them that are in force at one time, by what they say; None where there are no such."""
    for one, two in pairwise(activations):
        if one.begins_us >= two.begins_us or (one.ends_us is not None and one.ends_us > two.begins_us):
            return one, two
    return None


def with_activation(activations: Sequence[Activation], new: Activation, now_us: int) -> Activations:
    """With one more. RegistryError when it would begin in the past, end before it begins, or overlap another."""
    if new.begins_us < now_us:
        raise RegistryError(
            f"{new.version} cannot begin on {format_instant(new.begins_us)}: it is {format_instant(now_us)} already, "
            "and what was in force stays as it was"
        )
    if new.ends_us is not None and new.ends_us <= new.begins_us:
        raise RegistryError(f"{new.version} would end on {format_instant(new.ends_us)}, before it has begun")
    made = tuple(sorted([*activations, new], key=lambda x: x.begins_us))
    if clash := overlapping(made):
        other = clash[0] if clash[1] is new else clash[1]
        until = "" if other.ends_us is None else f" until {format_instant(other.ends_us)}"
        raise RegistryError(
            f"{new.version} would overlap {other.version}, which is in force from "
            f"{format_instant(other.begins_us)}{until}; choose a time outside of it, or withdraw what has not begun"
        )
    if len(ahead(made, now_us)) > MOST_AHEAD:
        raise RegistryError(f"at most {MOST_AHEAD} versions wait to begin; withdraw one first")
    if len(made) > MOST_ACTIVATIONS:
        raise RegistryError(f"there are {MOST_ACTIVATIONS} activations already: begin a registry of its own")
    return made


def before(activations: Sequence[Activation], now_us: int) -> Activation | None:
    """What a rollback goes back to. Going back twice goes back two versions, and not there and back again."""
    stack: list[Activation] = []
    for each in activations:
        if each.begins_us > now_us:
            break
        if each.rollback:
            while stack and stack[-1].manifest != each.manifest:
                stack.pop()
        elif not stack or stack[-1].manifest != each.manifest:
            stack.append(each)
    return stack[-2] if len(stack) > 1 else None


def rolled_back(activations: Sequence[Activation], now_us: int) -> Activations:
    """The version before is in force again from now, until the next begins. RegistryError when there is none."""
    target, current = before(activations, now_us), in_force(activations, now_us)
    if target is None:
        raise RegistryError("there is no version before the one in force to go back to")
    held = list(activations)
    if current is not None and current.ends_us is not None:
        held[held.index(current)] = replace(current, ends_us=now_us)
    back = replace(target, begins_us=now_us, ends_us=None, rollback=True)
    return with_activation(held, back, now_us)


def withdrawn(activations: Sequence[Activation], version: str, now_us: int) -> Activations:
    """Without those of a version that have not begun. RegistryError when there are none."""
    left = tuple(x for x in activations if x.version != version or x.begins_us <= now_us)
    if len(left) == len(activations):
        raise RegistryError(f"{version} does not wait to begin, so there is nothing to withdraw")
    return left


def same_past(old: Sequence[Activation], new: Sequence[Activation], until_us: int) -> bool:
    """Whether both say the same of every instant before a moment."""
    same = next((i for i, (one, two) in enumerate(zip(old, new, strict=False)) if one != two), min(len(old), len(new)))
    first = max(same - 1, 0)  # the last that is the same may be followed by another
    return _past(old[first:], until_us) == _past(new[first:], until_us)


def _past(activations: Sequence[Activation], until_us: int) -> list[Activation]:
    begun = [x for x in activations if x.begins_us < until_us]
    ends = (*(x.begins_us for x in activations[1 : len(begun) + 1]), until_us)
    return [
        replace(each, ends_us=min(following, until_us, until_us if each.ends_us is None else each.ends_us))
        for each, following in zip(begun, ends, strict=False)
    ]
