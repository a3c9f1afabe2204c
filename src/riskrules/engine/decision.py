"""The answer for one payment, and everything that follows from it.

Most payments fire nothing, so a decision is a handful of slots; measures, notices, citations and reasons
are worked out when they are read, from the values that the decision was made on. It never changes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from ..meaning import nodes as n
from ..meaning.averages import averages_of
from .duty import UNKNOWN_INSTITUTION, Duty, Filled, duties_of, instrument_of
from .shares import Deadline, Share, cited_by, shares_told
from .shown import masked, shown, shown_act, shown_average, shown_id, shown_instant, shown_span, shown_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..meaning.losses import Liability
    from .facts import Facts
    from .reading import Raw
    from .serving import Names, Serving
    from .why import Why

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DECISION_FORMAT = 2
"""The format number of `to_json`."""


class Action(IntEnum):
    """What to do with a payment, weakest first. The order is the language's own."""

    ALLOW = n.ALLOW
    WARN = n.WARN
    VERIFY = n.VERIFY
    DELAY = n.DELAY
    HOLD = n.HOLD
    REJECT = n.REJECT

    def __str__(self) -> str:
        return n.LEVELS[self]


@dataclass(frozen=True, slots=True)
class Taken:
    """A measure on an instrument: `suspend payee.account on non_counter for 3d`. `words` is its text in the rule."""

    verb: str
    instrument: str
    id: str | None
    scope: str | None
    limit_minor: int | None
    per: str | None
    lasting: str | None
    rule: str
    words: str

    def __repr__(self) -> str:
        return f"Taken({self.words}, {self.rule})"


@dataclass(frozen=True, slots=True)
class Said:
    """A notice: `text` in `language` for the payer or the payee; `texts` in every language that the rule has."""

    to: str
    language: str
    text: str
    texts: tuple[tuple[str, str], ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Cited:
    """Where a rule's authority stands: `N261`, its title, and the place in it. `unverified`: whoever wrote the rule has
    not read the place itself."""

    source: str
    title: str
    where: str
    rules: tuple[str, ...]
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """The ruleset that decided. `fingerprint` is SHA-256 of its meaning, in hexadecimal."""

    name: str
    version: str
    fingerprint: str


class Decision:
    """What to do with a payment, why, and whose duty it is.

    `action` and `until` (when a delay or a bounded hold ends, UTC), `score`, `fired` and `lifted` (names of rules
    that held, and of those that an exempt lifted), `exempts`, `measures`, `duties` (who has to act, until when, and
    what the customer is owed), `responsible` (the same as a table has it), `notices`, `citations`,
    `shares` (of a claim's loss; empty for a payment), `deadlines` (for paying them), `degraded` (what could not be
    read, in sentences), `ruleset`.
    """

    __slots__ = ("_act", "_bits", "_degraded", "_known", "_names", "_raw", "_serving", "score")

    def __init__(
        self,
        serving: Serving,
        raw: Raw | None,
        act: n.Act,
        score: int,
        bits: bytes | None,
        facts: Facts | bytes | None = None,
        degraded: tuple[str, ...] | None = None,
        names: Names | None = None,
    ) -> None:
        """`facts`: what it was made on, if that is more than `raw`, or the values of its windows, a word each."""
        self._serving = serving
        self._raw = raw
        self._act = act
        self.score = score
        self._bits = bits
        self._known = facts
        self._degraded = degraded
        self._names = names

    @property
    def _facts(self) -> Facts:
        known = self._known
        if known is None or isinstance(known, bytes):
            known = self._known = self._serving.facts(self._raw, known)
        return known

    @property
    def id(self) -> str:
        """The gateway's own name for the payment."""
        return self._facts.id

    @property
    def degraded(self) -> tuple[str, ...]:
        """What could not be read, in sentences; none where the decision is as good as the rules."""
        if self._degraded is None:
            self._degraded = self._facts.serving.notes(self._facts)
        return self._degraded

    def add_note(self, note: str) -> None:
        """One more sentence in `degraded`."""
        self._degraded = (*self.degraded, note)

    @property
    def facts(self) -> Facts:
        """What it was made on."""
        return self._facts

    @property
    def _values(self) -> Mapping[str, n.Value | None]:
        return self._facts.values

    @property
    def level(self) -> int:
        """The action's place in the order of actions, as the meaning counts."""
        return self._act.level

    @property
    def action(self) -> Action:
        return Action(self._act.level)

    @property
    def act(self) -> str:
        """The action in the language's words, with its duration: `hold up to 24h`."""
        return shown_act(self._act)

    @property
    def until(self) -> datetime | None:
        """When a delay or a bounded hold ends; None for every other action."""
        end = self._until_us()
        return None if end is None else _EPOCH + timedelta(microseconds=end)

    def _until_us(self) -> int | None:
        now = self._values.get("occurred_at")
        if self._act.duration_us is None or not isinstance(now, int):
            return None
        return now + self._act.duration_us

    def _named(self) -> Names:
        if self._names is None:
            self._names = self._facts.serving.names(self._bits)
        return self._names

    @property
    def fired(self) -> tuple[str, ...]:
        """Rules that held and were not lifted, the strongest action first."""
        return self._named()[0]

    @property
    def lifted(self) -> tuple[str, ...]:
        """Rules that held and that an exempt lifted whole."""
        return self._named()[1]

    @property
    def exempts(self) -> tuple[str, ...]:
        """Exempts that held."""
        return self._named()[2]

    @property
    def ruleset(self) -> Version:
        return self._facts.serving.rules.version_of

    @property
    def shares(self) -> tuple[Share, ...]:
        """Who bears the loss of a claim. They sum to the loss, to the minor unit, and none is negative."""
        return self._facts.shares

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        """Until when the shares are to be paid."""
        return self._facts.deadlines

    @property
    def liability(self) -> Liability | None:
        """The block that says who bears the loss; None where none applies."""
        return self._facts.allocation.liability if self._facts.allocation else None

    @property
    def rules_fired(self) -> list[n.Rule]:
        """The rules that fired, as they are meant."""
        return [self._facts.serving.rules.by_name[name] for name in self.fired]

    @property
    def duties(self) -> tuple[Duty, ...]:
        """Who has to act: one entry for each `responsible` of each rule that fired, the strongest action first. Empty
        for a decision that an `on_error` made, since no rule did."""
        rules = self._facts.serving.rules
        return tuple(d for rule in self.rules_fired for d in duties_of(rules, rule, self._values, self._texts))

    @property
    def responsible(self) -> tuple[str, ...]:
        """The institutions that have a duty, each once, as the table's column has them: `payee.account=BANK-B`."""
        found = {
            (o.path, self._text(o.institution) or UNKNOWN_INSTITUTION)
            for rule in self.rules_fired
            for named in rule.responsible
            for o in [instrument_of(named, self._values)]
        }
        return tuple(f"{path}={institution}" for path, institution in sorted(found))

    @property
    def measures(self) -> tuple[Taken, ...]:
        return tuple(
            Taken(
                m.verb,
                m.instrument,
                self._text(m.instrument),
                m.scope,
                m.limit_minor,
                shown_span(m.per) if m.per else None,
                shown_span(m.lasting) if m.lasting else None,
                rule.name,
                m.words,
            )
            for rule in self.rules_fired
            for m in rule.measures
        )

    @property
    def notices(self) -> tuple[Said, ...]:
        said = []
        for rule in self.rules_fired:
            for notice in rule.notices:
                texts = self._texts(notice.texts)
                own = next((t for t in texts if t[0] == self._facts.serving.rules.frame.language), texts[0])
                said.append(Said(notice.to, own[0], own[1], texts, rule.name))
        return tuple(said)

    @property
    def citations(self) -> tuple[Cited, ...]:
        """Of the rules that fired; of a claim those of the block and of the case that was taken."""
        found: dict[tuple[str, str, str, bool], list[str]] = {}
        speaking = [(rule.name, rule.citations) for rule in self.rules_fired]
        if self._facts.allocation and self._facts.allocation.liability:
            speaking.append((self._facts.allocation.liability.name, cited_by(self._facts.allocation)))
        for name, citations in speaking:
            for c in citations:
                found.setdefault((c.source, c.title, c.where, c.unverified), []).append(name)
        return tuple(
            Cited(source, title, where, tuple(rules), unverified)
            for (source, title, where, unverified), rules in sorted(found.items())
        )

    def _texts(self, texts: n.Texts) -> Filled:
        return tuple((language, self._filled(parts)) for language, parts in texts)

    def _filled(self, parts: tuple[str | n.Read | n.Average, ...]) -> str:
        return "".join(p if isinstance(p, str) else self._shown(p) for p in parts)

    def _shown(self, read: n.Read | n.Average) -> str:
        if isinstance(read, n.Average):
            return shown_average(read, self._values)
        return shown(read.kind, self._values.get(read.name))

    def _text(self, path: str) -> str | None:
        value = self._values.get(path)
        return value if isinstance(value, str) else None

    def why(self, rule: str | None = None) -> Why:
        """Every condition of every rule that fired, or of the one rule named, with its value and its truth.

        KeyError when the ruleset has no rule of that name.
        """
        from .why import why_of

        return why_of(self._facts.serving.rules, self, self._values, self._facts.serving.lists, rule)

    def to_json(self) -> str:
        """The decision as one line of JSON, account and card numbers masked: the payment's id too where it is one."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))

    def to_dict(self) -> dict[str, object]:
        """The decision as plain values, account and card numbers masked; `format` is its format number."""
        frame = self._facts.serving.rules.frame
        averages = averages_of(frame)
        parts = {x.name for a in averages.values() for x in (a.total, a.count)}
        reads: list[n.Read | n.Average] = [*averages.values()]
        reads += [n.Read(i.name, i.kind) for i in frame.inputs if i.name not in parts]
        return {
            "format": DECISION_FORMAT,
            "id": shown_id(self.id),
            "ruleset": asdict(self.ruleset),
            "action": str(self.action),
            "act": self.act,
            "until": shown_instant(self._until_us()),
            "score": self.score,
            "fired": list(self.fired),
            "lifted": list(self.lifted),
            "exempts": list(self.exempts),
            "responsible": [_told(x) for x in self.responsible],
            "duties": [d.told() for d in self.duties],
            "measures": [{**asdict(m), "id": masked(m.id) if m.id else None} for m in self.measures],
            "notices": [{"to": s.to, "texts": dict(s.texts), "rule": s.rule} for s in self.notices],
            "citations": [asdict(c) for c in self.citations],
            "shares": shares_told(self.shares, self._facts.serving.rules.schema),
            "deadlines": [{**asdict(d), "due": d.due.isoformat().replace("+00:00", "Z")} for d in self.deadlines],
            "values": {r.name: self._shown(r) for r in reads if "occurred_at" in self._values},
            "degraded": list(self.degraded),
        }

    def __repr__(self) -> str:
        duties = ", ".join(_told(x) for x in self.responsible)
        fired = f"{len(self.fired)} fired" if self.fired else ""
        return f"<Decision {', '.join(x for x in (self.act, duties, fired) if x)}>"


def _told(responsible: str) -> str:
    """`payee.account=BANK-B`, as a log may hold it."""
    instrument, _, institution = responsible.partition("=")
    return f"{instrument}={shown_text('institution', institution)}"
