"""Files of a registry as somebody would write them who means harm: whatever one likes, signed by whom one likes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskrules.versions.canonical import digest_of, encoded
from riskrules.versions.keys import SigningKey

from .registry_house import KEYS, House

SIGNED_AT = "2026-11-01T01:00:00Z"
"""When 2026.2 was activated."""
Told = dict[str, Any]


@dataclass(frozen=True)
class Bad:
    """One way to be wrong: what is done to a registry, and what a reader says of it (a regular expression)."""

    name: str
    spoil: Callable[[House], None]
    said: str


def put(house: House, path: str, raw: bytes) -> None:
    place = Path(house.place) / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(raw)


def statement(house: House, key: SigningKey, purpose: str, digest: str, **other: Any) -> None:
    """A key's signature of a manifest, as `sign` writes it; `other` changes what is signed or how it is told."""
    said = {"manifest": other.get("manifest", digest), "purpose": purpose, "signed_at": other.get("at", SIGNED_AT)}
    signature = key.sign(other.get("signed_as", purpose), encoded(said))
    path = f"signatures/{digest}/{other.get('path_key', key.id)}.json"
    put(house, path, encoded({"key": other.get("told_key", key.id), "signature": signature, "statement": said}))


def manifest_of(house: House, version: str = "2026.2") -> Told:
    digest = house.registry.version("small", version).manifest
    held: Told = json.loads((Path(house.place) / f"manifests/{digest}.json").read_bytes())
    return held


def put_manifest(house: House, raw: bytes) -> str:
    digest = digest_of(raw)
    put(house, f"manifests/{digest}.json", raw)
    return digest


def signed_by_all(house: House, digest: str) -> None:
    """By the author and two approvers: what they did not read they signed."""
    statement(house, KEYS["li"], "manifest", digest)
    for name in ("wang", "zhao"):
        statement(house, KEYS[name], "approval", digest)


def pointer_of(house: House) -> Told:
    held: Told = json.loads((Path(house.place) / "pointer.json").read_bytes())["pointer"]
    return held


def next_pointer(house: House, digest: str = "", change: Callable[[Told], None] | None = None) -> Told:
    """What pointer 3 says: another manifest from half an hour before `now`, or whatever `change` makes of it."""
    told = pointer_of(house)
    told["previous"] = digest_of((Path(house.place) / "pointer.json").read_bytes())
    told["sequence"] += 1
    told["written_at"] = "2026-11-01T01:30:00Z"
    if digest:
        told["rulesets"]["small"].append(
            {"version": "2026.2", "manifest": digest, "begins": "2026-11-01T01:30:00Z", "ends": None,
             "activated_at": "2026-11-01T01:30:00Z", "by": "activate"}
        )  # fmt: skip
    if change:
        change(told)
    return told


def put_pointer(house: House, told: Told, key: SigningKey | None = KEYS["chen"], purpose: str = "pointer") -> None:
    signature = {"key": key.id, "signature": key.sign(purpose, encoded(told))} if key else None
    raw = encoded({"pointer": told, "signature": signature})
    put(house, "pointer.json", raw)
    if isinstance(told.get("sequence"), int) and 0 < told["sequence"] < 10**12:
        put(house, f"pointers/{told['sequence']:012}.json", raw)


def forged(house: House, raw: bytes) -> None:
    """The manifest, signed by all, in force."""
    digest = put_manifest(house, raw)
    signed_by_all(house, digest)
    put_pointer(house, next_pointer(house, digest))
