"""The `ruleset` block: what a file says of the whole.

Where it is wrong or absent, harmless values stand in, so that the rest of the file is still checked for what
is wrong with it, and for nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..base.business_days import is_calendar_name
from ..base.source import Span
from ..base.times import zone_of
from ..syntax.quoting import quoted
from ..syntax.tree import Node, Token, walk
from .literals import counted_currency, not_counted, token, unquoted
from .problems import Problems


@dataclass
class Head:
    """What the `ruleset` block says of the whole."""

    name: str = "unnamed"
    version: str = "0.0"
    title: str = ""
    currency: str = "CNY"
    currency_given: bool = False
    timezone: str = "UTC"
    language: str = "en"
    calendar: str = ""
    appeal: Node | None = None
    dates: tuple[Token, ...] = ()
    start: int = 0
    end: int = 0


def read_head(blocks: list[Node], broken: bool, problems: Problems) -> Head:
    """The head of the file, with harmless values where it is wrong; `broken`: it is there and did not parse."""
    heads = [b for b in blocks if b.kind == "ruleset"]
    head = Head()
    if not heads:
        if not broken:
            problems.error(
                "no-ruleset",
                "the file does not say which ruleset it is",
                Span(0, min(1, len(problems.source.text))),
                help=("begin with `ruleset my_rules version 2026.1` and, below it, `currency CNY`",),
            )
        head.currency = _written_most(blocks) or head.currency
        return head
    for other in heads[1:]:
        problems.error(
            "duplicate-name",
            "a file holds one ruleset, and a second begins here",
            Span(other.start, other.start + len("ruleset")),
            "",
            (token(heads[0]), "the first"),
            help=("move it to a file of its own",),
        )
    head.start, head.end = heads[0].start, heads[0].start + len("ruleset")
    head.name, head.version = token(heads[0], 0).text, token(heads[0], 1).text
    seen: dict[str, Node] = {}
    for part in heads[0].parts[2:]:
        if not isinstance(part, Node):  # no appeal
            continue
        if part.kind in seen:
            problems.error(
                "said-twice",
                f"{problems.shown(part)} says again what stands above",
                part,
                "",
                (seen[part.kind], "the first"),
                help=("keep one of them",),
            )
            continue
        seen[part.kind] = part
        _head_part(head, part, problems)
    if not head.currency_given:
        head.currency = _written_most(blocks) or head.currency
    if "currency" not in seen and not broken:
        problems.error(
            "no-currency",
            f"`{head.name}` does not say in which currency it counts",
            token(heads[0]),
            help=("write `currency CNY` below it, with your currency",),
        )
    return head


def _head_part(head: Head, part: Node, problems: Problems) -> None:
    if part.kind in ("appeal", "appeal_in"):
        head.appeal = part
        return
    first = token(part)
    match part.kind:
        case "title":
            head.title = unquoted(first)
        case "language":
            head.language = first.text
        case "calendar":
            head.calendar = unquoted(first)
            if not is_calendar_name(head.calendar):
                problems.error(
                    "unknown-calendar",
                    f"{problems.shown(first)} does not name a calendar",
                    first,
                    help=(
                        'write a country or a part of one, such as `"GB-ENG"` or `"CN"`, or `"TARGET"` for the euro',
                    ),
                )
        case "in_force":
            head.dates = tuple(p for p in part.parts if isinstance(p, Token))
        case "currency":
            if counted_currency(first.text):
                head.currency, head.currency_given = first.text, True
            else:
                not_counted(problems, first)
        case "timezone":
            try:
                zone_of(first.text)
                head.timezone = first.text
            except ValueError:
                problems.error(
                    "unknown-timezone",
                    f"{quoted(first.text)} is not a time zone",
                    first,
                    help=("write a zone such as `Asia/Shanghai`, `Europe/London` or `UTC`",),
                )


def _written_most(blocks: list[Node]) -> str | None:
    """The currency of most amounts in the file: the best guess where the head does not say, so that one mistake there
    does not make every amount another."""
    codes = Counter(
        token(x, 1).text for b in blocks for x in walk(b) if isinstance(x, Node) and x.kind == "money"
    )  # fmt: skip
    return next((code for code, _ in codes.most_common() if counted_currency(code)), None)
