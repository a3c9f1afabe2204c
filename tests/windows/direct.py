"""A memory store asked and told by its direct way, behind the face that every store has.

What an engine works out of a payment once (texts, numbers, one bit a condition) is put together here again from the
keys and entries that the steps are made of. Each series gets a condition of its own, so that its bit says whether there
was an entry for it; conditions are no part of what a store goes by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from riskrules.meaning import nodes as n
from riskrules.schema import kinds as k
from riskrules.schema.limits import MISSING
from riskrules.state.memory import MemoryWindows
from riskrules.state.plan import Plan, asked_texts, told_numbers, told_texts, told_wheres
from riskrules.state.store import Answers, Bound, Happened, Moment, direct_of, key_text


class DirectWindows:
    """A window store that has nothing but the direct way of `store`."""

    def __init__(self, store: MemoryWindows) -> None:
        self._store = store

    def bind(self, plan: Plan) -> Bound:
        marked = [replace(s, where=n.Known(n.Read(f"series {i}", k.TEXT), words="")) for i, s in enumerate(plan.series)]
        return _Bound(self._store, replace(plan, series=tuple(marked)))


class _Bound:
    def __init__(self, store: MemoryWindows, plan: Plan) -> None:
        self._plan = plan
        self._bound = store.bind(plan)
        direct = direct_of(self._bound)
        assert direct is not None
        self._direct = direct

    def read(self, moment: Moment) -> Answers:
        texts: dict[tuple[str, ...], str] = {}
        for lookup, key in zip(self._plan.lookups, moment.keys, strict=True):
            if key is not None:
                assert texts.setdefault(lookup.keys, key_text(key)) == key_text(key)
        since = []
        for reading, since_us in zip(self._plan.readings, moment.since_us, strict=True):
            if isinstance(reading.span, str):
                since.append(since_us)
            else:
                assert since_us == moment.time_us - reading.span
        lengths, joined = _laid(f"payment\0{moment.id}", [texts.get(x) for x in asked_texts(self._plan)])
        values, unavailable, because = self._direct.read((moment.time_us, *lengths, *since), joined)
        return Answers([None if value == MISSING else value for value in values], tuple(unavailable), because)

    def record(self, happened: Happened) -> bool:
        plan, wheres = self._plan, told_wheres(self._plan, happened.event)
        texts: dict[tuple[str, ...], str] = {}
        numbers: dict[str, int] = {}
        bits = 0
        for number, key, value in happened.entries:
            series = plan.series[number]
            bits |= 1 << wheres.index(series.where)
            assert texts.setdefault(series.keys, key_text(key)) == key_text(key)
            if isinstance(value, str):
                assert texts.setdefault((series.of,), value) == value
            elif series.of:
                assert numbers.setdefault(series.of, value) == value
        lengths, joined = _laid(
            f"{happened.event}\0{happened.id}", [texts.get(x) for x in told_texts(plan, happened.event)]
        )
        given = [numbers.get(x, MISSING) for x in told_numbers(plan, happened.event)]
        words = (happened.time_us, bits, len(happened.content), *lengths, *given)
        return self._direct.record(happened.event, words, joined + happened.content)


def _laid(name: str, texts: Sequence[str | None]) -> tuple[list[int], bytes]:
    held = [None if text is None else text.encode("utf-8", "surrogatepass") for text in (name, *texts)]
    return [-1 if text is None else len(text) for text in held], b"".join(text for text in held if text is not None)
