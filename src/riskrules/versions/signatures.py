"""Who signed a version: its author, and those who approved it.

What is signed is a statement: which manifest (by its SHA-256), as what, when. The purpose is part of the signature, so
an author's is never an approval. One file a key; a file that is absent is a signature that was not given, and nothing
on the disk says how many there should be: the host's own `Trust` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..base.times import format_instant
from ..engine.source import RefusedError
from .canonical import decoded, encoded, instant, members, taken, text
from .keys import KeyFileError, SigningKey, is_signed
from .layout import MOST_SIGNATURE_BYTES, is_digest, is_key, signature_path
from .manifest import Manifest
from .storage import Storage
from .trust import APPROVER, AUTHOR, Trust, TrustedKey

PURPOSES = {AUTHOR: "manifest", APPROVER: "approval"}
"""What a signature is made for, by the role of who makes it."""

_STATEMENT = members({"manifest": text(is_digest), "purpose": text(lambda x: x in PURPOSES.values()),
                      "signed_at": instant})  # fmt: skip
_SIGNATURE = members({"key": text(is_key), "signature": text(lambda x: len(x) <= 200), "statement": _STATEMENT})


@dataclass(frozen=True, slots=True)
class Signature:
    """One that was found to fit."""

    by: TrustedKey
    signed_at_us: int


@dataclass(frozen=True, slots=True)
class Approvals:
    """Those that count: one a person, the author not among them. `doubts` says of the others why they do not."""

    given: tuple[Signature, ...]
    doubts: tuple[str, ...]


def sign(storage: Storage, key: SigningKey, role: str, manifest: str, now_us: int) -> None:
    """Put the key's signature of a manifest (its SHA-256) into the registry."""
    statement = {"manifest": manifest, "purpose": PURPOSES[role], "signed_at": format_instant(now_us)}
    signature = key.sign(PURPOSES[role], encoded(statement))
    storage.put(
        signature_path(manifest, key.id), encoded({"key": key.id, "signature": signature, "statement": statement})
    )


def author_of(storage: Storage, trust: Trust, digest: str, manifest: Manifest, at_us: int) -> Signature:
    """Who answers for the version, judged as of a moment. RefusedError when that cannot be believed."""
    if manifest.author is None:
        raise RefusedError(f"{manifest.shown} is not signed; publish it again, under the next version, with a key")
    try:
        return _signature(storage, trust, digest, manifest.author, AUTHOR, at_us, manifest.shown)
    except FileNotFoundError as error:
        raise RefusedError(f"{manifest.shown} lacks the signature of its author (key `{manifest.author}`)") from error


def approvals_of(storage: Storage, trust: Trust, digest: str, manifest: Manifest, at_us: int) -> Approvals:
    """Who approved the version, judged as of a moment."""
    author = trust.keys.get(manifest.author or "")
    given: dict[str, Signature] = {}
    doubts = []
    for key in trust.keys.values():
        if APPROVER not in key.roles or (author and key.id == author.id):
            continue
        try:
            signature = _signature(storage, trust, digest, key.id, APPROVER, at_us, f"the approval of {manifest.shown}")
        except FileNotFoundError:
            continue
        except RefusedError as error:
            doubts.append(str(error))
            continue
        if author and key.name == author.name:
            doubts.append(f"{key.name} is the author, and does not approve it as well")
        else:
            given.setdefault(key.name, signature)
    return Approvals(tuple(given.values()), tuple(doubts))


def believe(storage: Storage, trust: Trust, digest: str, manifest: Manifest, at_us: int) -> None:
    """RefusedError unless the author and as many others as the host asks for had signed, with keys good at a moment."""
    author_of(storage, trust, digest, manifest, at_us)
    found = approvals_of(storage, trust, digest, manifest, at_us)
    if len(found.given) < trust.approvals:
        because = f" ({'; '.join(found.doubts)})" if found.doubts else ""
        raise RefusedError(
            f"{manifest.shown} has {len(found.given)} of the {trust.approvals} approvals that it wants{because}; "
            f"`riskrules versions approve {manifest.name} {manifest.version}` gives one"
        )


def _signature(storage: Storage, trust: Trust, digest: str, key: str, role: str, at_us: int, what: str) -> Signature:
    """A key's signature, if it fits. FileNotFoundError when there is none."""
    path = signature_path(digest, key)
    by = trust.signer(key, role, at_us, what)
    raw = storage.read(path, MOST_SIGNATURE_BYTES)
    held = taken(decoded(raw, f"`{path}`"), _SIGNATURE, f"`{path}`")
    statement = held["statement"]
    signed_at_us = statement["signed_at"]
    told = {**statement, "signed_at": format_instant(signed_at_us)}
    if held["key"] != key or statement["manifest"] != digest or statement["purpose"] != PURPOSES[role]:
        raise RefusedError(f"`{path}` is a signature of something else, by another key, or for another purpose")
    if not fits(by.public, PURPOSES[role], encoded(told), held["signature"]):
        raise RefusedError(f"`{path}` was not signed by {by}: the signature does not fit")
    if by.expired(signed_at_us):
        raise RefusedError(f"`{path}` was signed by {by} after the key had expired")
    return Signature(by, signed_at_us)


def fits(public: str, purpose: str, content: bytes, signature: str) -> bool:
    """`keys.is_signed`, with a refusal where nothing can be verified at all."""
    try:
        return is_signed(public, purpose, content, signature)
    except KeyFileError as error:
        raise RefusedError(str(error)) from error
