"""A version from a registry, verified whole: every file by its hash, the text checked anew, both fingerprints compared.

Who publishes or approves a version has its text checked and compiled here, and the saved program must be, byte for
byte, what comes of it (`vouched`): a program of the same meaning with other tables would decide otherwise than its
fingerprint says. The price is a second for a text of a thousand rules. An engine that follows goes by their signatures:
of a version that this release published and that the trust believes, the saved program serves as it is, in
milliseconds, once it is the one of that text, that fingerprint and that name. Anything else, and whatever is unsigned,
is checked in full.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..base.diagnostics import ERROR, RulesetError
from ..base.forks import ForkLock
from ..engine.rules import Rules, loads
from ..engine.source import RefusedError
from ..meaning.codec import SHAPES, MeaningError, to_json
from ..program.saved import FILE_FORMAT, SavedProgramError, from_bytes, to_bytes
from ..schema.fields import Field
from ..schema.limits import LONGEST_TEXT
from ..state.lists import Lists
from .canonical import RESTORE, digest_of, encoded
from .layout import MOST_MANIFEST_BYTES, manifest_path, object_path
from .manifest import LANGUAGE, UNKNOWN_RELEASE, ListPart, Manifest, Part, manifest_of, release
from .schemas import fingerprint_of, read_by
from .storage import Storage

ANOTHER_PROGRAM = "its saved program is not that of its text"
MOST_LOADED = 24
"""Versions that are kept loaded: those in force and those that wait to begin."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version ready to serve; `lists` is None until they are asked for. `checked`: in full, its text too."""

    manifest: Manifest
    rules: Rules
    lists: Lists | None
    checked: bool


class Loader:
    """Versions by the SHA-256 of their manifests. Everything raises RefusedError where something does not fit, and
    OSError where it cannot be read."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept: OrderedDict[str, Loaded] = OrderedDict()
        self._keeping = ForkLock()

    def manifest(self, digest: str) -> Manifest:
        path = manifest_path(digest)
        try:
            raw = self._storage.read(path, MOST_MANIFEST_BYTES)
        except FileNotFoundError as error:
            raise RefusedError(f"`{path}` is missing in `{self._storage.place}`: {RESTORE}") from error
        if digest_of(raw) != digest:
            raise RefusedError(f"`{path}` is damaged, its content is not what its name says: {RESTORE}")
        return manifest_of(raw, f"`{path}`")

    def rules(self, digest: str) -> Rules:
        """The rules alone, checked in full."""
        return self._loaded(digest, False).rules

    def whole(self, digest: str, *, signed: bool = False) -> tuple[Rules, Lists]:
        """The rules, and the lists that were published with them. `signed`: the version is believed, and its saved
        program with it."""
        found = self._loaded(digest, signed)
        if found.lists is None:
            found = replace(found, lists=self._lists(found.manifest))
            self._keep(digest, found)
        assert found.lists is not None
        return found.rules, found.lists

    def vouched(self, digest: str) -> None:
        """Check all of a version, and that its saved program is what this release makes of its text: who signs it after
        that may be believed by engines that do not compile it."""
        rules, _ = self.whole(digest)
        manifest = self.manifest(digest)
        if _of_this_release(manifest):  # its bytes were compared when it was checked
            return
        saved = self.content(manifest.program, f"the saved program of {manifest.shown}")
        if saved == to_bytes(rules.program, rules.meaning, manifest.text.sha256):
            return
        if manifest.riskrules == release():
            raise RefusedError(f"{manifest.shown} is mixed: {ANOTHER_PROGRAM}")
        raise RefusedError(
            f"{manifest.shown} was published by riskrules {manifest.riskrules}, and this is {release()}, which makes "
            "another program of its text: publish it again, under the next version, or approve it with that release"
        )

    def content(self, part: Part, what: str) -> bytes:
        """A file of a version, of the length and hash that its manifest says."""
        path = object_path(part.sha256)
        try:
            raw = self._storage.read(path, part.bytes)
        except FileNotFoundError as error:
            raise RefusedError(f"{what} is missing, `{path}` in `{self._storage.place}`: {RESTORE}") from error
        except RefusedError as error:
            raise RefusedError(f"{what} is not what was published, {error}: {RESTORE}") from error
        if len(raw) != part.bytes or digest_of(raw) != part.sha256:
            raise RefusedError(f"{what} is not what was published, `{path}` is damaged or another file: {RESTORE}")
        return raw

    def _loaded(self, digest: str, signed: bool) -> Loaded:
        with self._keeping.held:
            found = self._kept.get(digest)
            if found is not None and (signed or found.checked):
                self._kept.move_to_end(digest)
                return found
        manifest = self.manifest(digest)
        rules = self._as_saved(manifest) if signed else None
        made = Loaded(manifest, rules or self._rules(manifest), None, rules is None)
        self._keep(digest, made)
        return made

    def _keep(self, digest: str, made: Loaded) -> None:
        with self._keeping.held:
            self._kept[digest] = made
            self._kept.move_to_end(digest)
            while len(self._kept) > MOST_LOADED:
                self._kept.popitem(last=False)

    def _as_saved(self, manifest: Manifest) -> Rules | None:
        """The saved program, if it is this release's and says that it is the one of the manifest's text."""
        if not _of_this_release(manifest) or manifest.language != LANGUAGE:
            return None
        self.content(manifest.text, f"the text of {manifest.shown}")  # for whoever asks what it says, and for a mirror
        self._fields(manifest)  # for the same
        content = self.content(manifest.program, f"the saved program of {manifest.shown}")
        with _refusing(f"the saved program of {manifest.shown}"):
            saved = from_bytes(content)
        if (saved.text, saved.fingerprint) != (manifest.text.sha256, manifest.fingerprint):
            return None
        rules = Rules(saved, models=self._models(manifest))
        with _refusing(f"the saved program of {manifest.shown}"):
            return rules if _fits(rules, manifest) else None

    def _rules(self, manifest: Manifest) -> Rules:
        shown = manifest.shown
        if manifest.program_format > FILE_FORMAT or _newer(manifest.language):
            raise RefusedError(f"{shown} was published by riskrules {manifest.riskrules}, a later release: upgrade")
        text = self.content(manifest.text, f"the text of {shown}")
        saved = self.content(manifest.program, f"the saved program of {shown}")
        models = self._models(manifest)
        fields = self._fields(manifest)
        try:
            rules = loads(text.decode("utf-8"), f"{manifest.name} {manifest.version}", fields=fields, models=models)
        except RulesetError as error:
            raise RefusedError(f"{shown} does not check: {_first(error)}") from error
        except UnicodeDecodeError as error:
            raise RefusedError(f"{shown} does not load: its text is not UTF-8") from error
        except ValueError as error:  # a field of the host's that the payment's own contradicts
            raise RefusedError(f"{shown} does not load: {error}") from error
        if (rules.name, rules.version) != (manifest.name, manifest.version):
            raise RefusedError(f"{shown} is mixed: its text is that of `{rules.name}` {rules.version}")
        if fingerprint_of(*read_by(rules)) != manifest.schema:
            raise RefusedError(
                f"{shown} was published for another schema: the fields that it reads are others here; publish it "
                "again, under the next version, with this release"
            )
        if rules.fingerprint != manifest.fingerprint:
            raise RefusedError(
                f"{shown} is mixed: its text has the fingerprint {rules.fingerprint[:12]}, and it was signed as "
                f"{manifest.fingerprint[:12]}"
            )
        if not _fits(rules, manifest):
            raise RefusedError(f"{shown} is mixed: its lists or models are not those that its text names")
        if manifest.program_format == FILE_FORMAT:
            _same_program(saved, rules, manifest)
        _ = rules.program  # now, and not when it is first served
        return rules

    def _models(self, manifest: Manifest) -> dict[str, bytes]:
        shown = manifest.shown
        return {file: self.content(part, f"the model `{file}` of {shown}") for file, part in manifest.models.items()}

    def _fields(self, manifest: Manifest) -> tuple[Field, ...]:
        if manifest.fields is None:
            return ()
        return fields_of_bytes(self.content(manifest.fields, f"the fields of {manifest.shown}"), manifest.shown)

    def _lists(self, manifest: Manifest) -> Lists:
        return Lists({name: self._list(name, part, manifest) for name, part in manifest.lists.items()})

    def _list(self, name: str, part: ListPart, manifest: Manifest) -> frozenset[str]:
        """One list; the same object as in another version that is kept, if it is the same list."""
        with self._keeping.held:
            for other in self._kept.values():
                if other.lists is not None and part in other.manifest.lists.values():
                    same = next(n for n, p in other.manifest.lists.items() if p == part)
                    return other.lists[same]
        what = f"the list `{name}` of {manifest.shown}"
        items = list_of_bytes(self.content(part, what), what)
        if len(items) != part.items or Lists({name: items}).version(name) != part.version:
            raise RefusedError(f"{what} is mixed: its items are not those that were signed")
        return items


def _of_this_release(manifest: Manifest) -> bool:
    """Whether the saved program was, by what the manifest says, made by this very release."""
    return manifest.riskrules == release() != UNKNOWN_RELEASE and manifest.program_format == FILE_FORMAT


def _fits(rules: Rules, manifest: Manifest) -> bool:
    """Whether name, schema, lists and models are those of the manifest."""
    return (
        (rules.name, rules.version) == (manifest.name, manifest.version)
        and fingerprint_of(*read_by(rules)) == manifest.schema
        and set(rules.lists) == set(manifest.lists)
        and {x.file: x.sha256 for x in rules.frame.models} == {x: part.sha256 for x, part in manifest.models.items()}
    )


def _same_program(content: bytes, rules: Rules, manifest: Manifest) -> None:
    """Refuse a saved program that is not that of the rules: of this release, any other bytes; of another, which may
    make other tables, another meaning."""
    if _of_this_release(manifest):
        same = content == to_bytes(rules.program, rules.meaning, manifest.text.sha256)
    else:
        with _refusing(f"the saved program of {manifest.shown}"):
            same = from_bytes(content).ruleset == rules.meaning
    if not same:
        raise RefusedError(f"{manifest.shown} is mixed: {ANOTHER_PROGRAM}")


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    try:
        yield
    except RefusedError:
        raise
    except (SavedProgramError, MeaningError) as error:
        raise RefusedError(f"{what} does not load: {error}") from error
    except (LookupError, ValueError) as error:
        raise RefusedError(f"{what} does not load: it is of a meaning that no checker makes") from error


def _newer(language: str) -> bool:
    """Whether a text of that version of the language may mean something that is not read here."""
    try:
        return int(language.split(".")[0]) > int(LANGUAGE.split(".")[0])
    except ValueError:
        return True


def _first(error: RulesetError) -> str:
    errors = [d for d in error.diagnostics if d.severity == ERROR]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{errors[0].message}{more}"


# -- lists and fields as files ----------------------------------------------------------------------------------------
def list_bytes(items: frozenset[str]) -> bytes:
    """A list as JSON, an item a line, in order: the same bytes for the same items."""
    return ("[\n" + ",\n".join(json.dumps(item) for item in sorted(items)) + "\n]\n").encode("ascii")


def list_of_bytes(raw: bytes, what: str) -> frozenset[str]:
    """The items that `list_bytes` was given. RefusedError."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{what} is no JSON that can be read") from error
    if not isinstance(told, list) or not all(isinstance(item, str) for item in told):
        raise RefusedError(f"{what} is no list of texts")
    items = frozenset(told)
    if len(items) != len(told):
        raise RefusedError(f"{what} has an item twice")
    if not all(0 < len(item) <= LONGEST_TEXT for item in items):
        raise RefusedError(f"{what} has an item that is no text of 1 to {LONGEST_TEXT:_} characters")
    return items


def field_bytes(fields: Mapping[str, Field]) -> bytes:
    """A host's own fields as JSON."""
    return encoded([to_json(fields[name]) for name in sorted(fields)])


def fields_of_bytes(raw: bytes, shown: str) -> tuple[Field, ...]:
    """The fields that `field_bytes` was given. RefusedError."""
    shape = SHAPES[Field]
    try:
        told = json.loads(raw)
        if not isinstance(told, list):
            raise MeaningError("they are no list")
        found = []
        for each in told:
            if not isinstance(each, list) or len(each) != len(shape) + 1 or each[0] != Field.__name__:
                raise MeaningError("one of them is no field")
            found.append(Field(*[read(x, 1) for read, x in zip(shape.values(), each[1:], strict=True)]))
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"the fields of {shown} cannot be read: {error}") from error
    return tuple(found)
