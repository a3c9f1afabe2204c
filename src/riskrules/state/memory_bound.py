"""A plan's way into a memory store: plain values laid out as words and texts, and answers as values."""

from __future__ import annotations

from collections.abc import Collection
from struct import Struct
from struct import error as StructError
from typing import TYPE_CHECKING, NamedTuple

from ..kernel import windows_layout as w
from ..schema.limits import MISSING
from .memory_desk import MOST_TIME_US, OUT_OF_RANGE, TEXT_BYTES, Desk, Kept, not_available, plan_words
from .memory_direct import DirectMemory, fits
from .plan import Plan
from .store import Answers, Happened, Moment, key_text

if TYPE_CHECKING:
    from .memory import MemoryWindows

MOST_VALUE = 2**62
MOST_SHAPES = 1024
"""Kinds of event whose packing is remembered; a ruleset has a few, by which of its optional fields are there."""
CONTENT = Struct("=2q")


class Shape(NamedTuple):
    """What events have in common that have entries of the same series: their slots, which values are texts, how they
    are packed, where their texts begin (in bytes), and the series that the plan does not speak of."""

    slots: tuple[int, ...]
    texts: tuple[int, ...]
    packer: Struct
    texts_at: int
    gaps: tuple[int, ...]


class BoundMemory:
    """A memory store, bound to a plan. Safe from many threads."""

    def __init__(self, store: MemoryWindows, plan: Plan, slots: list[int]) -> None:
        self.plan = plan
        self._store = store
        self._slots = slots
        self._gaps: dict[str, tuple[int, ...]] = {}
        self._shapes: dict[tuple[str, tuple[int, ...]], Shape] = {}
        lookups, readings = len(plan.lookups), len(plan.readings)
        words = plan_words(plan, slots)
        given, moment = w.moment_words(lookups, readings)
        self._moment_at = w.WORD_BYTES * len(words)
        self._answers_at = self._moment_at + w.WORD_BYTES * moment
        self._texts_at = self._answers_at + w.WORD_BYTES * (2 * readings + lookups)
        self._desk = Desk(self._texts_at + TEXT_BYTES)
        self._desk.words[: len(words)] = words
        self._moment = Struct(f"={given}q")
        self._answers = Struct(f"={readings}q")
        self.direct = DirectMemory(store, plan, slots) if fits(plan) else None

    def see(self, kept: Collection[Kept]) -> None:
        """Which series of the store this plan does not speak of, a kind of event. Under the store's lock."""
        own = frozenset(self._slots)
        if self.direct is not None:
            self.direct.see(kept, own)
        gaps: dict[str, list[int]] = {}
        for series in kept:
            if series.slot not in own:
                gaps.setdefault(series.event, []).append(series.slot)
        self._gaps = {event: tuple(slots) for event, slots in gaps.items()}
        self._shapes = {}

    def read(self, moment: Moment) -> Answers:
        """See `store.Bound`. ValueError for a moment that does not fit the plan."""
        name, time_us, keys, since_us = moment
        if not -MOST_TIME_US < time_us < MOST_TIME_US:
            raise ValueError(OUT_OF_RANGE)
        texts = [f"payment\0{name}"]
        for key in keys:
            texts.append("" if key is None else key[0] if len(key) == 1 else key_text(key))
        lengths, joined = _joined(texts)
        if None in keys:
            for i, key in enumerate(keys):
                if key is None:
                    lengths[i + 1] = -1
        words = (time_us, *lengths, *since_us)
        store, desk, packer = self._store, self._desk, self._answers
        try:
            with store.lock:
                desk.lay(self._moment, self._moment_at, words, self._texts_at, joined)
                kinds = store.read(desk.words)
                values = packer.unpack_from(desk.held, self._answers_at)
                if kinds & w.ANY_UNAVAILABLE:
                    states = packer.unpack_from(desk.held, self._answers_at + packer.size)
        except StructError as error:
            raise ValueError("a moment does not fit the plan that the store was bound to") from error
        if not kinds:
            return Answers(list(values))
        held_values = [None if value == MISSING else value for value in values]
        if not kinds & w.ANY_UNAVAILABLE:
            return Answers(held_values)
        return Answers(held_values, *not_available(states))

    def record(self, happened: Happened) -> bool:
        """See `store.Bound`. ValueError for an event that does not fit the plan."""
        done = None
        while done is None:
            epoch = self._store.epoch
            done = self._store.record_words(*self._laid(happened), epoch)
        return done

    def _laid(self, happened: Happened) -> tuple[Shape, list[int], bytes]:
        """The event as words, as `windows_layout` says, and its texts."""
        name, event, time_us, content, entries = happened
        if not -MOST_TIME_US < time_us < MOST_TIME_US:
            raise ValueError(OUT_OF_RANGE)
        if len(content) != CONTENT.size:
            raise ValueError("the content of an event has 16 bytes")
        all_series, keys, values = zip(*entries, strict=True) if entries else ((), (), ())
        shape = self._shapes.get((event, all_series))
        if shape is None:
            shape = self._shape(event, all_series)
        texts = [f"{event}\0{name}"]
        for key in keys:
            texts.append(key[0] if len(key) == 1 else key_text(key))
        held = list(values)
        for i in shape.texts:
            text = held[i]
            if not isinstance(text, str):
                raise ValueError("the value of a series that is distinct is a text")
            texts.append(text)
            held[i] = 0
        for value in held:
            if not isinstance(value, int) or not -MOST_VALUE <= value <= MOST_VALUE:
                raise ValueError("the value of a series is an integer of at most 2**62 either way")
        lengths, joined = _joined(texts)
        entry_count = len(entries)
        value_lengths = [-1] * entry_count
        for i, length in zip(shape.texts, lengths[entry_count + 1 :], strict=True):
            value_lengths[i] = length
        words = [
            time_us,
            lengths[0],
            *CONTENT.unpack(content),
            entry_count,
            len(shape.gaps),
            *shape.slots,
            *lengths[1 : entry_count + 1],
            *held,
            *value_lengths,
            *shape.gaps,
        ]
        return shape, words, joined

    def _shape(self, event: str, all_series: tuple[int, ...]) -> Shape:
        """Made once for each kind of event. ValueError for what no event has."""
        shapes = self._shapes  # taken before the gaps are: `see` changes them in the other order
        known = range(len(self._slots))
        if len(set(all_series)) < len(all_series) or any(type(x) is not int or x not in known for x in all_series):
            raise ValueError("an event has at most one entry a series, and only of series of the plan")
        gaps = self._gaps.get(event, ())
        given, end = w.event_words(len(all_series), len(gaps))
        texts = tuple(i for i, series in enumerate(all_series) if self.plan.series[series].distinct)
        shape = Shape(
            tuple(self._slots[x] for x in all_series),
            texts,
            Struct(f"={given}q"),
            w.WORD_BYTES * end,
            gaps,
        )
        if len(shapes) >= MOST_SHAPES:
            shapes.clear()
        shapes[event, all_series] = shape
        return shape


def _joined(texts: list[str]) -> tuple[list[int], bytes]:
    """The lengths of the texts as bytes, and all of them one behind the other."""
    joined = "".join(texts)
    if joined.isascii():
        return list(map(len, texts)), joined.encode()
    held = [text.encode("utf-8", "surrogatepass") for text in texts]
    return list(map(len, held)), b"".join(held)
