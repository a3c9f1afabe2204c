"""A rule file becomes a version in a registry: its files first, what names them last.

Objects, then the manifest, then the author's signature, then the name; each whole or absent. Whoever is killed on the
way leaves files that nothing names and that the next attempt takes up. The name is made once: to publish the same again
is fine, and to publish something else under it is refused, since somebody may have decided by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..engine.rules import Rules, load
from ..engine.source import RefusedError
from ..program.saved import FILE_FORMAT, MAGIC, to_bytes
from ..schema.fields import Field
from ..state.lists import Lists
from ..syntax.limits import MOST_CHARACTERS
from .canonical import digest_of
from .catalogue import named
from .errors import RegistryError
from .keys import SigningKey
from .layout import MOST_LIST_BYTES, manifest_path, name_path, object_path
from .loading import Loader, field_bytes, list_bytes
from .manifest import LANGUAGE, ListPart, Manifest, Part, release
from .schemas import fingerprint_of, read_by
from .signatures import sign
from .storage import Storage
from .trust import AUTHOR, Believing, Trust


class Publisher:
    """Puts versions into one registry."""

    def __init__(self, storage: Storage, trust: Believing, loader: Loader) -> None:
        self._storage = storage
        self._trust = trust
        self._loader = loader

    def publish(
        self,
        file: Path,
        *,
        lists: Mapping[str, object],
        key: SigningKey | None,
        expires_us: int | None,
        fields: Iterable[Field],
        now_us: int,
    ) -> str:
        """The SHA-256 of the version's manifest. RulesetError, RegistryError, OSError."""
        self._may_publish(key, now_us)
        if expires_us is not None and expires_us <= now_us:
            raise RegistryError("a version that has expired already cannot be published")
        own = tuple(fields)
        rules, text = _read(file, own)
        manifest, objects = self._made(rules, text, own, _given(rules, lists), key, expires_us, now_us)
        standing = named(self._storage, manifest.name, manifest.version)
        if standing is not None:
            return self._same_as(standing, manifest)
        for content in objects.values():
            self._put(content)
        raw = manifest.to_bytes()
        digest = digest_of(raw)
        self._storage.put(manifest_path(digest), raw)
        if key is not None:
            sign(self._storage, key, AUTHOR, digest, now_us)
        self._loader.vouched(digest)  # as whoever approves it will, while nothing names it yet
        try:
            self._storage.create(name_path(manifest.name, manifest.version), digest.encode("ascii"))
        except FileExistsError:
            standing = named(self._storage, manifest.name, manifest.version)
            assert standing is not None
            return self._same_as(standing, manifest)
        self._storage.tidy()
        return digest

    def _may_publish(self, key: SigningKey | None, now_us: int) -> None:
        if not isinstance(self._trust, Trust):
            return
        if key is None:
            raise RegistryError("a version is signed by its author: give the author's key (`--key FILE`)")
        try:
            self._trust.signer(key.id, AUTHOR, now_us, "a version")
        except RefusedError as error:
            raise RegistryError(f"this key cannot publish: {error}") from error

    def _made(
        self,
        rules: Rules,
        text: bytes,
        own: tuple[Field, ...],
        lists: Lists,
        key: SigningKey | None,
        expires_us: int | None,
        now_us: int,
    ) -> tuple[Manifest, dict[str, bytes]]:
        """The manifest, and the content of its files by their hashes."""
        objects: dict[str, bytes] = {}

        def part(content: bytes) -> Part:
            found = Part(digest_of(content), len(content))
            objects[found.sha256] = content
            return found

        def list_part(name: str) -> ListPart:
            found = part(list_bytes(lists[name]))
            if found.bytes > MOST_LIST_BYTES:
                raise RegistryError(f"the list `{name}` has more than {MOST_LIST_BYTES >> 20} MiB")
            return ListPart(found.sha256, found.bytes, len(lists[name]), lists.version(name))

        read = {f.name for schema in read_by(rules) for f in schema}
        brought = {f.name: f for f in own if f.name in read}
        return Manifest(
            name=rules.name,
            version=rules.version,
            language=LANGUAGE,
            riskrules=release(),
            fingerprint=rules.fingerprint,
            schema=fingerprint_of(*read_by(rules)),
            program_format=FILE_FORMAT,
            text=part(text),
            program=part(to_bytes(rules.program, rules.meaning, digest_of(text))),
            fields=part(field_bytes(brought)) if brought else None,
            lists={name: list_part(name) for name in rules.lists},
            models={file: part(content) for file, content in rules.models.items()},
            author=None if key is None else key.id,
            made_at_us=now_us,
            expires_us=expires_us,
        ), objects

    def _put(self, content: bytes) -> None:
        path = object_path(digest_of(content))
        try:
            if self._storage.read(path, len(content)) == content:
                return
        except (FileNotFoundError, RefusedError):  # absent, or damaged and longer
            pass
        self._storage.put(path, content)

    def _same_as(self, standing: str, manifest: Manifest) -> str:
        held = self._loader.manifest(standing)
        if not held.same_content(manifest):
            raise RegistryError(
                f"{manifest.shown} is published already, with other content; a version never changes: give the edit "
                "the next version"
            )
        return standing


def _read(file: Path, fields: tuple[Field, ...]) -> tuple[Rules, bytes]:
    """A rule file, as it is checked and as it is written."""
    with file.open("rb") as opened:
        text = opened.read(MOST_CHARACTERS + 1)
    if text.startswith(MAGIC):
        raise RegistryError(f"`{file}` is a saved program: publish the text of the rules, which people can read")
    return load(file, fields=fields), text


def _given(rules: Rules, lists: Mapping[str, object]) -> Lists:
    """Every list that the rules read, and no other."""
    held = lists if isinstance(lists, Lists) else Lists(lists)  # type: ignore[arg-type]  # Lists checks each item
    if absent := [name for name in rules.lists if name not in held]:
        names = ", ".join(f"`{name}`" for name in absent)
        raise RegistryError(
            f"{names}: a list that `{rules.name}` reads is not given; a version is published with its lists, an empty "
            "one among them (`--lists FOLDER`)"
        )
    return Lists({name: held[name] for name in rules.lists})
