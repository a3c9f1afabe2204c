"""A decision as a line of the log: all that it read and all that came of it, and no text that could name a customer.

What a payment's rules read stands there as the program's integers, which replay it exactly; the meaning of the columns
stands once in a `basis` line, with the version, its fingerprint and its lists. Who was in it stands as tokens. What
most payments have in common, that nothing fired, is written once and kept.
"""

from __future__ import annotations

import json
import time
import weakref
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

from ..base.hiding import without_card_numbers
from ..engine.decision import Decision
from ..engine.logged import Seen, SeenReader, act_of, columns_told, degraded_of, outcome_key, until_us
from ..engine.shares import Share
from ..engine.shown import shown_id, shown_text
from ..meaning import nodes as n
from ..meaning.walk import found_in
from ..schema.kinds import Kind
from ..schema.limits import MISSING
from ..state.lists import Lists
from .tokens import Safe, Tokens

if TYPE_CHECKING:
    from ..engine.serving import Serving

MOST_OUTCOMES = 4096
"""Kept texts of outcomes, a version. A ruleset whose rules fire in more combinations writes the others anew."""
_MISSING = str(MISSING)


class Basis:
    """One version that decides, as the log tells it once a segment. `number` is its name in the log's other lines."""

    def __init__(self, serving: Serving, number: int) -> None:
        self.number = number
        self.reader = SeenReader(serving)
        self.rules = serving.rules
        self.outcomes: dict[tuple[object, ...], str] = {}
        lists = Lists(serving.lists)
        told: dict[str, object] = {
            "kind": "basis",
            "basis": number,
            "ruleset": serving.rules.name,
            "version": serving.rules.version,
            "fingerprint": serving.rules.fingerprint,
            "event": serving.rules.frame.event,
            "lists": {name: lists.version(name) for name in sorted(lists)},
            "switched_off": sorted(serving.switched_off),
            "columns": list(columns_told(serving)) if self.reader.has_program else None,
        }
        self.body = json.dumps(told, separators=(",", ":"))[:-1].encode()


class Records:
    """Writes decisions as bodies of lines. `bodies` may run in several threads at once."""

    def __init__(self, secret: bytes, log_id: str) -> None:
        self._tokens = Tokens(secret)
        self._secret, self._log_id = secret, log_id
        self._safe: Safe | None = None
        self._bases: weakref.WeakKeyDictionary[Serving, Basis] = weakref.WeakKeyDictionary()
        self._last = 0

    def basis(self, serving: Serving) -> Basis:
        """The same for the same version. Not safe from threads by itself."""
        found = self._bases.get(serving)
        if found is None:
            self._last += 1
            found = self._bases[serving] = Basis(serving, self._last)
        return found

    def body(self, decision: Decision, basis: Basis) -> bytes:
        """The line of a decision from its `basis` member on, without a closing brace."""
        facts = decision.facts
        seen = basis.reader.seen(facts)
        id_ = decision.id
        parts = [f'"basis":{basis.number},"id":{quoted(shown_id(id_))},"decided_us":{time.time_ns() // 1_000}']
        tokens = [f'"id":"{self._tokens.of("id", id_)}"']
        now = seen.occurred_us
        parts.append(f'"occurred_us":{_or_null(now)},{self._read(decision, seen)}')
        tokens += [f'"{name}":"{self._tokens.of(kind, text)}"' for name, kind, text in seen.entities]
        key = outcome_key(decision)
        outcome = basis.outcomes.get(key)
        if outcome is None:
            outcome = _json(outcome_told(decision))[1:-1]
            if len(basis.outcomes) < MOST_OUTCOMES:
                basis.outcomes[key] = outcome
        act = act_of(decision)
        until = None if now is None else until_us(act, now)
        parts.append(f'{outcome},"score":{decision.score},"until_us":{_or_null(until)}')
        parts.append(f'"tokens":{{{",".join(tokens)}}}')
        degraded = degraded_of(decision, now)
        if degraded:
            parts.append(f'"degraded":{_json([without_card_numbers(x) for x in degraded])}')
        if (arm := getattr(decision, "arm", None)) is not None:
            parts.append(f'"arm":{quoted(str(arm))}')
        if decision.fired:
            parts.append(self._consequences(decision))
        if decision.shares or decision.deadlines:
            parts.append(_json(losses_told(decision, self._tokens))[1:-1])
        return ",".join(parts).encode()

    def _read(self, decision: Decision, seen: Seen) -> str:
        if seen.columns is not None:
            return f'"columns":{seen.columns}'.replace(" ", "").replace(_MISSING, "null")
        if seen.values is None:
            return '"unread":true'
        if self._safe is None:
            self._safe = Safe(self._secret, self._log_id)
        serving = decision.facts.serving
        texts = {x for x in seen.values.values() if isinstance(x, str)}
        texts |= {c.value for c in found_in(serving.rules.meaning, n.Const) if isinstance(c.value, str)}
        holding = {name: sorted(texts & held) for name, held in serving.lists.items()}
        return f'"sealed":{quoted(self._safe.lock({"values": seen.values, "lists": holding}))}'

    def _consequences(self, decision: Decision) -> str:
        """What follows for people and institutions, of a decision for which a rule fired."""
        told: dict[str, Any] = {}
        if responsible := decision.responsible:
            parted = (x.partition("=") for x in responsible)
            told["responsible"] = [[path, shown_text("institution", name)] for path, _, name in parted]
        kinds = decision.facts.serving.rules.schema
        if measures := decision.measures:
            told["measures"] = [
                {"words": m.words, "rule": m.rule, "token": self._token(kinds[m.instrument].kind.name, m.id)}
                for m in measures
            ]
        if duties := decision.duties:
            told["duties"] = [
                {
                    "instrument": d.instrument, "institution": shown_text("institution", d.institution),
                    "role": d.role, "rule": d.rule, "within": d.within,
                    "due": d.due.isoformat() if d.due else None,
                }
                for d in duties
            ]  # fmt: skip
        if notices := decision.notices:
            told["notices"] = [{"to": s.to, "rule": s.rule} for s in notices]
        return _json(told)[1:-1] if told else '"responsible":[]'

    def _token(self, kind: str, text: str | None) -> str | None:
        return None if text is None else self._tokens.of(kind, text)


def losses_told(decision: Decision, tokens: Tokens) -> dict[str, Any]:
    """Who bears a claim's loss and until when, the ids of people as tokens; None where there is nothing to tell."""
    schema = decision.facts.serving.rules.schema
    shares = [
        {"party": s.party, "amount_minor": s.amount_minor, "rule": s.rule, **_bearer(s, schema[s.party].kind, tokens)}
        for s in decision.shares
    ]
    return {"shares": shares or None, "deadlines": [[d.rule, d.due.isoformat()] for d in decision.deadlines] or None}


def _bearer(share: Share, kind: Kind, tokens: Tokens) -> dict[str, str | None]:
    if kind.name == "party":
        return {"token": share.id and tokens.of("party", share.id)}
    return {"institution": share.id and shown_text("institution", share.id)}


def outcome_told(decision: Decision) -> dict[str, Any]:
    """What a decision is replayed for, besides its score and its end."""
    return {
        "action": n.LEVELS[decision.level], "act": decision.act,
        "fired": list(decision.fired), "lifted": list(decision.lifted), "exempts": list(decision.exempts),
    }  # fmt: skip


def _or_null(number: int | None) -> str:
    return "null" if number is None else str(number)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
