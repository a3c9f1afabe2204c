"""Tables of the report: what stands in a cell, and nothing that came from a file unescaped."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from .intervals import Rate, Share
from .saying import NONE, between, money, percent, rate_between, rate_words

MOST_ROWS = 500
"""Of one table: more is not read but searched, for which there is `--json`."""


def table_of(names: Sequence[str], rows: Sequence[Sequence[str]], kinds: Sequence[int]) -> str:
    """`kinds`: 0 words, 1 numbers, 2 money. The cells are HTML already."""
    if not rows:
        return "<p>None.</p>"
    classes = ("", "n", "n m")
    head = "".join(f'<th class="{classes[k]}">{safe(x)}</th>' for x, k in zip(names, kinds, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{classes[k]}" data-name="{safe(x)}"><span>{cell}</span></td>'
            for x, cell, k in zip(names, row, kinds, strict=True)
        )
        + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = ""
    if len(rows) > MOST_ROWS:
        more = f'<p class="small">The first {MOST_ROWS} of {count_cell(len(rows))} are shown.</p>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def share_cell(share: Share) -> str:
    interval = between(share.low, share.high)
    return percent(share.value) + (f"<small>{interval}</small>" if interval != NONE else "")


def rate_cell(rate: Rate) -> str:
    interval = rate_between(rate)
    return rate_words(rate) + (f"<small>{interval}</small>" if interval != NONE else "")


def count_cell(count: int) -> str:
    return thin(f"{count:_}")


def money_cell(minor: int, currency: str) -> str:
    return thin(money(minor, currency))


def thin(text: str) -> str:
    return escape(text.replace("_", "\u202f"))


def safe(text: str) -> str:
    """On one line, without characters that could pass for something else."""
    return escape("".join(f"<U+{ord(c):04X}>" if unicodedata.category(c)[0] in "CZ" and c != " " else c for c in text))
