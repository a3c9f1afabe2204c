"""What a kill switch says: rules that are off, rulesets and the whole that answer the same to every payment.

A value like any other, so that a process holds either the one before or the one after. Written as JSON with a checksum
over it, small and bounded, for people to read and for programs to check.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..base.times import MICROSECOND_UNITS, format_instant, parse_duration
from ..meaning import nodes as n
from .shown import shown_act

FORMAT_NUMBER = 1
MOST_BYTES = 1 << 20
"""A thousand entries with their reasons take a tenth of it."""
MOST_ENTRIES = 1_000
"""More rules than these are switched off by switching off their ruleset."""
LONGEST_REASON = 200
LONGEST_US = 366 * MICROSECOND_UNITS["d"]
"""What is longer was mistyped."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,199}", re.ASCII)
_DELAY = re.compile(r"delay ([0-9]+[a-z]+)", re.ASCII)
_HOLD = re.compile(r"hold up to ([0-9]+[a-z]+)", re.ASCII)


class KillSwitchError(ValueError):
    """A kill switch that cannot be used, or one that was told something it cannot do; in a sentence."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """A switch that is thrown. `answer`: what every payment gets instead; None for a rule, which is left out."""

    answer: n.Act | None
    because: str
    at_us: int

    def told(self) -> str:
        """Since when and why, to stand behind a sentence."""
        return f"since {format_instant(self.at_us)}" + (f": {self.because}" if self.because else "")


@dataclass(frozen=True, slots=True)
class SwitchState:
    """`all`: the whole. `rulesets` by name. `rules` by (ruleset, rule). `number` rises with each change."""

    number: int = 0
    all: Thrown | None = None
    rulesets: Mapping[str, Thrown] = field(default_factory=dict)
    rules: Mapping[tuple[str, str], Thrown] = field(default_factory=dict)

    def answers(self, ruleset: str) -> tuple[str, Thrown] | None:
        """What answers for a ruleset instead of its rules, and what of (`every ruleset` or its name)."""
        if self.all is not None:
            return "every ruleset", self.all
        thrown = self.rulesets.get(ruleset)
        return None if thrown is None else (f"`{ruleset}`", thrown)

    def off(self, ruleset: str) -> frozenset[str]:
        """The rules of a ruleset that are switched off."""
        return frozenset(rule for of, rule in self.rules if of == ruleset) if self.rules else frozenset()

    def throw(self, ruleset: str | None, rule: str | None, thrown: Thrown | None) -> SwitchState:
        """With one switch thrown, or (None) lifted. KillSwitchError for a name that cannot be or for too many."""
        for name in (ruleset, rule):
            if name is not None and not NAME.fullmatch(name):
                raise KillSwitchError(f"`{name}` is no name of a ruleset or a rule: small letters, digits and `_`")
        number = self.number + 1
        if ruleset is None:
            return replace(self, number=number, all=thrown)
        if rule is None:
            return replace(self, number=number, rulesets=_with(self.rulesets, ruleset, thrown))
        return replace(self, number=number, rules=_with(self.rules, (ruleset, rule), thrown))


def _with(held: Mapping[Any, Thrown], key: object, thrown: Thrown | None) -> Mapping[Any, Thrown]:
    found = {k: v for k, v in held.items() if k != key}
    if thrown is not None:
        found[key] = thrown
    if len(found) > MOST_ENTRIES:
        raise KillSwitchError(f"more than {MOST_ENTRIES:_} switches: switch off whole rulesets instead")
    return found


def answer_of(text: str) -> n.Act:
    """`hold`, `hold up to 24h`, `delay 24h`, `reject` … as the language writes an action. KillSwitchError."""
    words = " ".join(text.split())
    try:
        for level, pattern in ((n.DELAY, _DELAY), (n.HOLD, _HOLD)):
            found = pattern.fullmatch(words)
            if found and 0 < parse_duration(found[1]) <= LONGEST_US:
                return n.Act(level, parse_duration(found[1]))
    except ValueError:
        words = ""
    if words in n.LEVELS and words != n.LEVELS[n.DELAY]:
        return n.Act(n.LEVELS.index(words))
    raise KillSwitchError(
        f"`{text}` is no answer; write allow, warn, verify, `delay 24h`, hold, `hold up to 24h` or reject"
    )


def reason_of(text: str) -> str:
    """The reason on one line. KillSwitchError when it is long."""
    line = " ".join(text.split())
    if len(line) > LONGEST_REASON or not line.isprintable():
        raise KillSwitchError(f"the reason is a line of at most {LONGEST_REASON} printable characters")
    return line


def written(state: SwitchState) -> bytes:
    """The state as JSON, with its checksum."""
    body = {
        "format": FORMAT_NUMBER,
        "number": state.number,
        "all": None if state.all is None else _entry(state.all),
        "rulesets": {name: _entry(x) for name, x in sorted(state.rulesets.items())},
        "rules": {f"{of}/{rule}": _entry(x) for (of, rule), x in sorted(state.rules.items())},
    }
    return (json.dumps({**body, "sha256": _checksum(body)}, ensure_ascii=False, indent=1) + "\n").encode()


def _entry(thrown: Thrown) -> dict[str, object]:
    answer = None if thrown.answer is None else shown_act(thrown.answer)
    return {"answer": answer, "because": thrown.because, "at_us": thrown.at_us}


def _checksum(body: Mapping[str, object]) -> str:
    plain = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def read_state(content: bytes) -> SwitchState:
    """What `written` wrote. KillSwitchError for anything else."""
    damaged = KillSwitchError("the file is damaged")
    if len(content) > MOST_BYTES:
        raise KillSwitchError(f"the file has more than {MOST_BYTES:_} bytes")
    try:
        body = json.loads(content)
        checksum = body.pop("sha256")
        if body.get("format") != FORMAT_NUMBER:
            raise KillSwitchError(f"the file is of format {body.get('format')!r}, and this is {FORMAT_NUMBER}")
        if checksum != _checksum(body):
            raise damaged
        rules = {tuple(name.split("/")): _thrown(x) for name, x in body["rules"].items()}
        rulesets = {name: _thrown(x) for name, x in body["rulesets"].items()}
        whole = None if body["all"] is None else _thrown(body["all"])
        if type(body["number"]) is not int or any(len(key) != 2 for key in rules):
            raise damaged
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        if isinstance(error, KillSwitchError):
            raise
        raise damaged from error
    return SwitchState(body["number"], whole, rulesets, rules)


def _thrown(entry: Mapping[str, Any]) -> Thrown:
    answer, because, at_us = entry["answer"], entry["because"], entry["at_us"]
    if not isinstance(because, str) or type(at_us) is not int:
        raise TypeError("an entry's reason is a text and its time a whole number")
    return Thrown(None if answer is None else answer_of(answer), because, at_us)


