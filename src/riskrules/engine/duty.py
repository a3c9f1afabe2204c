"""Whose institution has a duty in one decision, which, until when, and what the customer is owed with it.

A duty is one `responsible` of one rule that fired. It is worked out when it is read, so that a payment that nothing
stops costs nothing more. `duties` does the same for tables, without deadlines and texts.

An event that names an instrument and not its institution is refused when it is read, so `unknown` stands only where
inputs were handed over as held values, past that check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from ..base.business_days import CalendarError, business_days
from ..base.times import zone_of
from ..meaning import nodes as n
from ..meaning.deadlines import begins, counts_business_days, due_us
from ..schema.errors import PaymentError
from ..schema.kinds import ROLES
from .shown import masked, shown_text, shown_within

if TYPE_CHECKING:
    from .rules import Rules

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNKNOWN_INSTITUTION = "unknown"
"""Stands where an event does not name the institution of an instrument."""

Values: TypeAlias = Mapping[str, n.Value | None]
Filled: TypeAlias = tuple[tuple[str, str], ...]
"""A text by language."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An instrument of the payment whose institution has to act, because of one rule.

    `instrument` as the rule names it (`payee.account`), `id` its own id; `institution` who has the duty ("unknown"
    where the event does not say), in the `role` that an account's bank, a merchant's acquirer or a wallet's operator
    has.
    `within` is the time to act in the rule's words, "" for none, and `due` the first moment that is too late, UTC.
    `reason` is what the customer is told to be the reason, the rule's title where it gives none; `appeal` where the
    customer contests it, None where the rules do not say. Both are in the ruleset's language, and in `reasons` and
    `appeals` in every language that they are written in.
    """

    instrument: str
    id: str | None
    institution: str
    role: str
    rule: str
    within: str
    due: datetime | None
    reason: str
    appeal: str | None
    reasons: Filled = ()
    appeals: Filled = ()

    def __repr__(self) -> str:
        within = f" {self.within}" if self.within else ""
        institution = shown_text("institution", self.institution)
        return f"Duty({self.instrument} {masked(self.id or '')}: {institution}, {self.role}{within}, {self.rule})"

    def told(self) -> dict[str, object]:
        """As plain values, the instrument's id masked."""
        return {
            **asdict(self),
            "id": masked(self.id) if self.id else None,
            "institution": shown_text("institution", self.institution),
            "due": self.due.isoformat().replace("+00:00", "Z") if self.due else None,
            "reasons": dict(self.reasons),
            "appeals": dict(self.appeals),
        }


def instrument_of(duty: n.Responsible, values: Values) -> n.Instrument:
    """The first of the duty's instruments that the payment has, else the last."""
    return next((o for o in duty.options if values.get(o.path) is not None), duty.options[-1])


def duties_of(rules: Rules, rule: n.Rule, values: Values, fill: Callable[[n.Texts], Filled]) -> tuple[Duty, ...]:
    """The duties of a rule that fired. `fill` puts values into texts. PaymentError where the calendar that a time is
    counted by lacks the year."""
    if not rule.responsible:
        return ()
    language = rules.frame.language
    reasons = fill(rule.reason) if rule.reason else ((language, rule.text),)
    appeals = fill(rule.appeal)
    made = []
    for named in rule.responsible:
        instrument = instrument_of(named, values)
        id_, institution = values.get(instrument.path), values.get(instrument.institution)
        made.append(
            Duty(
                instrument.path,
                None if id_ is None else str(id_),
                UNKNOWN_INSTITUTION if institution is None else str(institution),
                ROLES[rules.schema[instrument.path].kind.name],
                rule.name,
                shown_within(named.within) if named.within else "",
                due_of(rules, named.within, values) if named.within else None,
                own_language(reasons, language) or rule.text,
                own_language(appeals, language),
                reasons,
                appeals,
            )
        )
    return tuple(dict.fromkeys(made))


def own_language(texts: Filled, language: str) -> str | None:
    """The text in the language, else the first; None where there is none."""
    return dict(texts).get(language, texts[0][1]) if texts else None


def due_of(rules: Rules, within: n.Within, values: Values) -> datetime:
    """The first moment that is too late. PaymentError where the calendar lacks the year."""
    frame = rules.frame
    try:
        days = business_days(frame.calendar) if counts_business_days(within) else None
        due = due_us(within, values, zone_of(frame.timezone), days, frame.event)
        return _EPOCH + timedelta(microseconds=due)
    except (CalendarError, OverflowError) as error:
        said = str(error) if isinstance(error, CalendarError) else "the deadline lies beyond every calendar"
        raise PaymentError(rules.schema[begins(frame.event)].key, said, "no-calendar") from error


def ready_calendar(rules: Rules) -> None:
    """Load the calendar that deadlines are counted by, so that no decision finds out that there is none. CalendarError
    (a ValueError) where nobody keeps it, or the package that does is not installed."""
    if rules.dated or any(counts_business_days(block.within) for block in rules.frame.liabilities):
        business_days(rules.frame.calendar)
