"""A trace as a page that an investigator can read: one HTML file, no script, nothing fetched.

Account numbers are masked and accounts numbered instead, since a page is handed on; the journal (`Trace.to_arrow`,
`Trace.to_dict`) has them in full. What is not shown is counted and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ..base.money import format_minor
from ..base.times import format_instant
from ..engine.shown import masked, plain
from .result import Edge, Holding, Totals, Trace
from .trace_picture import OUTSIDE, colour, picture

MOST_ROWS = 500
"""Of one table: more is not read but searched, for which there is the journal."""
_METHODS = {
    "direct": "direct: followed only while an account holds nothing else",
    "fifo": "first in, first out: the oldest money leaves first",
    "lifo": "last in, first out: the newest money leaves first",
    "pro_rata": "in proportion: every payment takes its part of all that is there",
    "poison": "poison: all that stolen money touched is tainted whole; amounts of several victims overlap",
    "pari_passu": "pari passu: balances are shared in proportion to what was brought in",
    "cn_article_8": "银监发〔2016〕41号 Art 8: direct, else by time stamps, else in proportion among the victims",
}
_STYLE = """
:root { --ink: #1b1b1b; --soft: #575757; --line: #dadada; --bad: #a40000; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); }
h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: .25rem; }
h2 { font-size: 1.15rem; border-top: 2px solid var(--ink); padding-top: .75rem; margin-top: 2rem; }
.small { color: var(--soft); font-size: .875rem; }
.bad { color: var(--bad); }
.picture { overflow-x: auto; border: 1px solid var(--line); margin: 1rem 0 .5rem; }
svg { display: block; font: 13px system-ui, sans-serif; }
.lane { stroke: #9a9a9a; } .moment { stroke: #eeeeee; }
.name { font-weight: 600; } .time { fill: var(--soft); font-size: 12px; } .day { font-size: 12px; font-weight: 600; }
.money { font-size: 11.5px; font-variant-numeric: tabular-nums; paint-order: stroke; stroke: #fff; stroke-width: 4px; }
.held { font-weight: 700; font-variant-numeric: tabular-nums; }
.key span { display: inline-block; margin-right: 1.25rem; }
.dot { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .35em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .85rem; color: var(--soft); font-weight: 600; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; }
  thead { display: none; }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: right; }
  td::before { content: attr(data-name); color: var(--soft); font-size: .85rem; text-align: left; flex: 0 0 6.5rem; }
}
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } .picture { overflow: visible; } }
"""
_KEY = "○ still there · ✕ left the banks' sight · ✓ came back · ◇ taken by another theft · ? no longer followed"


def page_of(trace: Trace) -> str:
    """The whole page, as the money stands at the end of the trace."""
    edges, holdings = list(trace.edges()), trace.where()
    labels = account_labels(trace, edges, holdings)
    drawn = picture(trace, edges, labels, holdings)
    stolen = sum(t.stolen_minor for t in trace.totals())
    title = f"Where the money went: {_money(trace, stolen)} stolen"
    parts = [f"<h1>{escape(title)}</h1>", f'<p class="small">{escape(_METHODS[trace.method])}</p>']
    parts += [f'<p class="bad">{escape(plain(reason))}</p>' for reason in _cut(trace)]
    parts.append(f'<div class="picture">{drawn.svg}</div>')
    parts.append(f'<p class="key">{_victims_key(trace)}</p><p class="small">{_KEY}. Moments stand at equal distances; '
                 f"amounts in {escape(trace.currency)}, times in UTC.</p>")  # fmt: skip
    if drawn.left_out:
        parts.append(
            f'<p class="small">The picture shows the {drawn.drawn} largest entries; {_number(drawn.left_out)} smaller '
            f"ones, {_money(trace, drawn.left_out_minor)} in all, are not on it.</p>"
        )
    parts += _tables(trace, edges, holdings, labels)
    if trace.assumptions:
        parts.append("<h2>What had to be assumed</h2><ul>")
        parts += [f"<li>{escape(_without_ids(trace, text))}</li>" for text in trace.assumptions] + ["</ul>"]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def account_labels(trace: Trace, edges: Sequence[Edge], holdings: Sequence[Holding]) -> dict[str, str]:
    """Each account that the trace met, in order: a number, what is not masked of its id, and who keeps it."""
    met = [name for e in edges for name in (e.from_account, e.to_account) if name is not None]
    names = dict.fromkeys([*met, *(h.account for h in holdings)])
    return {name: f"{place} {masked(plain(name))}" for place, name in enumerate(names, 1)}


def _number(count: int) -> str:
    return f"{count:_}".replace("_", "\u2009")


def _money(trace: Trace, minor: int) -> str:
    return format_minor(minor, trace.currency).replace("_", "\u2009")


def _cut(trace: Trace) -> Iterable[str]:
    return () if trace.cut is None else (f"This trace is not whole: {reason}." for reason in trace.cut.because)


def _victim(trace: Trace, name: str) -> str:
    return f"victim {trace.victims.index(name) + 1}"


def _victims_key(trace: Trace) -> str:
    shown = trace.victims[:MOST_ROWS]
    return "".join(
        f'<span><i class="dot" style="background:{colour(place)}"></i>victim {place + 1} '
        f"{escape(masked(plain(name)))}</span>"
        for place, name in enumerate(shown)
    )


def _tables(
    trace: Trace, edges: Sequence[Edge], holdings: Sequence[Holding], labels: dict[str, str]
) -> Iterable[str]:
    parts = ["<h2>The victims</h2>"]
    totals = trace.totals()
    names = ["victim", "stolen", "still there", "left", "came back", "taken again", "not followed", "tainted by touch"]
    shown = len(names) if trace.method == "poison" else len(names) - 1
    parts.append(_table(trace, names[:shown], (_total(trace, t)[:shown] for t in totals), len(totals)))
    parts.append("<h2>Where it is now</h2>")
    parts.append(_table(
        trace, ["account", "kept by", "victim", "amount", "balance", "since", "how"],
        ([labels[h.account], h.institution or "not stated", _victim(trace, h.victim), h.amount_minor, h.balance_minor,
          _time(h.since_us), h.why] for h in holdings), len(holdings)))  # fmt: skip
    parts.append("<h2>Every step</h2>")
    parts.append(_table(
        trace, ["time", "from", "to", "victim", "amount", "hop", "what"],
        ([_time(e.at_us), _label(labels, e.from_account), _label(labels, e.to_account), _victim(trace, e.victim),
          e.amount_minor, str(e.hop), e.way] for e in edges), len(edges)))  # fmt: skip
    return parts


def _total(trace: Trace, t: Totals) -> list[str | int]:
    """One victim's row of the first table."""
    sums = (t.held_minor, t.left_minor, t.returned_minor, t.stolen_again_minor, t.lost_minor, t.swept_minor)
    return [_victim(trace, t.victim), t.stolen_minor, *sums]


def _label(labels: dict[str, str], account: str | None) -> str:
    return OUTSIDE if account is None else labels[account]


def _time(at_us: int) -> str:
    return format_instant(at_us).replace("T", " ").rstrip("Z")


def _table(trace: Trace, names: Sequence[str], rows: Iterable[Sequence[str | int]], count: int) -> str:
    if not count:
        return "<p>None.</p>"
    body, shown = [], 0
    heads = [""] * len(names)
    for row in rows:
        if shown == MOST_ROWS:
            break
        shown += 1
        heads = ["amount" if isinstance(cell, int) else "" for cell in row]
        body.append("<tr>" + "".join(_cell(trace, name, cell) for name, cell in zip(names, row, strict=True)) + "</tr>")
    head = "".join(f'<th class="{kind}">{escape(name)}</th>' for name, kind in zip(names, heads, strict=True))
    more = f'<p class="small">The first {_number(shown)} of {_number(count)} are shown.</p>' if count > shown else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{more}"


def _cell(trace: Trace, name: str, cell: str | int) -> str:
    if isinstance(cell, int):
        return f'<td class="amount" data-name="{escape(name)}">{_money(trace, cell)}</td>'
    return f'<td data-name="{escape(name)}">{escape(plain(cell))}</td>'


def _without_ids(trace: Trace, text: str) -> str:
    """What was assumed, with the accounts that it names masked."""
    pieces = plain(text).split("`")
    return "`".join(masked(piece) if place % 2 else piece for place, piece in enumerate(pieces))
