"""`tell`, `reason` and `appeal` clauses: texts for people, and the values shown in them.

`{name}` shows a field, a window (also `{received_1h of payer.account}`) or a param. A param of one value is
written out here; a value that has to be worked out for the notice alone is refused, since nothing but the text
would show what it is.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from ..base.source import Span
from ..meaning import nodes as n
from ..schema.fields import Field
from ..schema.values import show
from ..syntax.quoting import quoted
from ..syntax.tree import Node, Token
from .effects import SIDES
from .kinds_together import held
from .literals import token, unquoted
from .problems import Problems
from .quantities import Quantities
from .scope import Need, Typed

Shown: TypeAlias = str | n.Read | n.Average
_HOLE = re.compile(r"\{([^{}]*)\}")
_NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*"
_SHOWN = re.compile(rf"\s*({_NAME})(?:\s+of\s+(?:({_NAME})|\(\s*({_NAME})\s*,\s*({_NAME})\s*\)))?\s*", re.ASCII)


class Notices:
    def __init__(self, problems: Problems, quantities: Quantities, language: str) -> None:
        self.problems = problems
        self.quantities = quantities
        self.language = language

    def recipient(self, ref: Node) -> str | None:
        """The side that is told; None after a finding."""
        name = token(ref)
        if name.text in SIDES and len(ref.parts) == 1:
            return name.text
        self.problems.error(
            "unknown-recipient",
            f"a notice goes to the payer or the payee, and {self.problems.shown(ref)} is neither",
            ref,
            help=("write `tell payer …`",),
        )
        return None

    def notice(self, node: Node) -> tuple[n.Notice, tuple[Need, ...]] | None:
        ref = node.parts[0]
        assert isinstance(ref, Node)
        to = self.recipient(ref)
        read = self.texts(node, 1)
        return (n.Notice(to, read[0]), read[1]) if to is not None and read is not None else None

    def texts(self, node: Node, first: int = 0) -> tuple[n.Texts, tuple[Need, ...]] | None:
        """The text by language, and what it shows; None after a finding. `first`: the part where it begins."""
        said: dict[str, Token] = {}
        for part in node.parts[first:]:
            if isinstance(part, Token):
                said[self.language] = part
                continue
            assert part is not None
            language, text = token(part, 0), token(part, 1)
            if language.text in said:
                self.problems.error(
                    "said-twice", f"`{language.text}` stands twice", language, help=("write each language once",)
                )
                return None
            said[language.text] = text
        needs: list[Need] = []
        texts = [(language, self._template(text, needs)) for language, text in said.items()]
        made = tuple((language, template) for language, template in texts if template is not None)
        return (made, tuple(needs)) if len(made) == len(texts) else None

    def _template(self, text: Token, needs: list[Need]) -> tuple[Shown, ...] | None:
        """The text cut at its `{name}`s, each checked like any other name; None after a finding."""
        raw = unquoted(text)
        if not raw.strip():
            self.problems.error("empty-text", "the text says nothing", text, help=("write what they should know",))
            return None
        parts: list[Shown] = []
        last, good = 0, True
        for hole in _HOLE.finditer(raw):
            shown = self._shown(hole, text.start + 1, needs)
            good = good and shown is not None and self._no_brace(raw, last, hole.start(), text)
            parts += [raw[last : hole.start()], shown or ""]
            last = hole.end()
        parts.append(raw[last:])
        if not good or not self._no_brace(raw, last, len(raw), text):
            return None
        return _joined(parts)

    def _no_brace(self, raw: str, start: int, end: int, text: Token) -> bool:
        stray = next((i for i in range(start, end) if raw[i] in "{}"), None)
        if stray is None:
            return True
        self.problems.error(
            "stray-brace",
            f"`{raw[stray]}` stands alone in the text",
            Span(text.start + 1 + stray, text.start + 2 + stray),
            help=("write a name between two braces, such as `{amount}`",),
        )
        return False

    def _shown(self, hole: re.Match[str], offset: int, needs: list[Need]) -> Shown | None:
        """What one `{…}` shows; None after a finding."""
        found = _SHOWN.fullmatch(hole[1])
        place = Span(offset + hole.start(), offset + hole.end())
        if found is None:
            self.problems.error(
                "stray-brace",
                f"{quoted(hole[0])} does not name a field, a window or a param",
                place,
                help=("write a name between two braces, such as `{amount}`",),
            )
            return None
        name, *keys = (
            Token(
                "PATH" if "." in found[i] else "NAME", found[i], offset + hole.start(1) + a, offset + hole.start(1) + b
            )
            for i in (1, 2, 3, 4)
            if found[i] is not None
            for a, b in [found.span(i)]
        )
        value = self.quantities.window_of(name, keys, place) if keys else self.quantities.named(name)
        if value is None:
            return None
        needs.extend(value.needs)
        return self._text_of(value, hole[0], place)

    def _text_of(self, value: Typed, words: str, place: Span) -> Shown | None:
        match value.node:
            case n.Read() | n.Average():
                return value.node
            case n.Const():
                units = held(value.node, value.kind)
                if isinstance(units, int):
                    return show(Field("", value.kind, ""), units)
        self.problems.error(
            "not-shown",
            f"{quoted(words)} is worked out, and a notice shows fields, windows and params of one value",
            place,
            help=("name the field or the window itself",),
        )
        return None


def _joined(parts: list[Shown]) -> tuple[Shown, ...]:
    """The parts with neighbouring texts made one, so that a param and its value written out mean the same."""
    joined: list[Shown] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)
