"""The texts that windows are kept by, of one event: an account, a pair of accounts, a device.

Most events have short plain texts in all their keys, and one look at all of them together says so; any other is read
field by field as the schema says. Both give the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from ..meaning import nodes as n
from ..schema.fields import Schema
from ..state.store import key_text
from .coders import held_of, plain_length
from .reading import EventReader, Raw

Part: TypeAlias = Callable[[Raw, int], n.Value | None]

_ALL_THERE = {str}
_SOME_MISSING = {str, type(None)}


class KeyTexts:
    """The texts of events of a kind: `keys` as fields, those of several joined so that different ones stay so."""

    def __init__(self, reader: EventReader, schema: Schema, keys: Sequence[tuple[str, ...]], event: str) -> None:
        self._kind = f"{event}\0"
        self._id = reader.slots["id"]
        self._read_id = held_of(reader.fields[self._id])
        self._keys = [[part_of(reader, schema, name) for name in names] for names in keys]
        names = list(dict.fromkeys(name for key in keys for name in key))
        self._longest = min(plain_length(schema[name]) for name in ("id", *names))
        plain = self._longest and names and all(name in reader.slots for name in names)
        self._pick = itemgetter(self._id, *(reader.slots[name] for name in names)) if plain else None
        self._required = [i for i, name in enumerate(("id", *names)) if not schema[name].optional]
        places = [[names.index(name) + 1 for name in key] for key in keys]
        self._places = None if places == [[i + 1] for i in range(len(names))] else places

    def of(self, raw: Sequence[Any], now: int) -> tuple[list[int], bytes, bool]:
        """The lengths in bytes of the id and of each key, -1 for one that is not there, all of them one behind the
        other, and whether all that was read is plain: then each text is the event's own value. PaymentError naming the
        field that does not fit."""
        if self._pick is None:
            return self._each(raw, now)
        picked: Sequence[Any] = self._pick(raw)
        types = set(map(type, picked))
        missing: list[int] = []
        if types != _ALL_THERE:
            missing = [i for i, text in enumerate(picked) if text is None]
            if types != _SOME_MISSING or not missing or any(i in missing for i in self._required):
                return self._each(raw, now)
            picked = ["-" if text is None else text for text in picked]
        joined = "".join(picked)
        lengths = list(map(len, picked))
        if not (joined.isascii() and joined.isprintable()) or max(lengths) > self._longest or 0 in lengths:
            return self._each(raw, now)
        if missing or self._places is not None:
            return self._laid(picked, missing)
        lengths[0] += len(self._kind)
        return lengths, (self._kind + joined).encode(), True

    def _laid(self, picked: Sequence[str], missing: Sequence[int]) -> tuple[list[int], bytes, bool]:
        texts = [self._kind + picked[0]]
        lengths = [len(texts[0])]
        for key in self._places or [[i] for i in range(1, len(picked))]:
            if missing and not set(key).isdisjoint(missing):
                lengths.append(-1)
            else:
                texts.append(key_text([picked[i] for i in key]))
                lengths.append(len(texts[-1]))
        return lengths, "".join(texts).encode(), True

    def _each(self, raw: Sequence[Any], now: int) -> tuple[list[int], bytes, bool]:
        texts = [f"{self._kind}{self._read_id(raw[self._id])}".encode("utf-8", "surrogatepass")]
        lengths = [len(texts[0])]
        for parts in self._keys:
            found = [part(raw, now) for part in parts]
            if None in found:
                lengths.append(-1)
                continue
            texts.append(key_text([str(x) for x in found]).encode("utf-8", "surrogatepass"))
            lengths.append(len(texts[-1]))
        return lengths, b"".join(texts), False


def part_of(reader: EventReader, schema: Schema, name: str) -> Part:
    """What reads one field of a key, from an event and its time."""
    field = schema[name]
    if field.of is not None:  # of the kinds that a key may have, only the weekday is worked out
        return lambda raw, now: reader.worked_out(field, now, now)
    slot, held = reader.slots[name], held_of(field)
    return lambda raw, now: held(raw[slot])
