"""Reading and changing the pointer of a registry.

`pointers/<number>.json` is made once and for all, and whoever makes it has changed the pointer; `pointer.json` is put
after it. So a reader begins at `pointer.json` and goes on to the numbers that follow, of which there is none unless
somebody is writing right now or was killed between the two. Two who change at once make the same number: one is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..base.times import format_instant
from ..engine.source import RefusedError
from .canonical import digest_of
from .errors import RegistryError
from .keys import SigningKey
from .layout import HIGHEST_SEQUENCE, MOST_POINTER_BYTES, POINTER, pointer_path
from .pointer import NONE_YET, Pointer, Sealed, believe_pointer, follows, opened, sealed
from .ranges import Activations
from .storage import Storage
from .trust import OPERATOR, Believing, Trust

MOST_STEPS = 1_000
"""From `pointer.json` to the newest: more cannot come about by being killed."""


class Pointers:
    """The states of one registry's pointer."""

    def __init__(self, storage: Storage, trust: Believing) -> None:
        self._storage = storage
        self._trust = trust
        self._known = (NONE_YET, NONE_YET)  # the newest that were opened: asking again costs one small file
        self._lying: tuple[bytes | None, Sealed] = (None, NONE_YET)  # `pointer.json` when it was last opened
        self._believed = NONE_YET

    def mark(self) -> str:
        """Another text whenever the pointer is another; of one that was not opened yet, only what its bytes are.
        OSError."""
        raw, (seen, lying) = self._raw(), self._lying
        mark = "none" if raw is None else digest_of(raw)
        if raw != seen:
            return mark
        newest = self._ahead_of(max(lying, self._known[1], key=lambda x: x.pointer.sequence))
        return mark if newest is lying else f"{mark} {newest.digest}"

    def newest(self) -> Sealed:
        """As it lies there, not yet believed. RefusedError when it is damaged; OSError."""
        raw = self._raw()
        lying = NONE_YET if raw is None else self._opened(raw, POINTER)
        self._lying = raw, lying
        return self._ahead_of(lying)

    def _raw(self) -> bytes | None:
        """The content of `pointer.json`; None where there is none, as before the first activation."""
        try:
            return self._storage.read(POINTER, MOST_POINTER_BYTES)
        except FileNotFoundError:
            self._storage.reach()
            return None

    def _ahead_of(self, found: Sealed) -> Sealed:
        """The newest of those that follow it, or itself."""
        for _ in range(MOST_STEPS):
            path = pointer_path(found.pointer.sequence + 1)
            if not self._storage.exists(path):
                return found
            found = self._numbered(found.pointer.sequence + 1)
        raise RefusedError(f"`{POINTER}` in `{self._storage.place}` is more than {MOST_STEPS} states behind")

    def believed(self, at_us: int | None) -> Sealed:
        """The newest, if it is signed by an operator whose key is good at a moment (None: when it was written), follows
        the one before, and is none that was seen here in another form. RefusedError, OSError."""
        newest = self.newest()
        if not newest.pointer.sequence:
            return newest
        what = _shown(newest)
        if isinstance(self._trust, Trust):
            believe_pointer(newest, self._trust, newest.pointer.written_at_us if at_us is None else at_us, what)
        seen = self._believed
        if newest.pointer.sequence == seen.pointer.sequence:
            if newest.raw != seen.raw:
                raise RefusedError(f"{what} is another than the one of that number that was seen before")
            return newest
        if newest.pointer.sequence < seen.pointer.sequence:
            raise RefusedError(f"{what} is older than {_shown(seen)}, which was seen before: it was put back")
        follows(self._before(newest), newest, what)
        self._believed = newest
        return newest

    def numbered(self, sequence: int) -> Sealed:
        """One state by its number. RefusedError, OSError."""
        try:
            return self._numbered(sequence)
        except FileNotFoundError as error:
            raise RefusedError(f"`{pointer_path(sequence)}` is missing in `{self._storage.place}`") from error

    def change(
        self,
        changed: Callable[[Mapping[str, Activations], int], Mapping[str, Activations]],
        key: SigningKey | None,
        now_us: int,
        *,
        adopt: bool = False,
    ) -> Pointer:
        """Put another state in place of the newest. RegistryError when the key may not, the clock is behind, or
        somebody else was quicker. `adopt`: go on from the newest whoever signed it, as long as it kept the past."""
        self.may_operate(key, now_us)
        newest = self._followed() if adopt else self.believed(None)
        if newest.pointer.written_at_us > now_us:
            written = format_instant(newest.pointer.written_at_us)
            raise RegistryError(
                f"this machine's clock says {format_instant(now_us)}, and the pointer was changed on {written}; "
                "set the clock right first"
            )
        if newest.pointer.sequence >= HIGHEST_SEQUENCE:
            raise RegistryError("the pointer was changed as often as it may be: begin another registry")
        made = sealed(
            Pointer(
                newest.pointer.sequence + 1,
                newest.digest if newest.pointer.sequence else None,
                now_us,
                changed(newest.pointer.rulesets, now_us),
            ),
            key,
        )
        if len(made.raw) > MOST_POINTER_BYTES:
            raise RegistryError(f"the pointer would have more than {MOST_POINTER_BYTES} bytes: begin another registry")
        follows(newest, made, _shown(made))
        try:
            self._storage.create(pointer_path(made.pointer.sequence), made.raw)
        except FileExistsError as error:
            raise RegistryError(
                "somebody else changed the pointer at the same moment; see `riskrules versions list`, then try again"
            ) from error
        self._storage.put(POINTER, made.raw)
        return made.pointer

    def may_operate(self, key: SigningKey | None, now_us: int) -> None:
        """RegistryError unless the key may sign a pointer now."""
        if not isinstance(self._trust, Trust):
            return
        if key is None:
            raise RegistryError("the pointer is signed by whoever changes it: give an operator's key (`--key FILE`)")
        try:
            self._trust.signer(key.id, OPERATOR, now_us, "the pointer")
        except RefusedError as error:
            raise RegistryError(f"this key cannot change the pointer: {error}") from error

    def _followed(self) -> Sealed:
        newest = self.newest()
        if newest.pointer.sequence:
            follows(self._before(newest), newest, _shown(newest))
        return newest

    def _before(self, found: Sealed) -> Sealed:
        return self.numbered(found.pointer.sequence - 1) if found.pointer.sequence > 1 else NONE_YET

    def _numbered(self, sequence: int) -> Sealed:
        found = self._open(pointer_path(sequence))
        if found.pointer.sequence != sequence:
            raise RefusedError(f"`{pointer_path(sequence)}` holds pointer {found.pointer.sequence}")
        return found

    def _open(self, path: str) -> Sealed:
        return self._opened(self._storage.read(path, MOST_POINTER_BYTES), path)

    def _opened(self, raw: bytes, path: str) -> Sealed:
        older, newer = self._known
        for known in (newer, older):
            if known.pointer.sequence and raw == known.raw:
                return known
        found = opened(raw, f"`{path}`", newer.pointer)
        if found.pointer.sequence >= newer.pointer.sequence:
            self._known = (newer, found)
        return found


def _shown(found: Sealed) -> str:
    return f"pointer {found.pointer.sequence}"
