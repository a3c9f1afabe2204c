"""The paper trail of a return case as plain values for JSON: what was found, who gets what, what it waits for.

Its times are those of the facts, so that the same case at the same moment gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..base.money import format_minor
from ..base.times import format_instant
from ..engine.shown import masked
from .order_book import Decides
from .return_facts import STATES, Part

if TYPE_CHECKING:
    from .return_case import ReturnCase


def paper_trail(case: ReturnCase, engine: Decides, at_us: int, whole_ids: bool) -> dict[str, Any]:
    """All of it as plain values for JSON; with `whole_ids=False` account numbers and people's ids are masked."""
    parts = case.parts(engine, at_us)
    shown: Callable[[str], str] = str if whole_ids else masked
    division = case.division
    return {
        "format": 1,
        "case": case.id,
        "at": format_instant(at_us),
        "currency": case.currency,
        "division": division.fingerprint,
        "frozen_minor": sum(a.frozen_minor for a in case.accounts),
        "given_minor": division.given_minor,
        "paid_minor": sum(p.amount_minor for p in (*case.paid, *case.earlier) if p.at_us <= at_us),
        "residue_minor": sum(division.residue.values()),
        "accounts": [
            {
                "account": shown(a.account), "institution": a.institution, "frozen_minor": a.frozen_minor,
                "basis": a.basis, "because": a.because, "order": a.order,
                "residue_minor": division.residue[a.account],
                "into_minor": {shown(v): m for v, m in a.into.items()} if whole_ids else sum(a.into.values()),
            }
            for a in case.accounts
        ],
        "victims": [
            {
                "victim": shown(v.id), "loss_minor": v.loss_minor, "returned_elsewhere_minor": v.returned_minor,
                "account": shown(v.account), "institution": v.institution,
                "lacking_minor": division.lacking[v.id],
            }
            for v in case.victims
        ],
        "parts": [_part_told(part, shown, case.currency) for part in parts],
        "approval": None if case.approval is None else _times_told(asdict(case.approval)),
        "notices": [_times_told(asdict(x)) for x in case.notices],
        "objections": [
            {**_times_told(asdict(o)), "account": _maybe(shown, o.account), "victim": _maybe(shown, o.victim)}
            for o in case.objections
        ],
        "payments": [
            {**_times_told(asdict(p)), **{k: shown(getattr(p, k)) for k in ("account", "victim", "to_account")}}
            for p in (*case.earlier, *case.paid)
        ],
    }  # fmt: skip


def _part_told(part: Part, shown: Callable[[str], str], currency: str) -> dict[str, Any]:
    line = asdict(part.line)
    line.update({name: shown(line[name]) for name in ("account", "victim", "to_account")})
    told = {"state": part.state, "waiting_for" if part.state in STATES[:4] else "because": list(part.because)}
    times = {"until": part.until_us, "due": part.due_us}
    said = {name: None if us is None else format_instant(us) for name, us in times.items()}
    amount = {"amount": format_minor(part.line.amount_minor, currency), "reckoning": line.pop("because")}
    rules: dict[str, Any] = {}
    if part.decision is not None:
        rules = {"ruleset": asdict(part.decision.ruleset), "fired": list(part.decision.fired)}
        rules["citations"] = [asdict(cited) for cited in part.decision.citations]
    return {**line, **amount, **told, **said, **rules}


def _times_told(given: Mapping[str, Any]) -> dict[str, Any]:
    """`at_us` of microseconds as `at` of RFC 3339."""
    return {
        name.removesuffix("_us"): format_instant(value) if name.endswith("_us") and value is not None else value
        for name, value in given.items()
    }


def _maybe(shown: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else shown(text)
