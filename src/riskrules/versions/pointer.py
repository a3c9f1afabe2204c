"""The pointer: the one file that says which versions are in force, and when. Each state of it names the one before.

It is signed by whoever changed it. The states are numbered without a gap, and each keeps the past of the one before, so
that nobody's later signature can change what was in force when a payment was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.times import format_instant
from ..engine.source import RefusedError
from .canonical import by_name, decoded, digest_of, encoded, instant, many, members, or_none, taken, text, whole
from .keys import SigningKey
from .layout import HIGHEST_SEQUENCE, is_digest, is_key, is_ruleset, is_version
from .manifest import FORMAT_NUMBER, of_this_format
from .ranges import MOST_ACTIVATIONS, Activation, Activations, overlapping, same_past
from .signatures import fits
from .trust import OPERATOR, Trust, TrustedKey

PURPOSE = "pointer"
MOST_RULESETS = 1_000


@dataclass(frozen=True, slots=True)
class Pointer:
    """One state: its number, from 1; the SHA-256 of the file of the one before; and the activations of each ruleset."""

    sequence: int = 0
    previous: str | None = None
    written_at_us: int = 0
    rulesets: Mapping[str, Activations] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A pointer as it lies in its file: with the id of the key that signed it, and the signature."""

    pointer: Pointer
    key: str | None
    signature: str
    raw: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return digest_of(self.raw)

    @property
    def signed(self) -> bytes:
        """The part of the file that is signed: there is one spelling, which `opened` has seen to."""
        return self.raw.removeprefix(_BEFORE).removesuffix(_after(self.key, self.signature))


NONE_YET = Sealed(Pointer(), None, "", b"")
"""Of a registry in which nothing was ever activated."""


_BEFORE = b'{"pointer":'


def _after(key: str | None, signature: str) -> bytes:
    """The file's end, behind the pointer."""
    return b',"signature":' + encoded({"key": key, "signature": signature} if key else None) + b"}"


def sealed(pointer: Pointer, key: SigningKey | None) -> Sealed:
    """The pointer signed, or not."""
    told = encoded(_told(pointer))
    signature = key.sign(PURPOSE, told) if key else ""
    by = key.id if key else None
    return Sealed(pointer, by, signature, _BEFORE + told + _after(by, signature))


def _told(pointer: Pointer) -> dict[str, Any]:
    return {
        "format": FORMAT_NUMBER,
        "sequence": pointer.sequence,
        "previous": pointer.previous,
        "written_at": format_instant(pointer.written_at_us),
        "rulesets": {name: [_told_of(x) for x in each] for name, each in pointer.rulesets.items()},
    }


def _told_of(x: Activation) -> dict[str, Any]:
    return {
        "version": x.version,
        "manifest": x.manifest,
        "begins": format_instant(x.begins_us),
        "ends": None if x.ends_us is None else format_instant(x.ends_us),
        "activated_at": format_instant(x.activated_at_us),
        "by": "rollback" if x.rollback else "activate",
    }


_ACTIVATION = members(
    {
        "version": text(is_version),
        "manifest": text(is_digest),
        "begins": instant,
        "ends": or_none(instant),
        "activated_at": instant,
        "by": text(lambda x: x in ("activate", "rollback")),
    }
)
_POINTER = members(
    {
        "format": whole(FORMAT_NUMBER, FORMAT_NUMBER),
        "sequence": whole(1, HIGHEST_SEQUENCE),
        "previous": or_none(text(is_digest)),
        "written_at": instant,
        "rulesets": by_name(is_ruleset, many(_ACTIVATION, MOST_ACTIVATIONS), MOST_RULESETS),
    }
)
_SIGNATURE = members({"key": text(is_key), "signature": text(lambda x: len(x) <= 200)})


def opened(raw: bytes, what: str, before: Pointer) -> Sealed:
    """The pointer in a file that `what` names; its signature is not yet looked at. RefusedError. What it has in common
    with the one `before` is kept once."""
    told = decoded(raw, what)
    inner = told.get("pointer") if isinstance(told, dict) else None
    of_this_format(inner, what)
    held = taken(told, members({"pointer": _POINTER, "signature": or_none(_SIGNATURE)}), what)
    pointer, signature = held["pointer"], held["signature"] or {"key": None, "signature": ""}
    made = Pointer(
        pointer["sequence"],
        pointer["previous"],
        pointer["written_at"],
        {name: _activations(each, before.rulesets.get(name, ())) for name, each in pointer["rulesets"].items()},
    )
    if (made.previous is None) != (made.sequence == 1):
        raise RefusedError(f"{what} does not say which pointer it follows")
    for name, activations in made.rulesets.items():
        if clash := overlapping(activations):
            raise RefusedError(f"{what}: `{name}` {clash[0].version} and {clash[1].version} overlap")
        if any(x.ends_us is not None and x.ends_us < x.begins_us for x in activations):
            raise RefusedError(f"{what}: a version of `{name}` ends before it begins")
    return Sealed(made, signature["key"], signature["signature"], raw)


def _activations(told: list[dict[str, Any]], before: Activations) -> Activations:
    made = [_activation(x) for x in told]
    same = [old if old == new else new for old, new in zip(before, made, strict=False)]
    return (*same, *made[len(same) :])


def _activation(told: dict[str, Any]) -> Activation:
    return Activation(
        told["version"], told["manifest"], told["begins"], told["ends"], told["activated_at"], told["by"] == "rollback"
    )


def believe_pointer(found: Sealed, trust: Trust, at_us: int, what: str) -> TrustedKey:
    """Who signed it. RefusedError unless that is an operator whose key is good at a moment."""
    if found.key is None:
        raise RefusedError(f"{what} is not signed; whoever activates signs it, with a key of the role operator")
    by = trust.signer(found.key, OPERATOR, at_us, what)
    if not fits(by.public, PURPOSE, found.signed, found.signature):
        raise RefusedError(f"{what} was not signed by {by}: the signature does not fit")
    return by


def follows(old: Sealed, new: Sealed, what: str) -> None:
    """RefusedError unless the new one is the next after the old, and leaves the past as it was."""
    one, two = old.pointer, new.pointer
    if two.sequence != one.sequence + 1 or two.previous != (old.digest if one.sequence else None):
        raise RefusedError(f"{what} does not follow pointer {one.sequence}: one of the two was put in its place")
    if two.written_at_us < one.written_at_us:
        raise RefusedError(f"{what} says that it is older than pointer {one.sequence}, which it follows")
    for name in one.rulesets.keys() | two.rulesets.keys():
        if not same_past(one.rulesets.get(name, ()), two.rulesets.get(name, ()), two.written_at_us):
            raise RefusedError(f"{what} changes which version of `{name}` was in force before it was written")
