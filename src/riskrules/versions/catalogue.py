"""What was published: versions by name, and by the fingerprint of what they mean."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine.source import RefusedError
from .errors import RegistryError
from .layout import MOST_NAME_BYTES, MOST_VERSIONS, NAMES, is_digest, is_ruleset, is_version, name_path, versions_path
from .loading import Loader
from .manifest import Manifest
from .storage import Storage


@dataclass(frozen=True, slots=True)
class Published:
    """One version in a registry. `manifest`: the SHA-256 of what was signed."""

    name: str
    version: str
    manifest: str
    details: Manifest


class Catalogue:
    """The versions of one registry. RefusedError where a name leads elsewhere than it should, OSError."""

    def __init__(self, storage: Storage, loader: Loader) -> None:
        self._storage = storage
        self._loader = loader
        self._by_fingerprint: dict[str, str] = {}

    def version(self, name: str, version: str) -> Published:
        """One version by its name. RegistryError when there is none."""
        if not is_ruleset(name) or not is_version(version):
            raise RegistryError(f"`{name[:80]} {version[:80]}` names no version; write `whose_account 2026.11`")
        digest = named(self._storage, name, version)
        if digest is None:
            raise RegistryError(f"`{name}` {version} is not published in `{self._storage.place}`")
        details = self._loader.manifest(digest)
        if (details.name, details.version) != (name, version):
            raise RefusedError(f"`{name}` {version} is mixed: its name leads to {details.shown}")
        return Published(name, version, digest, details)

    def pairs(self, name: str | None) -> list[tuple[str, str]]:
        """Name and version of all, or of one ruleset's, in order. What else lies there is passed over."""
        self._storage.reach()
        names = [x for x in self._storage.names(NAMES) if is_ruleset(x)] if name is None else [name]
        found = [(x, v) for x in names if is_ruleset(x) for v in self._storage.names(versions_path(x)) if is_version(v)]
        if len(found) > MOST_VERSIONS:
            raise RefusedError(f"`{self._storage.place}` has more than {MOST_VERSIONS} versions")
        return sorted(found, key=lambda pair: (pair[0], [int(x) for x in pair[1].split(".")]))

    def by_fingerprint(self, fingerprint: str) -> str | None:
        """The manifest of a version of that meaning; None where none was published. RefusedError when there is none,
        and one that cannot be read might be it."""
        if fingerprint in self._by_fingerprint:
            return self._by_fingerprint[fingerprint]
        doubt: RefusedError | None = None
        for name, version in self.pairs(None):
            try:
                found = self.version(name, version)
            except RefusedError as error:
                doubt = error
                continue
            self._by_fingerprint[found.details.fingerprint] = found.manifest
        if fingerprint not in self._by_fingerprint and doubt is not None:
            raise doubt
        return self._by_fingerprint.get(fingerprint)


def named(storage: Storage, name: str, version: str) -> str | None:
    """The manifest's SHA-256 of a version that was published. RefusedError, OSError."""
    path = name_path(name, version)
    try:
        raw = storage.read(path, MOST_NAME_BYTES)
    except FileNotFoundError:
        return None
    digest = raw.decode("ascii", "replace")
    if not is_digest(digest):
        raise RefusedError(f"`{path}` in `{storage.place}` is damaged: it does not name a manifest")
    return digest
