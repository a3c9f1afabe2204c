"""A page about a file of claims, for a reader who has no tools: one HTML file, no script, nothing fetched.

Everything that comes from a file is escaped, and ids of people are masked, since a page is handed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from ..base.money import format_minor
from .findings import counted
from .liability_tally import MOST_PAGE_CLAIMS, share_rows
from .terminal import plain

if TYPE_CHECKING:
    from ..engine.decision import Decision
    from .liability_tally import LiabilityTally

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
td.amount { text-align: right; white-space: nowrap; }
section { border-top: 2px solid #1b1b1b; margin-top: 1.5rem; }
.small { color: #555; font-size: .9rem; }
.bad { color: #a40000; }
"""


def page_of(tally: LiabilityTally) -> str:
    """The whole page."""
    rules = tally.rules
    title = rules.meaning.title or rules.name
    loss = format_minor(tally.loss_minor, tally.currency)
    parts = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="small">{_text(rules.name)} {_text(rules.version)}, fingerprint {rules.fingerprint}</p>',
        f"<p>{counted(tally.claims, 'claim')} of {_text(tally.name)}, {loss} in all. "
        "The shares of each claim sum to its loss.</p>",
        "<h2>Who bears the losses</h2>",
        _table(
            ("party", "who", "shares", "amount"),
            ((p, who, f"{k:_}", format_minor(a, tally.currency)) for p, who, k, a in tally.totals()),
        ),
        "<h2>By block</h2>",
        _table(("block", "claims"), ((name, f"{k:_}") for name, k in sorted(tally.blocks.items()))),
    ]
    if tally.bad_rows:
        parts.append(f'<h2 class="bad">{counted(tally.bad_rows, "row")} not decided</h2><ul>')
        parts += [f"<li>{_text(x)}</li>" for x in tally.told_errors()]
        parts.append("</ul>")
    parts.append("<h2>The claims</h2>")
    parts += [_claim(decision, tally.currency) for decision in tally.first]
    if tally.claims > MOST_PAGE_CLAIMS:
        parts.append(f"<p>The first {MOST_PAGE_CLAIMS:_} claims are shown.</p>")
    head = f'<meta charset="utf-8"><title>{_text(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _claim(decision: Decision, currency: str) -> str:
    rows = [row[1:] for row in share_rows(decision, currency)]
    parts = [
        f"<section><h3>{_text(decision.id)}</h3>",
        _table(("party", "who", "amount", "because"), rows),
    ]
    parts += [f"<p>To be paid {_text(d.words)}: before {d.due:%Y-%m-%d %H:%M} UTC.</p>" for d in decision.deadlines]
    for rule in decision.why().rules:
        held = (
            (("unless " if c.unless else "") + c.words, "yes" if c.held else "no", _values(c.values))
            for c in rule.conditions
        )
        parts.append(f"<p><b>{_text(rule.name)}</b> {_text(rule.outcome)}. {_text(rule.text)}</p>")
        parts.append(_table(("condition", "held", "values"), held))
        parts += [f"<p>{_text(word)}: {_text(said)}</p>" for word, said in rule.owed]
        parts += [f'<p class="small">{_text(c)}</p>' for c in rule.citations]
    return "\n".join([*parts, "</section>"])


def _values(values: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} is {value}" for name, value in values)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{c}</th>" for c in columns)
    body = "".join(
        "<tr>" + "".join(
            f'<td class="amount">{_text(x)}</td>' if c == "amount" else f"<td>{_text(x)}</td>"
            for c, x in zip(columns, row, strict=True)
        ) + "</tr>"
        for row in rows
    )  # fmt: skip
    return f"<table><tr>{head}</tr>{body}</table>"


def _text(given: str) -> str:
    return escape(plain(given))
