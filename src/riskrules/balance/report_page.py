"""A backtest as a page for people: one HTML file, no script, nothing fetched, readable on a phone and on paper.

It is for whoever decides on a version and was not there when it was measured, so it says what each word means, how sure
each figure is and what could not be measured. Payments are named by their ids, accounts not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..base.times import format_instant
from ..engine.shown import shown_act
from . import report_pictures as pictures
from .backtest import Backtest
from .differing import Differences
from .examples import Example
from .figures import Figures, Group, RuleFigures
from .gating import Gate
from .pairing import Changes, Move, Sides
from .report_cells import count_cell, money_cell, rate_cell, safe, share_cell, table_of
from .report_style import STYLE
from .saying import NONE, between, percent, rate_between, rate_words

MOST_STEPS = 24
"""Of the curve, in the table below it: a ruleset that scores has a step for every sum of scores."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_of(found: Backtest, changed: Differences | None = None, gate: Gate | None = None) -> str:
    """The whole page. `changed`: what the version says otherwise than the one it is compared with; `gate`: whether it
    keeps its promises."""
    version = found.ruleset
    title = f"{version.name} {version.version}: what it stops, and whom"
    parts = [f"<h1>{safe(title)}</h1>", _about(found), _cards(found)]
    if gate is not None:
        parts += _verdicts(gate)
    parts += _curve(found)
    parts += _segments(found)
    parts += _rules(found)
    parts += _months(found)
    parts += _money(found)
    if found.changes is not None:
        parts += _changes(found, found.changes, changed)
    if gate is not None:
        parts += _behind(gate)
    parts += _how(found)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(title)}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _about(found: Backtest) -> str:
    whole = found.all
    compared = ""
    if found.against is not None:
        other = found.against.ruleset
        compared = f" Compared with {safe(other.name)} {safe(other.version)} on the same payments."
    return (
        f'<p class="small wrap">{count_cell(whole.payments)} payments of {safe(found.history)}, measured: '
        f"{safe(str(found.span))}. {count_cell(whole.fraud.part)} of them ({percent(whole.fraud.value)}) were fraud by "
        f"“{safe(found.label)}”. Fingerprint {version_mark(found)}.{compared}</p>"
    )


def version_mark(found: Backtest) -> str:
    return found.ruleset.fingerprint[:16]


def _cards(found: Backtest) -> str:
    whole = found.all
    cards = (
        ("of fraud payments caught", percent(whole.caught.value), between(whole.caught.low, whole.caught.high)),
        ("of fraud money caught", percent(whole.caught_money.value),
         between(whole.caught_money.low, whole.caught_money.high)),
        ("of honest payments stopped", percent(whole.friction.value), between(whole.friction.low, whole.friction.high)),
        ("of what is stopped is fraud", percent(whole.precision.value),
         between(whole.precision.low, whole.precision.high)),
        ("honest people stopped for each fraud caught", rate_words(whole.people_per_fraud),
         rate_between(whole.people_per_fraud)),
    )  # fmt: skip
    return '<div class="cards">' + "".join(
        f"<div><b>{value}</b>{safe(name)}<small>{safe(interval)}</small></div>" for name, value, interval in cards
    ) + "</div>"  # fmt: skip


def _verdicts(gate: Gate) -> list[str]:
    broken = len(gate.broken)
    word = f'<p class="bad">{broken} of {len(gate.verdicts)} broken.</p>' if broken else '<p class="good">All kept.</p>'
    answers = {True: '<span class="good">kept</span>', False: '<span class="bad">broken</span>'}
    rows = [(safe(v.words), answers[v.holds], safe(v.said)) for v in gate.verdicts]
    return ["<h2>Promises</h2>", word, table_of(("promise", "", "measured"), rows, (0, 0, 0))]


def _behind(gate: Gate) -> list[str]:
    """The payments that broken promises hang on."""
    parts = []
    for verdict in gate.broken:
        if verdict.examples:
            parts += [f"<h3>{safe(verdict.words)}</h3>", _examples(verdict.examples, gate.backtest.currency)]
    return ["<h2>Payments behind the broken promises</h2>", *parts] if parts else []


def _curve(found: Backtest) -> list[str]:
    by = {
        "rules": "Each step adds a rule, the most precise first, as if every rule stopped what it asks about or stops.",
        "score": "Each step is a score from which payments would be stopped, besides what rules stop by themselves.",
    }[found.curve_of]
    parts = [
        "<h2>Fraud caught against honest payments stopped</h2>",
        f'<p>{by} The square is this version as it is{", the circle the one before" if found.against else ""}. '
        "The axis below is stretched near zero.</p>",
        f'<div class="picture">{pictures.curve(found)}</div>',
    ]
    if not found.curve:
        parts[1] = "<p>Only the versions as they are: too many rules fire together, or none does, to draw a curve.</p>"
    if found.curve:
        honest, fraud = found.all.honest, found.all.fraud.part
        shown = [(number, found.curve[number - 1]) for number in _spread(len(found.curve))]
        rows = [
            (f"{number}. {safe(p.name)}", percent(p.honest / honest), percent(p.fraud / fraud),
             percent(p.fraud_minor / found.all.fraud_minor if found.all.fraud_minor else None))
            for number, p in shown
        ]  # fmt: skip
        names = ("up to and with", "honest stopped", "fraud caught", "its money")
        parts.append(table_of(names, rows, (0, 1, 1, 1)))
        if len(shown) < len(found.curve):
            parts.append(f"<p>{len(shown)} of the {len(found.curve)} steps; --json has all of them.</p>")
    return parts


def _spread(count: int) -> list[int]:
    """The numbers of the steps that the table has, from the first to the last."""
    if count <= MOST_STEPS:
        return list(range(1, count + 1))
    return [1 + round(i * (count - 1) / (MOST_STEPS - 1)) for i in range(MOST_STEPS)]


def _segments(found: Backtest) -> list[str]:
    if not found.segments:
        return []
    about = "<p>How often honest people of each are stopped; the dashed line is all of them.</p>"
    parts = ["<h2>By segment</h2>", about]
    if any(g.figures.honest for g in found.segments):
        parts.append(f'<div class="picture">{pictures.segments(found.segments, found.all.friction)}</div>')
    return [*parts, _groups("segment", found.segments)]


def _months(found: Backtest) -> list[str]:
    drawn = f'<div class="picture two">{pictures.months(found.months)}</div>'
    return ["<h2>Over time</h2>", drawn, _groups("month", found.months)]


def _groups(title: str, groups: Sequence[Group]) -> str:
    names = (title, "payments", "honest stopped", "people stopped", "fraud caught", "its money", "precision",
             "people per fraud")  # fmt: skip
    rows = [
        (safe(g.name), count_cell(g.figures.payments), share_cell(g.figures.friction), count_cell(g.figures.people),
         share_cell(g.figures.caught), share_cell(g.figures.caught_money), share_cell(g.figures.precision),
         rate_cell(g.figures.people_per_fraud))
        for g in groups
    ]  # fmt: skip
    return table_of(names, rows, (0, 1, 1, 1, 1, 1, 1, 1))


def _rules(found: Backtest) -> list[str]:
    names = ("rule", "does", "fired", "fraud in it", "of all fraud", "alone: fraud", "alone: its money",
             "alone: honest", "people per fraud")  # fmt: skip
    rows = [_rule(rule, found) for rule in found.rules]
    parts = [
        "<h2>By rule</h2>",
        "<p>Fired: payments on which the rule held. Alone: what would no longer be stopped without it.</p>",
        table_of(names, rows, (0, 0, 1, 1, 1, 1, 2, 1, 1)),
    ]
    if found.never_fired:
        parts.append(f'<p class="wrap">Never fired: {safe(", ".join(found.never_fired))}.</p>')
    return parts


def _rule(rule: RuleFigures, found: Backtest) -> tuple[str, ...]:
    f, alone = rule.figures, rule.alone
    return (
        f'{safe(rule.name)}<small class="wrap">{safe(rule.text)}</small>',
        safe(rule.action or f"score {rule.score or 0}"),
        count_cell(f.payments),
        share_cell(f.fraud),
        percent(f.fraud.part / found.all.fraud.part),
        count_cell(alone.fraud),
        money_cell(alone.fraud_minor, found.currency),
        count_cell(alone.honest),
        rate_cell(f.people_per_fraud),
    )


def _money(found: Backtest) -> list[str]:
    rows = [_money_row(g.name, g.figures, found) for g in found.actions]
    names = ("action", "payments", "money", "fraud", "its money", "of all fraud money")
    return ["<h2>The money</h2>", table_of(names, [*rows, _money_row("all", found.all, found)], (0, 1, 2, 1, 2, 1))]


def _money_row(name: str, f: Figures, found: Backtest) -> tuple[str, ...]:
    of_all = f.fraud_minor / found.all.fraud_minor if found.all.fraud_minor else None
    return (safe(name), count_cell(f.payments), money_cell(f.amount_minor, found.currency), count_cell(f.fraud.part),
            money_cell(f.fraud_minor, found.currency), percent(of_all))  # fmt: skip


def _changes(found: Backtest, changes: Changes, changed: Differences | None) -> list[str]:
    parts = ["<h2>What changed</h2>"]
    if changed is not None:
        parts += _differences(changed)
    share = percent(changes.changed / changes.payments if changes.payments else None)
    about = f"{count_cell(changes.changed)} of {count_cell(changes.payments)} payments change their action ({share})."
    if changes.left_out:
        about += f" {count_cell(changes.left_out)} that only one version could decide are compared by none."
    parts.append(f"<p>{about}</p>")
    if changes.moves:
        names = ("segment", "before", "now", "payments", "fraud", "money", "fraud money")
        parts.append(table_of(names, [_move(m, found.currency) for m in changes.moves], (0, 0, 0, 1, 1, 2, 2)))
        names = ("segment", "honest now stopped", "no longer", "fraud now caught", "no longer", "its money now caught",
                 "no longer")  # fmt: skip
        sides = table_of(names, [_side(s, found.currency) for s in changes.sides], (0, 1, 1, 1, 1, 2, 2))
        parts += ["<h3>Who changed sides</h3>", sides, "<h3>Such as</h3>", _examples(changes.examples, found.currency)]
    return parts


def _move(m: Move, currency: str) -> tuple[str, ...]:
    amounts = (money_cell(m.amount_minor, currency), money_cell(m.fraud_minor, currency))
    counts = (count_cell(m.payments), count_cell(m.fraud))
    return (safe(_segment(m.segment, m.old)), safe(m.before), safe(m.after), *counts, *amounts)


def _side(s: Sides, currency: str) -> tuple[str, ...]:
    counts = (count_cell(x) for x in (s.honest_now, s.honest_no_more, s.fraud_now, s.fraud_no_more))
    amounts = (money_cell(x, currency) for x in (s.fraud_now_minor, s.fraud_no_more_minor))
    return (safe(_segment(s.segment, s.old)), *counts, *amounts)


def _segment(name: str, old: bool) -> str:
    return (f"{name} (as before)" if old else name) or "all"


def _differences(changed: Differences) -> list[str]:
    parts = []
    if changed.same:
        parts.append("<p>Both have the same meaning, so they decide every payment alike.</p>")
    for item in changed.items:
        lines = "".join(f"<li>{safe(line)}</li>" for line in item.lines)
        parts.append(f'<h3>{safe(str(item).replace("`", ""))}</h3><ul class="wrap">{lines}</ul>')
    return parts


def _examples(examples: Iterable[Example], currency: str) -> str:
    rows = []
    for e in examples:
        action = shown_act(e.action)
        if e.action_before is not None:
            action = f"{shown_act(e.action_before)} → {action}"
        amount = NONE if e.amount_minor is None else money_cell(e.amount_minor, currency)
        when = format_instant(e.occurred_at_us).replace("T", " ").rstrip("Z")
        rows.append((safe(e.id), safe(when), amount, "fraud" if e.fraud else "honest", safe(action), safe(e.because)))
    return table_of(("payment", "time (UTC)", "amount", "in truth", "action", "because"), rows, (0, 0, 2, 0, 0, 0))


def _how(found: Backtest) -> list[str]:
    notes = list(found.notes)
    if found.bad_rows:
        first = found.errors[0]
        notes.append(f"{found.bad_rows:_} rows could not be read and are not in any figure; the first: {first}")
    parts = ["<h2>How it was measured</h2>"]
    if notes:
        parts.append('<ul class="bad wrap">' + "".join(f"<li>{safe(note)}</li>" for note in notes) + "</ul>")
    parts.append(
        "<ul><li>Stopped means delayed, held or rejected. A warning and a question to the payer stop nobody.</li>"
        "<li>Caught is fraud that was stopped. Honest is every payment that the label does not call fraud. People are "
        "the accounts of whose honest payments at least one was stopped.</li>"
        "<li>No rule and no window saw a label; reports of fraud came as late as the map of the history says.</li>"
        "<li>Small figures are 95% intervals: Wilson's for shares of payments, which takes payments as independent; of "
        "money a ratio estimator over 256 groups of payers; of people for each fraud two independent counts. They tell "
        "the noise of a sample, and not what next year's fraud will be.</li></ul>"
    )
    return parts
