"""A payment as a `test` block: what an author can paste beside a rule and run.

The block sets what is not as in the harmless payment, and nothing else. Numbers are written with all their digits, so
that the test is the very payment that was found.
"""

from __future__ import annotations

import re

from ..base.money import write_decimal
from ..base.times import MICROSECOND_UNITS, format_duration, local_time
from ..engine.inline_tests import harmless
from ..engine.shown import shown_act
from ..meaning import nodes as n
from ..schema.fields import Field
from ..schema.kinds import Kind
from ..schema.values import show
from ..syntax.words import RESERVED
from .law_drafts import Draft
from .law_space import NOW, Space

_BARE = re.compile(r"[a-z][a-z0-9_]*")
WIDEST = 100
"""Columns of a line of `given`s."""
INDENT = "  "


def literal(space: Space, kind: Kind, value: n.Value) -> str:
    """A held value as a rule file writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if kind.choices and _BARE.fullmatch(value) and value not in RESERVED else f'"{value}"'
    if kind.name == "duration":
        return _duration(value)
    if kind.name == "time":
        shown = local_time(value, space.zone)
        midnight = (shown.hour, shown.minute, shown.second) == (0, 0, 0)
        return shown.date().isoformat() if midnight else shown.isoformat(timespec="seconds").removesuffix(":00")
    if kind.name == "ratio" and value >= 0:
        return f"{write_decimal(value, 7, shortest=True)}%"
    return show(Field("", kind, ""), value)


def _duration(value_us: int) -> str:
    """In the longest unit that it is whole in; the language has none below a thousandth of a second."""
    text = format_duration(value_us)
    return text if not text.endswith("us") else f"{value_us // MICROSECOND_UNITS['ms']}ms"


def givens(draft: Draft, of: str) -> list[str]:
    """The `given`s that make a test of the rule this payment."""
    space = draft.space
    said = dict(draft.changes)
    if draft.values[NOW] != harmless(space.whole, of)[NOW]:
        said[NOW] = draft.values[NOW]
    if not said:
        name = next((s for s in space.slots if s != NOW and draft.get(s) is not None), NOW)
        said[name] = draft.get(name)
    return [_given(draft, name, value) for name, value in said.items() if not _follows(draft, name, said)]


def _given(draft: Draft, name: str, value: n.Value | None) -> str:
    """An age is said by its beginning where the rules read that too."""
    space, slot = draft.space, draft.space.slots[name]
    if slot.base and slot.base in draft.values:
        name, value, kind = slot.base, draft.values[slot.base], space.schema[slot.base].kind
    else:
        kind = slot.kind
    return f"{name} is missing" if value is None else f"{name} = {literal(space, kind, value)}"


def _follows(draft: Draft, name: str, said: dict[str, n.Value | None]) -> bool:
    """Whether a test gives it by itself: the institution of an instrument that is given."""
    instrument = next((s.name for s in draft.space.slots.values() if s.partner == name), None)
    return instrument in said and said[instrument or ""] is not None and said[name] == name


def as_test(draft: Draft, of: str, name: str, act: n.Act, remark: str = "") -> str:
    """The block, indented as it stands in a rule, without a line end. `remark` stands behind what is expected."""
    lines = [f'{INDENT}test "{name}"', *_lines("given", givens(draft, of))]
    for listed, held in draft.lists.items():
        if held:
            lines += _lines(f"with   {listed} holding", [f'"{x}"' for x in sorted(held)])
    lines.append(f"{INDENT * 2}expect {shown_act(act)}" + (f"  # {remark}" if remark else ""))
    return "\n".join(lines)


def _lines(word: str, items: list[str]) -> list[str]:
    """The items behind the word, parted by commas, in lines that are not too wide."""
    start = f"{INDENT * 2}{word} " if len(word) > 5 else f"{INDENT * 2}{word:<6} "
    lines = [start + items[0]]
    for item in items[1:]:
        if len(lines[-1]) + 2 + len(item) <= WIDEST:
            lines[-1] += f", {item}"
        else:
            lines[-1] += ","
            lines.append(f"{INDENT * 2}{'':<6} {item}")
    return lines
