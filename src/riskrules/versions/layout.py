"""Where what lies in a registry. Every path is made here, from parts that were looked at: none is ever taken from a
file or from a name found on the disk.

    objects/<aa>/<sha256>             rule text, saved program, lists, models, a host's own fields
    manifests/<sha256>.json           what a version is made of
    signatures/<sha256>/<key>.json    who signed that
    names/<ruleset>/<version>         the manifest of a version; made once, never replaced
    pointers/<sequence>.json          every state of the pointer; the highest is the one that counts
    pointer.json                      a copy of it, so that a reader need not look for it
"""

from __future__ import annotations

import re

from ..syntax.limits import LONGEST_NAME

MOST_MANIFEST_BYTES = 1 << 20
MOST_POINTER_BYTES = 16 << 20
"""Ten thousand activations of each of a few rulesets."""
MOST_SIGNATURE_BYTES = 4_096
MOST_NAME_BYTES = 256
MOST_LIST_BYTES = 1 << 30
"""Of one list, ten million accounts and more; it is held in memory as a whole when it is loaded."""
MOST_FIELDS_BYTES = 1 << 20
MOST_VERSIONS = 100_000
"""In one registry. Listing reads them all."""

POINTER = "pointer.json"
NAMES = "names"
SEQUENCE_DIGITS = 12
HIGHEST_SEQUENCE = 10**SEQUENCE_DIGITS - 1

_RULESET = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_VERSION = re.compile(r"[0-9]{4}\.[0-9]+", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


def is_ruleset(name: str) -> bool:
    """Whether a ruleset, or a list, may be called so."""
    return len(name) <= LONGEST_NAME and _RULESET.fullmatch(name) is not None


def is_version(version: str) -> bool:
    return len(version) <= LONGEST_NAME and _VERSION.fullmatch(version) is not None


def is_digest(digest: str) -> bool:
    return _DIGEST.fullmatch(digest) is not None


def is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


def object_path(digest: str) -> str:
    assert is_digest(digest), digest
    return f"objects/{digest[:2]}/{digest}"


def manifest_path(digest: str) -> str:
    assert is_digest(digest), digest
    return f"manifests/{digest}.json"


def signature_path(digest: str, key: str) -> str:
    assert is_digest(digest) and is_key(key), (digest, key)
    return f"signatures/{digest}/{key}.json"


def versions_path(name: str) -> str:
    assert is_ruleset(name), name
    return f"{NAMES}/{name}"


def name_path(name: str, version: str) -> str:
    assert is_version(version), version
    return f"{versions_path(name)}/{version}"


def pointer_path(sequence: int) -> str:
    assert 0 < sequence <= HIGHEST_SEQUENCE, sequence
    return f"pointers/{sequence:0{SEQUENCE_DIGITS}}.json"
