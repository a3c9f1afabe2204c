"""Whom a host believes: a file of its own, never one that lies in the registry.

    approvals = 2

    [[key]]
    name    = "Li Wei"
    public  = "…"                      # as `riskrules keys show` prints it
    roles   = ["author", "approver"]   # and "operator": may activate
    expires = 2027-12-31T00:00:00Z     # optional

An approver is never the author, by key and by name, so that one person with two keys is still one. A key that is no
longer to sign gets an `expires`: what it signed before stays good. One that was stolen is taken out of the file, and
another operator signs the pointer anew (`riskrules versions renew --adopt`). A pointer does not say in which registry
it lies, so a registry for trials wants keys of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeAlias

from ..base.times import format_instant, instant_of
from ..engine.source import RefusedError
from .errors import RegistryError
from .keys import KeyFileError, key_id

AUTHOR, APPROVER, OPERATOR = "author", "approver", "operator"
ROLES = (AUTHOR, APPROVER, OPERATOR)
MOST_KEYS = 1_000
MOST_APPROVALS = 100
MOST_BYTES = 1 << 20
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key (base64), whose it is, what it may sign, and until when."""

    public: str
    name: str
    roles: frozenset[str]
    expires_us: int | None = None
    id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", key_id(self.public))

    def expired(self, at_us: int) -> bool:
        return self.expires_us is not None and self.expires_us <= at_us

    def __str__(self) -> str:
        return f"{self.name} ({self.id[:12]})"


class Trust:
    """The keys that a host believes, by their ids, and how many approvals a version wants."""

    def __init__(self, keys: Iterable[TrustedKey], *, approvals: int) -> None:
        """RegistryError for a key that stands there twice, or a number of approvals that nobody can reach."""
        self.approvals = approvals
        self.keys: dict[str, TrustedKey] = {}
        for key in keys:
            if key.id in self.keys:
                raise RegistryError(f"the key `{key.id}` stands twice among the trusted ones; one key is one person's")
            self.keys[key.id] = key
        approvers = {key.name for key in self.keys.values() if APPROVER in key.roles}
        if not 1 <= approvals <= MOST_APPROVALS:
            raise RegistryError(f"`approvals` is a whole number from 1 to {MOST_APPROVALS}, not {approvals}")
        if len(approvers) < approvals:
            raise RegistryError(f"{approvals} approvals are asked for, and only {len(approvers)} people may approve")

    @classmethod
    def from_file(cls, path: str | Path) -> Trust:
        """RegistryError that names what is wrong in the file; OSError when it cannot be read."""
        with open(path, "rb") as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise RegistryError(f"`{path}` has more than {MOST_BYTES} bytes")
        try:
            return _trust(tomllib.loads(raw.decode("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RegistryError(f"`{path}` is no TOML that can be read: {str(error).lower()}") from error
        except RegistryError as error:
            raise RegistryError(f"`{path}`: {error}") from error

    def signer(self, key: str, role: str, at_us: int, what: str) -> TrustedKey:
        """The key of an id, if it may do this at that moment. RefusedError, in which `what` is what it signed."""
        found = self.keys.get(key)
        if found is None:
            raise RefusedError(f"{what} is signed with the key `{key}`, which is not among the trusted ones")
        if role not in found.roles:
            raise RefusedError(f"{what} is signed by {found}, who is no {role}")
        if found.expired(at_us):
            expired = format_instant(found.expires_us or 0)
            raise RefusedError(f"{what} is signed by {found}, whose key expired on {expired}")
        return found

    def __repr__(self) -> str:
        return f"<Trust {self.approvals} approvals, {len(self.keys)} keys>"


class Unsigned(Enum):
    """The one explicit setting under which nothing is verified but hashes: for a laptop."""

    UNSIGNED = "unsigned"


UNSIGNED: Final = Unsigned.UNSIGNED
Believing: TypeAlias = Trust | Unsigned


def _trust(told: dict[str, Any]) -> Trust:
    if told.keys() - {"approvals", "key"}:
        raise RegistryError(f"`{min(told.keys() - {'approvals', 'key'})}` is not known here; it has approvals and key")
    approvals, keys = told.get("approvals"), told.get("key")
    if type(approvals) is not int:
        raise RegistryError("it does not say how many approvals a version wants; write `approvals = 2`")
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise RegistryError(f"it wants 1 to {MOST_KEYS} keys, each below a `[[key]]`")
    return Trust([_key(each, number) for number, each in enumerate(keys, 1)], approvals=approvals)


def _key(told: Any, number: int) -> TrustedKey:
    what = f"key {number}"
    if not isinstance(told, dict) or not {"name", "public", "roles"} <= told.keys():
        raise RegistryError(f"{what} does not have `name`, `public` and `roles`")
    if unknown := told.keys() - {"id", "name", "public", "roles", "expires"}:
        raise RegistryError(f"{what}: `{min(unknown)}` is not known; a key has name, public, roles, id, expires")
    name, public, roles, expires = told["name"], told["public"], told["roles"], told.get("expires")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise RegistryError(f"{what}: `name` is not the name of a person")
    if not isinstance(public, str):
        raise RegistryError(f"{what}: `public` is no text; copy what `riskrules keys show` prints")
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) and role in ROLES for role in roles):
        raise RegistryError(f"{what}: `roles` is a list of {', '.join(ROLES)}")
    if expires is not None and (not isinstance(expires, datetime) or expires.tzinfo is None):
        raise RegistryError(f"{what}: `expires` is no moment with a zone, such as 2027-12-31T00:00:00Z")
    try:
        key = TrustedKey(public, name.strip(), frozenset(roles), None if expires is None else instant_of(expires))
    except KeyFileError as error:
        raise RegistryError(f"{what}: {error}") from error
    if told.get("id") not in (None, key.id):
        raise RegistryError(f"{what}: `id` is not that of its `public`, which is `{key.id}`")
    return key
