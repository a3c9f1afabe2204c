"""What changed between two versions of a ruleset, in the words of whoever writes them.

Compared is what they mean and not their text: comments, order, layout and the names of `let`s are no difference, and
two versions of one fingerprint decide every payment alike. A value that moved shows from where to where, in the param
that declares it and in each rule that reads it. Promises and laws change no decision and are told all the same, last: a
promise that was loosened is what a reviewer must not miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..engine.decision import Version
from ..engine.shown import shown_within
from ..meaning import nodes as n
from ..meaning.losses import Liability
from ..meaning.promises import Caught, Even, Param, Promise, Promises, Stopped
from .differing_words import (
    cites,
    condition_changes,
    dated_words,
    effects_of,
    in_force_words,
    value_words,
    window_words,
    words_of,
)

if TYPE_CHECKING:
    from ..engine.rules import Rules

_Piece = TypeVar("_Piece")
ADDED, REMOVED, CHANGED, RENAMED = "added", "removed", "changed", "renamed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed. `what`: rule, param, list, window, …; `how`: added, removed, changed or renamed; `lines`:
    what about it, a sentence each."""

    what: str
    name: str
    how: str
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.what} `{self.name}` {self.how}" if self.name else f"{self.what} {self.how}"


@dataclass(frozen=True)
class Differences:
    """`same`: both have one fingerprint, so they decide every payment alike. `items`: what differs all the same is then
    only what changes no decision."""

    old: Version
    new: Version
    items: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return self.old.fingerprint == self.new.fingerprint

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "old": vars_of(self.old),
            "new": vars_of(self.new),
            "same_meaning": self.same,
            "differences": [
                {"what": x.what, "name": x.name, "how": x.how, "lines": list(x.lines)} for x in self.items
            ],
        }  # fmt: skip


def vars_of(version: Version) -> dict[str, str]:
    return {"name": version.name, "version": version.version, "fingerprint": version.fingerprint}


def differences(old: Rules, new: Rules) -> Differences:
    """What changed from one version to another. Saved rulesets tell less: their params and promises are not in them."""
    found = [*_head(old.meaning, new.meaning), *_params(old, new), *_meanings(old.meaning, new.meaning, "")]
    events = [x.event for x in old.meaning.others]
    events += [x.event for x in new.meaning.others if x.event not in events]
    for event in events:
        before, after = (_about(m, event) for m in (old.meaning, new.meaning))
        found += _meanings(before, after, f" on {event}")
    found += _promises(old.promises, new.promises)
    return Differences(old.version_of, new.version_of, tuple(found))


def _about(meaning: n.Ruleset, event: str) -> n.Ruleset:
    """The rules on an event; none where there are none."""
    own = next((x for x in meaning.others if x.event == event), None)
    none: dict[str, Any] = {"rules": (), "exempts": (), "bands": (), "liabilities": ()}
    none |= {"lists": (), "windows": (), "fields": (), "models": ()}
    return own or replace(meaning, **none)


def _head(old: n.Ruleset, new: n.Ruleset) -> Iterator[Difference]:
    lines = [
        f"{name}: {getattr(old, name) or 'none'} → {getattr(new, name) or 'none'}"
        for name in ("name", "version", "title", "currency", "timezone", "language", "calendar")
        if getattr(old, name) != getattr(new, name)
    ]
    lines += _span(old.in_force, new.in_force, new.timezone)
    if lines:
        yield Difference("ruleset", "", CHANGED, tuple(lines))


def _params(old: Rules, new: Rules) -> Iterator[Difference]:
    zone = new.meaning.timezone

    def changes(a: Param, b: Param) -> Iterator[str]:
        before, after = dated_words(a.kind, a.values, old.meaning.timezone), dated_words(b.kind, b.values, zone)
        if before != after:
            yield f"{before} → {after}"
        if a.tune != b.tune:
            yield f"tune {_tune(a)} → {_tune(b)}"

    def whole(param: Param) -> tuple[str, ...]:
        return (dated_words(param.kind, param.values, zone),)

    yield from _named("param", _by_name(old.params), _by_name(new.params), changes, whole)


def _tune(param: Param) -> str:
    if param.tune is None:
        return "not at all"
    low, high = (value_words(x.kind, x.value, x.digits) for x in param.tune)
    return f"from {low} to {high}"


def _meanings(old: n.Ruleset, new: n.Ruleset, on: str) -> Iterator[Difference]:
    zone = new.timezone

    def rule(a: n.Rule, b: n.Rule) -> Iterator[str]:
        yield from _clauses(a, b, zone)
        yield from _texts_of(effects_of(a), effects_of(b))

    def exempt(a: n.Exempt, b: n.Exempt) -> Iterator[str]:
        yield from _clauses(a, b, zone)
        if (before := _lifts(a)) != (after := _lifts(b)):
            yield f"lifts {before} → {after}"

    def window(a: n.Window, b: n.Window) -> Iterator[str]:
        if a != b:
            yield f"{window_words(a)} → {window_words(b)}"

    def liability(a: Liability, b: Liability) -> Iterator[str]:
        yield from _liability(a, b, zone)

    yield from _named(f"rule{on}", _by_name(old.rules), _by_name(new.rules), rule, lambda x: _rule_lines(x, zone))
    yield from _named(f"exempt{on}", _by_name(old.exempts), _by_name(new.exempts), exempt,
                      lambda x: (f"when {words_of(x.when)}", f"lifts {_lifts(x)}"))  # fmt: skip
    yield from _bands(old.bands, new.bands)
    before, after = _by_name(old.liabilities), _by_name(new.liabilities)
    yield from _named(f"liability{on}", before, after, liability, lambda x: (x.text,))
    yield from _named(f"window{on}", _by_name(old.windows), _by_name(new.windows), window, lambda x: (window_words(x),))
    yield from _named(f"model{on}", _by_name(old.models), _by_name(new.models), _model, lambda x: (f'"{x.file}"',))
    yield from _named(f"list{on}", dict(old.lists), dict(new.lists), _kind, lambda kind: (f"of {kind}",))
    before, after = _by_name(old.fields), _by_name(new.fields)
    yield from _named(f"field{on}", before, after, _field, lambda x: (f"{x.kind}: {x.text}",))


def _model(a: n.Model, b: n.Model) -> Iterator[str]:
    if a.file != b.file:
        yield f'"{a.file}" → "{b.file}"'
    if a.sha256 != b.sha256:
        yield f"another file by its contents: SHA-256 {a.sha256[:16]} → {b.sha256[:16]}"
    before, after = (", ".join(x.name for x in m.reads) for m in (a, b))
    if before != after:
        yield f"of ({before}) → of ({after})"


def _kind(a: object, b: object) -> Iterator[str]:
    if a != b:
        yield f"of {a} → of {b}"


def _field(a: Any, b: Any) -> Iterator[str]:
    for name in ("kind", "text", "optional", "lowest", "highest"):
        before, after = getattr(a, name), getattr(b, name)
        if before != after:
            yield f"{name}: {before} → {after}"


def _clauses(a: n.Rule | n.Exempt, b: n.Rule | n.Exempt, zone: str) -> Iterator[str]:
    """What rules and exempts have in common."""
    if a.text != b.text:
        yield f'its text: "{a.text}" → "{b.text}"'
    yield from _span(a.in_force, b.in_force, zone)
    yield from condition_changes((a.when,), (b.when,), "asks for", zone)
    yield from condition_changes(tuple(a.unless), tuple(b.unless), "is kept from it by", zone)
    yield from _texts_of(cites(a), cites(b))


def _span(a: n.InForce, b: n.InForce, zone: str) -> list[str]:
    if a == b:
        return []
    return [f"in force{in_force_words(a, zone) or ' always'} → in force{in_force_words(b, zone) or ' always'}"]


def _texts_of(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Clauses that are gone, new or otherwise."""
    for name, words in before.items():
        if name not in after:
            yield f"no longer `{_clause(name, words)}`"
        elif after[name] != words:
            yield f"{name}: {words} → {after[name]}"
    for name, words in after.items():
        if name not in before:
            yield f"now `{_clause(name, words)}`"


def _clause(name: str, words: str) -> str:
    return f"{name} {words}" if name in ("then", "score") else name


def _rule_lines(rule: n.Rule, zone: str) -> tuple[str, ...]:
    lines = [f'"{rule.text}"', f"when {words_of(rule.when)}", *(f"unless {words_of(x)}" for x in rule.unless)]
    lines += [_clause(name, words) for name, words in effects_of(rule).items() if name in ("then", "score")]
    force = in_force_words(rule.in_force, zone)
    return (*lines, *([f"in force{force}"] if force else []))


def _lifts(exempt: n.Exempt) -> str:
    below = [f"all below {n.LEVELS[exempt.below]}"] if exempt.below is not None else []
    return ", ".join([*below, *exempt.lifts])


def _bands(old: tuple[n.Band, ...], new: tuple[n.Band, ...]) -> Iterator[Difference]:
    from ..engine.shown import shown_act

    before, after = ({f"score >= {b.at_least}": f"then {shown_act(b.action)}" for b in bands} for bands in (old, new))
    lines = [f"no longer `{k} {v}`" for k, v in before.items() if k not in after]
    lines += [f"{k}: {v} → {after[k]}" for k, v in before.items() if k in after and after[k] != v]
    lines += [f"now `{k} {v}`" for k, v in after.items() if k not in before]
    if lines:
        yield Difference("bands", "", CHANGED, tuple(lines))


def _liability(a: Liability, b: Liability, zone: str) -> Iterator[str]:
    if a.text != b.text:
        yield f'its text: "{a.text}" → "{b.text}"'
    yield from _span(a.in_force, b.in_force, zone)
    yield from condition_changes((a.when,), (b.when,), "asks for", zone)
    yield from condition_changes(a.unless, b.unless, "is kept from it by", zone)
    if a.loss != b.loss:
        yield "another amount is its loss"
    if a.within != b.within:
        before, after = (shown_within(x) if x else "no deadline" for x in (a.within, b.within))
        yield f"{before} → {after}"
    if a.cases != b.cases:
        yield "its cases, or who bears which share in them"
    if a.citations != b.citations:
        yield "what it cites"


# -- promises and laws: no decision hangs on them ------------------------------------------------------
def _promises(old: Promises, new: Promises) -> Iterator[Difference]:
    def words(a: Any, b: Any) -> Iterator[str]:
        if a.words != b.words:
            yield f"{a.words} → {b.words}"

    yield from _named("segment", _by_name(old.segments), _by_name(new.segments), words, lambda x: (x.words,))
    before, after = ({_promised(p): p for p in side.balance} for side in (old, new))
    yield from _named("promise", before, after, words, lambda p: (p.words,))
    yield from _named("law", _by_name(old.laws), _by_name(new.laws), words, lambda x: (x.words,))


def _promised(promise: Promise) -> str:
    """What is promised, whatever the bound."""
    if isinstance(promise, Stopped):
        return f"stopped of {promise.of}"
    if isinstance(promise, Caught):
        return f"caught of fraud {'amount' if promise.by_amount else 'payments'}"
    assert isinstance(promise, Even)
    return "no segment stopped more"


# -- pieces with names ---------------------------------------------------------------------------------
def _by_name(pieces: tuple[Any, ...]) -> dict[str, Any]:
    return {x.name: x for x in pieces}


def _named(
    what: str,
    old: Mapping[str, _Piece],
    new: Mapping[str, _Piece],
    changes: Callable[[_Piece, _Piece], Iterator[str]],
    whole: Callable[[_Piece], tuple[str, ...]],
) -> Iterator[Difference]:
    """Pieces that are new, gone or otherwise; one that is gone under its name and there under another was renamed."""
    gone = {name: x for name, x in old.items() if name not in new}
    come = {name: x for name, x in new.items() if name not in old}
    for name, piece in list(gone.items()):
        twin = next((other for other, x in come.items() if _nameless(x) == _nameless(piece)), None)
        if twin is not None:
            yield Difference(what, name, RENAMED, (f"its name is now `{twin}`",))
            del gone[name], come[twin]
    for name, piece in gone.items():
        yield Difference(what, name, REMOVED, whole(piece))
    for name, piece in come.items():
        yield Difference(what, name, ADDED, whole(piece))
    for name, piece in old.items():
        if name in new and (lines := tuple(changes(piece, new[name]))):
            yield Difference(what, name, CHANGED, lines)


def _nameless(piece: Any) -> object:
    """The piece under no name, for those whose name says nothing else."""
    return replace(piece, name="") if isinstance(piece, n.Rule | n.Exempt | n.Window | Liability) else object()
