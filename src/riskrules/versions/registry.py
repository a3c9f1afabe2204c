"""A registry of versions: a folder or a URL, believed in nothing, and one pointer that says what is in force.

Everything in it is verified each time it is taken up: hashes of files, signatures of manifests and of the pointer, and
that the text, checked anew, means what was signed. Whom to believe is never read from it, but from the host's `Trust`.
Keys of authors and approvers are judged as of the activation, which the pointer's signature vouches for; the key that
signed the pointer, and the version's own `expires`, as of now. What cannot be known: whether a registry that was put
back whole had been further, to somebody who comes with no mirror and never saw it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..base.times import format_instant
from ..engine.rules import Rules
from ..engine.source import RefusedError, Release, Timeline
from ..schema.fields import Field
from .catalogue import Catalogue, Published
from .errors import RegistryError
from .keys import SigningKey
from .loading import Loader
from .manifest import Manifest
from .mirroring import Mirrorer, mirrored_at
from .pointer import Pointer
from .pointing import Pointers
from .publishing import Publisher
from .ranges import Activation, Activations, ahead, ends_us, in_force, rolled_back, with_activation, withdrawn
from .signatures import Approvals, Signature, approvals_of, author_of, believe, sign
from .storage import Storage, open_storage
from .trust import APPROVER, UNSIGNED, Believing, Trust, Unsigned

TRUST = "a registry wants `trust`: Trust.from_file(…), or UNSIGNED on a laptop, where nobody signs"


def now_us() -> int:
    """This machine's clock, in microseconds UTC."""
    return time.time_ns() // 1_000


class Registry:
    """Versions of rulesets, and which is in force when.

    `place`: a folder, or the URL of anything that fsspec reaches. `trust`: whom to believe, `Trust.from_file(…)`, or
    `UNSIGNED`, and then nothing is verified but hashes. `clock`: gives microseconds UTC. `judged_at_us`: of a mirror,
    when it was made. All raise OSError when the place cannot be reached, and RefusedError when something that lies
    there cannot be believed. Safe from many threads.
    """

    def __init__(
        self,
        place: str | os.PathLike[str],
        *,
        trust: Believing,
        clock: Callable[[], int] = now_us,
        judged_at_us: int | None = None,
    ) -> None:
        if not isinstance(trust, Trust | Unsigned):
            raise RegistryError(TRUST)
        self._storage: Storage = open_storage(place)
        self._trust: Believing = trust
        self._clock = clock
        self._judged_at_us = judged_at_us
        self._loader = Loader(self._storage)
        self._pointers = Pointers(self._storage, trust)
        self._publisher = Publisher(self._storage, trust, self._loader)
        self._catalogue = Catalogue(self._storage, self._loader)

    @property
    def place(self) -> str:
        """Where it is."""
        return self._storage.place

    def publish(
        self,
        file: str | os.PathLike[str],
        *,
        lists: Mapping[str, object] | None = None,
        key: SigningKey | None = None,
        expires_us: int | None = None,
        fields: Iterable[Field] = (),
    ) -> Published:
        """Put a rule file, its lists and models into the registry, under the name and version that it says.

        The same content again is fine. RulesetError when the file does not hold; RegistryError when that version is
        published with other content, a list is absent, or the key may not sign. Interrupted at any point, there is
        either the whole version or none.
        """
        digest = self._publisher.publish(
            Path(file),
            lists={} if lists is None else lists,
            key=key,
            expires_us=expires_us,
            fields=fields,
            now_us=self._clock(),
        )
        details = self._loader.manifest(digest)
        return Published(details.name, details.version, digest, details)

    def approve(self, name: str, version: str, *, key: SigningKey) -> Published:
        """Sign a version as one who approves it, after all of it was verified and checked here."""
        found, now = self.version(name, version), self._clock()
        if isinstance(self._trust, Trust):
            author = author_of(self._storage, self._trust, found.manifest, found.details, now).by
            try:
                by = self._trust.signer(key.id, APPROVER, now, "an approval")
            except RefusedError as error:
                raise RegistryError(f"this key cannot approve: {error}") from error
            if by.id == author.id or by.name == author.name:
                raise RegistryError(f"{by.name} is the author of {found.details.shown}: somebody else approves it")
        elif key.id == found.details.author:
            raise RegistryError(f"this key is the author's of {found.details.shown}: somebody else approves it")
        self._loader.vouched(found.manifest)
        sign(self._storage, key, APPROVER, found.manifest, now)
        return found

    def activate(
        self,
        name: str,
        version: str,
        *,
        key: SigningKey | None = None,
        begins_us: int | None = None,
        ends_us: int | None = None,
    ) -> Activation:
        """Put a version in force from a moment (None: now), until another (None: until the next begins).

        RegistryError when that would change the past or overlap another version, or the key may not. Who had to sign
        must have signed, and the version is loaded whole first.
        """
        now = self._clock()
        self._pointers.may_operate(key, now)
        found = self.version(name, version)
        new = Activation(version, found.manifest, now if begins_us is None else begins_us, ends_us, now)
        self._believe(new, found.details, new.begins_us)
        self._loader.whole(found.manifest)

        def changed(rulesets: Mapping[str, Activations], at_us: int) -> Mapping[str, Activations]:
            activations = rulesets.get(name, ())
            current = in_force(activations, at_us)
            if begins_us is None and ends_us is None and current and current.manifest == new.manifest:
                raise RegistryError(f"{found.details.shown} is in force already")
            return {**rulesets, name: with_activation(activations, new, at_us)}

        self._pointers.change(changed, key, now)
        return new

    def rollback(self, name: str, *, key: SigningKey | None = None) -> Activation:
        """Put the version before the one in force in its place, from now. Those that wait to begin still do."""
        now = self._clock()
        self._pointers.may_operate(key, now)

        def changed(rulesets: Mapping[str, Activations], at_us: int) -> Mapping[str, Activations]:
            made = rolled_back(_activations_of(rulesets, name), at_us)
            back = in_force(made, at_us)
            assert back is not None
            self._believe(back, self._loader.manifest(back.manifest), at_us)
            self._loader.whole(back.manifest)
            return {**rulesets, name: made}

        pointer = self._pointers.change(changed, key, now)
        back = in_force(pointer.rulesets[name], now)
        assert back is not None
        return back

    def withdraw(self, name: str, version: str, *, key: SigningKey | None = None) -> None:
        """Let a version that has not begun never begin."""

        def changed(rulesets: Mapping[str, Activations], at_us: int) -> Mapping[str, Activations]:
            return {**rulesets, name: withdrawn(_activations_of(rulesets, name), version, at_us)}

        self._pointers.change(changed, key, self._clock())

    def renew(self, *, key: SigningKey | None = None, adopt: bool = False) -> None:
        """Sign the pointer again as it is, before the key that signed it expires.

        `adopt`: also where that key is trusted no longer, or nobody signed: whoever signs now answers for what is in
        force. What was in force before stays as it was, or it is refused.
        """
        self._pointers.change(lambda rulesets, _: rulesets, key, self._clock(), adopt=adopt)

    def version(self, name: str, version: str) -> Published:
        """One version by its name. RegistryError when there is none."""
        return self._catalogue.version(name, version)

    def versions(self, name: str | None = None) -> tuple[Published, ...]:
        """All versions, or those of one ruleset, in order of name and version."""
        return tuple(self._catalogue.version(*pair) for pair in self._catalogue.pairs(name))

    def pointer(self) -> Pointer:
        """The pointer, believed as of when it was written."""
        return self._pointers.believed(None).pointer

    def author(self, published: Published) -> Signature | None:
        """Who answers for a version; None under UNSIGNED."""
        if not isinstance(self._trust, Trust):
            return None
        return author_of(self._storage, self._trust, published.manifest, published.details, self._clock())

    def approvals(self, published: Published) -> tuple[Approvals, int]:
        """Who approved a version, and how many have to; none under UNSIGNED."""
        if not isinstance(self._trust, Trust):
            return Approvals((), ()), 0
        found = approvals_of(self._storage, self._trust, published.manifest, published.details, self._clock())
        return found, self._trust.approvals

    def text(self, published: Published) -> str:
        """The rules as they were written, verified: what one reads before approving."""
        self._loader.rules(published.manifest)
        return self._loader.content(published.details.text, f"the text of {published.details.shown}").decode("utf-8")

    def in_force(self, name: str, at_us: int) -> Release | None:
        """What was, is or will be in force at a moment (microseconds UTC), with what is known now; None: nothing.

        Everything is judged as of the activation, so a payment of last year is decided again as it was then.
        """
        activations = self._pointers.believed(None).pointer.rulesets.get(name, ())
        found = in_force(activations, at_us)
        return None if found is None else self._release(name, activations, found, None)

    def rules(self, fingerprint: str) -> Rules | None:
        """Rules of any version ever published, by the fingerprint of their meaning; None: there are none. A fingerprint
        proves what it names, so nobody's signature is asked for."""
        digest = self._catalogue.by_fingerprint(fingerprint)
        return None if digest is None else self._loader.rules(digest)

    def mark(self) -> str:
        """Changes whenever the pointer does. Reads one small file."""
        return self._pointers.mark()

    def timeline(self, name: str | None, now_us: int, after: int = 0) -> Timeline:
        """What is in force now and what waits to begin, verified and loaded."""
        judged = now_us if self._judged_at_us is None else self._judged_at_us
        pointer = self._pointers.believed(judged).pointer
        if pointer.sequence < after:
            raise RefusedError(
                f"`{self.place}` has pointer {pointer.sequence}, and pointer {after} was served already: an old one "
                "was put back, or this is another registry"
            )
        if name is None:
            name = _only(pointer, self.place)
        activations = pointer.rulesets.get(name)
        if activations is None:
            raise RefusedError(f"no version of `{name[:80]}` was ever activated in `{self.place}`")
        current = in_force(activations, now_us)
        wanted = (*([current] if current else []), *ahead(activations, now_us))
        releases = (self._release(name, activations, x, judged, signed=True) for x in wanted)
        return Timeline(pointer.sequence, tuple(releases))

    def mirror(self, folder: Path, timeline: Timeline) -> None:
        """Keep in a folder of the host's all that serves the timeline again."""
        Mirrorer(self._storage, self._trust, self._loader, self._pointers).mirror(folder, timeline, self._clock())

    def mirrored(self, folder: Path) -> Registry | None:
        """The mirror in the folder, under the same trust, with expiry judged as of when it was made."""
        found = mirrored_at(folder)
        if found is None:
            return None
        return Registry(folder, trust=self._trust, clock=self._clock, judged_at_us=found[1])

    def _release(
        self, name: str, activations: Activations, activation: Activation, at_us: int | None, *, signed: bool = False
    ) -> Release:
        """An activation's version, verified and loaded; `at_us`: as of when it must not have expired (None: then).
        `signed`: its signatures, where there is a trust, are enough for its saved program."""
        manifest = self._loader.manifest(activation.manifest)
        if (manifest.name, manifest.version) != (name, activation.version):
            raise RefusedError(f"`{name}` {activation.version} is mixed: the pointer leads to {manifest.shown}")
        self._believe(activation, manifest, activation.begins_us if at_us is None else max(at_us, activation.begins_us))
        rules, lists = self._loader.whole(activation.manifest, signed=signed and isinstance(self._trust, Trust))
        return Release(
            name,
            activation.version,
            activation.manifest,
            rules,
            lists,
            activation.begins_us,
            ends_us(activations, activation),
        )

    def _believe(self, activation: Activation, manifest: Manifest, at_us: int) -> None:
        if manifest.expires_us is not None and manifest.expires_us <= at_us:
            raise RefusedError(
                f"{manifest.shown} expired on {format_instant(manifest.expires_us)}; activate another version"
            )
        if isinstance(self._trust, Trust):
            believe(self._storage, self._trust, activation.manifest, manifest, activation.activated_at_us)

    def __repr__(self) -> str:
        return f"<Registry {self.place}, {'unsigned' if self._trust is UNSIGNED else self._trust}>"


def _activations_of(rulesets: Mapping[str, Activations], name: str) -> Activations:
    if name not in rulesets:
        raise RegistryError(f"no version of `{name[:80]}` was ever activated")
    return rulesets[name]


def _only(pointer: Pointer, place: str) -> str:
    if len(pointer.rulesets) != 1:
        known = ", ".join(f"`{x}`" for x in sorted(pointer.rulesets)[:20]) or "none"
        raise RefusedError(f"`{place}` has activations of {known}: say which ruleset to follow")
    return next(iter(pointer.rulesets))
