"""The paper trail of a return case as a page for a reader who has no tools: one HTML file, no script, nothing fetched.

Account numbers and people's ids are masked, since a page is handed on; victims and accounts are numbered instead, so
that the tables can be read together. Tables become lists of lines where the window is narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..base.money import format_minor
from ..base.times import format_instant
from ..engine.shown import masked, plain
from .order_book import Decides
from .return_facts import Part

if TYPE_CHECKING:
    from .return_case import ReturnCase

MOST_PARTS = 2_000
"""Shown one by one; the sums are always of all. A page of more is not read but searched, for which there is JSON."""
_STYLE = """
:root { --ink: #1b1b1b; --soft: #575757; --line: #dadada; --bad: #a40000; --good: #1d6b36; --wait: #8a5a00; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); }
h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: .25rem; }
h2 { font-size: 1.15rem; border-top: 2px solid var(--ink); padding-top: .75rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .85rem; color: var(--soft); font-weight: 600; }
.id { white-space: nowrap; }
td.amount, th.amount { padding-right: 1.25rem; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.small { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
.sums { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1rem 0; }
.sums div { min-width: 9rem; }
.sums b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.paid, .payable { color: var(--good); } .waits { color: var(--wait); } .stopped { color: var(--bad); }
.state { font-weight: 600; white-space: nowrap; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; }
  thead { display: none; }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: right; }
  td::before { content: attr(data-name); color: var(--soft); font-size: .85rem; text-align: left; flex: 0 0 6.5rem; }
  td.amount { padding-right: 0; }
  td.wide { display: block; text-align: left; } td.wide::before { display: block; }
}
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
"""
_CLASSES = {"paid": "paid", "to be paid": "payable", "waits": "waits", "to be decided": "waits"}


def page_of(case: ReturnCase, engine: Decides, at_us: int) -> str:
    """The whole page, as the case stands at a moment."""
    parts = case.parts(engine, at_us)
    division = case.division

    def money(minor: int) -> str:
        return format_minor(minor, case.currency)

    victims = {v.id: f"victim {place}" for place, v in enumerate(case.victims, 1)}
    accounts = {a.account: f"account {place}" for place, a in enumerate(case.accounts, 1)}
    paid = sum(p.amount_minor for p in (*case.paid, *case.earlier) if p.at_us <= at_us)
    frozen = sum(a.frozen_minor for a in case.accounts)
    sums = {
        "frozen": money(frozen),
        "lost by victims": money(sum(v.loss_minor for v in case.victims)),
        "to give back": money(division.given_minor),
        "paid so far": money(paid),
        "stays frozen": money(sum(division.residue.values())),
    }
    body = [
        f"<h1>Return of frozen money, case {_text(case.id)}</h1>",
        f'<p class="small">As of {format_instant(at_us)}. Division {division.fingerprint}</p>',
        '<div class="sums">'
        + "".join(f"<div>{name}<b>{_text(sum_)}</b></div>" for name, sum_ in sums.items())
        + "</div>",
        "<h2>Who gets what</h2>",
        _parts(parts[:MOST_PARTS], victims, accounts, case.currency),
    ]
    if len(parts) > MOST_PARTS:
        body.append(f"<p>{len(parts) - MOST_PARTS:_} more parts are not shown; the sums above are of all.</p>")
    body += ["<h2>The accounts and whose money is in them</h2>", _accounts(case, accounts, victims)]
    body += ["<h2>The victims</h2>", _victims(case, victims)]
    body += ["<h2>What happened</h2>", _history(case, at_us, victims, accounts)]
    body += ["<h2>By which rules</h2>", _rules(parts)]
    title = f"Return of frozen money, {_text(case.id)}"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def _parts(parts: Sequence[Part], victims: dict[str, str], accounts: dict[str, str], currency: str) -> str:
    rows = []
    for part in parts:
        line = part.line
        times = [f"until {format_instant(part.until_us)}"] if part.until_us is not None else []
        times += [f"before {format_instant(part.due_us)}"] if part.due_us is not None else []
        state = f'<span class="state {_CLASSES.get(part.state, "stopped")}">{part.state}</span>'
        why = "; ".join(map(_text, [*part.because, *times]))
        rows.append(
            (
                _named(victims[line.victim], line.victim),
                _named(accounts[line.account], line.account),
                _named("", line.to_account) + f", {_text(line.to_institution)}",
                _text(format_minor(line.amount_minor, currency)),
                state,
                _text(f"{line.basis}: {line.because}") + f'<br><span class="small">{why}</span>',
            )
        )
    return _table(("who", "from", "to", "amount", "state", "why"), rows)


def _accounts(case: ReturnCase, accounts: dict[str, str], victims: dict[str, str]) -> str:
    rows = []
    for a in case.accounts:
        into = [_text(f"{victims[v]}: {format_minor(m, case.currency)}") for v, m in list(a.into.items())[:MOST_PARTS]]
        rows.append(
            (
                _named(accounts[a.account], a.account),
                _text(a.institution),
                _text(format_minor(a.frozen_minor, case.currency)),
                _text(format_minor(case.division.residue[a.account], case.currency)),
                _text(f"{a.basis}: {a.because}") + f'<br><span class="small">{", ".join(into) or "nothing"}</span>',
            )
        )
    return _table(("account", "kept by", "frozen", "stays frozen", "why"), rows)


def _victims(case: ReturnCase, victims: dict[str, str]) -> str:
    money = format_minor
    got: dict[str, int] = {}
    for line in case.division.lines:
        got[line.victim] = got.get(line.victim, 0) + line.amount_minor
    rows = [
        (
            _named(victims[v.id], v.id) + (" (original account closed)" if v.original_closed else ""),
            _text(money(v.loss_minor, case.currency)),
            _text(money(v.loss_minor - got.get(v.id, 0) - case.division.lacking[v.id], case.currency)),
            _text(money(got.get(v.id, 0), case.currency)),
            _text(money(case.division.lacking[v.id], case.currency)),
        )
        for v in case.victims[:MOST_PARTS]
    ]
    return _table(("victim", "lost", "has back already", "gets back", "still lacks"), rows)


def _history(case: ReturnCase, at_us: int, victims: dict[str, str], accounts: dict[str, str]) -> str:
    own = case.division.fingerprint
    told: list[tuple[int, str]] = []
    if case.approval is not None:
        about = "" if case.approval.of == own else ", about another division"
        told.append((case.approval.at_us, f"decided to return it, {case.approval.level} level{about}"))
        told.append((case.approval.served_at_us, "the papers reached the institutions"))
    told += [
        (n.began_at_us, "public notice begins" + ("" if n.of == own else ", of another division")) for n in case.notices
    ]
    for o in case.objections:
        what = (
            " and ".join(x for x in (victims.get(o.victim or "", ""), accounts.get(o.account or "", "")) if x)
            or "the whole"
        )
        told.append((o.at_us, f"objection {o.id} to {what}: {o.text}" if o.text else f"objection {o.id} to {what}"))
        if o.reviewed_at_us is not None:
            told.append((o.reviewed_at_us, f"objection {o.id} {'upheld' if o.upheld else 'dismissed'}"))
    told += [
        (p.at_us, f"{format_minor(p.amount_minor, case.currency)} paid to {victims.get(p.victim, masked(p.victim))}, "
                  f"reference {p.reference}")
        for p in (*case.earlier, *case.paid)
    ]  # fmt: skip
    rows = [(_text(format_instant(us)), _text(text)) for us, text in sorted(told) if us <= at_us]
    return _table(("when", "what"), rows) if rows else "<p>Nothing yet.</p>"


def _rules(parts: Sequence[Part]) -> str:
    cited: dict[str, None] = {}
    rulesets: dict[str, None] = {}
    for part in parts:
        if part.decision is not None:
            own = part.decision.ruleset
            rulesets.setdefault(f"{own.name} {own.version}, fingerprint {own.fingerprint}")
            for c in part.decision.citations:
                cited.setdefault(f"{c.source} {c.where}: {c.title}{' (unverified)' if c.unverified else ''}")
    return "".join(f'<p class="small">{_text(x)}</p>' for x in (*rulesets, *cited)) or "<p>No rule was asked yet.</p>"


_AMOUNTS = {"amount", "frozen", "stays frozen", "lost", "has back already", "gets back", "still lacks"}
_WIDE = {"why", "what"}


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` are HTML already."""

    def kind(column: str) -> str:
        return ' class="amount"' if column in _AMOUNTS else ' class="wide"' if column in _WIDE else ""

    head = "".join(f"<th{kind(c)}>{c}</th>" for c in columns)
    body = "".join(
        "<tr>" + "".join(f'<td{kind(c)} data-name="{c}">{x}</td>' for c, x in zip(columns, row, strict=True)) + "</tr>"
        for row in rows
    )  # fmt: skip
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _named(name: str, id_: str) -> str:
    return f'{name} <span class="id">{_text(masked(id_))}</span>'.strip()


def _text(given: str) -> str:
    return escape(plain(given))
